"""How much of each content of TT 12/2026 was checked, and what was found in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from giamdinh import yamlio
from giamdinh.kept import kept
from giamdinh.money import Money, grouped
from giamdinh.resources import data_dir

if TYPE_CHECKING:
    from giamdinh.model import Outcome
    from giamdinh.report.model import AuditResult


@dataclass(frozen=True, slots=True)
class Content:
    """One content of the circular."""

    code: str
    title: str
    title_en: str
    at: str


@dataclass(frozen=True, slots=True)
class Score:
    """The rules of one content: how they ended, on how many rows, with how much money."""

    content: Content
    rules: int
    ran: int
    not_applicable: int
    not_checkable: int
    error: int
    rows_in_force: int
    rows_hit: int
    findings: int
    money: Money

    @property
    def checkable(self) -> int:
        """Rules with something to look at."""
        return self.rules - self.not_applicable

    @property
    def checked_percent(self) -> int | None:
        """Rules that ran among those with something to look at, rounded down; None without any."""
        return self.ran * 100 // self.checkable if self.checkable else None


@cache
def contents() -> tuple[Content, ...]:
    """The contents in the order they are printed."""
    return kept("noi_dung", _read_contents)


def _read_contents() -> tuple[Content, ...]:
    data, _ = yamlio.load(data_dir("schemas") / "noi_dung_tt12.yaml")
    return tuple(
        Content(row["code"], row["title"], row["title_en"], row["at"]) for row in data["contents"]
    )


@cache
def content_label(code: str) -> str:
    """`k` as `k. Khớp nội dung kê khai`; an unknown code as it is."""
    titles = {content.code: content.title for content in contents()}
    return f"{code}. {titles[code]}" if code in titles else code


def scorecard(result: AuditResult) -> tuple[Score, ...]:
    """One score per content, in order; codes that are no content come last."""
    of_rule = {code: rule.tt12 for code, rule in result.rules.items()}
    outcomes: dict[str, list[Outcome]] = {}
    for outcome in result.outcomes:
        outcomes.setdefault(of_rule.get(outcome.rule, ""), []).append(outcome)
    groups = {group.key[0]: group for group in grouped(result.findings, "tt12")}
    known = contents()
    extra = sorted((outcomes.keys() | groups.keys()) - {content.code for content in known})
    scores = []
    for content in (*known, *(Content(code, "", "", "") for code in extra)):
        ended = outcomes.get(content.code, [])
        count = Counter(outcome.status for outcome in ended)
        group = groups.get(content.code)
        scores.append(
            Score(
                content=content,
                rules=len(ended),
                ran=count["ran"],
                not_applicable=count["not_applicable"],
                not_checkable=count["not_checkable"],
                error=count["error"],
                rows_in_force=sum(outcome.rows_in_force for outcome in ended),
                rows_hit=sum(outcome.rows_hit for outcome in ended),
                findings=group.findings if group else 0,
                money=group.money if group else Money(),
            )
        )
    return tuple(scores)
