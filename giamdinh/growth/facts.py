"""Sums from the store: visits, cost and days by facility, month and every other dimension."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from giamdinh.growth.effects import Cell
from giamdinh.growth.formspec import classes_of_care
from giamdinh.store.reading import make_views
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.growth.model import Dimension
    from giamdinh.growth.periods import Period
    from giamdinh.store.catalogue import Catalogue

_NEVER = 10_000 * 100
"""A month after all others."""
_VISITS = """
CREATE OR REPLACE TEMP TABLE luot AS
SELECT x.KHO_HS AS hs, x.KHO_CSKCB AS cskcb, x.KHO_THANG AS thang,
    coalesce(l.loai, $other) AS loai, coalesce(left(x.MA_BENH_CHINH, 3), '') AS benh,
    coalesce(x.MA_DOITUONG_KCB, '') AS doi_tuong, coalesce(x.T_BHTT, 0) AS tien,
    coalesce(x.SO_NGAY_DTRI, 0) AS ngay, x.T_BHTT IS NULL AS thieu_tien,
    x.T_BHTT > 0 AND x.T_BNCCT = 0 AS mien_cct, x.NGAY_VAO IS NOT NULL AS co_ngay,
    coalesce(isodow(x.NGAY_VAO) >= 6, false) AS cuoi_tuan,
    coalesce(day(last_day(x.NGAY_VAO)) - day(x.NGAY_VAO) < 5, false) AS cuoi_thang
FROM XML1 x LEFT JOIN loai_kcb l
    ON x.MA_LOAI_KCB = l.ma AND x.KHO_THANG BETWEEN l.tu AND l.den
"""
_LINES = """
CREATE OR REPLACE TEMP TABLE dong_tam AS
SELECT v.cskcb, v.thang, v.loai, v.hs, d.nhom, d.khoa, d.bac_si, d.muc, d.ten, d.muc_huong,
    d.so_luong, d.tien
FROM (
    SELECT KHO_HS AS hs, coalesce(MA_NHOM, '') AS nhom, coalesce(MA_KHOA, '') AS khoa,
        coalesce(trim(split_part(MA_BAC_SI, ';', 1)), '') AS bac_si,
        'XML2/' || coalesce(MA_THUOC, '') AS muc, coalesce(TEN_THUOC, '') AS ten,
        coalesce(MUC_HUONG::VARCHAR, '') AS muc_huong,
        coalesce(SO_LUONG, 0) AS so_luong, coalesce(T_BHTT, 0) AS tien FROM XML2
    WHERE KHO_THANG BETWEEN $1 AND $2 OR KHO_THANG BETWEEN $3 AND $4
    UNION ALL
    SELECT KHO_HS, coalesce(MA_NHOM, ''), coalesce(MA_KHOA, ''),
        coalesce(trim(split_part(MA_BAC_SI, ';', 1)), ''),
        'XML3/' || coalesce(nullif(MA_VAT_TU, ''), MA_DICH_VU, ''),
        coalesce(nullif(TEN_VAT_TU, ''), TEN_DICH_VU, ''), coalesce(MUC_HUONG::VARCHAR, ''),
        coalesce(SO_LUONG, 0), coalesce(T_BHTT, 0) FROM XML3
    WHERE KHO_THANG BETWEEN $1 AND $2 OR KHO_THANG BETWEEN $3 AND $4
) d JOIN luot v USING (hs)
"""
_BY_CLAIM = """
SELECT cskcb, {key}, {cell}, thang, count(*), sum(tien * 100)::BIGINT, sum(ngay)::BIGINT, '', '',
    count(*), sum((tien * 100)::BIGINT::HUGEINT * (tien * 100)::BIGINT)
FROM luot WHERE thang BETWEEN ? AND ? OR thang BETWEEN ? AND ? GROUP BY ALL
"""
_BY_LINE = """
SELECT cskcb, khoa_, loai, thang, count(*), sum(tien)::BIGINT, 0, '', '', count(*),
    sum(tien::HUGEINT * tien)
FROM (SELECT cskcb, {key} AS khoa_, loai, thang, sum(tien * 100)::BIGINT AS tien
    FROM dong_tam GROUP BY cskcb, {key}, loai, thang, hs) GROUP BY ALL
"""
_BY_ITEM = """
SELECT cskcb, muc, '', thang, sum(so_luong * 1000)::BIGINT, sum(tien * 100)::BIGINT, 0, max(ten),
    max(nhom), count(*), sum((tien * 100)::BIGINT::HUGEINT * (tien * 100)::BIGINT)
