"""What is planted in a province, and the record of it: overlaps, growth, overruns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from giamdinh.sample import plants_across as across
from giamdinh.sample.claims import make_claim
from giamdinh.sample.content import content
from giamdinh.sample.days import is_workday
from giamdinh.sample.diary import Diary
from giamdinh.sample.model import DAY, dice
from giamdinh.sample.money import minutes_of
from giamdinh.sample.pairs import Maker, plan
from giamdinh.sample.plants import key_row
from giamdinh.sample.returns import LINKED

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from giamdinh.sample.content import Disease, FacilityKind
    from giamdinh.sample.desk import Place
    from giamdinh.sample.model import Claim, Facility, KeyRow

_OVERLAPS = (
    ("HIS-001", across.stay_in_stay),
    ("HIS-002", across.stay_elsewhere),
    ("EXM-005", across.twice_a_day),
    ("EXM-006", across.visit_in_stay),
    ("HIS-006", across.copied),
    ("HIS-005", across.three_places),
)
_STORIES = (
    "noi_tru", "noi_tru_cap_cuu", "kham_mot", "noi_tru", "chuyen_den_ngoai_tru",
    "kham_dong_chi_tra",
)  # fmt: skip
_BACK = "HIS-003"
EARLIER = "với hồ sơ tháng trước"
"""Note of a finding that needs the months before."""
_NIGHTS, _AGAIN = 6, 4
_SERIALS, _LEAVING = 400, 300
"""Numbers of a month for people made for one claim, the last ones for those who come again in the
next month; those of the population begin above all."""
_MONTHS = 24
_LONGEST = 9
_PLACES = 6
_FULL = 1000


@dataclass(frozen=True, slots=True)
class Growth:
    """Something that grows at one facility in the last months.

    Attributes:
        what: the dimension of the growth report.
        key: the key there.
        times: per thousand of what it was before.
    """

    what: str
    key: str
    times: int
    disease: str = ""
    test: str = ""

    def covers(self, at: int, months: int) -> bool:
        """Whether a month, counted from 0, is one of those that grow."""
        return at >= months - grown_months(months)

    def changed(self, disease: Disease, weight: int) -> tuple[Disease, int]:
        """A story and its weight while it grows."""
        if disease.key != self.disease:
            return disease, weight
        if self.test:
            return replace(disease, tests=(*disease.tests, self.test)), weight
        return disease, weight * self.times // _FULL

    def doctor(self, rng: random.Random) -> int | None:
        """The clinic doctor who takes more than his share, at times; else None."""
        return 1 if self.what == "bac_si" and rng.randrange(_FULL) < self.times else None


def grown_months(months: int) -> int:
    """How many of the last months the growth lasts."""
    return max(months // 4, 1)


def visits(row: dict[str, Any], at: int, months: int) -> int:
    """Per thousand of the usual visits of a month where something grows."""
    grows = row["what"] == "co_so" and at >= months - grown_months(months)
    return int(row["times"]) if grows else _FULL


def growths(kinds: Sequence[FacilityKind]) -> dict[int, dict[str, Any]]:
    """Facility, by position, to what shall grow there."""
    seen: Counter[str] = Counter()
    order = []
    for kind in kinds:
        order.append((kind.key, seen[kind.key]))
        seen[kind.key] += 1
    found = {}
    for row in content().province["growth"]:
        where = (row["at"][0], int(row["at"][1]))
        if where in order:
            found[order.index(where)] = row
    return found


def growth_of(row: dict[str, Any], place: Facility, team: int, day: int) -> Growth:
    """The growth at a facility with the key of the report; `team`: clinic doctors in a team."""
    what, disease = row["what"], row.get("disease", "")
    keys = {
        "co_so": "",
        "benh": content().diseases[disease].icd[:3] if disease else "",
        "bac_si": place.staff["K01", "bac_si"][team + 1].licence,
    }
    if row.get("test"):
        keys["muc"] = f"XML3/{content().services[row['test']].code(day)}"
    return Growth(what, keys[what], int(row.get("times", _FULL)), disease, row.get("test", ""))


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Claims made in full by team 0, and the findings they must cause.

    Attributes:
        leaving: stays that end on the last day, for another one that begins the day after.
    """

    key: list[KeyRow]
    claims: list[Claim]
    leaving: list[Claim]


def overlaps(
    places: Sequence[Place], at: int, days: list[int], before: Sequence[Claim]
) -> Overlaps:
    """The overlaps of a month.

    Args:
        places: the facilities.
        at: position of the month, from 0.
        days: of the month.
        before: those who left on the last day of the month before.
    """
    views = [_team(place.whole, place.size) for place in places if place.whole.kind.machines]
    rng = dice("overlap", places[0].whole.seed, at)
    chosen = rng.sample(views, min(_PLACES, len(views)))
    serial = at % _MONTHS * _SERIALS
    claims = []
    for place in chosen:
        for story in _STORIES:
            if place.kind.key in plan(story).at:
                serial += 1
                claims.append(make_claim(place, plan(story), serial, _day(rng, days)))
    maker = Maker(claims, days, serial)
    found = _planted(claims, maker, rng)
    _back_again(found, before, maker)
    leaving = _leaving(chosen, at % _MONTHS * _SERIALS + _LEAVING, days)
    return Overlaps(found.key, [*found.claims, *leaving], leaving)


def _back_again(found: Overlaps, before: Sequence[Claim], maker: Maker) -> None:
    """Stays of people who left yesterday, a month ago by the calendar."""
    for claim in before:
        maker.made.clear()
        hits = across.back_the_next_day(maker, claim)
        if hits:
            found.claims.extend(maker.made)
            rows = [key_row(owner, _BACK, hit) for owner, hit in hits]
            found.key.extend(replace(row, note=EARLIER) for row in rows)


def _leaving(places: Sequence[Facility], serial: int, days: list[int]) -> list[Claim]:
    """A stay that ends on the last day, where the day after is a working day."""
    last, story = days[-1], plan("noi_tru")
    if not is_workday(last + DAY):
        return []
    for place in places:
        for day in _AGAIN * days[-_NIGHTS:-2]:
            serial += 1
            if place.kind.key in story.at and is_workday(day):
                claim = make_claim(place, story, serial, day)
                left = left_of(claim)
                if left - left % DAY == last:
                    return [claim]
    return []


def _planted(claims: list[Claim], maker: Maker, rng: random.Random) -> Overlaps:
    key: list[KeyRow] = []
    kept: list[Claim] = []
    for code, plant in _OVERLAPS:
        tried = [claim for claim in claims if not claim.touched]
        rng.shuffle(tried)
        for claim in tried:
            maker.made.clear()
            found = plant(maker, claim)
            if found:
                together = [claim, *maker.made]
                for one in together:
                    one.touched |= {code, LINKED}
                kept += together
                key += [key_row(owner, code, hit) for owner, hit in found]
                break
    return Overlaps(key, kept, [])


def _team(place: Facility, size: dict[tuple[str, str], int]) -> Facility:
    """The facility with team 0 only."""
    staff = {key: group[: size[key]] for key, group in place.staff.items()}
    return replace(place, staff=staff, teams=1, diary=Diary())


def _day(rng: random.Random, days: Sequence[int]) -> int:
    return rng.choice([day for day in days[:-_LONGEST] if is_workday(day)])


def left_of(claim: Claim) -> int:
    """The minute a claim ended."""
    return minutes_of(claim.head["NGAY_RA"])
