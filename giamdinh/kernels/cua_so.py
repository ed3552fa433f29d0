"""Kernels about sliding windows of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.kernels import kernel

if TYPE_CHECKING:
    from giamdinh.model import IntArray


def warm() -> None:
    """Compiles the kernels of this module for the arrays they are called with."""
    none = np.zeros(0, np.int64)
    kinds_within.compiled(none, none, none, none)


@kernel
def kinds_within(group: IntArray, time: IntArray, kind: IntArray, width: IntArray) -> IntArray:
    """How many kinds each row's group has had in the time up to the row, the row included.

    Args:
        group: shape (rows,), ascending; within a group the rows stand in order of time.
        time: shape (rows,), minutes.
        kind: shape (rows,), from 0; a kind belongs to one group only.
        width: shape (rows,), how many minutes back a row looks.
    """
    found = np.empty_like(time)
    there = np.zeros(group.size, np.int64)
    kinds = 0
    first = 0
    for i in range(group.size):
        while group[first] != group[i] or time[i] - time[first] > width[i]:
            there[kind[first]] -= 1
            if there[kind[first]] == 0:
                kinds -= 1
            first += 1
        there[kind[i]] += 1
        if there[kind[i]] == 1:
            kinds += 1
        found[i] = kinds
    return found
