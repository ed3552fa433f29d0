"""The share of operations of the special class and class I, where the facility's list has classes.

A facility is not judged when any of its operations has no class in 05/DM: what is missing may be
the one kind or the other.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from giamdinh.catalogues.surgery import UNKNOWN, surgery_class
from giamdinh.growth.measures import surgeries
from giamdinh.growth.periods import YEAR, shifted
from giamdinh.growth.structure import Figure, nothing, ratio_of
from giamdinh.tables.values import day_minutes, number_vi

if TYPE_CHECKING:
    from giamdinh.catalogues.catalogues import Catalogues
    from giamdinh.growth.model import GrowthReport
    from giamdinh.store.catalogue import Catalogue

_LIST, _CODE, _CLASS = "dich_vu", "MA_DICH_VU", "PHAN_LOAI_PTTT"
_HIGH = 1
_MIDDLE_OF_MONTH = 15
_NAMED = 5
_FIGURE = Figure(
    "GRW-011", "Tỷ lệ phẫu thuật nội trú loại đặc biệt, loại I", percent=True, part=nothing,
    whole=nothing,
)  # fmt: skip


class Grades:
    """Classes of operations in the facilities' lists."""

    def __init__(self, catalogues: Catalogues | None = None) -> None:
        table = catalogues.table(_LIST) if catalogues else None
        self._table = table
        self._index = table.index(_CODE) if table is not None else None

    @property
    def there(self) -> bool:
        """Whether there is a list at all."""
        return self._table is not None

    def of(self, facility: str, code: str, month: int) -> int:
        """The class in the middle of a month; unknown where rows are missing, silent or differ."""
        if self._table is None or self._index is None:
            return UNKNOWN
        day = day_minutes(date(*divmod(month, 100), _MIDDLE_OF_MONTH))
        rows = self._index.rows_on(facility, code, day)
        found = {surgery_class(self._table.text(_CLASS, row)) for row in rows}
        return found.pop() if len(found) == 1 else UNKNOWN


def add_grades(own: Catalogue, report: GrowthReport, grades: Grades) -> None:
    """Adds the figure of every facility that can be judged, and says of whom it cannot."""
    first = min(shifted(report.period.first, -YEAR), report.before.first)
    parts: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    unknown: dict[str, set[str]] = defaultdict(set)
    for facility, month, code, lines in surgeries(own, first, report.period.last):
        grade = grades.of(facility, code, month)
        if grade == UNKNOWN:
            unknown[facility].add(code)
        high, every = parts[facility].get(month, (0, 0))
        parts[facility][month] = (high + lines * (grade <= _HIGH), every + lines)
    asked = (report.period, report.before, report.limits)
    for facility in sorted(set(parts) - set(unknown)):
        report.ratios += ratio_of(_FIGURE, facility, parts[facility], asked)
    report.ratios.sort(key=lambda one: (one.facility, one.rule, one.name, one.key))
    if unknown:
        listed = ", ".join(sorted(unknown)[:_NAMED]) + (" …" if len(unknown) > _NAMED else "")
        codes = number_vi(len(set.union(*unknown.values())), 0)
        silent = f"05/DM không ghi {_CLASS} của {codes} dịch vụ phẫu thuật đã dùng"
        report.notes.append(
            f"Không xét tỷ lệ phẫu thuật loại đặc biệt, loại I (GRW-011) của {len(unknown)} cơ sở "
            f"({listed}): {silent if grades.there else 'không có 05/DM (--catalogues)'}"
        )
