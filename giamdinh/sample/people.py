"""Invented patients with well-formed but made-up numbers; every name carries the word MẪU."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, HOUR, Card, Patient, dice
from giamdinh.tables.values import day_minutes, moment

if TYPE_CHECKING:
    import random

    from giamdinh.sample.content import Disease, Plan
    from giamdinh.sample.model import Facility, Row

_CENTURY = 2000
_WEIGHTS = ((1, 8, 2), (6, 12, 8), (15, 24, 18), (120, 48, 26))
_NEWBORN_GRAMS = (2800, 3700)
_ADULT = 14


def make_patient(place: Facility, plan: Plan, disease: Disease, serial: int, day: int) -> Patient:
    """The patient of one episode.

    Args:
        place: where the episode is; its own patients are registered there.
        plan: restricts the card prefixes.
        disease: restricts age and sex.
        serial: a number no other patient of the month has.
        day: midnight of the arrival, minutes since 1970.
    """
    rng = dice("patient", place.seed, serial, plan.key)
    prefix, age = _prefix_and_age(rng, plan, disease)
    sex = disease.sex or rng.choice("12")
    born = _birth(rng, age, day, newborn="newborn" in plan.flags)
    number = f"{'99'}{serial:08d}"
    cards = _cards(place, plan, (prefix, number), born, day)
    return Patient(
        number=f"BN{place.code}{serial:06d}",
        name=name_of(rng, sex),
        born=born,
        sex=sex,
        identity=_identity(born, sex, serial),
        address=address_of(rng, day),
        weight=weight_of(rng, age, newborn="newborn" in plan.flags),
        cards=cards,
        five_years=_five_years(rng, born, day),
    )


def other_registration(rng: random.Random) -> str:
    """A facility outside the month where a card may be registered."""
    chosen: str = rng.choice(content().places["registers_at"])
    return chosen


def _prefix_and_age(rng: random.Random, plan: Plan, disease: Disease) -> tuple[str, int]:
    low, high = disease.ages
    fitting = []
    for row in content().names["cards"]:
        first, last = max(low, int(row["age"][0])), min(high, int(row["age"][1]))
        wanted = not plan.prefixes or row["prefix"] in plan.prefixes
        if wanted and first <= last:
            fitting.append((row["prefix"], first, last, int(row["weight"])))
    prefix, first, last, _ = rng.choices(fitting, [row[3] for row in fitting])[0]
    return prefix, rng.randint(first, last)


def _birth(rng: random.Random, age: int, day: int, *, newborn: bool) -> int:
    if newborn:
        return day - rng.randint(2, 6) * HOUR
    return birth_of(age, day, rng.randint(31, 330))


def birth_of(age: int, day: int, since: int = 180) -> int:
    """A birthday of somebody who is `age` on a day and was, `since` days before that month began.

    With 31 to 330 days the age is not on edge.
    """
    today = moment(day).date()
    return day_minutes(date(today.year - age, today.month, 1)) - since * DAY


def _five_years(rng: random.Random, born: int, day: int) -> int:
    """The first January of the sixth insured year; nobody is insured before birth."""
    year = moment(day).year
    return _january(min(year, max(year - rng.randint(1, 6), moment(born).year + 5)))


def _january(year: int) -> int:
    return day_minutes(date(year, 1, 1))


def name_of(rng: random.Random, sex: str) -> str:
    """An invented name; the mark stands in it."""
    names = content().names
    middle = names["male_middle"] if sex == "1" else names["female_middle"]
    parts = (rng.choice(names["family"]), rng.choice(middle), names["mark"])
    return " ".join((*parts, rng.choice(names["given"])))


def _identity(born: int, sex: str, serial: int) -> str:
    year = moment(born).year
    century = (2 if year >= _CENTURY else 0) + (0 if sex == "1" else 1)
    return f"0{content().names['province']['code']}{century}{year % 100:02d}{990_000 + serial:06d}"


def address_of(rng: random.Random, day: int) -> Row:
    """An invented address in the units of the day."""
    names = content().names
    commune, province = rng.choice(names["communes"]), names["province"]
    district = names["district"]
    if day >= day_minutes(date.fromisoformat(district["through"])) + DAY:
        district = None
    parts = [rng.choice(names["hamlets"]), commune["name"]]
    if district:
        parts.append(district["name"])
    return {
        "DIA_CHI": ", ".join([*parts, province["name"]]),
        "MATINH_CU_TRU": province["code"],
        "MAHUYEN_CU_TRU": district["code"] if district else "",
        "MAXA_CU_TRU": commune["code"],
    }


def weight_of(rng: random.Random, age: int, *, newborn: bool = False) -> str:
    """CAN_NANG in kilograms."""
    if newborn:
        return f"{rng.randint(*_NEWBORN_GRAMS) / 1000:.2f}"
    low, spread = next((low, spread) for limit, low, spread in _WEIGHTS if age < limit)
    return f"{low + rng.randint(0, spread)}.{rng.choice('05')}"


def _cards(
    place: Facility, plan: Plan, group: tuple[str, str], born: int, day: int
) -> tuple[Card, ...]:
    prefix, number = group
    rng = dice("card", number)
    year = moment(day).year
    province = content().names["province"]["code"]
    own = plan.category in {"dung_tuyen", "hen_lai", "linh_thuoc"}
    where = place.code if own else other_registration(rng)
    since, until = _january(year), _january(year + 1) - DAY
    code = f"{prefix}{law.card_digit(prefix, day)}{province}{number}"
    if "newborn" in plan.flags:
        where = f"{province}000"
    if prefix == "TE":
        birth = moment(born)
        since = born - born % DAY
        until = day_minutes(date(birth.year + 6, birth.month, min(birth.day, 28))) - DAY
    first = Card(code, where, since, until)
    if "two_cards" not in plan.flags:
        return (first,)
    # The patient retires in the second night of the stay: the first card ends, another begins.
    change = day + 2 * DAY
    second = f"HT{law.card_digit('HT', day)}{province}{number}"
    return (
        Card(code, where, since, change - DAY),
        Card(second, where, change, until),
    )
