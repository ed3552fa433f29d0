"""Values of an expression on many rows: numbers, texts and three-valued conditions.

Numbers are int64 while they fit and Python integers (dtype object) when a product would not, so
arithmetic is always exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from giamdinh import kernels
from giamdinh.arrays import numbered, order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from giamdinh.model import BoolArray, CodeArray, IntArray

_SAFE = 2**62
AnyArray = npt.NDArray[Any]


@dataclass(slots=True)
class Numbers:
    """Scaled integers or minutes; `values` is 0 where not `valid`."""

    values: AnyArray
    valid: BoolArray


@dataclass(slots=True)
class Texts:
    """Dictionary codes into `texts`, -1 where missing."""

    codes: CodeArray
    texts: Sequence[str]

    @property
    def valid(self) -> BoolArray:
        """Rows with a text."""
        return np.greater_equal(self.codes, 0)


@dataclass(slots=True)
class Truth:
    """Three-valued: `yes`, `no`, or neither (unknown)."""

    yes: BoolArray
    no: BoolArray


Vector = Numbers | Texts | Truth


def largest(values: AnyArray) -> int:
    """The largest absolute value, 0 for none."""
    if not values.size:
        return 0
    return max(int(values.max()), -int(values.min()))


def exact(operation: Callable[[AnyArray, AnyArray], AnyArray], a: AnyArray, b: AnyArray,
          bound: int) -> AnyArray:  # fmt: skip
    """`operation` on int64, or on Python integers when results may reach `bound` beyond int64."""
    if bound < _SAFE:
        return operation(a, b)
    return operation(a.astype(object), b.astype(object))


def shrink(values: AnyArray) -> AnyArray:
    """int64 again when every value fits."""
    if values.dtype == object and largest(values) < _SAFE:
        return values.astype(np.int64)
    return values


def multiply(a: AnyArray, b: AnyArray) -> AnyArray:
    """A * b, exactly."""
    return exact(np.multiply, a, b, largest(a) * largest(b))


def add(a: AnyArray, b: AnyArray) -> AnyArray:
    """A + b, exactly."""
    return shrink(exact(np.add, a, b, largest(a) + largest(b)))


def divide_half_up(values: AnyArray, divisor: Any) -> AnyArray:  # noqa: ANN401 - int or array
    """Values / divisor rounded half away from zero; divisor > 0."""
    if 2 * (largest(values) + largest(np.asarray(divisor))) >= _SAFE:
        values = values.astype(object)
    size = (2 * np.abs(values) + divisor) // (2 * divisor)
    return shrink(np.where(values < 0, -size, size))


def segment_sums(values: AnyArray, offsets: IntArray) -> AnyArray:
    """Sum of values[offsets[i]:offsets[i + 1]] for each i, exactly."""
    if kernels.at_hand(values.size) and values.dtype == np.int64:
        from giamdinh.kernels.danh_so import added

        given = (np.require(x, None, ["C", "W"]) for x in (values, offsets))
        sums, low, high = added.compiled(*given)
        if max(high, -low) * values.size < _SAFE:
            return sums
    if largest(values) * max(values.size, 1) >= _SAFE:
        values = values.astype(object)
    running = np.zeros(values.size + 1, values.dtype)
    np.cumsum(values, out=running[1:])
    return shrink(running[offsets[1:]] - running[offsets[:-1]])


def by_pair(first: AnyArray, second: AnyArray,
            answer: Callable[[int, int], Any]) -> list[tuple[Any, AnyArray]]:  # fmt: skip
    """`answer` for each distinct pair with the positions that have it, in pair order."""
    if not first.size:
        return []
    pairs, place = _pairs(first, second)
    ends = np.cumsum(np.bincount(place))
    groups = np.split(order(place), ends[:-1])
    return [(answer(*pair), rows) for pair, rows in zip(pairs, groups, strict=True)]


def pairs_that(first: AnyArray, second: AnyArray, test: Callable[[int, int], bool]) -> BoolArray:
    """Positions whose two codes pass `test`, asked once for each distinct pair."""
    pairs, place = _pairs(first, second)
    return np.array([test(*pair) for pair in pairs], np.bool_)[place]


def _pairs(first: AnyArray, second: AnyArray) -> tuple[list[tuple[int, int]], IntArray]:
    """The distinct pairs of two codes, in order, and which of them each position has."""
    width = int(second.max(initial=-1)) + 2
    pairs, place = numbered(first.astype(np.int64) * width + second + 1)
    return [(pair // width, pair % width - 1) for pair in pairs.tolist()], place


def taken(x: Numbers | Texts, rows: IntArray) -> Numbers | Texts:
    """Only some rows."""
    if isinstance(x, Texts):
        return Texts(x.codes[rows], x.texts)
    return Numbers(x.values[rows], x.valid[rows])


def variety(x: Numbers | Texts) -> int:
    """How many different values there may be at most, roughly: those with more tell more apart."""
    if isinstance(x, Texts):
        return len(x.texts)
    return int(x.values.max()) - int(x.values.min()) if x.values.size else 0


def stacked(x: Numbers | Texts, y: Numbers | Texts) -> Numbers:
    """The rows of two vectors of numbers, one behind the other."""
    x, y = cast("Numbers", x), cast("Numbers", y)
    return Numbers(np.concatenate([x.values, y.values]), np.concatenate([x.valid, y.valid]))


def keys(x: Numbers | Texts) -> AnyArray:
    """A number from 0 per row that is equal for equal values; missing rows share their own."""
    if isinstance(x, Texts):
        return x.codes.astype(np.int64) + 1
    if x.values.dtype == object or not x.values.size or largest(x.values) >= _SAFE // 2:
        return np.where(x.valid, np.unique(x.values, return_inverse=True)[1].ravel() + 1, 0)
    return np.where(x.valid, x.values - int(x.values.min()) + 1, 0)


def packed(columns: Iterable[Numbers | Texts], first: AnyArray) -> AnyArray:
    """One integer per row that is equal where `first` and all columns are equal.

    Args:
        columns: missing rows are equal to each other.
        first: shape (rows,), not negative; smaller values give smaller results.
    """
    width = largest(first) + 1
    for column in columns:
        key = keys(column)
        own = largest(key) + 1
        if width * own >= _SAFE:
            first, width = _dense(first)
            key, own = _dense(key)
        first = first * own + key
        width *= own
    return first


def _dense(key: AnyArray) -> tuple[AnyArray, int]:
    """The same order in the smallest numbers from 0, and how many there are."""
    distinct, place = numbered(key)
    return place, distinct.size
