"""Errors in the lines of two claims: people, machines and beds used twice at once.

As in `plants_across`, a plant is a function `(maker, claim) -> findings`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.days import is_workday
from giamdinh.sample.model import DAY, HOUR
from giamdinh.sample.money import amount, half_up, minutes_of, settle
from giamdinh.sample.pairs import Maker, alone, exam_only, midnight, move, offered, plan
from giamdinh.sample.plants import first, line_hit, steady_stay
from giamdinh.sample.returns import fits

if TYPE_CHECKING:
    from giamdinh.sample.model import Claim, Row
    from giamdinh.sample.pairs import Found

_EARLY = 20
_DELAY = 10
_EVENING = 16 * HOUR
_SHARED = "50"
"""TYLE_TT_DV of a bed for two."""


def _sewn(maker: Maker, claim: Claim, late: int) -> tuple[Claim, Row] | None:
    """Another patient whose wound the same doctor closes `late` minutes after this one's."""
    mine = first(claim.lines("XML3"), MA_NHOM="18")
    if not alone(claim) or claim.plan.key != "tai_nan" or mine is None:
        return None
    twin = maker.other(claim, sooner=_EARLY)
    line = first(twin.lines("XML3"), MA_NHOM="18") if twin else None
    if twin is None or line is None:
        return None
    delay = minutes_of(mine["NGAY_TH_YL"]) + late - minutes_of(line["NGAY_TH_YL"])
    if delay < 0 or not amount(line, "T_BHTT"):
        return None
    move(twin, delay, since=line["NGAY_YL"])
    line["NGUOI_THUC_HIEN"] = mine["NGUOI_THUC_HIEN"]
    return twin, line


def two_patients_at_once(maker: Maker, claim: Claim) -> Found | None:
    """A doctor begins with one patient in the middle of another."""
    found = _sewn(maker, claim, _DELAY)
    return [(found[0], line_hit("XML3", found[1], "NGAY_TH_YL"))] if found else None


def same_times(maker: Maker, claim: Claim) -> Found | None:
    """Two patients have the same times under one doctor."""
    found = _sewn(maker, claim, 0)
    return [(found[0], line_hit("XML3", found[1], "NGAY_TH_YL"))] if found else None


def doctor_elsewhere(maker: Maker, claim: Claim) -> Found | None:
    """A doctor works at another facility, whose staff list has nobody like that."""
    mine = first(claim.lines("XML3"), MA_NHOM="18")
    if not alone(claim) or claim.plan.key != "tai_nan" or mine is None:
        return None
    for place in offered(maker, claim.plan, but=claim.place):
        maker.made.clear()
        twin = maker.stranger(place, claim.plan, midnight(claim))
        line = first(twin.lines("XML3"), MA_NHOM="18") if twin else None
        if twin is None or line is None or not amount(line, "T_BHTT"):
            continue
        delay = minutes_of(mine["NGAY_TH_YL"]) + _DELAY - minutes_of(line["NGAY_TH_YL"])
        if delay >= 0:
            move(twin, delay, since=line["NGAY_YL"])
            line["NGUOI_THUC_HIEN"] = mine["NGUOI_THUC_HIEN"]
            hit = line_hit("XML3", line, "NGUOI_THUC_HIEN")
            return [(twin, hit), (twin, replace(hit, rule="DOC-004"))]
    return None


def one_machine(maker: Maker, claim: Claim) -> Found | None:
    """A machine begins with another patient a minute later."""
    mine = first(claim.lines("XML3"), MA_NHOM="2")
    if not alone(claim) or claim.plan.key != "kham_mot" or mine is None:
        return None
    twin = maker.other(claim, sooner=_EARLY)
    line = first(twin.lines("XML3"), MA_NHOM="2") if twin else None
    if twin is None or line is None:
        return None
    delay = minutes_of(mine["NGAY_TH_YL"]) + 1 - minutes_of(line["NGAY_TH_YL"])
    if delay < 0 or not amount(line, "T_BHTT"):
        return None
    move(twin, delay, since=line["NGAY_YL"])
    line["MA_MAY"] = mine["MA_MAY"]
    return [(twin, line_hit("XML3", line, "MA_MAY"))]


def exams_too_close(maker: Maker, claim: Claim) -> Found | None:
    """A doctor begins another examination a minute later."""
    mine = first(claim.lines("XML3"), MA_NHOM="13")
    if not alone(claim) or claim.plan.key != "kham_mot" or mine is None:
        return None
    twin = maker.other(claim)
    line = exam_only(twin) if twin else None
    if twin is None or line is None or not amount(line, "T_BHTT"):
        return None
    move(twin, minutes_of(mine["NGAY_TH_YL"]) + 1 - minutes_of(line["NGAY_TH_YL"]))
    line["NGUOI_THUC_HIEN"] = line["MA_BAC_SI"] = mine["NGUOI_THUC_HIEN"]
    return [(twin, line_hit("XML3", line, "NGAY_TH_YL"))]


def _exam_beside(maker: Maker, claim: Claim, group: str, late: int) -> tuple[Claim, Row] | None:
    """A stranger examined by the doctor of this claim's procedure, `late` minutes into it."""
    mine = first(claim.lines("XML3"), MA_NHOM=group)
    if not alone(claim) or mine is None or not is_workday(midnight(claim)):
        return None
    if minutes_of(mine["NGAY_TH_YL"]) % DAY > _EVENING or "kham_mot" not in _offers(claim):
        return None
    start = minutes_of(mine["NGAY_TH_YL"]) + late
    twin = maker.stranger(claim.place, plan("kham_mot"), start - start % DAY)
    line = exam_only(twin) if twin else None
    if twin is None or line is None or not amount(line, "T_BHTT"):
        return None
    move(twin, start - minutes_of(line["NGAY_TH_YL"]))
    line["NGUOI_THUC_HIEN"] = line["MA_BAC_SI"] = mine["NGUOI_THUC_HIEN"].partition(";")[0]
    return twin, line


