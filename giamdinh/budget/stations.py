"""The page of a centre's station: smaller than a group's, because a centre has many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.budget import tables
from giamdinh.budget import tables_causes as causes
from giamdinh.budget.words import conclusions
from giamdinh.growth.periods import YEAR
from giamdinh.growth.tables import picked
from giamdinh.report import charts, htmlpage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from giamdinh.budget.model import BudgetReport, Group
    from giamdinh.report.grid import Sheet

_CAUSES = 10
_NARROW = range(1, 7)
"""Key, name, cost now and before, and its change: what a station's page has room for."""
_CLASSES = (2, 3, 4, 5, 7, 9)


def is_station(group: Group) -> bool:
    """Whether it has no budget of its own, but counts in a centre's."""
    return bool(group.within) and group.allocated is None


def section(report: BudgetReport, group: Group, drawn: tuple[Sheet, Sheet, Sheet]) -> Iterator[str]:
    """A station's section; `drawn`: kinds, forecasts and trials of everybody."""
    code = group.line.code
    kinds, forecasts, _ = drawn
    yield htmlpage.heading(title(group), anchor(group))
    yield links("Thuộc", [one for one in report.groups if one.line.code == group.within])
    yield htmlpage.bullets([text.strip() for text in conclusions(report, group) if text])
    if group.months:
        series: list[charts.Series] = [(f"Năm {report.year}", _twelve(group.months))]
        if group.months_before:
            series.insert(0, (f"Năm {report.year - 1}", _twelve(group.months_before)))
        labels = [f"T{month}" for month in range(1, YEAR + 1)]
        picture = charts.bars("Chi từng tháng", labels, series, f"tung-thang-{code}")
        yield htmlpage.charts([picture])
    yield htmlpage.table(picked(kinds, _CLASSES, code), "Theo loại khám chữa bệnh")
    if report.growth:
        money = causes.of_group(report.growth, "nhom", code)
        yield htmlpage.table(picked(money, _NARROW), "Tiền đi đâu: theo nhóm chi phí")
        items = causes.of_group(report.growth, "muc", code)
        heading = f"{_CAUSES} nguyên nhân tốn kém nhất: thuốc, dịch vụ, vật tư"
        yield htmlpage.table(picked(items, _NARROW, most=_CAUSES), heading)
    if group.forecast:
        columns = range(2, len(forecasts.columns))
        yield htmlpage.table(picked(forecasts, columns, code), "Dự báo")


def _twelve(months: Iterable[int]) -> list[int | None]:
    known: list[int | None] = [*months]
    return known + [None] * (YEAR - len(known))


def title(group: Group) -> str:
    """How a page calls a group or station."""
    return " · ".join(filter(None, tables.who(group.line)))


def anchor(group: Group) -> str:
    """Where a page has its section."""
    return f"nhom-{group.line.code}"


def links(words: str, groups: Iterable[Group]) -> str:
    """A line of links to sections, nothing for none."""
    return htmlpage.links(words, [(anchor(group), title(group)) for group in groups])
