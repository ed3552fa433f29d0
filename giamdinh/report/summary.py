"""The first page: what was read, how the rules ended, and the money, as small tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, get_args

import numpy as np

from giamdinh.model import Status
from giamdinh.report.grid import Column, Sheet, day_vi
from giamdinh.text import ASIDE, status, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.report.grid import Cell
    from giamdinh.report.model import AuditResult
    from giamdinh.text import Lang

Row = tuple["Cell", ...]
_UNFINISHED = ("not_checkable", "error")
_CODES = 6
RISK = ("money_error", "money_warning")
_MONEY = (*RISK, "bhtt")


def ledger_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """What was found and what became of it; the two identities that must hold."""
    ledger = result.ledger
    rows: list[Row] = [
        (word("files_found", lang), ledger.files_found),
        (word("files_read", lang), ledger.files_read),
        (word("files_rejected", lang), ledger.files_rejected),
        (word("files_ignored", lang), len(ledger.files_ignored)),
        (word("claims_declared", lang), ledger.claims_declared),
        (word("claims_read", lang), ledger.claims_read),
        (word("claims_replaced", lang), ledger.claims_replaced),
        (word("claims_quarantined", lang), ledger.claims_quarantined),
        (word("rows", lang), sum(ledger.rows.values())),
        (word("rows_quarantined", lang), sum(ledger.rows_quarantined.values())),
        (word("problems", lang), len(ledger.problems)),
        (word("balance", lang), word("balanced" if ledger.balanced else "not_balanced", lang)),
    ]
    if result.store is not None:
        rows.append((word("claims_of_store", lang), result.store.used))
    return Sheet(word("ledger", lang), _items(lang), rows)


def results_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """The five numbers: claims, errors, warnings, rules that could not be checked, money."""
    findings = result.findings
    severity = findings.texts("severity")
    count = Counter(severity.texts[code] for code in severity.codes.tolist() if code >= 0)
    ended = Counter(outcome.status for outcome in result.outcomes)
    hit = np.unique(findings.numbers("claim_seq"))
    rows: list[Row] = [
        (word("claims", lang), result.ledger.claims_read - result.ledger.claims_replaced),
        (word("claims_hit", lang), int((hit >= 0).sum())),
        (word("errors", lang), count["error"]),
        (word("warnings", lang), count["warning"]),
        (word("not_checkable", lang), ended["not_checkable"]),
    ]
    return Sheet(word("results", lang), _items(lang), rows)


def money_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """Money at risk, each đồng counted once."""
    from giamdinh.money import money

    total = money(result.findings)
    rows: list[Row] = [
        (word("money_error", lang), total.error),
        (word("money_warning", lang), total.warning),
    ]
    columns = (Column(word("item", lang), 34), Column(word("amount", lang), 18, "money"))
    return Sheet(word("money", lang), columns, rows)


def outcomes_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """How many rules ended in which way."""
    ended = Counter(outcome.status for outcome in result.outcomes)
    rows: list[Row] = [(status(name, lang), ended[name]) for name in get_args(Status)]
    return Sheet(word("outcomes", lang), _items(lang), rows)


def problems_table(result: AuditResult, lang: Lang = "vi", most: int | None = None) -> Sheet:
    """Where and why something could not be read; the last row says how many more there are."""
    problems = result.ledger.problems
    rows: list[Row] = []
    for problem in problems[:most]:
        number = f"#{problem.hoso}" if problem.hoso else ""
        place = " ".join(part for part in (problem.file, number, problem.table) if part)
        rows.append((place, problem.reason))
    if len(rows) < len(problems):
        rows.append(("", word("more", lang).format(len(problems) - len(rows))))
    columns = (Column(word("where", lang), 40), Column(word("reason", lang), 80, "wrap"))
    return Sheet(word("problems", lang), columns, rows)


def unfinished_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """Rules that could not be checked or crashed, by reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for outcome in result.outcomes:
        if outcome.status in _UNFINISHED:
            reasons.setdefault((outcome.status, outcome.reason), []).append(outcome.rule)
    rows: list[Row] = []
    for (name, reason), codes in sorted(reasons.items()):
        rows.append((status(name, lang), len(codes), listed(codes), reason))
    columns = (
        Column(word("status", lang), 18),
        Column(word("count", lang), 12, "count"),
        Column(word("rules", lang), 40),
        Column(word("reason", lang), 80, "wrap"),
    )
    return Sheet(word("not_checkable", lang), columns, rows)


