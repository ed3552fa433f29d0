"""Kernel part: texts to integers, exactly as `giamdinh.tables.values` does it."""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.read.scanner.jit import once, part
from giamdinh.read.scanner.marks import byte

if TYPE_CHECKING:
    from giamdinh.model import IntArray
    from giamdinh.read.scanner.marks import Bytes

NUMBER, TIME = 1, 2
"""What a column's texts are; 0 is text."""
K_KIND, K_SCALE, K_WIDTHS, K_PARTIAL = range(4)
"""Columns of the array of fields: one of the above, decimals, widths as bits, partial dates."""

_MOST_DIGITS = 15
_LIMIT = 2**62
_DOT = 46
_DAY, _MOMENT = 8, 12


@part
def parse(a: Bytes, p: int, n: int, field: IntArray) -> tuple[int, bool]:
    """The integer behind `n` bytes of text, and whether there is one."""
    if field[K_KIND] == NUMBER:
        return parse_number(a, p, n, field[K_SCALE])
    if n > 60 or (field[K_WIDTHS] >> n) & 1 == 0:
        return 0, False
    return parse_time(a, p, n, field[K_PARTIAL])


@once
def parse_number(a: Bytes, p: int, n: int, scale: int) -> tuple[int, bool]:
    """A decimal number as an integer of 10**-scale, rounded half away from zero."""
    end = p + n
    negative = byte(a, p) == 45
    if negative:
        p += 1
    start = p
    value = 0
    while p < end and 48 <= byte(a, p) <= 57:
        if p - start >= _MOST_DIGITS:
            return 0, False
        value = value * 10 + byte(a, p) - 48
        p += 1
    if p == start:
        return 0, False
    if p < end and (byte(a, p) != _DOT or p + 1 == end):
        return 0, False
    p += 1
    for k in range(scale):
        if value > _LIMIT // 10:
            return 0, False
        value *= 10
        if p + k < end:
            value += byte(a, p + k) - 48
    for k in range(p, end):
        c = byte(a, k)
        if c < 48 or c > 57:
            return 0, False
    if p + scale < end and byte(a, p + scale) >= 53:
        value += 1
    return (-value if negative else value), value < _LIMIT


@once
def parse_time(a: Bytes, p: int, n: int, partial: int) -> tuple[int, bool]:
    """Eight or more digits as minutes since 1970."""
    for k in range(n):
        c = byte(a, p + k)
        if c < 48 or c > 57:
            return 0, False
    year = _two(a, p) * 100 + _two(a, p + 2)
    month = _two(a, p + 4)
    day = _two(a, p + 6)
    if partial:
        if day == 0:
            day = 1
        if month == 0:
            month = 1
            day = 1
    hour = 0
    minute = 0
    if n > _DAY:
        hour = _two(a, p + 8)
        minute = _two(a, p + 10)
    if year < 1 or month < 1 or month > 12 or hour > 23 or minute > 59:
        return 0, False
    if day < 1 or day > _month_days(year, month):
        return 0, False
    return _days(year, month, day) * 1440 + hour * 60 + minute, True


@once
def _two(a: Bytes, p: int) -> int:
    """Two digits as a number."""
    return (byte(a, p) - 48) * 10 + byte(a, p + 1) - 48


@once
def _month_days(year: int, month: int) -> int:
    """Days of a month."""
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


@once
def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01; the year is counted from March, so that February ends it."""
    y = year - 1 if month <= 2 else year
    m = (month + 9) % 12
    return y * 365 + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 719469
