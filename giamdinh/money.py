"""Money at risk, each đồng counted once, and findings grouped by what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, IntArray

_CAP_FIELD = "T_BHTT"
_SAFE = 2**62


@dataclass(frozen=True, slots=True)
class Money:
    """Hundredths of a đồng: proposed for refusal, and what warnings add to that."""

    error: int = 0
    warning: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Findings with the same texts in some columns; money is counted once within the group."""

    key: tuple[str, ...]
    findings: int
    errors: int
    warnings: int
    claims: int
    money: Money


def money(findings: Findings) -> Money:
    """Money at risk in all findings: at most T_BHTT per claim, whatever the order.

    Lines of a claim count once, at their largest amount; amounts about the claim as a whole are
    not added to its lines, the larger side counts. A warning adds only what errors leave over.
    """
    everything = np.zeros(len(findings), np.int64)
    ledger = _Split.of(findings, np.arange(len(findings)), everything)
    errors, warnings = ledger.money(1)
    return Money(int(errors[0]), int(warnings[0]))


def by_rule(findings: Findings) -> list[Group]:
    """Groups by (rule,), most money first."""
    return grouped(findings, "rule")


def by_facility(findings: Findings) -> list[Group]:
    """Groups by (facility,), most money first."""
    return grouped(findings, "facility")


def by_department(findings: Findings) -> list[Group]:
    """Groups by (facility, department), most money first."""
    return grouped(findings, "facility", "department")


def by_practitioner(findings: Findings) -> list[Group]:
    """Groups by (facility, department, practitioner), most money first."""
    return grouped(findings, "facility", "department", "practitioner")


def grouped(findings: Findings, *names: str, rows: IntArray | None = None) -> list[Group]:
    """Groups of equal texts in the columns `names`, most money first; of `rows` when given."""
    rows = np.arange(len(findings)) if rows is None else rows
    first, group, _ = _group(findings, names, rows)
    keys = [tuple(findings.texts(name)[at] for name in names) for at in rows[first].tolist()]
    return sorted(summed(findings, rows, group, keys), key=_by_money)


def summed(
    findings: Findings, rows: IntArray, group: IntArray, keys: Sequence[tuple[str, ...]]
) -> list[Group]:
    """The groups of `rows`, in the order of `keys`; `group` says for each row which it is in."""
    count = len(keys)
    split = _Split.of(findings, rows, group)
    size = np.bincount(group, minlength=count).tolist()
    errors = np.bincount(group[split.error], minlength=count).tolist()
    warnings = np.bincount(group[split.warning], minlength=count).tolist()
    claims = split.claims(count).tolist()
    refused, review = (amounts.tolist() for amounts in split.money(count))
    return [
        Group(key, size[i], errors[i], warnings[i], claims[i], Money(refused[i], review[i]))
        for i, key in enumerate(keys)
    ]


@dataclass(frozen=True, slots=True)
class _Split:
    """The selected findings by group and claim.

    Attributes:
        pair: shape (rows,), which (group, claim) a finding belongs to.
        pair_group, cap: shape (pairs,), the group of a pair and its claim's T_BHTT.
        line: shape (rows,), key of the cost line within the pair; -1 for the claim as a whole.
        amount: shape (rows,), hundredths, never negative.
        error, warning: shape (rows,), severities.
    """

    pair: IntArray
    pair_group: IntArray
    cap: IntArray
    line: IntArray
    amount: IntArray
    error: BoolArray
    warning: BoolArray

    @classmethod
    def of(cls, findings: Findings, rows: IntArray, group: IntArray) -> _Split:
        """The split of `rows`, each in its `group`."""
        _, claim = np.unique(findings.numbers("claim_seq")[rows], return_inverse=True)
        claims = int(claim.max(initial=0)) + 1
        pairs, pair = np.unique(group * claims + claim, return_inverse=True)
        cap = np.full(pairs.size, np.iinfo(np.int64).max, np.int64)
        np.minimum.at(cap, pair, findings.numbers("claim_cap")[rows])
        severity = findings.texts("severity")
        codes = severity.codes[rows]
        return cls(
            pair=pair,
            pair_group=pairs // claims,
            cap=np.maximum(cap, 0),
            line=_lines(findings, rows),
            amount=np.maximum(findings.numbers("amount")[rows], 0),
            error=codes == _code(severity.texts, "error"),
            warning=codes == _code(severity.texts, "warning"),
        )

    def claims(self, groups: int) -> IntArray:
        """Claims in each group."""
        return np.bincount(self.pair_group, minlength=groups)

    def money(self, groups: int) -> tuple[IntArray, IntArray]:
        """Hundredths per group: of errors, and what warnings add."""
        errors = self._total(self.error, groups)
        return errors, self._total(self.error | self.warning, groups) - errors

    def _total(self, wanted: BoolArray, groups: int) -> IntArray:
        on_line = np.flatnonzero(wanted & (self.line >= 0))
        pair = self.pair[on_line]
        key = pair * (int(self.line.max(initial=0)) + 1) + self.line[on_line]
        _, first, line = np.unique(key, return_index=True, return_inverse=True)
        largest = np.zeros(first.size, np.int64)
        np.maximum.at(largest, line, self.amount[on_line])
        lines = _sums(pair[first], largest, self.cap.size)
        whole = np.zeros(self.cap.size, np.int64)
        on_claim = wanted & (self.line < 0)
        np.maximum.at(whole, self.pair[on_claim], self.amount[on_claim])
        return _sums(self.pair_group, np.minimum(self.cap, np.maximum(lines, whole)), groups)


def _sums(index: IntArray, amounts: IntArray, size: int) -> IntArray:
    """Sum of amounts per index; Python integers where absurd amounts would leave int64."""
    large = int(amounts.max(initial=0)) * max(amounts.size, 1) >= _SAFE
    out = np.zeros(size, object if large else np.int64)
    np.add.at(out, index, amounts)
    return out


def _lines(findings: Findings, rows: IntArray) -> IntArray:
    """A number per (table, row index) of the tables that carry cost; -1 elsewhere."""
    specs = table_specs()
    table = findings.texts("table")
    costs = [
        name in specs and specs[name].many and _CAP_FIELD in specs[name].by_name
        for name in table.texts
    ]
    code = table.codes[rows].astype(np.int64)
    line = findings.numbers("line_seq")[rows]
    is_line = np.array([*costs, False])[code] & (line >= 0)
    return np.where(is_line, line * len(costs) + code, -1)


def _group(
    findings: Findings, names: tuple[str, ...], rows: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Position in `rows` of each group's first member, group of each row, size of each group."""
    key = np.zeros(rows.size, np.int64)
    for name in names:
        column = findings.texts(name)
        wide = key * (len(column.texts) + 1) + column.codes[rows] + 1
        key = np.unique(wide, return_inverse=True)[1].ravel()
    _, first, group, size = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    return first, group, size


def _code(texts: list[str], text: str) -> int:
    return texts.index(text) if text in texts else len(texts)


def _by_money(group: Group) -> tuple[int, int, int, tuple[str, ...]]:
    return -group.money.error, -group.money.warning, -group.findings, group.key
