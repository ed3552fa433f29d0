"""Where the money of groups went, as tables: what the claims of a store say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from giamdinh.budget.model import TOTAL
from giamdinh.budget.tables import ALL
from giamdinh.growth import tables, tables_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.growth.model import GrowthReport
    from giamdinh.report.grid import Sheet

Shown = Literal["nhom", "benh", "khoa", "muc"]
_SHOWN: tuple[Shown, ...] = ("nhom", "benh", "khoa", "muc")


def sheets(growth: GrowthReport) -> Iterator[Sheet]:
    """TheoNhomChiPhi, TheoNhomBenh, TheoKhoa, TheoMuc: cost, its growth and what drives it.

    Then ChuaTinhDuoc, what the sums could not count.
    """
    for dimension in _SHOWN:
        sheet = tables.changes(growth, dimension)
        rows = [(ALL if row[0] == TOTAL else row[0], *row[1:]) for row in sheet.rows]
        yield replace(sheet, rows=rows)
    yield tables_more.faults(growth)


def of_group(growth: GrowthReport, dimension: Shown, code: str) -> Sheet:
    """One group's rows, most growth first."""
    return tables.changes(growth, dimension, code)
