"""Names of facilities and the centre each belongs to, where the spending does not say so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from giamdinh.budget import values
from giamdinh.budget.model import TOTAL, Counts, Notice
from giamdinh.budget.tabular import Layout, read_into

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.budget.model import Spending
    from giamdinh.budget.spending import SpendingTable
    from giamdinh.budget.tabular import Row

LAYOUT = Layout(
    "cơ sở (--facilities)",
    ("MA_CSKCB",),
    ("TEN_CSKCB", "NHOM"),
    {
        "MACOSO": "MA_CSKCB",
        "MACOSOKCB": "MA_CSKCB",
        "TENCOSO": "TEN_CSKCB",
        "TENCOSOKCB": "TEN_CSKCB",
        "MACSKCBQL": "NHOM",
        "MATRUNGTAM": "NHOM",
        "TRUNGTAM": "NHOM",
        "COSOQUANLY": "NHOM",
        "DONVIQUANLY": "NHOM",
    },
)


@dataclass(slots=True)
class FacilityTable:
    """Facility to (name, centre), "" where nothing is written."""

    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    counts: Counts = field(default_factory=lambda: Counts(""))


def read_facilities(path: Path) -> FacilityTable:
    """The facilities; a later row of the same code adds what the earlier one left out.

    Raises:
        InputError: the file cannot be read.
    """
    table = FacilityTable(counts=Counts(path.name))
    for row, code in read_into(table, path, LAYOUT, _code):
        table.counts.used += 1
        if code != TOTAL:
            _keep(table, code, row)
    if not any(group for _, group in table.known.values()):
        text = f"{path.name}: không có NHOM nào nên không gộp trạm vào trung tâm"
        table.notices.append(Notice("warning", text, column="NHOM"))
    return table


def _code(row: Row) -> str:
    return row.take("MA_CSKCB", values.facility)


def _keep(table: FacilityTable, code: str, row: Row) -> None:
    name, group = table.known.get(code, ("", ""))
    said = values.facility(row["NHOM"]) if row["NHOM"] else ""
    if group and said and said != group:
        text = f"{code}: NHOM là {group} ở dòng trước, {said} ở dòng này; dùng dòng sau"
        table.notices.append(Notice("warning", text, row.place, "NHOM"))
    table.known[code] = (row["TEN_CSKCB"] or name, said or group)


def fill_in(spending: SpendingTable, table: FacilityTable) -> None:
    """Names and centres that the spending itself does not give; what it gives stays."""

    def filled(row: Spending) -> Spending:
        name, group = table.known.get(row.facility, ("", ""))
        return replace(row, name=row.name or name, group=row.group or group)

    spending.rows = [filled(row) for row in spending.rows]
    spending.declared = [row if row.facility == TOTAL else filled(row) for row in spending.declared]
    spending.facilities = dict(table.known)
    spending.notices += table.notices
