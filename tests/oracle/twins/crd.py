"""CRD: the cards of a claim, where they are registered, facilities."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from giamdinh.tables.codelists import code_list, pattern
from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.helpers import folded, icd_codes, paid, parts, years
from tests.oracle.twins.mny_docu import start, stays
from tests.oracle.twins.the_bhyt import Paper, ever, not_insured, papers

LINES = ("XML2", "XML3")


@twin
def ky_hieu_the_sai(card: Card, claim: Claim) -> Found:
    if any(never_together(paper.number) for paper in papers(claim)) and not not_insured(
        card, claim
    ):
        yield Hit(claim.head)


def never_together(number: str) -> bool:
    if not pattern("MA_THE_15").fullmatch(number):
        return False
    rows = [row for row in code_list("doi_tuong_the").rows if row.code == number[:2]]
    if any(row.attributes.get("confidence") == "low" for row in rows):
        return False
    return not any(number[2] in parts(row.attributes["digits"]) for row in rows)


def judged(card: Card, claim: Claim) -> list[Paper]:
    """The cards whose days can be held against the claim; none for temporary and no cards."""
    found = papers(claim)
    suffixes = tuple(ever(card, "DUOI_NOI_DANG_KY_TAM"))
    temporary = any(part.endswith(suffixes) for part in parts(claim.head.text("MA_DKBD")))
    without = claim["MA_DOITUONG_KCB"] in ever(card, "MA_DOI_TUONG_KHONG_THE")
    clear = all(paper.first and paper.last and paper.first <= paper.last for paper in found)
    ok = clear and not temporary and not without and not not_insured(card, claim)
    return found if ok else []


def ordered_on(row: Row) -> date | None:
    return row["NGAY_YL"].date() if row["NGAY_YL"] else None


def asked_lines(claim: Claim, tables: tuple[str, ...] = LINES) -> list[Row]:
    """Paid lines with a day."""
    return [row for name in tables for row in claim.rows(name) if paid(row) and ordered_on(row)]


@twin
def the_khong_co_gia_tri_khi_vao(card: Card, claim: Claim) -> Found:
    found, arrival, money = judged(card, claim), claim["NGAY_VAO"], claim["T_BHTT"]
    if not found or arrival is None or (money is not None and money <= 0):
        return
    day = arrival.date()
    if any(paper.covers(day) for paper in found):
        return
    first = min(paper.first for paper in found)
    left = claim["NGAY_RA"]
    lines = any(claim.rows(name) for name in LINES)
    if left is not None and day < first <= left.date() and lines:
        early = sum(
            (row["T_BHTT"] for row in asked_lines(claim) if ordered_on(row) < first), Fraction(0)
        )
        if early:
            yield Hit(claim.head, amount=early)
    else:
        yield Hit(claim.head, amount=money or Fraction(0))


@twin
def chi_phi_sau_khi_the_het_han(card: Card, claim: Claim) -> Found:
    found, arrival = judged(card, claim), claim["NGAY_VAO"]
    if arrival is None or not any(paper.covers(arrival.date()) for paper in found):
        return
    last = max(paper.last for paper in found)
    for row in asked_lines(claim):
        grace = card.number("SO_NGAY_THE_HET_HAN", row)
        if last != date.max and (ordered_on(row) - last).days > grace:
            yield Hit(row)


@twin
def chi_phi_truoc_khi_the_co_gia_tri(card: Card, claim: Claim) -> Found:
    found = judged(card, claim)
    for row in asked_lines(claim) if found else ():
        if ordered_on(row) < min(paper.first for paper in found):
            yield Hit(row)


@twin
def the_het_han_truoc_khi_bat_dau(card: Card, claim: Claim) -> Found:
    found = papers(claim)
    wrong = any(paper.first and paper.last and paper.last < paper.first for paper in found)
    if wrong and not not_insured(card, claim):
        yield Hit(claim.head)


@twin
def noi_dang_ky_ban_dau_sai(card: Card, claim: Claim) -> Found:
    known = {item["MA_CSKCB"] for item in card.items("co_so")}
    temporary = tuple(ever(card, "DUOI_DKBD_THE_TAM"))
    for part in parts(claim.head.text("MA_DKBD")):
        shaped = pattern("MA_CSKCB").fullmatch(part)
        strange = known and part not in known and not part.endswith(temporary)
        if (not shaped or strange) and not not_insured(card, claim):
            yield Hit(claim.head)
            return


@twin
def doi_tuong_khong_hop_cap(card: Card, claim: Claim) -> Found:
    category, place = claim["MA_DOITUONG_KCB"], claim.head.text("MA_CSKCB")
    asked = card.listed("doi_tuong_cap", category, claim.head) or {}
    rows = [item for item in card.items("co_so") if item["MA_CSKCB"] == place]
    rows = [item for item in rows if item.on(card.day(claim.head))]
    if category and rows and all(unfit(asked, item) for item in rows):
        yield Hit(claim.head)


def unfit(asked: dict[str, str], item: dict[str, str]) -> bool:
    level, tier = word(item["CAP_CMKT"]), word(item["TUYEN_TRUOC_2025"])
    score = Fraction(item["DIEM_XEP_CAP"]) if item["DIEM_XEP_CAP"] else None
    if level and asked.get("cap") and level not in parts(asked["cap"]):
        return True
    if tier and asked.get("tuyen") and tier not in parts(asked["tuyen"]):
        return True
    if tier and tier in parts(asked.get("tru_tuyen", "")):
        return True
    low, high = asked.get("diem_tu"), asked.get("diem_duoi")
    if score is None or score < 0:
        return False
    return bool((low and score < int(low)) or (high and score >= int(high)))


def word(text: str) -> str:
    """A level or tier as the code list writes it, "" when it is none."""
    attributes = [row.attributes for row in code_list("doi_tuong_cap").rows]
    known = {
        own
        for row in attributes
        for name in ("cap", "tuyen", "tru_tuyen")
        for own in parts(row.get(name, ""))
    }
    plain = folded(text)
    for before in ("cấp ", "tuyến "):
        plain = plain.removeprefix(before)
    return plain if plain in known else ""


@twin
def benh_khong_thuoc_phu_luc(card: Card, claim: Claim) -> Found:
    """A row of the list for the young holds for a patient whose age is not known."""
    part = card.rule.needs[0].partition(".")[2]
    category = {"phu_luc_1": "MA_DOI_TUONG_PHU_LUC_1", "phu_luc_2": "MA_DOI_TUONG_PHU_LUC_2"}[part]
    if claim["MA_DOITUONG_KCB"] not in card.texts(category, claim.head):
        return
    if not claim.head.text("MA_BENH_CHINH"):
        return
    codes = parts(claim.head.text("MA_BENH_CHINH")) + parts(claim.head.text("MA_BENH_KT"))
    born, came = claim["NGAY_SINH"], claim["NGAY_VAO"]
    age = years(born, came) if born and came and born <= came else 0
    for item in card.items(card.rule.needs[0]):
        limit = Fraction(item["TUOI_DUOI"] or 0)
        young = limit <= 0 or age < limit
        inside = any(
            icd_codes(item["MA_BENH"])(code) and not icd_codes(item["MA_BENH_LOAI_TRU"])(code)
            for code in codes
        )
        if young and inside and (item.on(card.day(claim.head)) or not item.readable):
            return
    yield Hit(claim.head)


@twin
def kham_sau_khi_tu_vong(card: Card, claims: list[Claim]) -> Found:
    for own in stays(claims):
        dead = [c for c in own if c["KET_QUA_DTRI"] in card.texts("KET_QUA_TU_VONG", c.head)]
        if dead:
            first = min(dead, key=lambda claim: claim["NGAY_RA"])
            for claim in own:
                if start(claim) > first["NGAY_RA"]:
                    yield Hit(claim.head, other=first.head)
