"""What the twins about lists share: which lines are asked about, and what a list says on a day."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle import slow
from tests.oracle.twins.helpers import ABSENT, CLOSED, IN_FORCE, UNKNOWN, paid, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from tests.oracle.twins import Card, Claim, Item, Row


def ever(card: Card, name: str) -> frozenset[str]:
    """The members a dated set had at any time."""
    return frozenset(member for members in card.parameters[name].sets for member in members)


def insured(card: Card, claim: Claim) -> bool:
    return claim["MA_DOITUONG_KCB"] not in ever(card, "MA_DOI_TUONG_KHONG_THANH_TOAN")


def asked(card: Card, row: Row) -> bool:
    """Whether the fund is asked to pay for a line of what it covers."""
    outside = row["PHAM_VI"] in card.texts("PHAM_VI_NGOAI_DANH_MUC", row)
    return paid(row) and insured(card, row.claim) and not outside


def share(row: Row, part: Fraction, whole: Fraction) -> Fraction:
    """The part of what the fund pays for a line, in whole hundredths."""
    return slow.half_away((row["T_BHTT"] or Fraction(0)) * part / whole, 2)


def written(value: Fraction) -> str:
    """A number as the format writes it, up to three decimals."""
    text = f"{int(abs(value) * 1000):04d}"
    tail = text[-3:].rstrip("0")
    return ("-" if value < 0 else "") + text[:-3] + (f".{tail}" if tail else "")


def amount(text: str) -> Fraction | None:
    """A number in a list, to three decimals."""
    if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", text) is None:
        return None
    return slow.half_away(Fraction(text), 3)


def split(text: str | None) -> list[str]:
    return parts(text or "")


def bare(text: str) -> str:
    """Letters without accents and digits, in upper case."""
    apart = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return "".join(c for c in apart if c.isascii() and c.isalnum())


def compact(text: str | None) -> str:
    return "".join((text or "").split()).upper()


def either(texts: Iterable[str]) -> str:
    found: list[str] = []
    for text in texts:
        if text not in found:
            found.append(text)
    return " | ".join(found)


def without_suffixes(code: str, name: str) -> list[str]:
    """A code, and what is left of it as one suffix after another is taken off its end."""
    found = [code]
    while True:
        match = re.search(f"(?:{pattern(name).pattern})$", found[-1])
        if match is None or match.start() == 0:
            return found
        found.append(found[-1][: match.start()])


def supply_groups(code: str) -> list[str]:
    """The groups that a detailed supply code belongs to, the nearest one first."""
    if pattern("MA_VAT_TU").fullmatch(code) is None:
        return []
    levels = code.split(".")
    return [".".join(levels[:n]) for n in reversed(range(3, len(levels)))]


def drug_keys(text: str) -> list[str]:
    return without_suffixes(compact(text), "HAU_TO_MA_MAU")


def supply_keys(text: str) -> list[str]:
    found = without_suffixes(compact(text), "HAU_TO_MA_VAT_TU")
    return found + supply_groups(found[-1])


def service_keys(text: str) -> list[str]:
    return without_suffixes(compact(text), "HAU_TO_MA_DICH_VU")


def listed_keys(text: str) -> list[str]:
    return [compact(text), *supply_groups(compact(text))] if compact(text) else []


def listed_services(text: str) -> list[str]:
    """A service of a list is also found by its technique that has no price yet."""
    code = compact(text)
    levels = code.split(".")
    return [code, f"{levels[0]}.{levels[1]}.0000"] if len(levels) > 2 else [code] if code else []


@dataclass
class Shelf:
    """The rows of a list by facility and key; a list of everybody has no facilities."""

    items: list[Item]
    keys: Callable[[Item], list[str]]
    everybody: bool = False

    @cached_property
    def named(self) -> list[tuple[Item, list[str]]]:
        return [(item, self.keys(item)) for item in self.items]

    def rows(self, facility: str, key: str) -> list[Item]:
        """A facility's own rows of a key, then those for all."""
        if self.everybody:
            return [item for item, keys in self.named if key in keys]
        places = [facility, ""] if facility else [""]
        return [
            item
            for place in places
            for item, keys in self.named
            if item.facility == place and key in keys
        ]

    def state(self, facility: str, key: str, when: datetime) -> str:
        """What the list says of a key; nothing about the days before its first row."""
        if not key or not (facility or self.everybody):
            return UNKNOWN
        rows = self.rows(facility, key)
        if any(i.on(when) for i in rows):
            return IN_FORCE
        if not all(i.readable for i in rows) or not self.begun(facility, when):
            return UNKNOWN
        return CLOSED if rows else ABSENT

    def begun(self, facility: str, when: datetime) -> bool:
        if self.everybody:
            return True
        mine = [i for i in self.items if i.facility in (facility, "") and i.readable]
        return any(i.since <= when for i in mine)


@dataclass
class Line:
    """A line beside the rows of a list: all of its code, and those in force when it was ordered.

    `known` says whether the order date is; the deciding date stands for one that is not.
    """

    row: Row
    facility: str
    key: str
    when: datetime
    known: bool
    every: list[Item]
    state: str

    @property
    def found(self) -> list[Item]:
        return [i for i in self.every if i.on(self.when)]

    @property
    def judged(self) -> bool:
        return self.state == IN_FORCE and self.known


