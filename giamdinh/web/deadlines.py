"""How long a claim may still be sent, from the dated parameters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.rules import calendars
from giamdinh.rules.params import parameters
from giamdinh.tables.values import DAY, day_minutes

if TYPE_CHECKING:
    from giamdinh.model import IntArray

_AFTER_END, _OF_MONTH = "NGAY_GUI_HO_SO", "NGAY_CHOT_THANG"


def deadlines(ends: IntArray) -> IntArray:
    """The last day to send each claim, midnight in minutes; 0 where the end is not known.

    The earlier of so many working days after the end, and the closing day of the next month.
    """
    known = ends > 0
    when = np.where(known, ends, 0)
    by_days, days_found = _at(_AFTER_END, when)
    by_month, month_found = _at(_OF_MONTH, when)
    after = calendars.add_workdays(when, by_days)
    closing = calendars.next_month(when) + (by_month - 1) * DAY
    closing = calendars.add_workdays(closing, np.zeros_like(closing))
    found = known & days_found & month_found
    return np.where(found, np.minimum(after, closing), 0)


def days_left(last: IntArray, today: date | None = None) -> IntArray:
    """Working days from today to each last day; negative when it has passed."""
    now = np.full(last.shape, day_minutes(today or date.today()), np.int64)  # noqa: DTZ011
    return calendars.workdays_between(now, last)


def _at(name: str, when: IntArray) -> tuple[IntArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    parameter = parameters()[name]
    epoch = parameter.epoch_of(when)
    numbers = parameter.numbers[np.maximum(epoch, 0)] // 10**parameter.scale
    return np.where(epoch >= 0, numbers, 1), epoch >= 0
