"""Output files appear whole or not at all, and never take the place of one that is open."""

from __future__ import annotations

from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_whole(target: Path, write: Callable[[Path], None]) -> Path:
    """Lets `write` fill a temporary file beside `target`, then gives it that name.

    A target that cannot be replaced, such as a workbook open in Excel, is left alone and the
    next free name `…_2`, `…_3` is used.

    Returns:
        The file written.
    """
    temporary = target.with_name(f".giamdinh-{token_hex(4)}{target.suffix}")
    try:
        write(temporary)
        return _rename(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _rename(temporary: Path, target: Path) -> Path:
    for number in count(1):
        name = target if number == 1 else target.with_stem(f"{target.stem}_{number}")
        try:
            return temporary.replace(name)
        except (PermissionError, IsADirectoryError):
            if not name.exists():
                raise
    raise AssertionError  # pragma: no cover - the count has no end
