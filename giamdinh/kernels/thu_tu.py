"""Kernels about order: lines that come after others within one group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.kernels import kernel

if TYPE_CHECKING:
    from giamdinh.model import BoolArray, IntArray


_FEW = 64
"""Rows of a group that are compared each with each."""


def warm() -> None:
    """Compiles the kernels of this module for the arrays they are called with."""
    none = np.zeros(0, np.int64)
    trim_from_end.compiled(none, none, none)
    earlier_partner.compiled(none, none, none, none)
    twins.compiled(none, none.reshape(1, 0))


@kernel
def twins(offsets: IntArray, keys: IntArray) -> BoolArray:
    """Rows that equal another row of their group in all keys; in a large group all rows.

    Args:
        offsets: shape (groups + 1,), group i is offsets[i] … offsets[i + 1] - 1.
        keys: shape (keys, rows); the first should tell most rows apart.
    """
    found = np.zeros(keys.shape[1], np.bool_)
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        if last - first > _FEW:
            found[first:last] = True
            continue
        for i in range(first + 1, last):
            for j in range(first, i):
                at = 0
                while at < keys.shape[0] and keys[at, i] == keys[at, j]:
                    at += 1
                if at == keys.shape[0]:
                    found[i] = found[j] = True
    return found


@kernel
def trim_from_end(group: IntArray, quantity: IntArray, allowed: IntArray) -> IntArray:
    """What each row keeps when a group may hold only so much and its last rows give way first.

    Args:
        group: shape (rows,), ascending; the rows of a group stand in their order of time.
        quantity: shape (rows,), not negative.
        allowed: shape (rows,), the most the row's whole group may hold; equal within a group.
    """
    kept = np.empty_like(quantity)
    used = 0
    for i in range(group.size):
        if i == 0 or group[i] != group[i - 1]:
            used = 0
        kept[i] = max(min(quantity[i], allowed[i] - used), 0)
        used += quantity[i]
    return kept


@kernel
def earlier_partner(
    group: IntArray, start: IntArray, end: IntArray, team: IntArray
) -> tuple[IntArray, IntArray]:
    """For each operation the first better-placed one of its group that it belongs to.

    Two operations belong together when one team did both, or when they begin together or overlap.
    A partner of the same team is preferred.

    Args:
        group: shape (rows,), ascending; within a group the best-placed row stands first.
        start: shape (rows,), minutes.
        end: shape (rows,), minutes, at least `start`.
        team: shape (rows,), a number per team; -1 when unknown.

    Returns:
        Row of the partner, -1 for none; and 1 where the partner has the same team, else 0.
    """
    partner = np.full(group.size, -1, np.int64)
    same_team = np.zeros(group.size, np.int64)
    first = 0
    for i in range(group.size):
        if group[i] != group[first]:
            first = i
        for j in range(first, i):
            if team[i] >= 0 and team[i] == team[j]:
                partner[i] = j
                same_team[i] = 1
                break
            together = start[i] == start[j] or (start[i] < end[j] and start[j] < end[i])
            if together and partner[i] < 0:
                partner[i] = j
    return partner, same_team
