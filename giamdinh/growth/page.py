"""`growth.html`: the report on one page, with a section for each facility."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from giamdinh import __version__
from giamdinh.growth import tables
from giamdinh.growth import tables_more as more
from giamdinh.growth.effects import percent
from giamdinh.growth.findings import percent_vi, shown_key
from giamdinh.growth.model import DIMENSIONS, LEVELS
from giamdinh.growth.periods import YEAR, from_index, index, month_vi
from giamdinh.report import charts, htmlpage
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.growth.model import Change, Dimension, GrowthReport
    from giamdinh.report.grid import Sheet

_FACILITIES, _BARS, _CAUSES, _ROWS, _GROUPS = 100, 12, 10, 60, 8
_WIDE = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18)
"""Columns of the table of facilities on the page."""
_NONE = "(không ghi)"
_PARTS: tuple[Dimension, ...] = ("loai", "khoa", "bac_si", "benh")


def render(report: GrowthReport) -> str:
    """The whole page."""
    title = f"Tăng trưởng chi khám chữa bệnh BHYT kỳ {report.period}"
    subtitle = (
        f"So với cùng kỳ năm trước {report.before} · lập lúc "
        f"{report.started:%d/%m/%Y %H:%M} · giamdinh {__version__}"
    )
    body = ["<section>", htmlpage.tiles(_tiles(report)), _links(report), *_overview(report)]
    body.append("</section>")
    for change in report.changes["co_so"][:_FACILITIES]:
        body += ['<section class="page">', *_facility(report, change), "</section>"]
    body += [
        '<section class="page">',
        htmlpage.heading("Ngưỡng và ghi chú"),
        htmlpage.table(tables.notes(report)),
        *([htmlpage.table(more.faults(report), "Chưa tính được")] if report.faults else []),
        "</section>",
    ]
    return htmlpage.page(title, subtitle, body)


def _links(report: GrowthReport) -> str:
    """Where each facility's section is."""
    codes = [change.facility for change in report.changes["co_so"][:_FACILITIES]]
    return htmlpage.links("Từng cơ sở", [(f"co-so-{code}", code or _NONE) for code in codes])


def _tiles(report: GrowthReport) -> list[tuple[str, str, str]]:
    total = sum(change.total.cost for change in report.changes["co_so"])
    before = sum(change.total.before_cost for change in report.changes["co_so"])
    return [
        ("Chi kỳ này (đ)", number_vi(total, 2), ""),
        ("Chi kỳ trước (đ)", number_vi(before, 2), ""),
        ("Tăng", percent_vi(percent(total - before, before)), ""),
        *(
            (LEVELS[level], str(sum(f.level == level for f in report.findings)), "")
            for level in (3, 2, 1)
        ),
    ]


def _overview(report: GrowthReport) -> Iterator[str]:
    shown = report.changes["co_so"][:_BARS]
    labels = [change.facility for change in shown]
    series: list[charts.Series] = [
        ("Kỳ trước", [change.total.before_cost for change in shown]),
        ("Kỳ này", [change.total.cost for change in shown]),
    ]
    parts: list[charts.Series] = [
        ("do số lượng", [change.effects.volume for change in shown]),
        ("do cơ cấu", [change.effects.mix for change in shown]),
        ("do đơn giá", [change.effects.price for change in shown]),
    ]
    yield htmlpage.charts(
        [
            charts.bars(f"{len(shown)} cơ sở tăng nhiều nhất", labels, series, "co-so"),
            charts.bars("Vì sao tăng", labels, parts, "vi-sao"),
        ]
    )
    yield htmlpage.table(tables.picked(tables.changes(report, "co_so"), _WIDE), "Từng cơ sở")
    if report.cards:
        yield htmlpage.table(more.cards(report), "Bình quân một thẻ")
    yield from _findings(report)
    if report.policy:
        day, before, after, _ = report.policy
        yield htmlpage.heading(f"Trước và sau {day}")
        yield htmlpage.paragraph(f"Kỳ sau {after}, so với {before}.", "soft")
        yield htmlpage.table(tables.policy(report))


