"""What is worked out quickly is what is worked out slowly: integers, few rows, blocks of lists."""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from giamdinh.arrays import among, distinct, first_of_each, numbered, order, reached
from giamdinh.catalogues.drafts import ListDraft
from giamdinh.catalogues.lists import list_specs
from giamdinh.kernels import MANY
from giamdinh.kernels.danh_so import counted
from giamdinh.read import read_claims
from giamdinh.read.ledger import Ledger
from giamdinh.rules.cards import load_rules
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.on_rows import OnRows
from giamdinh.rules.vectors import Numbers, Texts, Truth, segment_sums
from tests.commands import ROOT

if TYPE_CHECKING:
    from giamdinh.rules.vectors import Vector

SIZES = (0, 1, 2, 31, 33, 100, 501, 2000)
SPANS = (1, 2, 10, 1000, 30_000, 2**30, 2**62)
COLUMNS = ("MA_THE_BHYT", "", "HO_TEN", "NGAY_SINH", "GT_THE_TU", "GT_THE_DEN", "TRANG_THAI")
CLEAN = ("DN4010000000001", "x", "NGƯỜI MẪU", "01/02/1990", "20260101", "31/12/2026", "000")
ODD = {
    0: ("", "DN4010000000002"),
    3: ("1990", "không rõ", ""),
    4: ("", "30/02/2026", "01/06/2027"),
    5: ("", "x"),
}
"""Cells by column that mean nothing, are missing or turn the period round."""


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16])
@pytest.mark.parametrize("size", SIZES)
def test_integers_are_numbered_found_and_put_in_order_as_by_sorting(
    size: int, dtype: type[np.signedinteger[np.typing.NBitBase]]
) -> None:
    rng = np.random.default_rng(size)
    for span in (span for span in SPANS if span <= np.iinfo(dtype).max):
        for low in (0, -1, -span // 2):
            values = rng.integers(low, low + span, size).astype(dtype)
            members = rng.integers(low, low + span, size // 3).astype(dtype)
            used, place = np.unique(values, return_inverse=True)
            found, index = numbered(values)
            assert (found.tolist(), index.tolist()) == (used.tolist(), place.tolist())
            assert found.dtype == dtype
            assert distinct(values) == used.tolist()
            assert among(values, members).tolist() == np.isin(values, members).tolist()
            for column in (values, np.sort(values)):
                assert order(column).tolist() == np.argsort(column, kind="stable").tolist()
            low_or_all = np.searchsorted(used, values, side="right") - 1
            assert reached(used.astype(np.int64), values).tolist() == low_or_all.tolist()


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16])
@pytest.mark.parametrize("span", SPANS)
def test_many_integers_are_numbered_by_compiled_code(
    span: int, dtype: type[np.signedinteger[np.typing.NBitBase]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(span)
    low = np.iinfo(dtype).min
    values = rng.integers(low, low + min(span, np.iinfo(dtype).max), MANY).astype(dtype)
    values.flags.writeable = False
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    plain = numbered(values[::-1])
    monkeypatch.undo()
    assert counted.compiled(np.zeros(1, np.int64), 1)[0].tolist() == [0], "numba is there"
    for ours, theirs in zip(numbered(values[::-1]), plain, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("far", [0, 2**45, 2**62, -(2**63)])
def test_many_values_are_added_exactly_by_compiled_code(far: int) -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(-(10**9), 10**9, MANY)
    values[7] = far or values[7]
    offsets = np.sort(np.append([0, MANY], rng.integers(0, MANY, 900)))
    values.flags.writeable = False
    assert counted.compiled(np.zeros(1, np.int64), 1)[0].tolist() == [0], "numba is there"
    whole = values.tolist()
    expected = [sum(whole[a:b]) for a, b in pairwise(offsets.tolist())]
    assert segment_sums(values, offsets).tolist() == expected


def test_the_first_of_each_group_is_the_one_that_stands_first() -> None:
    group, values = np.array([2, 0, 2, 0, 2]), np.array([10, 11, 12, 13, 14])
    assert first_of_each(group, values).tolist() == [11, -1, 10]
    assert first_of_each(group, values, 5).tolist() == [11, -1, 10, -1, -1]
    none = np.zeros(0, np.int64)
    assert first_of_each(none, none).tolist() == []
    assert first_of_each(none, none, 2).tolist() == [-1, -1]


def test_a_range_beyond_int64_is_not_counted() -> None:
    ends = np.array([np.iinfo(np.int64).min, 0, np.iinfo(np.int64).max])
    found, place = counted.compiled(ends, 100)
    assert (found.size, place.size) == (0, 0)
    found, place = numbered(np.tile(ends, MANY))
    assert (found.tolist(), place.tolist()) == (ends.tolist(), [0, 1, 2] * MANY)


def test_the_ends_of_int64_are_put_in_order() -> None:
    ends = np.iinfo(np.int64)
    values = np.array([ends.max, 0, ends.min] * 300)
    assert order(values).tolist() == np.argsort(values, kind="stable").tolist()
    assert numbered(values)[0].tolist() == [ends.min, 0, ends.max]


def rows_of(vector: Vector, rows: np.ndarray) -> list[object]:
    if isinstance(vector, Truth):
        return list(zip(vector.yes[rows].tolist(), vector.no[rows].tolist(), strict=True))
    if isinstance(vector, Texts):
        return [vector.texts[c] if c >= 0 else None for c in vector.codes[rows].tolist()]
    assert isinstance(vector, Numbers)
    pairs = zip(vector.values[rows].tolist(), vector.valid[rows].tolist(), strict=True)
    return [int(value) if valid else None for value, valid in pairs]


def test_expressions_on_some_rows_are_those_of_all_rows() -> None:
    chance = random.Random(7)  # noqa: S311 - which rows are looked at
    rules = load_rules()
    (claims,) = read_claims([ROOT / "sample_xml"], Ledger())
    batch = Evaluator(claims, rules.parameters)
    compared = 0
    for rule in rules.rules:
        for clause in rule.clauses:
            size = len(claims[clause.table]) if clause.table in claims.tables else 0
            nodes = [clause.amount, clause.expected, *clause.shown.values()]
            rows = np.array(sorted(chance.sample(range(size), min(size, 4))), np.int64)
            here = OnRows(Evaluator(claims, rules.parameters), clause.table, rows)
            for node in nodes if size else ():
                if node is not None:
                    some = rows_of(here.value(node), np.arange(rows.size))
                    assert some == rows_of(batch.value(node), rows), rule.code
                    compared += 1
    assert compared


def odd_rows(count: int, odd: int) -> list[tuple[str, ...]]:
    chance = random.Random(odd)  # noqa: S311 - which cells are odd
    rows = [list(CLEAN) for _ in range(count)]
    for _ in range(odd):
        column = chance.choice(list(ODD))
        chance.choice(rows)[column] = chance.choice(ODD[column])
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("odd", range(12))
def test_a_block_of_a_list_is_what_its_rows_are(odd: int) -> None:
    spec = list_specs()["the_bhyt"]
    rows = odd_rows(20, odd)
    block, single = ListDraft(spec), ListDraft(spec)
    cells = ({k: v for k, v in zip(COLUMNS, row, strict=True) if k} for row in rows)
    faults = [*map(single.add, cells)]
    whole = block.add_block(COLUMNS, rows)
    if any(faults):
        assert not whole
        assert not len(block)
    if whole:
        assert block.rows() == single.rows()
    if not odd:
        assert whole
