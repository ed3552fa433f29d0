"""BEN: what card, category and cost of the visit entitle to."""

from __future__ import annotations

import math
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import code_list
from tests.oracle import slow
from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.helpers import grouped, paid, parts, said, share
from tests.oracle.twins.his import episodes
from tests.oracle.twins.the_bhyt import not_insured, papers

if TYPE_CHECKING:
    from collections.abc import Iterator


def category_in(card: Card, claim: Claim, name: str) -> bool:
    return claim["MA_DOITUONG_KCB"] in card.texts(name, claim.head)


def low_limit(card: Card, when: datetime) -> Fraction:
    """The cost below which nobody pays a share; 0 where the law says nothing."""
    salary = slow.number_on(card.parameters["LUONG_CO_SO"], when) or Fraction(0)
    percent = slow.number_on(card.parameters["TY_LE_CHI_PHI_THAP"], when) or Fraction(0)
    return salary * percent / 100


def low_cost(card: Card, claim: Claim) -> bool | None:
    """Whether the visit costs less than that, or would without what the patient pays alone."""
    cost = claim["T_TONGCHI_BH"]
    if cost is None:
        return None
    limit = low_limit(card, card.day(claim.head))
    insured, alone = Fraction(0), False
    for row in (*claim.rows("XML2"), *claim.rows("XML3")):
        amount = row["THANH_TIEN_BH"] or 0
        if row["PHAM_VI"] in card.texts("PHAM_VI_TU_TRA", row):
            alone = alone or amount > 0
        elif amount > 0:
            insured += amount
    return bool(cost < limit or (alone and insured < limit))


def part_of(card: Card, claim: Claim) -> int | None:
    """Percent of the card's level that category and setting give."""
    category = card.listed("ma_doituong_kcb", claim["MA_DOITUONG_KCB"], claim.head) or {}
    setting = claim["MA_LOAI_KCB"]
    stay, visit = category.get("mult_inpatient"), category.get("mult_outpatient")
    found = stay if setting in card.texts("NOI_TRU", claim.head) else visit
    kind = (card.listed("ma_loai_kcb", setting, claim.head) or {}).get("inpatient_class", "")
    clear = kind not in ("", "other") or stay == visit
    return int(found) if setting and clear and found else None


def level_on(number: str, day: date) -> int | None:
    """Percent of a card; one printed with a digit that its group has exchanged has the new one."""
    minute = slow.minutes(datetime(day.year, day.month, day.day))  # noqa: DTZ001
    own = [row for row in code_list("doi_tuong_the").rows if row.code == number[:2]]
    if len(own) > 1 and any(row.attributes.get("confidence") == "low" for row in own):
        return None
    digit = number[2:3]
    now = [row for row in own if row.since <= minute < row.until]
    current = parts(max(now, key=lambda row: row.since).attributes["digits"]) if now else []
    old = [d for row in own if row.until <= minute for d in parts(row.attributes["digits"])]
    if len(current) == 1 and digit in old:
        digit = current[0]
    for row in code_list("muc_huong_the").rows:
        if row.code == digit and row.since <= minute < row.until:
            return int(row.attributes["benefit_percent"])
    return None


def levels(card: Card, row: Row) -> tuple[list[int | None], list[int | None]]:
    """Levels of the cards that may apply to a row, and of all; several apply by their days."""
    ordered = row["NGAY_YL"] if row.table != "XML1" else card.day(row)
    day = (ordered or card.day(row)).date()
    own = papers(row.claim)
    there = [paper for paper in own if ordered is not None and paper.covers(day)]
    return (
        [level_on(paper.number, day) for paper in there or own],
        [level_on(paper.number, day) for paper in own],
    )


def sure_level(card: Card, row: Row) -> int | None:
    """The level, where all cards that may apply agree."""
    found = set(levels(card, row)[0])
    return found.pop() if len(found) == 1 else None


def asked(card: Card, claim: Claim) -> Iterator[tuple[Row, Fraction | None]]:
    """The lines that the fund is asked to pay, without transport, with their percent."""
    for table in ("XML2", "XML3"):
        for row in claim.rows(table) if table in card.tables else ():
            transport = table == "XML3" and row["MA_NHOM"] in card.texts("NHOM_VC", row)
            if paid(row) and not transport and not not_insured(card, claim):
                percent = row["MUC_HUONG"]
                known = percent is not None and 0 <= percent <= 100
                yield row, percent if known else None


def against(row: Row, percent: Fraction | None, entitled: Fraction, expected: str = "") -> Hit:
    """The fund's money beyond what the percent entitled to gives."""
    money = row["T_BHTT"]
    if entitled:
        over = max(percent - entitled, 0) if percent else 0
        money = share(money, Fraction(over), percent) if over else Fraction(0)
    return Hit(row, "", expected or said(entitled), money)


def exempt(row: Row, percent: Fraction | None) -> bool:
    """Full pay with a date of exemption is for the cards about that date."""
    return percent == 100 and bool(row.claim.head.text("NGAY_MIEN_CCT"))


