"""The people of a province: the same in all months, each registered somewhere, seen in turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, day8
from giamdinh.sample.people import birth_of, name_of, other_registration, weight_of
from giamdinh.sample.stamps import OWN, card_ages
from giamdinh.tables.values import day_minutes, moment

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from giamdinh.sample.content import FacilityKind, Plan
    from giamdinh.sample.model import Facility, Row

_CENTURY = 2000
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 989_999
"""Numbers below and above are those of people made for one claim."""
_CHILD = "TE"
_CHILD_YEARS = 6
_YEARS_AHEAD = 2
"""Nobody outgrows the card in the months of the province."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a card; texts as a claim has them, `birth` the day of birth as yyyymmdd."""

    number: str
    family: str
    name: str
    identity: str
    birth: int
    home: int
    card: str
    registered: str
    five_years: str
    weight: str
    sex: str
    prefix: str

    def texts(self, claim: str, place: Facility, addresses: list[Row], day: int) -> tuple[str, ...]:
        """The texts of `stamps.PERSON`; `claim` is MA_LK, `day` that of arrival."""
        address = addresses[self.home % len(addresses)]
        since, until = _valid(self.prefix, self.birth, moment(day).year)
        return (
            claim, self.number, self.family, self.name, self.identity, f"{self.birth}0000",
            str(self.birth), address["DIA_CHI"], address["MAXA_CU_TRU"], self.card, since, until,
            self.registered, self.five_years, self.weight, self.sex, place.code,
            place.head.number,
        )  # fmt: skip


class Numbers:
    """The next number that nobody has."""

    def __init__(self) -> None:
        self._last = _FIRST_SERIAL - 1

    def next(self) -> int:
        """One more.

        Raises:
            ValueError: there are more people than numbers.
        """
        self._last += 1
        if self._last > _LAST_SERIAL:
            raise ValueError("quá nhiều hồ sơ: số định danh giả chỉ đủ cho 980.000 người")
        return self._last


@dataclass(slots=True)
class Pool:
    """The people a facility sees, in turn, so that nobody comes again soon."""

    waiting: deque[Person]

    def take(self, fits: Callable[[Person], bool]) -> Person | None:
        """The one who waits longest and fits; None when nobody does."""
        for _ in range(len(self.waiting)):
            person = self.waiting.popleft()
            self.waiting.append(person)
            if fits(person):
                return person
        return None


def make_pool(
    place: Facility, rng: random.Random, numbers: Numbers, about: tuple[int, int], *, own: bool
) -> Pool:
    """So many people who are registered at a facility, or elsewhere and sent or driven there.

    Args:
        place: the facility.
        rng: decides who they are.
        numbers: gives them their numbers.
        about: how many, and the first day of the province.
        own: whether they are registered there.
    """
    size, day = about
    kinds = _kinds(place.kind, own=own)
    weights = [weight for *_, weight in kinds]
    chosen = rng.choices(kinds, weights, k=size) if kinds else []
    made = (_person(place, rng, numbers.next(), (kind, day), own=own) for kind in chosen)
    return Pool(deque(made))


_Kind = tuple[str, int, int, str, int]


def _kinds(kind: FacilityKind, *, own: bool) -> list[_Kind]:
    """Card prefix, ages, sex and weight of those who have a reason to come."""
    found = []
    for row in content().names["cards"]:
        first, last = card_ages(row["prefix"])
        last = min(last - _YEARS_AHEAD, last) if row["prefix"] != _CHILD else last - _YEARS_AHEAD
        for low, high, sex in set(_reasons(kind, row["prefix"], own=own)):
            least, most = max(first, low), min(last, high - _YEARS_AHEAD)
            if least <= most:
                found.append((row["prefix"], least, most, sex, int(row["weight"])))
    return sorted(found)


def _reasons(kind: FacilityKind, prefix: str, *, own: bool) -> Iterator[tuple[int, int, str]]:
    for plan in plans_at(kind):
        if (plan.category in OWN) == own and (not plan.prefixes or prefix in plan.prefixes):
            for key in plan.diseases:
                disease = content().diseases[key]
                yield (*disease.ages, disease.sex)


@cache
def left_out() -> frozenset[str]:
    """Plans that cannot be written again for other people."""
    return frozenset(content().province["left_out"])


def plans_at(kind: FacilityKind) -> list[Plan]:
    """The kinds of episode of a facility."""
    return [p for p in content().plans if kind.key in p.at and p.key not in left_out()]


def _person(
    place: Facility, rng: random.Random, serial: int, about: tuple[_Kind, int], *, own: bool
) -> Person:
    (prefix, low, high, sex, _), day = about
    sex = sex or rng.choice("12")
    age = rng.randint(low, high)
    born = birth_of(age, day, rng.randint(31, 330))
    family, _, name = name_of(rng, sex).partition(" ")
    year = moment(born).year
    century = (2 if year >= _CENTURY else 0) + (0 if sex == "1" else 1)
    province = content().names["province"]["code"]
    since = max(moment(day).year - rng.randint(1, 6), year + 5)
    return Person(
        number=f"BN{place.code}{serial:06d}",
        family=family,
        name=name,
        identity=f"0{province}{century}{year % 100:02d}{serial:06d}",
        birth=int(day8(born)),
        home=rng.randrange(1 << 16),
        card=f"98{serial:08d}",
        registered=place.code if own else other_registration(rng),
        five_years=f"{min(since, moment(day).year)}0101",
        weight=weight_of(rng, age),
        sex=sex,
        prefix=prefix,
    )


def _valid(prefix: str, birth: int, year: int) -> tuple[str, str]:
    """First and last day of a card: of the year, or the first six years of life."""
    if prefix != _CHILD:
        return f"{year}0101", f"{year}1231"
    last = date(birth // 10000 + _CHILD_YEARS, birth // 100 % 100, min(birth % 100, 28))
    return str(birth), day8(day_minutes(last) - DAY)
