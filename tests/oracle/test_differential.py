from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.expr import Symbols, parse
from giamdinh.rules.params import parameters
from giamdinh.rules.vectors import Numbers, Texts, Truth
from giamdinh.tables.codelists import code_list_names
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import moment
from tests.oracle import generators
from tests.oracle.mixing import built
from tests.oracle.slow import OPERATIONS, Claim, Slow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.rules.nodes import Node
    from giamdinh.rules.vectors import Vector

SYMBOLS = Symbols(table_specs(), parameters(), frozenset(code_list_names()))
TABLES = ("XML1", "XML2", "XML3")
EXAMPLES = 20_000 if os.environ.get("GIAMDINH_NIGHTLY") else 400
TEMPLATE_EXAMPLES = 300 if os.environ.get("GIAMDINH_NIGHTLY") else 8


def fast_value(node: Node, vector: Vector, row: int) -> Any:
    match vector:
        case Truth():
            return True if vector.yes[row] else False if vector.no[row] else None
        case Texts():
            code = int(vector.codes[row])
            return vector.texts[code] if code >= 0 else None
        case Numbers():
            if not vector.valid[row]:
                return None
            value = int(vector.values[row])
            return moment(value) if node.kind == "time" else Fraction(value, 10**node.scale)
    raise AssertionError(vector)


def same_everywhere(texts: Sequence[str], table: str, claims: list[Claim]) -> None:
    evaluator = Evaluator(built([dict(claim.tables) for claim in claims]), SYMBOLS.parameters)
    oracles = [Slow(claim, SYMBOLS.parameters) for claim in claims]
    for text in texts:
        node = parse(text, table, "NGAY_RA", SYMBOLS)
        vector = evaluator.value(node)
        row = 0
        for slow in oracles:
            for i in range(len(slow.claim.tables[table])):
                assert fast_value(node, vector, row) == slow.value(node, i), (text, row)
                row += 1


@st.composite
def typed_expressions(draw: st.DrawFn) -> tuple[str, str]:
    table = draw(st.sampled_from(TABLES))
    kind = draw(st.sampled_from(generators.KINDS))
    return draw(generators.expressions(kind, table, 3)), table


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(typed_expressions(), generators.claims())
def test_fast_and_slow_evaluators_agree(typed: tuple[str, str], claims: list[Claim]) -> None:
    text, table = typed
    same_everywhere([text], table, claims)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", generators.KINDS)
def test_every_template_agrees_on_many_claims(kind: str, table: str) -> None:
    each = st.tuples(*generators.one_of_each(kind, table))

    @settings(max_examples=TEMPLATE_EXAMPLES, deadline=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(each, generators.claims())
    def agree(texts: tuple[str, ...], claims: list[Claim]) -> None:
        same_everywhere(texts, table, claims)

    agree()


def operations_of(kind: str, table: str) -> set[str]:
    seen: set[str] = set()

    @settings(max_examples=12, database=None, derandomize=True, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.tuples(*generators.one_of_each(kind, table)))
    def note(texts: tuple[str, ...]) -> None:
        for text in texts:
            seen.update(part.op for part in parse(text, table, "NGAY_RA", SYMBOLS).walk())

    note()
    return seen


def test_the_generator_produces_every_operation_of_the_language() -> None:
    seen = {
        op for table in TABLES for kind in generators.KINDS for op in operations_of(kind, table)
    }
    evaluated = {name[1:] for name in dir(Evaluator) if name.startswith("_")} & OPERATIONS
    assert evaluated - seen == set()
    assert OPERATIONS - seen == set()
