"""Rows of one list as they are read: cells checked and brought to one form, refusals left out."""

from __future__ import annotations

import re
from array import array
from operator import gt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.catalogues.cells import (
    day_text,
    facility_text,
    minutes_of,
    number_text,
    partial_day_text,
    plain,
)
from giamdinh.catalogues.tables import OPEN_END, OPEN_START, DatedTable
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from giamdinh.catalogues.lists import ColumnSpec, ListSpec

_LIKE_A_DAY = re.compile(r"[0-9]{8}|[0-9]{1,4}([/.-][0-9]{1,4}){2}")


class Rows(NamedTuple):
    """Rows of one kind of list.

    Attributes:
        columns: column name → text of each row, only columns that some row fills.
        start, end: first and last minute in force; a row that is never in force has start > end.
        facility: the facility of each row.
        refused: rows left out because their answer is a refusal.
        held: those rows.
    """

    columns: dict[str, list[str]]
    start: array[int]
    end: array[int]
    facility: list[str]
    refused: int
    held: Rows | None

    def periods(self) -> dict[str, tuple[int, int, int]]:
        """Facility → rows that are ever in force, first and last minute."""
        out: dict[str, tuple[int, int, int]] = {}
        for facility, start, end in zip(self.facility, self.start, self.end, strict=True):
            if start <= end:
                count, low, high = out.get(facility, (0, OPEN_END, OPEN_START))
                out[facility] = (count + 1, min(low, start), max(high, end))
        return out


