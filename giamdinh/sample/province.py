"""A province over many months: the same facilities, people and staff, a month at a time.

Most claims are written from templates (`stamps`), so that a million take minutes. Overlaps, growth
and overruns are planted and put on record.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from giamdinh.sample import facilities, province_plants
from giamdinh.sample.content import content
from giamdinh.sample.days import month_days
from giamdinh.sample.desk import Calendar, Desk, Place, Templates, Written, listed, own_share
from giamdinh.sample.model import DAY, dice
from giamdinh.sample.money import amount
from giamdinh.sample.population import Numbers, make_pool
from giamdinh.sample.province_files import write_claims, write_month, write_table
from giamdinh.sample.stamps import Model
from giamdinh.sample.write import claim_text
from giamdinh.tables.values import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from giamdinh.sample.content import FacilityKind
    from giamdinh.sample.model import Claim, KeyRow

ALLOCATIONS, ENROLMENT = "du_toan.csv", "tham_gia.csv"
GROWTH_KEY, OVERRUN_KEY = "dap_an_tang.csv", "dap_an_vuot.csv"
_PER_TEAM = 18
_WORKDAYS = 21
_POOL_MONTHS = 5
_FULL = 1000
_YEAR = 12
_DONG = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made.

    Attributes:
        last: the last month, yyyy-mm.
        claims: over all months and facilities, without those of the planted overlaps.
    """

    seed: int
    last: str
    months: int
    facilities: int
    claims: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month that was written.

    Attributes:
        folder: holds `ho_so`, `danh_muc` and `dap_an.csv`.
        planted: overlaps, as the findings that they must cause.
    """

    name: str
    folder: Path
    claims: int
    planted: tuple[KeyRow, ...]


class Province:
    """Makes the months one after another; the books of the years are written at the end.

    Attributes:
        paid: (facility, year) to T_BHTT in hundredths of what was made.
    """

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.names = months_until(wish.last, wish.months)
        self.paid: dict[tuple[str, int], int] = defaultdict(int)
        self.kinds = _kinds(wish.facilities)
        self._leaving: list[Claim] = []
        self._grown = province_plants.growths(self.kinds)
        self.counts = self._counts()
        first = month_days(self.names[0])[0]
        self._models = {
            kind.key: Model(facilities.make_facility(kind, (0, wish.seed), 1))
            for kind in self.kinds
        }
        numbers = Numbers()
        self.places = [
            self._place(index, kind, numbers, first) for index, kind in enumerate(self.kinds)
        ]

    def months(self, folder: Path) -> Iterator[Month]:
        """Writes month after month below a folder; each may be removed before the next.

        After the last one the tables of all years are written into the folder.
        """
        for at, name in enumerate(self.names):
            yield self._month(folder / name, at)
        self.write_books(folder)

    def _place(self, index: int, kind: FacilityKind, numbers: Numbers, first: int) -> Place:
        seed = self.wish.seed
        busiest = max(self.counts[at, index] for at in range(len(self.names)))
        named = replace(kind, name=f"{kind.name} số {index + 1}")
        teams = 2 + busiest // _WORKDAYS // _PER_TEAM
        whole = facilities.make_facility(named, (index, seed), teams)
        staff = self._models[kind.key].place.staff
        size = {key: len(group) for key, group in staff.items()}
        growth = None
        if index in self._grown:
            day = month_days(self.names[-1])[0]
            clinic = size["K01", "bac_si"]
            growth = province_plants.growth_of(self._grown[index], whole, clinic, day)
        place = Place(whole, size, growth)
        share = own_share(kind, first)
        for own, part in ((True, share), (False, 1 - share)):
            rng = dice("people", seed, whole.code, own)
            many = int(busiest * _POOL_MONTHS * part) + 1 if part else 0
            place.pools[own] = make_pool(whole, rng, numbers, (many, first), own=own)
        return place

    def _counts(self) -> dict[tuple[int, int], int]:
        """Claims by month and facility, which add up to those wished for."""
        settings = content().province
        cells, weights = [], []
        for at, name in enumerate(self.names):
            season = int(settings["seasons"][int(name[5:]) - 1])
            trend = _FULL + int(settings["yearly"]) * at // _YEAR
            for index, kind in enumerate(self.kinds):
                row = self._grown.get(index)
                more = province_plants.visits(row, at, len(self.names)) if row else _FULL
                weights.append(int(settings["weights"][kind.key]) * season * trend * more)
                cells.append((at, index))
        edges = [self.wish.claims * edge // sum(weights) for edge in accumulate(weights, initial=0)]
        return {cell: edges[i + 1] - edges[i] for i, cell in enumerate(cells)}

    def _month(self, folder: Path, at: int) -> Month:
        name = self.names[at]
        calendar = Calendar(month_days(name))
        templates = Templates(self._models, calendar)
        planted = province_plants.overlaps(self.places, at, calendar.days, self._leaving)
        self._leaving = planted.leaving
        made, lists = 0, []
        for index, place in enumerate(self.places):
            desk = Desk(place, (at, len(self.names)), calendar)
            code = place.whole.code
            claims = desk.claims(templates, self.counts[at, index])
            claims += [_written(claim) for claim in planted.claims if claim.place.code == code]
            self.paid[code, int(name[:4])] += sum(claim.paid for claim in claims)
            made += len(claims)
            write_claims(folder, code, name, claims)
            lists.append(listed(place, desk.beds()))
        write_month(folder, lists, calendar.start, planted.key)
        return Month(name, folder, made, tuple(planted.key))

    def write_books(self, folder: Path) -> None:
        """The tables over all months that were made: budgets, enrolment and the answer keys."""
        settings = content().province
        over = settings["overruns"]
        given, key = [], []
        for index, place in enumerate(self.places):
            for year in sorted({int(name[:4]) for name in self.names}):
                spent = self.paid[place.whole.code, year]
                months = sum(name.startswith(str(year)) for name in self.names)
                planted = index % int(over["every"]) == int(over["first"])
                whole = spent if planted else spent * _YEAR // months
                part = int(over["given" if planted else "other"])
                allocated = whole * part // _FULL // _DONG * _DONG
                given.append((place.whole.code, year, allocated // _DONG, f"{year}/QĐ-BHXH",
                              f"{year}-01-15"))  # fmt: skip
                if planted:
                    key.append((place.whole.code, year, allocated // _DONG, _dong(spent),
                                _dong(spent - allocated)))  # fmt: skip
        write_table(folder / ALLOCATIONS, ("MA_CSKCB", "NAM", "SO_TIEN", "QUYET_DINH", "NGAY"),
                    given)  # fmt: skip
        names = ("MA_CSKCB", "NAM", "SO_TIEN", "T_BHTT", "VUOT")
        write_table(folder / OVERRUN_KEY, names, key)
        self._write_growth(folder)
        self._write_enrolment(folder)

    def _write_growth(self, folder: Path) -> None:
        first = self.names[-province_plants.grown_months(len(self.names))]
        rows = [
            (place.whole.code, place.growth.what, place.growth.key, first, self.names[-1])
            for place in self.places
            if place.growth
        ]
        names = ("MA_CSKCB", "CHIEU", "KHOA", "TU_THANG", "DEN_THANG")
        write_table(folder / GROWTH_KEY, names, rows)

    def _write_enrolment(self, folder: Path) -> None:
        settings = {key: int(value) for key, value in content().province["enrolment"].items()}
        rows = []
        quarters = sorted({(int(name[:4]), (int(name[5:]) + 2) // 3) for name in self.names})
        for index, place in enumerate(self.places):
            people = sum(self.counts[at, index] for at in range(len(self.names)))
            people = people * settings["per_claim"] * _YEAR // len(self.names) // 10 + 100
            for number, (year, quarter) in enumerate(quarters):
                share = settings["share"] + settings["quarterly"] * number
                rows.append((place.whole.code, year, quarter, people * share // _FULL, people,
                             people * settings["target"] // _FULL))  # fmt: skip
        names = ("MA_CSKCB", "NAM", "QUY", "SO_THE", "DAN_SO", "CHI_TIEU")
        write_table(folder / ENROLMENT, names, rows)


def _dong(amount_: int) -> str:
    return f"{amount_ // _DONG}.{amount_ % _DONG:02d}"


def _written(claim: Claim) -> Written:
    """A claim that was made in full."""
    left = province_plants.left_of(claim)
    return Written(left, claim.key, claim_text(claim, "inline"), amount(claim.head, "T_BHTT"))


def _kinds(count: int) -> list[FacilityKind]:
    """The kinds of the facilities, in turn."""
    by_key = {kind.key: kind for kind in content().kinds}
    order = content().province["kinds"]
    return [by_key[order[i % len(order)]] for i in range(count)]


def months_until(last: str, count: int) -> list[str]:
    """So many months as yyyy-mm, the last one last.

    Raises:
        ValueError: not a month.
    """
    day, out = month_days(last)[0], []
    for _ in range(count):
        out.append(f"{moment(day):%Y-%m}")
        before = day - DAY
        day = before - (moment(before).day - 1) * DAY
    return out[::-1]