def full_level(card: Card, claim: Claim) -> bool:
    return part_of(card, claim) == 100 and low_cost(card, claim) is False


@twin
def muc_huong_cao_hon_the(card: Card, claim: Claim) -> Found:
    if not full_level(card, claim) or category_in(card, claim, "MA_DOI_TUONG_TRAM_Y_TE"):
        return
    for row, percent in asked(card, claim):
        level = sure_level(card, row)
        above = level is not None and percent is not None and percent > level
        if above and not exempt(row, percent):
            yield against(row, percent, Fraction(level))


def different(card: Card, claim: Claim) -> Iterator[tuple[Row, Hit]]:
    for row, percent in asked(card, claim):
        level = sure_level(card, row)
        other = level is not None and percent is not None and percent != level
        if other and not exempt(row, percent):
            yield row, against(row, percent, Fraction(level))


@twin
def muc_huong_khac_the(card: Card, claim: Claim) -> Found:
    if full_level(card, claim) and category_in(card, claim, "MA_DOI_TUONG_TU_DEN_DU_MUC"):
        yield from (hit for _, hit in different(card, claim))


@twin
def muc_huong_khong_theo_the_doi(card: Card, claim: Claim) -> Found:
    if not full_level(card, claim) or category_in(card, claim, "MA_DOI_TUONG_TRAM_Y_TE"):
        return
    for row, hit in different(card, claim):
        every = levels(card, row)[1]
        if None not in every and len(set(every)) > 1:
            yield hit


def above_part(card: Card, claim: Claim) -> Found:
    """Low or unknown costs give the part alone; whole percents may be rounded up."""
    part = part_of(card, claim)
    small = low_cost(card, claim) is not False
    for row, percent in asked(card, claim):
        level = sure_level(card, row)
        if part == 0 and percent != 0:
            yield against(row, percent, Fraction(0), "0")
        elif part and percent is not None and (small or level is not None):
            entitled = Fraction(part if small else level * part, 1 if small else 100)
            entitled = Fraction(math.floor(entitled * 10), 10)
            if percent > math.ceil(entitled):
                yield against(row, percent, entitled)


@twin
def muc_huong_tu_den_trung_uong(card: Card, claim: Claim) -> Found:
    if category_in(card, claim, "MA_DOI_TUONG_TU_DEN_TW"):
        yield from above_part(card, claim)


def unsettled(card: Card, claim: Claim) -> bool:
    named = category_in(card, claim, "MA_DOI_TUONG_CHI_PHI_THAP_CHUA_RO")
    return named and low_cost(card, claim) is True


@twin
def muc_huong_tu_den_ngoai_tru(card: Card, claim: Claim) -> Found:
    named = category_in(card, claim, "MA_DOI_TUONG_TU_DEN_NGOAI_TRU")
    if named and not unsettled(card, claim):
        yield from above_part(card, claim)


@twin
def muc_huong_chi_phi_thap_chua_ro(card: Card, claim: Claim) -> Found:
    part = part_of(card, claim)
    if part is None or not unsettled(card, claim):
        return
    for row, percent in asked(card, claim):
        if percent is not None and percent != part:
            both = str(part) if part == 100 else f"{part} hoặc 100"
            yield against(row, percent, Fraction(part), both)


@twin
def luong_co_so_doi_trong_dot(card: Card, claim: Claim) -> Found:
    cost, came, left = claim["T_TONGCHI_BH"], claim["NGAY_VAO"], claim["NGAY_RA"]
    if None in (cost, came, left) or not paid(claim.head) or part_of(card, claim) != 100:
        return
    before, after = low_limit(card, came), low_limit(card, left)
    if not before or not after or (cost < before) == (cost < after):
        return
    found = levels(card, claim.head)[0]
    known = found and None not in found
    if category_in(card, claim, "MA_DOI_TUONG_TRAM_Y_TE") or not known or min(found) == 100:
        return
    free = claim["T_BNCCT"] == 0
    own = share(claim["T_BHTT"], Fraction(100 - min(found)), Fraction(100))
    yield Hit(claim.head, amount=own if free else Fraction(0))


@twin
def tach_ho_so_duoi_nguong(card: Card, claims: list[Claim]) -> Found:
    """Nothing is known of a facility that nobody wrote."""

    def small(claim: Claim) -> bool:
        cost, limit = claim["T_TONGCHI_BH"], low_limit(card, card.day(claim.head))
        return cost is not None and 0 < cost < limit and claim["T_BNCCT"] == 0

    stays = [stay for stay in episodes(claims) if small(stay.claim) and stay.place]
    days = grouped(stays, lambda stay: (stay.person, stay.place, stay.start.date()))
    for own in days.values():
        total = sum(stay.claim["T_TONGCHI_BH"] for stay in own)
        for at, stay in enumerate(own):
            if len(own) > 1 and total >= low_limit(card, card.day(stay.claim.head)):
                yield Hit(stay.claim.head, other=own[at - 1 if at else 1].claim.head)
