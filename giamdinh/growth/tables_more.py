"""Tables on structure, parts beside a norm, insured persons, and what could not be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.growth.effects import ratio
from giamdinh.growth.findings import shown_key
from giamdinh.growth.formspec import class_names
from giamdinh.growth.model import DIMENSIONS
from giamdinh.growth.tables import NORM, level_vi
from giamdinh.report.grid import Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.growth.model import GrowthReport, Part, PerCard, Ratio
    from giamdinh.report.grid import Cell

_FACILITY = Column("Mã CSKCB", 10)


def ratios(report: GrowthReport, facility: str = "") -> Sheet:
    """CoCau: figures of structure beside last year's and those of the months before."""
    columns = (
        _FACILITY,
        Column("Quy tắc", 9),
        Column("Chỉ tiêu", 44, "wrap"),
        Column("Kỳ này", 10, "count"),
        Column("Cùng kỳ năm trước, quy đổi", 12, "count"),
        Column("Tăng (%)", 9, "count"),
        Column("Trung vị các tháng trước", 11, "count"),
        Column("Số tháng", 8, "count"),
        Column("Tử số kỳ này", 10, "count"),
        Column("Mẫu số kỳ này", 10, "count"),
        Column("Tử số kỳ trước", 10, "count"),
        Column("Mẫu số kỳ trước", 10, "count"),
        Column("Đơn vị", 8),
        Column("Mức", 26, "wrap"),
    )
    rows = [_ratio(row) for row in report.ratios if facility in ("", row.facility)]
    return Sheet("CoCau", columns, rows, fixed=3)


def _ratio(row: Ratio) -> tuple[Cell, ...]:
    scale = 100 if row.percent else 1

    def figure(value: float | None) -> float | None:
        return None if value is None else round(value * scale, 2)

    return (
        row.facility,
        row.rule,
        row.name,
        figure(row.value),
        figure(row.expected),
        row.rise,
        figure(row.middle),
        row.sample,
        *row.now,
        *row.before,
        "%" if row.percent else "",
        (row.note if row.level is None else "") or level_vi(row.level),
    )


def parts(name: str, what: str, rows: Sequence[Part], facility: str = "") -> Sheet:
    """Parts that stand out among their own months, or their peers."""
    columns = (
        _FACILITY,
        Column("Chiều", 20),
        Column("Mã", 16),
        Column("Tên", 36, "wrap"),
        Column(what, 17, "money"),
        *NORM,
    )
    lines = [
        (
            row.against.facility,
            DIMENSIONS[row.dimension],
            class_names().get(row.against.key, shown_key(row.against.key)),
            row.name,
            row.against.value,
            row.against.middle,
            row.against.above,
            row.against.distance,
            row.against.sample,
            level_vi(row.against.level),
            row.against.note,
        )
        for row in rows
        if facility in ("", row.against.facility)
    ]
    return Sheet(name, columns, lines, fixed=4)


def cards(report: GrowthReport, facility: str = "") -> Sheet:
    """BinhQuanThe: visits and cost per insured person, and what moved the cost."""
    columns = (
        _FACILITY,
        Column("Số thẻ kỳ này", 12, "count"),
        Column("Số thẻ kỳ trước", 12, "count"),
        Column("Lượt một thẻ kỳ này", 10, "count"),
        Column("Lượt một thẻ kỳ trước", 10, "count"),
        Column("Chi một thẻ kỳ này (đ)", 15, "money"),
        Column("Chi một thẻ kỳ trước (đ)", 15, "money"),
        Column("Chi một thẻ tăng (%)", 10, "count"),
        Column("Tăng, giảm của chi (đ)", 17, "money"),
        Column("do số thẻ (đ)", 17, "money"),
        Column("do lượt một thẻ (đ)", 17, "money"),
        Column("do chi một lượt (đ)", 17, "money"),
        Column("Mức", 14),
    )
    rows = [_card(one) for one in report.cards if facility in ("", one.facility)]
    return Sheet("BinhQuanThe", columns, rows, fixed=1)


def _card(one: PerCard) -> tuple[Cell, ...]:
    total = one.total
    rise = None
    if one.cards and one.before_cards and total.before_cost > 0:
        now, then = total.cost * one.before_cards, total.before_cost * one.cards
        rise = round((now - then) * 100 / then, 2)
    return (
        one.facility,
        one.cards,
        one.before_cards,
        round(total.visits / one.cards, 2) if one.cards else None,
        round(total.before_visits / one.before_cards, 2) if one.before_cards else None,
        _each(total.cost, one.cards),
        _each(total.before_cost, one.before_cards),
        rise,
        total.cost - total.before_cost,
        one.by_cards,
        one.by_visits,
        one.by_price,
        level_vi(one.level),
    )


def _each(cost: int, cards: int | None) -> int | None:
    """Cost per insured person, hundredths in whole đồng."""
    return ratio(cost, 1, cards * 100) * 100 if cards else None


def faults(report: GrowthReport) -> Sheet:
    """ChuaTinhDuoc: what the sums could not count, with its rows and money."""
    columns = (
        _FACILITY,
        Column("Tháng", 9),
        Column("Nội dung", 90, "wrap"),
        Column("Số dòng", 9, "count"),
        Column("Số tiền (đ)", 17, "money"),
    )
    rows = [(f.facility, f.month, f.what, f.rows or None, f.amount) for f in report.faults]
    return Sheet("ChuaTinhDuoc", columns, rows, fixed=2)
