"""Runs rules on batches of claims and keeps, for every rule, how it ended."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues.faults import list_faults
from giamdinh.model import Outcome
from giamdinh.rules.across import Memory, wanted
from giamdinh.rules.context import FILE_TABLE, Batch, CheckContext, Hits, check_named
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.programs import RowPrograms
from giamdinh.rules.writing import Writer
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.subset import subset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from giamdinh.catalogues import Catalogues
    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, IntArray, Problem
    from giamdinh.rules.cards import Clause, Rule, RuleSet
    from giamdinh.rules.params import Parameter
    from giamdinh.tables.claimset import ClaimSet

_NAMED_FACILITIES = 5


@dataclass(slots=True)
class _Tally:
    """What is known about one rule so far."""

    in_force: int = 0
    claims: int = 0
    uncovered: int = 0
    unread: int = 0
    crash: str = ""

    def add(self, other: _Tally) -> None:
        """Counts what another runner saw; of two crashes the first by name is kept."""
        self.in_force += other.in_force
        self.claims += other.claims
        self.uncovered += other.uncovered
        self.unread += other.unread
        self.crashed(other.crash)

    def crashed(self, what: str) -> None:
        """Keeps one crash, the same whatever the order of the batches."""
        self.crash = min(filter(None, (self.crash, what)), default="")


@dataclass(slots=True)
class RunnerState:
    """All that a runner knows beside its findings; small, and can cross a process boundary.

    Attributes:
        tallies: by rule code.
        rows_seen: rows by table.
        facilities: facilities without the lists that rules need, by the kinds of list.
    """

    tallies: dict[str, _Tally]
    rows_seen: dict[str, int] = field(default_factory=dict)
    facilities: dict[tuple[str, ...], set[str]] = field(default_factory=dict)

    def add(self, other: RunnerState) -> None:
        """What both saw; the order does not matter."""
        for code, tally in other.tallies.items():
            self.tallies[code].add(tally)
        for table, rows in other.rows_seen.items():
            self.rows_seen[table] = self.rows_seen.get(table, 0) + rows
        for needs, names in other.facilities.items():
            self.facilities.setdefault(needs, set()).update(names)


class Runner:
    """Runs a rule set over batches; findings go to `findings`, counts stay here."""

    def __init__(
        self, rules: RuleSet, catalogues: Catalogues, findings: Findings, *, pandera: bool = True
    ) -> None:
        self.rules = rules
        self.catalogues = catalogues
        self.findings = findings
        self.pandera = pandera
        self._programs = RowPrograms(rules)
        self._state = RunnerState({rule.code: _Tally() for rule in rules.rules})
        self._wanted = wanted(rules.rules, catalogues.has)
        self.memory = Memory()

    def run(self, claims: ClaimSet) -> None:
        """All rules on one batch; what rules across claims read is kept in `memory`."""
        seen = self._state.rows_seen
        for name, table in claims.tables.items():
            seen[name] = seen.get(name, 0) + len(table)
        for parameters, some in _by_parameters(self.rules, claims):
            self._run_with(Evaluator(some, parameters))

    def _run_with(self, evaluator: Evaluator) -> None:
        force = InForce(evaluator, self.catalogues, self._programs.run(evaluator))
        self._run(evaluator, force, across=False)
        if self._wanted:
            self.memory.add(evaluator, self._wanted)

    def run_across(self, claims: ClaimSet) -> None:
        """The rules that compare claims with each other, once, on what was kept of all claims."""
        evaluator = Evaluator(claims, self.rules.parameters)
        self._run(evaluator, InForce(evaluator, self.catalogues, {}), across=True)

    def _run(self, evaluator: Evaluator, force: InForce, *, across: bool) -> None:
        claims = evaluator.claims
        batch = Batch(claims, pandera=self.pandera)
        writer = Writer(evaluator, self.findings)
        for rule in self.rules.rules:
            if FILE_TABLE not in rule.fields and rule.across == across:
                context = CheckContext(claims, rule, evaluator, self.catalogues, (), batch)
                self._isolated(rule, writer, context, force)
        for needs, names in force.uncovered.items():
            self._state.facilities.setdefault(needs, set()).update(names)

    def run_files(self, problems: Sequence[Problem], empty: ClaimSet) -> None:
        """The rules about files, once, on all problems of the files and of the lists' rows."""
        problems = [*problems, *list_faults(self.catalogues)]
        evaluator = Evaluator(empty, self.rules.parameters)
        writer = Writer(evaluator, self.findings)
        batch = Batch(empty, pandera=False)
        self._state.rows_seen[FILE_TABLE] = len(problems)
        for rule in self.rules.rules:
            if FILE_TABLE in rule.fields:
                context = CheckContext(empty, rule, evaluator, self.catalogues, problems, batch)
                self._isolated(rule, writer, context)

    def state(self) -> RunnerState:
        """What this runner knows beside its findings, to be absorbed by another one."""
        return self._state

    def absorb(self, state: RunnerState) -> None:
        """Counts what another runner of the same rules saw."""
        self._state.add(state)

    def outcomes(self, findings: Findings) -> tuple[Outcome, ...]:
        """How each rule ended, given the findings that are kept."""
        column = findings.texts("rule")
        counts = np.bincount(column.codes, minlength=len(column.texts)).tolist()
        hits = dict(zip(column.texts, counts, strict=True))
        return tuple(self._outcome(rule, hits.get(rule.code, 0)) for rule in self.rules.rules)

    def _isolated(
        self, rule: Rule, writer: Writer, context: CheckContext, force: InForce | None = None
    ) -> None:
        tally = self._state.tallies[rule.code]
        try:
            found = _claim_hits(context, force, tally) if force else _file_hits(context, tally)
            for clause, hits in found:
                writer.write(rule, clause, hits, context.problems)
        except Exception as error:  # noqa: BLE001 - one rule's crash must not stop the others
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            tally.crashed(f"{type(error).__name__} tại {place}")

    def _outcome(self, rule: Rule, hit: int) -> Outcome:
        tally = self._state.tallies[rule.code]
        if tally.crash:
            return Outcome(rule.code, "error", tally.in_force, hit, tally.crash)
        reason = "; ".join(filter(None, (self._uncovered(rule, tally), _unread(tally))))
        if tally.in_force:
            return Outcome(rule.code, "ran", tally.in_force, hit, reason, tally.claims)
        if tally.uncovered or tally.unread or (rule.needs and not self._has_all(rule)):
            return Outcome(rule.code, "not_checkable", 0, 0, reason)
        if any(self._state.rows_seen.get(table) for table in rule.fields):
            reason = f"không có dòng nào trong thời gian hiệu lực (theo {rule.by})"
        else:
            reason = "không có dữ liệu của " + ", ".join(rule.fields)
        return Outcome(rule.code, "not_applicable", 0, 0, reason)

    def _has_all(self, rule: Rule) -> bool:
        return all(self.catalogues.has(kind) for kind in rule.needs)

    def _uncovered(self, rule: Rule, tally: _Tally) -> str:
        """Why some or all rows could not be checked, "" when all could."""
        if not rule.needs or not (tally.uncovered or not tally.in_force):
            return ""
        names = sorted(self._state.facilities.get(rule.needs, ()))
        more = " …" if len(names) > _NAMED_FACILITIES else ""
        where = ", ".join(names[:_NAMED_FACILITIES]) + more
        lists = ", ".join(rule.needs)
        if not names:
            return f"thiếu danh mục {lists}"
        return f"thiếu danh mục {lists} của cơ sở {where}: {tally.uncovered} dòng không kiểm được"


