"""Where the rules and schemas are: inside an installed package or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""The folder of this copy of the package."""


def data_dir(name: str) -> Path:
    """The folder `rules` or `schemas` that belongs to this copy of the package."""
    installed = PACKAGE / "_data" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
