"""Budget reports made from tables written in a test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from giamdinh.budget import outputs
from giamdinh.budget.allocations import read_allocations
from giamdinh.budget.analyse import build_report
from giamdinh.budget.spending import read_spending

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.budget.model import BudgetReport

HEAD = "MA_CSKCB,TEN_CSKCB,NHOM,LOAI,NAM,THANG,SO_LUOT,T_BHTT"
ALLOCATED = "MA_CSKCB,NAM,SO_TIEN,QUYET_DINH,NGAY"
STARTED = datetime(2026, 11, 22, 8, 0)  # noqa: DTZ001 - local time, as the command takes it


def report(
    folder: Path, spending: list[str], allocations: list[str] | None = None, year: int = 2023
) -> BudgetReport:
    """The report on rows below the usual headings."""
    table = folder / "chi.csv"
    table.write_text("\n".join([HEAD, *spending]) + "\n", encoding="utf-8")
    budget = folder / "du_toan.csv"
    budget.write_text("\n".join([ALLOCATED, *(allocations or [])]) + "\n", encoding="utf-8")
    spent = read_spending(table, year)
    allocated = read_allocations(budget, year, STARTED.date())
    return build_report(spent, allocated, year, STARTED)


def groups(made: BudgetReport) -> dict[str, dict[str, Any]]:
    """The groups of `budget.json` by facility."""
    return {group["facility"]: group for group in outputs.as_json(made)["groups"]}


def gaps(made: BudgetReport) -> dict[tuple[str, str], Any]:
    """Differences by scope and measure; those that agree are left out."""
    rows = outputs.as_json(made)["reconciliation"]
    return {(row["scope"], row["measure"]): row for row in rows if row["gap"]}


def notices(made: BudgetReport, kind: str) -> list[str]:
    """What the report says of one kind."""
    return [str(notice) for notice in made.notices if notice.kind == kind]
