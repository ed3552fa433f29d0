"""Errors in the card and in how the patient came: validity, registration, referral, category."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, day8, stamp
from giamdinh.sample.money import amount, minutes_of, settle
from giamdinh.sample.plants import Hit, first, free, head_hit, line_hit, plant
from giamdinh.tables.specs import version_rank

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim

_COPIES = ("XML11", "XML13", "XML14", "XML9")


def _simple(claim: Claim) -> bool:
    """Whether the claim has one card that no paper repeats and that is not a newborn's."""
    single = len(claim.patient.cards) == 1 and "newborn" not in claim.plan.flags
    return single and not claim.lines(*_COPIES)


def _recoded(claim: Claim, card: str) -> None:
    claim.head["MA_THE_BHYT"] = card
    for row in claim.register:
        row["MA_THE_BHYT"] = card


@plant("CRD-001")
def short_card(claim: Claim, _: random.Random) -> Hit | None:
    """A card number without its last two digits."""
    if not _simple(claim) or claim.plan.category != "dung_tuyen":
        return None
    claim.head["MA_THE_BHYT"] = claim.head["MA_THE_BHYT"][:13]
    claim.register.clear()
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-002")
def impossible_pair(claim: Claim, _: random.Random) -> Hit | None:
    """A benefit digit that the card group cannot have."""
    card = claim.head["MA_THE_BHYT"]
    if not _simple(claim) or card[:3] != "HN2":
        return None
    _recoded(claim, f"HN1{card[3:]}")
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-003")
def uneven_parts(claim: Claim, _: random.Random) -> Hit | None:
    """Two registrations for one card."""
    if not _simple(claim):
        return None
    claim.head["MA_DKBD"] += ";38991"
    return head_hit(claim, "MA_DKBD")


@plant("CRD-004")
def card_not_valid(claim: Claim, _: random.Random) -> Hit | None:
    """The card ended before the arrival."""
    if not _simple(claim) or claim.plan.care != "01" or not amount(claim.head, "T_BHTT"):
        return None
    ended = day8(minutes_of(claim.head["NGAY_VAO"]) - 5 * DAY)
    claim.head["GT_THE_DEN"] = ended
    return head_hit(claim, "GT_THE_DEN")


