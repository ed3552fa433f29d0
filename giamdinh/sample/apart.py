"""Which errors may share a claim: those that no rule sees together.

A plant changes some fields. Two of them can stand in one claim, each found as if it were alone,
where no card reads a field of both.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.rules.cards import load_rules
from giamdinh.tables.specs import CLAIM_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from giamdinh.rules.cards import Rule
    from giamdinh.rules.nodes import Node
    from giamdinh.sample.model import Claim, Row

    State = tuple[dict[str, list[Row]], list[Row]]
    Place = tuple[str, str]

_REGISTRY, _ROWS, _FUND = "the_bhyt", "#", "T_BHTT"
_ALWAYS = ("MA_LK", "MA_CSKCB", "T_BHTT")
"""What a claim is known by and what it can lose."""


def state_of(claim: Claim) -> State:
    """A copy of the rows of a claim and of what the registry has of its cards."""
    rows = {table: [dict(row) for row in found] for table, found in claim.rows.items()}
    return rows, [dict(row) for row in claim.register]


def readers(before: State, claim: Claim) -> frozenset[str]:
    """Codes of the rules that read a field in which a claim differs from what it was before."""
    found: set[str] = set()
    for place in _changed(before, claim):
        found |= _readers().get(place, frozenset())
    return frozenset(found)


def _changed(before: State, claim: Claim) -> Iterator[Place]:
    rows, register = before
    if register != claim.register:
        yield _REGISTRY, ""
    for table in {*rows, *claim.rows}:
        old, new = rows.get(table, []), claim.rows.get(table, [])
        if len(old) != len(new):
            yield table, _ROWS
            yield from ((table, name) for name in table_specs()[table].by_name)
            continue
        for was, now in zip(old, new, strict=True):
            names = {*was, *now}
            yield from ((table, n) for n in names if was.get(n, "") != now.get(n, ""))


@cache
def _readers() -> dict[Place, frozenset[str]]:
    """Table and field → codes of the rules that read it, for any of their texts and amounts."""
    found: dict[Place, set[str]] = defaultdict(set)
    for rule in load_rules().rules:
        for place in _places(rule):
            found[place].add(rule.code)
    return {place: frozenset(codes) for place, codes in found.items()}


def _places(rule: Rule) -> Iterator[Place]:
    yield from rule.fields.items()
    yield from ((CLAIM_TABLE, name) for name in _ALWAYS)
    yield from ((table, _FUND) for table in rule.fields)
    yield from ((table, rule.by) for table in (CLAIM_TABLE, *rule.fields))
    if _REGISTRY in {need.partition(".")[0] for need in rule.needs}:
        yield _REGISTRY, ""
    for table, names in rule.source.get("reads", {}).items():
        yield table, _ROWS
        yield from ((table, name) for name in names)
    for clause in rule.clauses:
        yield from _of(clause.when, clause.amount, clause.expected, *clause.shown.values())


def _of(*nodes: Node | None) -> Iterator[Place]:
    parts: Iterable[Node] = (p for node in nodes if node is not None for p in node.walk())
    for part in parts:
        if part.op == "field":
            yield part.value[0], part.value[1]
        elif isinstance(part.value, str) and part.value in table_specs():
            yield part.value, _ROWS
