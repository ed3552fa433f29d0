"""Root causes: the one code, list row, number of the law or person behind many findings.

What a facility repairs once takes many findings away; the groups are found from what the findings
say, so no card has to name its cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from giamdinh.masking import HIDDEN, is_personal
from giamdinh.money import Group, Money, summed
from giamdinh.money import money as counted
from giamdinh.profiles.settings import settings
from giamdinh.rules.writing import PRACTITIONER
from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from giamdinh.findings import Findings
    from giamdinh.model import BoolArray, IntArray, RuleTraits

Kind = Literal["catalogue", "empty", "code", "parameter", "item", "person"]
LEAST = 2
"""Findings that make a cause."""
_BY_CHANCE = ("parameter", "item", "person")
"""What the lines of one claim often share by chance: these kinds need several claims."""
_FACILITY_LISTS = {"khoa", "nhan_luc", "thuoc", "vat_tu", "dich_vu", "thiet_bi"}
_TOLERANCE = "SAI_"
"""How the names of tolerances begin: they decide what is let pass, not what is right."""
_OTHER, _CODE, _NUMBER, _PERSON, _TIME = range(5)


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing to repair.

    Attributes:
        kind: catalogue: a row of the facility's list, whatever the rule; empty: a field left empty;
            code: a code in a field; parameter: a number of the law that is applied wrongly; item:
            a drug, service or material whose own numbers are wrong; person: whose times are wrong.
        field: where the code stands; "" for a parameter and a person.
        code: the code, person or parameter; "" for an empty field.
        rules: codes of the rules, those with most findings first.
        group: counts and money, each đồng once.
        rows: shape (findings,), the findings it explains.
    """

    kind: Kind
    facility: str
    field: str
    code: str
    rules: tuple[str, ...]
    group: Group
    rows: IntArray


@dataclass(frozen=True, slots=True)
class Causes:
    """All causes, most money first.

    Attributes:
        findings: how many findings they explain together.
        money: of these findings, each đồng once.
    """

    each: tuple[Cause, ...] = ()
    findings: int = 0
    money: Money = field(default_factory=Money)


def causes(findings: Findings, rules: Mapping[str, RuleTraits]) -> Causes:
    """What explains at least `LEAST` findings; a finding is explained once, by the first kind."""
    columns = _Columns(findings, rules)
    open_rows = np.ones(len(findings), np.bool_)
    found: list[Cause] = []
    explained = [np.zeros(0, np.int64)]
    for kind, wanted, key in columns.kinds():
        rows = np.flatnonzero(wanted & open_rows)
        group = _numbered(key, rows)
        enough = _enough(group, findings.numbers("claim_seq")[rows], alike=kind not in _BY_CHANCE)
        rows, group = rows[enough], group[enough]
        if rows.size:
            open_rows[rows] = False
            explained.append(rows)
            found += columns.causes(kind, rows, np.unique(group, return_inverse=True)[1].ravel())
    found.sort(key=_order)
    whole = np.concatenate(explained)
    return Causes(tuple(found), int(whole.size), counted(findings.take(whole)))


