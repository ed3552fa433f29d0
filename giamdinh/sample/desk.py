"""One facility's month: who comes when, with whom and why; claims written from templates."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from giamdinh.sample.content import content
from giamdinh.sample.days import is_workday, next_workday
from giamdinh.sample.diary import Diary
from giamdinh.sample.lanes import Lanes
from giamdinh.sample.model import DAY, HOUR, day8, dice
from giamdinh.sample.people import address_of
from giamdinh.sample.population import Pool, plans_at
from giamdinh.sample.stamps import ARRIVAL, OWN, Model, Template, make_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.sample.content import Disease, FacilityKind, Plan
    from giamdinh.sample.model import Facility, Row
    from giamdinh.sample.population import Person
    from giamdinh.sample.province_plants import Growth

MORNING, AFTERNOON = range(-55, 116, 3), range(300, 391, 3)
"""Arrivals, in minutes after that of the templates."""
_CLOSING = 18 * HOUR
_EVENING = DAY - 10
_LONG = 10 * HOUR
_CARES = frozenset({"01", "05", "07"})
_TRIES, _TIMES = 12, 40
_ADDRESSES = 40
_SPARE_DAYS = 45
_FIRST = 100_000
"""Numbers below are those of claims made in full."""


class Written(NamedTuple):
    """A claim as text, with the minute it ended and T_BHTT in hundredths."""

    left: int
    key: str
    text: str
    paid: int


@dataclass(slots=True)
class Place:
    """A facility over all months.

    Attributes:
        whole: with all teams; team 0 is for claims that are made in full.
        size: members of a team by department and role.
        pools: its own people (True) and those registered elsewhere.
    """

    whole: Facility
    size: dict[tuple[str, str], int]
    growth: Growth | None
    pools: dict[bool, Pool] = field(default_factory=dict)


class Calendar:
    """A month and the texts of its minutes and days.

    Attributes:
        span: its first and last day as yyyymmdd.
        next: for each day the next working day.
    """

    def __init__(self, days: Sequence[int]) -> None:
        self.days = list(days)
        self.start = days[0]
        workdays = [i for i, day in enumerate(days) if is_workday(day)]
        self.workdays = workdays
        self.span = int(day8(days[0])), int(day8(days[-1]))
        every = [days[0] + i * DAY for i in range(len(days) + _SPARE_DAYS)]
        self.dates = [day8(day) for day in every]
        self.moments = [f"{date}{hour:02d}{minute:02d}" for date in self.dates
                        for hour in range(24) for minute in range(60)]  # fmt: skip
        self.next = [day8(next_workday(day)) for day in every]
        rng = dice("address", days[0])
        self.addresses: list[Row] = [address_of(rng, days[0]) for _ in range(_ADDRESSES)]

    def until(self, end: int, *, anyday: bool) -> Sequence[int]:
        """The days, or the working days, before one, by position."""
        return range(end) if anyday else self.workdays[: bisect_left(self.workdays, end)]


class Templates:
    """The templates of a month, made when they are first needed."""

    def __init__(self, models: dict[str, Model], calendar: Calendar) -> None:
        self._models = models
        self._day = calendar.days[calendar.workdays[0]]
        self._made: dict[tuple[object, ...], Template | None] = {}

    def template(self, kind: str, plan: Plan, disease: Disease, prefix: str) -> Template | None:
        """The one template of a kind of episode, None where it is not for such a card."""
        key = (kind, plan.key, disease.key, disease.tests, prefix)
        if key not in self._made:
            model = self._models[kind]
            self._made[key] = make_template(model, plan, disease, prefix, self._day)
        return self._made[key]


class Desk:
    """Writes a facility's claims of a month."""

    def __init__(self, place: Place, at: tuple[int, int], calendar: Calendar) -> None:
        self.place, self.calendar = place, calendar
        whole = place.whole
        self._rng = dice("month", whole.seed, whole.code, calendar.start)
        self._lanes = Lanes(whole, place.size)
        self._growing = place.growth if place.growth and place.growth.covers(*at) else None
        self._choices: dict[tuple[object, ...], tuple[list[Template], list[int]]] = {}
        self._serial = _FIRST

    def claims(self, templates: Templates, count: int) -> list[Written]:
        """So many claims; fewer only where nobody has time."""
        own = own_share(self.place.whole.kind, self.calendar.start)
        out = []
        for _ in range(count):
            made = self._claim(templates, own=self._rng.random() < own)
            if made is not None:
                out.append(made)
        return out

    def beds(self) -> dict[str, int]:
        """How many beds each ward had to have."""
        return {ward: len(beds) for ward, beds in self._lanes.beds.items()}

    def _claim(self, templates: Templates, *, own: bool) -> Written | None:
        for _ in range(_TRIES):
            person = self.place.pools[own].take(lambda p: bool(self._fitting(templates, p, own)[0]))
            if person is None:
                return None
            fitting, weights = self._fitting(templates, person, own)
            template = self._rng.choices(fitting, cum_weights=weights)[0]
            made = self._placed(template, person)
            if made is not None:
                return made
        return None

    def _fitting(
        self,
        templates: Templates,
        person: Person,
        own: bool,  # noqa: FBT001 - part of a key
    ) -> tuple[list[Template], list[int]]:
        """What such a person may come for, with running weights."""
        first, last = self.calendar.span
        age = (first - person.birth) // 10000, (last - person.birth) // 10000
        key = (own, person.prefix, person.sex, age)
        if key not in self._choices:
            found, weights = [], []
            for plan in _plans(self.place.whole.kind, self.calendar.start, own=own):
                for name in plan.diseases:
                    weight = weight_of(plan) * 1000
                    disease = content().diseases[name]
                    if self._growing:
                        disease, weight = self._growing.changed(disease, weight)
                    if disease.sex not in {"", person.sex}:
                        continue
                    made = templates.template(
                        self.place.whole.kind.key, plan, disease, person.prefix
                    )
                    if made and made.ages[0] <= age[0] and age[1] <= made.ages[1]:
                        found.append(made)
                        weights.append(weight)
            self._choices[key] = found, list(accumulate(weights))
        return self._choices[key]

    def _placed(self, template: Template, person: Person) -> Written | None:
        """The claim on a day and at an hour at which everybody is free."""
        rng, calendar = self._rng, self.calendar
        span = (ARRIVAL + template.left) // DAY
        anyday = template.plan.category.startswith("cap_cuu")
        days = calendar.until(len(calendar.days) - span, anyday=anyday)
        arrivals = _arrivals(template.left, template.latest, template.plan.care)
        for _ in range(_TIMES):
            day = days[int(rng.random() * len(days))]
            later = arrivals[int(rng.random() * len(arrivals))]
            wanted = self._growing.doctor(rng) if self._growing else None
            seat = self._lanes.seat(template, (day, later), rng, wanted)
            if seat is not None:
                arrived = day * DAY + ARRIVAL + later
                return self._written(template, person, arrived, self._lanes.texts(template, seat))
        return None

    def _written(self, template: Template, person: Person, arrived: int, who: list[str]) -> Written:
        calendar, whole = self.calendar, self.place.whole
        self._serial += 1
        day = arrived // DAY
        key = f"{whole.code}{calendar.dates[day][2:6]}{self._serial:06d}"
        moments, dates, rand = calendar.moments, calendar.dates, self._rng.random
        beds = [
            self._lanes.bed(ward, arrived + since, arrived + until)
            for ward, since, until in template.beds
        ]
        texts = (
            *person.texts(key, whole, calendar.addresses, calendar.days[day]),
            *who,
            *beds,
            *[moments[arrived + at] for at in template.stamps],
            *[dates[day + at] for at in template.days],
            *[calendar.next[day + at] for at in template.workdays],
            *[values[int(rand() * len(values))] for values in template.results],
        )
        left = calendar.start + arrived + template.left
        return Written(left, key, template.text % template.pick(texts), template.paid)


