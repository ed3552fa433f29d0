"""`budget.html`: the report on one page, with a section for each group."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from giamdinh import __version__
from giamdinh.budget import tables, tables_cards
from giamdinh.budget import tables_causes as causes
from giamdinh.budget.model import TOTAL
from giamdinh.budget.words import conclusions
from giamdinh.growth.periods import YEAR
from giamdinh.growth.tables import slim
from giamdinh.report import charts, htmlpage
from giamdinh.report.grid import Column, Sheet
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.budget.model import BudgetReport, Group, Line
    from giamdinh.growth.model import GrowthReport
    from giamdinh.report.grid import Cell

_PICTURED = 100
"""Groups with a section of their own; all of them are in the tables."""
_CAUSES, _BARS, _GROUPS = 10, 12, 8
_UNTRIED = "Thử lại dự báo: chưa đủ tháng hoặc chưa có năm trước nữa để thử."
_EXPECTED, _BUDGET = ("Dự báo", "Dự báo thấp", "Dự báo cao"), "Dự toán năm"


def render(report: BudgetReport) -> str:
    """The whole page."""
    title = f"Dự toán và chi khám chữa bệnh BHYT năm {report.year}"
    subtitle = f"Lập lúc {report.started:%d/%m/%Y %H:%M} · giamdinh {__version__}"
    body = [
        "<section>",
        htmlpage.tiles(_tiles(report)),
        *_overview(report),
        htmlpage.table(_slim(tables.summary(report), _SUMMARY), "Dự toán và chi"),
        *_reconciliation(report),
        "</section>",
    ]
    drawn = (tables.kinds(report), tables.forecasts(report), tables.trials(report))
    everyone = sorted(tables.everyone(report), key=lambda group: group.line.code != TOTAL)
    for group in everyone[:_PICTURED]:
        body += ['<section class="page">', *_group(report, group, drawn), "</section>"]
    if len(everyone) > _PICTURED:
        left = len(everyone) - _PICTURED
        body.append(htmlpage.paragraph(f"Còn {left} nơi, xem tệp Excel.", "soft"))
    body += ['<section class="page">', *_appendix(report), "</section>"]
    return htmlpage.page(title, subtitle, body)


_SUMMARY = (0, 1, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 16)


def _slim(sheet: Sheet, wanted: Sequence[int]) -> Sheet:
    rows: list[Sequence[Cell]] = [[row[i] for i in wanted] for row in sheet.rows]
    return replace(sheet, columns=tuple(sheet.columns[i] for i in wanted), rows=rows)


def _tiles(report: BudgetReport) -> list[tuple[str, str, str]]:
    total = report.total
    if total is None:
        return []
    gaps = sum(bool(gap.gap) for gap in report.reconciliation)
    items = [
        ("Dự toán (đ)", _amount(total.allocated), ""),
        ("Đã chi (đ)", _amount(total.line.cost), ""),
        _over_tile(total),
        ("Số lượt", number_vi(total.line.visits, 0), ""),
        (
            "Chi tăng so năm trước",
            _percent(tables.growth(total.line.cost, total.line.before_cost)),
            "",
        ),
        ("Dòng tổng lệch", str(gaps), "bad" if gaps else "good"),
    ]
    if total.forecast and total.forecast.quarter:
        items.insert(4, ("Dự báo cả năm (đ)", _amount(total.forecast.year_end[1]), ""))
    return items


def _over_tile(group: Group) -> tuple[str, str, str]:
    over = group.over
    if over is None:
        return "Vượt dự toán", "không có dự toán", ""
    if over <= 0:
        return "Còn trong dự toán (đ)", _amount(-over), "good"
    return "Vượt dự toán (đ)", f"{_amount(over)} ({_percent(group.over_percent)})", "bad"


def _overview(report: BudgetReport) -> Iterator[str]:
    groups = [group for group in report.groups if not group.within][:_BARS]
    if len(groups) > 1:
        labels = [group.line.code for group in groups]
        series: list[charts.Series] = [
            ("Dự toán", [group.allocated for group in groups]),
            ("Đã chi", [group.line.cost for group in groups]),
        ]
        yield htmlpage.charts([charts.bars("Dự toán và chi", labels, series, "du-toan")])


def _reconciliation(report: BudgetReport) -> Iterator[str]:
    agreed = sum(not gap.gap for gap in report.reconciliation)
    wrong = len(report.reconciliation) - agreed
    yield htmlpage.heading("Đối soát tổng khai báo")
    if not report.reconciliation:
        yield htmlpage.paragraph("Không có dòng tổng nào để đối soát.", "soft")
        return
    text = f"{agreed} tổng khớp, {wrong} tổng lệch. Tổng khai không được cộng vào số liệu."
    yield htmlpage.paragraph(text)
    if wrong:
        yield htmlpage.table(tables.reconciliation(report, gaps_only=True))


def _group(report: BudgetReport, group: Group, drawn: tuple[Sheet, Sheet, Sheet]) -> Iterator[str]:
    """A group's section; `drawn`: kinds, forecasts and trials of all groups."""
    line = group.line
    kinds, forecasts, trials = drawn
    name = tables.ALL if line.code == TOTAL else f"{line.code} · {line.name}".rstrip(" ·")
    yield htmlpage.heading(name, f"nhom-{line.code}")
    yield htmlpage.bullets([text.strip() for text in conclusions(report, group) if text])
    pictures = [*_pictures(report, group)]
    yield htmlpage.charts(pictures)
    yield htmlpage.table(_of(kinds, group, 2), "Theo loại khám chữa bệnh")
    if report.growth:
        yield from _money(report.growth, line.code)
    if len(group.facilities) > 1:
        yield htmlpage.table(_causes(group), f"{_CAUSES} nơi làm chi tăng nhiều nhất")
    if group.forecast:
        yield htmlpage.table(_of(forecasts, group, 2), "Dự báo")
        if group.forecast.trials:
            yield htmlpage.table(_of(trials, group, 2), "Thử lại dự báo trên số đã biết")
        else:
            yield htmlpage.paragraph(_UNTRIED, "soft")


