"""Errors on the papers of an episode: XML7 to XML14."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample.model import DAY, day8, stamp
from giamdinh.sample.money import minutes_of
from giamdinh.sample.plants import WAS, filled, first, free, on_row, one, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row
    from giamdinh.sample.plants import Hit


def _wrong(code: str, where: tuple[str, str], value: str) -> None:
    """A plant that writes a wrong value on a paper; `where` is table and field."""
    table, field = where

    @on_row(code, one(table), where, paid=False)
    def wrong_value(_: Claim, row: Row) -> None:
        row[field] = value


_wrong("DOCU-006", ("XML8", "TOMTAT_KQ"), "Ổn định")
_wrong("DOCU-008", ("XML9", "SO_CCCD_NND"), "03812")
_wrong("DOCU-011", ("XML11", "MA_BHXH"), "0000000000")
_wrong("DOCU-013", ("XML13", "TINH_TRANG_CT"), "")
_wrong("DOCU-023", ("XML9", "CAN_NANG_CON"), "32")


@on_row("DOCU-001", filled("XML7", "SO_NGAY_NGHI"), ("XML7", "SO_NGAY_NGHI"), paid=False, right=WAS)
def days_off(_: Claim, row: Row) -> None:
    """The days off differ from the period on the discharge paper."""
    row["SO_NGAY_NGHI"] = str(int(row["SO_NGAY_NGHI"]) + 2)


@on_row("DOCU-002", filled("XML7", "SO_NGAY_NGHI"), ("XML7", "NGOAITRU_TUNGAY"), paid=False)
def off_before_leaving(_: Claim, row: Row) -> None:
    """The days off begin before the discharge."""
    for field in ("NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY"):
        row[field] = day8(minutes_of(row[field] + "0000") - 2 * DAY)


@plant("DOCU-003")
def ended_without_cause(claim: Claim, _: random.Random) -> Hit | None:
    """A pregnancy ended, without its cause."""
    row = one("XML7")(claim)
    if row is None or claim.head["GIOI_TINH"] != "2":
        return None
    row["MA_DINH_CHI_THAI"] = "1"
    return free("XML7", "TUOI_THAI")


@plant("DOCU-004")
def signed_another_day(claim: Claim, _: random.Random) -> Hit | None:
    """The discharge paper is signed before the discharge."""
    row = one("XML7")(claim)
    if row is None or claim.plan.stay[0] < 2:  # noqa: PLR2004
        return None
    row["NGAY_CT"] = day8(minutes_of(row["NGAY_RA"]) - DAY)
    return free("XML7", "NGAY_CT").right(WAS)


@on_row("DOCU-009", one("XML9"), ("XML9", "NGAY_SINH_CON"), paid=False)
def born_after_leaving(claim: Claim, row: Row) -> None:
    """The child was born after the mother left."""
    row["NGAY_SINH_CON"] = stamp(minutes_of(claim.head["NGAY_RA"]) + DAY)


@on_row("DOCU-010", one("XML10"), ("XML10", "SO_NGAY"), paid=False, right=WAS)
def pregnancy_days(_: Claim, row: Row) -> None:
    """The days differ from the period on the pregnancy leave paper."""
    row["SO_NGAY"] = str(int(row["SO_NGAY"]) + 3)


@on_row("DOCU-021", one("XML11"), ("XML11", "SO_NGAY_NGHI"), paid=False, right=WAS)
def sick_days(_: Claim, row: Row) -> None:
    """The days differ from the period on the sick leave paper."""
    row["SO_NGAY_NGHI"] = str(int(row["SO_NGAY_NGHI"]) + 4)


def _period(row: Row, field: str, start: int, days: int) -> None:
    row[field] = str(days)
    row["TU_NGAY"], row["DEN_NGAY"] = day8(start), day8(start + (days - 1) * DAY)


@on_row("DOCU-020", one("XML10"), ("XML10", "SO_NGAY"), paid=False, right="180")
def long_pregnancy_leave(claim: Claim, row: Row) -> None:
    """More days of pregnancy leave than may be given."""
    _period(row, "SO_NGAY", minutes_of(claim.head["NGAY_RA"]), 190)


@on_row("DOCU-022", one("XML11"), ("XML11", "SO_NGAY_NGHI"), paid=False)
def long_sick_leave(claim: Claim, row: Row) -> None:
    """More days of sick leave than may be given at once."""
    _period(row, "SO_NGAY_NGHI", minutes_of(claim.head["NGAY_RA"]), 35)


@on_row("DOCU-024", one("XML11"), ("XML11", "TU_NGAY"), paid=False, right=WAS)
def sick_before_coming(claim: Claim, row: Row) -> None:
    """The sick leave begins before the visit."""
    _period(row, "SO_NGAY_NGHI", minutes_of(claim.head["NGAY_VAO"]) - 3 * DAY, 5)


@on_row("DOCU-015", one("XML14"), ("XML14", "NGAY_HEN_KL"), paid=False)
def appointment_in_the_past(claim: Claim, row: Row) -> None:
    """The appointment is before the end of the visit."""
    day = day8(minutes_of(claim.head["NGAY_RA"]) - 3 * DAY)
    row["NGAY_HEN_KL"] = day
    claim.head["NGAY_TAI_KHAM"] = day


@plant("DOCU-018")
def signed_before_arrival(claim: Claim, _: random.Random) -> Hit | None:
    """The birth paper is signed before the mother came."""
    row = first(claim.lines("XML10", "XML14"))
    if row is None:
        return None
    row["NGAY_CT"] = day8(minutes_of(claim.head["NGAY_VAO"]) - 4 * DAY)
    return free("XML10" if "SO_NGAY" in row else "XML14", "NGAY_CT")
