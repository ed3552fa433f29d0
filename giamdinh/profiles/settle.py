"""The end of a run: what counts, what is set aside and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.money import Money
from giamdinh.money import money as counted
from giamdinh.profiles.apply import passed_over, with_severities
from giamdinh.profiles.aside import Change, Decision, Kind, ProfileUse, SetAside
from giamdinh.profiles.settings import settings
from giamdinh.profiles.words import KINDS, entry_text
from giamdinh.tables.values import number_vi
from giamdinh.textcolumns import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from giamdinh.findings import Findings
    from giamdinh.model import IntArray, Outcome
    from giamdinh.profiles.apply import Passed
    from giamdinh.profiles.model import Profile

STATUS: dict[Kind, str] = {"held": "tạm giữ", "off": "tắt", "suppressed": "bỏ qua"}
"""What stands in the status column of a finding that does not count."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a run reports."""

    findings: Findings
    outcomes: tuple[Outcome, ...]
    aside: SetAside
    profile: ProfileUse | None


def settle(
    findings: Findings,
    outcomes: Sequence[Outcome],
    profile: Profile | None,
    today: date,
    *,
    brake: bool,
) -> Settled:
    """Applies the profile, then the brake, to the findings of a whole run.

    Args:
        findings: all that was found.
        outcomes: how the rules ended.
        profile: the facility's decisions.
        today: the day on which suppressions end.
        brake: whether rules that hit too many claims are held.
    """
    passed: list[Passed] = []
    if profile is not None:
        findings = with_severities(profile, findings)
        passed = [p for p in passed_over(profile, findings, today) if p.rows.size]
    taken = [(_of_entry(findings, p), p.rows) for p in passed]
    if brake:
        left = np.ones(len(findings), np.bool_)
        for _, rows in taken:
            left[rows] = False
        taken += _held(findings, np.flatnonzero(left), outcomes, profile)
    use = _use(profile, passed, today) if profile else None
    if not taken:
        return Settled(findings, tuple(outcomes), SetAside(), use)
    kept, aside = _split(findings, taken)
    return Settled(kept, tuple(_outcomes(outcomes, kept, aside)), aside, use)


def _of_entry(findings: Findings, passed: Passed) -> Decision:
    entry = passed.entry
    return Decision(
        "suppressed" if entry.section == "suppress" else "off",
        entry_text(entry),
        entry.reason,
        *_worth(findings, passed.rows),
        author=entry.author,
        day=entry.day.isoformat(),
        expires=entry.expires.isoformat() if entry.expires else "",
    )


def _held(
    findings: Findings, rows: IntArray, outcomes: Sequence[Outcome], profile: Profile | None
) -> Iterator[tuple[Decision, IntArray]]:
    """Rules that hit more of the claims than an honest rule would."""
    released = profile.of("release") if profile else ()
    rule = findings.texts("rule")
    codes = rule.codes[rows]
    percent = settings().brake_percent
    for outcome, hit, held in over_the_limit(findings, outcomes, rows):
        if not held or any(entry.about(outcome.rule) for entry in released):
            continue
        share = number_vi(hit * 1000 // outcome.claims_in_force, 1)
        reason = (
            f"bắt {hit}/{outcome.claims_in_force} hồ sơ ({share} %), quá {percent} %: "
            "xem lại quy tắc, danh mục, phần mềm xuất dữ liệu; "
            "đúng là lỗi thì mở bằng [[release]] trong --profile"
        )
        own = rows[codes == rule.texts.index(outcome.rule)]
        worth = _worth(findings, own)
        yield Decision("held", f"quy tắc {outcome.rule}", reason, *worth, rule=outcome.rule), own


def over_the_limit(
    findings: Findings, outcomes: Sequence[Outcome], rows: IntArray | None = None
) -> Iterator[tuple[Outcome, int, bool]]:
    """(outcome, claims hit, whether these are too many) of every rule, by some of the findings."""
    limits = settings()
    hits = _claims_hit(findings, np.arange(len(findings)) if rows is None else rows)
    for outcome in outcomes:
        judged, hit = outcome.claims_in_force, hits.get(outcome.rule, 0)
        enough = judged >= limits.brake_claims
        yield outcome, hit, enough and hit * 100 > judged * limits.brake_percent


def _claims_hit(findings: Findings, rows: IntArray) -> dict[str, int]:
    """Rule → claims with a finding among `rows`."""
    rule = findings.texts("rule")
    claims = findings.numbers("claim_seq")[rows]
    width = int(claims.max(initial=0)) + 1
    pairs = np.unique((rule.codes[rows].astype(np.int64) * width + claims)[claims >= 0])
    counts = np.bincount(pairs // width, minlength=len(rule.texts)).tolist()
    return dict(zip(rule.texts, counts, strict=True))


def _worth(findings: Findings, rows: IntArray) -> tuple[int, int, Money]:
    """Findings, claims and money of some rows."""
    own = findings.take(rows)
    claims = own.numbers("claim_seq")
    return len(own), int(np.unique(claims[claims >= 0]).size), counted(own)


def _split(
    findings: Findings, taken: Sequence[tuple[Decision, IntArray]]
) -> tuple[Findings, SetAside]:
    """What counts and what does not; the latter says so in its status."""
    rows = np.concatenate([own for _, own in taken])
    which = np.repeat(np.arange(len(taken)), [own.size for _, own in taken])
    kept = np.ones(len(findings), np.bool_)
    kept[rows] = False
    status = Texts()
    for decision, own in taken:
        status.fill(STATUS[decision.kind], int(own.size))
    away = findings.take(rows).replaced(status=status)
    decisions = tuple(decision for decision, _ in taken)
    return findings.keep(kept), SetAside(away, tuple(which.tolist()), decisions)


def _outcomes(outcomes: Sequence[Outcome], kept: Findings, aside: SetAside) -> Iterator[Outcome]:
    hits = Counter(kept.texts("rule").walk(np.arange(len(kept))))
    away = Counter(aside.findings.texts("rule").walk(np.arange(len(aside.findings))))
    held = {d.rule: f"tạm giữ: {d.reason}" for d in aside.decisions if d.kind == "held"}
    for outcome in outcomes:
        if not away[outcome.rule]:
            yield outcome
            continue
        reason = "; ".join(filter(None, (held.get(outcome.rule, ""), outcome.reason)))
        yield replace(
            outcome, rows_hit=hits[outcome.rule], rows_aside=away[outcome.rule], reason=reason
        )


def _use(profile: Profile, passed: Sequence[Passed], today: date) -> ProfileUse:
    moved = {id(p.entry): int(p.rows.size) for p in passed}
    changes = tuple(
        Change(
            KINDS[entry.section],
            entry_text(entry),
            entry.reason,
            entry.author,
            entry.day.isoformat(),
            entry.expires.isoformat() if entry.expires else "",
            applied=not entry.expired(today),
            findings=moved.get(id(entry), 0)
            if entry.section == "suppress"
            or (entry.facilities and entry.section in ("select", "ignore"))
            else None,
        )
        for entry in profile.entries
    )
    return ProfileUse(profile.name, profile.file, profile.sha256, changes)
