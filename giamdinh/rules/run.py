"""Runs rules on batches of claims and keeps, for every rule, how it ended."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.model import Outcome
from giamdinh.rules.context import FILE_TABLE, Batch, CheckContext, Hits, checks
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.writing import Writer
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from giamdinh.catalogues import Catalogues
    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, Problem
    from giamdinh.rules.cards import Clause, Rule, RuleSet
    from giamdinh.tables.claimset import ClaimSet

_NAMED_FACILITIES = 5


@dataclass(slots=True)
class _Tally:
    """What is known about one rule so far."""

    in_force: int = 0
    uncovered: int = 0
    unread: int = 0
    facilities: set[str] = field(default_factory=set)
    crash: str = ""


class Runner:
    """Runs a rule set over batches; findings go to `findings`, counts stay here."""

    def __init__(
        self, rules: RuleSet, catalogues: Catalogues, findings: Findings, *, pandera: bool = True
    ) -> None:
        self.rules = rules
        self.catalogues = catalogues
        self.findings = findings
        self.pandera = pandera
        self._tallies = {rule.code: _Tally() for rule in rules.rules}
        self._rows_seen: dict[str, int] = {}
        self._first_claim = 0

    def run(self, claims: ClaimSet) -> None:
        """All rules on one batch."""
        evaluator = Evaluator(claims, self.rules.parameters)
        batch = Batch(claims, pandera=self.pandera)
        writer = Writer(evaluator, self.findings, self._first_claim)
        for name, table in claims.tables.items():
            self._rows_seen[name] = self._rows_seen.get(name, 0) + len(table)
        for rule in self.rules.rules:
            if FILE_TABLE not in rule.fields:
                context = CheckContext(claims, rule, evaluator, self.catalogues, (), batch)
                self._isolated(rule, context, writer)
        self._first_claim += len(claims)

    def run_files(self, problems: Sequence[Problem], empty: ClaimSet) -> None:
        """The rules about files, once, on all problems met while reading."""
        evaluator = Evaluator(empty, self.rules.parameters)
        writer = Writer(evaluator, self.findings, self._first_claim)
        batch = Batch(empty, pandera=False)
        self._rows_seen[FILE_TABLE] = len(problems)
        for rule in self.rules.rules:
            if FILE_TABLE in rule.fields:
                context = CheckContext(empty, rule, evaluator, self.catalogues, problems, batch)
                self._isolated(rule, context, writer)

    def outcomes(self, findings: Findings) -> tuple[Outcome, ...]:
        """How each rule ended, given the findings that are kept."""
        column = findings.texts("rule")
        counts = np.bincount(column.codes, minlength=len(column.texts)).tolist()
        hits = dict(zip(column.texts, counts, strict=True))
        return tuple(self._outcome(rule, hits.get(rule.code, 0)) for rule in self.rules.rules)

    def _isolated(self, rule: Rule, context: CheckContext, writer: Writer) -> None:
        tally = self._tallies[rule.code]
        try:
            for clause, hits in self._hits(rule, context, tally):
                writer.write(rule, clause, hits, context.problems)
        except Exception as error:  # noqa: BLE001 - one rule's crash must not stop the others
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            tally.crash = f"{type(error).__name__} tại {place}"

    def _hits(
        self, rule: Rule, context: CheckContext, tally: _Tally
    ) -> Iterator[tuple[Clause, Hits]]:
        if FILE_TABLE in rule.fields:
            tally.in_force += len(context.problems)
            for hits in checks()[rule.check](context):
                yield rule.clauses[0], hits
            return
        in_force = self._in_force(rule, context, tally)
        if not any(mask.any() for mask in in_force.values()):
            return
        if rule.check:
            for hits in checks()[rule.check](context):
                yield from _kept(rule, hits, in_force[hits.table], context.evaluator)
            return
        for clause in rule.clauses:
            assert clause.when is not None  # noqa: S101 - a card without check has a condition
            yes = context.evaluator.truth(clause.when).yes & in_force[clause.table]
            rows = np.flatnonzero(yes & _during(rule, clause, context.evaluator))
            if rows.size:
                yield clause, Hits(clause.table, rows)

    def _in_force(self, rule: Rule, context: CheckContext, tally: _Tally) -> dict[str, BoolArray]:
        covered = self._covered(rule, context, tally)
        lost = _lost(rule, context.claims)
        masks = {}
        for table in rule.fields:
            when = context.evaluator.dates(table, rule.by)
            mask = when.valid & (when.values >= rule.start) & (when.values <= rule.end)
            if covered is not None:
                parent = context.claims[table].parent
                seen = (parent >= 0) & covered[parent] if covered.size else parent >= 0
                tally.uncovered += int((mask & ~seen).sum())
                mask &= seen
            if lost is not None:
                blind = np.append(lost, False)[context.claims[table].parent]
                tally.unread += int((mask & blind).sum())
                mask &= ~blind
            tally.in_force += int(mask.sum())
            masks[table] = mask
        return masks

    def _covered(self, rule: Rule, context: CheckContext, tally: _Tally) -> BoolArray | None:
        """Claims whose facility has every catalogue the rule needs; None when it needs none."""
        if not rule.needs:
            return None
        facility = context.claims[CLAIM_TABLE]["MA_CSKCB"]
        known = [
            all(self.catalogues.covers(kind, name) for kind in rule.needs)
            for name in [*facility.texts, ""]
        ]
        covered = np.array(known, np.bool_)[facility.codes]
        missing = {name for name, ok in zip(facility.texts, known, strict=False) if not ok}
        tally.facilities |= missing
        return covered

    def _outcome(self, rule: Rule, hit: int) -> Outcome:
        tally = self._tallies[rule.code]
        if tally.crash:
            return Outcome(rule.code, "error", tally.in_force, hit, tally.crash)
        reason = "; ".join(filter(None, (_uncovered(rule, tally), _unread(tally))))
        if tally.in_force:
            return Outcome(rule.code, "ran", tally.in_force, hit, reason)
        if tally.uncovered or tally.unread or (rule.needs and not self._has_all(rule)):
            return Outcome(rule.code, "not_checkable", 0, 0, reason)
        if any(self._rows_seen.get(table) for table in rule.fields):
            reason = f"không có dòng nào trong thời gian hiệu lực (theo {rule.by})"
        else:
            reason = "không có dữ liệu của " + ", ".join(rule.fields)
        return Outcome(rule.code, "not_applicable", 0, 0, reason)

    def _has_all(self, rule: Rule) -> bool:
        return all(self.catalogues.has(kind) for kind in rule.needs)


def _uncovered(rule: Rule, tally: _Tally) -> str:
    """Why some or all rows could not be checked, "" when all could."""
    if not rule.needs or not (tally.uncovered or not tally.in_force):
        return ""
    names = sorted(tally.facilities)
    where = ", ".join(names[:_NAMED_FACILITIES]) + (" …" if len(names) > _NAMED_FACILITIES else "")
    lists = ", ".join(rule.needs)
    if not names:
        return f"thiếu danh mục {lists}"
    return f"thiếu danh mục {lists} của cơ sở {where}: {tally.uncovered} dòng không kiểm được"


def _unread(tally: _Tally) -> str:
    if not tally.unread:
        return ""
    return f"{tally.unread} dòng không kiểm được vì bảng gửi kèm của hồ sơ không đọc được"


def _lost(rule: Rule, claims: ClaimSet) -> BoolArray | None:
    """Claims that sent a table the rule reads, but unreadably; None when there are none."""
    if not claims.unread:
        return None
    tables = rule.reads
    mask = np.zeros(len(claims), np.bool_)
    mask[[claim for table, claim in claims.unread if table in tables]] = True
    return mask


def _during(rule: Rule, clause: Clause, evaluator: Evaluator) -> BoolArray:
    when = evaluator.dates(clause.table, rule.by)
    return (when.values >= clause.start) & (when.values <= clause.end)


def _kept(
    rule: Rule, hits: Hits, mask: BoolArray, evaluator: Evaluator
) -> Iterable[tuple[Clause, Hits]]:
    """The hits in force, each with the clause of its table and date."""
    for clause in rule.clauses:
        if clause.table == hits.table:
            wanted = (mask & _during(rule, clause, evaluator))[hits.rows]
            if wanted.any():
                yield clause, _only(hits, wanted)


def _only(hits: Hits, wanted: BoolArray) -> Hits:
    keep = np.flatnonzero(wanted)

    def pick(values: Sequence[str] | None) -> Sequence[str] | None:
        return None if values is None else [values[i] for i in keep.tolist()]

    return Hits(
        hits.table,
        hits.rows[keep],
        hits.field if isinstance(hits.field, str) else pick(hits.field) or "",
        pick(hits.expected),
        None if hits.amount is None else hits.amount[keep],
        None if hits.other_rows is None else hits.other_rows[keep],
        pick(hits.detail),
    )