def _findings(report: GrowthReport) -> Iterator[str]:
    """The head of a long table; all of it is in the workbook."""
    sheet = tables.findings(report)
    rows = [
        (level, rule, facility, *rest) for rule, facility, level, *rest in islice(sheet.rows, _ROWS)
    ]
    order = (2, 0, 1, *range(3, len(sheet.columns)))
    columns = tuple(sheet.columns[i] for i in order)
    yield htmlpage.table(replace(sheet, columns=columns, rows=rows), "Phát hiện")
    if len(report.findings) > _ROWS:
        left = number_vi(len(report.findings) - _ROWS, 0)
        yield htmlpage.paragraph(f"Còn {left} phát hiện, xem trang TangTruong của Excel.", "soft")


def _facility(report: GrowthReport, change: Change) -> Iterator[str]:
    code = change.facility
    found = change.effects
    yield htmlpage.heading(f"Cơ sở {code or _NONE}", f"co-so-{code}")
    yield htmlpage.paragraph(
        f"Chi {number_vi(change.total.cost, 2)} đ, kỳ trước "
        f"{number_vi(change.total.before_cost, 2)} đ: thay đổi {number_vi(found.change, 2)} đ = số "
        f"lượt {number_vi(found.volume, 2)} + cơ cấu {number_vi(found.mix, 2)} + chi một lượt "
        f"{number_vi(found.price, 2)}. Mức: {tables.level_vi(change.level)}."
    )
    yield htmlpage.charts([*_pictures(report, change)])
    yield htmlpage.table(tables.slim(tables.changes(report, "nhom", code)), "Tiền đi đâu")
    yield htmlpage.table(_causes(report, code), f"{_CAUSES} nguyên nhân tốn kém nhất")
    for dimension in _PARTS:
        sheet = tables.slim(tables.changes(report, dimension, code), _CAUSES)
        yield htmlpage.table(sheet, DIMENSIONS[dimension])
    for sheet, title in _beside(report, code):
        if list(sheet.rows):
            yield htmlpage.table(tables.picked(sheet, range(1, len(sheet.columns))), title)


def _beside(report: GrowthReport, code: str) -> Iterator[tuple[Sheet, str]]:
    """A facility's structure, and it and its parts beside their norms."""
    yield more.ratios(report, code), "Cơ cấu"
    if report.cards:
        yield more.cards(report, code), "Bình quân một thẻ"
    own = tables.against("ThangTruoc", "Chi bình quân tháng (đ)", report.own_months, code)
    yield own, "So với các tháng trước"
    peers = [*report.peers, *report.card_peers]
    yield (
        tables.against("CungCap", "Chi bình quân lượt (đ)", peers, code),
        "So với cơ sở cùng cấp, cùng loại",
    )
    own = more.parts("ThangTruocTungPhan", "Chi bình quân tháng (đ)", report.part_months, code)
    yield own, "Phần tăng khác thường so với các tháng trước của nó"
    own = more.parts("CungCapTungPhan", "Chi một lượt, một đơn vị (đ)", report.part_peers, code)
    yield own, "Phần đắt hơn người, nơi cùng loại"


def _causes(report: GrowthReport, code: str) -> Sheet:
    return tables.slim(tables.changes(report, "muc", code), _CAUSES)


def _pictures(report: GrowthReport, change: Change) -> Iterator[str]:
    costs = report.series.get(change.facility, {})
    end = index(report.period.last)
    months = [from_index(i) for i in range(end - 2 * YEAR + 1, end + 1)]
    months = [month for month in months if month >= min(report.months)]
    if len(months) > 1:
        series: list[charts.Series] = [("Chi", [costs.get(month) for month in months])]
        labels = [month_vi(month) for month in months]
        yield charts.lines("Chi theo tháng", labels, series, f"thang-{change.facility}")
    labels = ["Tăng, giảm", "do số lượng", "do cơ cấu", "do đơn giá"]
    found = change.effects
    parts = [found.change, found.volume, found.mix, found.price]
    yield charts.change("Vì sao chi thay đổi", labels, parts, f"vi-sao-{change.facility}")
    own = [c for c in report.changes["nhom"] if c.facility == change.facility]
    own = sorted(own, key=lambda c: -c.total.cost)[:_GROUPS]
    if own:
        labels = [c.name or shown_key(c.key) or _NONE for c in own]
        groups: list[charts.Series] = [
            ("Kỳ trước", [c.total.before_cost for c in own]),
            ("Kỳ này", [c.total.cost for c in own]),
        ]
        yield charts.bars("Tiền đi đâu", labels, groups, f"nhom-{change.facility}")
