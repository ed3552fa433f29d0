"""Claims of a store: those behind a number, page by page, and the rows of one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from giamdinh.growth.facts import dated_classes
from giamdinh.growth.formspec import classes_of_care
from giamdinh.store.files import parquet_rows
from giamdinh.store.layout import CLAIM, NUMBER, RAW, schema_of, tables
from giamdinh.store.reading import open_store
from giamdinh.tables.specs import CLAIM_TABLE, table_specs
from giamdinh.tables.values import number_vi
from giamdinh.web.claim_tables import Cell, Row, Shown
from giamdinh.web.store_filter import mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from giamdinh.store.catalogue import Catalogue
    from giamdinh.web.store_filter import StoreFilter

_CLAIMS = """
CREATE OR REPLACE TEMP TABLE chon AS
SELECT x.KHO_HS AS hs, x.KHO_CSKCB AS cskcb, x.KHO_THANG AS thang, coalesce(x.MA_LK, '') AS ma_lk,
    coalesce(l.loai, $khac) AS loai, coalesce(x.MA_BENH_CHINH, '') AS benh, x.NGAY_RA AS ngay_ra,
    (coalesce(x.T_BHTT, 0) * 100)::BIGINT AS tien
FROM ({source}) x LEFT JOIN (
    SELECT unnest($ma) AS ma, unnest($loai) AS loai, unnest($tu) AS tu, unnest($den) AS den) l
    ON x.MA_LOAI_KCB = l.ma AND x.KHO_THANG BETWEEN l.tu AND l.den
WHERE ($l = '' OR coalesce(l.loai, $khac) = $l)
    AND ($b IS NULL OR left(coalesce(x.MA_BENH_CHINH, ''), 3) = $b)
"""
_WHOLE = "CREATE OR REPLACE TEMP VIEW thay AS SELECT *, tien AS phan, 0::BIGINT AS luong FROM chon"
_LINES = """
SELECT KHO_HS AS hs, coalesce(T_BHTT, 0) AS tien, coalesce(SO_LUONG, 0) AS luong
FROM ({source}) WHERE {column} = ?
"""
_PART = """
CREATE OR REPLACE TEMP TABLE thay AS
SELECT * FROM chon JOIN (
    SELECT hs, sum(tien * 100)::BIGINT AS phan, (sum(luong) * 1000)::BIGINT AS luong
    FROM ({lines}) GROUP BY hs) USING (hs)
"""
_SUM = """
SELECT count(*), coalesce(sum(phan), 0)::BIGINT, coalesce(sum(luong), 0)::BIGINT FROM thay
"""
_PAGE = """
SELECT hs, cskcb, thang, ma_lk, loai, benh, ngay_ra, tien, phan, luong FROM thay
ORDER BY phan DESC, hs LIMIT ? OFFSET ?
"""
_KEYS = {
    "nhom": ("coalesce(MA_NHOM, '')", "coalesce(MA_NHOM, '')"),
    "khoa": ("coalesce(MA_KHOA, '')", "coalesce(MA_KHOA, '')"),
    "bs": ("coalesce(trim(split_part(MA_BAC_SI, ';', 1)), '')",) * 2,
    "muc": (
        "'XML2/' || coalesce(MA_THUOC, '')",
        "'XML3/' || coalesce(nullif(MA_VAT_TU, ''), MA_DICH_VU, '')",
    ),
}
"""What a part of a claim is found by in XML2 and in XML3, as the growth report adds it up."""


@dataclass(frozen=True, slots=True)
class StoreClaim:
    """A claim of a store.

    Attributes:
        number: in the store. kind: class of care. left: when the patient left.
        amount: T_BHTT, hundredths. part: of the lines that are looked for, else the same.
    """

    number: int
    facility: str
    month: int
    claim: str
    kind: str
    disease: str
    left: datetime | None
    amount: int
    part: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Found:
    """One page of claims, and what all of them add up to.

    Attributes:
        amount: hundredths, of the lines that are looked for. quantity: thousandths.
    """

    claims: list[StoreClaim]
    count: int
    amount: int
    quantity: int


def find(store: Path, wanted: StoreFilter, start: int, most: int) -> Found:
    """Claims that a filter lets through, most money first.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    with open_store(store) as own:
        columns = map(list, zip(*dated_classes(), strict=True))
        values = dict(zip(("ma", "loai", "tu", "den"), columns, strict=True))
        about = {"l": wanted.loai, "b": wanted.benh, "khac": classes_of_care()[-1].kind}
        source = _source(own, CLAIM_TABLE, wanted)
        own.db.execute(_CLAIMS.format(source=source), {**values, **about})
        if wanted.part:
            _choose_lines(own, wanted, *wanted.part)
        else:
            own.db.execute(_WHOLE)
        count, amount, quantity = own.rows(_SUM)[0]
        rows = own.rows(_PAGE, most, start)
        return Found([StoreClaim(*row) for row in rows], count, amount, quantity)


