"""Every card's expressions give the same on its examples, and on mixtures of them, both ways."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giamdinh.rules.cards import Rule, load_rules
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.examples import example_claims
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE
from tests.oracle.slow import Claim, Slow
from tests.oracle.test_differential import fast_value

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from giamdinh.rules.nodes import Node

RULES = load_rules()
WRITTEN = [r for r in RULES.rules if any(c.when for c in r.clauses)]
MIXTURES = 200 if os.environ.get("GIAMDINH_NIGHTLY") else 12
ODD = ("", "0", "x", "-1", "99999999999.999", "202602291200", "20250310", "1;2;", "100")
Rows = dict[str, list[dict[str, str]]]


def plain(claims: ClaimSet) -> list[Rows]:
    out: list[Rows] = [{name: [] for name in claims.tables} for _ in range(len(claims))]
    for name, table in claims.tables.items():
        for row in range(len(table)):
            cells = {f: c.text(row) for f, c in table.columns.items() if not c.missing[row]}
            out[int(table.parent[row])][name].append(cells)
    return out


def columns(claims: list[Rows]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        for table, rows in claim.items():
            for row in rows:
                for field, text in row.items():
                    found.setdefault((table, field), set()).add(text)
    return {key: sorted(texts) for key, texts in found.items()}


@st.composite
def mixed(draw: DrawFn, claims: list[Rows]) -> list[Rows]:
    """The claims with a few cells exchanged for others of the same column or for odd values."""
    known = columns(claims)
    out = [{t: [dict(row) for row in rows] for t, rows in claim.items()} for claim in claims]
    cells = [
        (i, table, row)
        for i, claim in enumerate(out)
        for table, rows in claim.items()
        for row in range(len(rows))
    ]
    for _ in range(draw(st.integers(1, 6))):
        i, table, row = draw(st.sampled_from(cells))
        fields = [field for t, field in known if t == table]
        if fields:
            field = draw(st.sampled_from(fields))
            out[i][table][row][field] = draw(st.sampled_from([*known[table, field], *ODD]))
    return out


def built(claims: list[Rows]) -> ClaimSet:
    builder = ClaimSetBuilder()
    for i, claim in enumerate(claims):
        envelope = (claim.get(ENVELOPE_TABLE) or [{}])[0]
        index = builder.add_claim("a.xml", i + 1, envelope, claim[CLAIM_TABLE][0])
        for table, rows in claim.items():
            if table not in (CLAIM_TABLE, ENVELOPE_TABLE):
                for row in rows:
                    builder.add_row(table, index, row)
    return builder.build()


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
    for example in rule.examples:
        claims = plain(example_claims(rule, example))
        same(rule, claims)

        @settings(max_examples=MIXTURES, deadline=None, derandomize=True, database=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(mixed(claims))
        def agree(mixture: list[Rows]) -> None:
            same(rule, mixture)

        agree()
