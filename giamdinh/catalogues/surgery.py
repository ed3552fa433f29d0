"""The class of an operation as lists write it."""

from __future__ import annotations

import re

from giamdinh.catalogues.cells import plain

UNKNOWN = -1
_CLASS = re.compile(r"(?:LOAI|P|PT|T|TT)?(?:(DB|DACBIET)|([1-3])|(I{1,3}))")


def surgery_class(text: str) -> int:
    """0 for the special class, 1 to 3, or `UNKNOWN`: `P1`, `TDB`, `Loại II`, `3`."""
    match = _CLASS.fullmatch(plain(text))
    if match is None:
        return UNKNOWN
    special, digit, roman = match.groups()
    return 0 if special else int(digit) if digit else len(roman)