def _money(growth: GrowthReport, code: str) -> Iterator[str]:
    """Where the money went, and the costliest causes of its growth."""
    yield htmlpage.paragraph(f"Từ hồ sơ: {growth.period}, so với {growth.before}.", "soft")
    shown: tuple[tuple[causes.Shown, str, int | None], ...] = (
        ("nhom", "Tiền đi đâu: theo nhóm chi phí", None),
        ("muc", f"{_CAUSES} nguyên nhân tốn kém nhất: thuốc, dịch vụ, vật tư", _CAUSES),
        ("benh", f"{_CAUSES} nhóm bệnh làm chi tăng nhiều nhất", _CAUSES),
        ("khoa", f"{_CAUSES} khoa làm chi tăng nhiều nhất", _CAUSES),
    )
    for dimension, title, most in shown:
        sheet = causes.of_group(growth, dimension, code)
        yield htmlpage.table(slim(sheet, most), title)


def _of(sheet: Sheet, group: Group, start: int) -> Sheet:
    """A group's own rows of a table, without the columns that name it."""
    code = tables.ALL if group.line.code == TOTAL else group.line.code
    rows = [row[start:] for row in sheet.rows if row[0] == code]
    return replace(sheet, columns=sheet.columns[start:], rows=rows)


def _pictures(report: BudgetReport, group: Group) -> Iterator[str]:
    key = f"{group.line.code}".lower()
    found = group.line.effects
    if found:
        labels = ["Tăng, giảm", "do số lượt", "do cơ cấu", "do chi một lượt"]
        parts = [found.change, found.volume, found.mix, found.price]
        yield charts.change("Vì sao chi thay đổi", labels, parts, f"vi-sao-{key}")
    if group.months:
        yield charts.lines(
            "Lũy kế theo tháng", [f"T{m}" for m in range(1, YEAR + 1)], _paths(report, group),
            f"thang-{key}", thin=(*_EXPECTED, _BUDGET),
        )  # fmt: skip
    elif len(group.facilities) > 1:
        shown = group.facilities[:_BARS]
        series: list[charts.Series] = [(f"Năm {report.year}", [line.cost for line in shown])]
        if group.line.before_cost is not None:
            series.insert(0, (f"Năm {report.year - 1}", [line.before_cost for line in shown]))
        title = f"{len(shown)} cơ sở chi nhiều nhất"
        yield charts.bars(title, [line.code for line in shown], series, f"co-so-{key}")
    if report.growth:
        own = [c for c in report.growth.changes["nhom"] if c.facility == group.line.code]
        own = sorted(own, key=lambda c: -c.total.cost)[:_GROUPS]
        labels = [change.name or change.key or "(không ghi)" for change in own]
        series = [
            (f"Năm {report.year - 1}", [change.total.before_cost for change in own]),
            (f"Năm {report.year}", [change.total.cost for change in own]),
        ]
        yield charts.bars("Tiền đi đâu", labels, series, f"nhom-chi-phi-{key}")


