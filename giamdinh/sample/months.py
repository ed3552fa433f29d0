"""Several months in a row, the last one with errors that show only beside those before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from giamdinh.errors import UsageError
from giamdinh.sample import law
from giamdinh.sample import plants_earlier as plants
from giamdinh.sample.catalogue_files import make_lists, write_lists
from giamdinh.sample.days import month_days
from giamdinh.sample.facilities import make_facilities
from giamdinh.sample.generate import (
    CLAIM_FOLDER,
    KEY_FILE,
    LIST_FOLDER,
    claim_files,
    month_claims,
    write_key,
)
from giamdinh.sample.pairs import Maker
from giamdinh.sample.plants import key_row
from giamdinh.sample.province import months_until
from giamdinh.sample.write import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.sample.model import Claim, Facility, KeyRow, Request

_NUMBERS, _ROOM = 10_000, 1_000
"""Persons that can be told apart, and how many of them the errors of a month may take."""
_YEAR = 13
"""Months with a whole year before the last one."""


@dataclass(frozen=True, slots=True)
class LaterMonth:
    """A month that was written.

    Attributes:
        folder: holds `ho_so`, `danh_muc` and `dap_an.csv`.
        planted: the answer key, empty but for the last month.
    """

    name: str
    folder: Path
    claims: int
    planted: tuple[KeyRow, ...]


def generate_months(folder: Path, wish: Request, months: int) -> list[LaterMonth]:
    """Write months one after another, of the same facilities; the last one is that of the wish.

    The months before are valid; the last one alone is too. Beside the months before, it has the
    errors of its answer key, as many kinds as the months leave room for.

    Args:
        folder: gets a folder per month.
        wish: facilities, and claims of each month without those of the errors.
        months: how many, at least 2; errors that take a year need 13.

    Raises:
        UsageError: too many claims.
        ValueError: not a month.
    """
    names = months_until(wish.month, months)
    if months * wish.claims + 2 * _ROOM > _NUMBERS:
        raise UsageError(f"cả {months} tháng được nhiều nhất {_NUMBERS - 2 * _ROOM} hồ sơ")
    wishes = [replace(wish, month=name) for name in names]
    places = make_facilities(wish)
    made = [month_claims(places, own, at * wish.claims) for at, own in enumerate(wishes)]
    key = _plant(made, names, months * wish.claims)
    reports = []
    for own, claims in zip(wishes, made, strict=True):
        found = tuple(key) if claims is made[-1] else ()
        _write(folder / own.month, (places, claims), own, made[-2:])
        write_key(folder / own.month / KEY_FILE, found)
        reports.append(LaterMonth(own.month, folder / own.month, len(claims), found))
    return reports


def _plant(made: Sequence[list[Claim]], names: Sequence[str], serial: int) -> list[KeyRow]:
    """Adds the claims of the errors, with numbers above `serial`, to the last two months."""
    before = Maker(made[-2], month_days(names[-2]), serial)
    after = Maker(made[-1], month_days(names[-1]), serial + _ROOM)
    two, key = plants.Two(before, after), []
    for code, plant in plants.PLANTS:
        short = code in plants.YEARLY and len(names) < _YEAR
        if short or not law.rule_in_force(code, after.days[0]):
            continue
        marks = two.marks()
        found = plant(two)
        if found is None:
            two.undo(marks)
            continue
        key += [key_row(owner, code, hit) for owner, hit in found]
    made[-2].extend(before.made)
    made[-1].extend(after.made)
    return key


def _write(
    folder: Path,
    made: tuple[Sequence[Facility], Sequence[Claim]],
    wish: Request,
    known: Sequence[Sequence[Claim]],
) -> None:
    """The files and lists of a month; the registry has the cards of the claims `known`."""
    places, claims = made
    start = month_days(wish.month)[0]
    lists = make_lists(places, [row for own in known for c in own for row in c.register], start)
    plants.limited_items(lists, start)
    for target in (folder / CLAIM_FOLDER, folder / LIST_FOLDER):
        target.mkdir(parents=True, exist_ok=True)
    for place in places:
        for file in claim_files(place, claims, wish):
            write_file(folder / CLAIM_FOLDER, file)
    write_lists(folder / LIST_FOLDER, lists)
