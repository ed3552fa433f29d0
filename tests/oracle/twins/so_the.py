"""CRD: cards beside the registry of cards that were looked up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Found, Hit, Item, twin
from tests.oracle.twins.helpers import folded, parts
from tests.oracle.twins.the_bhyt import ever, not_insured

if TYPE_CHECKING:
    from datetime import datetime

STATUS = {
    "loi": "TRA_CUU_LOI",
    "khong_co": "TRA_CUU_KHONG_CO_THE",
    "het_han": "TRA_CUU_HET_HAN",
    "sai_nhan_than": "TRA_CUU_SAI_NHAN_THAN",
    "thu_hoi": "TRA_CUU_THU_HOI",
}


def compact(text: str) -> str:
    return "".join(text.split()).upper()


@dataclass(frozen=True)
class Looked:
    """What the registry says of a claim on the day of arrival.

    `cards` are the rows of each card that can be looked up; `sure` when no card is left out.
    """

    card: Card
    arrival: datetime
    cards: list[list[Item]]
    sure: bool

    @property
    def rows(self) -> list[Item]:
        return [item for own in self.cards for item in own]

    def has(self, item: Item, meaning: str) -> bool:
        return says(self.card, item, meaning)

    def valid(self, item: Item) -> bool:
        return item.on(self.arrival) and not self.has(item, "het_han")

    @property
    def doubtful(self) -> list[Item]:
        """Rows whose days cannot be read, so that they may be in force."""
        return [i for i in self.rows if not i.readable and not self.has(i, "het_han")]


def says(card: Card, item: Item, meaning: str) -> bool:
    """Whether the status of a row has a meaning; numbers may have lost their zeros."""
    status = folded(item["TRANG_THAI"])
    status = f"{int(status):03d}" if status.isdigit() else status
    return status in {folded(word) for word in ever(card, STATUS[meaning])}


def looked_up(card: Card, claim: Claim) -> Looked | None:
    """None where nothing can be looked up: no day of arrival, only cards of the forces, …"""
    if claim["NGAY_VAO"] is None or not_insured(card, claim):
        return None
    numbers = [compact(part) for part in claim.head.text("MA_THE_BHYT").split(";")]
    sites = [part.strip() for part in claim.head.text("MA_DKBD").split(";")]
    suffixes = tuple(ever(card, "DUOI_DKBD_THE_TAM"))
    forces = tuple(ever(card, "THE_LUC_LUONG"))
    found, sure = [], True
    for i, number in enumerate(numbers):
        if not number:
            continue
        own = sites[i : i + 1] if len(sites) == len(numbers) else sites
        plain = pattern("MA_THE_15").fullmatch(number) and not number.startswith(forces)
        if not plain or any(site.endswith(suffixes) for site in own):
            sure = False
            continue
        rows = [
            item
            for item in card.items("the_bhyt")
            if number in map(compact, parts(item["MA_THE_BHYT"]))
        ]
        if any(says(card, item, "loi") for item in rows):
            sure = False
        else:
            found.append([item for item in rows if not says(card, item, "khong_co")])
    return Looked(card, claim["NGAY_VAO"], found, sure) if found else None


@twin
def the_khong_co_trong_so(card: Card, claim: Claim) -> Found:
    seen = looked_up(card, claim)
    if seen and not all(seen.cards):
        yield Hit(claim.head)


@twin
def the_het_han_theo_so(card: Card, claim: Claim) -> Found:
    seen = looked_up(card, claim)
    if seen is None or not seen.sure or not all(seen.cards):
        return
    if not seen.doubtful and not any(seen.valid(item) for item in seen.rows):
        yield Hit(claim.head)


@twin
def the_khac_nhan_than(card: Card, claim: Claim) -> Found:
    seen = looked_up(card, claim)
    if seen is None:
        return
    found = False
    for name, same in (("HO_TEN", same_name), ("NGAY_SINH", same_birth), ("GIOI_TINH", str.__eq__)):
        written = claim.head.text(name)
        known = [item[name] for item in seen.rows if item[name]]
        if seen.sure and written and known and not any(same(written, text) for text in known):
            found = True
            yield Hit(claim.head, name)
    told = [seen.has(item, "sai_nhan_than") for item in seen.rows]
    if told and all(told) and not found:
        yield Hit(claim.head, "MA_THE_BHYT")


def same_name(one: str, other: str) -> bool:
    return folded(one) == folded(other) or tones(one) == tones(other)


def tones(name: str) -> list[tuple[str, str]]:
    """The letters of each word and, apart, its tones: `Hoà` and `Hòa` are one name."""
    out = []
    for word in folded(name).split():
        spread = unicodedata.normalize("NFD", word)
        tone = re.sub("[^\u0300\u0301\u0303\u0309\u0323]", "", spread)
        out.append((re.sub("[\u0300\u0301\u0303\u0309\u0323]", "", spread), tone))
    return out


def same_birth(one: str, other: str) -> bool:
    """00 is a part that is not known."""
    if one[:4] != other[:4]:
        return False
    pairs = ((one[i : i + 2], other[i : i + 2]) for i in (4, 6))
    return all(a == b or "00" in (a, b) for a, b in pairs)


@twin
def the_khac_noi_dang_ky(card: Card, claim: Claim) -> Found:
    seen = looked_up(card, claim)
    declared = set(parts(claim.head.text("MA_DKBD")))
    if seen is None or not seen.sure or seen.doubtful:
        return
    sites = {item["MA_DKBD"] for item in seen.rows if seen.valid(item)} - {""}
    if sites and declared and not sites & declared:
        yield Hit(claim.head, expected=";".join(sorted(sites)))


@twin
def dung_noi_dang_ky_khac_so_the(card: Card, claim: Claim) -> Found:
    seen, head = looked_up(card, claim), claim.head
    registered = claim["MA_DOITUONG_KCB"] in card.texts("MA_DOI_TUONG_NOI_DANG_KY", head)
    if seen is None or not seen.sure or not registered or not head.text("MA_CSKCB"):
        return
    here = {head.text("MA_CSKCB"), claim.envelope.text("MACSKCB")}
    declared = set(parts(head.text("MA_DKBD")))
    sites = {item["MA_DKBD"] for item in seen.rows if seen.valid(item)}
    temporary = tuple(ever(card, "DUOI_DKBD_THE_TAM"))
    known = all(seen.cards) and not seen.doubtful
    known = known and all(site and not site.endswith(temporary) for site in sites)
    if known and sites and not here & sites and (not declared or here & declared):
        yield Hit(head)


@twin
def the_bi_thu_hoi(card: Card, claim: Claim) -> Found:
    seen = looked_up(card, claim)
    if seen is None or not seen.sure:
        return
    revoked = False
    for rows in seen.cards:
        asked = [item for item in rows if seen.valid(item)] or rows
        revoked |= bool(asked) and all(seen.has(item, "thu_hoi") for item in asked)
    open_ = [*filter(seen.valid, seen.rows), *seen.doubtful]
    good = [item for item in open_ if not seen.has(item, "thu_hoi")]
    if revoked and not good:
        yield Hit(claim.head)
