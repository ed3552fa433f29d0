"""Kernels that number the values of an array and add them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.kernels import kernel

if TYPE_CHECKING:
    from giamdinh.model import CodeArray, IntArray


def warm() -> None:
    """Compiles the kernels of this module for the arrays they are called with."""
    counted.compiled(np.zeros(1, np.int64), 1)
    counted.compiled(np.zeros(1, np.int32), 1)
    added.compiled(np.zeros(1, np.int64), np.zeros(1, np.int64))


@kernel
def counted(values: IntArray | CodeArray, room: int) -> tuple[IntArray, IntArray]:
    """The different values, ascending, and the place of each element among them.

    Args:
        values: shape (n,), n > 0.
        room: the largest range of values that is counted; two empty arrays are given for more.
    """
    low = high = values[0]
    for value in values:
        low, high = min(low, value), max(high, value)
    if not 0 <= high - low <= room:  # negative beyond int64
        return np.empty(0, np.int64), np.empty(0, np.int64)
    place = np.zeros(high - low + 1, np.int32)
    for value in values:
        place[value - low] = 1
    found = 0
    for i in range(place.size):
        found += place[i]
        place[i] = found - 1 if place[i] else -1
    used = np.empty(found, np.int64)
    for i in range(place.size):
        if place[i] >= 0:
            used[place[i]] = low + i
    places = np.empty(values.size, np.int64)
    for i in range(values.size):
        places[i] = place[values[i] - low]
    return used, places


@kernel
def added(values: IntArray, offsets: IntArray) -> tuple[IntArray, int, int]:
    """The sum of each group, right unless it leaves int64; the least and the greatest value or 0.

    Args:
        values: shape (n,).
        offsets: shape (groups + 1,), group i is offsets[i] … offsets[i + 1] - 1.
    """
    low = high = 0
    for value in values:
        low, high = min(low, value), max(high, value)
    sums = np.zeros(offsets.size - 1, np.int64)
    for group in range(sums.size):
        for i in range(offsets[group], offsets[group + 1]):
            sums[group] += values[i]
    return sums, low, high
