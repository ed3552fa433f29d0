"""Errors that only many claims show: crowded desks, wards, readers, therapists, one patient's year.

Each makes claims of its own, so they are planted in a month that is large enough for them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.days import is_workday, month_days
from giamdinh.sample.model import DAY, HOUR, dice, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, scaled
from giamdinh.sample.pairs import (
    Maker,
    alone,
    exam_only,
    midnight,
    move,
    offered,
    plan,
    without_drugs,
)
from giamdinh.sample.plants import first, head_hit, key_row, line_hit
from giamdinh.sample.returns import LINKED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.sample.model import Claim, Facility, KeyRow, Request, Row
    from giamdinh.sample.pairs import Found

    Crowd = Callable[["Maker", Sequence[Claim]], "Found | None"]

ENOUGH = 400
"""A month of so many claims has room for them."""
_OPENS, _CLOSES, _APART, _LEAVES = 7 * HOUR, 20 * HOUR, 6, 15
_TRIES = 4
_WARDS = ("K27", "K19", "K18", "K02", "K03")
_SUPPLEMENT = 20
_UNIT, _WHOLE = 1000, 100
_SPARES, _MORE, _LATEST = 4, 5, 20


def add_spares(claims: list[Claim], request: Request) -> None:
    """More claims of the rare kinds of episode, where a month is to have every error."""
    if request.claims < ENOUGH:
        return
    maker = Maker(claims, month_days(request.month))
    days = [day for day in maker.days[:_LATEST] if is_workday(day)]
    rare = [kind for kind in content().plans if kind.weight == 1]
    with_supplies = [k for k in rare if any(content().diseases[d].supplies for d in k.diseases)]
    for number, kind in enumerate(rare * _SPARES + with_supplies * _MORE):
        for place in offered(maker, kind)[-1:]:
            if max(kind.since, kind.second_from) <= days[0]:
                maker.stranger(place, kind, days[number % len(days)])
    claims += maker.made


def plant_crowds(claims: list[Claim], request: Request) -> list[KeyRow]:
    """Plants every crowd in force; the new claims are added to `claims` and marked as touched."""
    days = month_days(request.month)
    if request.claims < ENOUGH:
        return []
    maker, key = Maker(claims, days, max(int(claim.key[-6:]) for claim in claims)), []
    for code, crowd in _CROWDS:
        if not law.rule_in_force(code, days[0]):
            continue
        mixed = [claim for claim in claims if not claim.touched]
        dice("crowd", request.seed, code).shuffle(mixed)
        maker.made.clear()
        found = crowd(maker, mixed)
        if found is None:
            continue
        for one in maker.made:
            one.touched |= {code, LINKED}
        claims += maker.made
        key += [key_row(owner, code, hit) for owner, hit in found]
    return key


@dataclass(frozen=True, slots=True)
class _Desk:
    """One doctor's desk on one day: where, which department, and what patients come for."""

    place: Facility
    ward: str
    visit: str
    day: int


def _queue(maker: Maker, desk: _Desk, count: int) -> list[tuple[Claim, Row]] | None:
    """So many short visits one after another at a desk, in the order of their times."""
    doctor = desk.place.staff[desk.ward, "bac_si"][0].licence
    found = []
    days = [day for day in maker.days[:-2] if is_workday(day)]
    for number in range(count):
        # Made for different days, so that no one else of the facility has to wait.
        claim = maker.stranger(desk.place, plan(desk.visit), days[number % len(days)])
        row = exam_only(claim) if claim else None
        if claim is None or row is None or not amount(row, "T_BHTT"):
            return None
        start = desk.day + _OPENS + number * _APART
        move(claim, start - minutes_of(row["NGAY_TH_YL"]))
        row |= {"NGUOI_THUC_HIEN": doctor, "MA_BAC_SI": doctor, "MA_KHOA": desk.ward}
        claim.head["MA_KHOA"] = desk.ward
        found.append((claim, row))
    return found


def _last_half(queue: list[tuple[Claim, Row]], field: str, percent: int) -> Found:
    """The last one of a queue with what it is paid above a percent."""
    claim, row = queue[-1]
    over = half_up(amount(row, "T_BHTT") * (_WHOLE - percent), _WHOLE)
    return [(claim, line_hit("XML3", row, field, over))]


def crowded_desk(maker: Maker, claims: Sequence[Claim]) -> Found | None:
    """One more than a desk of the emergency department is paid for in full on a day."""
    return _crowded(maker, claims, ("K02", "tai_nan"), "NGAY_TH_YL")


def one_doctor_at_two_desks(maker: Maker, claims: Sequence[Claim]) -> Found | None:
    """The same where the list has several desks and one doctor is seen."""
    return _crowded(maker, claims, ("K18", "kham_tre"), "NGUOI_THUC_HIEN")


