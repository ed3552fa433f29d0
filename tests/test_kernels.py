"""Each kernel agrees with a plain O(n²) twin, and its compiled form with its Python form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.arrays import rank_in_group
from giamdinh.kernels import LARGE, kernel
from giamdinh.kernels.danh_so import added, counted
from giamdinh.kernels.thu_tu import earlier_partner, trim_from_end, twins

Lines = list[tuple[int, int, int, int]]
LINES = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 12), st.integers(0, 6), st.sampled_from([-1, 0, 1, 2])
    ),
    max_size=14,
)


def columns(lines: Lines) -> list[np.ndarray]:
    table = np.array(lines, np.int64).reshape(-1, 4)
    return [np.ascontiguousarray(column) for column in table.T]


def by_group(lines: Lines) -> Lines:
    return sorted(lines, key=lambda line: line[0])


@given(LINES)
def test_rank_counts_the_rows_of_the_group_that_come_first(lines: Lines) -> None:
    group, first, second, _ = columns(lines)
    keys = [(g, a, b, i) for i, (g, a, b, _) in enumerate(lines)]
    twin = [sum(k[0] == own[0] and k < own for k in keys) for own in keys]
    assert rank_in_group(group, first, second).tolist() == twin


@pytest.mark.parametrize("function", [twins.compiled, twins.python])
@settings(deadline=None)
@given(lines=LINES, keys=st.integers(1, 3))
def test_twins_are_the_rows_that_equal_another_one_of_their_group(
    function: Any, lines: Lines, keys: int
) -> None:
    ordered = by_group(lines)
    group, *rest = columns(ordered)
    offsets = np.searchsorted(group, np.arange(5))
    twin = [
        any(i != j and own[: keys + 1] == other[: keys + 1] for j, other in enumerate(ordered))
        for i, own in enumerate(ordered)
    ]
    assert function(offsets, np.stack(rest[:keys])).tolist() == twin


def test_twins_are_all_rows_of_a_large_group() -> None:
    """Comparing each with each would take for ever there."""
    keys = np.arange(70).reshape(1, -1)
    assert twins(np.array([0, 65, 70]), keys).tolist() == [True] * 65 + [False] * 5


@given(LINES, st.integers(0, 20))
def test_trimming_keeps_what_is_left_after_the_rows_before(lines: Lines, allowed: int) -> None:
    group, quantity, _, _ = columns(by_group(lines))
    limit = np.full(group.size, allowed, np.int64)
    twin = []
    for i in range(group.size):
        before = sum(int(quantity[j]) for j in range(i) if group[j] == group[i])
        twin.append(max(min(int(quantity[i]), allowed - before), 0))
    assert trim_from_end(group, quantity, limit).tolist() == twin


@given(LINES, st.integers(0, 20))
def test_trimming_never_keeps_more_than_allowed(lines: Lines, allowed: int) -> None:
    group, quantity, _, _ = columns(by_group(lines))
    kept = trim_from_end(group, quantity, np.full(group.size, allowed, np.int64))
    for g in set(group.tolist()):
        total = int(quantity[group == g].sum())
        assert int(kept[group == g].sum()) == min(total, allowed)


def partner_twin(lines: Lines, i: int) -> tuple[int, int]:
    group, start, length, team = lines[i]
    same, near = [], []
    for j in range(i):
        g, s, n, t = lines[j]
        if g != group:
            continue
        if team >= 0 and t == team:
            same.append(j)
        if s == start or (start < s + n and s < start + length):
            near.append(j)
    if same:
        return same[0], 1
    return (near[0], 0) if near else (-1, 0)


@given(LINES)
def test_partner_is_the_first_of_the_same_team_else_the_first_overlapping(lines: Lines) -> None:
    ordered = by_group(lines)
    group, start, length, team = columns(ordered)
    partner, same = earlier_partner(group, start, start + length, team)
    twin = [partner_twin(ordered, i) for i in range(len(ordered))]
    assert list(zip(partner.tolist(), same.tolist(), strict=True)) == twin


@settings(max_examples=25, deadline=None)
@given(LINES)
def test_compiled_kernels_give_what_their_python_gives(lines: Lines) -> None:
    group, start, length, team = columns(by_group(lines))
    limit = np.full(group.size, 3, np.int64)
    kept = trim_from_end.compiled(group, start, limit)
    assert kept.tolist() == trim_from_end.python(group, start, limit).tolist()
    fast = earlier_partner.compiled(group, start, start + length, team)
    slow = earlier_partner.python(group, start, start + length, team)
    assert [column.tolist() for column in fast] == [column.tolist() for column in slow]
    if group.size:
        numbers = counted.compiled(start, 40), counted.python(start, 40)
        assert [column.tolist() for column in numbers[0]] == [*map(np.ndarray.tolist, numbers[1])]
        offsets = np.array([0, 0, group.size // 2, group.size])
        fast, slow = added.compiled(start, offsets), added.python(start, offsets)
        assert (fast[0].tolist(), *fast[1:]) == (slow[0].tolist(), *slow[1:])


@pytest.mark.parametrize(("size", "compiled"), [(LARGE - 1, False), (LARGE, True)])
def test_only_large_arrays_are_compiled(size: int, *, compiled: bool) -> None:
    @kernel
    def doubled(values: np.ndarray) -> np.ndarray:
        return values + values

    assert doubled(np.ones(size, np.int64)).sum() == 2 * size
    assert ("compiled" in vars(doubled)) is compiled


def test_a_kernel_keeps_the_name_and_the_page_of_its_function() -> None:
    assert trim_from_end.__name__ == "trim_from_end"
    assert "give way first" in (trim_from_end.__doc__ or "")