@plant("CRD-006")
def before_the_card(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The card begins two days after a short visit."""
    lines = len(claim.lines("XML2", "XML3"))
    if not _simple(claim) or claim.plan.care != "01" or lines > 5:  # noqa: PLR2004
        return None
    claim.head["GT_THE_TU"] = day8(minutes_of(claim.head["NGAY_VAO"]) + 2 * DAY)
    hits = [
        line_hit(table, row, "NGAY_YL")
        for table in ("XML2", "XML3")
        for row in claim.lines(table)
        if amount(row, "T_BHTT")
    ]
    if not hits:
        return None
    return [*hits, replace(head_hit(claim, "GT_THE_DEN"), rule="CRD-004")]


@plant("CRD-007")
def card_backwards(claim: Claim, _: random.Random) -> Hit | None:
    """The card ends before it begins."""
    if not _simple(claim):
        return None
    claim.head["GT_THE_DEN"] = day8(minutes_of(claim.head["GT_THE_TU"] + "0000") - 10 * DAY)
    return head_hit(claim, "GT_THE_DEN")


@plant("CRD-008")
def odd_registration(claim: Claim, _: random.Random) -> Hit | None:
    """A registration code that is no facility."""
    if not _simple(claim) or claim.plan.category != "chuyen_den":
        return None
    claim.head["MA_DKBD"] = "99X99"
    claim.register[0]["MA_DKBD"] = "99X99"
    return free("XML1", "MA_DKBD")


@plant("CRD-010")
def too_old_for_a_child_card(claim: Claim, _: random.Random) -> Hit | None:
    """A child card of somebody over six."""
    if not claim.head["MA_THE_BHYT"].startswith("TE") or not _simple(claim):
        return None
    born = claim.head["NGAY_SINH"]
    claim.head["NGAY_SINH"] = f"{int(born[:4]) - 6}{born[4:]}"
    claim.register[0]["NGAY_SINH"] = claim.head["NGAY_SINH"][:8]
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-017")
def not_registered_here(claim: Claim, _: random.Random) -> Hit | None:
    """Category 1.1 for a card registered at another facility."""
    if not _simple(claim) or claim.head["MA_DOITUONG_KCB"] != "1.1":
        return None
    claim.head["MA_DKBD"] = claim.register[0]["MA_DKBD"] = "38991"
    return head_hit(claim, "MA_DOITUONG_KCB")


@plant("CRD-018")
def registered_but_referred(claim: Claim, _: random.Random) -> Hit | None:
    """A referral category for a card registered here."""
    if not _simple(claim) or claim.plan.category != "chuyen_den":
        return None
    claim.head["MA_DKBD"] = claim.register[0]["MA_DKBD"] = claim.place.code
    return free("XML1", "MA_DOITUONG_KCB").right("1.1")


@plant("CRD-019")
def referred_from_nowhere(claim: Claim, _: random.Random) -> Hit | None:
    """A referral category without the facility it came from."""
    if claim.plan.category != "chuyen_den":
        return None
    claim.head["MA_NOI_DI"] = ""
    return head_hit(claim, "MA_NOI_DI")


@plant("CRD-020")
def self_referred_from(claim: Claim, _: random.Random) -> Hit | None:
    """A self-referral category with the facility it came from."""
    if claim.plan.category != "tu_den":
        return None
    claim.head.update({"MA_NOI_DI": "38991", "GIAY_CHUYEN_TUYEN": "77/2026/GCT"})
    return free("XML1", "MA_NOI_DI")


@plant("CRD-021")
def follow_up_without_slip(claim: Claim, _: random.Random) -> Hit | None:
    """A follow-up category without the appointment slip."""
    if claim.plan.category != "hen_lai":
        return None
    claim.head["GIAY_CHUYEN_TUYEN"] = ""
    return free("XML1", "GIAY_CHUYEN_TUYEN")


@plant("CRD-026")
def from_here_to_here(claim: Claim, _: random.Random) -> Hit | None:
    """The patient was referred by this very facility."""
    if claim.plan.category != "chuyen_den":
        return None
    claim.head["MA_NOI_DI"] = claim.place.code
    return free("XML1", "MA_NOI_DI")


@plant("CRD-027")
def unknown_origin(claim: Claim, _: random.Random) -> Hit | None:
    """The patient came from a facility that does not exist."""
    if claim.plan.category != "chuyen_den":
        return None
    claim.head["MA_NOI_DI"] = "99Z99"
    return free("XML1", "MA_NOI_DI")


@plant("CRD-029")
def outpatient_code_for_stay(claim: Claim, _: random.Random) -> list[Hit] | None:
    """An outpatient-only category for an inpatient stay."""
    if claim.head["MA_DOITUONG_KCB"] != "1.15":
        return None
    claim.head["MA_DOITUONG_KCB"] = "1.12"
    return [head_hit(claim, "MA_DOITUONG_KCB")]


@plant("CRD-034")
def not_from_a_hard_area(claim: Claim, _: random.Random) -> Hit | None:
    """The category of hard areas without such an area."""
    left = minutes_of(claim.head["NGAY_RA"])
    if claim.plan.category != "tu_den" or not law.is_inpatient(claim.plan.care, left):
        return None
    if claim.head["MA_DOITUONG_KCB"] != "3.2":
        return None
    claim.head["MA_DOITUONG_KCB"] = "3.6"
    return head_hit(claim, "MA_KHUVUC")


@plant("CRD-032")
def not_newborn(claim: Claim, _: random.Random) -> Hit | None:
    """The newborn category for a child of some years."""
    if not claim.head["MA_THE_BHYT"].startswith("TE") or "newborn" in claim.plan.flags:
        return None
    if claim.plan.category != "dung_tuyen" or claim.lines("XML14"):
        return None
    claim.head["MA_DOITUONG_KCB"] = "1.7"
    return head_hit(claim, "MA_DOITUONG_KCB")


@plant("CRD-035")
def exam_at_pick_up(claim: Claim, _: random.Random) -> Hit | None:
    """An examination when only drugs were picked up."""
    drug = first(claim.lines("XML2"), PHAM_VI="1")
    if claim.plan.care != "07" or drug is None:
        return None
    exam = content().services["noi"]
    start = minutes_of(claim.head["NGAY_VAO"]) + 1
    kept = ("PHAM_VI", "TYLE_TT_BH", "MA_KHOA", "MA_BAC_SI", "MA_PTTT")
    row = claim.add(
        "XML3",
        {
            **{name: drug[name] for name in kept},
            "MA_DICH_VU": exam.code(start),
            "TEN_DICH_VU": exam.name,
            "MA_NHOM": exam.group,
            "DON_VI_TINH": "Lần",
            "SO_LUONG": "1.000",
            "DON_GIA_BV": price_text(exam.price),
            "DON_GIA_BH": price_text(exam.price),
            "TYLE_TT_DV": "100",
            "NGUOI_THUC_HIEN": drug["MA_BAC_SI"],
            "MA_BENH": claim.disease.icd,
            "NGAY_YL": stamp(start),
            "NGAY_TH_YL": stamp(start + 1),
            "NGAY_KQ": stamp(start + 3),
        },
    )
    settle(claim)
    return head_hit(claim, "MA_DOITUONG_KCB", amount(row, "T_BHTT"))


@plant("CRD-036")
def pick_up_as_visit(claim: Claim, _: random.Random) -> Hit | None:
    """A drug pick-up under the category of a visit."""
    if claim.plan.care != "07" or version_rank(claim.version) < version_rank("1931"):
        return None
    claim.head["MA_DOITUONG_KCB"] = "1.1"
    return free("XML1", "MA_LOAI_KCB")


@plant("CRD-037")
def fund_for_private_visit(claim: Claim, _: random.Random) -> Hit | None:
    """A visit outside insurance is charged to the fund."""
    if claim.lines("XML14") or not amount(claim.head, "T_BHTT"):
        return None
    if claim.plan.category != "dung_tuyen" or claim.plan.care != "01":
        return None
    claim.head["MA_DOITUONG_KCB"] = "9"
    return head_hit(claim, "MA_DOITUONG_KCB")


@plant("CRD-038")
def insured_before_the_law(claim: Claim, _: random.Random) -> Hit | None:
    """Five continuous years of insurance before there was such insurance."""
    if not claim.head.get("NAM_NAM_LIEN_TUC") or claim.head.get("NGAY_MIEN_CCT"):
        return None
    claim.head["NAM_NAM_LIEN_TUC"] = "20080101"
    for row in claim.register:
        row["NAM_NAM_LIEN_TUC"] = "20080101"
    return free("XML1", "NAM_NAM_LIEN_TUC")
