"""Dated lists and the lookups rules make in them, by facility, code and moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from giamdinh.arrays import coded, numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Sized

    import numpy.typing as npt

    from giamdinh.model import CodeArray, IntArray

    Split = Callable[[str], Collection[str]]

Stretch = TypeVar("Stretch")
Key = TypeVar("Key")
Answer = TypeVar("Answer")
Timeline = tuple[list[int], list[Stretch]]

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
_REMEMBERED = 1 << 16


class Dictionary(Protocol):
    """Texts by code, as a column of a claim table has them."""

    @property
    def codes(self) -> CodeArray: ...  # noqa: D102

    @property
    def texts(self) -> Sequence[str]: ...  # noqa: D102


class Period(NamedTuple):
    """A stretch of time in which a list says one thing about a key.

    Attributes:
        rows: rows of the key that are in force.
        state: UNKNOWN, ABSENT, CLOSED or IN_FORCE.
    """

    key: str
    rows: tuple[int, ...]
    state: int


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
    if (size[:-1] == 1).all():
        rows = np.flatnonzero(column.codes >= 0)
        return rows, column.codes[rows].astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(size)])
    per_row = size[column.codes]
    rows = np.repeat(np.arange(per_row.size), per_row)
    within = np.arange(rows.size) - np.repeat(np.cumsum(per_row) - per_row, per_row)
    return rows.astype(np.int64), (offsets[column.codes[rows]] + within).astype(np.int64)


def placed(
    owner: IntArray, timelines: Sequence[Timeline[Stretch]], minutes: IntArray
) -> tuple[list[Stretch], IntArray]:
    """The stretch of its owner's timeline that each moment falls in.

    Args:
        owner: shape (n,), index into `timelines`, each of which is somebody's.
        timelines: first minutes, ascending from OPEN_START, and a stretch for each of them.
        minutes: shape (n,).

    Returns:
        The stretches that any moment falls in, and the index of each element's, shape (n,).
    """
    if not minutes.size:
        return [], np.zeros(0, np.int64)
    first = [minute for starts, _ in timelines for minute in starts]
    every = [stretch for _, stretches in timelines for stretch in stretches]
    of = np.repeat(np.arange(len(timelines)), [len(starts) for starts, _ in timelines])
    edges = _place(of, np.array(first, np.int64))

    def stretch(owner: IntArray, minutes: IntArray) -> IntArray:
        return np.searchsorted(edges, _place(owner, minutes), side="right") - 1

    # Most timelines do not change between the first moment and the last one.
    everyone = np.arange(len(timelines))
    start, end = stretch(everyone, minutes.min()), stretch(everyone, minutes.max())
    same = bool((start == end).all())
    at = start if same else stretch(owner, minutes)
    met = np.zeros(len(every), np.bool_)
    met[at] = True
    which = (np.cumsum(met) - 1)[at]
    return list(compress(every, met)), which[owner] if same else which


def states_of(periods: Sequence[Period], which: IntArray) -> npt.NDArray[np.int8]:
    """The state of each element's period, shape (n,)."""
    return np.array([period.state for period in periods], np.int8)[which]


