"""Charts as pictures of their own: a page shows them like any other, with a text beside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from giamdinh.growth.periods import YEAR, from_index, index, month_vi
from giamdinh.report import charts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from giamdinh.growth.model import Change, GrowthReport

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture brings its own style; it may load nothing and run nothing."""
_BARS = 12
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_NAMED = re.compile(r'id="chart-([^"]*)"')


def picture(svg: str) -> Response:
    """A chart for an `img` of our pages."""
    return Response(svg, 200, {"Content-Security-Policy": _POLICY}, "image/svg+xml")


def in_page(path: Path) -> dict[str, str]:
    """The charts of a report's own page by their names; none when the page is not there."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    named = ((_NAMED.search(svg), svg) for svg in _SVG.findall(text))
    return {name.group(1): svg for name, svg in named if name is not None}


def rises(report: GrowthReport) -> str:
    """The facilities whose cost rose most."""
    shown = report.changes["co_so"][:_BARS]
    series: list[charts.Series] = [
        (f"Kỳ trước {report.before}", [one.total.before_cost for one in shown]),
        (f"Kỳ này {report.period}", [one.total.cost for one in shown]),
    ]
    return charts.bars("Chi theo cơ sở", [one.facility for one in shown], series, "co-so")


def reasons(report: GrowthReport) -> str:
    """What their rise is made of."""
    shown = report.changes["co_so"][:_BARS]
    series: list[charts.Series] = [
        ("do số lượng", [one.effects.volume for one in shown]),
        ("do cơ cấu", [one.effects.mix for one in shown]),
        ("do đơn giá", [one.effects.price for one in shown]),
    ]
    return charts.bars("Vì sao thay đổi", [one.facility for one in shown], series, "vi-sao")


def months(report: GrowthReport, facility: str) -> str:
    """Cost by month, up to two years back."""
    costs = report.series.get(facility, {})
    end = index(report.period.last)
    shown = [from_index(i) for i in range(end - 2 * YEAR + 1, end + 1)]
    shown = [month for month in shown if month >= min(report.months)]
    series: list[charts.Series] = [("Chi", [costs.get(month) for month in shown])]
    return charts.lines("Chi theo tháng", [month_vi(month) for month in shown], series, "thang")


def groups(report: GrowthReport, facility: str) -> str:
    """Cost by group of items in both periods."""

    def name(one: Change) -> str:
        return one.name or one.key or "(không ghi)"

    own = [one for one in report.changes["nhom"] if one.facility == facility][:_BARS]
    series: list[charts.Series] = [
        ("Kỳ trước", [one.total.before_cost for one in own]),
        ("Kỳ này", [one.total.cost for one in own]),
    ]
    return charts.bars("Theo nhóm chi phí", [name(one) for one in own], series, "nhom")


OF_ALL: dict[str, Callable[[GrowthReport], str]] = {"co-so": rises, "vi-sao": reasons}
OF_ONE: dict[str, Callable[[GrowthReport, str], str]] = {"thang": months, "nhom": groups}
