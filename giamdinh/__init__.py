"""Giám định hồ sơ thanh toán BHYT: read claim files, validate, run dated rules, report findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from giamdinh.pipeline import Options as Options
    from giamdinh.pipeline import audit as audit
    from giamdinh.report.model import AuditResult as AuditResult

__version__ = "0.1.0"
__all__ = ["AuditResult", "Options", "__version__", "audit"]


def __getattr__(name: str) -> object:
    """The public names, loaded when first asked for so that importing the package stays cheap."""
    if name in ("audit", "Options"):
        from giamdinh import pipeline

        return getattr(pipeline, name)
    if name == "AuditResult":
        from giamdinh.report.model import AuditResult

        return AuditResult
    raise AttributeError(name)
