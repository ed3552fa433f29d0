"""STR, DOCU, LNK, TIM, CRD: values of single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Found, Hit, Item, Row, twin
from tests.oracle.twins.helpers import parts, practitioners

if TYPE_CHECKING:
    from collections.abc import Iterator


def fields(card: Card, claim: Claim) -> Iterator[tuple[Row, str]]:
    """The fields that the card names, in every row."""
    for table, names in card.reads.items():
        for row in claim.rows(table):
            for name in names:
                yield row, name


@twin
def gia_tri_am(card: Card, claim: Claim) -> Found:
    return [Hit(row, name) for row, name in fields(card, claim) if (row[name] or 0) < 0]


@twin
def trong_hoac_giu_cho(card: Card, claim: Claim) -> Found:
    """A letter or a digit says something; marks alone do not."""
    for row, name in fields(card, claim):
        if not any(c.isalpha() or c.isdigit() or c.isnumeric() for c in row.text(name)):
            yield Hit(row, name)


@twin
def sai_dau_phan_cach(card: Card, claim: Claim) -> Found:
    for row, name in fields(card, claim):
        if "," in row.text(name) or "|" in row.text(name):
            yield Hit(row, name)


@twin
def ma_hanh_nghe_sai_dang(card: Card, claim: Claim) -> Found:
    shape = pattern("MA_NGUOI_HANH_NGHE")
    for row, name in fields(card, claim):
        if any(not shape.fullmatch(code) for code, _ in practitioners(row.text(name))):
            yield Hit(row, name)


@twin
def thoi_diem_sau_ngay_lap(card: Card, claim: Claim) -> Found:
    made = claim.envelope["NGAYLAP"]
    for row, name in fields(card, claim):
        if made is not None and row[name] is not None and row[name].date() > made.date():
            yield Hit(row, name)


@twin
def thoi_diem_qua_cu(card: Card, claim: Claim) -> Found:
    year = claim["NAM_QT"]
    for row, name in fields(card, claim):
        if year is not None and row[name] is not None and row[name].year < year - 1:
            yield Hit(row, name)


def compact(text: str) -> str:
    return "".join(text.split()).upper()


def same(listed: str, code: str) -> bool:
    """A spreadsheet may have eaten the leading zeros of a number in the list."""
    eaten = listed.isdigit() and len(listed) < len(code) <= 5
    return listed == code or (eaten and code == "0" * (len(code) - len(listed)) + listed)


def gone(items: list[Item], code: str, row: Row, card: Card) -> bool:
    """Whether a list that speaks about the row's day has no row of the code in force then.

    A row of the code whose period cannot be read leaves it open.
    """
    when = card.day(row)
    spoken = [item for item in items if item.readable]
    if not spoken or not min(i.since for i in spoken) <= when <= max(i.until for i in spoken):
        return False
    own = [item for item in items if any(same(compact(ma), code) for ma in parts(item["MA"]))]
    return not any(item.on(when) for item in own) and all(item.readable for item in own)


@twin
def ma_khong_co_trong_danh_muc(card: Card, claim: Claim) -> Found:
    items = card.items(card.rule.needs[0])
    for table, name in card.rule.fields.items():
        for row in claim.rows(table):
            if row.text(name) and gone(items, compact(row.text(name)), row, card):
                yield Hit(row, name)


@twin
def ma_xa_sai(card: Card, claim: Claim) -> Found:
    """No five digits is wrong on any day."""
    items = card.items(card.rule.needs[0])
    for table, name in card.rule.fields.items():
        for row in claim.rows(table):
            code = row.text(name)
            shaped = len(code) == 5 and code.isdigit()
            if code and (not shaped or gone(items, compact(code), row, card)):
                yield Hit(row, name)


@twin
def ma_co_so_khong_co_trong_danh_sach(card: Card, claim: Claim) -> Found:
    """Only codes that could be one; the list is everybody's and has no first day."""
    items = card.items("co_so")
    for row, name in fields(card, claim):
        for code in parts(row.text(name)):
            if pattern("MA_CSKCB").fullmatch(code):
                own = [item for item in items if item["MA_CSKCB"] == code]
                listed = any(item.on(card.day(row)) for item in own)
                if not listed and all(item.readable for item in own):
                    yield Hit(row, name)