class ListDraft:
    """Collects the rows of one kind of list from all files; `held` has the refused ones."""

    def __init__(self, spec: ListSpec) -> None:
        self.spec = spec
        self.refused = 0
        self.held: ListDraft | None = None
        self._columns: dict[str, list[str]] = {column.name: [] for column in spec.columns}
        self._typed = [c for c in spec.columns if c.kind != "text" or c.values]
        self._typed_names = {column.name for column in self._typed}
        self._names_people = any(column.personal for column in spec.columns)
        self._shared: dict[str, str] = {}
        self._start = array("q")
        self._end = array("q")
        self._facility: list[str] = []

    def __len__(self) -> int:
        return len(self._facility)

    def add(self, cells: Mapping[str, str]) -> str:
        """One row, column name → text; gives what was wrong with it, "" when nothing.

        A row whose period cannot be read stays as one that is never in force, so that its code
        is not taken for absent; a row without any identifying column is dropped.
        """
        if self._is_refused(cells):
            self.refused += 1
            self.held = self.held or ListDraft(self.spec)
            self.held.keep(cells)
            return ""
        return self.keep(cells)

    def keep(self, cells: Mapping[str, str]) -> str:
        """The same for a row whatever its answer."""
        if not any(cells.get(name) for name in self.spec.identified_by):
            return "thiếu " + " hoặc ".join(self.spec.identified_by)
        faults: list[str] = []
        row = {
            column.name: self._value(column, text, faults)
            for column in self._typed
            if (text := cells.get(column.name))
        }
        start, end = self._period(row, faults, cells)
        self._start.append(start)
        self._end.append(end)
        self._facility.append(row.get(self.spec.facility, ""))
        shared = self._shared.setdefault
        for name, column in self._columns.items():
            text = row.get(name) if name in self._typed_names else cells.get(name)
            column.append(shared(text, text) if text else "")
        return "; ".join(faults)

    def add_block(self, names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Adds rows one column after the other: many times faster than row by row.

        Args:
            names: the list's column at each position, "" where there is none.
            rows: as many cells each as there are names.

        Returns:
            False where a row is refused or something is wrong with it; then nothing is added.
        """
        if not rows:
            return True
        cells = zip(*rows, strict=True)
        columns = {name: texts for name, texts in zip(names, cells, strict=True) if name}
        if self._needs_words(columns) or not self._typed_block(columns):
            return False
        start = _midnights([columns[name] for name in self.spec.start if name in columns])
        end = _midnights([columns[name] for name in self.spec.end if name in columns])
        begins = [OPEN_START if day is None else day for day in start or [None] * len(rows)]
        ends = [OPEN_END if day is None else day + DAY - 1 for day in end or [None] * len(rows)]
        if any(map(gt, begins, ends)):
            return False
        blank = ("",) * len(rows)
        self._start.extend(begins)
        self._end.extend(ends)
        self._facility.extend(columns.get(self.spec.facility, blank))
        for name, column in self._columns.items():
            texts = columns.get(name, blank)
            column.extend(map(self._shared.setdefault, texts, texts))
        return True

    def _needs_words(self, columns: Mapping[str, Sequence[str]]) -> bool:
        """Whether some row of a block may be refused, or is of no item."""
        answers = (*self.spec.refused, self.spec.refusal_reason)
        if any(any(columns.get(name, ())) for name in answers):
            return True
        named = [columns[name] for name in self.spec.identified_by if name in columns]
        return not named or not all(map(any, zip(*named, strict=True)))

    def _typed_block(self, columns: dict[str, tuple[str, ...]]) -> bool:
        """Brings the typed columns of a block to their form; False where a cell has none."""
        faults: list[str] = []
        for column in self._typed:
            texts = columns.get(column.name)
            if texts is None:
                continue
            known = {text: self._value(column, text, faults) for text in {*texts} - {""}}
            of_period = column.name in (*self.spec.start, *self.spec.end)
            if faults or (of_period and not all(known.values())):
                return False
            known[""] = ""
            columns[column.name] = tuple(map(known.__getitem__, texts))
        return True

    def table(self) -> DatedTable:
        """All rows added so far; columns that no row fills are left out."""
        return DatedTable(
            kind=self.spec.kind,
            columns={name: texts for name, texts in self._columns.items() if any(texts)},
            start=np.array(self._start, np.int64),
            end=np.array(self._end, np.int64),
            facility=self._facility,
            everybody=not self.spec.facility,
        )

    def rows(self) -> Rows:
        """All rows added so far, in a form that can be kept."""
        columns = {name: texts for name, texts in self._columns.items() if any(texts)}
        held = self.held.rows() if self.held else None
        return Rows(columns, self._start, self._end, self._facility, self.refused, held)

    def extend(self, rows: Rows) -> None:
        """Adds the rows of another draft of the same kind."""
        blank = [""] * len(rows.start)
        for name, texts in self._columns.items():
            texts.extend(rows.columns.get(name, blank))
        self._start += rows.start
        self._end += rows.end
        self._facility += rows.facility
        self.refused += rows.refused
        if rows.held:
            self.held = self.held or ListDraft(self.spec)
            self.held.extend(rows.held)

    def _value(self, column: ColumnSpec, text: str, faults: list[str]) -> str:
        found: str | None
        match column.kind:
            case "date":
                found = day_text(text)
            case "number":
                found = number_text(text)
            case "partial":
                found = partial_day_text(text)
            case "facility":
                found = facility_text(text)
            case _:
                found = column.values.get(plain(text), text) if column.values else text
        if found is None:
            kind = "ngày" if column.kind == "date" else "số"
            faults.append(f"{column.name}{self._quoted(column, text)} không phải {kind}")
        return found or ""

    def _quoted(self, column: ColumnSpec, text: str) -> str:
        """A wrong cell as far as it may be shown: shifted columns can put a name anywhere."""
        hidden = self._names_people and not _LIKE_A_DAY.fullmatch(text)
        return "" if column.personal or hidden else f" '{text[:30]}'"

    def _period(
        self, row: Mapping[str, str], faults: list[str], cells: Mapping[str, str]
    ) -> tuple[int, int]:
        start, end = OPEN_START, OPEN_END
        first = next((name for name in self.spec.start if cells.get(name)), "")
        last = next((name for name in self.spec.end if cells.get(name)), "")
        if (first and not row[first]) or (last and not row[last]):
            return OPEN_END, OPEN_START
        if first:
            start = minutes_of(row[first])
        if last:
            end = minutes_of(row[last]) + DAY - 1
        if start > end:
            faults.append(f"{last} trước {first}")
            return OPEN_END, OPEN_START
        return start, end

    def _is_refused(self, cells: Mapping[str, str]) -> bool:
        answers = {name: plain(cells.get(name, "")) for name in self.spec.refused}
        if any(answers[name] in words for name, words in self.spec.refused.items()):
            return True
        return bool(cells.get(self.spec.refusal_reason)) and not any(answers.values())


def _midnights(columns: Sequence[Sequence[str]]) -> list[int | None]:
    """The first day that any of some columns has in each row; None where none has."""
    if not columns:
        return []
    days = [next(filter(None, row), "") for row in zip(*columns, strict=True)]
    known: dict[str, int | None] = {day: minutes_of(day) for day in {*days} - {""}}
    known[""] = None
    return [known[day] for day in days]
