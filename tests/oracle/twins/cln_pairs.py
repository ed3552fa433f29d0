"""Twins of the checks of pairs: what excludes, includes or needs something else in the claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import code_list
from tests.oracle import slow
from tests.oracle.twins import Card, Claim, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import amount, asked, compact, split, written
from tests.oracle.twins.cln_lists import Diseases, are_codes, cell, fits, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PRICES = {"XML2": "DON_GIA", "XML3": "DON_GIA_BH"}
SPAN_UNITS = {"phut": 1, "phút": 1, "gio": 60, "giờ": 60, "h": 60, "ngay": 1440, "ngày": 1440}


@dataclass
class Thing:
    """A drug or a service of a claim."""

    row: Row
    field: str
    place: int
    day: datetime

    @property
    def code(self) -> str:
        text: str = self.row[self.field]
        return text

    @property
    def ordered(self) -> datetime:
        return self.row["NGAY_YL"] or self.day

    @property
    def done(self) -> datetime:
        return self.row["NGAY_TH_YL"] or self.ordered

    @property
    def timed(self) -> bool:
        return self.row["NGAY_TH_YL"] is not None or self.row["NGAY_YL"] is not None

    @property
    def money(self) -> Fraction:
        return max(self.row["T_BHTT"] or Fraction(0), Fraction(0))

    @property
    def price(self) -> Fraction:
        return max(self.row[PRICES[self.row.table]] or Fraction(0), Fraction(0))

    def rank(self, item: Item, side: str) -> int | None:
        """How exactly a side of a row of the list names it, 0 most; None where it does not."""
        codes = cell(item[f"MA_{side}"])
        ranks = [at for at, key in enumerate(keys_of(self.field, self.code)) if key in codes]
        group = self.row["MA_NHOM"]
        if not ranks and group and group in cell(item[f"NHOM_{side}"]):
            return 1000
        return min(ranks, default=None)


def things(card: Card, claim: Claim) -> list[Thing]:
    found = []
    for table, field in (("XML2", "MA_THUOC"), ("XML3", "MA_DICH_VU")):
        for row in claim.rows(table):
            supply = table == "XML3" and row["MA_VAT_TU"] is not None
            if row[field] is not None and not supply:
                found.append(Thing(row, field, len(found), card.day(row)))
    return found


def said(item: Item, name: str) -> str:
    """What a row says, else what its topic of the assessors does."""
    topic = [
        row.attributes.get(name.lower(), "")
        for row in code_list("chuyen_de_giam_dinh").rows
        if item["CHUYEN_DE"] and compact(row.code) == compact(item["CHUYEN_DE"])
    ]
    return item[name] or (topic[-1] if topic else "")


def near(item: Item, first: Thing, second: Thing) -> bool | None:
    """Whether two things stand within the row's stretch of time; None where that is not known."""
    where = said(item, "CUA_SO")
    if where == "dot":
        return True
    match = re.fullmatch(r"([0-9]{1,4}) ?([^\W\d_]+)", where.casefold())
    span = int(match[1]) * SPAN_UNITS[match[2]] if match and match[2] in SPAN_UNITS else None
    if not (first.timed and second.timed) or (where not in ("", "ngay", "luc") and span is None):
        return None
    if where in ("", "ngay"):
        return first.done.date() == second.done.date()
    return abs(first.done - second.done) <= timedelta(minutes=span or 0)


def refused_first(item: Item, a: Thing, b: Thing, *, both: bool) -> bool:
    """Whether A is the one not paid; else B is."""
    later = (a.done, a.place) > (b.done, b.place)
    way = said(item, "XU_LY")
    if way == "bo_re":
        return later if a.money == b.money else a.money < b.money
    return later if both or way == "bo_sau" else way == "bo_a"


