"""The allocation table: decisions on each facility's budget, the latest in force wins."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from giamdinh.budget import values
from giamdinh.budget.model import TOTAL, Allocation, Counts, Notice
from giamdinh.budget.tabular import Layout, read_into
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.budget.tabular import Row

LAYOUT = Layout(
    "dự toán (--allocations)",
    ("MA_CSKCB", "NAM", "SO_TIEN"),
    ("QUYET_DINH", "NGAY"),
    {
        "MACOSO": "MA_CSKCB",
        "MACOSOKCB": "MA_CSKCB",
        "SOQUYETDINH": "QUYET_DINH",
        "NGAYQUYETDINH": "NGAY",
        "DUTOAN": "SO_TIEN",
    },
)


@dataclass(slots=True)
class AllocationTable:
    """Decisions on the budgets of a year.

    Attributes:
        history: facility to its decisions, oldest first.
        declared: rows with TONG.
    """

    history: dict[str, list[Allocation]] = field(default_factory=lambda: defaultdict(list))
    declared: list[Allocation] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counts: Counts = field(default_factory=lambda: Counts(""))

    def amount(self, facility: str) -> int | None:
        """Hundredths in force for a facility, None when there is no decision."""
        rows = [row for row in self.history.get(facility, ()) if row.status == "in_force"]
        return rows[-1].amount if rows else None


def read_allocations(path: Path, year: int, as_of: date) -> AllocationTable:
    """The allocations of `year` as they stood on the day `as_of`.

    Raises:
        InputError: the file cannot be read.
    """
    table = AllocationTable(counts=Counts(path.name))
    years = set()
    for _, allocation in read_into(table, path, LAYOUT, _allocation):
        years.add(allocation.year)
        if allocation.year != year:
            table.counts.outside += 1
        elif allocation.facility == TOTAL:
            table.counts.declared += 1
            table.declared.append(allocation)
        else:
            table.counts.used += 1
            table.history[allocation.facility].append(allocation)
    if not table.history:
        found = ", ".join(map(str, sorted(years))) or "không có dòng nào"
        table.notices.append(
            Notice("warning", f"{path.name}: không có dự toán của năm {year} (tệp có: {found})")
        )
    for facility in table.history:
        table.history[facility] = _settled(table.history[facility], as_of, table.notices)
    return table


def _allocation(row: Row) -> Allocation:
    return Allocation(
        facility=row.take("MA_CSKCB", values.facility),
        year=row.take("NAM", values.year),
        amount=row.take("SO_TIEN", values.allocation),
        decision=row["QUYET_DINH"],
        day=row.take("NGAY", values.day),
        place=row.place,
    )


def _settled(rows: Sequence[Allocation], as_of: date, notices: list[Notice]) -> list[Allocation]:
    """Decisions in order of their day, a later row of the same day after an earlier one.

    The last that is in force replaces the ones before; a decision is never added to another.
    """
    ordered = sorted(rows, key=lambda row: (row.day or date.min, row.place.row))
    coming = [row for row in ordered if row.day and row.day > as_of]
    past = [row for row in ordered if row not in coming]
    _note_doubts(past, notices)
    for row in coming:
        text = f"{row.facility}: quyết định có ngày sau {as_of:%d/%m/%Y}, chưa dùng"
        notices.append(Notice("warning", text, row.place, "NGAY"))
    settled = [replace(row, status="replaced") for row in past[:-1]]
    return [*settled, *past[-1:], *(replace(row, status="future") for row in coming)]


def _note_doubts(past: Sequence[Allocation], notices: list[Notice]) -> None:
    if len(past) < 2:  # noqa: PLR2004 - one decision leaves no doubt
        return
    last, before = past[-1], past[-2]
    if any(row.day is None for row in past):
        text = f"{last.facility}: có quyết định không ghi NGAY, coi là có trước các quyết định khác"
        notices.append(Notice("warning", text, last.place, "NGAY"))
    if last.day == before.day and last.amount != before.amount:
        text = (
            f"{last.facility}: hai quyết định cùng ngày, số tiền {number_vi(before.amount, 2)} đ "
            f"và {number_vi(last.amount, 2)} đ; dùng dòng sau"
        )
        notices.append(Notice("warning", text, last.place, "SO_TIEN"))
