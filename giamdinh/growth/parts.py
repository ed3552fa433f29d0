"""Departments, practitioners, diseases and items beside their own months and their peers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING

from giamdinh.growth.compare import Norm, against, of_months, seasons_of
from giamdinh.growth.effects import ratio
from giamdinh.growth.measures import departments, series
from giamdinh.growth.model import DIMENSIONS, Part
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from giamdinh.growth.model import Change, Dimension, GrowthReport
    from giamdinh.store.catalogue import Catalogue

_WHOLE: Dimension = "co_so"
_ITEM: Dimension = "muc"
_PERSON: Dimension = "bac_si"
_KIND: Dimension = "loai"
_QUANTITY = 1000


def add_parts(own: Catalogue, report: GrowthReport) -> None:
    """Fills `part_months` and `part_peers`, and says how many parts had too small a sample."""
    chosen = [*_worth_it(report)]
    known = {(c.dimension, c.facility, c.key): c for c in chosen}
    asked = (report.period, seasons_of(report.series, report.period))
    small = 0
    for dimension, facility, key, costs in series(own, report.period, [*known]):
        change = known[dimension, facility, key]
        chance = sqrt(change.squares[0]) / len(report.period.months)
        found = of_months((facility, key), costs, asked, report.limits, chance)
        small += found.level is None
        if found.level:
            report.part_months.append(Part(dimension, change.name, found))
    if chosen:
        report.notes.append(
            f"So với các tháng trước của chính mình: {number_vi(len(chosen), 0)} khoa, người, "
            f"bệnh, nhóm, mục đủ lượt và đủ {report.limits.share:g} % chi của cơ sở; "
            f"{number_vi(small, 0)} nơi mẫu quá nhỏ"
        )
    _add_peers(own, report, chosen)


def _worth_it(report: GrowthReport) -> Iterator[Change]:
    """Parts with enough visits, and enough of their facility's cost."""
    whole = {change.facility: change.total.cost for change in report.changes[_WHOLE]}
    for dimension in DIMENSIONS:
        for change in report.changes[dimension] if dimension != _WHOLE else ():
            enough = change.cases[0] >= report.limits.visits
            least = whole.get(change.facility, 0) * report.limits.share / 100
            if change.key and enough and change.total.cost >= max(least, 1):
                yield change


def _add_peers(own: Catalogue, report: GrowthReport, chosen: Sequence[Change]) -> None:
    people = departments(own, report.period)
    groups: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in chosen:
        group = _group(change, report.kinds, people)
        if group is not None and change.dimension != _KIND:
            groups[group].append(change)
    small = 0
    for group, members in sorted(groups.items()):
        means = [_mean(change) for change in members]
        for i, change in enumerate(members):
            others = means[:i] + means[i + 1 :]
            who = (change.facility, change.key)
            norm = Norm(others, report.limits.peers - 1, _chance(change))
            found = against(who, means[i], norm, report.limits)
            small += found.level is None
            if found.level:
                note = f"so với {len(others)} {_others(change.dimension)} {' · '.join(group[2:])}"
                part = Part(change.dimension, change.name, replace(found, note=note))
                report.part_peers.append(part)
    if groups:
        compared = number_vi(sum(map(len, groups.values())), 0)
        report.notes.append(
            f"So với người, nơi cùng loại: {compared} khoa, người, bệnh, nhóm, mục; "
            f"{number_vi(small, 0)} nơi mẫu quá nhỏ"
        )


def _group(
    change: Change,
    kinds: Mapping[str, tuple[str, str]],
    people: Mapping[tuple[str, str], str],
) -> tuple[str, ...] | None:
    """What a part is compared within: the same key at alike facilities, or colleagues.

    Practitioners are compared with those of the same department, at alike facilities where the
    facility list says which are, else within their facility.
    """
    kind = kinds.get(change.facility)
    if change.dimension == _PERSON:
        department = people.get((change.facility, change.key), "")
        where = kind or (f"cơ sở {change.facility}",)
        return (_PERSON, department, *where, f"khoa {department}")
    return (change.dimension, change.key, *kind) if kind else None


def _mean(change: Change) -> int:
    """Cost per visit, or per unit of an item, in hundredths."""
    unit = _QUANTITY if change.dimension == _ITEM else 1
    return ratio(change.total.cost, unit, change.total.visits)


def _chance(change: Change) -> float:
    """The standard error of a cost per visit; what an item costs is no matter of chance."""
    visits, cost = change.total.visits, change.total.cost
    if change.dimension == _ITEM or not visits:
        return 0.0
    return sqrt(max(change.squares[0] - cost * cost / visits, 0)) / visits


def _others(dimension: Dimension) -> str:
    return "người hành nghề" if dimension == _PERSON else "cơ sở"
