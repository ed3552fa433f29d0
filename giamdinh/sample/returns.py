"""Patients who come again in a month for good reasons: later visits, drug pick-ups, referrals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, dice
from giamdinh.sample.money import minutes_of
from giamdinh.tables.specs import version_rank
from giamdinh.tables.values import moment

if TYPE_CHECKING:
    from giamdinh.sample.content import Disease, Plan
    from giamdinh.sample.model import Claim, Facility, Patient

LINKED = "cung_nguoi_benh"
"""In `Claim.touched`: another claim has the same patient, so no error of one claim is planted."""
_RETURNS = 0.1
_COMMON = 3
_CARES = ("01", "03", "05", "07")
_OWN = ("dung_tuyen", "hen_lai", "linh_thuoc")
_REFERS, _REFERRED = "tram_chuyen", "chuyen_den_ngoai_tru"
_WAYS = (25, 45)
_PAUSE = 3


@dataclass(frozen=True, slots=True)
class Before:
    """What comes before a claim of the same patient.

    Attributes:
        claim: the earlier claim.
        day: midnight of the day on which the patient comes.
        arrival: the minute of arrival after a referral; 0 for any time of that day.
        same: the patient comes with the same disease.
    """

    claim: Claim
    day: int
    arrival: int = 0
    same: bool = False


class Returns:
    """The claims made so far whose patients may come again, in the order of their days."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._seen: dict[str, list[Claim]] = defaultdict(list)
        self._referred: list[Claim] = []
        self._first = True

    def add(self, claim: Claim) -> None:
        """One more claim; the first referral of the month stays alone, for errors that need one."""
        if claim.plan.key == _REFERS and version_rank(claim.version) >= version_rank("4750"):
            if not self._first:
                self._referred.append(claim)
            self._first = False
        elif _common(claim.plan) and LINKED not in claim.touched:
            self._seen[claim.place.code].append(claim)

    def before(self, place: Facility, plan: Plan, serial: int, day: int) -> Before | None:
        """The earlier claim of the patient of a new one, whose day may then be another."""
        rng = dice("return", self._seed, serial)
        disease = disease_of(place, plan, serial)
        if plan.key == _REFERRED:
            fitting = [c for c in self._referred if fits(c.patient, plan, disease, day)]
            if fitting:
                self._referred.remove(fitting[0])
                left = minutes_of(fitting[0].head["NGAY_RA"])
                return Before(fitting[0], left - left % DAY, left + rng.randint(*_WAYS))
            return None
        if rng.random() > _RETURNS or not (_common(plan) or plan.category == "linh_thuoc"):
            return None
        seen = self._seen[place.code]
        fitting = [c for c in seen if _again(c, plan, day) and fits(c.patient, plan, disease, day)]
        if not fitting:
            return None
        chosen = rng.choice(fitting)
        seen.remove(chosen)
        return Before(chosen, day)


def disease_of(place: Facility, plan: Plan, serial: int) -> Disease:
    """The story of the claim with this number: its first throw of the dice."""
    return content().diseases[dice("claim", place.seed, serial, plan.key).choice(plan.diseases)]


def fits(patient: Patient, plan: Plan, disease: Disease, day: int) -> bool:
    """Whether a patient can be the one of such an episode."""
    born, today = moment(patient.born), moment(day)
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    low, high = disease.ages
    prefixes = {card.code[:2] for card in patient.cards}
    allowed = not plan.prefixes or prefixes <= set(plan.prefixes)
    return low <= age <= high and disease.sex in {"", patient.sex} and allowed


def link(claim: Claim, before: Before) -> None:
    """Marks both claims; a referral gets its sender and the number of its paper."""
    earlier = before.claim
    claim.touched.add(LINKED)
    earlier.touched.add(LINKED)
    papers = earlier.lines("XML13")
    if before.arrival and papers:
        claim.head["MA_NOI_DI"] = earlier.place.code
        claim.head["GIAY_CHUYEN_TUYEN"] = papers[0]["GIAY_CHUYEN_TUYEN"]


def _common(plan: Plan) -> bool:
    """An everyday kind of episode that leaves a patient who may come again."""
    return plan.weight >= _COMMON and not plan.flags - {"follow"} and plan.care in _CARES


def _again(earlier: Claim, plan: Plan, day: int) -> bool:
    """Whether the earlier drugs are used up, and the card is registered where the new one needs."""
    left = minutes_of(earlier.head["NGAY_RA"])
    supplied = 0 if earlier.plan.care == "03" else earlier.disease.days
    registered = (earlier.plan.category in _OWN) == (plan.category in _OWN)
    return registered and left - left % DAY + (supplied + _PAUSE) * DAY <= day