def _by_parameters(
    rules: RuleSet, claims: ClaimSet
) -> Iterator[tuple[Mapping[str, Parameter], ClaimSet]]:
    """The claims of a batch by the parameters that hold at their facility."""
    facility = claims[CLAIM_TABLE]["MA_CSKCB"]
    special = [code for code, name in enumerate(facility.texts) if name in rules.local]
    if not special:
        yield rules.parameters, claims
        return
    common = np.flatnonzero(~np.isin(facility.codes, special))
    yield rules.parameters, subset(claims, common, orphans=True)
    for code in special:
        own = {**rules.parameters, **rules.local[facility.texts[code]]}
        yield own, subset(claims, np.flatnonzero(facility.codes == code), orphans=False)


def _file_hits(context: CheckContext, tally: _Tally) -> Iterator[tuple[Clause, Hits]]:
    tally.in_force += len(context.problems)
    for hits in check_named(context.rule.check)(context):
        yield context.rule.clauses[0], hits


def _claim_hits(
    context: CheckContext, force: InForce, tally: _Tally
) -> Iterator[tuple[Clause, Hits]]:
    """What a rule finds on the rows it is in force for, which are counted first."""
    rule = context.rule
    masks = {table: mask for table in rule.fields if (mask := force.rows(rule, table, tally)).any()}
    if not masks:
        return
    tally.claims += force.count_claims(rule, masks)
    if rule.check:
        for hits in check_named(rule.check)(context):
            if hits.rows.size and hits.table in masks:
                yield from _kept(rule, hits, masks[hits.table], force)
        return
    for position, clause in enumerate(rule.clauses):
        if clause.table not in masks:
            continue
        mask = masks[clause.table] & force.during(rule, clause)
        if not mask.any():
            continue
        assert clause.when is not None  # noqa: S101 - a card without check has a condition
        known = force.by_program.get((rule.code, position))
        if known is None:
            rows = np.flatnonzero(context.evaluator.truth(clause.when).yes & mask)
        else:
            rows = known[mask[known]]
        if rows.size:
            yield clause, Hits(clause.table, rows)


