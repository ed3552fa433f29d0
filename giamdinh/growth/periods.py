"""Months as yyyymm, and the periods that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from giamdinh.errors import UsageError

YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """Consecutive months, both ends included."""

    first: int
    last: int

    @property
    def months(self) -> list[int]:
        """Every month as yyyymm."""
        return [from_index(i) for i in range(index(self.first), index(self.last) + 1)]

    def earlier(self, months: int) -> Period:
        """The same length, so many months before."""
        return Period(shifted(self.first, -months), shifted(self.last, -months))

    def __str__(self) -> str:
        if self.first == self.last:
            return month_vi(self.first)
        return f"{month_vi(self.first)}–{month_vi(self.last)}"


def index(month: int) -> int:
    """Months since year 0."""
    return month // 100 * YEAR + month % 100 - 1


def from_index(number: int) -> int:
    """The month behind `index`."""
    return number // YEAR * 100 + number % YEAR + 1


def shifted(month: int, by: int) -> int:
    """The month so many months later."""
    return from_index(index(month) + by)


def month_vi(month: int) -> str:
    """A month as mm/yyyy."""
    return f"{month % 100:02d}/{month // 100}"


def in_force(name: str, month: int) -> float:
    """The number of a parameter in force on the first day of a month.

    Raises:
        UsageError: it has no value at that time.
    """
    import numpy as np

    from giamdinh.rules.params import parameters
    from giamdinh.tables.values import day_minutes

    found = parameters()[name]
    epoch = int(found.epoch_of(np.array([day_minutes(date(month // 100, month % 100, 1))]))[0])
    if epoch < 0:
        raise UsageError(f"tham số {name} không có giá trị nào cho tháng {month_vi(month)}")
    return float(found.numbers[epoch] / 10**found.scale)
