"""Errors in the head of a claim and in its papers: weights, births, categories, diagnoses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, settle, share_line, total_up
from giamdinh.sample.plants import WAS, Hit, first, free, head_hit, line_hit, plant, steady_stay

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_COPIES = ("XML13", "XML14")
_LOW_RATE = 400
_LONG_STAY = 95
_CENTRAL, _AREA = "3.1", "K1"
_OWN_CARD = ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")
_MOTHER = ("HO_TEN_ME", "MA_ME", "MA_THE_TAM")


def _paper(claim: Claim, table: str) -> Row | None:
    return next(iter(claim.lines(table)), None)


@plant("TIM-004")
def paper_of_the_future(claim: Claim, _: random.Random) -> Hit | None:
    """A discharge paper with an event of a year later."""
    paper = _paper(claim, "XML7")
    if paper is None:
        return None
    paper["THOIGIAN_DINHCHI"] = stamp(minutes_of(claim.head["NGAY_RA"]) + 400 * DAY)
    return free("XML7", "THOIGIAN_DINHCHI")


@plant("STR-023")
def born_at_midnight(claim: Claim, _: random.Random) -> Hit | None:
    """A newborn without the time of birth."""
    if "newborn" not in claim.plan.flags:
        return None
    claim.head["NGAY_SINH"] = f"{claim.head['NGAY_SINH'][:8]}0000"
    return free("XML1", "NGAY_SINH")


@plant("STR-039")
def infant_without_weight(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A newborn without a weight."""
    if "newborn" not in claim.plan.flags:
        return None
    return _no_weight(claim)


