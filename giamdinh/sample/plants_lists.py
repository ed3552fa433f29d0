"""Errors that only a facility's lists show: staff, card registry, catalogues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, day8
from giamdinh.sample.money import amount, minutes_of
from giamdinh.sample.plants import Hit, free, head_hit, line_hit, on_row, one, one_paid, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row


@plant("DOC-001")
def nobody_ordered(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A drug without an ordering practitioner."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None:
        return None
    row["MA_BAC_SI"] = ""
    hit = line_hit("XML2", row, "MA_BAC_SI")
    return [hit, replace(hit, rule="STR-006", amount=0)]


@on_row("DOC-002", one("XML3", MA_NHOM=("18", "1")), ("XML3", "NGUOI_THUC_HIEN"))
def nobody_did(_: Claim, row: Row) -> None:
    """A procedure without a performer."""
    row["NGUOI_THUC_HIEN"] = ""


@on_row("DOC-003", one("XML4"), ("XML4", "MA_BS_DOC_KQ"), paid=False)
def nobody_read(_: Claim, row: Row) -> None:
    """A result that nobody read."""
    row["MA_BS_DOC_KQ"] = ""


@on_row("DOC-004", one_paid("XML2"), ("XML2", "MA_BAC_SI"))
def stranger(_: Claim, row: Row) -> None:
    """An ordering practitioner who is not in the staff list."""
    row["MA_BAC_SI"] = "0999999/BYT-CCHN"


@on_row("DOC-005", one_paid("XML2"), ("XML2", "MA_BAC_SI"))
def already_gone(claim: Claim, row: Row) -> None:
    """An ordering practitioner who left before."""
    row["MA_BAC_SI"] = claim.place.retired.licence


@plant("DOC-008")
def nurse_prescribes(claim: Claim, _: random.Random) -> Hit | None:
    """A nurse prescribes a drug."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    nurses = claim.place.people("K01", "dieu_duong")
    if row is None or not nurses or claim.plan.care == "07":
        return None
    row["MA_BAC_SI"] = nurses[0].licence
    return line_hit("XML2", row, "MA_BAC_SI")


@on_row("DOC-018", one("XML3", MA_NHOM=("2", "3")), ("XML3", "NGUOI_THUC_HIEN"))
def all_by_one(claim: Claim, row: Row) -> None:
    """One person ordered a test, did it and read its result."""
    row["NGUOI_THUC_HIEN"] = row["MA_BAC_SI"]
    for result in claim.lines("XML4"):
        if result["MA_DICH_VU"] == row["MA_DICH_VU"]:
            result["MA_BS_DOC_KQ"] = row["MA_BAC_SI"]


@on_row("DOC-021", one_paid("XML2"), ("XML2", "MA_BAC_SI"))
def identity_as_licence(claim: Claim, row: Row) -> None:
    """An insurance number where the licence number belongs."""
    person = next(p for p in claim.place.everyone if p.licence == row["MA_BAC_SI"])
    row["MA_BAC_SI"] = person.number


def _known(claim: Claim) -> bool:
    force = claim.head["MA_THE_BHYT"].startswith("QN")
    return len(claim.patient.cards) == 1 and not force and "newborn" not in claim.plan.flags


def _registered(code: str, name: str, value: str, field: str) -> None:
    """A plant after which the portal has something else about the card; it is found at `field`."""

    @plant(code)
    def registered(claim: Claim, _: random.Random) -> Hit | None:
        if not _known(claim):
            return None
        claim.register[0][name] = value
        return head_hit(claim, field)


_registered("CRD-012", "TRANG_THAI", "050", "MA_THE_BHYT")
_registered("CRD-014", "HO_TEN", "HỌ TÊN MẪU KHÁC", "HO_TEN")
_registered("CRD-016", "TRANG_THAI", "003", "MA_THE_BHYT")


@plant("CRD-013")
def card_over(claim: Claim, _: random.Random) -> Hit | None:
    """By the portal the card ended before the visit."""
    if not _known(claim):
        return None
    arrived = minutes_of(claim.head["NGAY_VAO"])
    claim.register[0]["GT_THE_DEN"] = day8(arrived - 3 * DAY)
    return head_hit(claim, "MA_THE_BHYT")


@plant("CRD-015")
def registered_elsewhere(claim: Claim, _: random.Random) -> Hit | None:
    """By the portal the card is registered at another facility."""
    if not _known(claim) or claim.head["MA_DOITUONG_KCB"] == "1.1":
        return None
    places = content().places["registers_at"]
    other = next(p for p in places if p != claim.head["MA_DKBD"])
    claim.register[0]["MA_DKBD"] = other
    return free("XML1", "MA_DKBD").right(other)
