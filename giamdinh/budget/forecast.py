"""Where spending will stand at the end of the quarter and of the year, with a range and trials."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from giamdinh.budget.model import Forecast, Trial
from giamdinh.growth.effects import whole
from giamdinh.growth.periods import YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

QUARTER = 3
LEAST = 3
"""Months from which a spread can be told from a level."""
SEASONAL = "theo mùa: tỷ trọng từng tháng của năm trước"
LINEAR = "đường thẳng: các tháng còn lại bằng trung bình các tháng đã có"
COMPLETE = "đủ 12 tháng: số thực chi, không dự báo"
RANGE = "khoảng 80 %, từ độ lệch của các tháng đã có"
_T90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
"""Student's t, 90 % one-sided, for 1 to 10 degrees of freedom."""


@dataclass(frozen=True, slots=True)
class _Path:
    """Months known so far and the weights of all twelve."""

    months: Sequence[int]
    weights: Sequence[int]

    def until(self, month: int) -> tuple[int, int, int]:
        """(low, expected, high) total from January to the end of `month`, in hundredths."""
        known = len(self.months)
        spent, seen = sum(self.months), sum(self.weights[:known])
        rest = sum(self.weights[known:month])
        expected = spent + whole(spent, rest, seen)
        level = spent / seen
        errors = (
            (cost - level * weight) ** 2 / weight
            for cost, weight in zip(self.months, self.weights, strict=False)
        )
        variance = sum(errors) / (known - 1) * (rest + rest**2 / seen)
        half = round(_T90[min(known - 1, len(_T90)) - 1] * sqrt(variance) / 100) * 100
        return max(expected - half, min(spent, expected)), expected, expected + half


def forecast(
    months: Sequence[int], before: Sequence[int], older: Sequence[int], year: int
) -> Forecast:
    """The forecast from the months known so far.

    Args:
        months: cost of January to the last month known, at least `LEAST`, hundredths.
        before: the twelve months of the year before, or nothing.
        older: those of the year before that, or nothing; only to try the method.
        year: the year of `months`, named in the trials.
    """
    known = len(months)
    if known == YEAR:
        spent = sum(months)
        return Forecast(
            known, 0, (spent,) * 3, (spent,) * 3, COMPLETE, _trials(months, before, year)
        )
    path = _Path(months, _weights(before))
    quarter = known // QUARTER + 1
    method = f"{SEASONAL if _seasonal(before) else LINEAR}; {RANGE}"
    trials = _trials(months, before, year)
    if len(before) == YEAR:
        trials = (*_trial(before[:known], older, before, year - 1), *trials)
    return Forecast(known, quarter, path.until(quarter * QUARTER), path.until(YEAR), method, trials)


def runs_out(months: Sequence[int], before: Sequence[int], allocated: int) -> int | None:
    """The month in which spending reaches the allocation: 1–12 in the year, None within the year.

    Args:
        months: cost of January to the last month known.
        before: the twelve months of the year before, or nothing.
        allocated: hundredths.
    """
    path = _Path(months, _weights(before))
    for month in range(1, YEAR + 1):
        known = month <= len(months)
        spent = sum(months[:month]) if known else path.until(month)[1]
        if spent > allocated:
            return month
    return None


def _trials(months: Sequence[int], before: Sequence[int], year: int) -> tuple[Trial, ...]:
    """What would have been forecast for the last month known, month by month."""
    return tuple(
        trial
        for known in range(LEAST, len(months))
        for trial in _trial(months[:known], before, months, year)
    )


def _trial(
    known: Sequence[int], before: Sequence[int], actual: Sequence[int], year: int
) -> tuple[Trial, ...]:
    """One forecast of `actual`'s end from its first months; nothing when there are too few."""
    if len(known) < LEAST or sum(known) <= 0:
        return ()
    low, expected, high = _Path(known, _weights(before)).until(len(actual))
    came = sum(actual)
    target = f"hết tháng {len(actual)}/{year}"
    return (Trial(len(known), target, expected, came, low <= came <= high),)


def _seasonal(before: Sequence[int]) -> bool:
    return len(before) == YEAR and min(before) > 0


def _weights(before: Sequence[int]) -> Sequence[int]:
    return before if _seasonal(before) else (1,) * YEAR
