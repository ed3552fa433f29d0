"""A whole synthetic month on disk: claims, facility lists and, on request, planted errors."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING

from giamdinh.sample import documents
from giamdinh.sample.catalogue_files import make_lists, write_lists
from giamdinh.sample.catalogue_variants import list_errors
from giamdinh.sample.claims import make_claim
from giamdinh.sample.content import content
from giamdinh.sample.days import is_workday, month_days
from giamdinh.sample.facilities import make_facilities, shares
from giamdinh.sample.model import DAY, KeyRow, Request, SampleReport, dice
from giamdinh.sample.plants import plant_errors
from giamdinh.sample.plants_across import plant_pairs
from giamdinh.sample.plants_crowds import add_spares, closed_day, few_beds, plant_crowds
from giamdinh.sample.plants_files import damaged_files
from giamdinh.sample.returns import Returns
from giamdinh.sample.write import STYLES, ClaimFile, check_in_text, send_day, write_file

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from giamdinh.sample.content import Plan
    from giamdinh.sample.model import Claim, Facility

CLAIM_FOLDER, LIST_FOLDER, KEY_FILE = "ho_so", "danh_muc", "dap_an.csv"
_FILE_SIZES = (1, 1, 1, 3, 6)
_SAME_FILE = 3 * DAY
_ARCHIVED = 0.35
_CHECKED_IN = 3
_LONGEST_PAUSE = 4


def generate(  # noqa: PLR0913 - the options of the command
    folder: Path,
    *,
    seed: int,
    month: str,
    facilities: int,
    claims: int,
    errors: bool,
    style: str | None = None,
) -> SampleReport:
    """Write a synthetic month: claim files, lists of the facilities, and the answer key.

    The same arguments give the same bytes.

    Args:
        folder: gets `ho_so`, `danh_muc` and, with errors, `dap_an.csv`.
        seed: any number; another seed gives other people and other days.
        month: yyyy-mm; decides thresholds, code lists and the format version.
        facilities: how many; their kinds follow each other in a fixed order.
        claims: how many episodes over all facilities.
        errors: whether errors are planted and the answer key is written.
        style: one of `STYLES` for all files; None for a mix.

    Raises:
        ValueError: not a month, or an unknown style.
    """
    request = Request(seed, month, facilities, claims, errors, style)
    return _generate(folder, request)


def _generate(folder: Path, request: Request) -> SampleReport:
    if request.style not in (None, *STYLES):
        raise ValueError(f"kiểu ghi tệp phải là một trong: {', '.join(STYLES)}")
    days = month_days(request.month)
    places = make_facilities(request)
    claims = month_claims(places, request)
    key: list[KeyRow] = []
    damaged: list[ClaimFile] = []
    if request.errors:
        add_spares(claims, request)
        damaged, key = damaged_files(claims, request)
        key += plant_pairs(claims, request)
        key += plant_crowds(claims, request)
        key += plant_errors(claims, request)
        apart = [claim for file in damaged for claim in file.claims]
        sound = [claim for claim in claims if not any(claim is one for one in apart)]
        key += few_beds(sound, apart, request) + closed_day(sound, apart, request)
    cards = [row for c in claims for row in c.register]
    lists = make_lists(places, cards, days[0], refused=request.errors)
    if request.errors and len(places) > 1:
        key += list_errors(lists.own, lists.old)
    harmed = {claim.key for file in damaged for claim in file.claims}
    whole = [claim for claim in claims if claim.key not in harmed]
    files = [file for place in places for file in claim_files(place, whole, request)] + damaged
    targets = folder / CLAIM_FOLDER, folder / LIST_FOLDER
    for target in targets:
        target.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_file(targets[0], file)
    _write_check_in(targets[0], claims)
    write_lists(targets[1], lists)
    if request.errors:
        write_key(folder / KEY_FILE, key)
    rows = Counter[str]()
    for claim in claims:
        rows.update({table: len(found) for table, found in claim.rows.items()})
    return SampleReport(folder, len(places), len(claims), len(files) + 1, dict(rows), tuple(key))


def month_claims(places: Sequence[Facility], request: Request, serial: int = 0) -> list[Claim]:
    """The valid claims of a month; the first one has the number after `serial`."""
    claims = []
    days = month_days(request.month)
    returns = Returns(request.seed)
    for place, count in zip(places, shares(places, request.claims), strict=True):
        rng = dice("plan", request.seed, place.code)
        chosen = [(_day(rng, plan, days), plan) for plan in _plans(rng, place, count, days)]
        for day, plan in sorted(chosen, key=lambda pair: pair[0]):
            serial += 1
            before = returns.before(place, plan, serial, day)
            claim = make_claim(place, plan, serial, before.day if before else day, before)
            returns.add(claim)
            claims.append(claim)
    return claims


def _plans(rng: random.Random, place: Facility, count: int, days: list[int]) -> list[Plan]:
    """Every kind of episode once, then by weight."""
    fitting = [
        plan
        for plan in content().plans
        if place.kind.key in plan.at and max(plan.since, plan.second_from) <= days[0]
    ]
    more = rng.choices(fitting, [plan.weight for plan in fitting], k=max(count - len(fitting), 0))
    return [*fitting, *more][:count]


def _day(rng: random.Random, plan: Plan, days: list[int]) -> int:
    """A day on which the episode can begin so that it ends within the month."""
    long = plan.stay[1] + 1 if plan.stay[1] else (2 if plan.hours else 1)
    if plan.sessions > 1:
        long = plan.sessions + _LONGEST_PAUSE
    possible = days[: len(days) - long]
    if not plan.category.startswith("cap_cuu"):
        possible = [day for day in possible if is_workday(day)]
    return rng.choice(possible)


def claim_files(place: Facility, claims: Sequence[Claim], request: Request) -> list[ClaimFile]:
    """The claims of a facility in files of several sizes and styles."""
    rng = dice("files", request.seed, place.code)
    own = [claim for claim in claims if claim.place is place]
    own.sort(key=lambda claim: (claim.head["NGAY_RA"], claim.key))
    files: list[ClaimFile] = []
    while own:
        size = rng.choice(_FILE_SIZES)
        limit = send_day(own[:1]) + _SAME_FILE
        group = tuple(claim for claim in own[:size] if send_day([claim]) <= limit)
        own = own[len(group) :]
        style = request.style or rng.choice(STYLES)
        name = f"{place.code}_{request.month.replace('-', '')}_{len(files) + 1:04d}.xml"
        archived = rng.random() < _ARCHIVED
        files.append(ClaimFile(name, style, group, send_day(group), archived))
    return files


def _write_check_in(folder: Path, claims: list[Claim]) -> None:
    first = claims[:_CHECKED_IN]
    rows = [{**documents.check_in(c), "STT": str(i)} for i, c in enumerate(first, 1)]
    text = check_in_text(rows, first[0].version)
    (folder / f"{first[0].place.code}_tiep_don.xml").write_text(text, encoding="utf-8")


def _key_order(row: KeyRow) -> tuple[str, str, str, str, int]:
    return (row.rule, row.facility, row.claim, row.table, int(row.row or 0))


def write_key(path: Path, key: Iterable[KeyRow]) -> None:
    """The answer key as .csv, in the order of rules and claims."""
    names = [field.name for field in fields(KeyRow)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        rows = sorted(key, key=_key_order)
        writer.writerows([getattr(row, name) for name in names] for row in rows)