class _Columns:
    """The findings as numbers: what each is about, and the texts behind the numbers."""

    def __init__(self, findings: Findings, rules: Mapping[str, RuleTraits]) -> None:
        self.findings = findings
        names = ("rule", "facility", "table", "field", "value", "item", "practitioner")
        self.codes = {name: findings.texts(name).codes.astype(np.int64) for name in names}
        self.what = self._fields()
        known = [rules.get(code) for code in findings.texts("rule").texts]
        self.listed = self._by_rule([rule is not None and _needs_list(rule) for rule in known])
        self.alone = self._by_rule([len(rule.reads) if rule else 0 for rule in known]) == 1
        self.parameters = sorted({name for rule in rules.values() for name in rule.parameters})
        number = {name: i for i, name in enumerate(self.parameters)}
        self.parameter = self._by_rule(
            [_law_number(rule, number) if rule else -1 for rule in known]
        )

    def kinds(self) -> Iterator[tuple[Kind, BoolArray, Sequence[IntArray]]]:
        """(kind, findings it may explain, what they must have in common), the surest first."""
        c, what = self.codes, self.what
        written = (c["value"] >= 0) & ~np.isin(c["value"], self._hidden())
        coded = written & (what == _CODE)
        person = written & (what == _PERSON)
        item = c["item"] >= 0
        own = coded | person
        code = np.where(own, c["value"], c["item"] + len(self.findings.texts("value").texts))
        place = [c["facility"]]
        rule = [c["rule"], *place]
        yield "catalogue", (self.listed > 0) & (own | item), [*place, own, code]
        yield "empty", (c["field"] >= 0) & (c["value"] < 0), [*rule, c["table"], c["field"]]
        yield "code", own, [*rule, c["field"], c["value"]]
        yield "parameter", self.parameter >= 0, [*place, self.parameter]
        yield "item", item & self.alone & (what == _NUMBER), [*rule, c["item"]]
        yield "person", (c["practitioner"] >= 0) & (what == _TIME), [*rule, c["practitioner"]]

    def causes(self, kind: Kind, rows: IntArray, group: IntArray) -> Iterator[Cause]:
        """One cause per group."""
        first = np.unique(group, return_index=True)[1]
        keys = [(str(i),) for i in range(first.size)]
        groups = summed(self.findings, rows, group, keys)
        members = np.split(
            rows[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1]
        )
        for at, counts, own in zip(rows[first].tolist(), groups, members, strict=True):
            where, code = self._named(kind, at)
            facility = self.findings.texts("facility")[at]
            yield Cause(kind, facility, where, code, self._rules(own), counts, own)

    def _named(self, kind: Kind, row: int) -> tuple[str, str]:
        """(field, code) of the cause that a finding belongs to."""
        finding = self.findings[row]
        match kind:
            case "person":
                return "", finding.practitioner
            case "parameter":
                return "", self.parameters[int(self.parameter[row])]
            case "empty":
                return finding.field, ""
            case "item":
                return "", finding.item
        own = bool(self.what[row] in (_CODE, _PERSON)) and finding.value not in ("", HIDDEN)
        return (finding.field, finding.value) if own else ("", finding.item)

    def _rules(self, rows: IntArray) -> tuple[str, ...]:
        codes, counts = np.unique(self.codes["rule"][rows], return_counts=True)
        texts = self.findings.texts("rule").texts
        ranked = sorted(zip((-counts).tolist(), [texts[code] for code in codes], strict=True))
        return tuple(code for _, code in ranked)

    def _hidden(self) -> list[int]:
        texts = self.findings.texts("value").texts
        return [texts.index(HIDDEN)] if HIDDEN in texts else []

    def _fields(self) -> IntArray:
        """Shape (findings,): what kind of field a finding points at."""
        tables, fields = (self.findings.texts(name).texts for name in ("table", "field"))
        kinds = np.full((len(tables) + 1, len(fields) + 1), _OTHER, np.int64)
        for i, table in enumerate(tables):
            for j, name in enumerate(fields):
                kinds[i, j] = _field_kind(table, name)
        found: IntArray = kinds[self.codes["table"], self.codes["field"]]
        return found

    def _by_rule(self, values: Sequence[int]) -> IntArray:
        return np.array([*values, -1], np.int64)[self.codes["rule"]]


def _field_kind(table: str, name: str) -> int:
    spec = table_specs().get(table)
    known = spec.by_name.get(name) if spec else None
    if name in PRACTITIONER:
        return _PERSON
    if known is None or is_personal(name):
        return _OTHER
    if known.numeric:
        return _NUMBER
    if known.temporal:
        return _TIME
    return _CODE if known.kind in ("code", "code_list") else _OTHER


def _needs_list(rule: RuleTraits) -> bool:
    return bool(_FACILITY_LISTS.intersection(rule.needs))


def _law_number(rule: RuleTraits, number: Mapping[str, int]) -> int:
    """The only number of the law that a rule uses, -1 where there is none or several."""
    names = {
        name
        for name in rule.parameters - settings().adjustable.keys()
        if not name.startswith(_TOLERANCE)
    }
    return number[next(iter(names))] if len(names) == 1 else -1


def _numbered(key: Sequence[IntArray | BoolArray], rows: IntArray) -> IntArray:
    """Group of each row; rows are alike when all of `key` is."""
    group = np.zeros(rows.size, np.int64)
    for column in key:
        own = column[rows].astype(np.int64)
        own -= own.min(initial=0)
        group = np.unique(group * (own.max(initial=0) + 1) + own, return_inverse=True)[1].ravel()
    return group


def _enough(group: IntArray, claims: IntArray, *, alike: bool) -> BoolArray:
    """Rows whose group is large enough: in findings when they are alike, else in claims."""
    if alike:
        size = np.bincount(group)
    else:
        pairs = np.unique(np.stack([group, claims]), axis=1)
        size = np.bincount(pairs[0], minlength=int(group.max(initial=-1)) + 1)
    found: BoolArray = size[group] >= LEAST
    return found


def _order(cause: Cause) -> tuple[int, int, int, str, str, str]:
    group = cause.group
    return (
        -group.money.error,
        -group.money.warning,
        -group.findings,
        cause.facility,
        cause.field,
        cause.code,
    )
