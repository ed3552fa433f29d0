"""The budget report: groups with their budget, spending, drivers and forecast."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from giamdinh.budget.enrolment import areas, enrolment_gaps
from giamdinh.budget.family import Family, family_of
from giamdinh.budget.forecast import LEAST, forecast, runs_out
from giamdinh.budget.model import OWN_PART, TOTAL, BudgetReport, Gap, Group, Line, Notice
from giamdinh.budget.reconcile import reconcile
from giamdinh.growth.effects import Cell, effects
from giamdinh.growth.periods import YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from giamdinh.budget.allocations import AllocationTable
    from giamdinh.budget.enrolment import EnrolmentTable
    from giamdinh.budget.model import Forecast, Spending
    from giamdinh.budget.spending import SpendingTable

_NO_MONTHS = "bảng chi không ghi tháng nên không dự báo được quý và năm"
_SOME_MONTHS = "có cơ sở không ghi tháng nên không dự báo được"
_HOLES = "thiếu số của tháng {} nên không dự báo được"
_NAMED = 5
_FEW = "mới có {} tháng; cần ít nhất {} tháng để dự báo"


@dataclass(slots=True)
class _Facts:
    """What the groups are made from.

    Attributes:
        last: the last month with data of the year; 0 when no month is given.
        compared: whether the year before has the same months.
        taken_back: facility to what adjudication would take back, hundredths.
    """

    year: int
    as_of: date
    rows: list[Spending]
    family: Family
    allocations: AllocationTable
    last: int
    compared: bool
    taken_back: Mapping[str, int] | None = None


def build_report(
    spending: SpendingTable,
    allocations: AllocationTable,
    year: int,
    started: datetime,
    taken_back: Mapping[str, int] | None = None,
) -> BudgetReport:
    """The report on `year`, as it stands at `started`; `add_enrolment` may follow.

    Args:
        spending: what was spent.
        allocations: what was allocated.
        year: the year looked at.
        started: local time.
        taken_back: facility to what findings would take back; None when nobody audited.
    """
    report = BudgetReport(year, started, counts=[spending.counts, allocations.counts])
    report.notices = [*spending.notices, *allocations.notices]
    everything = [*spending.rows, *spending.declared]
    known = spending.facilities
    family = family_of(everything, allocations.history, report.notices, known)
    facts = _facts(spending, allocations, family, report)
    facts.taken_back = taken_back
    _note_unknown(facts, report.notices)
    answering = family.answering(allocations.history)
    shown = {answering[row.facility] for row in facts.rows if row.year >= year - 1}
    tops = sorted(shown | _funded(facts, answering))
    report.groups = [_top(facts, code, answering) for code in tops]
    nested = [code for code in allocations.history if answering[code] != code]
    report.groups += [_nested(facts, code, answering[code]) for code in sorted(nested)]
    report.groups.sort(key=_by_overrun)
    report.stations = [*_stations(facts, report.groups)]
    report.total = _total(facts, [group for group in report.groups if not group.within])
    report.reconciliation = reconcile(spending.rows, spending.declared, family)
    report.reconciliation += _allocation_gaps(allocations)
    _note_nested(report)
    return report


def add_enrolment(report: BudgetReport, table: EnrolmentTable) -> None:
    """Adds the insured persons: areas, and the cards of every group."""

    def with_cards(group: Group) -> Group:
        now, before = (
            table.cards(group.line.code, group.members, year)
            for year in (report.year, report.year - 1)
        )
        return replace(group, cards=now, cards_before=before)

    report.areas = areas(table, report.year)
    report.notices += _without_cards(report, table)
    report.groups = [with_cards(group) for group in report.groups]
    report.total = with_cards(report.total) if report.total else None
    report.counts.append(table.counts)
    report.notices += table.notices
    report.reconciliation += enrolment_gaps(table)


def _without_cards(report: BudgetReport, table: EnrolmentTable) -> Iterator[Notice]:
    """Facilities whose spending counts per card while their cards are not known."""
    if not report.areas:
        return
    for group in report.groups:
        if table.latest(group.line.code, report.year):
            continue
        missing = [code for code in group.members if not table.latest(code, report.year)]
        if missing and not group.within:
            listed = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
            text = (
                f"{group.line.code}: không có số thẻ năm {report.year} của {len(missing)}/"
                f"{len(group.members)} cơ sở ({listed}); chi một thẻ tính cả chi của các nơi này"
            )
            yield Notice("warning", text, column="SO_THE")


def _facts(
    spending: SpendingTable,
    allocations: AllocationTable,
    family: Family,
    report: BudgetReport,
) -> _Facts:
    year, rows = report.year, spending.rows
    last = max((row.month for row in rows if row.year == year), default=0)
    before = [row for row in rows if row.year == year - 1]
    monthly = all(row.month for row in before)
    compared = bool(before) and (monthly or last in (0, YEAR))
    if before and not compared:
        text = f"năm {year - 1} không ghi tháng: không so được với {last} tháng của năm {year}"
        report.notices.append(Notice("warning", text, column="THANG"))
    if not before:
        text = f"không có số của năm {year - 1} để so sánh"
        report.notices.append(Notice("info", text, column="NAM"))
    return _Facts(year, report.started.date(), rows, family, allocations, last, compared)


def _note_unknown(facts: _Facts, notices: list[Notice]) -> None:
    """Facilities with a budget and no spending, and the reverse."""
    spending = {row.facility for row in facts.rows if row.year == facts.year}
    for code in sorted(facts.allocations.history):
        if not spending & set(facts.family.below(code)):
            place = facts.allocations.history[code][-1].place
            text = f"{code}: có dự toán nhưng không có dòng chi nào của năm {facts.year}"
            notices.append(Notice("warning", text, place, "MA_CSKCB"))
    known = facts.family.answering(facts.allocations.history)
    without = sorted(code for code in spending if known[code] not in facts.allocations.history)
    for code in without:
        text = f"{code}: có chi nhưng không có dự toán năm {facts.year}"
        notices.append(Notice("warning", text, column="MA_CSKCB"))
    months = {(row.facility, row.month) for row in facts.rows if row.year == facts.year}
    for code in sorted(spending) if facts.last else ():
        missing = [m for m in range(1, facts.last + 1) if (code, m) not in months]
        if missing and (code, 0) not in months:
            listed = ", ".join(map(str, missing))
            text = f"{code}: không có số của tháng {listed} năm {facts.year}"
            notices.append(Notice("warning", text, column="THANG"))


def _note_nested(report: BudgetReport) -> None:
    for group in report.groups:
        if group.within:
            text = (
                f"{group.line.code} có dự toán riêng và thuộc {group.within}, nơi cũng có dự "
                "toán: xem là phần nằm trong dự toán cấp trên, không cộng hai lần"
            )
            report.notices.append(Notice("info", text, column="MA_CSKCB"))


def _funded(facts: _Facts, answering: dict[str, str]) -> set[str]:
    return {code for code in facts.allocations.history if answering[code] == code}


def _top(facts: _Facts, code: str, answering: dict[str, str]) -> Group:
    members = sorted(other for other, head in answering.items() if head == code)
    return _group(facts, code, members, "")


def _nested(facts: _Facts, code: str, head: str) -> Group:
    above = [other for other in facts.family.above(code) if other in facts.allocations.history]
    return _group(facts, code, facts.family.below(code), above[0] if above else head)


def _stations(facts: _Facts, groups: Sequence[Group]) -> Iterator[Group]:
    """The members of every group that have no page as a group, most cost first."""
    known = {group.line.code for group in groups}
    spending = {row.facility for row in facts.rows if row.year >= facts.year - 1}
    for group in groups:
        code = group.line.code
        inside = spending & set(group.members) - (known - {code})
        if group.within or len(group.members) == 1:
            continue
        found = [_group(facts, member, [member], code) for member in sorted(inside)]
        for one in sorted(found, key=lambda one: -one.line.cost):
            own = one.line.code == code
            name = f"{code}{OWN_PART}" if own else one.line.code
            line = replace(one.line, code=name)
            yield replace(one, line=line, allocated=None, history=(), runs_out=None)


def _total(facts: _Facts, tops: Sequence[Group]) -> Group:
    members = sorted({code for group in tops for code in group.members})
    allocated = [group.allocated for group in tops if group.allocated is not None]
    unfunded = sum(group.line.cost for group in tops if group.allocated is None)
    total = _group(facts, TOTAL, members, "")
    if not allocated:
        return total
    amount = sum(allocated)
    last = None
    if total.forecast and not unfunded:
        last = runs_out(total.months, total.months_before, amount)
    return replace(total, allocated=amount, unfunded=unfunded, runs_out=last)


def _group(facts: _Facts, code: str, members: Sequence[str], within: str) -> Group:
    inside = set(members)
    rows = [row for row in facts.rows if row.facility in inside]
    months, before, older = (_months(rows, facts.year - back) for back in range(3))
    predicted, reason = _forecast(rows, facts, (months, before, older))
    allocated = facts.allocations.amount(code)
    return Group(
        line=_line(facts, rows, code),
        members=tuple(members),
        within=within,
        allocated=allocated,
        history=tuple(facts.allocations.history.get(code, ())),
        share_of_year=_share_of_year(facts),
        forecast=predicted,
        no_forecast=reason,
        kinds=_lines(facts, rows, lambda row: row.kind),
        facilities=_lines(facts, rows, lambda row: row.facility),
        months=tuple(months),
        months_before=tuple(before),
        runs_out=runs_out(months, before, allocated) if predicted and allocated else None,
        taken_back=None
        if facts.taken_back is None
        else sum(facts.taken_back.get(member, 0) for member in members),
    )


def _lines(
    facts: _Facts, rows: Iterable[Spending], key: Callable[[Spending], str]
) -> tuple[Line, ...]:
    """A line per value of `key`, most cost first."""
    parts: dict[str, list[Spending]] = defaultdict(list)
    for row in rows:
        parts[key(row)].append(row)
    lines = [_line(facts, part, code) for code, part in parts.items()]
    return tuple(sorted(lines, key=lambda line: (-line.cost, line.code)))


def _line(facts: _Facts, rows: Iterable[Spending], code: str) -> Line:
    total = Cell()
    cells: dict[tuple[str, str], Cell] = defaultdict(Cell)
    for row in rows:
        before = row.year == facts.year - 1
        if row.year == facts.year or (before and _comparable(facts, row)):
            total.add(row.visits, row.cost, before=before)
            cells[row.facility, row.kind].add(row.visits, row.cost, before=before)
    return Line(
        code=code,
        name=facts.family.names.get(code, ""),
        visits=total.visits,
        cost=total.cost,
        before_visits=total.before_visits if facts.compared else None,
        before_cost=total.before_cost if facts.compared else None,
        effects=effects(cells.values()) if facts.compared else None,
    )


def _comparable(facts: _Facts, row: Spending) -> bool:
    return facts.compared and (facts.last in (0, YEAR) or 0 < row.month <= facts.last)


def _months(rows: Sequence[Spending], year: int) -> list[int]:
    """Cost of January to the last month of a year; nothing when a month has no rows."""
    sums: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.year == year:
            sums[row.month] += row.cost
    last = max(sums, default=0)
    return [sums[m] for m in range(1, last + 1)] if set(sums) == set(range(1, last + 1)) else []


def _forecast(
    rows: Sequence[Spending], facts: _Facts, series: tuple[list[int], list[int], list[int]]
) -> tuple[Forecast | None, str]:
    """The forecast, or why there is none."""
    if facts.last == 0:
        return None, _NO_MONTHS
    months, before, older = series
    present = {row.month for row in rows if row.year == facts.year}
    if 0 in present:
        return None, _SOME_MONTHS
    missing = [str(m) for m in range(1, facts.last + 1) if m not in present]
    if missing:
        return None, _HOLES.format(", ".join(missing))
    if len(months) < LEAST:
        return None, _FEW.format(len(months), LEAST)
    if sum(months) <= 0:
        return None, "chi bằng 0 nên không dự báo được"
    return forecast(months, before, older, facts.year), ""


def _share_of_year(facts: _Facts) -> float | None:
    """Percent of the year that the spending covers."""
    if facts.last:
        return round(facts.last * 100 / YEAR, 2)
    return 100.0 if facts.as_of.year > facts.year else None


def _allocation_gaps(allocations: AllocationTable) -> Collection[Gap]:
    """Declared totals of allocations against the sum of those in force."""
    amounts = [allocations.amount(code) or 0 for code in allocations.history]
    return [
        Gap(
            scope=TOTAL,
            year=row.year,
            month=0,
            measure="SO_TIEN",
            declared=row.amount,
            sum=sum(amounts),
            against="rows",
            where="" if row.amount == sum(amounts) else "giữa dòng TONG và các dự toán có hiệu lực",
            place=row.place,
        )
        for row in allocations.declared
    ]


def _by_overrun(group: Group) -> tuple[bool, int, str]:
    over = group.over
    return over is None, -(group.line.cost if over is None else over), group.line.code
