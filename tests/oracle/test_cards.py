"""Every card's expressions give the same on its examples, and on mixtures of them, both ways."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from giamdinh.rules.cards import Rule, load_rules
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.examples import example_claims
from tests.oracle.mixing import Mixer, Rows, built, plain
from tests.oracle.slow import Claim, Slow
from tests.oracle.test_differential import fast_value

if TYPE_CHECKING:
    from giamdinh.rules.nodes import Node

RULES = load_rules()
WRITTEN = [r for r in RULES.rules if any(c.when for c in r.clauses)]
MIXTURES = 200 if os.environ.get("GIAMDINH_NIGHTLY") else 12
STEPS = 6


def nodes(rule: Rule) -> list[tuple[str, Node]]:
    return [
        (clause.table, node)
        for clause in rule.clauses
        for node in (clause.when, clause.amount, clause.expected, *clause.shown.values())
        if node is not None
    ]


def same(rule: Rule, claims: list[Rows]) -> None:
    evaluator = Evaluator(built(claims), RULES.parameters)
    slow = [Slow(Claim(claim), RULES.parameters) for claim in claims]
    for table, node in nodes(rule):
        vector = evaluator.value(node)
        row = 0
        for oracle, claim in zip(slow, claims, strict=True):
            for i in range(len(claim.get(table, []))):
                fast = fast_value(node, vector, row)
                assert fast == oracle.value(node, i), (rule.code, table, i, node.op)
                row += 1


@pytest.mark.parametrize("rule", WRITTEN, ids=lambda rule: rule.code)
def test_card_is_the_same_for_the_slow_oracle(rule: Rule) -> None:
    for number, example in enumerate(rule.examples):
        claims = plain(example_claims(rule, example))
        mixer = Mixer(Random(f"{rule.code} {number}"), claims, read_by(rule))  # noqa: S311
        same(rule, [*claims, *(c for _ in range(MIXTURES) for c in mixer.mixture(STEPS))])


def read_by(rule: Rule) -> dict[str, set[str]]:
    """The fields that the card's expressions read."""
    found: dict[str, set[str]] = {}
    for _, node in nodes(rule):
        for part in node.walk():
            if part.op == "field":
                found.setdefault(part.value[0], set()).add(part.value[1])
    return found
