"""Calendar arithmetic on minutes since 1970, with Vietnamese public holidays."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct, numbered
from giamdinh.kept import kept
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    import numpy.typing as npt

    from giamdinh.model import IntArray

    Days = npt.NDArray[np.datetime64]

FIRST_YEAR, LAST_YEAR = 2010, 2060
"""Years whose holidays are known; the format is younger than the first."""


@cache
def holidays() -> Days:
    """Vietnamese public holidays of those years, from the `holidays` library."""
    return kept("ngay_le", _named_holidays)


def _named_holidays() -> Days:
    from holidays import country_holidays

    days = country_holidays("VN", years=range(FIRST_YEAR, LAST_YEAR + 1))
    return np.array(sorted(days), "datetime64[D]")


def days_of(minutes: IntArray) -> Days:
    """The calendar day of each moment."""
    return (minutes // DAY).astype("datetime64[D]")


def minutes_of(days: Days) -> IntArray:
    """Midnight of each day."""
    return days.astype(np.int64) * DAY


def year(minutes: IntArray) -> IntArray:
    """Calendar year."""
    return days_of(minutes).astype("datetime64[Y]").astype(np.int64) + 1970


def month(minutes: IntArray) -> IntArray:
    """Calendar month, 1 to 12."""
    return days_of(minutes).astype("datetime64[M]").astype(np.int64) % 12 + 1


def next_month(minutes: IntArray) -> IntArray:
    """Midnight of the first day of the following month."""
    months = days_of(minutes).astype("datetime64[M]") + np.timedelta64(1, "M")
    return minutes_of(months.astype("datetime64[D]"))


def months_between(a: IntArray, b: IntArray) -> IntArray:
    """Completed months from a to b."""
    first, last = days_of(a), days_of(b)
    month_a, month_b = first.astype("datetime64[M]"), last.astype("datetime64[M]")
    day_a = (first - month_a.astype("datetime64[D]")).astype(np.int64)
    day_b = (last - month_b.astype("datetime64[D]")).astype(np.int64)
    whole: IntArray = (month_b - month_a).astype(np.int64)
    incomplete: IntArray = (day_b < day_a).astype(np.int64)
    return whole - incomplete


def workdays_between(a: IntArray, b: IntArray) -> IntArray:
    """Working days after the day of a up to the day of b; the opposite when b is earlier."""
    one = np.timedelta64(1, "D")
    first, last = days_of(np.minimum(a, b)), days_of(np.maximum(a, b))
    count = np.busday_count(first + one, last + one, holidays=holidays())
    signed: IntArray = np.where(b < a, -count, count).astype(np.int64)
    return signed


def add_workdays(minutes: IntArray, count: IntArray) -> IntArray:
    """Midnight of the count-th working day after; count 0 is that day or the next working day."""
    steps = distinct(count)
    if len(steps) != 1:
        return minutes_of(_workday_after(days_of(minutes), count))
    days, place = numbered(minutes // DAY)  # claims of a batch share a few days
    return minutes_of(_workday_after(days_of(days * DAY), steps[0]))[place]


def _workday_after(days: Days, count: IntArray | int) -> Days:
    later = np.busday_offset(days, count, roll="backward", holidays=holidays())
    same = np.busday_offset(days, 0, roll="forward", holidays=holidays())
    return np.where(np.equal(count, 0), same, later)
