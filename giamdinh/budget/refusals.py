"""Rows of the adjustment form 09/BH from the findings of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.budget.audited import asked

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.grid import Cell

_QUERY = """
SELECT facility, claim, "table", "row", field, value, expected, (amount * 100)::BIGINT, rule,
    message, basis
FROM read_parquet(?) WHERE severity = 'error' AND amount > 0
QUALIFY row_number() OVER (
    PARTITION BY facility, claim, "table", "row" ORDER BY amount DESC, rule, field) = 1
ORDER BY ALL
"""
"""A line is asked for once, at its largest amount and for the rule that gives it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is proposed to be refused, in the columns of the form from MA_CSKCB to CAN_CU."""

    cells: tuple[Cell, ...]

    @property
    def facility(self) -> str:
        """MA_CSKCB."""
        return str(self.cells[0])


def refusals(results: Path) -> list[Refusal]:
    """Lines and claims with findings at error level and money.

    Args:
        results: the folder that `audit` wrote, or its findings.parquet.

    Raises:
        InputError: there are no findings.
    """
    rows = asked(results, _QUERY)
    return [Refusal(tuple("" if cell is None else cell for cell in row)) for row in rows]
