"""Errors that only a facility's lists show: staff, card registry, catalogues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, day8
from giamdinh.sample.money import amount, minutes_of
from giamdinh.sample.plants import Hit, first, free, head_hit, line_hit, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim


@plant("DOC-001")
def nobody_ordered(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A drug without an ordering practitioner."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None:
        return None
    row["MA_BAC_SI"] = ""
    hit = line_hit("XML2", row, "MA_BAC_SI")
    return [hit, replace(hit, rule="STR-006", amount=0)]


@plant("DOC-002")
def nobody_did(claim: Claim, _: random.Random) -> Hit | None:
    """A procedure without a performer."""
    row = first(claim.lines("XML3"), MA_NHOM=("18", "1"))
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["NGUOI_THUC_HIEN"] = ""
    return line_hit("XML3", row, "NGUOI_THUC_HIEN")


@plant("DOC-003")
def nobody_read(claim: Claim, _: random.Random) -> Hit | None:
    """A result that nobody read."""
    row = next(iter(claim.lines("XML4")), None)
    if row is None:
        return None
    row["MA_BS_DOC_KQ"] = ""
    return free("XML4", "MA_BS_DOC_KQ", row["STT"])


@plant("DOC-004")
def stranger(claim: Claim, _: random.Random) -> Hit | None:
    """An ordering practitioner who is not in the staff list."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None:
        return None
    row["MA_BAC_SI"] = "0999999/BYT-CCHN"
    return line_hit("XML2", row, "MA_BAC_SI")


@plant("DOC-005")
def already_gone(claim: Claim, _: random.Random) -> Hit | None:
    """An ordering practitioner who left before."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None:
        return None
    row["MA_BAC_SI"] = claim.place.retired.licence
    return line_hit("XML2", row, "MA_BAC_SI")


@plant("DOC-008")
def nurse_prescribes(claim: Claim, _: random.Random) -> Hit | None:
    """A nurse prescribes a drug."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    nurses = claim.place.people("K01", "dieu_duong")
    if row is None or not nurses or claim.plan.care == "07":
        return None
    row["MA_BAC_SI"] = nurses[0].licence
    return line_hit("XML2", row, "MA_BAC_SI")


@plant("DOC-018")
def all_by_one(claim: Claim, _: random.Random) -> Hit | None:
    """One person ordered a test, did it and read its result."""
    row = first(claim.lines("XML3"), MA_NHOM=("2", "3"))
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["NGUOI_THUC_HIEN"] = row["MA_BAC_SI"]
    for result in claim.lines("XML4"):
        if result["MA_DICH_VU"] == row["MA_DICH_VU"]:
            result["MA_BS_DOC_KQ"] = row["MA_BAC_SI"]
    return line_hit("XML3", row, "NGUOI_THUC_HIEN")


@plant("DOC-021")
def identity_as_licence(claim: Claim, _: random.Random) -> list[Hit] | None:
    """An insurance number where the licence number belongs."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None:
        return None
    person = next(p for p in claim.place.everyone if p.licence == row["MA_BAC_SI"])
    row["MA_BAC_SI"] = person.number
    return [line_hit("XML2", row, "MA_BAC_SI")]


def _known(claim: Claim) -> bool:
    force = claim.head["MA_THE_BHYT"].startswith("QN")
    return len(claim.patient.cards) == 1 and not force and "newborn" not in claim.plan.flags


@plant("CRD-012")
def card_not_found(claim: Claim, _: random.Random) -> Hit | None:
    """The portal does not know the card."""
    if not _known(claim):
        return None
    claim.register[0]["TRANG_THAI"] = "050"
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-013")
def card_over(claim: Claim, _: random.Random) -> Hit | None:
    """By the portal the card ended before the visit."""
    if not _known(claim):
        return None
    arrived = minutes_of(claim.head["NGAY_VAO"])
    claim.register[0]["GT_THE_DEN"] = day8(arrived - 3 * DAY)
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-014")
def other_person(claim: Claim, _: random.Random) -> Hit | None:
    """By the portal the card belongs to somebody with another name."""
    if not _known(claim):
        return None
    claim.register[0]["HO_TEN"] = "HỌ TÊN MẪU KHÁC"
    return head_hit(claim, "HO_TEN")


@plant("CRD-015")
def registered_elsewhere(claim: Claim, _: random.Random) -> Hit | None:
    """By the portal the card is registered at another facility."""
    if not _known(claim) or claim.head["MA_DOITUONG_KCB"] == "1.1":
        return None
    places = content().places["registers_at"]
    claim.register[0]["MA_DKBD"] = next(p for p in places if p != claim.head["MA_DKBD"])
    return free("XML1", "MA_DKBD")


@plant("CRD-016")
def card_revoked(claim: Claim, _: random.Random) -> Hit | None:
    """By the portal the card was replaced."""
    if not _known(claim):
        return None
    claim.register[0]["TRANG_THAI"] = "003"
    return head_hit(claim, "MA_THE_BHYT")
