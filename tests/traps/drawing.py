"""Tiny claims drawn as tables, run through the real engine with chosen rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Finding, Findings
from giamdinh.model import Problem
from giamdinh.rules.cards import load_rules
from giamdinh.rules.context import FILE_TABLE
from giamdinh.rules.examples import example_claims, pipe_table
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from giamdinh.model import Outcome

RULES = load_rules()
WITHIN_CLAIM = ("STR", "LNK", "MNY", "BEN", "CRD", "TIM", "BED", "EXM", "ICD", "DRG", "CLN", "SVC")


@dataclass(frozen=True)
class Outcomes:
    """What chosen rules found and how each of them ended."""

    findings: tuple[Finding, ...]
    ended: dict[str, Outcome]

    def at(self, code: str) -> set[str]:
        """Where one rule hit: `A` for XML1, `A/1` for a line; its table first when it has many."""
        many = len(RULES.by_code[code].fields) > 1
        return {_where(f, named=many) for f in self.findings if f.rule == code}

    def codes(self, *severities: str) -> set[str]:
        """The rules that found something, of the given severities (all when none is given)."""
        return {f.rule for f in self.findings if not severities or f.severity in severities}


def run(*select: str, day: str = "2025-03-10", lists: Any = None, **tables: str) -> Outcomes:
    """Runs the rules whose code starts with one of `select` on claims drawn with `|`.

    `day` gives the times that the tables leave out, `lists` the facility catalogues by kind.
    """
    rules = RULES.chosen(select)
    drawn = {kind: pipe_table(text) for kind, text in (lists or {}).items()}
    findings = Findings()
    runner = Runner(rules, Catalogues.from_tables(drawn), findings, pandera=False)
    if FILE_TABLE in tables:
        empty = ClaimSetBuilder().build()
        runner.run_files([_problem(row) for row in pipe_table(tables[FILE_TABLE])], empty)
    else:
        runner.run(example_claims(RULES.rules[0], {"day": day, **tables}))
    ended = {outcome.rule: outcome for outcome in runner.outcomes(findings)}
    assert not [o for o in ended.values() if o.status == "error"]
    return Outcomes(tuple(findings), ended)


def hits(code: str, **given: Any) -> set[str]:
    """Where one rule hits."""
    return run(code, **given).at(code)


def _problem(row: dict[str, str]) -> Problem:
    return Problem(file="a.xml", reason="", **row)  # type: ignore[arg-type]


def _where(finding: Finding, *, named: bool) -> str:
    many = finding.table in table_specs() and table_specs()[finding.table].many
    place = f"{finding.claim}/{finding.row}" if many else finding.claim
    return f"{finding.table}:{place}" if named else place