def _place(owner: IntArray, minutes: IntArray) -> IntArray:
    """One number that is in order by owner and moment."""
    return owner * _SPAN + np.minimum(np.maximum(minutes, -_SHIFT), _SHIFT - 1) + _SHIFT


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
    _answers: dict[Any, dict[Any, Any]] = field(repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", frozenset(self.facility) - {""})

    def __len__(self) -> int:
        return len(self.facility)

    def text(self, name: str, row: int) -> str:
        """What a row has in a column, "" when the list has no such column."""
        column = self.columns.get(name)
        return column[row] if column else ""

    def remembered(self, what: Callable[[DatedTable, Key], Answer], key: Key) -> Answer:
        """`what(self, key)`, worked out once for as long as there is room."""
        known: dict[Any, Any] = self._answers.setdefault(what, {})
        found: Answer | None = known.get(key)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = known[key] = what(self, key)
        return found

    def index(self, names: str | tuple[str, ...], split: Split = single) -> PeriodIndex:
        """Rows by the keys that `split` finds in any of the columns `names`; built once."""
        columns = (names,) if isinstance(names, str) else names
        found = self._indexes.get((columns, split))
        if found is None:
            found = self._indexes[columns, split] = PeriodIndex(self, columns, split)
        return found


class _Keyed:
    """Some rows by their keys, those of one key one behind the other."""

    def __init__(self, rows: Sequence[int], cells: Iterable[str], split: Split) -> None:
        """`cells`: what each of `rows` has in one column, then in the next."""
        every: list[str] = []
        sizes: list[int] = []
        for keys in map(split, cells):
            every += keys
            sizes.append(len(keys))
        row = np.repeat(np.resize(np.array(rows, np.int64), len(sizes)), sizes)
        self._index, code = coded(every)
        width = int(row.max(initial=0)) + 1
        pairs, _ = numbered(code * width + row)
        self._rows = pairs % width
        self._ends = np.append(0, np.cumsum(np.bincount(pairs // width)))

    def of(self, key: str) -> list[int]:
        """The rows of a key, ascending."""
        code = self._index.get(key)
        if code is None:
            return []
        found: list[int] = self._rows[self._ends[code] : self._ends[code + 1]].tolist()
        return found

    def only(self, keys: Iterable[str]) -> IntArray:
        """The only row of each key; -1 for none, -2 for several."""
        code = np.fromiter(map(self._index.get, keys, repeat(-1)), np.int64)
        first = np.append(self._rows[self._ends[:-1]], -1)
        several = np.append(np.diff(self._ends) > 1, np.False_)
        return np.where(several[code], -2, first[code])


class PeriodIndex:
    """Rows of a dated table by (facility, key).

    A row without facility belongs to every facility. Rows with an unreadable period are never in
    force, but they keep their key from counting as absent or closed.
    """

    def __init__(self, table: DatedTable, columns: Sequence[str], split: Split) -> None:
        self.table = table
        written = [table.columns[name] for name in columns if name in table.columns]
        self._rows = {
            facility: _Keyed(own, _cells(written, own), split)
            for facility, own in _by_facility(table).items()
        }
        self._timelines: dict[tuple[str, str], Timeline[Period]] = {}

    @cached_property
    def _first(self) -> dict[str, int]:
        """The first minute of the rows of each facility that has any with a period."""
        first: dict[str, int] = {}
        periods = zip(self.table.start.tolist(), self.table.end.tolist(), strict=True)
        for facility, (start, end) in zip(self.table.facility, periods, strict=True):
            if start <= end:
                first[facility] = min(start, first.get(facility, OPEN_END))
        return first

    def rows(self, facility: str, key: str) -> list[int]:
        """Rows of a key at any time, the facility's own and those for all."""
        if self.table.everybody or not facility:
            return self._rows[""].of(key)
        own = self._rows[facility].of(key) if facility in self._rows else []
        return [*own, *self._rows[""].of(key)]

    def only(self, keys: Iterable[str]) -> IntArray:
        """The only row for all facilities that each key ever had; -1 for none, -2 for several."""
        return self._rows[""].only(keys)

    def rows_on(self, facility: str, key: str, minute: int) -> list[int]:
        """Rows of a key in force at a moment."""
        return list(self._in_force(self.rows(facility, key), minute))

    def periods(
        self, facility: Dictionary, key: Dictionary, minutes: IntArray
    ) -> tuple[list[Period], IntArray]:
        """What the list says about each (facility, key, moment).

        Returns:
            Periods, and for each element, shape (n,), the index of its own.
        """
        owner, timelines = self.timelines(facility, key)
        return placed(owner, timelines, minutes)

    def timelines(
        self, facility: Dictionary, key: Dictionary
    ) -> tuple[IntArray, list[Timeline[Period]]]:
        """What the list says about each (facility, key) at all times, as `placed` takes it."""
        pair, owner = _pairs(facility, key)
        return owner, [self._known(*_names(facility, key, code)) for code in pair.tolist()]

    def states(
        self, facility: Dictionary, key: Dictionary, minutes: IntArray
    ) -> npt.NDArray[np.int8]:
        """UNKNOWN, ABSENT, CLOSED or IN_FORCE for each (facility, key, moment), shape (n,)."""
        return states_of(*self.periods(facility, key, minutes))

    def _known(self, facility: str, key: str) -> Timeline[Period]:
        """The timeline of a key, built once for as long as there is room."""
        found = self._timelines.get((facility, key))
        if found is None:
            if len(self._timelines) >= _REMEMBERED:
                self._timelines.clear()
            found = self._timelines[facility, key] = self._timeline(facility, key)
        return found

    def _timeline(self, facility: str, key: str) -> Timeline[Period]:
        """What the list says about a key from the first to the last minute there is."""
        rows = self.rows(facility, key) if key else []
        asked = bool(key) and bool(facility or self.table.everybody)
        doubtful = any(self.table.start[row] > self.table.end[row] for row in rows)
        begins = self._first_minute(facility)
        starts = sorted({OPEN_START, begins, *self.edges(rows)} - {OPEN_END})
        periods = []
        for minute in starts:
            there = self._in_force(rows, minute)
            state = IN_FORCE if there else CLOSED if rows else ABSENT
            silent = doubtful or minute < begins
            unknown = not asked or (silent and not there)
            periods.append(Period(key, there, UNKNOWN if unknown else state))
        return starts, periods

    def edges(self, rows: Sequence[int]) -> set[int]:
        """The minutes at which a row comes into force, or is no longer in force."""
        start, end = self.table.start, self.table.end
        found = {int(start[row]) for row in rows}
        return found | {int(end[row]) + 1 for row in rows if end[row] < OPEN_END}

    def _in_force(self, rows: Sequence[int], minute: int) -> tuple[int, ...]:
        start, end = self.table.start, self.table.end
        return tuple(row for row in rows if start[row] <= minute <= end[row])

    def _first_minute(self, facility: str) -> int:
        """The first minute the list speaks of, for a facility.

        A list kept by a facility says nothing about the days before its first row. The registry
        and the facility list hold periods of cards and facilities, not of the list.
        """
        if self.table.everybody:
            return OPEN_START
        own, shared = self._first.get(facility, OPEN_END), self._first.get("", OPEN_END)
        return min(own, shared)


def _cells(columns: Sequence[Sequence[str]], rows: Sequence[int]) -> Iterable[str]:
    """What some rows have in one column, then in the next."""
    return chain.from_iterable(map(column.__getitem__, rows) for column in columns)


def _by_facility(table: DatedTable) -> Mapping[str, Sequence[int]]:
    """The rows of each facility, ascending; "" is always there."""
    if not table.named:
        return {"": range(len(table))}
    rows: dict[str, list[int]] = {"": []}
    for row, facility in enumerate(table.facility):
        rows.setdefault(facility, []).append(row)
    return rows


def _pairs(facility: Dictionary, key: Dictionary) -> tuple[IntArray, IntArray]:
    """Distinct (facility, key) as one number each, and which one each element is."""
    width = len(key.texts) + 1
    pair = (facility.codes.astype(np.int64) + 1) * width + key.codes + 1
    return numbered(pair)


def _names(facility: Dictionary, key: Dictionary, pair: int) -> tuple[str, str]:
    which, text = divmod(pair, len(key.texts) + 1)
    return (
        facility.texts[which - 1] if which else "",
        key.texts[text - 1] if text else "",
    )
