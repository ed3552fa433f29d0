"""STR: packages, and values that are not what the format says of their field."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from giamdinh.tables.specs import format_versions, table_specs
from tests.oracle import slow
from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.helpers import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from giamdinh.model import Field, Problem

UNREADABLE = {
    "tep_khong_doc_duoc", "tep_bi_cat", "khong_phai_ho_so", "doctype", "qua_lon", "qua_sau",
    "zip_hong", "zip_nguy_hiem", "base64_sai", "xml_trong_hong", "sai_bang_ma",
}  # fmt: skip
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")


def told(problems: list[Problem], *kinds: str) -> Found:
    return [Hit(i) for i, problem in enumerate(problems) if problem.kind in kinds]


def lost(problem: Problem) -> bool:
    return problem.lost or problem.kind in UNREADABLE


@twin
def goi_tin_hong(card: Card, problems: list[Problem]) -> Found:
    del card
    return [Hit(i) for i, problem in enumerate(problems) if lost(problem)]


@twin
def ho_so_thieu_so_voi_khai_bao(card: Card, problems: list[Problem]) -> Found:
    del card
    return told(problems, "so_ho_so_thieu")


@twin
def ho_so_thua_so_voi_khai_bao(card: Card, problems: list[Problem]) -> Found:
    del card
    return told(problems, "so_ho_so_thua")


@twin
def ho_so_thieu_xml1(card: Card, problems: list[Problem]) -> Found:
    del card
    return told(problems, "thieu_xml1")


@twin
def the_ngoai_chuan(card: Card, problems: list[Problem]) -> Found:
    del card
    return told(problems, "the_la")


@twin
def tep_thay_doi_khi_doc(card: Card, problems: list[Problem]) -> Found:
    del card
    return told(problems, "tep_thay_doi")


@twin
def ho_so_gui_lai(card: Card, problems: list[Problem]) -> Found:
    del card
    return told(problems, "ho_so_thay_the")


@twin
def bang_la_hoac_lap(card: Card, problems: list[Problem]) -> Found:
    """Each newborn has an XML7 of its own."""
    del card
    strange = told(problems, "bang_la", "bang_lap", "xml1_lap", "loai_hoso_la")
    for hit in strange:
        problem = problems[hit.row]
        if not (problem.kind == "bang_lap" and problem.table == "XML7"):
            yield hit


@twin
def noi_dung_co_ky_tu_la(card: Card, problems: list[Problem]) -> Found:
    del card
    found = told(problems, "ky_tu_dieu_khien", "noi_dung_la")
    return [hit for hit in found if not lost(problems[hit.row])]


def version(row: Row) -> str:
    """The newest format that had begun on the deciding day of the row's claim."""
    day = row.claim.slow.day("XML1", 0, "NGAY_RA")
    begun = [v.code for v in format_versions() if v.since <= day.date()]
    return begun[-1] if begun else format_versions()[0].code


def fields(card: Card, claim: Claim) -> Iterator[tuple[Row, Field, str]]:
    """Every field of every row that its format has, with what is written in it."""
    order = [v.code for v in format_versions()]
    for table in card.tables:
        for row in claim.rows(table):
            now = order.index(version(row))
            for field in table_specs()[table].fields:
                begun = not field.since or order.index(field.since) <= now
                if begun and not (field.until and order.index(field.until) <= now):
                    yield row, field, row.text(field.name)


def each(field: Field, text: str) -> list[str]:
    return parts(text, field.separator) if field.separator else [text]


def wrong(card: Card, claim: Claim, kinds: tuple[str, ...], bad: Callable[[Field, str], bool]
          ) -> Found:  # fmt: skip
    """Fields of some kinds with a part that is bad."""
    for row, field, text in fields(card, claim):
        if field.kind in kinds and text and any(bad(field, part) for part in each(field, text)):
            yield Hit(row, field.name)


@twin
def thieu_truong_bat_buoc(card: Card, claim: Claim) -> Found:
    for row, field, text in fields(card, claim):
        if field.required == "always" and field.confidence != "low" and not text:
            yield Hit(row, field.name)


@twin
def gia_tri_qua_dai(card: Card, claim: Claim) -> Found:
    """Zeros at the end of a decimal fraction are no length; times have a rule of their own."""
    order = [v.code for v in format_versions()]
    for row, field, text in fields(card, claim):
        now = order.index(version(row))
        sizes = [size for since, size in field.sizes if not since or order.index(since) <= now]
        if field.temporal or field.confidence == "low" or not sizes or sizes[-1] is None:
            continue
        if field.kind in ("integer", "decimal") and "." in text:
            text = text.rstrip("0").rstrip(".")  # noqa: PLW2901
        if len(text) > sizes[-1]:
            yield Hit(row, field.name)


@twin
def truong_so_chua_chu(card: Card, claim: Claim) -> Found:
    def bad(_field: Field, part: str) -> bool:
        return NUMBER.fullmatch(part) is None

    return wrong(card, claim, ("integer", "decimal"), bad)


@twin
def thua_chu_so_le(card: Card, claim: Claim) -> Found:
    def bad(field: Field, part: str) -> bool:
        if NUMBER.fullmatch(part) is None:
            return False
        decimals = part.partition(".")[2].rstrip("0")
        return len(decimals) > field.scale

    return wrong(card, claim, ("integer", "decimal"), bad)


def no_time(field: Field, part: str) -> bool:
    return slow.parse_moment(part, field) is None


@twin
def ngay_sai_dang(card: Card, claim: Claim) -> Found:
    return wrong(card, claim, ("date8",), no_time)


@twin
def ngay_gio_sai_dang(card: Card, claim: Claim) -> Found:
    return wrong(card, claim, ("datetime12",), no_time)


@twin
def ky_tu_dieu_khien(card: Card, claim: Claim) -> Found:
    for row, field, text in fields(card, claim):
        plain = field.kind not in ("integer", "decimal", "date8", "datetime12")
        if plain and any(hidden(letter) for letter in text):
            yield Hit(row, field.name)


def hidden(letter: str) -> bool:
    """A control character, or one that no XML may hold; lines and tabs are fine."""
    if letter in "\t\n\r":
        return False
    return unicodedata.category(letter) == "Cc" or ord(letter) in (0xFFFE, 0xFFFF)
