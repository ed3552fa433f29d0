"""Kernels about intervals of one group that overlap, in one pass over sorted rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.kernels import kernel

if TYPE_CHECKING:
    from giamdinh.model import BoolArray, IntArray


def warm() -> None:
    """Compiles the kernels of this module for the arrays they are called with."""
    none = np.zeros(0, np.int64)
    earlier_overlap.compiled(none, none, none, np.zeros(0, np.bool_), none)
    overlap_of_other.compiled(none, none, none, none, none)


@kernel
def earlier_overlap(
    group: IntArray, start: IntArray, end: IntArray, holds: BoolArray, slack: IntArray
) -> IntArray:
    """For each interval the earlier one of its group that still goes on when it begins.

    Of several earlier ones the one that ends last is taken, so an overlap is never missed.

    Args:
        group: shape (rows,), ascending.
        start: shape (rows,), minutes, ascending within a group.
        end: shape (rows,), minutes, at least `start`.
        holds: shape (rows,), which intervals others may not begin in.
        slack: shape (rows,), minutes that an interval may begin before the earlier one ends.

    Returns:
        Row of the earlier interval, -1 for none.
    """
    partner = np.full(group.size, -1, np.int64)
    last = -1
    for i in range(group.size):
        if i > 0 and group[i] != group[i - 1]:
            last = -1
        if last >= 0 and end[last] - start[i] > slack[i]:
            partner[i] = last
        if holds[i] and (last < 0 or end[i] > end[last]):
            last = i
    return partner


@kernel
def overlap_of_other(
    group: IntArray, start: IntArray, end: IntArray, kind: IntArray, slack: IntArray
) -> IntArray:
    """For each interval the earlier one of its group, but of another kind, that still goes on.

    Of several earlier ones of other kinds the one that ends last is taken, the first of equals.

    Args:
        group: shape (rows,), ascending.
        start: shape (rows,), minutes, ascending within a group.
        end: shape (rows,), minutes, at least `start`.
        kind: shape (rows,), not negative; intervals of one kind do not clash.
        slack: shape (rows,), minutes that an interval may begin before the earlier one ends.

    Returns:
        Row of the earlier interval, -1 for none.
    """
    partner = np.full(group.size, -1, np.int64)
    last = -1
    beside = -1  # ends last among the kinds other than that of `last`
    for i in range(group.size):
        if i > 0 and group[i] != group[i - 1]:
            last = -1
            beside = -1
        other = last if last >= 0 and kind[last] != kind[i] else beside
        if other >= 0 and end[other] - start[i] > slack[i]:
            partner[i] = other
        if last < 0:
            last = i
        elif kind[i] == kind[last]:
            if end[i] > end[last]:
                last = i
        elif end[i] > end[last]:
            beside = last
            last = i
        elif beside < 0 or end[i] > end[beside]:
            beside = i
    return partner
