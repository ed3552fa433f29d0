"""Spending as the claims of a store add it up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.budget.model import SPENT, Counts, Gap, Notice, Place, Spending
from giamdinh.budget.spending import YEARS, SpendingTable
from giamdinh.errors import InputError
from giamdinh.growth.facts import Facts
from giamdinh.growth.periods import YEAR
from giamdinh.store.reading import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_STORE = "kho hồ sơ"


@dataclass(slots=True)
class ClaimSums:
    """Visits and cost of the claims, by facility, class, year and month.

    Attributes:
        sums: (facility, class, year, month) to (visits, hundredths).
        months: year to the months with claims.
        undated: claims without any month, in no sum.
    """

    sums: dict[tuple[str, str, int, int], tuple[int, int]] = field(default_factory=dict)
    months: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    undated: int = 0

    def notices(self) -> list[Notice]:
        """What the sums leave out."""
        text = f"{self.undated} hồ sơ trong kho không có tháng nên không vào năm nào"
        return [Notice("warning", text)] if self.undated else []


def read_store(store: Path) -> ClaimSums:
    """What the claims of a store add up to.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    found = ClaimSums()
    with open_store(store) as own:
        facts = Facts(own)
        facts.open()
        found.undated = facts.undated()
        for facility, kind, month, visits, cost in facts.by_month():
            found.sums[facility, kind, month // 100, month % 100] = (visits, cost)
            found.months[month // 100].add(month % 100)
    return found


def as_spending(claims: ClaimSums, year: int) -> SpendingTable:
    """The claims as a spending table with months.

    Raises:
        InputError: there are none of `year`.
    """
    if year not in claims.months:
        years = ", ".join(map(str, sorted(claims.months))) or "không có năm nào"
        raise InputError(f"{_STORE}: không có hồ sơ của năm {year} (kho có: {years})")
    table = SpendingTable(counts=Counts(_STORE), years=set(claims.months), notices=claims.notices())
    for (facility, kind, own_year, month), (visits, cost) in sorted(claims.sums.items()):
        table.counts.read += 1
        if not year - YEARS < own_year <= year:
            table.counts.outside += 1
            continue
        place = Place(_STORE, "", 0)
        row = Spending(facility, "", "", kind, own_year, month, visits, cost, place)
        table.rows.append(row)
        table.counts.used += 1
    return table


def against_claims(rows: Sequence[Spending], claims: ClaimSums, year: int) -> list[Gap]:
    """The table's figures of a year beside the claims', by facility, then by class."""
    said: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    counted: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    months = {row.month for row in rows if row.year == year}
    yearly = 0 in months
    for row in rows:
        if row.year == year:
            _add(said, (row.facility, row.kind, row.month), row.visits, row.cost)
    for (facility, kind, own_year, month), (visits, cost) in claims.sums.items():
        if own_year == year and (yearly or month in months):
            _add(counted, (facility, kind, 0 if yearly else month), visits, cost)
    held = len(claims.months.get(year, ()))
    short = f"; kho chỉ có {held}/12 tháng của năm {year}" if yearly and held < YEAR else ""
    return list(_gaps(said, counted, year, short))


def _add(
    sums: dict[tuple[str, str, int], list[int]], key: tuple[str, str, int], visits: int, cost: int
) -> None:
    facility, kind, month = key
    for own in ((facility, kind, month), (facility, "", month)):
        sums[own][0] += visits
        sums[own][1] += cost


def _gaps(
    said: dict[tuple[str, str, int], list[int]],
    counted: dict[tuple[str, str, int], list[int]],
    year: int,
    short: str,
) -> Iterator[Gap]:
    for facility, kind, month in sorted(said.keys() | counted.keys()):
        key = (facility, kind, month)
        for i, measure in enumerate(SPENT):
            declared, total = said[key][i], counted[key][i]
            scope = f"{facility}/{kind}" if kind else facility
            where = f"bảng chi khác hồ sơ trong kho{short}" if declared != total else ""
            yield Gap(scope, year, month, measure, declared, total, "claims", where)