def _crowded(
    maker: Maker, claims: Sequence[Claim], where: tuple[str, str], field: str
) -> Found | None:
    ward, visit = where
    place = next(p for p in maker.places if (ward, "bac_si") in p.staff)
    quiet = _quiet_day(maker, claims, place, ward)
    most = law.number("SO_LUOT_KHAM_MOT_BAN", quiet)
    queue = _queue(maker, _Desk(place, ward, visit, quiet), most + 1)
    return _last_half(queue, field, law.number("TY_LE_KHAM_VUOT_BAN", quiet)) if queue else None


def _quiet_day(maker: Maker, claims: Sequence[Claim], place: Facility, ward: str) -> int:
    """A working day on which nobody else is examined in a department."""
    busy = {
        row["NGAY_TH_YL"][:8]
        for claim in (*maker.all, *claims)
        if claim.place is place
        for row in claim.lines("XML3")
        if row["MA_NHOM"] == "13" and row["MA_KHOA"] == ward
    }
    days = [day for day in maker.days if is_workday(day) and stamp(day)[:8] not in busy]
    return days[len(days) // 2]


def every_other_day(maker: Maker, claims: Sequence[Claim]) -> Found | None:
    """One patient sees one specialty more often in a month than is usual in a year."""
    for claim in claims:
        row = first(claim.lines("XML3"), MA_NHOM="13")
        later = [day for day in maker.days if day > midnight(claim) and is_workday(day)]
        most = law.number("SO_LUOT_KHAM_NAM", midnight(claim))
        if claim.plan.key != "kham_mot" or not alone(claim) or len(later) < most or row is None:
            continue
        visits = [maker.again(claim, day) for day in later[:most]]
        rows = [exam_only(visit) if visit else None for visit in visits]
        last, exam = visits[-1], rows[-1]
        if last is None or exam is None or None in rows or not amount(exam, "T_BHTT"):
            maker.made.clear()
            continue
        claim.touched |= {"HIS-004", LINKED}
        return [(last, line_hit("XML3", exam, "MA_DICH_VU"))]
    return None


def read_by_the_dozen(maker: Maker, claims: Sequence[Claim]) -> Found | None:
    """One person reads more images within an hour than is credible."""
    imaged = [c for c in claims if c.plan.key == "kham_mot" and first(c.lines("XML3"), MA_NHOM="2")]
    for claim in sorted(imaged, key=lambda claim: -claim.place.teams)[:_TRIES]:
        maker.made.clear()
        most = law.number("SO_KET_QUA_MOT_GIO", midnight(claim))
        others = [maker.other(claim) for _ in range(most)]
        readings = [found for one in (claim, *others) if one and (found := _reading(one))]
        late = max(minutes_of(image["NGAY_KQ"]) for _, image, _ in readings)
        if len(readings) == most + 1 and late % DAY < _CLOSES:
            claim.touched |= {"DOC-017", LINKED}
            return _read_at_once(readings, late)
    maker.made.clear()
    return None


def _reading(claim: Claim) -> tuple[Claim, Row, Row] | None:
    """The image of a claim and its result."""
    image = first(claim.lines("XML3"), MA_NHOM="2")
    result = first(claim.lines("XML4"), MA_DICH_VU=image["MA_DICH_VU"]) if image else None
    return (claim, image, result) if image and result else None


def _read_at_once(readings: Sequence[tuple[Claim, Row, Row]], late: int) -> Found:
    """One reader has a result a minute, from `late` on."""
    reader = readings[0][2]["MA_BS_DOC_KQ"]
    for number, (claim, image, result) in enumerate(readings):
        without_drugs(claim)
        image["NGAY_KQ"] = result["NGAY_KQ"] = stamp(late + number)
        result["MA_BS_DOC_KQ"] = reader
        wait = max(late + number + _LEAVES - minutes_of(claim.head["NGAY_RA"]), 0)
        for name in ("NGAY_RA", "NGAY_TTOAN"):
            claim.head[name] = stamp(minutes_of(claim.head[name]) + wait)
    last, _, result = readings[-1]
    return [(last, line_hit("XML4", result, "MA_BS_DOC_KQ", 0))]


def exercises_for_all(maker: Maker, claims: Sequence[Claim]) -> Found | None:
    """One therapist treats more patients at once than is credible."""
    claim = next(c for c in claims if c.plan.key == "ban_ngay" and _therapy(c))
    line = _therapy(claim)
    most = law.number("SO_PHCN_CUNG_LUC", midnight(claim))
    others = [maker.other(claim) for _ in range(most)]
    if line is None:
        return None
    last: tuple[Claim, Row] | None = None
    for number, one in enumerate(others, start=1):
        row = _therapy(one) if one else None
        if one is None or row is None:
            return None
        start = minutes_of(line["NGAY_TH_YL"]) + number
        row["NGUOI_THUC_HIEN"] = line["NGUOI_THUC_HIEN"]
        row |= {"NGAY_TH_YL": stamp(start), "NGAY_KQ": line["NGAY_KQ"]}
        row["NGAY_YL"] = min(row["NGAY_YL"], stamp(start))
        last = one, row
    claim.touched |= {"DOC-025", LINKED}
    return [(last[0], line_hit("XML3", last[1], "NGUOI_THUC_HIEN"))] if last else None


def _therapy(claim: Claim) -> Row | None:
    lines = claim.lines("XML3")
    return next(
        (r for r in lines if r["MA_DICH_VU"].startswith("17.") and amount(r, "T_BHTT")), None
    )


def few_beds(claims: Sequence[Claim], damaged: Sequence[Claim], request: Request) -> list[KeyRow]:
    """A ward whose approved beds, by its list, are fewer than the patients of some day need.

    Comes last: no line changes any more. Claims in damaged files lie in other wards.
    """
    days = month_days(request.month)
    if request.claims < ENOUGH or not law.rule_in_force("BED-017", days[0]):
        return []
    fullest: tuple[int, list[tuple[Claim, Row]], Facility, str] | None = None
    for place in {claim.place.code: claim.place for claim in claims}.values():
        for ward in _WARDS:
            if _bed_lines(damaged, place, ward):
                continue
            lines = _bed_lines(claims, place, ward)
            peak = max(_load(lines).values(), default=0)
            if peak > _UNIT and (fullest is None or len(lines) < len(fullest[1])):
                fullest = peak, lines, place, ward
    if fullest is None:
        return []
    peak, lines, place, ward = fullest
    beds = next(n for n in range(peak // _UNIT, 0, -1) if n * (_WHOLE + _SUPPLEMENT) * 10 < peak)
    place.diary.approved[ward] = beds
    return [key_row(c, "BED-017", line_hit("XML3", r, "MA_KHOA")) for c, r in _beyond(lines, beds)]


def closed_day(claims: Sequence[Claim], damaged: Sequence[Claim], request: Request) -> list[KeyRow]:
    """A day on which a facility was suspended, by the facility list, although patients came."""
    days = month_days(request.month)
    if request.claims < ENOUGH or not law.rule_in_force("HIS-010", days[0]):
        return []
    came: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.head["MA_DOITUONG_KCB"] != "2":
            came[claim.place.code, claim.head["NGAY_VAO"][:8]].append(claim)
    for claim in damaged:
        came.pop((claim.place.code, claim.head["NGAY_VAO"][:8]), None)
    _, day = fewest = min(came, key=lambda key: (len(came[key]), key))
    place = came[fewest][0].place
    place.diary.closed = day
    return [key_row(claim, "HIS-010", head_hit(claim, "NGAY_VAO")) for claim in came[fewest]]


def _bed_lines(claims: Sequence[Claim], place: Facility, ward: str) -> list[tuple[Claim, Row]]:
    """The paid bed lines of a ward, the earliest stays first."""
    own = [claim for claim in claims if claim.place is place]
    own.sort(key=lambda claim: (claim.head["NGAY_VAO"], claim.key))
    return [
        (claim, row)
        for claim in own
        for row in claim.lines("XML3")
        if row["MA_NHOM"] == "15" and row["MA_KHOA"] == ward and amount(row, "T_BHTT")
    ]


def _parts(row: Row) -> list[tuple[int, int]]:
    """Days and thousandths of a bed of a line."""
    quantity, since = scaled(row, "SO_LUONG", 3), minutes_of(row["NGAY_YL"]) // DAY
    count = -(-quantity // _UNIT)
    share = min(int(row["TYLE_TT_DV"]), _WHOLE)
    each = (min(quantity - n * _UNIT, _UNIT) * share // _WHOLE for n in range(count))
    return [(since + n, part) for n, part in enumerate(each)]


def _load(lines: Sequence[tuple[Claim, Row]]) -> dict[int, int]:
    used: dict[int, int] = defaultdict(int)
    for _, row in lines:
        for day, part in _parts(row):
            used[day] += part
    return used


def _beyond(lines: Sequence[tuple[Claim, Row]], beds: int) -> list[tuple[Claim, Row]]:
    used: dict[int, int] = defaultdict(int)
    over = []
    for claim, row in lines:
        above = False
        for day, part in _parts(row):
            used[day] += part
            above |= used[day] * _WHOLE > beds * _UNIT * (_WHOLE + _SUPPLEMENT)
        if above:
            over.append((claim, row))
    return over


_CROWDS: tuple[tuple[str, Crowd], ...] = (
    ("EXM-008", crowded_desk),
    ("EXM-014", one_doctor_at_two_desks),
    ("HIS-004", every_other_day),
    ("DOC-017", read_by_the_dozen),
    ("DOC-025", exercises_for_all),
)
