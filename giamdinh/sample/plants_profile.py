"""Errors that show beside what the facility is: its level, hours, staff, prices and departments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import catalogue_variants as variants
from giamdinh.sample.catalogue_variants import twin
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, scaled, settle
from giamdinh.sample.plants import WAS, Hit, first, free, head_hit, line_hit, plant, steady_stay
from giamdinh.tables.specs import version_rank

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_STATION = "tyt"
_NEW_CATEGORIES = "20250801"
_MORNING = 9 * HOUR
_LATER = 14 * HOUR
_TIMES = ("NGAY_VAO", "NGAY_RA", "NGAY_TTOAN", "NGAY_YL", "NGAY_TH_YL", "NGAY_KQ")
_CHEAPER = 90


@plant("CRD-028")
def category_of_another_level(claim: Claim, _: random.Random) -> Hit | None:
    """A self-referral to a basic hospital has the code of a primary facility."""
    if claim.head["MA_DOITUONG_KCB"] != "1.12" or not amount(claim.head, "T_BHTT"):
        return None
    claim.head["MA_DOITUONG_KCB"] = "1.11"
    return head_hit(claim, "MA_DOITUONG_KCB")


def _listed_disease(code: str, category: str, among: str) -> None:
    """A plant: a self-referral claims to have a listed disease."""

    @plant(code)
    def no_such_disease(claim: Claim, _: random.Random) -> Hit | None:
        head = claim.head
        if head["MA_DOITUONG_KCB"] != among or head["NGAY_RA"] < _NEW_CATEGORIES:
            return None
        head["MA_DOITUONG_KCB"] = category
        return head_hit(claim, "MA_BENH_CHINH") if amount(head, "T_BHTT") else None


_listed_disease("CRD-030", "1.17", "3.2")
_listed_disease("CRD-031", "1.16", "1.15")


@plant("EXM-009")
def hospital_exam_at_a_station(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A commune health station charges the exam of a hospital, which its list does not have."""
    row = first(claim.lines("XML3"), MA_NHOM="13")
    if claim.place.kind.key != _STATION or row is None or not amount(row, "T_BHTT"):
        return None
    row |= {"MA_DICH_VU": "02.03", "TEN_DICH_VU": "Khám Nội tổng hợp"}
    unknown = replace(line_hit("XML3", row, "MA_DICH_VU"), rule="CAT-031")
    return [free("XML3", "MA_DICH_VU", row["STT"]), unknown]


@plant("EXM-011")
def visit_at_night(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A whole visit of a commune health station late in the evening."""
    exam = first(claim.lines("XML3"), MA_NHOM="13")
    plain = claim.place.kind.key == _STATION and claim.plan.care == "01" and not claim.plan.flags
    if not plain or exam is None or not amount(exam, "T_BHTT") or claim.lines("XML4", "XML14"):
        return None
    if minutes_of(exam["NGAY_TH_YL"]) % DAY > _MORNING:
        return None
    for row in [claim.head, *claim.lines("XML2", "XML3")]:
        for name in _TIMES:
            if row.get(name):
                row[name] = stamp(minutes_of(row[name]) + _LATER)
    paid = [row for row in claim.lines("XML2") if amount(row, "T_BHTT")]
    own = [line_hit("XML2", row, "MA_BAC_SI") for row in paid]
    by_person = [*own, line_hit("XML3", exam, "NGUOI_THUC_HIEN")]
    return [line_hit("XML3", exam, "NGAY_TH_YL"), *(replace(h, rule="DOC-011") for h in by_person)]


@plant("DOC-011")
def doctor_of_the_night(claim: Claim, _: random.Random) -> Hit | None:
    """A drug ordered by day by a doctor who only works on Sunday nights."""
    row = first(claim.lines("XML2"), PHAM_VI="1", NGUON_CTRA="1")
    if claim.plan.care not in {"01", "05"} or row is None or not amount(row, "T_BHTT"):
        return None
    if claim.plan.category.startswith("cap_cuu"):
        return None
    row["MA_BAC_SI"] = variants.night_doctor(claim.place.retired).licence
    return line_hit("XML2", row, "MA_BAC_SI")


@plant("DOC-020")
def unknown_signer(claim: Claim, _: random.Random) -> Hit | None:
    """A claim signed by somebody who is not in the staff list."""
    claim.head["MA_TTDV"] = "3899888888"
    return free("XML1", "MA_TTDV")


@plant("DOC-023")
def nurse_examines(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A surgical examination by a nurse."""
    exams = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "13"]
    row = next((r for r in exams if r["MA_DICH_VU"].startswith("10.")), None)
    nurses = claim.place.people("K01", "dieu_duong")
    if row is None or not nurses or not amount(row, "T_BHTT"):
        return None
    row["NGUOI_THUC_HIEN"] = nurses[0].licence
    hit = line_hit("XML3", row, "NGUOI_THUC_HIEN")
    return [hit, replace(hit, rule="EXM-015")]


