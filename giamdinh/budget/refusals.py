"""Rows of the adjustment form 09/BH from the findings of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from giamdinh.budget.audited import asked
from giamdinh.budget.takeback import bounds_of, claims_asked
from giamdinh.growth.formspec import form_spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.growth.formspec import FormSpec
    from giamdinh.report.grid import Cell

ADJUSTMENT = "09/BH"
MANUAL = "manual"
_OWN = "STT"
_QUERY = """
SELECT coalesce(facility, ''), coalesce(claim, ''), (amount * 100)::BIGINT, {columns}
FROM read_parquet(?) WHERE severity = 'error' AND amount > 0
QUALIFY row_number() OVER (
    PARTITION BY facility, claim, {place} "table", "row" ORDER BY amount DESC, rule, field) = 1
ORDER BY ALL
"""
"""A line is asked for once, at its largest amount and for the rule that gives it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is proposed to be refused.

    Attributes:
        claim: MA_LK.
        amount: hundredths.
        cells: the columns of the form but for its number and those the facility fills.
    """

    facility: str
    claim: str
    amount: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Over:
    """A claim whose rows ask for more than adjudication takes back, in hundredths.

    Attributes:
        counted: the larger of its lines and what is about all of it, at most T_BHTT.
    """

    facility: str
    claim: str
    rows: int
    asked: int
    counted: int


def adjustment_spec() -> FormSpec:
    """The form as it is today."""
    return form_spec(ADJUSTMENT, date.today())  # noqa: DTZ011 - the local day


def filled_columns(spec: FormSpec) -> list[str]:
    """The columns of findings behind the form, in order."""
    return [c.source for c in spec.columns if c.source not in (MANUAL, _OWN)]


def refusals(results: Path) -> list[Refusal]:
    """Lines and claims with findings at error level and money.

    Args:
        results: the folder that `audit` wrote, or its findings.parquet.

    Raises:
        InputError: there are no findings.
    """
    sources = filled_columns(adjustment_spec())
    listed = ", ".join(
        "(amount * 100)::BIGINT" if name == "amount" else f'"{name}"' for name in sources
    )
    names = {row[0] for row in asked(results, "SELECT name FROM parquet_schema(?)")}
    place = "file, hoso, " if {"file", "hoso"} <= names else ""
    rows = asked(results, _QUERY.format(columns=listed, place=place))
    return [
        Refusal(facility, claim, int(amount), tuple("" if cell is None else cell for cell in cells))
        for facility, claim, amount, *cells in rows
    ]


def asked_too_much(results: Path, rows: Sequence[Refusal]) -> list[Over]:
    """The claims whose rows together ask for more than may be taken back, most first.

    Raises:
        InputError: there are no findings.
    """
    claims = claims_asked(results)
    paid = bounds_of(results, claims)
    counted: dict[tuple[str, str], int] = {}
    for facility, claim, amount in claims:
        key = (facility, claim)
        counted[key] = counted.get(key, 0) + min(amount, paid.get(key, amount))
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        own = sums.setdefault((row.facility, row.claim), [0, 0])
        own[0] += 1
        own[1] += row.amount
    found = [
        Over(facility, claim, number, total, counted.get((facility, claim), total))
        for (facility, claim), (number, total) in sums.items()
    ]
    found = [over for over in found if over.asked > over.counted]
    return sorted(found, key=lambda over: (over.counted - over.asked, over.facility, over.claim))
