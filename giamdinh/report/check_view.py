"""The gate before sending: claim by claim, what is wrong, why, and how to repair it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from giamdinh.model import MONEY_SCALE
from giamdinh.report.grid import shown, typed
from giamdinh.report.model import ClaimRef
from giamdinh.report.plain import plain_lines, printable
from giamdinh.report.summary import aside_table, problems_table, profile_table, unfinished_table
from giamdinh.tables.values import number_vi
from giamdinh.text import severity, word

if TYPE_CHECKING:
    from giamdinh.findings import Finding
    from giamdinh.report.model import AuditResult
    from giamdinh.text import Lang

_LIST = "DANH_MUC"
"""Field of findings about the facility's lists: who sends claims is told once, not for each."""


def check_lines(result: AuditResult, lang: Lang = "vi") -> list[str]:
    """The lines of the check: claims in file order, then what was not read or not checked.

    A claim must be fixed when it has a finding of severity error.
    """
    claims = _by_claim(result)
    lines: list[str] = []
    lists = 0
    for claim, findings in claims.items():
        own = [finding for finding in findings if finding.field != _LIST]
        lists += len(findings) - len(own)
        if own or claim.claim:
            lines += [*_claim_lines(claim, own, lang), ""]
    if lists:
        lines += [word("lists_doubtful", lang).format(lists), ""]
    for table in (
        problems_table(result, lang),
        unfinished_table(result, lang),
        profile_table(result, lang),
        aside_table(result, lang),
    ):
        if table.rows:
            lines += plain_lines(table)
    return [*lines, _verdict(result, claims, lang)]


def _by_claim(result: AuditResult) -> dict[ClaimRef, list[Finding]]:
    """Findings of each claim, worst first; claims without findings where they are known."""
    claims: dict[ClaimRef, list[Finding]] = {claim: [] for claim in result.claims}
    for row in result.findings.by_money().tolist():
        finding = result.findings[row]
        key = ClaimRef(finding.facility, finding.claim, finding.file, finding.hoso)
        claims.setdefault(key, []).append(finding)
    return claims


def _claim_lines(claim: ClaimRef, findings: list[Finding], lang: Lang) -> list[str]:
    errors = sum(finding.severity == "error" for finding in findings)
    name = f"{word('claim', lang)} {claim.claim}" if claim.claim else word("file", lang)
    place = f"{claim.facility or '?'}, {claim.file}" + (f" #{claim.hoso}" if claim.hoso else "")
    verdict = f": {word('not_ready' if errors else 'ready', lang)}" if claim.claim else ""
    lines = [f"{name} ({place}){verdict}"]
    if findings:
        counts = [
            f"{count} {severity(level, lang)}"
            for level in ("error", "warning", "info")
            if (count := sum(finding.severity == level for finding in findings))
        ]
        lines[0] += f" ({', '.join(counts)})"
    for number, finding in enumerate(findings, 1):
        lines += _finding_lines(number, finding, lang)
    return [printable(line) for line in lines]


def _finding_lines(number: int, f: Finding, lang: Lang) -> list[str]:
    place = " · ".join(
        part for part in (f.table, f"{word('row', lang)} {f.row}" if f.row else "", f.field) if part
    )
    money = f" · {number_vi(f.amount, MONEY_SCALE)} đ" if f.amount else ""
    lines = [f"  {number}. [{severity(f.severity, lang)}] {f.rule} · {place}{money}"]
    if f.value or f.expected:
        value = f"{word('declared', lang)}: {_written(f, f.value) or '(trống)'}"
        lines.append(
            f"     {value} → {word('expected', lang)}: {_written(f, f.expected)}"
            if f.expected
            else f"     {value}"
        )
    for key, text in (("reason", f.message), ("basis", f.basis), ("fix", f.fix)):
        if text:
            lines.append(f"     {word(key, lang)}: {text}")
    return lines


def _written(finding: Finding, text: str) -> str:
    """A value as it was written, with times also as people read them."""
    value = typed(finding.table, finding.field, text)
    return f"{text} ({shown(value, 'typed')})" if isinstance(value, datetime) else text


def _verdict(result: AuditResult, claims: dict[ClaimRef, list[Finding]], lang: Lang) -> str:
    """How many claims may go and how many must be repaired."""
    to_fix = sum(
        any(finding.severity == "error" for finding in findings)
        for claim, findings in claims.items()
        if claim.claim
    )
    read = result.ledger.claims_read - result.ledger.claims_replaced
    parts = (
        f"{max(read - to_fix, 0)} {word('claims_ready', lang)}",
        f"{to_fix} {word('claims_not_ready', lang)}",
        f"{result.ledger.claims_quarantined} {word('claims_quarantined', lang).lower()}",
    )
    return f"{word('verdict', lang)}: {', '.join(parts)}"
