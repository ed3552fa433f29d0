"""Errors on the papers of an episode: XML7 to XML14."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample.model import DAY, day8, stamp
from giamdinh.sample.money import minutes_of
from giamdinh.sample.plants import free, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row
    from giamdinh.sample.plants import Hit


def _paper(claim: Claim, table: str) -> Row | None:
    return next(iter(claim.lines(table)), None)


def _wrong(code: str, where: tuple[str, str], value: str) -> None:
    """A plant that writes a wrong value on a paper; `where` is table and field."""
    table, field = where

    @plant(code)
    def wrong_value(claim: Claim, _: random.Random) -> Hit | None:
        row = _paper(claim, table)
        if row is None:
            return None
        row[field] = value
        return free(table, field)


_wrong("DOCU-006", ("XML8", "TOMTAT_KQ"), "Ổn định")
_wrong("DOCU-008", ("XML9", "SO_CCCD_NND"), "03812")
_wrong("DOCU-011", ("XML11", "MA_BHXH"), "0000000000")
_wrong("DOCU-013", ("XML13", "TINH_TRANG_CT"), "")
_wrong("DOCU-023", ("XML9", "CAN_NANG_CON"), "32")


@plant("DOCU-001")
def days_off(claim: Claim, _: random.Random) -> Hit | None:
    """The days off differ from the period on the discharge paper."""
    row = _paper(claim, "XML7")
    if row is None or not row.get("SO_NGAY_NGHI"):
        return None
    row["SO_NGAY_NGHI"] = str(int(row["SO_NGAY_NGHI"]) + 2)
    return free("XML7", "SO_NGAY_NGHI")


@plant("DOCU-002")
def off_before_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """The days off begin before the discharge."""
    row = _paper(claim, "XML7")
    if row is None or not row.get("SO_NGAY_NGHI"):
        return None
    for field in ("NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY"):
        row[field] = day8(minutes_of(row[field] + "0000") - 2 * DAY)
    return free("XML7", "NGOAITRU_TUNGAY")


@plant("DOCU-003")
def ended_without_cause(claim: Claim, _: random.Random) -> Hit | None:
    """A pregnancy ended, without its cause."""
    row = _paper(claim, "XML7")
    if row is None or claim.head["GIOI_TINH"] != "2":
        return None
    row["MA_DINH_CHI_THAI"] = "1"
    return free("XML7", "TUOI_THAI")


@plant("DOCU-004")
def signed_another_day(claim: Claim, _: random.Random) -> Hit | None:
    """The discharge paper is signed before the discharge."""
    row = _paper(claim, "XML7")
    if row is None or claim.plan.stay[0] < 2:  # noqa: PLR2004
        return None
    row["NGAY_CT"] = day8(minutes_of(row["NGAY_RA"]) - DAY)
    return free("XML7", "NGAY_CT")


@plant("DOCU-009")
def born_after_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """The child was born after the mother left."""
    row = _paper(claim, "XML9")
    if row is None:
        return None
    row["NGAY_SINH_CON"] = stamp(minutes_of(claim.head["NGAY_RA"]) + DAY)
    return free("XML9", "NGAY_SINH_CON")


@plant("DOCU-010")
def pregnancy_days(claim: Claim, _: random.Random) -> Hit | None:
    """The days differ from the period on the pregnancy leave paper."""
    row = _paper(claim, "XML10")
    if row is None:
        return None
    row["SO_NGAY"] = str(int(row["SO_NGAY"]) + 3)
    return free("XML10", "SO_NGAY")


@plant("DOCU-021")
def sick_days(claim: Claim, _: random.Random) -> Hit | None:
    """The days differ from the period on the sick leave paper."""
    row = _paper(claim, "XML11")
    if row is None:
        return None
    row["SO_NGAY_NGHI"] = str(int(row["SO_NGAY_NGHI"]) + 4)
    return free("XML11", "SO_NGAY_NGHI")


def _period(row: Row, field: str, start: int, days: int) -> None:
    row[field] = str(days)
    row["TU_NGAY"], row["DEN_NGAY"] = day8(start), day8(start + (days - 1) * DAY)


@plant("DOCU-020")
def long_pregnancy_leave(claim: Claim, _: random.Random) -> Hit | None:
    """More days of pregnancy leave than may be given."""
    row = _paper(claim, "XML10")
    if row is None:
        return None
    _period(row, "SO_NGAY", minutes_of(claim.head["NGAY_RA"]), 190)
    return free("XML10", "SO_NGAY")


@plant("DOCU-022")
def long_sick_leave(claim: Claim, _: random.Random) -> Hit | None:
    """More days of sick leave than may be given at once."""
    row = _paper(claim, "XML11")
    if row is None:
        return None
    _period(row, "SO_NGAY_NGHI", minutes_of(claim.head["NGAY_RA"]), 35)
    return free("XML11", "SO_NGAY_NGHI")


@plant("DOCU-024")
def sick_before_coming(claim: Claim, _: random.Random) -> Hit | None:
    """The sick leave begins before the visit."""
    row = _paper(claim, "XML11")
    if row is None:
        return None
    _period(row, "SO_NGAY_NGHI", minutes_of(claim.head["NGAY_VAO"]) - 3 * DAY, 5)
    return free("XML11", "TU_NGAY")


@plant("DOCU-015")
def appointment_in_the_past(claim: Claim, _: random.Random) -> Hit | None:
    """The appointment is before the end of the visit."""
    row = _paper(claim, "XML14")
    if row is None:
        return None
    day = day8(minutes_of(claim.head["NGAY_RA"]) - 3 * DAY)
    row["NGAY_HEN_KL"] = day
    claim.head["NGAY_TAI_KHAM"] = day
    return free("XML14", "NGAY_HEN_KL")


@plant("DOCU-018")
def signed_before_arrival(claim: Claim, _: random.Random) -> Hit | None:
    """The birth paper is signed before the mother came."""
    row = _paper(claim, "XML10") or _paper(claim, "XML14")
    if row is None:
        return None
    row["NGAY_CT"] = day8(minutes_of(claim.head["NGAY_VAO"]) - 4 * DAY)
    return free("XML10" if "SO_NGAY" in row else "XML14", "NGAY_CT")
