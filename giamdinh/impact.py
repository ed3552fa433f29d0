"""What a changed rule, price list or profile would hit on given months, before it is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.compare.difference import Difference, compare
from giamdinh.compare.runs import from_result
from giamdinh.money import Group, grouped
from giamdinh.pipeline import Options, audit
from giamdinh.profiles.settle import over_the_limit
from giamdinh.report.grid import Column, Sheet, difference, shown, typed
from giamdinh.text import severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from giamdinh.compare.difference import Fate
    from giamdinh.findings import Finding
    from giamdinh.model import IntArray
    from giamdinh.report.grid import Cell
    from giamdinh.report.model import AuditResult, RuleInfo

_AWAY: tuple[Fate, ...] = ("fixed", "unchecked", "aside", "gone")
_COMPARED = ("severity", "expected")


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """What a change does to one rule.

    Attributes:
        added, removed: findings that only the changed run has, or only the other one.
        altered: findings of both runs with another severity, right value or amount.
        hit, judged: claims with a finding, and claims looked at, after the change.
        held: whether an audit would hold the rule because it hits too many claims.
    """

    code: str
    added: Group | None
    removed: Group | None
    altered: int
    hit: int
    judged: int
    held: bool


@dataclass(frozen=True)
class Impact:
    """Two runs on the same claims and what the change does, rule by rule, most money first."""

    difference: Difference
    base: AuditResult
    changed: AuditResult
    rules: tuple[RuleImpact, ...]


def measure(paths: Sequence[Path], base: Options, changed: Options) -> Impact:
    """Runs the same claims under both options; no rule is held, so that everything shows.

    Raises:
        InputError, CardError: as `audit`.
    """
    first, second = (
        audit(paths, replace(options, brake=False, pandera=False)) for options in (base, changed)
    )
    found = compare(from_result("Hiện nay", first), from_result("Sau khi đổi", second))
    return Impact(found, first, second, tuple(_rules(found, second)))


def _rules(found: Difference, changed: AuditResult) -> Iterator[RuleImpact]:
    added = found.groups("new", "rule")
    away = np.concatenate([found.rows[fate] for fate in _AWAY])
    removed = {g.key: g for g in grouped(found.earlier.findings, "rule", rows=away)}
    altered = _altered(found)
    limits = {o.rule: (hit, o.claims_in_force, held) for o, hit, held
              in over_the_limit(changed.findings, changed.outcomes)}  # fmt: skip
    keys = {*added, *removed, *((code,) for code in altered)}

    def order(key: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
        own = [group for groups in (added, removed) if (group := groups.get(key))]
        money = sum(group.money.error + group.money.warning for group in own)
        return -money, -sum(group.findings for group in own), key

    for key in sorted(keys, key=order):
        hit, judged, held = limits.get(key[0], (0, 0, False))
        counts = altered.get(key[0], 0)
        yield RuleImpact(key[0], added.get(key), removed.get(key), counts, hit, judged, held)


def _altered(found: Difference) -> dict[str, int]:
    """Rule → findings of both runs that do not say the same."""
    earlier, later = found.earlier.findings, found.later.findings
    rows = found.rows["same"]
    prints = earlier.prints
    order = np.argsort(prints)
    before: IntArray = order[np.searchsorted(prints[order], later.prints[rows])]
    same = earlier.numbers("amount")[before] == later.numbers("amount")[rows]
    for name in _COMPARED:
        pairs = zip(earlier.texts(name).walk(before), later.texts(name).walk(rows), strict=True)
        same &= np.fromiter((a == b for a, b in pairs), np.bool_, rows.size)
    rule = later.texts("rule")
    counts = np.bincount(rule.codes[rows[~same]], minlength=len(rule.texts)).tolist()
    return {code: count for code, count in zip(rule.texts, counts, strict=True) if count}


def rules_table(impact: Impact) -> Sheet:
    """What the change does to each rule."""
    rows: list[tuple[Cell, ...]] = []
    for rule in impact.rules:
        info: RuleInfo | None = impact.changed.rules.get(rule.code) or impact.base.rules.get(
            rule.code
        )
        share = f"{rule.hit}/{rule.judged}" if rule.judged else "–"
        note = "quá nhiều: khi giám định sẽ bị tạm giữ" if rule.held else ""
        rows.append(
            (rule.code, info.title if info else "", *_counts(rule.added), *_counts(rule.removed),
             rule.altered, share, note)
        )  # fmt: skip
    columns = (
        Column("Mã quy tắc", 11),
        Column("Tên quy tắc", 48, "wrap"),
        Column("Bắt thêm", 10, "count"),
        Column("hồ sơ", 8, "count"),
        Column("tiền (đ)", 16, "money"),
        Column("Không bắt nữa", 10, "count"),
        Column("hồ sơ", 8, "count"),
        Column("tiền (đ)", 16, "money"),
        Column("Đổi mức độ, giá trị, tiền", 10, "count"),
        Column("Hồ sơ bị bắt / được xét", 14, "count"),
        Column("Lưu ý", 30, "wrap"),
    )
    return Sheet("Tác động theo quy tắc", columns, rows)


def summary(impact: Impact) -> str:
    """In one sentence what the change hits more and less, each claim and line counted once."""
    found = impact.difference
    away = np.concatenate([found.rows[fate] for fate in _AWAY])
    more = _told(grouped(found.later.findings, rows=found.rows["new"]))
    less = _told(grouped(found.earlier.findings, rows=away))
    return f"Thay đổi này bắt thêm {more}; không bắt nữa {less}."


def _told(groups: Sequence[Group]) -> str:
    """Claims, findings and money of the only group."""
    if not groups:
        return "0 hồ sơ"
    (group,) = groups
    amount = shown(group.money.error + group.money.warning, "money")
    return f"{group.claims} hồ sơ ({group.findings} phát hiện, {amount} đ)"


def totals_table(impact: Impact) -> Sheet:
    """Both runs as a whole."""
    from giamdinh.money import money

    rows: list[tuple[Cell, ...]] = []
    for name, result in (("Hiện nay", impact.base), ("Sau khi đổi", impact.changed)):
        total = money(result.findings)
        claims = result.findings.numbers("claim_seq")
        hit = int(np.unique(claims[claims >= 0]).size)
        rows.append((name, len(result.findings), hit, total.error, total.warning))
    columns = (
        Column("", 14),
        Column("Phát hiện", 12, "count"),
        Column("Hồ sơ có phát hiện", 12, "count"),
        Column("Đề nghị xuất toán (đ)", 18, "money"),
        Column("Cần xem xét (đ)", 18, "money"),
    )
    ledger = impact.changed.ledger
    read = ledger.claims_read - ledger.claims_replaced
    return Sheet(f"Trên {read} hồ sơ", columns, rows)


def examples_table(impact: Impact, most: int) -> Sheet:
    """A few findings of each rule that come or go."""
    rows: list[tuple[Cell, ...]] = []
    seen: dict[tuple[str, bool], int] = {}
    for fate, _, _, finding in impact.difference.each():
        if fate == "same":
            continue
        key = finding.rule, fate == "new"
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= most:
            rows.append((finding.rule, "bắt thêm" if fate == "new" else "không bắt nữa",
                         *_example(finding)))  # fmt: skip
    columns = (
        Column("Mã quy tắc", 11),
        Column("Thay đổi", 14),
        Column("Hồ sơ, dòng", 34, "wrap"),
        Column("Khai → đúng", 34, "wrap"),
        Column("Số tiền (đ)", 14, "money"),
        Column("Mô tả", 60, "wrap"),
    )
    return Sheet("Ví dụ", columns, sorted(rows, key=lambda row: (str(row[0]), str(row[1]))))


def _example(finding: Finding) -> tuple[Cell, ...]:
    parts = (finding.claim or finding.file, finding.table,
             f"dòng {finding.row}" if finding.row else "", finding.field)  # fmt: skip
    place = " · ".join(part for part in parts if part)
    written = [
        shown(typed(finding.table, finding.field, text), "typed") or "(trống)"
        for text in (finding.value, finding.expected)
    ]
    value = " → ".join(written) if finding.expected else written[0]
    gap = difference(finding.table, finding.field, finding.value, finding.expected)
    value += f" (lệch {shown(gap, 'typed')})" if gap is not None else ""
    return place, value, finding.amount, f"[{severity(finding.severity)}] {finding.message}"


def _counts(group: Group | None) -> tuple[int, int, int]:
    if group is None:
        return 0, 0, 0
    return group.findings, group.claims, group.money.error + group.money.warning