@twin
def hai_ma_cung_co(card: Card, claim: Claim) -> Iterator[Hit]:
    found: dict[int, list[tuple[int, int, int, Thing, Thing, Item]]] = {}
    every = things(card, claim)
    paid = [thing for thing in every if asked(card, thing.row)]
    for number, item in enumerate(card.items(card.rule.needs[0])):
        if item["MUC_DO"] in ("nhe", "trung_binh"):
            continue
        for a in paid:
            for b in paid:
                exact = b.rank(item, "B")
                if a is b or a.rank(item, "A") is None or exact is None or elsewhere(a, b):
                    continue
                both = a.rank(item, "B") is not None and b.rank(item, "A") is not None
                if not near(item, a, b):
                    continue
                bad, other = (a, b) if refused_first(item, a, b, both=both) else (b, a)
                if item.on(bad.ordered) and bad.row.table in card.tables:
                    pair = (other.place, exact, number, bad, other, item)
                    found.setdefault(bad.place, []).append(pair)
    for pairs in found.values():
        *_, bad, other, item = min(pairs, key=lambda pair: pair[:3])
        yield Hit(bad.row, bad.field, amount=excess(item, bad, other))


def elsewhere(a: Thing, b: Thing) -> bool:
    """Two services at two different places of the body."""
    if a.row.table == b.row.table == "XML3":
        sides = a.row["VI_TRI_TH_DVKT"], b.row["VI_TRI_TH_DVKT"]
        return None not in sides and sides[0] != sides[1]
    return False


def excess(item: Item, bad: Thing, other: Thing) -> Fraction | None:
    """What both cost above one price for both, as a share; None for the card's own amount."""
    together = amount(item["GIA_THAY"])
    if together is None or together <= 0:
        return None
    over = min(max(bad.price + other.price - together, Fraction(0)), bad.price)
    return slow.half_away(bad.money * over / bad.price, 2) if over else Fraction(0)


def wants(item: Item) -> bool:
    return any(item[name] for name in ("MA_B", "NHOM_B", "DUONG_DUNG_B", "MA_BENH_B"))


def readable(item: Item) -> bool:
    diseases = item["MA_BENH_B"]
    cells = [item[name] for name in ("MA_B", "NHOM_B", "DUONG_DUNG_B")]
    return all(map(are_codes, cells)) and (not diseases or Diseases(diseases).readable)


def satisfied(item: Item, thing: Thing, every: list[Thing]) -> bool:
    """Whether what a row asks for is there, or cannot be told."""
    if not readable(item):
        return True
    claim = thing.row.claim
    if item["MA_BENH_B"]:
        codes = split(claim["MA_BENH_CHINH"]) + split(claim["MA_BENH_KT"])
        if claim["MA_BENH_CHINH"] is None:
            return True
        if any(Diseases(item["MA_BENH_B"]).has(code) for code in codes):
            return True
    for other in every:
        route = other.row["DUONG_DUNG"] or "" if other.row.table == "XML2" else None
        by_route = route is not None and any(fits(route, c) for c in cell(item["DUONG_DUNG_B"]))
        mine = by_route or other.rank(item, "B") is not None
        if other is not thing and mine and near(item, thing, other) is not False:
            return True
    return False


@twin
def thieu_ma_di_kem(card: Card, claim: Claim) -> Iterator[Hit]:
    every = things(card, claim)
    for thing in every:
        sent = thing.row.table == "XML2" and thing.row["MA_CSKCB_THUOC"] is not None
        if thing.row.table not in card.tables or sent or not asked(card, thing.row):
            continue
        rows = [
            (thing.rank(item, "A"), number, item)
            for number, item in enumerate(card.items(card.rule.needs[0]))
            if thing.rank(item, "A") is not None and item.on(thing.ordered) and wants(item)
        ]
        if rows and not any(satisfied(item, thing, every) for *_, item in rows):
            item = min(rows, key=lambda row: row[:2])[2]
            instead = amount(item["GIA_THAY"])
            if instead is None or instead <= 0:
                yield Hit(thing.row, thing.field, "", thing.money)
                continue
            over = max(thing.price - instead, Fraction(0))
            money = slow.half_away(thing.money * over / thing.price, 2) if over else Fraction(0)
            yield Hit(thing.row, thing.field, written(instead), money)
