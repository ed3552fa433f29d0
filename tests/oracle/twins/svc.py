"""Twins of the checks of operations, of prices beside each other and of sent-out tests."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Hit, Row, twin
from tests.oracle.twins.cat_lists import (
    approved,
    facilities,
    price,
    sent_to,
    share,
    shelf_of,
    split,
    written,
)
from tests.oracle.twins.cat_services import APPROVED_PRICES
from tests.oracle.twins.doc_times import busy, elsewhere, in_group, lines, minutes, side_by_side
from tests.oracle.twins.helpers import paid, persons

if TYPE_CHECKING:
    from collections.abc import Iterator


def operations(card: Card, claim: Claim) -> Iterator[tuple[Row, list[Row]]]:
    """Paid operations, each with those of its day that have a better place, the best first."""

    def counts(row: Row) -> bool:
        known = row["TYLE_TT_DV"] is not None and row["NGAY_TH_YL"] is not None
        return in_group(card, row, "NHOM_PT") and paid(row) and known

    def place(row: Row) -> tuple[Fraction, Fraction, int]:
        return -row["TYLE_TT_DV"], -(row["DON_GIA_BH"] or Fraction(0)), row.at

    rows = sorted(filter(counts, claim.rows("XML3")), key=place)
    for at, row in enumerate(rows):
        day = row["NGAY_TH_YL"].date()
        yield row, [r for r in rows[:at] if r["NGAY_TH_YL"].date() == day]


def team(row: Row) -> set[str]:
    return set(split(row["NGUOI_THUC_HIEN"]))


def end_of(row: Row) -> datetime:
    start: datetime = row["NGAY_TH_YL"]
    return max(row["NGAY_KQ"] or start, start)


def together(first: Row, second: Row) -> bool:
    a, b = first["NGAY_TH_YL"], second["NGAY_TH_YL"]
    return a == b or (a < end_of(second) and b < end_of(first))


@twin
def phau_thuat_thu_hai_khong_giam(card: Card, claim: Claim) -> Iterator[Hit]:
    for row, better in operations(card, claim):
        if team(row) and any(team(other) == team(row) for other in better):
            right = card.number("TY_LE_PT_CUNG_KIP", row)
        elif any(together(row, other) for other in better):
            right = card.number("TY_LE_PT_KHAC_KIP", row)
        else:
            continue
        rate = row["TYLE_TT_DV"]
        if rate > right:
            yield Hit(row, "", written(right), share(row, rate - right, rate))


@twin
def phau_thuat_du_gia_khac_gio(card: Card, claim: Claim) -> Iterator[Hit]:
    def full(row: Row) -> bool:
        return bool(row["TYLE_TT_DV"] > card.number("TY_LE_PT_KHAC_KIP", row))

    for row, better in operations(card, claim):
        joined = any(
            together(row, other) or (team(row) and team(other) == team(row)) for other in better
        )
        if full(row) and not joined and any(map(full, better)):
            yield Hit(row)


def base(text: str | None) -> str:
    """The first service of a field without the suffixes of its code."""
    return re.split(r"_|\.K\.|\.C\.", (split(text) or [""])[0])[0]


@twin
def mo_lai_trong_dot(card: Card, claim: Claim) -> Iterator[Hit]:
    shape = pattern("BIEN_CHUNG_DIEU_TRI")
    codes = split(claim["MA_BENH_CHINH"]) + split(claim["MA_BENH_KT"])
    if any(shape.fullmatch(code) for code in codes):
        return

    def day(row: Row) -> datetime | None:
        moment = row["NGAY_TH_YL"] or row["NGAY_YL"]
        return moment and datetime.combine(moment.date(), datetime.min.time())

    done = [
        row
        for row in claim.rows("XML3")
        if in_group(card, row, "NHOM_PT") and paid(row) and base(row["MA_DICH_VU"]) and day(row)
    ]
    for row in done:
        most = timedelta(days=int(card.number("SO_NGAY_MO_LAI", row)))
        same = [day(r) for r in done if base(r["MA_DICH_VU"]) == base(row["MA_DICH_VU"])]
        if any(other < day(row) <= other + most for other in same):
            yield Hit(row)


def dearer_twins(card: Card, claim: Claim, kind: str, field: str) -> Iterator[Hit]:
    """Lines dearer than another one with the same code and the same only row of the list."""
    code = "MA_THUOC" if kind == "thuoc" else "MA_DICH_VU"
    known = [
        line
        for line in approved(card, claim, kind)
        if line.judged and len(line.found) == 1 and (line.row[field] or Fraction(0)) > 0
    ]
    for line in known:
        asked = line.row[field]
        low = min(
            other.row[field]
            for other in known
            if other.row[code] == line.row[code] and other.found[0] is line.found[0]
        )
        if asked > low + card.number("SAI_SO_GIA", line.row):
            yield Hit(line.row, amount=share(line.row, asked - low, asked))


@twin
def thuoc_hai_don_gia(card: Card, claim: Claim) -> Iterator[Hit]:
    return dearer_twins(card, claim, "thuoc", "DON_GIA")


@twin
def dich_vu_hai_don_gia(card: Card, claim: Claim) -> Iterator[Hit]:
    return dearer_twins(card, claim, "dich_vu", "DON_GIA_BH")


@twin
def gia_gui_noi_khac_vuot(card: Card, claim: Claim) -> Iterator[Hit]:
    """Its price at the facility that did it, else that of the rows naming that facility."""
    shelf = shelf_of(card, "dich_vu")
    for line in approved(card, claim, "dich_vu"):
        code, asked = line.row["MA_DICH_VU"], line.row["DON_GIA_BH"]
        place = sent_to(code)
        if ".K." not in code.upper() or not place or asked is None or not line.known:
            continue
        theirs = [item for item in shelf.rows(place, line.key) if item.on(line.when)]
        ours = [item for item in line.found if place in facilities(item["CSKCB_CLS"])]
        known = [
            max((price(item, APPROVED_PRICES) for item in items), default=Fraction(0))
            for items in (theirs, ours)
        ]
        allowed = known[0] or known[1]
        if allowed and asked > allowed + card.number("SAI_SO_GIA", line.row):
            money = share(line.row, asked - allowed, asked)
            yield Hit(line.row, "", written(allowed), money)


@twin
def chuyen_giao_ky_thuat_het_han(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "dich_vu"):
        code = line.row["MA_DICH_VU"]
        place = sent_to(code)
        named = [i for i in line.every if i.readable and place in facilities(i["CSKCB_CGKT"])]
        over = any(item.until < line.when for item in named)
        going_on = any(item.on(line.when) for item in named)
        if ".C." in code.upper() and place and line.known and over and not going_on:
            yield Hit(line.row)


@twin
def mot_nguoi_benh_hai_noi_cung_phut(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """A service begun while the same person is treated, or begins to be, at another facility."""
    who = dict(zip((c.at for c in claims), persons(claims), strict=True))

    def counts(row: Row) -> bool:
        group = in_group(card, row, "NHOM_LAM_MOT_NGUOI") or in_group(card, row, "NHOM_KHAM")
        known = who[row.claim.at] is not None and row.claim["MA_CSKCB"] is not None
        return group and known and not elsewhere(row)

    def until(row: Row) -> datetime:
        start: datetime = row["NGAY_TH_YL"]
        least = start + timedelta(minutes=1)
        lasts = in_group(card, row, "NHOM_PTTT") and busy(row) and not side_by_side(card, row)
        slack = minutes(card, "PHUT_LAM_CHONG", row)
        return max(row["NGAY_KQ"] - slack, least) if lasts else least

    rows = lines(claims, counts)
    for at, row in enumerate(rows):
        mine = who[row.claim.at], row.claim["MA_CSKCB"]
        others = [
            before
            for before in rows[:at]
            if who[before.claim.at] == mine[0] and before.claim["MA_CSKCB"] != mine[1]
        ]
        if paid(row) and any(until(before) > row["NGAY_TH_YL"] for before in others):
            yield Hit(row)
