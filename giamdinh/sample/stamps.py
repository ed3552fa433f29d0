"""Claims in great number: one is made in full, then written again for other people and times.

A template is the text of a valid claim with holes: who the patient is, who did what, on which
machine, in which bed, and every moment as a distance from the arrival.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from giamdinh.sample import facilities, law
from giamdinh.sample.claims import make_claim
from giamdinh.sample.content import content
from giamdinh.sample.diary import GAP, Diary
from giamdinh.sample.model import DAY, HOUR, Card, Claim, Patient, dice
from giamdinh.sample.money import amount, minutes_of
from giamdinh.sample.people import birth_of
from giamdinh.sample.returns import Before
from giamdinh.sample.write import claim_text
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import day_minutes, moment, number_text, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.model import Field
    from giamdinh.sample.content import Disease, Plan
    from giamdinh.sample.model import Facility, Row

OWN = frozenset({"dung_tuyen", "hen_lai", "linh_thuoc"})
"""Ways to come of patients who are registered at the facility."""
ARRIVAL = 8 * HOUR
"""When the patient of a template arrives, minutes of the day."""
PERSON = (
    "MA_LK", "MA_BN", "HO", "TEN", "SO_CCCD", "NGAY_SINH", "SINH", "DIA_CHI", "MAXA_CU_TRU", "THE",
    "GT_THE_TU", "GT_THE_DEN", "MA_DKBD", "NAM_NAM_LIEN_TUC", "CAN_NANG", "GIOI_TINH", "MA_CSKCB",
    "MA_TTDV",
)  # fmt: skip
"""The holes about the patient and the place, the first of all texts that fill a template."""
_OPEN, _CLOSE = "\ue010", "\ue011"
_HOLE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_STAMP, _DAY8 = 12, 8
_RESULTS = 16
_WORKDAYS = frozenset({"NGAY_TAI_KHAM", "NGAY_HEN_KL"})
_ALWAYS = {"GT_THE_TU", "GT_THE_DEN", "NAM_NAM_LIEN_TUC", "MA_TTDV"}
_PLACED = {"MA_CSKCB", "MA_CSKCB_DI", "MA_NOI_DI"}

PersonRef = tuple[str, str, int, str]
"""A member of the staff: department, role, position in the group, and which of its texts."""


@dataclass(frozen=True, slots=True)
class Template:
    """A claim to be written again.

    Attributes:
        plan, disease: what kind of episode it is.
        digits: the card without its number: prefix, benefit digit, province.
        ages: years, both inclusive.
        text: `%s` for every hole, in the order that `pick` gives.
        stamps, days, workdays: minutes from the arrival of every moment, and days from its day.
        results: texts to choose from, one tuple for each measured value.
        busy: (who or what, day, first minute, minutes as bits) that nobody else may take.
        latest: the largest minute of a day; an arrival that moves it past midnight changes days.
        beds: (ward, first and last minute from the arrival).
        paid: T_BHTT in hundredths; `inpatient` whether it is a stay.
    """

    plan: Plan
    disease: Disease
    digits: str
    ages: tuple[int, int]
    text: str
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    stamps: tuple[int, ...]
    days: tuple[int, ...]
    workdays: tuple[int, ...]
    results: tuple[tuple[str, ...], ...]
    people: tuple[PersonRef, ...]
    machines: tuple[tuple[str, int], ...]
    beds: tuple[tuple[str, int, int], ...]
    busy: tuple[tuple[PersonRef | tuple[str, int], int, int, int], ...]
    latest: int
    left: int
    paid: int


class _Recorder(Diary):
    """A diary that is always free and remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int, int]] = []

    def book(self, names: Sequence[str], earliest: int, minutes: int) -> int:
        start = super().book(names, earliest, minutes)
        self.asked += [(name, start, minutes) for name in names]
        return start


class Model:
    """A facility with one team, at which templates are made, and who is who in it."""

    def __init__(self, place: Facility) -> None:
        self.place = place
        self.staff: dict[str, PersonRef] = {}
        for (department, role), group in place.staff.items():
            for position, person in enumerate(group):
                self.staff[person.licence] = (department, role, position, "licence")
                self.staff[person.number] = (department, role, position, "number")
        self.machines = {
            code: (group, number)
            for group in place.kind.machines
            for number, code in enumerate(facilities.machine_codes(place, group))
        }