def _offers(claim: Claim) -> set[str]:
    return {found.key for found in content().plans if claim.place.kind.key in found.at}


def exam_in_operation(maker: Maker, claim: Claim) -> Found | None:
    """The surgeon examines somebody else in the middle of an operation."""
    found = _exam_beside(maker, claim, "8", _EARLY)
    return [(found[0], line_hit("XML3", found[1], "NGAY_TH_YL"))] if found else None


def exam_and_procedure(maker: Maker, claim: Claim) -> Found | None:
    """A doctor begins an examination and a procedure in the same minute."""
    if claim.plan.key != "tai_nan":
        return None
    found = _exam_beside(maker, claim, "18", 0)
    return [(found[0], line_hit("XML3", found[1], "NGAY_TH_YL"))] if found else None


def _beds(claim: Claim) -> list[Row]:
    return [row for row in claim.lines("XML3") if row.get("MA_GIUONG")]


def _bedfellow(maker: Maker, claim: Claim) -> Claim | None:
    """Another patient in the same bed."""
    if not (alone(claim) and claim.plan.key == "noi_tru" and steady_stay(claim)):
        return None
    twin = maker.other(claim)
    if twin is None or min(len(_beds(twin)), len(_beds(claim))) < 2:  # noqa: PLR2004
        return None
    if any(not amount(row, "T_BHTT") for row in (*_beds(twin), *_beds(claim))):
        return None
    if _beds(twin)[-1]["NGAY_KQ"] > _beds(claim)[-1]["NGAY_KQ"]:
        return None  # the next patient may lie in the bed by then
    for row in _beds(twin):
        row["MA_GIUONG"] = _beds(claim)[0]["MA_GIUONG"]
    return twin


def _covered(claim: Claim, other: Claim) -> list[Row]:
    """Bed lines of a claim more than half of which the other one's use of the bed covers."""
    since, until = _beds(other)[0]["NGAY_YL"], _beds(other)[-1]["NGAY_KQ"]
    found = []
    for row in _beds(claim):
        start, end = minutes_of(row["NGAY_YL"]), minutes_of(row["NGAY_KQ"])
        both = min(end, minutes_of(until)) - max(start, minutes_of(since))
        if 2 * both > end - start:
            found.append(row)
    return found


def _together(claim: Claim, other: Claim) -> bool:
    since = max(_beds(claim)[0]["NGAY_YL"], _beds(other)[0]["NGAY_YL"])
    until = min(_beds(claim)[-1]["NGAY_KQ"], _beds(other)[-1]["NGAY_KQ"])
    return minutes_of(until) - minutes_of(since) > DAY


def bed_twice(maker: Maker, claim: Claim) -> Found | None:
    """Two patients at full price in one bed."""
    twin = _bedfellow(maker, claim)
    if twin is None or not _together(claim, twin):
        return None
    one, later = sorted((claim, twin), key=lambda c: (_beds(c)[0]["NGAY_YL"], c.key))
    return [(later, line_hit("XML3", row, "MA_GIUONG")) for row in _covered(later, one)]


def bed_shared_by_one(maker: Maker, claim: Claim) -> Found | None:
    """Only one of two patients in a bed has the share of the price."""
    twin = _bedfellow(maker, claim)
    if twin is None or not _together(claim, twin):
        return None
    for row in _beds(twin):
        row["TYLE_TT_DV"] = _SHARED
    settle(twin)
    found = []
    for row in _covered(claim, twin):
        beyond = half_up(amount(row, "T_BHTT"), 2)
        found.append((claim, line_hit("XML3", row, "TYLE_TT_DV", beyond).right(_SHARED)))
    return found


def two_places_at_once(maker: Maker, claim: Claim) -> Found | None:
    """Another facility examines the patient in the same minute."""
    mine = first(claim.lines("XML3"), MA_NHOM="13")
    way = plan("chuyen_den_ngoai_tru")
    if not alone(claim) or claim.plan.key != "kham_mot" or mine is None:
        return None
    start = minutes_of(mine["NGAY_TH_YL"])
    for place in offered(maker, way, but=claim.place):
        maker.made.clear()
        twin = maker.again(claim, midnight(claim), way, place)
        line = exam_only(twin) if twin else None
        if twin is None or line is None:
            continue
        length = minutes_of(line["NGAY_KQ"]) - minutes_of(line["NGAY_TH_YL"])
        doctors = [p.licence for p in place.people("K01", "bac_si")]
        doctor = place.diary.soonest(doctors, start, length)
        if place.diary.book([doctor], start, length) != start:
            continue
        move(twin, start - minutes_of(line["NGAY_TH_YL"]))
        line["NGUOI_THUC_HIEN"] = line["MA_BAC_SI"] = doctor
        owner, row = max((claim, mine), (twin, line), key=lambda pair: pair[0].place.code)
        fitting = fits(claim.patient, way, twin.disease, midnight(claim))
        return [(owner, line_hit("XML3", row, "NGAY_TH_YL"))] if fitting else None
    return None
