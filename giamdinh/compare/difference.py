"""What became of every finding from one run to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from giamdinh.findings import SEVERITIES
from giamdinh.money import Group, grouped
from giamdinh.money import money as counted
from giamdinh.rules.context import FILE_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.compare.runs import Run
    from giamdinh.findings import Finding
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.money import Money

Fate = Literal["new", "same", "fixed", "gone", "unchecked", "aside"]
FATES: tuple[Fate, ...] = ("new", "same", "fixed", "gone", "unchecked", "aside")
LATER = ("new", "same")
"""Fates of findings of the later run; the others are of findings of the earlier one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a finding is new where the claim itself is not the reason; "" when it is."""

    claim: str = "hồ sơ mới có"
    rule: str = "quy tắc lần trước không chạy được"
    aside: str = "lần trước tạm giữ hoặc bỏ qua"


REASON = Reason()


@dataclass(frozen=True)
class Difference:
    """Two runs and the rows of their findings by fate; rows of `later` for new and same."""

    earlier: Run
    later: Run
    rows: dict[Fate, IntArray]
    why: tuple[str, ...]

    def side(self, fate: Fate) -> Run:
        """The run that has the findings of a fate."""
        return self.later if fate in LATER else self.earlier

    def total(self, fate: Fate) -> tuple[int, int, Money]:
        """Findings, claims and money of a fate, each đồng counted once."""
        found = self.side(fate).findings.take(self.rows[fate])
        claims = found.numbers("claim_seq")
        return len(found), int(np.unique(claims[claims >= 0]).size), counted(found)

    def groups(self, fate: Fate, *names: str) -> dict[tuple[str, ...], Group]:
        """Findings of a fate by some of their texts."""
        found = grouped(self.side(fate).findings, *names, rows=self.rows[fate])
        return {group.key: group for group in found}

    def each(self) -> Iterator[tuple[Fate, str, str, Finding]]:
        """(fate, why new, fingerprint, finding) of every finding, by fate, then most money."""
        for fate in FATES:
            run, rows = self.side(fate), self.rows[fate]
            ordered = run.findings.by_money()
            chosen = ordered[np.isin(ordered, rows)]
            why = dict(zip(rows.tolist(), self.why, strict=True)) if fate == "new" else {}
            for row in chosen.tolist():
                yield fate, why.get(row, ""), run.findings.fingerprint(row), run.findings[row]


def compare(earlier: Run, later: Run) -> Difference:
    """Tells what became of the findings of `earlier`, and which of `later` are new.

    A finding that is no longer there counts as fixed only if the later run has the claim and its
    rule looked at it and did not set it aside.
    """
    before, after = earlier.findings.prints, later.findings.prints
    old = ~np.isin(before, after)
    gone = old & ~_present(earlier, later)
    aside = old & ~gone & np.isin(before, later.aside)
    unchecked = old & ~gone & ~aside & ~_judged(earlier, later)
    fixed = old & ~gone & ~aside & ~unchecked
    same = np.isin(after, before)
    new = np.flatnonzero(~same)
    masks: dict[Fate, BoolArray] = {
        "same": same, "fixed": fixed, "gone": gone, "unchecked": unchecked, "aside": aside,
    }  # fmt: skip
    rows: dict[Fate, IntArray] = {fate: np.flatnonzero(mask) for fate, mask in masks.items()}
    return Difference(earlier, later, {"new": new, **rows}, tuple(_why(earlier, later, new)))


def severities(difference: Difference) -> list[str]:
    """Severities that occur, worst first."""
    found = {key for fate in FATES for (key,) in difference.groups(fate, "severity")}
    return [*(name for name in SEVERITIES if name in found), *sorted(found - {*SEVERITIES})]


def _present(run: Run, other: Run) -> BoolArray:
    """Which findings of `run` are about a claim or file that `other` has too."""
    keys = run.keys
    there = (keys == 0) | other.has(keys)
    findings = run.findings
    about_file = np.array(
        [*(table == FILE_TABLE for table in findings.texts("table").texts), False]
    )[findings.texts("table").codes]
    names = findings.texts("file").texts
    lost = (_knows_file(run, name) and not _knows_file(other, name) for name in names)
    files = ~np.array([*lost, False]) | (not _names_all_files(other))
    kept: BoolArray = there & (~about_file | files[findings.texts("file").codes])
    return kept


def _names_all_files(run: Run) -> bool:
    """Whether run.json names every file that was read, and not only the first ones."""
    total = run.said.get("inputs_total", {}).get("files")
    return total is not None and len(run.said.get("inputs", [])) == total


def _knows_file(run: Run, name: str) -> bool:
    """Whether run.json names a claim file, or the archive that it lies in."""
    parts = name.replace("\\", "/")
    archive = parts.lower().find(".zip")
    base = parts[: archive + len(".zip")] if archive >= 0 else parts
    paths = (str(item["file"]).replace("\\", "/") for item in run.said.get("inputs", []))
    return any(path == base or path.endswith(f"/{base}") for path in paths)


def _judged(run: Run, other: Run) -> BoolArray:
    """Which findings of `run` are of rules that `other` applied."""
    rule = run.findings.texts("rule")
    return np.array([*(code in other.judged for code in rule.texts), True])[rule.codes]


def _why(earlier: Run, later: Run, new: IntArray) -> Iterator[str]:
    """Why each of the new findings of `later` is new, where that is not the claim's own doing."""
    claim = _present(later, earlier)
    rule = _judged(later, earlier)
    aside = np.isin(later.findings.prints, earlier.aside)
    for row in new.tolist():
        if aside[row]:
            yield REASON.aside
        elif not claim[row]:
            yield REASON.claim
        else:
            yield "" if rule[row] else REASON.rule
