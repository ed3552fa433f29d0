"""The results of all parts, in order, as the result of one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.findings import Findings
from giamdinh.memory import give_back
from giamdinh.read.ending import Ending, close_file, settle
from giamdinh.read.ledger import FileLog, Ledger
from giamdinh.read.replaced import Sendings
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from giamdinh.tables.specs import table_specs
from giamdinh.totals import ClaimTotals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.model import Problem
    from giamdinh.parts.work import PartResult, Setup
    from giamdinh.read.limits import Limits
    from giamdinh.report.model import Register
    from giamdinh.rules.recall import StoreUse
    from giamdinh.tables.claimset import ClaimSet


class Merger:
    """Adds up parts as if one pass had read all their files.

    Attributes:
        hashes: (path, SHA-256) of the files read so far.
        seconds: time by stage, of all processes together.
        store_use: what was taken from the store; None without one.
    """

    def __init__(self, setup: Setup, ledger: Ledger) -> None:
        self.ledger = ledger
        self.findings = Findings()
        self.runner = Runner(
            setup.rules, setup.catalogues, self.findings, pandera=False, store=setup.store
        )
        self.store_use: StoreUse | None = None
        self.totals = ClaimTotals(names=setup.name_claims)
        self.hashes: list[tuple[str, str]] = []
        self.seconds: dict[str, float] = {}
        self._limits = setup.limits
        self._sendings = Sendings()

    def add(self, result: PartResult) -> None:
        """The next files."""
        self._add(result, 0)

    def add_ranges(self, name: str, ranges: Sequence[PartResult]) -> None:
        """The next file, called `name`, from its ranges; see `proved`."""
        log = FileLog(self.ledger, name, self._limits)
        endings = [part.ending for part in ranges if part.ending is not None]
        seen = 0
        scanned = [part.ledger.scanned.pop("files", 0) for part in ranges]
        if min(scanned):
            ranges[0].ledger.scanned["files"] = min(scanned)
        for part, ending in zip(ranges, endings, strict=True):
            problems = [_further(problem, seen) for problem in part.ledger.problems]
            part.ledger.problems[:] = problems
            self._add(part, seen)
            log.listed += len(problems) - len(part.ledger.tags_named)
            seen += ending.seen
        settle(replace(endings[-1], seen=seen), log)
        close_file(log, taken=True)

    def register(self) -> Register:
        """Every claim that counts; known when the run is finished."""
        return self.totals.register(self._sendings.keys(), self.ledger.replaced)

    def finish(self, store: Path | None = None) -> None:
        """What is known only when all files were read: replaced claims and the rules on files.

        Args:
            store: months of claims that rules may compare with.
        """
        self._sendings.settle(self.ledger)
        for rows in (self.ledger.rows, self.ledger.rows_quarantined):
            ordered = sorted(rows.items(), key=lambda pair: list(table_specs()).index(pair[0]))
            rows.clear()
            rows.update(ordered)
        self.findings = self.runner.findings = self.findings.settle(self.ledger.replaced)
        claims = self.runner.memory.claims(without=self.ledger.replaced)
        if claims is not None:
            self._compare(claims, store)
        if self.ledger.problems or self.runner.catalogues.statuses:
            self.runner.run_files(self.ledger.problems, ClaimSetBuilder().build())

    def _compare(self, claims: ClaimSet, store: Path | None) -> None:
        """The rules across claims, their findings put in order among those of the parts."""
        whole = self.findings
        self.runner.findings = Findings()
        recalled = None
        if store is not None and self.runner.wanted is not None:
            from giamdinh.store.history import Question, with_history

            rules = self.runner.rules
            lists = self.runner.catalogues
            can = [rule for rule in rules.rules if all(map(lists.has, rule.needs))]
            question = Question(self.runner.wanted, can, rules.parameters, lists)
            claims, recalled, self.store_use = with_history(store, claims, question)
            give_back()
        self.runner.run_across(claims, recalled)
        if len(self.runner.findings):
            whole.extend(self.runner.findings.in_order())
            self.findings = whole.in_order()
        self.runner.findings = self.findings

    def _add(self, part: PartResult, first_hoso: int) -> None:
        first = self.ledger.claims_read
        part.findings.move(first, first_hoso)
        self.findings.extend(part.findings)
        self.runner.absorb(part.state)
        self.runner.memory.join(part.memory, first, first_hoso)
        self.totals.join(part.totals, first, first_hoso)
        self._sendings.join(part.sendings, first_hoso)
        self.ledger.join(part.ledger, self._limits.unknown_tags)
        self.hashes += part.hashes
        for stage, seconds in part.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


def proved(ranges: Sequence[PartResult], limits: Limits) -> bool:
    """Whether ranges of a file, one behind the other, say what the whole file says.

    A range that is a whole document under the head of the file and the matching end tags ends
    where it is said to end: between two claims, outside comments and CDATA. So the next one
    begins there.
    """
    endings = [part.ending for part in ranges]
    last = endings[-1]
    problems = sum(len(part.ledger.problems) for part in ranges)
    return (
        all(_is_whole(ending) for ending in endings)
        and not any(ending.late for ending in endings[:-1] if ending is not None)
        and last is not None
        and sum(ending.seen for ending in endings if ending is not None) <= limits.file_pieces
        and problems < limits.problems_per_file
        and not any(p.kind == "tep_thay_doi" for part in ranges for p in part.ledger.problems)
    )


def _is_whole(ending: Ending | None) -> bool:
    return ending is not None and ending.whole and len(ending.envelopes) == 1


def _further(problem: Problem, claims: int) -> Problem:
    return replace(problem, hoso=problem.hoso + claims) if problem.hoso else problem
