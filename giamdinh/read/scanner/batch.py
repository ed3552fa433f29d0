"""Kernels: everything coded for a batch to its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.read.scanner.codes import E_CODE, E_COLUMN, E_SIZE, E_START, SEPARATOR, USED
from giamdinh.read.scanner.jit import kernel
from giamdinh.read.scanner.marks import U
from giamdinh.read.scanner.numbers import K_KIND, parse

if TYPE_CHECKING:
    from giamdinh.model import BoolArray, CodeArray, IntArray
    from giamdinh.read.scanner.codes import Texts
    from giamdinh.read.scanner.layout import Shapes
    from giamdinh.read.scanner.marks import Bytes


@kernel
def join(
    texts: Texts,
    fields: IntArray,
    entries: IntArray,
    begins: IntArray,
    place: IntArray,
    joined: Bytes,
    numbers: IntArray,
    valid: BoolArray,
) -> None:
    """Distinct texts column by column, and the integers behind them.

    Args:
        texts: of the batch.
        fields: shape (columns, 4), see `numbers.py`.
        entries: shape (columns + 1,), zeros, receives where each column begins in the arrays of
            entries.
        begins: the same for where it begins in `joined`.
        place: shape (entries,), scratch.
        joined: receives all texts, each followed by a separator.
        numbers: shape (entries,), zeros, receives the integer of each entry.
        valid: shape (entries,), zeros, receives where there is one.
    """
    columns = texts.counts.size
    for c in range(columns):
        entries[c + 1] = entries[c] + texts.counts[c]
    used = texts.at[USED]
    for i in range(used):
        e = texts.entries[i]
        place[entries[e[E_COLUMN]] + e[E_CODE]] = i
    to = 0
    for c in range(columns):
        begins[c] = to
        typed = c < fields.shape[0] and fields[c, K_KIND] != 0
        for k in range(entries[c], entries[c + 1]):
            p = texts.entries[place[k], E_START]
            n = texts.entries[place[k], E_SIZE]
            for b in range(n):
                joined[U(to + b)] = texts.data[U(p + b)]
            to += n
            joined[to] = SEPARATOR
            to += 1
            if typed:
                value, good = parse(texts.data, p, n, fields[c])
                if good:
                    numbers[k] = value
                    valid[k] = True
    begins[columns] = to


@kernel
def place(
    run: CodeArray,
    parent: IntArray,
    rows: IntArray,
    done: IntArray,
    totals: IntArray,
    shapes: Shapes,
    fields: IntArray,
    base: int,
    entries: IntArray,
    numbers: IntArray,
    valid: BoolArray,
    out: tuple[CodeArray, IntArray, BoolArray, IntArray],
) -> None:
    """Puts the codes of one run into the columns of the batch, with what is behind them.

    Args:
        run: codes of the run, table by table, column by column.
        parent: claim of each row of the run, table by table.
        rows: shape (tables,), rows of the run.
        done: shape (tables,), rows that are already placed; counted on.
        totals: shape (tables,), rows of the batch.
        shapes: tables.
        fields: see `join`.
        base: claims that are already placed.
        entries: see `join`.
        numbers: see `join`.
        valid: see `join`.
        out: codes, values, valid and parents of the batch in the same order; values only of
            typed columns.
    """
    codes, values, there, parents = out
    at = 0
    begin = 0
    value_begin = 0
    row_begin = 0
    row = 0
    column = 0
    for t in range(totals.size):
        n = rows[t]
        for i in range(n):
            parents[row_begin + done[t] + i] = parent[row + i] + base
        for _ in range(shapes.columns[t]):
            source = run[at : at + n]
            to = codes[begin + done[t] : begin + done[t] + n]
            good = there[begin + done[t] : begin + done[t] + n]
            if fields[column, K_KIND]:
                first = entries[column]
                number = values[value_begin + done[t] : value_begin + done[t] + n]
                for i in range(n):
                    code = source[i]
                    to[i] = code
                    if code >= 0:
                        number[i] = numbers[U(first + code)]
                        good[i] = valid[U(first + code)]
                    else:
                        number[i] = 0
                        good[i] = False
                value_begin += totals[t]
            else:
                for i in range(n):
                    code = source[i]
                    to[i] = code
                    good[i] = code >= 0
            at += n
            begin += totals[t]
            column += 1
        row += n
        row_begin += totals[t]
        done[t] += n


@kernel
def index(parents: IntArray, totals: IntArray, offsets: IntArray, number: IntArray) -> None:
    """Where the rows of each claim are.

    Args:
        parents: claim of each row, table by table.
        totals: shape (tables,), rows.
        offsets: shape (tables, claims + 1), zeros, receives them.
        number: shape of `parents`, receives the position of each row within its claim.
    """
    begin = 0
    for t in range(totals.size):
        mine = parents[begin : begin + totals[t]]
        for i in range(mine.size):
            offsets[t, mine[i] + 1] += 1
        for c in range(offsets.shape[1] - 1):
            offsets[t, c + 1] += offsets[t, c]
        for i in range(mine.size):
            number[begin + i] = i - offsets[t, mine[i]] + 1
        begin += totals[t]