class InForce:
    """Which rows of one batch a rule may judge; equal questions of several rules are asked once.

    Attributes:
        uncovered: the facilities of the batch without all lists of some kinds.
        by_program: rule code and clause → rows where the condition is true, where already known.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        catalogues: Catalogues,
        by_program: Mapping[tuple[str, int], IntArray],
    ) -> None:
        self.by_program = by_program
        self.evaluator = evaluator
        self.claims = evaluator.claims
        self.catalogues = catalogues
        self.uncovered: dict[tuple[str, ...], set[str]] = {}
        self._covered: dict[tuple[str, ...], BoolArray] = {}
        self._masks: dict[tuple[object, ...], BoolArray] = {}
        self._counts: dict[tuple[object, ...], int] = {}

    def rows(self, rule: Rule, table: str, tally: _Tally) -> BoolArray:
        """Rows of `table` that are in time, covered by lists and read whole; counts them."""
        if rule.needs and rule.needs not in self._covered:
            self._covered[rule.needs] = self._cover(rule.needs)
        mask = self._between(table, rule.by, rule.start, rule.end)
        if not mask.size:
            return mask
        if rule.needs:
            seen = self._on_rows(table, self._covered[rule.needs], rule.needs)
            tally.uncovered += int(np.count_nonzero(mask & ~seen))
            mask = mask & seen
        if self.claims.unread:
            blind = np.append(_lost(rule, self.claims), np.False_)[self.claims[table].parent]
            tally.unread += int(np.count_nonzero(mask & blind))
            mask = mask & ~blind
        tally.in_force += int(np.count_nonzero(mask))
        return mask

    def count_claims(self, rule: Rule, masks: Mapping[str, BoolArray]) -> int:
        """Claims with a row that the rule may judge; `masks` are what `rows` gave by table."""
        own = rule.code if self.claims.unread else ""  # what could not be read differs by rule
        key = (*masks, rule.by, rule.start, rule.end, rule.needs, own)
        if key not in self._counts:
            seen = np.zeros(len(self.claims) + 1, np.bool_)
            for name, mask in masks.items():
                table = self.claims[name]
                if mask.all():
                    seen[:-1] |= np.diff(table.offsets) > 0
                else:
                    seen[table.parent[mask]] = True
            self._counts[key] = int(np.count_nonzero(seen[:-1]))
        return self._counts[key]

    def during(self, rule: Rule, clause: Clause) -> BoolArray:
        """Rows of the clause's table whose deciding moment lies in the clause's period."""
        start, end = max(rule.start, clause.start), min(rule.end, clause.end)
        return self._between(clause.table, rule.by, start, end)

    def _between(self, table: str, by: str, start: int, end: int) -> BoolArray:
        key = (table, by, start, end)
        if key not in self._masks:
            when = self.evaluator.dates(table, by)
            self._masks[key] = when.valid & (when.values >= start) & (when.values <= end)
        return self._masks[key]

    def _on_rows(self, table: str, claims: BoolArray, needs: tuple[str, ...]) -> BoolArray:
        key = (table, needs)
        if key not in self._masks:
            self._masks[key] = np.append(claims, np.False_)[self.claims[table].parent]
        return self._masks[key]

    def _cover(self, needs: tuple[str, ...]) -> BoolArray:
        """Claims whose facility has every catalogue of some kinds."""
        facility = self.claims[CLAIM_TABLE]["MA_CSKCB"]
        known = [
            all(self.catalogues.covers(kind, name) for kind in needs)
            for name in (*facility.texts, "")
        ]
        missing = {name for name, ok in zip(facility.texts, known, strict=False) if not ok}
        self.uncovered[needs] = missing
        return np.array(known, np.bool_)[facility.codes]


def _unread(tally: _Tally) -> str:
    if not tally.unread:
        return ""
    return f"{tally.unread} dòng không kiểm được vì bảng gửi kèm của hồ sơ không đọc được"


def _lost(rule: Rule, claims: ClaimSet) -> BoolArray:
    """Claims that sent a table the rule reads, but unreadably."""
    tables = rule.reads
    mask = np.zeros(len(claims), np.bool_)
    mask[[claim for table, claim in claims.unread if table in tables]] = True
    return mask


def _kept(rule: Rule, hits: Hits, mask: BoolArray, force: InForce) -> Iterator[tuple[Clause, Hits]]:
    """The hits in force, each with the clause of its table and date."""
    for clause in rule.clauses:
        if clause.table == hits.table:
            wanted = (mask & force.during(rule, clause))[hits.rows]
            if wanted.all():
                yield clause, hits
            elif wanted.any():
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
