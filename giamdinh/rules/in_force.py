"""Which rows of a batch a rule may judge, and how many there were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.tables.claimset import UNDATED
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.catalogues import Catalogues
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.cards import Clause, Rule
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.rules.recall import Recall, Recalled
    from giamdinh.tables.claimset import ClaimSet


@dataclass(slots=True)
class Tally:
    """What is known about one rule so far, mostly in rows.

    Attributes:
        claims: claims with a row in force.
        uncovered: without the lists of their facility.
        unread: of claims with a table that could not be read.
        short: whose facility's months do not reach back as far as the rule looks.
    """

    in_force: int = 0
    claims: int = 0
    uncovered: int = 0
    unread: int = 0
    short: int = 0
    crash: str = ""

    def add(self, other: Tally) -> None:
        """Counts what another runner saw; of two crashes the first by name is kept."""
        self.in_force += other.in_force
        self.claims += other.claims
        self.uncovered += other.uncovered
        self.unread += other.unread
        self.short += other.short
        self.crashed(other.crash)

    def crashed(self, what: str) -> None:
        """Keeps one crash, the same whatever the order of the batches."""
        self.crash = min(filter(None, (self.crash, what)), default="")


class InForce:
    """Which rows of one batch a rule may judge; equal questions of several rules are asked once.

    Attributes:
        uncovered: the facilities of the batch without all lists of some kinds.
        by_program: rule code and clause → rows where the condition is true, where already known.
        recalled: what a store added to the claims; None without one.
        judged: shape (claims,), the claims to judge, None for all; others are compared with.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        catalogues: Catalogues,
        by_program: Mapping[tuple[str, int], IntArray],
        recalled: Recalled | None = None,
        judged: BoolArray | None = None,
    ) -> None:
        self.recalled = recalled
        self.judged = judged
        self.by_program = by_program
        self.evaluator = evaluator
        self.claims = evaluator.claims
        self.catalogues = catalogues
        self.uncovered: dict[tuple[str, ...], set[str]] = {}
        self._asked_of: set[str] | None = None
        self._covered: dict[tuple[str, ...], BoolArray] = {}
        self._whole: dict[str, BoolArray] = {}
        self._masks: dict[tuple[object, ...], BoolArray] = {}
        self._judged: dict[tuple[object, ...], tuple[BoolArray, Tally]] = {}
        self._counts: dict[tuple[tuple[str, int], ...], int] = {}

    def rows(self, rule: Rule, table: str, tally: Tally) -> BoolArray:
        """Rows of `table` that are in time, covered by lists and read whole; counts them."""
        own = rule.code if self.claims.unread else ""  # what could not be read differs by rule
        key = (table, rule.by, rule.start, rule.end, rule.needs, rule.recall, own)
        if key not in self._judged:
            counted = Tally()
            self._judged[key] = self._rows(rule, table, counted), counted
        mask, counted = self._judged[key]
        tally.add(counted)
        return mask

    def _rows(self, rule: Rule, table: str, tally: Tally) -> BoolArray:
        if rule.needs and rule.needs not in self._covered:
            self._covered[rule.needs] = self._cover(rule.needs)
        mask = self._between(table, rule.by, rule.start, rule.end)
        if not mask.size:
            return mask
        whole = self._all_rows(table)
        if self.judged is not None:
            mask = mask & self._own_rows(table, self.judged)
        if rule.needs:
            seen = self._on_rows(table, self._covered[rule.needs], rule.needs)
            if seen is not whole:
                tally.uncovered += int(np.count_nonzero(mask & ~seen))
                mask = mask & seen
        if self.claims.unread:
            blind = np.append(_lost(rule, self.claims), np.False_)[self.claims[table].parent]
            tally.unread += int(np.count_nonzero(mask & blind))
            mask = mask & ~blind
        if self.recalled is not None and rule.recall is not None:
            reached = self._reached(table, rule.recall, self.recalled)
            tally.short += int(np.count_nonzero(mask & ~reached))
            mask = mask & reached if rule.recall.needed == "months" else mask
        tally.in_force += mask.size if mask is whole else int(np.count_nonzero(mask))
        return mask

    def _all_rows(self, table: str) -> BoolArray:
        """The one mask of all rows of a table: most rules may judge all, and need not count."""
        if table not in self._whole:
            self._whole[table] = np.ones(len(self.claims[table]), np.bool_)
        return self._whole[table]

    def _own_rows(self, table: str, judged: BoolArray) -> BoolArray:
        """Rows of the claims to judge; the others are only compared with."""
        key = (table, "judged")
        if key not in self._masks:
            self._masks[key] = judged[self.claims[table].parent]
        return self._masks[key]

    def _reached(self, table: str, recall: Recall, recalled: Recalled) -> BoolArray:
        """Rows whose facility has all months that the rule looks back on; so have a store's."""
        key = (table, "reached", recall.days)
        if key not in self._masks:
            service = self.claims.service[: recalled.own]
            when = np.where(service < UNDATED, service, 0)
            own = recalled.reaches(self.claims, when, recall.days)
            reached = np.ones(len(self.claims) + 1, np.bool_)
            reached[: recalled.own] = own
            self._masks[key] = reached[self.claims[table].parent]
        return self._masks[key]

    def count_claims(self, masks: Mapping[str, BoolArray]) -> int:
        """Claims with a row that a rule may judge; `masks` are what `rows` gave by table."""
        key = tuple((name, id(mask)) for name, mask in masks.items())  # `rows` keeps them
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
            span = self.evaluator.span(table, by)
            if span is not None and start <= span[0] and span[1] <= end:
                self._masks[key] = self._all_rows(table)
            else:
                self._masks[key] = when.valid & (when.values >= start) & (when.values <= end)
        return self._masks[key]

    def _on_rows(self, table: str, claims: BoolArray, needs: tuple[str, ...]) -> BoolArray:
        key = (table, needs)
        if key not in self._masks:
            parent = self.claims[table].parent
            if claims.all() and parent[-1] >= 0:  # rows without claim are the last
                self._masks[key] = self._all_rows(table)
            else:
                self._masks[key] = np.append(claims, np.False_)[parent]
        return self._masks[key]

    def _cover(self, needs: tuple[str, ...]) -> BoolArray:
        """Claims whose facility has every catalogue of some kinds."""
        facility = self.claims[CLAIM_TABLE]["MA_CSKCB"]
        known = [
            all(self.catalogues.covers(kind, name) for kind in needs)
            for name in (*facility.texts, "")
        ]
        if self._asked_of is None:
            codes = facility.codes if self.judged is None else facility.codes[self.judged]
            self._asked_of = {facility.texts[code] for code in distinct(codes[codes >= 0])}
        missing = {name for name, ok in zip(facility.texts, known, strict=False) if not ok}
        self.uncovered[needs] = missing & self._asked_of
        return np.array(known, np.bool_)[facility.codes]


def needs_store(rule: Rule) -> bool:
    """Whether a rule judges nothing without the claims of earlier months."""
    return rule.recall is not None and rule.recall.needed != "no"


def _lost(rule: Rule, claims: ClaimSet) -> BoolArray:
    """Claims that sent a table the rule reads, but unreadably."""
    tables = rule.reads
    mask = np.zeros(len(claims), np.bool_)
    mask[[claim for table, claim in claims.unread if table in tables]] = True
    return mask