@dataclass(slots=True)
class _Holes:
    """What the holes of a template are, by kind, each once."""

    model: Model
    origin: int
    key: str
    kinds: dict[str, dict[Any, int]] = field(default_factory=lambda: defaultdict(dict))
    latest: int = 0

    def hole(self, kind: str, what: object) -> str:
        """The mark of a hole; the same hole has the same mark."""
        found = self.kinds[kind]
        number = found.setdefault(what, len(found))
        return f"{_OPEN}{_KINDS.index(kind):02d}{number}{_CLOSE}"

    def moment(self, text: str) -> str:
        """A moment of the episode."""
        at = minutes_of(text)
        self.latest = max(self.latest, at % DAY)
        return self.hole("stamps", at - self.origin)

    def day(self, text: str, kind: str = "days") -> str:
        """A day of the episode."""
        at = minutes_of(f"{text}0000")
        return self.hole(kind, (at - (self.origin - self.origin % DAY)) // DAY)


_KINDS = ("person", "people", "machines", "beds", "stamps", "days", "workdays", "results")


def make_template(
    model: Model, plan: Plan, disease: Disease, prefix: str, day: int
) -> Template | None:
    """The template of an episode that begins on `day`; None where the disease does not fit it."""
    origin = day + ARRIVAL
    nobody = _nobody(plan, disease, prefix, day)
    if nobody is None:
        return None
    diary = _Recorder()
    bare = replace(model.place, diary=diary)
    earlier = Claim(bare, plan, disease, nobody, law.format_version(day))
    claim = make_claim(bare, plan, 1, day, Before(earlier, day, origin, same=True))
    holes = _Holes(model, origin, claim.key)
    head = claim.head
    paid, left = amount(head, "T_BHTT"), minutes_of(head["NGAY_RA"]) - origin
    beds = _beds(claim)
    for table, rows in claim.rows.items():
        for row in rows:
            _punch(table, row, holes, beds)
    text, pick = _assembled(claim, holes)
    kinds = holes.kinds
    busy = tuple(_booked(holes, entry) for entry in diary.asked)
    return Template(
        plan, disease, nobody.cards[0].code[:5], _ages(disease, prefix), text, pick,
        stamps=tuple(kinds["stamps"]), days=tuple(kinds["days"]),
        workdays=tuple(kinds["workdays"]), results=tuple(item for _, item in kinds["results"]),
        people=tuple(kinds["people"]), machines=tuple(kinds["machines"]),
        beds=tuple(
            (ward, since - origin, until - origin) for ward, _, since, until in kinds["beds"]
        ),
        busy=busy, latest=holes.latest, left=left, paid=paid,
    )  # fmt: skip


def _ages(disease: Disease, prefix: str) -> tuple[int, int]:
    low, high = disease.ages
    first, last = card_ages(prefix)
    return max(low, first), min(high, last)


def card_ages(prefix: str) -> tuple[int, int]:
    """The ages at which people have a card."""
    row = next(row for row in content().names["cards"] if row["prefix"] == prefix)
    return int(row["age"][0]), int(row["age"][1])


def _nobody(plan: Plan, disease: Disease, prefix: str, day: int) -> Patient | None:
    """A patient whose texts are holes."""
    low, high = _ages(disease, prefix)
    if low > high or (plan.prefixes and prefix not in plan.prefixes):
        return None
    names = content().names
    born = birth_of((low + high) // 2, day)
    digit = law.card_digit(prefix, day)
    card = Card(
        f"{prefix}{digit}{names['province']['code']}{_person('THE')}",
        _person("MA_DKBD"),
        day_minutes(moment(day).date().replace(month=1, day=1)),
        day + 400 * DAY,
    )
    district = names["district"]["code"] if _has_district(day) else ""
    return Patient(
        number=_person("MA_BN"),
        name=f"{_person('HO')} {_person('TEN')}",
        born=born,
        sex=_person("GIOI_TINH"),
        identity=_person("SO_CCCD"),
        address={
            "DIA_CHI": _person("DIA_CHI"),
            "MATINH_CU_TRU": names["province"]["code"],
            "MAHUYEN_CU_TRU": district,
            "MAXA_CU_TRU": _person("MAXA_CU_TRU"),
        },
        weight=_person("CAN_NANG"),
        cards=(card,),
        five_years=born,
    )


def _has_district(day: int) -> bool:
    from datetime import date

    return day < day_minutes(date.fromisoformat(content().names["district"]["through"])) + DAY


def _person(name: str) -> str:
    return f"{_OPEN}00{PERSON.index(name)}{_CLOSE}"


def _beds(claim: Claim) -> dict[str, tuple[str, str, int, int]]:
    """Bed to ward, bed, and the span over all its lines."""
    found: dict[str, tuple[str, str, int, int]] = {}
    for row in claim.lines("XML3"):
        if row.get("MA_GIUONG"):
            bed = row["MA_GIUONG"]
            since = found[bed][2] if bed in found else minutes_of(row["NGAY_YL"])
            found[bed] = (row["MA_KHOA"], bed, since, minutes_of(row["NGAY_KQ"]))
    return found


def _punch(table: str, row: Row, holes: _Holes, beds: dict[str, tuple[str, str, int, int]]) -> None:
    """Puts holes in place of what differs from claim to claim."""
    fields = table_specs()[table].by_name
    named = row.get("MA_BS") or row.get("MA_BAC_SI", "")
    for name, value in row.items():
        if not value:
            continue
        if name == "MA_GIUONG":
            row[name] = holes.hole("beds", beds[value])
        elif name == "GIA_TRI":
            row[name] = _result(row, holes)
        elif name == "GIAY_CHUYEN_TUYEN" and "/" in value:  # a slip is used for one claim
            row[name] = f"{_person('MA_LK')}/{value.partition('/')[2]}"
        elif name in {"TEN_BS", "HOTEN_NGUOI_HT"}:
            row[name] = _staff(named, holes, "name")
        elif name in _ALWAYS or (name in _PLACED and value == holes.model.place.code):
            row[name] = _person("MA_CSKCB" if name in _PLACED else name)
        else:
            found = _when(fields[name], value, holes)
            row[name] = found or _staff(value.replace(holes.key, _person("MA_LK")), holes)


def _when(field: Field, value: str, holes: _Holes) -> str:
    """The hole of a moment or a day, and of a machine; "" for all else."""
    if field.name == "MA_MAY":
        group, *_, serial = value.split(".")
        return holes.hole("machines", (group, int(serial[1:]) - 1))
    if field.name == "NGAY_SINH":
        return _person("NGAY_SINH" if len(value) == _STAMP else "SINH")
    if not (_dated(field) and value.isdigit()):
        return ""
    if len(value) == _STAMP:
        return holes.moment(value)
    kind = "workdays" if field.name in _WORKDAYS else "days"
    return holes.day(value, kind) if len(value) == _DAY8 else ""


def _dated(field: Field) -> bool:
    """Whether a field holds a moment, also where it repeats one of another table as text."""
    return field.temporal or field.name.startswith("NGAY_")


def _result(row: Row, holes: _Holes) -> str:
    """A measured value: one of several in the range of the indicator."""
    texts = _results().get(row.get("MA_CHI_SO", ""))
    if texts is None:
        return row["GIA_TRI"]
    return holes.hole("results", (len(holes.kinds["results"]), texts))


@cache
def _results() -> dict[str, tuple[str, ...]]:
    """Indicator to some values."""
    found = {}
    for item in (item for service in content().services.values() for item in service.items):
        scale = len(item.low.partition(".")[2])
        low, high = parse_number(item.low, scale) or 0, parse_number(item.high, scale) or 0
        rng = dice("result", item.code)
        found[item.code] = tuple(
            number_text(rng.randint(low, high), scale) for _ in range(_RESULTS)
        )
    return found


def _staff(value: str, holes: _Holes, wanted: str = "") -> str:
    """The value with its licences and numbers of staff as holes; with `wanted` that text of it."""
    known = holes.model.staff
    parts = value.split(";")
    if not any(part in known for part in parts):
        return value
    out = []
    for part in parts:
        department, role, position, what = known.get(part, ("", "", 0, ""))
        out.append(
            holes.hole("people", (department, role, position, wanted or what)) if what else part
        )
    return ";".join(out)


def _booked(
    holes: _Holes, entry: tuple[str, int, int]
) -> tuple[PersonRef | tuple[str, int], int, int, int]:
    """Whom a booking concerns, its day, and its minutes with the gaps around as bits."""
    name, start, minutes = entry
    who = holes.model.machines.get(name) or holes.model.staff[name]
    day = start // DAY - holes.origin // DAY
    return who, day, start % DAY - GAP, (1 << (minutes + 2 * GAP)) - 1


def _assembled(
    claim: Claim, holes: _Holes
) -> tuple[str, Callable[[Sequence[str]], tuple[str, ...]]]:
    """The text with `%s`, and what picks the texts for them out of all, in their order."""
    starts, size = {}, len(PERSON)
    for number, kind in enumerate(_KINDS):
        starts[number] = 0 if number == 0 else size
        size += 0 if number == 0 else len(holes.kinds[kind])
    raw = claim_text(claim, "inline").replace("%", "%%")
    order = [starts[int(mark[:2])] + int(mark[2:]) for mark in _HOLE.findall(raw)]
    return _HOLE.sub("%s", raw), itemgetter(*order)
