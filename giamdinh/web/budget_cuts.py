"""A part of the spending behind a budget report: what a number is made of, and on to the claims."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.budget.model import TOTAL
from giamdinh.budget.tables import ALL
from giamdinh.growth.formspec import class_names
from giamdinh.growth.periods import YEAR, month_vi
from giamdinh.web.render import query
from giamdinh.web.store_filter import link, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from giamdinh.budget.model import Spending
    from giamdinh.report.grid import Cell, Sheet
    from giamdinh.web.budgets import Made

_NOW = frozenset({"Đã chi T_BHTT (đ)", "Chi T_BHTT (đ)", "Số lượt", "Chi năm nay (đ)", "Chi (đ)"})
_BEFORE = frozenset(
    {"Lượt cùng kỳ năm trước", "Chi cùng kỳ năm trước (đ)", "Lượt năm trước", "Chi năm trước (đ)",
     "Chi cùng tháng năm trước (đ)"}
)  # fmt: skip
"""Columns of the report's tables that are sums of spending."""
_GROUP, _KIND, _MONTH, _FACILITY = "nhom", "loai", "thang", "cs"
_SHEETS: dict[str, dict[str, int]] = {
    "DuToan": {_GROUP: 0},
    "NguyenNhan": {_GROUP: 0, _KIND: 2},
    "TheoCoSo": {_FACILITY: 0},
    "TheoLoai": {_GROUP: 0, _KIND: 2},
    "TheoThang": {_GROUP: 0, _MONTH: 2},
}
"""In which column of a table stands what its sums are taken over."""
_WHOLE_GROUP = "cả nhóm"
_MOST_FACILITIES = 60


@dataclass(frozen=True, slots=True)
class Cut:
    """Which spending; empty and 0 mean all of it.

    Attributes:
        nhom: code of a group of the report. cs: facility. loai: class of care.
        nam: year. thang: month. den: only months up to this one.
    """

    nhom: str = ""
    cs: str = ""
    loai: str = ""
    nam: int = 0
    thang: int = 0
    den: int = 0

    @classmethod
    def of(cls, given: Mapping[str, str], year: int) -> Cut:
        """The cut in an address; without a year, that of the report."""
        nhom, cs, loai = (given.get(name, "")[:40] for name in ("nhom", "cs", "loai"))
        nam, thang, den = (
            int(text) if (text := given.get(name, "")[:4]).isascii() and text.isdigit() else 0
            for name in ("nam", "thang", "den")
        )
        return cls(nhom, cs, loai, nam or year, thang, den)

    def address(self, name: str) -> str:
        """The page of this cut in a report."""
        return f"/du-toan/{name}/chi-tiet{query(asdict(self))}"

    def rows(self, made: Made) -> list[Spending]:
        """The rows that it lets through."""
        report = made.report
        groups = [*report.groups, *([report.total] if report.total else [])]
        members = {code for one in groups if one.line.code == self.nhom for code in one.members}
        return [
            row
            for row in made.rows
            if row.year == self.nam
            and (not self.nhom or row.facility in members)
            and self.cs in ("", row.facility)
            and self.loai in ("", row.kind)
            and self.thang in (0, row.month)
            and (not self.den or 0 < row.month <= self.den)
        ]

    def said(self) -> list[str]:
        """The cut in words."""
        parts = []
        if self.nhom:
            parts.append(ALL if self.nhom == TOTAL else f"nhóm {self.nhom}")
        parts += [f"cơ sở {self.cs}"] if self.cs else []
        parts += [class_names().get(self.loai, self.loai)] if self.loai else []
        if self.thang:
            parts.append(f"tháng {month_vi(self.nam * 100 + self.thang)}")
        elif self.den:
            parts.append(f"tháng 1–{self.den} năm {self.nam}")
        else:
            parts.append(f"năm {self.nam}")
        return parts

    def claims(self, made: Made, rows: Sequence[Spending]) -> str | None:
        """The address of exactly the claims behind the rows; None where there are none to show."""
        if made.shelf is None or not rows:
            return None
        codes = sorted({row.facility for row in rows})
        everywhere = self.nhom in ("", TOTAL) and not self.cs
        if len(codes) > _MOST_FACILITIES and not everywhere:
            return None
        year = self.nam * 100
        return link(
            made.shelf.key,
            cs=None if everywhere else [shown(code) for code in codes],
            loai=self.loai or None,
            tu=year + (self.thang or 1),
            den=year + (self.thang or self.den or YEAR),
        )


def _value(row: Spending, field: str) -> str | int:
    if field == "thang":
        return row.month
    return row.facility if field == "cs" else row.kind


@dataclass(frozen=True, slots=True)
class Part:
    """A facility, class or month of a cut, with the address of the cut within the cut."""

    name: str
    visits: int
    cost: int
    where: str


def parts(made: Made, cut: Cut, rows: Sequence[Spending]) -> list[tuple[str, list[Part]]]:
    """The cut by facility, class and month, where there are several; each adds up to the cut."""
    found = []
    for title, field in (("cơ sở", "cs"), ("loại khám chữa bệnh", "loai"), ("tháng", "thang")):
        sums: dict[str | int, list[int]] = defaultdict(lambda: [0, 0])
        for row in rows:
            key = _value(row, field)
            sums[key][0] += row.visits
            sums[key][1] += row.cost
        if len(sums) > 1:
            order = sorted(sums.items(), key=lambda one: one[0] if field == "thang" else -one[1][1])
            found.append((title, [_part(made, cut, (field, key), *two) for key, two in order]))
    return found


def _part(made: Made, cut: Cut, at: tuple[str, str | int], visits: int, cost: int) -> Part:
    field, key = at
    within = replace(cut, **{field: key})  # type: ignore[arg-type]
    if isinstance(key, str):
        name = class_names().get(key, key)
    else:
        name = month_vi(cut.nam * 100 + key) if key else "cả năm"
    return Part(name or "(không ghi)", visits, cost, within.address(made.id) if key else "")


def links(made: Made, sheet: Sheet, rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """For every cell of a table of the report the address of what it adds up, "" for none."""
    places = _SHEETS.get(sheet.name)
    heads = [column.header for column in sheet.columns]
    if places is None:
        return [[""] * len(heads) for _ in rows]
    return [_links(made, places, heads, row) for row in rows]


def _links(
    made: Made, places: Mapping[str, int], heads: Sequence[str], row: Sequence[Cell]
) -> list[str]:
    values: dict[str, str] = {}
    for name, place in places.items():
        said = str(row[place])
        if said != _WHOLE_GROUP:
            values[name] = TOTAL if said == ALL else _kinds().get(said, said)
    year = made.report.year
    now = Cut.of(values, year)
    before = replace(now, nam=year - 1, den=0 if now.thang else _compared(made))
    found = []
    for head, cell in zip(heads, row, strict=True):
        cut = now if head in _NOW else before if head in _BEFORE else None
        found.append(cut.address(made.id) if cut is not None and cell else "")
    return found


@cache
def _kinds() -> dict[str, str]:
    """What people read of a class of care to its code."""
    return {name: kind for kind, name in class_names().items()}


def _compared(made: Made) -> int:
    """Up to which month last year is compared; 0 for all of it."""
    year = made.report.year
    last = max((row.month for row in made.rows if row.year == year), default=0)
    return 0 if last == YEAR else last
