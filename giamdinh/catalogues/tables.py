"""Dated lists and the lookups rules make in them, by facility, code and moment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Sized

    import numpy.typing as npt

    from giamdinh.model import CodeArray, IntArray

    Split = Callable[[str], Iterable[str]]

OPEN_START = int(np.iinfo(np.int64).min)
OPEN_END = int(np.iinfo(np.int64).max)

UNKNOWN = -1
"""The list says nothing: no code, no facility, a day before the list begins, an unreadable row."""
ABSENT = 0
"""The code was never in the list."""
CLOSED = 1
"""The code is in the list, but no row of it is in force at that moment."""
IN_FORCE = 2
"""At least one row of the code is in force."""

_SPAN = 1 << 34
_SHIFT = 1 << 33


class Dictionary(Protocol):
    """Texts by code, as a column of a claim table has them."""

    @property
    def codes(self) -> CodeArray: ...  # noqa: D102

    @property
    def texts(self) -> Sequence[str]: ...  # noqa: D102


class Coded(NamedTuple):
    """A `Dictionary`: shape (n,) codes into `texts`, -1 where there is no text."""

    codes: CodeArray
    texts: Sequence[str]


def spread(column: Dictionary, parts: Sequence[Sized]) -> tuple[IntArray, IntArray]:
    """One element per part of each row, given the parts of each distinct text.

    Returns:
        The row of each element, ascending, and its place among the parts of all texts in order.
    """
    size = np.array([*map(len, parts), 0], np.int64)
    offsets = np.concatenate([[0], np.cumsum(size)])
    per_row = size[column.codes]
    rows = np.repeat(np.arange(per_row.size), per_row)
    within = np.arange(rows.size) - np.repeat(np.cumsum(per_row) - per_row, per_row)
    return rows.astype(np.int64), (offsets[column.codes[rows]] + within).astype(np.int64)


def single(text: str) -> tuple[str, ...]:
    """The text itself as its only key."""
    return (text,) if text else ()


@dataclass(frozen=True, slots=True)
class DatedTable:
    """All readable rows of one kind of list, from every file.

    Attributes:
        columns: column name → text of each row, "" where nothing is written.
        start, end: shape (rows,), first and last minute in force; an open side is the lowest or
            highest int64. A row whose period could not be read has start > end.
        facility: the facility of each row, "" for all of them.
        everybody: the list is not kept per facility.
        named: the facilities that have rows of their own.
    """

    kind: str
    columns: dict[str, list[str]]
    start: IntArray
    end: IntArray
    facility: list[str]
    everybody: bool = False
    named: frozenset[str] = field(init=False, repr=False, compare=False)
    _indexes: dict[tuple[tuple[str, ...], object], PeriodIndex] = field(
        repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", frozenset(self.facility) - {""})

    def __len__(self) -> int:
        return len(self.facility)

    def text(self, name: str, row: int) -> str:
        """What a row has in a column, "" when the list has no such column."""
        column = self.columns.get(name)
        return column[row] if column else ""

    def index(self, names: str | tuple[str, ...], split: Split = single) -> PeriodIndex:
        """Rows by the keys that `split` finds in any of the columns `names`; built once."""
        columns = (names,) if isinstance(names, str) else names
        found = self._indexes.get((columns, split))
        if found is None:
            found = self._indexes[columns, split] = PeriodIndex(self, columns, split)
        return found


class PeriodIndex:
    """Rows of a dated table by (facility, key).

    A row without facility belongs to every facility. Rows with an unreadable period are never in
    force, but they keep their key from counting as absent or closed.
    """

    def __init__(self, table: DatedTable, columns: Sequence[str], split: Split) -> None:
        self.table = table
        self._rows: dict[tuple[str, str], list[int]] = defaultdict(list)
        texts = [table.columns[name] for name in columns if name in table.columns]
        for row, facility in enumerate(table.facility):
            keys = {key for column in texts for key in split(column[row])}
            for key in keys:
                self._rows[facility, key].append(row)
        self._first: dict[str, int] = {}
        for facility, start, end in zip(table.facility, table.start, table.end, strict=True):
            if start <= end:
                self._first[facility] = min(int(start), self._first.get(facility, OPEN_END))

    def rows(self, facility: str, key: str) -> list[int]:
        """Rows of a key at any time, the facility's own and those for all."""
        if self.table.everybody:
            return self._rows.get(("", key), [])
        own = self._rows.get((facility, key), [])
        return [*own, *self._rows.get(("", key), [])] if facility else own

    def rows_on(self, facility: str, key: str, minute: int) -> list[int]:
        """Rows of a key in force at a moment."""
        start, end = self.table.start, self.table.end
        return [row for row in self.rows(facility, key) if start[row] <= minute <= end[row]]

    def states(
        self, facility: Dictionary, key: Dictionary, minutes: IntArray
    ) -> npt.NDArray[np.int8]:
        """UNKNOWN, ABSENT, CLOSED or IN_FORCE for each (facility, key, moment), shape (n,)."""
        pair, inverse = _pairs(facility, key)
        intervals: list[tuple[int, int, int]] = []
        known = np.full(pair.size, ABSENT, np.int8)
        doubtful = np.zeros(pair.size, np.bool_)
        first = np.full(pair.size, OPEN_START, np.int64)
        for i, code in enumerate(pair.tolist()):
            name, text = _names(facility, key, code)
            if not text or not (name or self.table.everybody):
                known[i] = UNKNOWN
                continue
            rows = self.rows(name, text)
            known[i] = CLOSED if rows else ABSENT
            merged = self._merged(rows)
            doubtful[i] = any(self.table.start[row] > self.table.end[row] for row in rows)
            intervals += [(i, start, end) for start, end in merged]
            first[i] = self._first_minute(name)
        states = np.where(_inside(intervals, inverse, minutes), IN_FORCE, known[inverse])
        silent = (states != IN_FORCE) & (doubtful[inverse] | (minutes < first[inverse]))
        return np.where(silent, UNKNOWN, states).astype(np.int8)

    def rows_in_force(
        self, facility: Dictionary, key: Dictionary, minutes: IntArray
    ) -> tuple[list[tuple[str, list[int]]], IntArray]:
        """Rows in force for each distinct (facility, key, moment), and which one each element is.

        Returns:
            The key and its rows, and for each element, shape (n,), its index into them.
        """
        pair, inverse = _pairs(facility, key)
        lowest = int(minutes.min()) if minutes.size else 0
        width = int(minutes.max()) - lowest + 1 if minutes.size else 1
        distinct, where = np.unique(inverse * width + minutes - lowest, return_inverse=True)
        out = []
        for which, minute in (divmod(question, width) for question in distinct.tolist()):
            name, text = _names(facility, key, int(pair[which]))
            out.append((text, self.rows_on(name, text, minute + lowest) if text else []))
        return out, where.astype(np.int64)

    def _first_minute(self, facility: str) -> int:
        """The first minute the list speaks of, for a facility.

        A list kept by a facility says nothing about the days before its first row. The registry
        and the facility list hold periods of cards and facilities, not of the list.
        """
        if self.table.everybody:
            return OPEN_START
        own, shared = self._first.get(facility, OPEN_END), self._first.get("", OPEN_END)
        return min(own, shared)

    def _merged(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """The periods of rows as disjoint intervals in order."""
        start, end = self.table.start, self.table.end
        periods = sorted((int(start[r]), int(end[r])) for r in rows if start[r] <= end[r])
        out: list[tuple[int, int]] = []
        for low, high in periods:
            if out and low <= out[-1][1]:
                out[-1] = (out[-1][0], max(out[-1][1], high))
            else:
                out.append((low, high))
        return out


def _pairs(facility: Dictionary, key: Dictionary) -> tuple[IntArray, IntArray]:
    """Distinct (facility, key) as one number each, and which one each element is."""
    width = len(key.texts) + 1
    pair = (facility.codes.astype(np.int64) + 1) * width + key.codes + 1
    distinct, inverse = np.unique(pair, return_inverse=True)
    return distinct, inverse.astype(np.int64)


def _names(facility: Dictionary, key: Dictionary, pair: int) -> tuple[str, str]:
    which, text = divmod(pair, len(key.texts) + 1)
    return (
        facility.texts[which - 1] if which else "",
        key.texts[text - 1] if text else "",
    )


def _inside(
    intervals: Sequence[tuple[int, int, int]], pair: IntArray, minutes: IntArray
) -> npt.NDArray[np.bool_]:
    """Whether each moment lies in an interval of its pair; intervals are disjoint, in order."""
    if not intervals:
        return np.zeros(pair.size, np.bool_)
    owner, start, end = np.array(intervals, np.int64).T
    low = owner * _SPAN + np.clip(start, -_SHIFT, _SHIFT - 1) + _SHIFT
    place = pair * _SPAN + np.clip(minutes, -_SHIFT, _SHIFT - 1) + _SHIFT
    at = np.searchsorted(low, place, side="right") - 1
    inside: npt.NDArray[np.bool_] = (at >= 0) & (owner[at] == pair) & (minutes <= end[at])
    return inside
