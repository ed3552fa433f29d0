"""Against a norm: a facility's own months with the season taken out, and its peers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from giamdinh.growth.effects import percent, ratio
from giamdinh.growth.model import SMALL, Against
from giamdinh.growth.periods import YEAR, shifted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from giamdinh.growth.model import Limits
    from giamdinh.growth.periods import Period

NORMAL = 1.4826
"""Makes the median deviation comparable with a standard deviation."""
_SEASONAL = "khử mùa vụ theo tổng các cơ sở"
_NOT_SEASONAL = "chưa đủ 12 tháng trước kỳ nên không khử mùa vụ"


def against_months(
    series: Mapping[str, Mapping[int, int]], period: Period, limits: Limits
) -> list[Against]:
    """Each facility's mean month in the period against its own up to twelve months before.

    The season is what all facilities together spend in a calendar month, so a facility's own rise
    does not become its season.

    Args:
        series: facility to cost by month.
        period: the months looked at.
        limits: thresholds.
    """
    seasons = seasons_of(series, period)
    return [
        of_months((facility, ""), costs, (period, seasons), limits)
        for facility, costs in sorted(series.items())
    ]


def of_months(
    who: tuple[str, str],
    costs: Mapping[int, int],
    asked: tuple[Period, Mapping[int, int]],
    limits: Limits,
    chance: float = 0,
) -> Against:
    """One series: its mean month in the period against its own months before.

    Args:
        who: facility and key.
        costs: by month.
        asked: the period and `seasons_of` all facilities.
        limits: thresholds.
        chance: standard error of the mean month; the months' spread is never taken smaller.
    """
    period, seasons = asked
    now = [_flat(costs.get(m, 0), m, seasons) for m in period.months]
    earlier = [shifted(period.first, -back) for back in range(1, YEAR + 1)]
    before = [_flat(costs[m], m, seasons) for m in earlier if m in costs]
    value = sum(now) // len(now)
    note = _SEASONAL if seasons else _NOT_SEASONAL
    return _noted(against(who, value, Norm(before, limits.months, chance), limits), note)


def seasons_of(series: Mapping[str, Mapping[int, int]], period: Period) -> dict[int, int]:
    """Calendar month to its cost over all facilities; nothing without a whole year before."""
    total: dict[int, int] = defaultdict(int)
    for costs in series.values():
        for month, cost in costs.items():
            total[month] += cost
    year = [shifted(period.first, -back) for back in range(1, YEAR + 1)]
    if any(total[month] <= 0 for month in year):
        return {}
    return {month % 100: total[month] for month in year}


def _flat(cost: int, month: int, seasons: Mapping[int, int]) -> int:
    """A month's cost as if all months were alike."""
    if not seasons:
        return cost
    return ratio(cost, sum(seasons.values()), YEAR * seasons[month % 100])


def against_peers(
    rows: Iterable[tuple[str, str, int, int]],
    kinds: Mapping[str, tuple[str, str]],
    limits: Limits,
) -> list[Against]:
    """Cost per visit of each facility and class against facilities of the same level and type.

    Args:
        rows: (facility, class, visits, cost) of the period.
        kinds: facility to (level, type).
        limits: thresholds; facilities with too few visits are no peers.
    """
    groups: dict[tuple[str, tuple[str, str]], list[tuple[str, int]]] = defaultdict(list)
    out = []
    for facility, kind, visits, cost in rows:
        mean = ratio(cost, 1, visits) if visits else 0
        if facility not in kinds:
            continue
        if visits < limits.visits:
            empty = Against(facility, kind, mean, 0, 0.0, 0, None, None, None)
            out.append(_noted(empty, f"{SMALL}: {visits} lượt"))
        else:
            groups[kind, kinds[facility]].append((facility, mean))
    for (kind, level), members in sorted(groups.items()):
        for facility, mean in members:
            others = [value for other, value in members if other != facility]
            found = against((facility, kind), mean, Norm(others, limits.peers - 1), limits)
            out.append(_noted(found, f"so với {len(others)} cơ sở {' · '.join(level)}"))
    return sorted(out, key=lambda row: (row.facility, row.key))


@dataclass(frozen=True, slots=True)
class Norm:
    """What a value is compared with, in hundredths.

    Attributes:
        least: fewer values are too small a sample.
        chance: standard error of the value that is compared; the spread is never taken smaller.
    """

    values: Sequence[int]
    least: int
    chance: float = 0


def against(who: tuple[str, str], value: int, norm: Norm, limits: Limits) -> Against:
    """A value beside the median of others; a level only when it is also far in spreads.

    Args:
        who: facility and key.
        value: hundredths.
        norm: the others' values.
        limits: thresholds.
    """
    many = len(norm.values)
    if many < max(norm.least, 1):
        return Against(*who, value, 0, 0.0, many, None, None, None, SMALL)
    middle = round(median(norm.values))
    spread = max(NORMAL * median(abs(other - middle) for other in norm.values), norm.chance)
    above = percent(value - middle, middle) if middle > 0 else None
    distance = round((value - middle) / spread, 2) if spread else None
    far = value > middle if distance is None else distance >= limits.spreads
    level = limits.level(above) if above is not None and far else 0
    return Against(*who, value, middle, spread, many, above, distance, level)


def _noted(found: Against, note: str) -> Against:
    return replace(found, note=f"{found.note}; {note}" if found.note else note)
