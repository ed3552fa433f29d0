"""The calendar of the month: its days, working days, and when a file is still sent in time."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import cache

from giamdinh.sample.model import DAY
from giamdinh.tables.values import day_minutes, moment

_SATURDAY = 5


def month_days(month: str) -> list[int]:
    """Midnights (minutes since 1970) of all days of a month written yyyy-mm.

    Raises:
        ValueError: not a month.
    """
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise ValueError(f"'{month}' không phải tháng; viết dạng yyyy-mm") from None
    start = day_minutes(first)
    return [start + i * DAY for i in range(monthrange(first.year, first.month)[1])]


def is_workday(minutes: int) -> bool:
    """Whether the day is neither a weekend day nor a public holiday."""
    when = moment(minutes).date()
    return when.weekday() < _SATURDAY and when not in _holidays()


def next_workday(minutes: int) -> int:
    """The same time of day on that day or on the next working day."""
    while not is_workday(minutes):
        minutes += DAY
    return minutes


@cache
def _holidays() -> frozenset[date]:
    from giamdinh.rules.calendars import holidays

    return frozenset(holidays().tolist())
