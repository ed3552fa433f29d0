"""`budget.html`: the report on one page, with a section for each group and each station."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from giamdinh import __version__
from giamdinh.budget import stations, tables, tables_cards
from giamdinh.budget import tables_causes as causes
from giamdinh.budget.model import TOTAL
from giamdinh.budget.tables_forecast import forecasts, trials
from giamdinh.budget.tables_tenders import tenders
from giamdinh.budget.words import conclusions
from giamdinh.growth.periods import YEAR
from giamdinh.growth.tables import picked, slim
from giamdinh.report import charts, htmlpage
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.budget.model import BudgetReport, Group
    from giamdinh.growth.model import GrowthReport
    from giamdinh.report.grid import Sheet

_PICTURED, _STATIONS = 100, 120
"""Groups, and stations, with a section of their own; all of them are in the tables."""
_CAUSES, _BARS, _GROUPS = 10, 12, 8
_TENDERS = 60
_OF_TENDERS = (
    "Số đã dùng là số lượng bảo hiểm đã trả trong các tháng có trong kho, theo đúng gói thầu và "
    "đơn vị tính; dùng ngoài bảo hiểm và mua thêm không có ở đây. Đủ các mặt hàng ở trang GoiThau."
)
_UNTRIED = "Thử lại dự báo: chưa đủ tháng hoặc chưa có năm trước nữa để thử."
_EXPECTED, _BUDGET = ("Dự báo", "Dự báo thấp", "Dự báo cao"), "Dự toán năm"


def render(report: BudgetReport) -> str:
    """The whole page."""
    shown, left = _shown(report)
    title = f"Dự toán và chi khám chữa bệnh BHYT năm {report.year}"
    subtitle = f"Lập lúc {report.started:%d/%m/%Y %H:%M} · giamdinh {__version__}"
    body = [
        "<section>",
        htmlpage.tiles(_tiles(report)),
        stations.links("Từng nhóm", shown if len(shown) > 1 else ()),
        *_overview(report),
        htmlpage.table(picked(tables.summary(report), _SUMMARY), "Dự toán và chi"),
        *_reconciliation(report),
        "</section>",
    ]
    drawn = (tables.kinds(report), forecasts(report), trials(report))
    for group in shown:
        section = stations.section if stations.is_station(group) else _group
        body += ['<section class="page">', *section(report, group, drawn), "</section>"]
    if left:
        body.append(htmlpage.paragraph(f"Còn {left} nơi, xem tệp Excel.", "soft"))
    body += ['<section class="page">', *_appendix(report), "</section>"]
    return htmlpage.page(title, subtitle, body)


def _shown(report: BudgetReport) -> tuple[list[Group], int]:
    """Who has a section, a centre before what belongs to it; and how many have none."""
    everyone = sorted(tables.everyone(report), key=lambda group: group.line.code != TOTAL)
    kept = [*everyone[:_PICTURED], *report.stations[:_STATIONS]]
    shown: list[Group] = []
    waiting = [group for group in reversed(kept) if not group.within]
    while waiting:
        group = waiting.pop()
        shown.append(group)
        waiting += [one for one in reversed(kept) if one.within == group.line.code]
    return shown, len(everyone) + len(report.stations) - len(shown)


_RISEN = (0, 1, 3, 4, 10, 9, 11, 12, 13)
"""Columns of the table of facilities that a group's section has room for."""
_SUMMARY = (0, 1, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 16)


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
    kinds, expected, tried = drawn
    yield htmlpage.heading(stations.title(group), stations.anchor(group))
    below = [one for one in (*report.groups, *report.stations) if one.within == line.code]
    yield stations.links("Từng cơ sở", below[:_STATIONS])
    yield htmlpage.bullets([text.strip() for text in conclusions(report, group) if text])
    pictures = [*_pictures(report, group)]
    yield htmlpage.charts(pictures)
    yield htmlpage.table(_of(kinds, group), "Theo loại khám chữa bệnh")
    if report.growth:
        yield from _money(report.growth, line.code)
    if len(group.facilities) > 1:
        risen = picked(tables.facilities(report, group), _RISEN, most=_CAUSES)
        yield htmlpage.table(risen, f"{_CAUSES} nơi làm chi tăng nhiều nhất")
    if group.forecast:
        yield htmlpage.table(_of(expected, group), "Dự báo")
        if group.forecast.trials:
            yield htmlpage.table(_of(tried, group), "Thử lại dự báo trên số đã biết")
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


def _of(sheet: Sheet, group: Group) -> Sheet:
    """A group's own rows of a table, without the columns that name it."""
    code, _ = tables.who(group.line)
    return picked(sheet, range(2, len(sheet.columns)), code)


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


def _appendix(report: BudgetReport) -> Iterator[str]:
    yield htmlpage.heading("Số liệu đầy đủ")
    yield htmlpage.table(tables.facilities(report), "Từng cơ sở")
    if report.areas:
        yield htmlpage.table(tables_cards.areas(report), "Người tham gia BHYT")
        yield htmlpage.table(tables_cards.per_card(report), "Bình quân một thẻ")
    if report.tenders:
        yield htmlpage.table(_urgent(report), "Số lượng thầu sắp hết")
        yield htmlpage.paragraph(_OF_TENDERS, "soft")
    yield htmlpage.table(tables.decisions(report), "Quyết định giao dự toán")
    yield htmlpage.paragraph(
        "Có nhiều quyết định thì dùng quyết định có ngày mới nhất, không cộng các quyết định.",
        "soft",
    )
    yield htmlpage.table(tables.reconciliation(report), "Mọi phép đối soát")
    yield htmlpage.table(tables.notices(report), "Dòng đã đọc, dòng bị loại và ghi chú")


def _urgent(report: BudgetReport) -> Sheet:
    """The tendered items to look at first; without remarks where there are none."""
    sheet = tenders(report, urgent=True)
    last = len(sheet.columns) - (not any(one.note for one in report.tenders))
    return picked(sheet, range(last), most=_TENDERS)


def _amount(value: int | None) -> str:
    return "" if value is None else number_vi(value, 2)


def _percent(value: float | None) -> str:
    return "không có" if value is None else f"{value:.1f} %".replace(".", ",")
