"""Against a norm: a facility's own months with the season taken out, and its peers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
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
) -> Against:
    """One series: its mean month in the period against its own months before.

    Args:
        who: facility and key.
        costs: by month.
        asked: the period and `seasons_of` all facilities.
        limits: thresholds.
    """
    period, seasons = asked
    now = [_flat(costs.get(m, 0), m, seasons) for m in period.months]
    earlier = [shifted(period.first, -back) for back in range(1, YEAR + 1)]
    before = [_flat(costs[m], m, seasons) for m in earlier if m in costs]
    value = sum(now) // len(now)
    note = _SEASONAL if seasons else _NOT_SEASONAL
    return _noted(against(who, value, before, limits, limits.months), note)


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
            found = against((facility, kind), mean, others, limits, limits.peers - 1)
            out.append(_noted(found, f"so với {len(others)} cơ sở {' · '.join(level)}"))
    return sorted(out, key=lambda row: (row.facility, row.key))


def against(
    who: tuple[str, str], value: int, norm: Sequence[int], limits: Limits, least: int
) -> Against:
    """A value beside the median of others; a level only when it is also far in spreads.

    Args:
        who: facility and key.
        value: hundredths.
        norm: the others' values.
        limits: thresholds.
        least: fewer others are too small a sample.
    """
    if len(norm) < max(least, 1):
        return Against(*who, value, 0, 0.0, len(norm), None, None, None, SMALL)
    middle = round(median(norm))
    spread = NORMAL * median(abs(other - middle) for other in norm)
    above = percent(value - middle, middle) if middle > 0 else None
    distance = round((value - middle) / spread, 2) if spread else None
    far = value > middle if distance is None else distance >= limits.spreads
    level = limits.level(above) if above is not None and far else 0
    return Against(*who, value, middle, spread, len(norm), above, distance, level)


def _noted(found: Against, note: str) -> Against:
    return replace(found, note=f"{found.note}; {note}" if found.note else note)