def _source(own: Catalogue, table: str, wanted: StoreFilter) -> str:
    """The rows of a table of the facilities and months that are asked for, and no other file."""
    cs = list(wanted.cs)
    paths = own.rows(
        "SELECT duong_dan FROM phan WHERE bang = ? AND (len(?) = 0 OR list_contains(?, cskcb)) "
        "AND thang BETWEEN ? AND ? ORDER BY 1",
        table, cs, cs, wanted.tu, wanted.den,
    )  # fmt: skip
    if not paths:
        own.db.register(f"khong_{table}", schema_of(table).empty_table())
        return f"SELECT * FROM khong_{table}"  # noqa: S608
    return parquet_rows([own.store / path for (path,) in paths])


def _choose_lines(own: Catalogue, wanted: StoreFilter, name: str, key: str) -> None:
    """What the lines of one department, person, group or item cost in each chosen claim."""
    sources = [(_source(own, table, wanted), column)
               for table, column in zip(("XML2", "XML3"), _KEYS[name], strict=True)]  # fmt: skip
    if name == "bs":
        key = _person(own, sources, key)
    parts = [_LINES.format(source=source, column=column) for source, column in sources]
    own.db.execute(_PART.format(lines=" UNION ALL ".join(parts)), [key] * len(parts))


def _person(own: Catalogue, sources: list[tuple[str, str]], marked: str) -> str:
    """The code of a person behind the mark in an address; the mark itself when there is none."""
    found: set[str] = set()
    for source, column in sources:
        rows = own.rows(f"SELECT DISTINCT {column} FROM ({source})")  # noqa: S608
        found |= {code for (code,) in rows}
    return next((code for code in found if mark(code) == marked), marked)


def rows_of(store: Path, number: int) -> tuple[StoreClaim, list[Shown]] | None:
    """A claim with all its rows; None when the store has none of this number.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    with open_store(store) as own:
        found = own.rows("SELECT cskcb, thang, ma_lk, t_bhtt, nhom FROM ho_so WHERE hs = ?", number)
        if not found:
            return None
        facility, month, claim, amount, group = found[0]
        about = StoreClaim(number, facility, month, claim, "", "", None, amount, amount, 0)
        return about, list(_drawn(own, number, (facility, month, group)))


def _drawn(own: Catalogue, number: int, place: tuple[str, int, int]) -> Iterator[Shown]:
    for table in tables():
        paths = own.rows(
            "SELECT duong_dan FROM phan WHERE bang = ? AND cskcb = ? AND thang = ? AND nhom = ?",
            table, *place,
        )  # fmt: skip
        for (path,) in paths:
            source = parquet_rows([own.store / path])
            own.db.execute(
                f"SELECT * FROM ({source}) WHERE {CLAIM} = ? ORDER BY {NUMBER}",  # noqa: S608
                [number],
            )
            names = [column[0] for column in own.db.description]
            rows = [dict(zip(names, row, strict=True)) for row in own.db.fetchall()]
            if rows:
                yield _table(table, rows)


def _table(name: str, rows: Sequence[dict[str, Any]]) -> Shown:
    spec = table_specs()[name]
    texts = [_texts(row) for row in rows]
    fields = [field for field in spec.fields if any(row.get(field.name) for row in texts)]
    drawn = tuple(
        Row(i, tuple(Cell(row.get(field.name, "")) for field in fields))
        for i, row in enumerate(texts, 1)
    )
    columns = tuple((field.name, field.title) for field in fields)
    return Shown(name, spec.title, columns, drawn, name == CLAIM_TABLE or not spec.many)


def _texts(row: dict[str, Any]) -> dict[str, str]:
    """Values as people read them; what could not be read stands as it was written."""
    found = {name: _text(value) for name, value in row.items() if value is not None}
    raw: dict[str, str] = json.loads(row.get(RAW) or "{}")
    return found | raw


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        scale = max(-int(value.as_tuple().exponent), 0)
        return number_vi(int(value.scaleb(scale)), scale)
    return f"{value:%d/%m/%Y %H:%M}" if isinstance(value, datetime) else str(value)