def _paths(report: BudgetReport, group: Group) -> list[charts.Series]:
    """Running totals: last year, this year, what is expected, and the budget."""
    series: list[charts.Series] = []
    if group.months_before:
        series.append((f"Năm {report.year - 1}", _running(group.months_before)))
    series.append((f"Năm {report.year}", _running(group.months)))
    found = group.forecast
    if found and found.quarter:
        known = len(group.months)
        for label, place in zip(_EXPECTED, (1, 0, 2), strict=True):
            path: list[int | None] = [None] * YEAR
            path[known - 1] = sum(group.months)
            path[found.quarter * 3 - 1] = found.quarter_end[place]
            path[-1] = found.year_end[place]
            series.append((label, _filled(path)))
    if group.allocated is not None:
        series.append((_BUDGET, [group.allocated] * YEAR))
    return series


def _running(months: Sequence[int]) -> list[int | None]:
    total, out = 0, list[int | None]()
    for cost in months:
        total += cost
        out.append(total)
    return out + [None] * (YEAR - len(out))


def _filled(path: list[int | None]) -> list[int | None]:
    """Straight pieces between the points that are there."""
    known = [i for i, value in enumerate(path) if value is not None]
    for left, right in pairwise(known):
        start, end = path[left], path[right]
        if start is None or end is None:
            continue
        for i in range(left + 1, right):
            path[i] = start + (end - start) * (i - left) // (right - left)
    return path


def _causes(group: Group) -> Sheet:
    """The facilities whose cost rose most."""

    def change(line: Line) -> int:
        return line.effects.change if line.effects else line.cost

    lines = sorted(group.facilities, key=lambda line: (-change(line), line.code))[:_CAUSES]
    columns = (
        Column("Mã CSKCB", 10),
        Column("Tên", 30),
        Column("Số lượt", 10, "count"),
        Column("Chi (đ)", 16, "money"),
        Column("Tăng, giảm (đ)", 16, "money"),
        Column("Tăng (%)", 9, "count"),
        Column("do số lượt (đ)", 16, "money"),
        Column("do cơ cấu (đ)", 16, "money"),
        Column("do chi một lượt (đ)", 16, "money"),
    )
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        found = line.effects
        parts = (found.volume, found.mix, found.price) if found else (None, None, None)
        rise = found.change if found else None
        share = tables.growth(line.cost, line.before_cost)
        rows.append((line.code, line.name, line.visits, line.cost, rise, share, *parts))
    return Sheet("CacCoSo", columns, rows)


def _appendix(report: BudgetReport) -> Iterator[str]:
    yield htmlpage.heading("Số liệu đầy đủ")
    yield htmlpage.table(tables.facilities(report), "Từng cơ sở")
    if report.areas:
        yield htmlpage.table(tables_cards.areas(report), "Người tham gia BHYT")
        yield htmlpage.table(tables_cards.per_card(report), "Bình quân một thẻ")
    yield htmlpage.table(tables.decisions(report), "Quyết định giao dự toán")
    yield htmlpage.paragraph(
        "Có nhiều quyết định thì dùng quyết định có ngày mới nhất, không cộng các quyết định.",
        "soft",
    )
    yield htmlpage.table(tables.reconciliation(report), "Mọi phép đối soát")
    yield htmlpage.table(tables.notices(report), "Dòng đã đọc, dòng bị loại và ghi chú")


def _amount(value: int | None) -> str:
    return "" if value is None else number_vi(value, 2)


def _percent(value: float | None) -> str:
    return "không có" if value is None else f"{value:.1f} %".replace(".", ",")
