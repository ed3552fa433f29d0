"""Second claims beside a valid one, for errors that only two claims together show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.claims import make_claim
from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, stamp
from giamdinh.sample.money import minutes_of, settle
from giamdinh.sample.returns import LINKED, Before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.sample.content import Plan
    from giamdinh.sample.model import Claim, Facility, Row
    from giamdinh.sample.plants import Hit

    Found = list[tuple[Claim, Hit]]
    """The findings of an error, each with the claim where it stands."""

_STAMP = 12


class Maker:
    """Makes claims with numbers of their own that end within the month.

    Attributes:
        made: the claims made since it was last cleared.
        all: the claims that were there before.
        days: midnights of the month.
    """

    def __init__(self, claims: Sequence[Claim], days: Sequence[int], serial: int = 0) -> None:
        """`serial` is the last number that is taken; that of the claims by default."""
        self._serial = serial or len(claims)
        self._end = days[-1] + DAY
        self.all = tuple(claims)
        self.days = tuple(days)
        self.places = tuple({claim.place.code: claim.place for claim in claims}.values())
        self.made: list[Claim] = []

    def again(
        self, claim: Claim, when: int, plan: Plan | None = None, place: Facility | None = None
    ) -> Claim | None:
        """Another claim of the patient, with the same disease where the plan is the same.

        Args:
            claim: the first one.
            when: midnight of the day of arrival, or its minute.
            plan: that of the claim by default.
            place: that of the claim by default.
        """
        day = when - when % DAY
        before = Before(claim, day, when if when > day else 0, same=plan is None)
        where = place or claim.place
        return self._kept(make_claim(where, plan or claim.plan, self._next(), day, before))

    def other(self, claim: Claim, *, sooner: int = 0) -> Claim | None:
        """A claim of another patient with the same story on the same day.

        The patient arrives `sooner` minutes before the first one, if that is not 0.
        """
        serial = self._next()
        came = minutes_of(claim.head["NGAY_VAO"])
        day = came - came % DAY
        stranger = make_claim(claim.place, claim.plan, serial, day)
        twin = replace(claim, patient=stranger.patient)
        before = Before(twin, day, came - sooner if sooner else 0, same=True)
        made = make_claim(claim.place, claim.plan, serial, day, before)
        made.register.extend(stranger.register)
        return self._kept(made)

    def stranger(self, place: Facility, plan: Plan, day: int) -> Claim | None:
        """A claim of somebody else."""
        return self._kept(make_claim(place, plan, self._next(), day))

    def copy(self, claim: Claim) -> Claim:
        """The same claim under another number."""
        serial = self._next()
        old = claim.key
        new = f"{old[:-6]}{serial:06d}"
        rows = {
            table: [{k: v.replace(old, new) for k, v in row.items()} for row in found]
            for table, found in claim.rows.items()
        }
        made = replace(claim, rows=rows, register=[], touched=set())
        self.made.append(made)
        return made

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _kept(self, made: Claim) -> Claim | None:
        made.touched.clear()
        if minutes_of(made.head["NGAY_RA"]) >= self._end:
            return None
        self.made.append(made)
        return made


def alone(claim: Claim) -> bool:
    """Whether no other claim has its patient."""
    return LINKED not in claim.touched


def midnight(claim: Claim, name: str = "NGAY_VAO") -> int:
    """The day of a moment of the claim."""
    moment = minutes_of(claim.head[name])
    return moment - moment % DAY


def move(claim: Claim, minutes: int, *, since: str = "", until: str = "9") -> None:
    """Everything from a moment on, and until another, happens later."""
    for rows in claim.rows.values():
        for row in rows:
            for name, text in row.items():
                if _is_moment(name, text) and since <= text <= until:
                    row[name] = stamp(minutes_of(text) + minutes)


def _is_moment(name: str, text: str) -> bool:
    timed = name.startswith(("NGAY_", "THOI_DIEM")) and name != "NGAY_SINH"
    return timed and len(text) == _STAMP and text.isdigit()


def without_drugs(claim: Claim) -> None:
    """The visit ends without a prescription."""
    claim.rows.pop("XML2", None)
    settle(claim)


def exam_only(claim: Claim) -> Row | None:
    """The visit is its one examination and nothing else; None when it has not one."""
    exams = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "13"]
    if len(exams) != 1:
        return None
    claim.rows["XML3"] = exams
    exams[0]["STT"] = "1"
    for table in ("XML2", "XML4"):
        claim.rows.pop(table, None)
    settle(claim)
    return exams[0]


def plan(key: str) -> Plan:
    """A kind of episode by its key."""
    return next(found for found in content().plans if found.key == key)


def offered(maker: Maker, wanted: Plan, *, but: Facility | None = None) -> list[Facility]:
    """The facilities that have a kind of episode."""
    return [p for p in maker.places if p.kind.key in wanted.at and p is not but]
