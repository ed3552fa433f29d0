"""A finished run as pages look at it: filtered rows, counts for every choice, verdict per claim."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.causes import causes
from giamdinh.money import Group, Money, grouped
from giamdinh.text import bare
from giamdinh.web.deadlines import days_left, deadlines
from giamdinh.web.filters import NUMBERED, UNDECIDED, Filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.causes import Cause
    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, CodeArray, IntArray
    from giamdinh.rules.cards import Rule
    from giamdinh.web.decisions import Decisions
    from giamdinh.web.pages_month import Block
    from giamdinh.web.runs import Run
    from giamdinh.web.stored import Stored

_BY_TEXT = {"muc": "severity", "ma": "rule", "nd": "tt12", "cs": "facility", "bang": "table"}


class Choice(NamedTuple):
    """A value to filter by, and how many findings have it."""

    value: str | int
    text: str
    findings: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Go or no go per claim, shape (claims,) each.

    Attributes:
        open: findings of severity error that nobody left out with a reason.
        errors, warnings: all of them.
    """

    open: IntArray
    errors: IntArray
    warnings: IntArray

    @property
    def to_fix(self) -> BoolArray:
        """Claims that may not be sent as they are."""
        return self.open > 0


class View:
    """One finished run in memory. Nothing in it changes but what people decide."""

    def __init__(self, run: Run, stored: Stored, rules: Mapping[str, Rule]) -> None:
        self.run = run
        self.stored = stored
        self.rules = rules
        self.order = stored.findings.by_money()
        self.month: list[Block] | None = None
        self._codes: dict[str, CodeArray] = {}
        self._decided: tuple[int, CodeArray] | None = None

    @property
    def findings(self) -> Findings:
        """All findings."""
        return self.stored.findings

    def codes(self, name: str) -> CodeArray:
        """Codes of a text column, kept."""
        if name not in self._codes:
            self._codes[name] = self.findings.texts(name).codes
        return self._codes[name]

    @cached_property
    def fingerprints(self) -> list[str]:
        """Of every finding."""
        return [f"{value:016x}" for value in self.findings.prints.tolist()]

    @cached_property
    def known_prints(self) -> frozenset[str]:
        """The same, to look one up."""
        return frozenset(self.fingerprints)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What is behind several findings, most money first."""
        return causes(self.findings, self.rules).each

    @property
    def crashed(self) -> int:
        """Rules that ended in an error of the program: without them no claim is cleared."""
        return sum(one["status"] == "error" for one in self.stored.manifest["outcomes"])

    @cached_property
    def deadlines(self) -> IntArray:
        """The last day to send each claim; 0 when unknown."""
        return deadlines(self.stored.claims.service)

    def days_left(self) -> IntArray:
        """Working days left for each claim; only where the deadline is known."""
        return days_left(self.deadlines)

    def rows(
        self, wanted: Filter, text: str, decisions: Decisions, before: View | None
    ) -> IntArray:
        """The findings that a filter lets through, most money first."""
        keep = np.ones(len(self.findings), np.bool_)
        for key, name in _BY_TEXT.items():
            value = getattr(wanted, key)
            if value:
                texts = self.findings.texts(name).texts
                code = texts.index(value) if value in texts else len(texts)
                keep &= self.codes(name) == code
        for key, name in NUMBERED.items():
            number = getattr(wanted, key)
            if number:
                keep &= self.codes(name) == number - 1
        if wanted.hs:
            keep &= self.stored.number == wanted.hs
        if wanted.nn:
            keep &= self.of_cause(wanted.nn)
        if wanted.qd or wanted.ai:
            keep &= self._in_work(wanted, decisions)
        if wanted.so and before is not None:
            old = np.isin(self.findings.prints, before.findings.prints)
            keep &= old if wanted.so == "cu" else ~old
        # The longest word leaves least for the others to be looked for in.
        for part in sorted(bare(text).split(), key=len, reverse=True):
            keep[keep] = self._mentions(part, keep)
        return self.order[keep[self.order]]

    def _in_work(self, wanted: Filter, decisions: Decisions) -> BoolArray:
        """What was decided so, or given to somebody."""
        keep = np.ones(len(self.findings), np.bool_)
        if wanted.qd:
            keep &= self.decided(decisions) == (UNDECIDED, "nhan", "bo").index(wanted.qd)
        if wanted.ai:
            given = np.array(sorted(decisions.assigned(wanted.ai)), np.uint64)
            keep &= np.isin(self.findings.prints, given)
        return keep

    def total(self, rows: IntArray) -> Group:
        """Counts and money of some findings."""
        found = grouped(self.findings, rows=rows)
        return found[0] if found else Group((), 0, 0, 0, 0, Money())

    def choices(self, name: str, titles: dict[str, str] | None = None) -> list[Choice]:
        """Every value of a column with its count, most frequent first."""
        texts = self.findings.texts(name).texts
        counts = np.bincount(self.codes(name) + 1, minlength=len(texts) + 1)[1:].tolist()
        numbered = name in NUMBERED.values()
        found = [
            Choice(i + 1 if numbered else text, (titles or {}).get(text, text), counts[i])
            for i, text in enumerate(texts)
            if counts[i]
        ]
        return sorted(found, key=lambda choice: (-choice.findings, choice.text))

    def number(self, name: str, text: str) -> int:
        """The number of a department or practitioner in addresses; 0 for none."""
        texts = self.findings.texts(name).texts
        return texts.index(text) + 1 if text in texts else 0

    def decided(self, decisions: Decisions) -> CodeArray:
        """Shape (findings,): 0 undecided, 1 accepted, 2 left out."""
        if self._decided is None or self._decided[0] != decisions.version:
            version = decisions.version
            code = {"": 0, "nhan": 1, "bo": 2}
            known = {key: code[one.choice] for key, one in decisions.known.items()}
            found = np.zeros(len(self.findings), np.int32)
            if known:
                prints = np.array([int(key, 16) for key in known], np.uint64)
                values = np.array(list(known.values()), np.int32)
                order = np.argsort(prints)
                mine = self.findings.prints
                at = np.minimum(np.searchsorted(prints[order], mine), prints.size - 1)
                found = np.where(prints[order][at] == mine, values[order][at], 0).astype(np.int32)
            self._decided = version, found
        return self._decided[1]

    def verdict(self, decisions: Decisions) -> Verdict:
        """What stands against sending each claim."""
        severity = self.findings.texts("severity").texts
        claims = len(self.stored.claims)

        def count(name: str, also: BoolArray | None = None) -> IntArray:
            if name not in severity:
                return np.zeros(claims, np.int64)
            hit = self.codes("severity") == severity.index(name)
            chosen = hit if also is None else hit & also
            return np.bincount(self.stored.number[chosen], minlength=claims + 1)[1:]

        undismissed = self.decided(decisions) != 2  # noqa: PLR2004 - left out, see `decided`
        return Verdict(count("error", undismissed), count("error"), count("warning"))

    def claims_by(self, name: str) -> dict[str, int]:
        """How many claims have findings with each text of a column."""
        about = self.stored.number > 0
        wide = len(self.stored.claims) + 1
        codes = self.codes(name)[about].astype(np.int64) + 1
        pairs = np.unique(codes * wide + self.stored.number[about]) // wide
        counts = np.bincount(pairs).tolist()
        return dict(zip(("", *self.findings.texts(name).texts), counts, strict=False))

    def claims_of(self, rows: IntArray) -> IntArray:
        """Numbers of the claims that some findings are about."""
        numbers = np.unique(self.stored.number[rows])
        return numbers[numbers > 0]

    def common_claims(self, other: View) -> set[tuple[str, str]]:
        """Facility and MA_LK of the claims in both runs."""
        mine, theirs = self.stored.claims, other.stored.claims
        return set(zip(mine.facility, mine.claim, strict=True)) & set(
            zip(theirs.facility, theirs.claim, strict=True)
        )

    def aside_of(self, number: int) -> int:
        """How many findings about a claim were found and do not count."""
        claims, away = self.stored.claims, self.stored.aside.findings
        name, hoso = claims.file[number - 1], claims.hoso[number - 1]
        files = np.array([*(text == name for text in away.texts("file").texts), False])
        mine = files[away.texts("file").codes] & (away.numbers("hoso") == hoso)
        return int(np.count_nonzero(mine))

    def gone_since(self, before: View) -> IntArray:
        """Rows of `before` that are found no more, of claims that are in this run too."""
        common = self.common_claims(before)
        claims = before.stored.claims
        keys = zip(claims.facility, claims.claim, strict=True)
        here = np.array([False, *(key in common for key in keys)])[before.stored.number]
        gone = here & ~np.isin(before.findings.prints, self.findings.prints)
        return before.order[gone[before.order]]

    def _mentions(self, part: str, among: BoolArray) -> BoolArray:
        """Which of some findings a word stands in."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.match_substring(self.stored.search.filter(pa.array(among)), part)
        return np.asarray(found.to_numpy(), np.bool_)

    def of_cause(self, number: int) -> BoolArray:
        """The findings that a root cause explains."""
        found = np.zeros(len(self.findings), np.bool_)
        if number <= len(self.causes):
            found[self.causes[number - 1].rows] = True
        return found
