"""Runs rules on batches of claims and keeps, for every rule, how it ended."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues.faults import list_faults
from giamdinh.catalogues.lists import need_text
from giamdinh.model import Outcome
from giamdinh.rules.across import Memory, wanted
from giamdinh.rules.context import FILE_TABLE, Batch, CheckContext, Hits, check_named
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.in_force import InForce, Tally, needs_store
from giamdinh.rules.programs import RowPrograms
from giamdinh.rules.writing import Writer
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.subset import subset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from giamdinh.catalogues import Catalogues
    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, Problem
    from giamdinh.rules.cards import Clause, Rule, RuleSet
    from giamdinh.rules.params import Parameter
    from giamdinh.rules.recall import Recalled
    from giamdinh.tables.claimset import ClaimSet

_NAMED_FACILITIES = 5
_NO_STORE = "cần hồ sơ các kỳ trước trong kho (giamdinh audit … --store KHO)"


@dataclass(slots=True)
class RunnerState:
    """All that a runner knows beside its findings; small, and can cross a process boundary.

    Attributes:
        tallies: by rule code.
        rows_seen: rows by table.
        facilities: facilities without the lists that rules need, by the kinds of list.
    """

    tallies: dict[str, Tally]
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
    """Runs a rule set over batches; findings go to `findings`, counts stay here.

    Attributes:
        store: whether claims of a store will stand beside those of the run at the end.
        wanted: what is kept of every claim for the rules across claims; None without such rules.
    """

    def __init__(
        self,
        rules: RuleSet,
        catalogues: Catalogues,
        findings: Findings,
        *,
        pandera: bool = True,
        store: bool = False,
    ) -> None:
        self.rules = rules
        self.catalogues = catalogues
        self.findings = findings
        self.pandera = pandera
        self._programs = RowPrograms(rules)
        self._state = RunnerState({rule.code: Tally() for rule in rules.rules})
        self.store = store
        self.wanted = wanted(self.judging, catalogues.has)
        self.memory = Memory()

    def run(self, claims: ClaimSet) -> None:
        """All rules on one batch; what rules across claims read is kept in `memory`."""
        seen = self._state.rows_seen
        for name, table in claims.tables.items():
            seen[name] = seen.get(name, 0) + len(table)
        for parameters, some in _by_parameters(self.rules, claims):
            self._run_with(Evaluator(some, parameters))

    def _run_with(self, evaluator: Evaluator) -> None:
        by_program = self._programs.run(evaluator)
        evaluator.forget()
        force = InForce(evaluator, self.catalogues, by_program)
        self._run(evaluator, force, across=False)
        if self.wanted:
            self.memory.add(evaluator, self.wanted)

    @property
    def judging(self) -> list[Rule]:
        """The rules that have the claims of earlier months that they cannot do without."""
        return [rule for rule in self.rules.rules if self._can(rule)]

    def run_across(self, claims: ClaimSet, recalled: Recalled | None = None) -> None:
        """The rules that compare claims with each other, once, on what was kept of all claims.

        Args:
            claims: of the run, and behind them those of a store.
            recalled: what the store added; None without one.
        """
        for parameters, judged in _judged_by(self.rules, claims, recalled):
            evaluator = Evaluator(claims, parameters)
            force = InForce(evaluator, self.catalogues, {}, recalled, judged)
            self._run(evaluator, force, across=True)

    def _run(self, evaluator: Evaluator, force: InForce, *, across: bool) -> None:
        claims = evaluator.claims
        batch = Batch(claims, pandera=self.pandera)
        writer = Writer(evaluator, self.findings)
        for rule in self.rules.rules:
            if FILE_TABLE not in rule.fields and rule.across == across and self._can(rule):
                context = CheckContext(claims, rule, evaluator, self.catalogues, (), batch)
                self._isolated(rule, writer, context, force)
        writer.flush()
        batch.shared.clear()  # some of it holds the batch: a circle that would outlive the batch
        for needs, names in force.uncovered.items():
            self._state.facilities.setdefault(needs, set()).update(names)

    def _can(self, rule: Rule) -> bool:
        return self.store or not needs_store(rule)

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
        if not self._can(rule):
            return Outcome(rule.code, "not_checkable", 0, 0, _NO_STORE)
        reasons = (self._uncovered(rule, tally), _unread(tally), _short(rule, tally))
        reason = "; ".join(filter(None, reasons))
        if tally.in_force:
            return Outcome(rule.code, "ran", tally.in_force, hit, reason, tally.claims)
        blind = tally.uncovered or tally.unread or tally.short
        if blind or (rule.needs and not self._has_all(rule)):
            return Outcome(rule.code, "not_checkable", 0, 0, reason)
        if any(self._state.rows_seen.get(table) for table in rule.fields):
            reason = f"không có dòng nào trong thời gian hiệu lực (theo {rule.by})"
        else:
            reason = "không có dữ liệu của " + ", ".join(rule.fields)
        return Outcome(rule.code, "not_applicable", 0, 0, reason)

    def _has_all(self, rule: Rule) -> bool:
        return all(self.catalogues.has(kind) for kind in rule.needs)

    def _uncovered(self, rule: Rule, tally: Tally) -> str:
        """Why some or all rows could not be checked, "" when all could."""
        if not rule.needs or not (tally.uncovered or not tally.in_force):
            return ""
        names = sorted(self._state.facilities.get(rule.needs, ()))
        more = " …" if len(names) > _NAMED_FACILITIES else ""
        where = ", ".join(names[:_NAMED_FACILITIES]) + more
        lists = "; ".join(map(need_text, rule.needs))
        if not names:
            return f"thiếu danh mục: {lists}"
        rows = f" ({tally.uncovered} dòng không kiểm được)" if tally.uncovered else ""
        return f"cơ sở {where} thiếu danh mục: {lists}{rows}"


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


def _judged_by(
    rules: RuleSet, claims: ClaimSet, recalled: Recalled | None
) -> Iterator[tuple[Mapping[str, Parameter], BoolArray]]:
    """Claims of the run by the parameters of their facility; all are compared with all."""
    facility = claims[CLAIM_TABLE]["MA_CSKCB"]
    own = np.arange(len(claims)) < (len(claims) if recalled is None else recalled.own)
    special = np.zeros(len(claims), np.bool_)
    for code, name in enumerate(facility.texts):
        if name in rules.local:
            mine = own & (facility.codes == code)
            special |= mine
            yield {**rules.parameters, **rules.local[name]}, mine
    yield rules.parameters, own & ~special


def _file_hits(context: CheckContext, tally: Tally) -> Iterator[tuple[Clause, Hits]]:
    tally.in_force += len(context.problems)
    for hits in check_named(context.rule.check)(context):
        yield context.rule.clauses[0], hits


def _claim_hits(
    context: CheckContext, force: InForce, tally: Tally
) -> Iterator[tuple[Clause, Hits]]:
    """What a rule finds on the rows it is in force for, which are counted first."""
    rule = context.rule
    masks = {table: mask for table in rule.fields if (mask := force.rows(rule, table, tally)).any()}
    if not masks:
        return
    tally.claims += force.count_claims(masks)
    if rule.check:
        for hits in check_named(rule.check)(context):
            if hits.rows.size and hits.table in masks:
                yield from _kept(rule, hits, masks[hits.table], force)
        return
    for position, clause in enumerate(rule.clauses):
        if clause.table not in masks:
            continue
        mask, during = masks[clause.table], force.during(rule, clause)
        assert clause.when is not None  # noqa: S101 - a card without check has a condition
        known = force.by_program.get((rule.code, position))
        if known is not None:
            rows = known[mask[known] & during[known]]
        elif (mask := mask & during).any():
            rows = np.flatnonzero(context.evaluator.truth(clause.when).yes & mask)
        else:
            continue
        if rows.size:
            yield clause, Hits(clause.table, rows)


def _unread(tally: Tally) -> str:
    if not tally.unread:
        return ""
    return f"{tally.unread} dòng không kiểm được vì bảng gửi kèm của hồ sơ không đọc được"


def _short(rule: Rule, tally: Tally) -> str:
    """Why some rows could not be compared with all that came before."""
    if not tally.short or rule.recall is None:
        return ""
    blind = rule.recall.needed == "months"
    done = "không kiểm được" if blind else "chỉ so được với phần đang có"
    return f"{tally.short} dòng {done} vì kho thiếu tháng trong {rule.recall.days} ngày trước đó"


def _kept(rule: Rule, hits: Hits, mask: BoolArray, force: InForce) -> Iterator[tuple[Clause, Hits]]:
    """The hits in force, each with the clause of its table and date."""
    for clause in rule.clauses:
        if clause.table == hits.table:
            wanted = mask[hits.rows] & force.during(rule, clause)[hits.rows]
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
