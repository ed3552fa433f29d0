"""Row programs: the conditions of all cards on a batch of many rows, in compiled blocks.

The hits are those of the evaluator. A clause that the machine may not compute, and every clause of
a table with few rows, is left to the evaluator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh import kernels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from giamdinh.model import IntArray
    from giamdinh.rules.cards import RuleSet
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.rules.programs_bind import Bound, Source
    from giamdinh.rules.programs_plan import Key, Plan
    from giamdinh.rules.vectors import AnyArray
    from giamdinh.tables.claimset import Table

BLOCK = 4096
"""Rows worked on at a time: registers stay in the processor's cache."""


class RowPrograms:
    """The conditions of a rule set.

    Args:
        forced: use programs for every table, however few rows it has.
    """

    def __init__(self, rules: RuleSet, *, forced: bool = False) -> None:
        self.rules = rules
        self.forced = forced

    def run(self, evaluator: Evaluator) -> Mapping[Key, IntArray]:
        """Rows where a clause's condition holds and the deciding date lies in its period, sorted.

        Clauses are named by rule code and position. One that is not there is the evaluator's.
        """
        tables = [table for table in evaluator.claims.tables.values() if self._worth_it(table)]
        if not tables:
            return {}
        hits: dict[Key, IntArray] = {}
        for table in tables:
            plan = self.rules.plans.get(table.name)
            if plan is not None:
                hits |= table_hits(plan, evaluator)
        return hits

    def _worth_it(self, table: Table) -> bool:
        """Whether a table's rows all belong to claims and repay a program, and numba's import."""
        if not len(table) or int(table.parent[-1]) < 0:
            return False
        size = len(table)
        return self.forced or kernels.at_hand(size) or size >= kernels.LARGE


def table_hits(plan: Plan, evaluator: Evaluator) -> dict[Key, IntArray]:
    """The hits of one table, whose rows all belong to claims; there must be at least one."""
    from giamdinh.rules.programs_bind import bound

    program = bound(plan, evaluator)
    table = evaluator.claims[plan.table]
    hits = {key: np.zeros(0, np.int64) for key in program.nowhere}
    hits |= {key: np.arange(len(table), dtype=np.int64) for key in program.everywhere}
    if program.kept:
        rows, which = _kept_rows(program, table.parent)
        order = np.argsort(which, kind="stable")
        ends = np.cumsum(np.bincount(which, minlength=len(program.kept)))
        hits |= zip(program.kept, np.split(rows[order], ends[:-1]), strict=True)
    return hits


def _kept_rows(program: Bound, parent: IntArray) -> tuple[IntArray, IntArray]:
    """All hits block by block: the row, and which of the program's conditions it fulfils."""
    block = _Block(program, parent)
    rows, which = [], []
    places = np.arange(len(program.kept), dtype=np.int16)
    for first, hits, counts in block.run():
        rows.append(hits.astype(np.int64) + first)
        which.append(np.repeat(places, counts))
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *rows]), np.concatenate([none[:0].astype(np.int16), *which])


class _Block:
    """The machine's registers and the columns that are read into them."""

    def __init__(self, program: Bound, parent: IntArray) -> None:
        layout = program.layout
        self.program = program
        self.parent = parent
        self.ints = np.zeros((layout.ints, BLOCK), np.int64)
        self.eights = np.zeros((layout.bits, BLOCK // 8), np.int64)
        self.bits = self.eights.view(np.uint8)
        self.codes = np.zeros((max(len(program.codes), 1), BLOCK), np.int32)
        self.loads: list[tuple[AnyArray, Source]] = []
        for column, register in layout.columns:
            source = program.columns[column]
            bank = self.bits if source.array.dtype == np.uint8 else self.ints
            self.loads.append((bank[register], source))
        self.loads += zip(self.codes, program.codes, strict=False)

    def run(self) -> Iterator[tuple[int, AnyArray, IntArray]]:
        """First row, hits from there on and hits per condition, for each block that has any."""
        from giamdinh.kernels import chuong_trinh as machine

        kept = len(self.program.kept)
        hits = np.empty(kept * BLOCK, np.int32)
        counts = np.zeros(kept, np.int64)
        run_block = machine.run_block.compiled
        for first in range(0, self.parent.size, BLOCK):
            rows = min(BLOCK, self.parent.size - first)
            self._load(first, rows)
            found = run_block(
                self.program.layout.program, self.ints, self.bits, self.eights, self.codes,
                self.program.luts, rows, hits, counts,
            )  # fmt: skip
            if found:
                yield first, hits[:found], counts

    def _load(self, first: int, rows: int) -> None:
        last = first + rows
        parent = self.parent[first:last]
        for register, source in self.loads:
            if source.lifted:
                # "clip" lets numpy write straight into the register; parents are in range.
                np.take(source.array, parent, out=register[:rows], mode="clip")
            else:
                register[:rows] = source.array[first:last]
