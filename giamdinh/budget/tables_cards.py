"""Tables about insured persons: coverage, progress, visits and cost per card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.budget.tables import CODE, NAME, everyone, growth, who
from giamdinh.report.grid import Column, Sheet

if TYPE_CHECKING:
    from giamdinh.budget.model import BudgetReport


def areas(report: BudgetReport) -> Sheet:
    """ThamGia: coverage and progress of every area."""
    columns = (
        Column("Mã", 10),
        Column("Tên", 34, "wrap"),
        Column("Đến quý", 7, "count"),
        Column("Số thẻ", 12, "count"),
        Column("Dân số", 12, "count"),
        Column("Bao phủ (%)", 9, "count"),
        Column("Chỉ tiêu", 12, "count"),
        Column("Chỉ tiêu bao phủ (%)", 9, "count"),
        Column("Còn thiếu", 12, "count"),
        Column("Đã đạt phần tăng (%)", 10, "count"),
        Column("Lộ trình (%)", 9, "count"),
        Column("Tiến độ", 12),
    )
    words = {None: "không rõ", True: "chậm", False: "đạt"}
    rows = [
        (
            area.code,
            area.name,
            area.quarter,
            area.cards,
            area.population,
            area.coverage,
            area.target,
            area.target_coverage,
            area.missing,
            area.progress,
            area.path,
            words[area.behind],
        )
        for area in report.areas
    ]
    return Sheet("ThamGia", columns, rows, fixed=2)


def per_card(report: BudgetReport) -> Sheet:
    """BinhQuanThe: visits and cost per insured person, now and last year."""
    columns = (
        CODE,
        NAME,
        Column("Số thẻ", 12, "count"),
        Column("Số thẻ năm trước", 12, "count"),
        Column("Lượt một thẻ", 9, "count"),
        Column("Lượt một thẻ năm trước", 9, "count"),
        Column("Chi một thẻ (đ)", 14, "money"),
        Column("Chi một thẻ năm trước (đ)", 14, "money"),
        Column("Chi một thẻ tăng (%)", 9, "count"),
        Column("Dự toán một thẻ (đ)", 14, "money"),
    )
    rows = []
    for group in everyone(report):
        line, cards = group.line, group.cards
        now, before = of_cards(line.cost, cards), of_cards(line.before_cost, group.cards_before)
        rows.append(
            (
                *who(line),
                cards,
                group.cards_before,
                round(line.visits / cards, 2) if cards else None,
                round((line.before_visits or 0) / group.cards_before, 2)
                if group.cards_before and line.before_visits is not None
                else None,
                now,
                before,
                growth(now, before) if now is not None else None,
                of_cards(group.allocated, cards),
            )
        )
    return Sheet("BinhQuanThe", columns, rows, fixed=2)


def of_cards(amount: int | None, cards: int | None) -> int | None:
    """An amount per insured person, hundredths in whole đồng."""
    return round(amount / cards / 100) * 100 if amount is not None and cards else None