@plant("DRG-010")
def child_without_weight(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A child of some years gets drugs and has no weight."""
    paid = any(amount(row, "T_BHTT") for row in claim.lines("XML2"))
    young = claim.head["MA_THE_BHYT"].startswith("TE") and "newborn" not in claim.plan.flags
    return _no_weight(claim) if young and paid else None


def _no_weight(claim: Claim) -> list[Hit]:
    claim.head["CAN_NANG"] = ""
    hit = free("XML1", "CAN_NANG")
    return [hit, replace(hit, rule="STR-006")]


@plant("LNK-033")
def nobodys_child(claim: Claim, _: random.Random) -> Hit | None:
    """A newborn without a card, and nothing that says who the mother is."""
    if "newborn" not in claim.plan.flags:
        return None
    claim.head.update(dict.fromkeys(_OWN_CARD, ""))
    for paper in claim.lines("XML7", "XML8"):
        paper.update(dict.fromkeys(_MOTHER, ""))
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-009")
def short_temporary_card(claim: Claim, _: random.Random) -> Hit | None:
    """A temporary card number with too few characters."""
    paper = _paper(claim, "XML7")
    if "newborn" not in claim.plan.flags or paper is None:
        return None
    paper["MA_THE_TAM"] = "TE138"
    return free("XML7", "MA_THE_TAM")


@plant("CRD-033")
def emergency_without_reason(claim: Claim, _: random.Random) -> Hit | None:
    """An ordinary visit of the clinic is called an emergency."""
    if claim.plan.category != "dung_tuyen" or claim.plan.care != "01" or claim.lines("XML14"):
        return None
    if claim.head["MA_DOITUONG_KCB"] != "1.1" or claim.lines("XML13"):
        return None
    claim.head["MA_DOITUONG_KCB"] = "2"
    return free("XML1", "MA_DOITUONG_KCB")


@plant("BEN-016")
def area_benefit_under_other_code(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A line of a self-referred stay at a central hospital is paid in full because of the area."""
    row = first(claim.lines("XML3"), MA_NHOM="15")
    if claim.head["MA_DOITUONG_KCB"] != _CENTRAL or claim.plan.care != "03" or row is None:
        return None
    right = int(row["MUC_HUONG"].split(".")[0]) * 10
    full = right * 1000 // _LOW_RATE
    claim.head["MA_KHUVUC"] = _AREA
    share_line(row, full)
    total_up(claim)
    over = half_up(amount(row, "T_BHTT") * (full - right), full)
    above = line_hit("XML3", row, "MUC_HUONG", over).of("BEN-006").right(WAS)
    return [free("XML1", "MA_KHUVUC"), above, Hit("XML1", "1", "T_BHTT", rule="MNY-035")]


@plant("MNY-035")
def one_line_at_less(claim: Claim, _: random.Random) -> Hit | None:
    """One test of a stay at a lower benefit percent than all the rest."""
    row = first(claim.lines("XML3"), MA_NHOM="1")
    if not steady_stay(claim) or claim.plan.category != "dung_tuyen" or row is None:
        return None
    if claim.head.get("NGAY_MIEN_CCT") or claim.head["MA_THE_BHYT"][2] in "125":
        return None
    share_line(row, _LOW_RATE)
    total_up(claim)
    return free("XML1", "T_BHTT")


@plant("TIM-014")
def endless_stay(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A stay of a few days says that it took three months."""
    if not steady_stay(claim):
        return None
    claim.head["SO_NGAY_DTRI"] = str(_LONG_STAY)
    beds = sum(amount(row, "T_BHTT") for row in claim.lines("XML3") if row.get("MA_GIUONG"))
    hit = free("XML1", "SO_NGAY_DTRI")
    both = [hit.of("TIM-013").right(WAS), hit.of("BED-018")]
    return [head_hit(claim, "SO_NGAY_DTRI", beds), *both]


@plant("ICD-004")
def trailing_separator(claim: Claim, _: random.Random) -> Hit | None:
    """A list of diagnoses that ends with a separator."""
    if not claim.head["MA_BENH_KT"] or claim.lines(*_COPIES):
        return None
    claim.head["MA_BENH_KT"] += ";"
    return free("XML1", "MA_BENH_KT")


@plant("ICD-015")
def injury_without_cause(claim: Claim, _: random.Random) -> Hit | None:
    """An injury without the code of its cause."""
    if not claim.head["MA_BENH_CHINH"].startswith("S") or claim.lines(*_COPIES):
        return None
    claim.head["MA_BENH_KT"] = ""
    return free("XML1", "MA_BENH_KT")


@plant("ICD-017")
def symptom_of_an_operation(claim: Claim, _: random.Random) -> Hit | None:
    """A symptom as the main diagnosis of an operated patient."""
    if not first(claim.lines("XML3"), MA_NHOM="8") or claim.lines(*_COPIES):
        return None
    claim.head["MA_BENH_CHINH"] = "R10.4"
    return free("XML1", "MA_BENH_CHINH")


@plant("ICD-019")
def code_too_short(claim: Claim, _: random.Random) -> Hit | None:
    """A line whose diagnosis is no code."""
    row = first(claim.lines("XML3"), MA_NHOM=("1", "2", "13"))
    if row is None:
        return None
    row["MA_BENH"] = "J1"
    return free("XML3", "MA_BENH", row["STT"])


@plant("DOCU-005")
def discharge_without_treatment(claim: Claim, _: random.Random) -> Hit | None:
    """A discharge paper with a dash for the treatment."""
    paper = _paper(claim, "XML7")
    if paper is None:
        return None
    paper["PP_DIEUTRI"] = "--"
    return free("XML7", "PP_DIEUTRI")


@plant("DOCU-007")
def summary_without_course(claim: Claim, _: random.Random) -> Hit | None:
    """A summary with dots for the course of the disease."""
    paper = _paper(claim, "XML8")
    if paper is None:
        return None
    paper["QT_BENHLY"] = "..."
    return free("XML8", "QT_BENHLY")


@plant("EXM-004")
def straight_to_the_ward(claim: Claim, _: random.Random) -> Hit | None:
    """An emergency exam of a patient who was on the ward within an hour."""
    exam = first(claim.lines("XML3"), MA_NHOM="13", MA_KHOA="K02")
    if claim.plan.care != "03" or exam is None or claim.lines(*_COPIES):
        return None
    claim.head["NGAY_VAO_NOI_TRU"] = stamp(minutes_of(claim.head["NGAY_VAO"]) + HOUR)
    return line_hit("XML3", exam, "MA_DICH_VU")


@plant("EXM-007")
def exam_beside_a_procedure(claim: Claim, _: random.Random) -> Hit | None:
    """A long-term patient comes for a procedure only and an exam is charged."""
    exam = first(claim.lines("XML3"), MA_NHOM="13")
    if claim.plan.care != "02" or exam is None or claim.lines(*_COPIES):
        return None
    claim.head["MA_LOAI_KCB"] = "08"
    claim.rows["XML2"] = []
    days = {row["NGAY_YL"][:8] for row in claim.lines("XML3")}
    claim.head["SO_NGAY_DTRI"] = str(len(days))
    settle(claim)
    return line_hit("XML3", exam, "MA_DICH_VU") if amount(exam, "T_BHTT") else None
