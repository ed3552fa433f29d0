"""The facilities of the month: their codes, staff with licences, machines and tender papers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from giamdinh.sample.content import content
from giamdinh.sample.diary import Diary
from giamdinh.sample.model import Facility, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.sample.content import FacilityKind
    from giamdinh.sample.model import Request

_LICENCE_BLOCK = 10_000
_CLAIMS_PER_STAFF_SET = 50


@dataclass(frozen=True, slots=True)
class OtherFacility:
    """A facility that only appears in cards, referrals and the facility list."""

    code: str
    name: str
    level: str
    former: str
    points: str
    type: str


def make_facilities(request: Request) -> tuple[Facility, ...]:
    """The facilities asked for, the kinds in turn, staffed for their share of the claims."""
    kinds = content().kinds
    chosen = [kinds[i % len(kinds)] for i in range(request.facilities)]
    heavy = sum(kind.weight for kind in chosen)
    return tuple(
        make_facility(kind, (i, request.seed), _teams(request.claims * kind.weight // heavy))
        for i, kind in enumerate(chosen)
    )


def other_facilities() -> tuple[OtherFacility, ...]:
    """The facilities outside the month."""
    return tuple(OtherFacility(**row) for row in content().places["others"])


def shares(facilities: Iterable[Facility], claims: int) -> list[int]:
    """How many of `claims` each facility gets, by the weight of its kind; they add up."""
    weights = [place.kind.weight for place in facilities]
    edges = [0]
    for weight in weights:
        edges.append(edges[-1] + weight)
    marks = [claims * edge // edges[-1] for edge in edges]
    return [after - before for before, after in pairwise(marks)]


def machine_codes(place: Facility, group: str) -> tuple[str, ...]:
    """MA_MAY of the facility's machines of a group."""
    return tuple(f"{group}.1.{place.code}.M{serial:02d}" for serial in range(1, place.teams + 1))


def drug_tender(year: int, group: str) -> str:
    """TT_THAU of a drug: decision, package, group, year of the contract."""
    return f"{year % 100}1/QĐ-SYT;G1;{group};{year}"


def supply_tender(year: int) -> str:
    """TT_THAU of a supply."""
    return f"{year % 100}2/QĐ-SYT;G2;N0;{year}"


def _teams(claims: int) -> int:
    return 1 + claims // _CLAIMS_PER_STAFF_SET


def make_facility(kind: FacilityKind, which: tuple[int, int], teams: int) -> Facility:
    """A facility of a kind.

    Args:
        kind: what it is.
        which: its position among the facilities, and the seed of the data.
        teams: how often the staff and the machines of its kind are there.
    """
    index, seed = which
    places: dict[str, Any] = content().places
    code = f"{places['province']}{int(places['first_code']) + index}"
    staff: dict[tuple[str, str], tuple[Staff, ...]] = {}
    number = 0
    for part in kind.departments:
        for role, size in part.staff.items():
            group = []
            for _ in range(size * teams):
                number += 1
                group.append(_person(index, number, role, part.code))
            staff[part.code, role] = tuple(group)
    return Facility(
        code=code,
        seed=seed,
        kind=kind,
        staff=staff,
        teams=teams,
        head=staff["K01", "bac_si"][0],
        retired=_person(index, number + 1, "bac_si", "K01"),
        diary=Diary(),
    )


def _person(index: int, number: int, role: str, department: str) -> Staff:
    names = content().names
    serial = (index + 1) * _LICENCE_BLOCK + number
    issuer = "BYT-CCHN" if role == "bac_si" else "THO-CCHN"
    given = names["given"]
    sexed = names["female_middle"] if role in {"dieu_duong", "ho_sinh"} else names["male_middle"]
    name = (
        names["family"][serial % len(names["family"])],
        sexed[serial % len(sexed)],
        names["mark"],
        given[serial // 3 % len(given)],
    )
    width = 7 if role == "bac_si" else 6
    return Staff(
        licence=f"{serial + 800_000:0{width}d}/{issuer}",
        number=f"3899{serial:06d}",
        name=" ".join(name),
        role=role,
        department=department,
    )