def beside(card: Card, row: Row, shelf: Shelf, keys: list[str]) -> Line:
    """A line by the first of its keys that the list has."""
    facility = row.claim["MA_CSKCB"] or ""
    key = next((k for k in keys if shelf.rows(facility, k)), keys[-1])
    when = row["NGAY_YL"] or card.day(row)
    every = shelf.rows(facility, key) if key and (facility or shelf.everybody) else []
    known = row["NGAY_YL"] is not None
    return Line(row, facility, key, when, known, every, shelf.state(facility, key, when))


def shelf_of(card: Card, kind: str) -> Shelf:
    column, keys = {
        "thuoc": ("MA_THUOC", listed_keys),
        "vat_tu": ("MA_VAT_TU", listed_keys),
        "dich_vu": ("MA_DICH_VU", listed_services),
    }[kind]
    return Shelf(card.items(kind), lambda item: keys(item[column]))


def approved(card: Card, claim: Claim, kind: str) -> Iterator[Line]:
    """The lines whose item the facility's own list must have."""
    table, field, keys, wanted = {
        "thuoc": ("XML2", "MA_THUOC", drug_keys, _own_drug),
        "vat_tu": ("XML3", "MA_VAT_TU", supply_keys, _supply),
        "dich_vu": ("XML3", "MA_DICH_VU", service_keys, _service),
    }[kind]
    shelf = shelf_of(card, kind)
    for row in claim.rows(table):
        if asked(card, row) and row[field] is not None and wanted(card, row):
            yield beside(card, row, shelf, keys(row[field]))


def _own_drug(card: Card, row: Row) -> bool:
    """No herb, gas, mixture, home-made drug, or drug handed out by another facility."""
    code = compact(row["MA_THUOC"])
    if row["MA_CSKCB_THUOC"] is not None or row["MA_PP_CHEBIEN"] is not None or "+" in code:
        return False
    if code in card.texts("MA_OXY", row):
        return False
    if code.startswith(tuple(ever(card, "DAU_MA_THUOC_KHONG_THAU"))):
        return False
    number = compact(row["SO_DANG_KY"])
    return not number.startswith(tuple(ever(card, "DAU_SO_DANG_KY_TU_BAO_CHE")))


def _supply(_card: Card, _row: Row) -> bool:
    return True


def _service(card: Card, row: Row) -> bool:
    """No supply or transport; of beds and exams only where the facility's list has any."""
    groups = ("NHOM_DVKT", "NHOM_KHAM", "NHOM_GIUONG")
    if row["MA_VAT_TU"] is not None:
        return False
    if not any(row["MA_NHOM"] in card.texts(group, row) for group in groups):
        return False
    places = (row.claim["MA_CSKCB"] or "", "")
    mine = [item for item in card.items("dich_vu") if item.facility in places]
    return any(_kind(item["MA_DICH_VU"]) == _kind(row["MA_DICH_VU"]) for item in mine)


def _kind(text: str) -> str:
    for name in ("MA_DICH_VU", "MA_DICH_VU_GIUONG"):
        if pattern(name).fullmatch(compact(text)):
            return name
    return ""


def sent_to(text: str | None) -> str:
    """The facility that a service was sent to."""
    match = pattern("DICH_VU_GUI_CO_SO_KHAC").fullmatch((text or "").upper())
    return match.group(1) if match else ""


def facilities(text: str) -> list[str]:
    """The facilities that a cell names; a spreadsheet eats leading zeros."""
    parts = [part for part in re.split(r"[;,\s]+", text) if part]
    return [part.zfill(5) if part.isdigit() else part.upper() for part in parts]


def price(item: Item, columns: Iterable[str]) -> Fraction:
    """The first price above 0 of a row; 0 where there is none."""
    found = [amount(item[column]) for column in columns]
    return next((p for p in found if p is not None and p > 0), Fraction(0))


def highest(items: list[Item], columns: Iterable[str]) -> Fraction:
    """The highest price of some rows; 0 where one of them has none."""
    known = [price(item, tuple(columns)) for item in items]
    return max(known) if known and all(known) else Fraction(0)


def registrations(text: str | None) -> set[str]:
    """Registration numbers without blanks and dots; what stands in brackets is a note."""
    outside = re.sub(r"\([^)]*(\)|$)", ";", text or "")
    parts = re.split(r"[;,\r\n]", outside)
    return {compact(part).replace(".", "") for part in parts} - {""}


def tender(text: str | None) -> list[str]:
    """Decision, package, group and year, without marks, case and leading zeros."""
    parts = []
    for part in (text or "").split(";")[:4]:
        letters = unicodedata.normalize("NFC", part).casefold()
        kept = "".join(c for c in letters if c.isalnum())
        parts.append(re.sub(r"(?<![0-9])0+(?=[0-9])", "", kept))
    return parts if any(parts) else []


def same_product(row: Row, items: list[Item]) -> list[Item]:
    """The rows with the registration number, then the tender, of a line; all where none has."""
    if row.table == "XML2":
        mine = registrations(row["SO_DANG_KY"])
        items = [i for i in items if mine & registrations(i["SO_DANG_KY"])] or items
    own = tender(row["TT_THAU"])
    return [i for i in items if own and tender(i["TT_THAU"]) == own] or items
