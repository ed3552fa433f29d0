"""Integers that grow in little memory, and sets of them without importing numpy.ma.

That import, which `np.unique` and `np.isin` need, would be a tenth of the time of a short run.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from giamdinh.model import BoolArray, IntArray

_FEW = 1000
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


def distinct(values: npt.NDArray[Any]) -> list[int]:
    """The different integers of an array, ascending."""
    few = values.size < _FEW
    found: list[int] = sorted(set(values.tolist())) if few else np.unique(values).tolist()
    return found


def numbered(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], IntArray]:
    """The different integers, ascending, and the place of each element among them.

    What `np.unique` gives with `return_inverse`, without numpy.ma.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    new = np.ones(values.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    inverse = np.empty(values.size, np.int64)
    inverse[order] = np.cumsum(new) - 1
    return ordered[new], inverse


def among(values: npt.NDArray[Any], members: npt.NDArray[Any]) -> BoolArray:
    """Which of `values`, shape (n,), are one of `members`."""
    if values.size + members.size >= _FEW:
        return np.isin(values, members)
    wanted = set(members.tolist())
    return np.fromiter((value in wanted for value in values.tolist()), np.bool_, values.size)
