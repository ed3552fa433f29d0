"""Errors in disease codes that the lists call unfit for the patient or for a use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.money import amount, minutes_of
from giamdinh.sample.plants import Hit, free, head_hit, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim

_COPIES = ("XML13", "XML14")
_GROWN = 16


def _years(claim: Claim) -> int:
    return int(claim.head["NGAY_VAO"][:4]) - int(claim.head["NGAY_SINH"][:4])


def _plain(claim: Claim) -> bool:
    """Whether no paper and no operation speaks of the diagnosis of a grown-up."""
    operated = any(row["MA_NHOM"] == "8" for row in claim.lines("XML3"))
    newborn = claim.plan.flags & {"newborn", "birth"}
    return not (claim.lines(*_COPIES) or operated or newborn) and _years(claim) > _GROWN


@plant("ICD-005")
def main_again(claim: Claim, _: random.Random) -> Hit | None:
    """The main diagnosis stands among the others too."""
    if claim.head["MA_BENH_KT"] or claim.lines(*_COPIES):
        return None
    claim.head["MA_BENH_KT"] = claim.head["MA_BENH_CHINH"]
    return free("XML1", "MA_BENH_KT")


def _beside(code: str, value: str, sex: str = "") -> None:
    """A plant that writes a disease beside the main one, for patients of a sex if one is given."""

    @plant(code)
    def written(claim: Claim, _: random.Random) -> Hit | None:
        head = claim.head
        if not _plain(claim) or "dies" in claim.plan.flags or head["MA_BENH_KT"]:
            return None
        if sex not in {"", head["GIOI_TINH"]}:
            return None
        head["MA_BENH_KT"] = value
        return free("XML1", "MA_BENH_KT")


_beside("ICD-010", "S18")
_beside("ICD-022", "F84.2", "1")


def _main(code: str, value: str, *beside: str) -> None:
    """A plant that writes a main diagnosis; the rules `beside` find it too."""

    @plant(code)
    def written(claim: Claim, _: random.Random) -> list[Hit] | None:
        if not _plain(claim):
            return None
        claim.head["MA_BENH_CHINH"] = value
        hit = free("XML1", "MA_BENH_CHINH")
        return [hit, *(replace(hit, rule=other) for other in beside)]


_main("ICD-008", "G81.9")
_main("ICD-013", "A33")
_main("ICD-021", "E11.X")
_main("ICD-023", "W01")
_main("ICD-024", "C98.1", "ICD-026")
_main("LNK-026", "B20.0")


@plant("ICD-025")
def too_old_for_a_child(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A code of pregnancy for a woman of sixty years and more."""
    old = _years(claim) > 62  # noqa: PLR2004
    if not _plain(claim) or not old or claim.head["GIOI_TINH"] != "2" or claim.head["MA_BENH_KT"]:
        return None
    claim.head["MA_BENH_KT"] = "O26.9"
    return [head_hit(claim, "MA_BENH_CHINH")]


@plant("EXM-017")
def health_check(claim: Claim, _: random.Random) -> Hit | None:
    """A visit sent as a periodic health check."""
    head = claim.head
    if claim.plan.care != "01" or claim.lines(*_COPIES, "XML11") or head.get("NGAY_TAI_KHAM"):
        return None
    if not amount(head, "T_BHTT") or law.is_inpatient("15", minutes_of(head["NGAY_RA"])):
        return None
    head["MA_LOAI_KCB"] = "15"
    return head_hit(claim, "MA_LOAI_KCB")
