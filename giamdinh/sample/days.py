"""The calendar of the month: its days, working days, and when a file is still sent in time."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import cache

from giamdinh.sample import law
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


def last_day(minutes: int) -> int:
    """Midnight of the last day on which a claim that ended then is sent in time."""
    day = minutes - minutes % DAY
    due = day
    for _ in range(law.number("NGAY_GUI_HO_SO", day)):
        due = next_workday(due + DAY)
    first = (moment(day).replace(day=28) + timedelta(days=4)).date().replace(day=1)
    closing = day_minutes(first) + (law.number("NGAY_CHOT_THANG", day) - 1) * DAY
    return min(due, next_workday(closing))


@cache
def _holidays() -> frozenset[date]:
    from giamdinh.rules.calendars import holidays

    return frozenset(holidays().tolist())