@plant("DRG-018")
def two_prices_of_a_drug(claim: Claim, _: random.Random) -> Hit | None:
    """All lines of a drug but the last one are cheaper."""
    rows = [row for row in claim.lines("XML2") if row["MA_THUOC"] == "40.170"]
    if not steady_stay(claim) or len(rows) < 2 or rows[-1]["PHAM_VI"] != "1":  # noqa: PLR2004
        return None
    over = _cheaper(claim, rows, ("DON_GIA",))
    return line_hit("XML2", rows[-1], "DON_GIA", over) if over else None


@plant("SVC-014")
def two_prices_of_a_bed(claim: Claim, _: random.Random) -> Hit | None:
    """All bed days of a stay but the last one are cheaper."""
    rows = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "15"]
    if not steady_stay(claim) or len({row["MA_DICH_VU"] for row in rows}) != 1:
        return None
    over = _cheaper(claim, rows, ("DON_GIA_BV", "DON_GIA_BH"))
    return line_hit("XML3", rows[-1], "DON_GIA_BH", over) if over else None


def _cheaper(claim: Claim, rows: list[Row], prices: tuple[str, ...]) -> int:
    """Lower the prices of all rows but the last; gives what the last one's fund part is too much.

    Any other source must not pay for the last row, which would leave the fund less than its part.
    """
    asked = scaled(rows[-1], prices[-1], 3)
    less = asked * _CHEAPER // 100
    for row in rows[:-1]:
        row.update(dict.fromkeys(prices, price_text(less)))
    settle(claim)
    return half_up(amount(rows[-1], "T_BHTT") * (asked - less), asked)


@plant("SVC-008")
def dear_test_elsewhere(claim: Claim, _: random.Random) -> Hit | None:
    """A test sent elsewhere at twice the price of the list."""
    row = first(claim.lines("XML3"), MA_NHOM="1")
    if not steady_stay(claim) or row is None:
        return None
    if version_rank(claim.version) < version_rank("3176"):
        return None
    code = row["MA_DICH_VU"]
    sent = f"{twin(code, variants.ELSEWHERE)}.K.{content().places['refers_from']}"
    for other in claim.lines("XML3", "XML4"):
        if other.get("MA_DICH_VU") == code:
            other["MA_DICH_VU"] = sent
    row["DON_GIA_BV"] = row["DON_GIA_BH"] = price_text(2 * scaled(row, "DON_GIA_BH", 3))
    settle(claim)
    return line_hit("XML3", row, "DON_GIA_BH", half_up(amount(row, "T_BHTT"), 2)).right(WAS)


def _operation(claim: Claim, mark: int, suffix: str = "") -> Row | None:
    """Give the only operation of a stay the code of a twin."""
    rows = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "8"]
    if claim.plan.care != "03" or len(rows) != 1 or not amount(rows[0], "T_BHTT"):
        return None
    code = rows[0]["MA_DICH_VU"]
    for row in claim.lines("XML3"):
        if row.get("MA_DICH_VU") == code:
            row["MA_DICH_VU"] = twin(code, mark) + suffix
    return rows[0]


@plant("DOC-024")
def transfer_is_over(claim: Claim, _: random.Random) -> Hit | None:
    """An operation with a facility whose transfer of the technique ended a month before."""
    row = _operation(claim, variants.TRANSFER, f".C.{content().places['refers_from']}")
    return line_hit("XML3", row, "MA_DICH_VU") if row else None


@plant("BED-013")
def bed_above_the_operation(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Beds of the kind after a greater operation than the one that was done."""
    beds = [row for row in claim.lines("XML3") if "ngoại khoa loại" in row["TEN_DICH_VU"]]
    paid = [row for row in beds if amount(row, "T_BHTT")]
    if not paid or _operation(claim, variants.MINOR) is None:
        return None
    return [free("XML3", "MA_DICH_VU", row["STT"]) for row in paid]


@plant("BED-010")
def bed_of_the_children(claim: Claim, _: random.Random) -> Hit | None:
    """A bed of the internal ward at the price code of the children's ward."""
    row = first(claim.lines("XML3"), MA_NHOM="15", MA_KHOA="K03")
    if not steady_stay(claim) or row is None or not amount(row, "T_BHTT"):
        return None
    bed = content().services["K18"]
    row |= {"MA_DICH_VU": bed.codes[0][1], "TEN_DICH_VU": bed.name}
    return free("XML3", "MA_DICH_VU", row["STT"])
