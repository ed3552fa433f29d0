"""The spending table that a user has: rows of data, declared totals, and what was not usable."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.budget import values
from giamdinh.budget.model import TOTAL, Counts, Notice, Spending
from giamdinh.budget.tabular import Layout, read_into
from giamdinh.errors import InputError
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.budget.tabular import Row

LAYOUT = Layout(
    "chi (--spending)",
    ("MA_CSKCB", "LOAI", "NAM", "SO_LUOT", "T_BHTT"),
    ("TEN_CSKCB", "NHOM", "THANG"),
    {
        "MACOSO": "MA_CSKCB",
        "MACOSOKCB": "MA_CSKCB",
        "TENCOSO": "TEN_CSKCB",
        "TENCOSOKCB": "TEN_CSKCB",
        "LOAIKCB": "LOAI",
        "LUOT": "SO_LUOT",
        "SOLUOTKCB": "SO_LUOT",
        "BHTT": "T_BHTT",
        "TIENBHTT": "T_BHTT",
    },
    "cộng",
)

YEARS = 3


@dataclass(slots=True)
class SpendingTable:
    """The spending of a year and the two before, the older one only to try forecasts.

    Attributes:
        rows: data.
        declared: total rows.
        years: all years of the file.
        facilities: code to (name, centre) of a facility list, also of those without spending.
    """

    rows: list[Spending] = field(default_factory=list)
    declared: list[Spending] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)
    counts: Counts = field(default_factory=lambda: Counts(""))
    facilities: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_spending(path: Path, year: int) -> SpendingTable:
    """The spending of `year` and the two years before.

    Raises:
        InputError: the file cannot be read, or has nothing of `year`.
    """
    table = SpendingTable(counts=Counts(path.name))
    for row, spending in read_into(table, path, LAYOUT, _spending):
        if not row["SO_LUOT"]:
            text = "thiếu SO_LUOT, tính là 0 lượt"
            table.notices.append(Notice("warning", text, row.place, "SO_LUOT"))
        table.years.add(spending.year)
        if not year - YEARS < spending.year <= year:
            table.counts.outside += 1
        else:
            (table.declared if spending.declared else table.rows).append(spending)
    if not any(row.year == year for row in (*table.rows, *table.declared)):
        raise InputError(_no_year(path, year, table))
    _settle_months(table)
    _note_repeats(table)
    table.counts.used, table.counts.declared = len(table.rows), len(table.declared)
    return table


def _spending(row: Row) -> Spending:
    year = row.take("NAM", values.year)
    return Spending(
        facility=row.take("MA_CSKCB", values.facility),
        name=row["TEN_CSKCB"],
        group=values.facility(row["NHOM"]) if row["NHOM"] else "",
        kind=row.take("LOAI", values.kind),
        year=year,
        month=row.take("THANG", lambda text: values.month(text, year)),
        visits=row.take("SO_LUOT", values.visits),
        cost=row.take("T_BHTT", values.money),
        place=row.place,
    )


def _settle_months(table: SpendingTable) -> None:
    """Where months are given, a row without month is the declared total of the year."""
    monthly = {(row.facility, row.kind, row.year) for row in table.rows if row.month}
    whole = [row for row in table.rows if not row.month and _key(row) in monthly]
    if not whole:
        return
    table.rows = [row for row in table.rows if row.month or _key(row) not in monthly]
    table.declared += whole
    for row in whole:
        text = (
            f"{row.facility} {row.kind} năm {row.year} đã có dòng theo tháng: dòng không ghi "
            "tháng là số khai cả năm, đem đối chiếu, không cộng"
        )
        table.notices.append(Notice("info", text, row.place, "THANG"))


def _key(row: Spending) -> tuple[str, str, int]:
    return row.facility, row.kind, row.year


def _note_repeats(table: SpendingTable) -> None:
    """Rows with the same key, negative amounts: counted, and said."""
    seen: dict[tuple[object, ...], list[Spending]] = defaultdict(list)
    for row in (*table.rows, *table.declared):
        group = row.group if row.facility == TOTAL else ""
        seen[row.facility, group, row.kind, row.year, row.month].append(row)
        if row.cost < 0 or row.visits < 0:
            column = "T_BHTT" if row.cost < 0 else "SO_LUOT"
            table.notices.append(Notice("warning", "số âm, vẫn được cộng", row.place, column))
    for rows in seen.values():
        if len(rows) > 1:
            table.notices += _repeats(rows)


def _repeats(rows: Sequence[Spending]) -> list[Notice]:
    first = rows[0]
    month = f" tháng {first.month}" if first.month else ""
    what = f"{first.facility} {first.kind} năm {first.year}{month}"
    notices = []
    for row in rows[1:]:
        same = (row.visits, row.cost) == (first.visits, first.cost)
        how = "giống hệt" if same else "cùng khóa, khác số với"
        counted = (
            "cả hai được đối chiếu"
            if row.declared
            else f"cả hai được cộng; nếu là dòng lặp thì tổng thừa {number_vi(row.cost, 2)} đ"
        )
        text = f"{what}: {how} dòng {first.place.row}; {counted}"
        notices.append(Notice("warning", text, row.place))
    return notices


def _no_year(path: Path, year: int, table: SpendingTable) -> str:
    years = ", ".join(map(str, sorted(table.years))) or "không đọc được dòng nào"
    faults = "".join(f"\n  {notice}" for notice in table.notices[:5])
    return f"{path.name}: không có dòng nào của năm {year} (tệp có: {years}){faults}"
