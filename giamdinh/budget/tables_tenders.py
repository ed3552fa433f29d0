"""Tendered quantities and what is left of them, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.growth.periods import month_vi
from giamdinh.growth.tables import quantity
from giamdinh.report.grid import Column, Sheet

if TYPE_CHECKING:
    from giamdinh.budget.model import BudgetReport


def tenders(report: BudgetReport, *, urgent: bool = False) -> Sheet:
    """GoiThau: what is used up first on top; `urgent` for those that somebody must look at."""
    columns = (
        Column("Mã CSKCB", 10),
        Column("Loại", 9),
        Column("Mã", 16),
        Column("Tên", 34, "wrap"),
        Column("Gói thầu", 24, "wrap"),
        Column("Đơn vị tính", 10),
        Column("Trúng thầu", 13, "count"),
        Column("Đã dùng", 13, "count"),
        Column("Còn lại", 13, "count"),
        Column("Đã dùng (%)", 9, "count"),
        Column("Thời gian đã qua (%)", 10, "count"),
        Column("Dự kiến hết", 11),
        Column("Tình trạng", 14),
        Column("Ghi chú", 44, "wrap"),
    )
    rows = [
        (
            one.facility,
            one.kind,
            one.code,
            one.name,
            one.tender,
            one.unit,
            quantity(one.quantity, by_quantity=True),
            quantity(one.used, by_quantity=True),
            quantity(one.quantity - one.used, by_quantity=True),
            one.used_percent,
            one.gone_percent,
            month_vi(one.runs_out) if one.runs_out else "",
            one.status,
            one.note,
        )
        for one in report.tenders
        if one.status or not urgent
    ]
    return Sheet("GoiThau", columns, rows, fixed=4)
