"""Intervals that overlap: the kernels agree with O(n²) twins and with their compiled form."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.kernels.chong_nhau import earlier_overlap, overlap_of_other

Spans = list[tuple[int, int, int, int]]
SPANS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 15), st.integers(0, 8), st.integers(0, 2)),
    max_size=14,
).map(sorted)
"""(group, start, length, kind), by group and start."""


def columns(spans: Spans) -> list[np.ndarray]:
    group, start, length, kind = np.array(spans, np.int64).reshape(-1, 4).T
    return [np.ascontiguousarray(c) for c in (group, start, start + length, kind)]


def twin(spans: Spans, i: int, slack: int, *, of: set[int]) -> int:
    """The earlier interval among the kinds `of` that ends last, the first of equals."""
    group, start, _, _ = spans[i]
    open_still = [
        (-(s + n), j)
        for j, (g, s, n, k) in enumerate(spans[:i])
        if g == group and k in of and s + n - start > slack
    ]
    return min(open_still)[1] if open_still else -1


@given(SPANS, st.integers(0, 3))
def test_an_overlap_with_an_earlier_interval_that_holds_is_never_missed(
    spans: Spans, slack: int
) -> None:
    group, start, end, kind = columns(spans)
    slacks = np.full(group.size, slack, np.int64)
    found = earlier_overlap(group, start, end, kind == 0, slacks)
    assert found.tolist() == [twin(spans, i, slack, of={0}) for i in range(len(spans))]


@given(SPANS, st.integers(0, 3))
def test_an_overlap_with_an_interval_of_another_kind_is_never_missed(
    spans: Spans, slack: int
) -> None:
    group, start, end, kind = columns(spans)
    found = overlap_of_other(group, start, end, kind, np.full(group.size, slack, np.int64))
    for i, partner in enumerate(found.tolist()):
        expected = twin(spans, i, slack, of={0, 1, 2} - {spans[i][3]})
        assert (partner < 0) == (expected < 0)
        if partner >= 0:
            assert end[partner] == end[expected]
            assert kind[partner] != kind[i]
            assert group[partner] == group[i]
            assert partner < i


@settings(max_examples=20, deadline=None)
@given(SPANS)
def test_compiled_overlaps_are_those_of_the_python(spans: Spans) -> None:
    group, start, end, kind = columns(spans)
    slack = np.zeros(group.size, np.int64)
    slow = overlap_of_other.python(group, start, end, kind, slack)
    assert overlap_of_other.compiled(group, start, end, kind, slack).tolist() == slow.tolist()
    slow = earlier_overlap.python(group, start, end, kind == 0, slack)
    fast = earlier_overlap.compiled(group, start, end, kind == 0, slack)
    assert fast.tolist() == slow.tolist()
