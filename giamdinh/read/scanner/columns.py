"""Scanned claims collected for a batch, and the ClaimSet they become."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.read.scanner.batch import index, place
from giamdinh.read.scanner.codes import encode
from giamdinh.read.scanner.layout import names_and_shapes, tables
from giamdinh.read.scanner.numbers import NUMBER, TIME
from giamdinh.read.scanner.rows import (
    AT_BYTES,
    AT_CELL,
    AT_CLAIM,
    AT_ROW,
    AT_TEXTS,
    C_ROW,
    ROW_CELL,
)  # fmt: skip
from giamdinh.read.scanner.texts import Joined, emptied, empty_texts, joined, with_room
from giamdinh.tables.claimset import ClaimSet, Column, Table

if TYPE_CHECKING:
    from giamdinh.model import BoolArray, CodeArray, IntArray
    from giamdinh.read.scanner.codes import Texts
    from giamdinh.read.scanner.rows import Work

_WIDTHS = (8, 12)
_NO_VALUES = np.zeros(0, np.int64)


class Collected:
    """Claims of one batch, coded; the rows of a claim come together.

    Attributes:
        files, hoso, seq: of each claim.
        input_bytes: input read while this batch was filled.
        texts: of all claims coded so far.
    """

    def __init__(self, texts: Texts | None = None) -> None:
        """An empty batch, in the memory that held the texts of another one."""
        self.files: list[str] = []
        self.hoso: list[int] = []
        self.seq: list[int] = []
        self.input_bytes = 0
        self.texts = empty_texts() if texts is None else emptied(texts)
        self._runs: list[tuple[CodeArray, IntArray, IntArray, int]] = []
        self._coded = 0
        self._rows = np.zeros(len(tables()), np.int64)

    def __len__(self) -> int:
        return len(self.files)

    def code(self, work: Work, first: int, last: int) -> IntArray:
        """Takes the cells of claims `first` … `last` - 1 of the work area; gives rows by table."""
        row, cell = _begin(work, first)
        row_end, cell_end = _begin(work, last)
        self.texts = with_room(self.texts, int(work.at[AT_TEXTS]), int(work.at[AT_BYTES]))
        before = np.zeros((3, self._rows.size), np.int64)
        before[0] = self._rows
        parent, order = np.empty((2, row_end - row), np.int64)
        codes = np.empty(cell_end - cell, np.int32)
        span = np.array((first, row, row_end), np.int64)
        encode(work, names_and_shapes()[1], self.texts, span, before, order, parent, codes)
        rows: IntArray = before[0]
        self._runs.append((codes, parent, rows, self._coded))
        self._coded += last - first
        self._rows += rows
        return rows

    def build(self) -> ClaimSet:
        """The batch."""
        found = joined(self.texts, _fields())
        cells = sum(int(n) * len(spec.fields) for spec, n in zip(tables(), self._rows, strict=True))
        parents = np.empty(int(self._rows.sum()), np.int64)
        typed = np.empty(int((_typed_columns() * self._rows).sum()), np.int64)
        out = (np.empty(cells, np.int32), typed, np.empty(cells, np.bool_), parents)
        done = np.zeros(self._rows.size, np.int64)
        for codes, parent, rows, base in self._runs:
            place(
                codes, parent, rows, done, self._rows, names_and_shapes()[1], _fields(), base,
                found.entries, found.numbers, found.valid, out,
            )  # fmt: skip
        offsets = np.zeros((self._rows.size, len(self) + 1), np.int64)
        number = np.empty(parents.size, np.int64)
        index(parents, self._rows, offsets, number)
        made = _tables(out, offsets, number, found)
        hoso, seq = np.array(self.hoso, np.int64), np.array(self.seq, np.int64)
        return ClaimSet.of(made, self.files, hoso, seq, set())


def _begin(work: Work, claim: int) -> tuple[int, int]:
    """The first row of a claim and its first cell: claims stand one behind the other."""
    if claim == work.at[AT_CLAIM]:
        return int(work.at[AT_ROW]), int(work.at[AT_CELL])
    row = int(work.claims[claim, C_ROW])
    return row, int(work.rows[row, ROW_CELL])


def _tables(
    out: tuple[CodeArray, IntArray, BoolArray, IntArray],
    offsets: IntArray,
    number: IntArray,
    found: Joined,
) -> dict[str, Table]:
    """The tables of a batch as views of the arrays over all of them."""
    codes, values, valid, parents = out
    made = {}
    at = value = row = column = 0
    for t, spec in enumerate(tables()):
        n = int(offsets[t, -1])
        columns = {}
        for field in spec.fields:
            numbers = _NO_VALUES
            if field.numeric or field.temporal:
                numbers = values[value : value + n]
                value += n
            cells = slice(at, at + n)
            texts, padded = found.texts[column], found.padded.get(column, {})
            columns[field.name] = Column(field, codes[cells], texts, numbers, valid[cells], padded)
            at += n
            column += 1
        rows = slice(row, row + n)
        made[spec.name] = Table(spec, parents[rows], offsets[t], number[rows], columns)
        row += n
    return made


@cache
def _fields() -> IntArray:
    """The fields of all tables for the kernels, see `numbers.py`."""
    rows = []
    for spec in tables():
        for field in spec.fields:
            kind = NUMBER if field.numeric else TIME if field.temporal else 0
            if kind == TIME and not set(field.widths) <= set(_WIDTHS):
                raise AssertionError(field)
            widths = sum(1 << width for width in field.widths)
            rows.append((kind, field.scale, widths, int(field.partial)))
    return np.array(rows, np.int64)


@cache
def _typed_columns() -> IntArray:
    """How many columns of each table have numbers or times."""
    counts = [sum(f.numeric or f.temporal for f in spec.fields) for spec in tables()]
    return np.array(counts, np.int64)
