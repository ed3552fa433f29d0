"""Giám định hồ sơ thanh toán BHYT: read claim files, validate, run dated rules, report findings."""

from __future__ import annotations

__version__ = "0.1.0"
