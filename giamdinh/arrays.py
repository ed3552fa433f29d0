"""Integers that grow in little memory, and sets of them without importing numpy.ma.

That import, which `np.unique` and `np.isin` need, would be a tenth of the time of a short run.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from giamdinh import kernels

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from giamdinh.model import BoolArray, IntArray

Value = TypeVar("Value")

_LEAST = 32
"""Up to here plain Python is faster than the first calls of numpy."""
_FEW = 500
_SPREAD = 32
"""Integers are counted instead of sorted when their range is at most so many times their number."""
_BITS = 62
_COUNTED = (np.int64, np.int32)
_WIDTHS = ("b", "h", "i", "q")


class Ints:
    """Integers up to int64 that grow at the end, each in as few bytes as the largest needs.

    Columns of findings mostly repeat a few numbers; millions of them would not fit otherwise.
    """

    __slots__ = ("_array",)

    def __init__(self) -> None:
        self._array = array(_WIDTHS[0])

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, place: int) -> int:
        return self._array[place]

    def __sizeof__(self) -> int:
        return self._array.__sizeof__()

    def piece(self, places: slice) -> IntArray:
        """A copy of some of them, shape (places,)."""
        return np.array(self._array[places], np.int64)

    @property
    def values(self) -> npt.NDArray[Any]:
        """A copy of all, shape (n,), as narrow as they are kept."""
        return np.array(self._array, self._array.typecode)

    def append(self, value: int) -> None:
        """One more."""
        try:
            self._array.append(value)
        except OverflowError:
            self._widen(value, value)
            self._array.append(value)

    def fill(self, value: int, count: int) -> None:
        """`value`, `count` times."""
        if count:
            self._widen(value, value)
            self._array.extend(array(self._array.typecode, [value]) * count)

    def extend(self, values: npt.NDArray[Any]) -> None:
        """More of them, shape (n,)."""
        if values.size:
            self._widen(int(values.min()), int(values.max()))
            self._array.frombytes(values.astype(self._array.typecode).tobytes())

    def _widen(self, least: int, most: int) -> None:
        """Makes room for numbers from `least` to `most`."""
        kind = self._array.typecode
        for wider in _WIDTHS[_WIDTHS.index(kind) :]:
            room = 1 << (8 * array(wider).itemsize - 1)
            if -room <= least and most < room:
                break
        else:
            raise OverflowError
        if wider != kind:
            self._array = array(wider, self.values.astype(wider).tobytes())


def order(values: npt.NDArray[Any]) -> IntArray:
    """Where each element stands in ascending order, shape (n,); equal ones in their own order.

    What a stable `np.argsort` gives, several times as fast: numbers that hold both value and place
    are sorted instead.
    """
    stable: IntArray
    if values.size <= _FEW or values.dtype == object:
        stable = np.argsort(values, kind="stable")
        return stable
    if bool((values[1:] >= values[:-1]).all()):
        return np.arange(values.size)
    low, high = int(values.min()), int(values.max())
    bits = values.size.bit_length()
    if (high - low).bit_length() + bits > _BITS:
        stable = np.argsort(values, kind="stable")
        return stable
    places: IntArray = np.subtract(values, low, dtype=np.int64) << bits
    places |= np.arange(values.size)
    places.sort()
    return places & ((1 << bits) - 1)


def reached(edges: IntArray, moments: IntArray) -> IntArray:
    """Index of the last of the ascending `edges` that each moment has reached; -1 before all."""
    if moments.size > _LEAST:
        ends = np.array([moments.min(), moments.max()], np.int64)
        first, last = (np.searchsorted(edges, ends, side="right") - 1).tolist()
        if first == last:  # as good as always: a batch lies within one month
            return np.full(moments.size, first, np.int64)
    return (np.searchsorted(edges, moments, side="right") - 1).astype(np.int64)


def distinct(values: npt.NDArray[Any]) -> list[int]:
    """The different integers of an array, ascending."""
    if values.size <= _LEAST:
        return sorted(set(values.tolist()))
    found: list[int] = _used(values).tolist()
    return found


def numbered(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], IntArray]:
    """The different integers, ascending, and the place of each element among them.

    What `np.unique` gives with `return_inverse`, without numpy.ma.
    """
    if values.size <= _LEAST:
        listed = values.tolist()
        index = {value: i for i, value in enumerate(sorted(set(listed)))}
        inverse = np.array([index[value] for value in listed], np.int64)
        return np.array([*index], values.dtype), inverse
    if kernels.at_hand(values.size) and values.dtype in _COUNTED:
        from giamdinh.kernels.danh_so import counted

        used, place = counted.compiled(np.require(values, None, ["C", "W"]), _SPREAD * values.size)
        if used.size:
            return used.astype(values.dtype), place
        return _numbered_in_order(values)
    low, high = int(values.min()), int(values.max())
    if high - low <= _SPREAD * values.size:
        above = np.subtract(values, low, dtype=np.int64)
        seen = np.zeros(high - low + 1, np.bool_)
        seen[above] = True
        used = np.flatnonzero(seen)
        place = np.empty(seen.size, np.int64)
        place[used] = np.arange(used.size)
        return (used + low).astype(values.dtype), place[above]
    return _numbered_in_order(values)


def _numbered_in_order(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], IntArray]:
    sequence = order(values)
    ordered = values[sequence]
    new = _first_of_runs(ordered)
    inverse = np.empty(values.size, np.int64)
    inverse[sequence] = np.cumsum(new) - 1
    return ordered[new], inverse


def coded(values: Iterable[Value]) -> tuple[dict[Value, int], IntArray]:
    """The different values with the numbers 0, 1, 2… as they come, and the number of each value."""
    listed = [*values]
    index = {value: i for i, value in enumerate(dict.fromkeys(listed))}
    return index, np.fromiter(map(index.__getitem__, listed), np.int64, len(listed))


def first_of_each(group: IntArray, values: IntArray, groups: int | None = None) -> IntArray:
    """What the first element of each group has, -1 for groups without one, shape (groups,).

    Args:
        group: shape (n,), from 0.
        values: shape (n,).
        groups: how many there are; None for as many as the largest number says.
    """
    first = np.full(int(group.max(initial=-1)) + 1 if groups is None else groups, -1, np.int64)
    first[group[::-1]] = values[::-1]
    return first


def rank_in_group(group: IntArray, *keys: IntArray) -> IntArray:
    """Position of each row within its group, from 0, by `keys` and then by row number.

    Args:
        group: shape (rows,), any order.
        keys: shape (rows,) each, the first decides first; ascending.
    """
    _, place = numbered(group)
    rows = np.flatnonzero(np.bincount(place)[place] > 1)  # most groups have one row only
    sequence = rows[np.lexsort((*(key[rows] for key in reversed(keys)), place[rows]))]
    ordered = place[sequence]
    ranks = np.zeros(group.size, np.int64)
    ranks[sequence] = np.arange(rows.size) - np.searchsorted(ordered, ordered)
    return ranks


def among(values: npt.NDArray[Any], members: npt.NDArray[Any]) -> BoolArray:
    """Which of `values`, shape (n,), are one of `members`."""
    if values.size + members.size <= _LEAST:
        wanted = set(members.tolist())
        return np.fromiter((value in wanted for value in values.tolist()), np.bool_, values.size)
    if not values.size or not members.size:
        return np.zeros(values.size, np.bool_)
    low, high = int(members.min()), int(members.max())
    if high - low > _SPREAD * (values.size + members.size):
        known = np.sort(members)
        found: BoolArray = (
            known[np.minimum(np.searchsorted(known, values), known.size - 1)] == values
        )
        return found
    inside = (values >= low) & (values <= high)
    seen = np.zeros(high - low + 1, np.bool_)
    seen[np.subtract(members, low, dtype=np.int64)] = True
    found = seen[np.where(inside, np.subtract(values, low, dtype=np.int64), 0)]
    return found & inside


def _used(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The different integers of an array with elements, ascending."""
    low, high = int(values.min()), int(values.max())
    if low == high:
        return values[:1]
    if high - low > _SPREAD * values.size:
        ordered = np.sort(values)
        return ordered[_first_of_runs(ordered)]
    seen = np.zeros(high - low + 1, np.bool_)
    seen[np.subtract(values, low, dtype=np.int64)] = True
    return (np.flatnonzero(seen) + low).astype(values.dtype)


def _first_of_runs(ordered: npt.NDArray[Any]) -> BoolArray:
    new = np.ones(ordered.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new
