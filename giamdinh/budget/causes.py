"""Where the money of each group went and what grew, from the claims of a store."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from giamdinh.budget.model import Notice
from giamdinh.growth.analyse import change_of, fault_notes, limits_at, names_of
from giamdinh.growth.effects import Cell
from giamdinh.growth.facts import Facts, Sums
from giamdinh.growth.measures import faults
from giamdinh.growth.model import DIMENSIONS, GrowthReport
from giamdinh.growth.periods import YEAR, Period
from giamdinh.store.reading import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from giamdinh.budget.model import BudgetReport
    from giamdinh.growth.model import Change, Dimension

_PEOPLE: Dimension = "bac_si"


def add_causes(report: BudgetReport, store: Path) -> None:
    """Adds the growth of every group from January to its last month against a year earlier.

    Practitioners stay out: a budget is nobody's own.

    Raises:
        InputError: there is no store.
    """
    with open_store(store) as own:
        facts = Facts(own)
        facts.open()
        months = [month for month in facts.months() if month // 100 == report.year]
        if not months:
            text = f"kho không có hồ sơ của năm {report.year} nên không phân tích được nguyên nhân"
            report.notices.append(Notice("warning", text, column="THANG"))
            return
        period = Period(report.year * 100 + 1, months[-1])
        before = period.earlier(YEAR)
        found = GrowthReport(report.started, period, before, facts.months(), limits_at(period.last))
        facts.choose_lines(period, before)
        groups = _groups(report)
        for dimension in DIMENSIONS:
            if dimension != _PEOPLE:
                sums = _merged(facts.sums(dimension, period, before), groups)
                found.changes[dimension] = _changes(found, dimension, sums)
        found.faults = list(faults(own, period, before))
    report.notices += [Notice("warning", text) for text in fault_notes(found.faults)]
    if not any(before.first <= month <= before.last for month in found.months):
        text = f"kho không có hồ sơ {before} nên mọi khoản chi của năm {report.year} là phần tăng"
        report.notices.append(Notice("info", text, column="THANG"))
    report.growth = found


def _groups(report: BudgetReport) -> Mapping[str, list[str]]:
    """Facility to the groups that its spending counts in, and its own page as a station."""
    found: dict[str, list[str]] = defaultdict(list)
    total = [report.total] if report.total else []
    for group in (*report.groups, *report.stations, *total):
        for member in group.members:
            found[member].append(group.line.code)
    return found


def _merged(sums: Iterable[Sums], groups: Mapping[str, list[str]]) -> Iterable[Sums]:
    """The sums of facilities as those of their groups; a cell stays one of its facility."""
    found: dict[tuple[str, str], Sums] = {}
    for one in sums:
        for group in groups.get(one.facility, ()):
            place = (group, one.key)
            if place not in found:
                found[place] = Sums(group, one.key, one.name, defaultdict(Cell), group=one.group)
            whole = found[place]
            whole.days += one.days
            whole.before_days += one.before_days
            whole.name = whole.name or one.name
            for at in (0, 1):
                whole.cases[at] += one.cases[at]
                whole.squares[at] += one.squares[at]
            for name, cell in one.cells.items():
                own = whole.cells[f"{one.facility}/{name}"]
                own.add(cell.visits, cell.cost, before=False)
                own.add(cell.before_visits, cell.before_cost, before=True)
    return found.values()


def _changes(report: GrowthReport, dimension: Dimension, sums: Iterable[Sums]) -> list[Change]:
    names = names_of(dimension)
    found = [change_of(one, dimension, report.limits, names) for one in sums]
    return sorted(found, key=lambda c: (-c.effects.change, c.facility, c.key))
