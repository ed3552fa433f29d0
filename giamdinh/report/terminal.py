"""What a run prints: tables on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from giamdinh.report import summary
from giamdinh.report.check_view import check_lines
from giamdinh.report.grid import shown
from giamdinh.report.plain import NUMBERS, plain_lines, printable
from giamdinh.text import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from giamdinh.report.grid import Sheet
    from giamdinh.report.model import AuditResult
    from giamdinh.text import Lang

_FACILITIES, _PROBLEMS, _RULES = 20, 10, 10


def print_audit(
    result: AuditResult,
    written: Sequence[Path] = (),
    lang: Lang = "vi",
    stream: TextIO | None = None,
) -> None:
    """The summary of a run: ledger, outcomes, money, rules, scorecard, output files."""
    from giamdinh.report.root_causes import causes_table

    stream = stream or sys.stdout
    tables = [
        summary.ledger_table(result, lang),
        summary.problems_table(result, lang, most=_PROBLEMS),
        summary.outcomes_table(result, lang),
        summary.unfinished_table(result, lang),
        summary.profile_table(result, lang),
        summary.aside_table(result, lang),
        summary.results_table(result, lang),
        summary.money_table(result, lang),
        summary.facilities_table(result, lang, most=_FACILITIES),
        summary.top_rules_table(result, lang, most=_RULES),
        causes_table(result, lang),
        summary.scorecard_table(result, lang),
    ]
    print_tables(tables, stream)
    if written:
        names = [f"  {path}" for path in written]
        stream.write("\n".join([word("outputs", lang) + ":", *names]) + "\n")


def print_tables(tables: Iterable[Sheet], stream: TextIO) -> None:
    """Tables that have rows: drawn on a terminal, plain lines anywhere else."""
    filled = [table for table in tables if table.rows]
    if stream.isatty():
        _print_rich(filled, stream)
    else:
        stream.writelines(line + "\n" for table in filled for line in plain_lines(table))


def print_check(result: AuditResult, lang: Lang = "vi", stream: TextIO | None = None) -> None:
    """Go or no-go for each claim, with everything needed to repair it."""
    stream = stream or sys.stdout
    stream.writelines(line + "\n" for line in check_lines(result, lang))


def _print_rich(tables: Iterable[Sheet], stream: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream)
    for sheet in tables:
        table = Table(title=sheet.name, title_justify="left", box=box.SIMPLE_HEAD)
        for column in sheet.columns:
            number = column.kind in NUMBERS
            table.add_column(column.header, justify="right" if number else "left")
        for row in sheet.rows:
            cells = zip(row, sheet.columns, strict=True)
            table.add_row(*(Text(printable(shown(cell, column.kind))) for cell, column in cells))
        console.print(table)
