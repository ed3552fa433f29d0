"""Forecasts and their trials, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.budget.tables import CODE, NAME, forecast_over, pages, who
from giamdinh.report.grid import Column, Sheet

if TYPE_CHECKING:
    from giamdinh.budget.model import BudgetReport
    from giamdinh.report.grid import Cell


def forecasts(report: BudgetReport) -> Sheet:
    """DuBao: expected spending, its range and method, or why there is none."""
    columns = (
        CODE,
        NAME,
        Column("Đến hết", 12),
        Column("Thấp (đ)", 17, "money"),
        Column("Dự báo (đ)", 17, "money"),
        Column("Cao (đ)", 17, "money"),
        Column("So dự toán năm (đ)", 17, "money"),
        Column("Phương pháp, lý do", 60, "wrap"),
    )
    rows: list[tuple[Cell, ...]] = []
    for group in pages(report):
        found = group.forecast
        if found is None:
            rows.append((*who(group.line), "", None, None, None, None, group.no_forecast))
            continue
        if found.quarter and found.quarter_end != found.year_end:
            rows.append(
                (*who(group.line), f"quý {found.quarter}", *found.quarter_end, None, found.method)
            )
        rows.append((*who(group.line), "năm", *found.year_end, forecast_over(group), found.method))
    return Sheet("DuBao", columns, rows, fixed=2)


def trials(report: BudgetReport) -> Sheet:
    """ThuDuBao: what the method would have said about what is known by now."""
    columns = (
        CODE,
        NAME,
        Column("Biết số tháng", 8, "count"),
        Column("Dự báo tới", 18),
        Column("Dự báo (đ)", 17, "money"),
        Column("Thực chi (đ)", 17, "money"),
        Column("Sai (%)", 8, "count"),
        Column("Trong khoảng", 10),
    )
    rows = [
        (
            *who(group.line),
            trial.months,
            trial.target,
            trial.forecast,
            trial.actual,
            round(trial.error_percent, 2),
            "có" if trial.inside else "không",
        )
        for group in pages(report)
        if group.forecast
        for trial in group.forecast.trials
    ]
    return Sheet("ThuDuBao", columns, rows, fixed=2)