FROM dong_tam GROUP BY ALL
"""
_SEEN = """
SELECT DISTINCT KHO_CSKCB, 'XML2/' || coalesce(MA_THUOC, '') FROM XML2 WHERE KHO_THANG < ?
UNION SELECT DISTINCT KHO_CSKCB, 'XML3/' || coalesce(nullif(MA_VAT_TU, ''), MA_DICH_VU, '')
FROM XML3 WHERE KHO_THANG < ?
"""
_QUERIES: dict[Dimension, tuple[str, str, str]] = {
    "co_so": (_BY_CLAIM, "''", "loai || '/' || benh"),
    "loai": (_BY_CLAIM, "loai", "benh"),
    "benh": (_BY_CLAIM, "benh", "loai"),
    "doi_tuong": (_BY_CLAIM, "doi_tuong", "loai"),
    "khoa": (_BY_LINE, "khoa", ""),
    "bac_si": (_BY_LINE, "bac_si", ""),
    "nhom": (_BY_LINE, "nhom", ""),
    "muc_huong": (_BY_LINE, "muc_huong", ""),
    "muc": (_BY_ITEM, "", ""),
}


@dataclass(slots=True)
class Sums:
    """One facility's key in both periods.

    Attributes:
        cells: kinds of care within it, for the split into effects.
        group: MA_NHOM of an item, else "".
        cases: visits, or lines of an item, in the period and the one before.
        squares: the squares of what each of them cost, added up.
    """

    facility: str
    key: str
    name: str
    cells: dict[str, Cell]
    days: int = 0
    before_days: int = 0
    group: str = ""
    cases: list[int] = field(default_factory=lambda: [0, 0])
    squares: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def total(self) -> Cell:
        """All cells together."""
        out = Cell()
        for cell in self.cells.values():
            out.add(cell.visits, cell.cost, before=False)
            out.add(cell.before_visits, cell.before_cost, before=True)
        return out


@dataclass(slots=True)
class Facts:
    """Questions about one store."""

    own: Catalogue

    def open(self) -> None:
        """Reads the claims once, without their lines."""
        make_views(self.own, ("XML1", "XML2", "XML3"))
        db = self.own.db
        db.execute(
            "CREATE OR REPLACE TEMP TABLE loai_kcb (ma VARCHAR, loai VARCHAR, tu INT, den INT)"
        )
        db.executemany("INSERT INTO loai_kcb VALUES (?, ?, ?, ?)", dated_classes())
        db.execute(_VISITS, {"other": classes_of_care()[-1].kind})

    def months(self) -> list[int]:
        """Months with claims, ascending; claims without a date are in none."""
        rows = self.own.rows("SELECT DISTINCT thang FROM luot WHERE thang > 0 ORDER BY 1")
        return [row[0] for row in rows]

    def undated(self) -> int:
        """Claims without any month."""
        return self.own.number("SELECT count(*) FROM luot WHERE thang = 0")

    def undated_cost(self) -> int:
        """Their cost in hundredths."""
        return self.own.number("SELECT sum(tien * 100)::BIGINT FROM luot WHERE thang = 0")

    def by_month(self) -> list[tuple[str, str, int, int, int]]:
        """(facility, class, month, visits, cost) of all months."""
        return self.own.rows(
            "SELECT cskcb, loai, thang, count(*), sum(tien * 100)::BIGINT FROM luot "
            "WHERE thang > 0 GROUP BY ALL ORDER BY ALL"
        )

    def choose_lines(self, now: Period, before: Period) -> None:
        """Puts together the lines of two periods, claim by claim no longer needed in memory."""
        bounds = [now.first, now.last, before.first, before.last]
        self.own.db.execute(_LINES, bounds)

    def seen_before(self, month: int) -> set[tuple[str, str]]:
        """(facility, item) of all lines before a month."""
        rows = self.own.rows(_SEEN, month, month)
        return {(facility, item) for facility, item in rows}

    def sums(self, dimension: Dimension, now: Period, before: Period) -> list[Sums]:
        """Sums of every facility and key in two periods."""
        template, key, cell = _QUERIES[dimension]
        query = template.format(key=key, cell=cell)
        bounds = (now.first, now.last, before.first, before.last)
        rows = self.own.rows(query, *(bounds if "?" in query else ()))
        return _gathered(rows, now)


def _gathered(rows: Sequence[tuple[Any, ...]], now: Period) -> list[Sums]:
    found: dict[tuple[str, str], Sums] = {}
    for facility, key, cell, month, visits, cost, days, name, group, *sample in sorted(rows):
        place = (facility, key)
        if place not in found:
            found[place] = Sums(facility, key, name, defaultdict(Cell))
        sums = found[place]
        before = not now.first <= month <= now.last
        sums.cells[cell].add(visits, cost, before=before)
        sums.name, sums.group = name or sums.name, group or sums.group
        sums.cases[before] += sample[0]
        sums.squares[before] += sample[1]
        if before:
            sums.before_days += days
        else:
            sums.days += days
    return list(found.values())


def classes() -> list[tuple[str, str]]:
    """MA_LOAI_KCB to the class it is reported in; the newest row of the list decides."""
    return sorted({code: kind for code, kind, _, _ in dated_classes()}.items())


def dated_classes() -> list[tuple[str, str, int, int]]:
    """(MA_LOAI_KCB, class, first month, last month); a code's first row holds before it too."""
    sections = {section.code: section.kind for section in classes_of_care()}
    takes = {section.takes: section.kind for section in classes_of_care() if section.takes}
    starts: dict[str, dict[int, str]] = defaultdict(dict)
    for row in sorted(code_list("ma_loai_kcb").rows, key=lambda row: row.since):
        found = row.attributes.get("form_01bh", "")
        plain = takes.get(row.attributes.get("inpatient_class", ""), sections[""])
        day = moment(row.since)
        month = day.year * 100 + day.month if starts[row.code] else 0
        starts[row.code][month] = sections[found] if found else plain
    return [
        (code, kind, month, following - 1)
        for code, kinds in sorted(starts.items())
        for (month, kind), following in zip(kinds.items(), [*list(kinds)[1:], _NEVER], strict=True)
    ]