def weight_of(plan: Plan) -> int:
    """How often a kind of episode is; outpatients come more often than in the small month."""
    more = int(content().province["outpatient"]) if plan.care in _CARES else 1
    return plan.weight * more


def own_share(kind: FacilityKind, day: int) -> float:
    """The part of the claims of people who are registered at the facility."""
    own = sum(map(weight_of, _plans(kind, day, own=True)))
    return own / (own + sum(map(weight_of, _plans(kind, day, own=False))))


def _plans(kind: FacilityKind, day: int, *, own: bool) -> list[Plan]:
    return [
        plan
        for plan in plans_at(kind)
        if (plan.category in OWN) == own and max(plan.since, plan.second_from) <= day
    ]


@cache
def _arrivals(left: int, latest: int, care: str) -> list[int]:
    """When one may come, so that all is done before the facility closes, or before midnight."""
    stay = left > _LONG or care not in _CARES
    end = (_EVENING if stay else _CLOSING) - latest
    return [at for at in (*MORNING, *(() if stay else AFTERNOON)) if at <= end]


def listed(place: Place, beds: dict[str, int]) -> Facility:
    """The facility as its lists describe it, with as many beds as were used."""
    diary = Diary()
    for ward, count in beds.items():
        for _ in range(count):
            diary.room(f"{ward}/", 0, 1)
    return replace(place.whole, diary=diary)
