"""MNY and DOCU: packages of supplies; papers of several claims."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.helpers import days, folded, grouped, in_order, persons, said
from tests.oracle.twins.the_bhyt import ever, papers

NEVER = datetime(1970, 1, 1)  # noqa: DTZ001


@twin
def goi_vat_tu_vuot_tran(card: Card, claim: Claim) -> Found:
    """Whole packages beside 45 months of base salary; people whose level knows no ceiling aside."""
    own = papers(claim)
    free = ever(card, "KY_TU_KHONG_TRAN")
    if not claim.head.text("MA_THE_BHYT") or any(paper.number[2:3] in free for paper in own):
        return
    packages = grouped(claim.rows("XML3"), lambda row: row["GOI_VTYT"])
    for lines in packages.values():
        if any(None in (row["THANH_TIEN_BH"], row["T_BHTT"]) for row in lines):
            continue
        limit = max(
            card.number("LUONG_CO_SO", row) * card.number("SO_THANG_TRAN_GOI_VTYT", row)
            for row in lines
        )
        declared = any(row["T_TRANTT"] == limit for row in lines)
        total = sum((row["T_BHTT" if declared else "THANH_TIEN_BH"] for row in lines), Fraction(0))
        if total > limit:
            dearest = max(lines, key=lambda row: row["T_BHTT"])
            yield Hit(dearest, expected=said(limit), amount=total - limit)


def plain(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum())


@twin
def so_seri_giay_trung(card: Card, claims: list[Claim]) -> Found:
    """Papers after the first with a serial number, of another claim of the facility."""

    def serial(row: Row) -> tuple[str, str] | None:
        place, number = row.claim.head.text("MA_CSKCB"), plain(row.text("SO_SERI"))
        return (place, number) if place and number else None

    for table in card.tables:
        rows = [row for claim in claims for row in claim.rows(table)]
        for same in grouped(rows, serial).values():
            first, *others = in_order(same, lambda row: row.claim["NGAY_RA"] or NEVER)
            yield from (Hit(row, other=first) for row in others if row.claim is not first.claim)


@twin
def giay_chuyen_khac_noi_chuyen(card: Card, claims: list[Claim]) -> Found:
    names = ("GIAY_CHUYEN_TUYEN", "SO_CHUYENTUYEN", "SO_HOSO")
    for claim, sender in referred(card, claims):
        number = plain(claim.head.text("GIAY_CHUYEN_TUYEN"))
        sent = sender.rows("XML13")
        if not number or len(sent) != 1:
            continue
        issued = [plain(sent[0].text(name)) for name in names]
        issued = [text for text in issued if text]
        if issued and not any(text in number or number in text for text in issued):
            yield Hit(claim.head, other=sender.head)


def referred(card: Card, claims: list[Claim]) -> list[tuple[Claim, Claim]]:
    """Claims of a person who was sent, with the last claim at the sender that ended just before."""
    found = []
    for own in stays(claims):
        for i, claim in enumerate(own):
            sender, place = claim.head.text("MA_NOI_DI"), claim.head.text("MA_CSKCB")
            there = [c for c in own[:i] if c.head.text("MA_CSKCB") == sender != place and sender]
            if there:
                gap = days(there[-1]["NGAY_RA"], start(claim))
                if 0 <= gap <= card.number("SO_NGAY_CHUYEN_DEN", claim.head):
                    found.append((claim, there[-1]))
    return found


def start(claim: Claim) -> datetime:
    found: datetime = claim["NGAY_VAO_NOI_TRU"] or claim["NGAY_VAO"]
    return found


def stays(claims: list[Claim]) -> list[list[Claim]]:
    """The claims of each known person with both dates in order, by time."""
    who = dict(zip(map(id, claims), persons(claims), strict=True))

    def person(claim: Claim) -> object:
        whole = None not in (claim["NGAY_VAO"], claim["NGAY_RA"])
        return who[id(claim)] if whole and start(claim) <= claim["NGAY_RA"] else None

    return [
        [row.claim for row in in_order([c.head for c in own], lambda row: start(row.claim))]
        for own in grouped(claims, person).values()
    ]
