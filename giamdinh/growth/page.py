"""`growth.html`: the report on one page, with a section for each facility."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from giamdinh import __version__
from giamdinh.growth import tables
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

_FACILITIES, _BARS, _CAUSES, _ROWS = 60, 12, 10, 200
_PARTS: tuple[Dimension, ...] = ("loai", "khoa", "nhom")
_SLIM = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16)


def render(report: GrowthReport) -> str:
    """The whole page."""
    title = f"Tăng trưởng chi khám chữa bệnh BHYT kỳ {report.period}"
    subtitle = (
        f"So với cùng kỳ năm trước {report.before} · lập lúc "
        f"{report.started:%d/%m/%Y %H:%M} · giamdinh {__version__}"
    )
    body = ["<section>", htmlpage.tiles(_tiles(report)), *_overview(report), "</section>"]
    for change in report.changes["co_so"][:_FACILITIES]:
        body += ['<section class="page">', *_facility(report, change), "</section>"]
    body += [
        '<section class="page">',
        htmlpage.heading("Ngưỡng và ghi chú"),
        htmlpage.table(tables.notes(report)),
        "</section>",
    ]
    return htmlpage.page(title, subtitle, body)


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
    yield htmlpage.table(_first(tables.findings(report)), "Phát hiện")
    yield htmlpage.table(tables.changes(report, "co_so"), "Từng cơ sở")
    if report.policy:
        day, before, after, _ = report.policy
        yield htmlpage.heading(f"Trước và sau {day}")
        yield htmlpage.paragraph(f"Kỳ sau {after}, so với {before}.", "soft")
        yield htmlpage.table(tables.policy(report))


def _first(sheet: Sheet) -> Sheet:
    """The head of a long table; all of it is in the workbook."""
    return replace(sheet, rows=list(islice(sheet.rows, _ROWS)))


def _facility(report: GrowthReport, change: Change) -> Iterator[str]:
    code = change.facility
    found = change.effects
    yield htmlpage.heading(f"Cơ sở {code}", f"co-so-{code}")
    yield htmlpage.paragraph(
        f"Chi {number_vi(change.total.cost, 2)} đ, kỳ trước "
        f"{number_vi(change.total.before_cost, 2)} đ: thay đổi {number_vi(found.change, 2)} đ = số "
        f"lượt {number_vi(found.volume, 2)} + cơ cấu {number_vi(found.mix, 2)} + chi một lượt "
        f"{number_vi(found.price, 2)}. Mức: {tables.level_vi(change.level)}."
    )
    yield htmlpage.charts([*_pictures(report, change)])
    yield htmlpage.table(_causes(report, code), f"{_CAUSES} mục làm chi tăng nhiều nhất")
    for dimension in _PARTS:
        sheet = tables.changes(report, dimension, code)
        yield htmlpage.table(_slim(sheet), DIMENSIONS[dimension])
    own = tables.against("ThangTruoc", "Chi bình quân tháng (đ)", report.own_months, code)
    peers = tables.against("CungCap", "Chi bình quân lượt (đ)", report.peers, code)
    yield htmlpage.table(own, "So với các tháng trước")
    if list(peers.rows):
        yield htmlpage.table(peers, "So với cơ sở cùng cấp, cùng loại")


def _slim(sheet: Sheet) -> Sheet:
    """A table without the facility and the figures that a page has no room for."""
    wanted = [i for i in range(1, len(sheet.columns)) if i in _SLIM or i == len(sheet.columns) - 1]
    rows = [[row[i] for i in wanted] for row in sheet.rows]
    return replace(sheet, columns=tuple(sheet.columns[i] for i in wanted), rows=rows)


def _causes(report: GrowthReport, code: str) -> Sheet:
    sheet = tables.changes(report, "muc", code)
    return _slim(replace(sheet, rows=list(islice(sheet.rows, _CAUSES))))


def _pictures(report: GrowthReport, change: Change) -> Iterator[str]:
    costs = report.series.get(change.facility, {})
    end = index(report.period.last)
    months = [from_index(i) for i in range(end - 2 * YEAR + 1, end + 1)]
    months = [month for month in months if month >= min(report.months)]
    if len(months) > 1:
        series: list[charts.Series] = [("Chi", [costs.get(month) for month in months])]
        labels = [month_vi(month) for month in months]
        yield charts.lines("Chi theo tháng", labels, series, f"thang-{change.facility}")
    own = [c for c in report.changes["nhom"] if c.facility == change.facility][:_BARS]
    if own:
        labels = [c.name or shown_key(c.key) or "(không ghi)" for c in own]
        parts: list[charts.Series] = [
            ("Kỳ trước", [c.total.before_cost for c in own]),
            ("Kỳ này", [c.total.cost for c in own]),
        ]
        yield charts.bars("Theo nhóm chi phí", labels, parts, f"nhom-{change.facility}")