def aside_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """What was found and does not count, by the decision behind it."""
    rows: list[Row] = [
        (
            ASIDE[decision.kind][lang == "en"],
            decision.what,
            decision.findings,
            decision.claims,
            decision.money.error,
            decision.money.warning,
            decision.reason,
        )
        for decision in result.aside.decisions
    ]
    columns = (
        Column(word("status", lang), 12),
        Column(word("item", lang), 40, "wrap"),
        *counted("findings", "claims", *RISK, lang=lang),
        Column(word("reason", lang), 80, "wrap"),
    )
    return Sheet(word("aside", lang), columns, rows)


def profile_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """Every decision of the profile, and whether it was applied."""
    use = result.profile
    rows: list[Row] = []
    for change in use.changes if use else ():
        expired = f"HẾT HẠN {day_vi(change.expires)}, không áp dụng. " if not change.applied else ""
        who = f"{change.author}, {day_vi(change.day)}"
        rows.append((change.kind, change.what, f"{expired}{change.reason} ({who})"))
    columns = (
        Column(word("item", lang), 22),
        Column(word("value", lang), 50, "wrap"),
        Column(word("reason", lang), 80, "wrap"),
    )
    name = f"{word('profile', lang)} ({use.file})" if use else word("profile", lang)
    return Sheet(name, columns, rows)


def facilities_table(result: AuditResult, lang: Lang = "vi", most: int | None = None) -> Sheet:
    """Claims, T_BHTT, findings and money of each facility, most money first.

    With more than `most` facilities the others come in one row; a total closes the table.
    """
    from giamdinh.money import by_facility

    groups = {group.key[0]: group for group in by_facility(result.findings)}
    order = [*groups, *sorted(result.claims_by_facility.keys() - groups.keys())]
    rows: list[tuple[str | int, ...]] = []
    for code in order:
        claims, paid = result.claims_by_facility.get(code, (0, 0))
        group = groups.get(code)
        found = (group.errors, group.warnings) if group else (0, 0)
        risk = (group.money.error, group.money.warning) if group else (0, 0)
        rows.append((code or word("unknown", lang), claims, paid, *found, *risk))
    total = _sum(rows, word("total", lang))
    if most is not None and len(rows) > most:
        others = rows[most - 1 :]
        label = word("other_facilities", lang).format(len(others))
        rows = [*rows[: most - 1], _sum(others, label)]
    if len(rows) > 1:
        rows.append(total)
    columns = (
        Column(word("facility", lang), 34),
        *counted("claims", "bhtt", "errors", "warnings", *RISK, lang=lang),
    )
    return Sheet(word("facilities", lang), columns, rows)


def top_rules_table(result: AuditResult, lang: Lang = "vi", most: int = 10) -> Sheet:
    """The rules with most money; the last row says how many more there are."""
    from giamdinh.money import by_rule

    groups = by_rule(result.findings)
    rows: list[Row] = []
    for group in groups[:most]:
        rule = result.rules.get(group.key[0])
        title = (rule.title_en if lang == "en" else rule.title) if rule else ""
        rows.append((*group.key, title, group.findings, group.money.error, group.money.warning))
    if len(groups) > most:
        rows.append(("", word("more", lang).format(len(groups) - most), None, None, None))
    columns = (
        Column(word("code", lang), 10),
        Column(word("title", lang), 52, "wrap"),
        *counted("findings", *RISK, lang=lang),
    )
    return Sheet(word("top_rules", lang), columns, rows)


def scorecard_table(result: AuditResult, lang: Lang = "vi") -> Sheet:
    """Contents of the circular: how much of what could be checked was checked."""
    from giamdinh.report.scorecard import scorecard

    rows: list[Row] = []
    for score in scorecard(result):
        title = score.content.title_en if lang == "en" else score.content.title
        checked = f"{score.ran}/{score.checkable}" if score.checkable else "–"
        risk = (score.money.error, score.money.warning)
        rows.append((score.content.code, title, checked, score.findings, *risk))
    columns = (
        Column(word("code", lang), 10),
        Column(word("content", lang), 52, "wrap"),
        Column(word("checked", lang), 12, "count"),
        *counted("findings", *RISK, lang=lang),
    )
    return Sheet(word("scorecard", lang), columns, rows)


def counted(*names: str, lang: Lang) -> Iterator[Column]:
    """Columns of counts and amounts, by their words."""
    for name in names:
        money = name in _MONEY
        yield Column(word(name, lang), 18 if money else 12, "money" if money else "count")


def listed(names: Sequence[str]) -> str:
    """The first few of many names."""
    return ", ".join(names[:_CODES]) + (" …" if len(names) > _CODES else "")


def _items(lang: Lang) -> tuple[Column, ...]:
    return Column(word("item", lang), 34), Column(word("count", lang), 18, "count")


def _sum(rows: Sequence[tuple[str | int, ...]], label: str) -> tuple[str | int, ...]:
    columns = list(zip(*rows, strict=True))[1:]
    return (label, *(sum(int(cell) for cell in column) for column in columns))
