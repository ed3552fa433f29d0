"""What a profile changes: the rules of a run before it, and its findings afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.rules.cards import RuleSet
from giamdinh.textcolumns import Picked, Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.profiles.model import Entry, Profile
    from giamdinh.rules.cards import Rule
    from giamdinh.rules.params import Parameter

_CODE_COLUMNS = ("value", "item")


def rules_under(profile: Profile, rules: RuleSet) -> RuleSet:
    """The rules that run: without those turned off everywhere, with changed parameters."""
    kept = tuple(rule for rule in rules.rules if not _off_everywhere(profile, rule))
    entries = profile.of("parameter")
    if not entries:
        return RuleSet(kept, rules.parameters, rules.hash)
    parameters = {**rules.parameters}
    local: dict[str, dict[str, Parameter]] = {}
    digest = hashlib.sha256(rules.hash.encode())
    for entry in entries:
        changed = _changed(rules.parameters[entry.name], entry.value)
        if not entry.facilities:
            parameters[entry.name] = changed
        for facility in entry.facilities:
            local.setdefault(facility, {})[entry.name] = changed
        where = ",".join(sorted(entry.facilities))
        digest.update(f"\0{where}:{entry.name}={entry.value}".encode())
    return RuleSet(kept, parameters, digest.hexdigest(), local)


def rules_shown(profile: Profile, rules: RuleSet) -> dict[str, Rule]:
    """Rules by code as reports show them: with the severity that holds everywhere."""
    out = {}
    for rule in rules.rules:
        severity = rule.severity
        for entry in profile.of("severity"):
            if not entry.facilities and entry.severity and entry.about(rule.code):
                severity = entry.severity
        out[rule.code] = rule if severity == rule.severity else replace(rule, severity=severity)
    return out


def with_severities(profile: Profile, findings: Findings) -> Findings:
    """The findings with the severities of the profile; a facility's own entry comes last."""
    entries = sorted(profile.of("severity"), key=lambda entry: bool(entry.facilities))
    if not entries or not len(findings):
        return findings
    choice = _by_pair(findings, [entry.about for entry in entries], [e.at for e in entries])
    given = findings.texts("severity")
    texts = [*given.texts, *(str(entry.severity) for entry in entries)]
    codes = np.where(choice >= 0, choice + len(given.texts), given.codes).astype(np.int32)
    column = Texts()
    column.extend(Picked(codes, texts))
    return findings.replaced(severity=column)


@dataclass(frozen=True, slots=True)
class Passed:
    """An entry that took findings away, and which.

    Attributes:
        rows: shape (hits,), of the findings it was applied to.
    """

    entry: Entry
    rows: IntArray


def passed_over(profile: Profile, findings: Findings, today: date) -> Iterator[Passed]:
    """Findings that do not count by a decision still in force; each goes to the first one."""
    open_rows = np.ones(len(findings), np.bool_)
    for entry in profile.of("select", "ignore", "suppress"):
        if entry.expired(today):
            continue
        if entry.section == "suppress":
            mask = _suppressed(findings, entry)
        elif entry.facilities:
            about = entry.about if entry.section == "ignore" else _not(entry.about)
            mask = _by_pair(findings, [about], [entry.at]) >= 0
        else:
            continue
        mask &= open_rows
        open_rows &= ~mask
        yield Passed(entry, np.flatnonzero(mask))


def _off_everywhere(profile: Profile, rule: Rule) -> bool:
    """Whether a rule does not run at all."""
    everywhere = [e for e in profile.of("select", "ignore") if not e.facilities]
    chosen = [entry for entry in everywhere if entry.section == "select"]
    ignored = [entry for entry in everywhere if entry.section == "ignore"]
    return any(entry.about(rule.code) for entry in ignored) or bool(
        chosen and not any(entry.about(rule.code) for entry in chosen)
    )


def _changed(parameter: Parameter, value: str) -> Parameter:
    """The same number on all days."""
    from decimal import Decimal

    scaled = int(Decimal(value).scaleb(parameter.scale))
    return replace(parameter, numbers=np.full(parameter.numbers.shape, scaled, np.int64))


def _not(about: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda rule: bool(rule) and not about(rule)


def _by_pair(
    findings: Findings,
    about: list[Callable[[str], bool]],
    at: list[Callable[[str], bool]],
) -> IntArray:
    """Shape (rows,): the last of some (rule, facility) tests that a finding passes, -1 for none."""
    rule, facility = findings.texts("rule"), findings.texts("facility")
    table = np.full((len(rule.texts) + 1, len(facility.texts) + 1), -1, np.int64)
    for i, (fits, here) in enumerate(zip(about, at, strict=True)):
        rules = np.array([*map(fits, rule.texts), False])
        places = np.array([*map(here, facility.texts), here("")])
        table[np.ix_(rules, places)] = i
    found: IntArray = table[rule.codes, facility.codes]
    return found


def _suppressed(findings: Findings, entry: Entry) -> BoolArray:
    mask = np.ones(len(findings), np.bool_)
    if entry.rules:
        mask &= _equal(findings, "rule", entry.rules[0])
    for key, text in entry.match:
        if key == "fingerprint":
            mask &= findings.prints == np.uint64(int(text, 16))
        elif key == "row":
            mask &= findings.numbers("row") == int(text)
        elif key == "code":
            mask &= np.logical_or(*(_equal(findings, name, text) for name in _CODE_COLUMNS))
        else:
            mask &= _equal(findings, key, text)
    return mask


def _equal(findings: Findings, name: str, text: str) -> BoolArray:
    column = findings.texts(name)
    code = column.texts.index(text) if text in column.texts else len(column.texts)
    return np.equal(column.codes, code)
