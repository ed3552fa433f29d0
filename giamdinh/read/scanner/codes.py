"""Kernels: cells to dictionary codes, and the distinct texts of a batch to one text per column."""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from giamdinh.read.scanner.jit import fixed, helper, kernel, once, part
from giamdinh.read.scanner.marks import MASKS, U, byte, is_blank, whole, word
from giamdinh.read.scanner.rows import AT_FREE, ROW_CELL, ROW_CLAIM, ROW_TABLE

if TYPE_CHECKING:
    import numpy as np

    from giamdinh.model import CodeArray, IntArray
    from giamdinh.read.scanner.layout import Shapes
    from giamdinh.read.scanner.marks import Bytes, Words
    from giamdinh.read.scanner.rows import Work

_NONE = fixed(0)
_BLANK, _ASCII = 32, 128
_MIX1 = U(0x9E3779B97F4A7C15)
_MIX2 = U(0xFF51AFD7ED558CCD)

USED, BYTES, PADDED = range(3)
"""Places in `Texts.at`: entries, bytes, padded rows."""
S_KEY, S_FIRST, S_START, S_CODE = range(4)
"""Columns of `Texts.slots`."""
E_START, E_SIZE, E_COLUMN, E_CODE = range(4)
"""Columns of `Texts.entries`."""
SEPARATOR = 1
"""Stands between texts; XML allows it in none."""


class Texts(NamedTuple):
    """The distinct texts of a batch, over all columns.

    Attributes:
        slots: shape (power of two, 4): open addressing; key, first bytes, begin in `data`, code;
            key 0 is free. One look at one place decides about most texts.
        entries: shape (room, 4): begin in `data`, size, column as a number over all tables (raw
            texts have one of their own), code within the column.
        counts: entries of each column.
        data: the texts, one behind the other.
        padded: shape (room, 3): column, row in the batch, code of the raw text.
        at: what is in use.
    """

    slots: Words
    entries: IntArray
    counts: CodeArray
    data: Bytes
    padded: IntArray
    at: IntArray


@helper
def _hash(a: Bytes, p: int, n: int, key: np.uint64) -> np.uint64:
    """A hash of `n` bytes at `p` and their key."""
    h = key * _MIX1
    while n > 8:
        h = (h ^ word(a, p)) * _MIX2
        h ^= h >> U(32)
        p += 8
        n -= 8
    h = (h ^ (word(a, p) & MASKS[n])) * _MIX2
    h ^= h >> U(32)
    h *= _MIX1
    return h ^ (h >> U(29))


@helper
def _key(n: int, column: int) -> np.uint64:
    """Size and column of a text in one number, never 0."""
    return (U(column) << U(32)) | U(n)


@helper
def _same(a: Bytes, p: int, b: Bytes, q: int, n: int) -> bool:
    """Whether `n` bytes are the same."""
    while n > 8:
        if word(a, p) != word(b, q):
            return False
        p += 8
        q += 8
        n -= 8
    return ((word(a, p) ^ word(b, q)) & MASKS[n]) == U(0)


@helper
def _slot(slots: Words, data: Bytes, a: Bytes, p: int, n: int, key: np.uint64) -> np.uint64:
    """The slot of a text, a free one if it is new."""
    mask = U(slots.shape[0] - 1)
    first = word(a, p) & MASKS[min(n, 8)]
    s = _hash(a, p, n, key) & mask
    while slots[s, S_KEY] != U(0):
        if slots[s, S_KEY] == key and slots[s, S_FIRST] == first:
            start = whole(slots[s, S_START])
            if n <= 8 or _same(a, p + 8, data, start + 8, n - 8):
                break
        s = (s + U(1)) & mask
    return s


@part
def _insert(texts: Texts, s: np.uint64, a: Bytes, p: int, n: int, column: int) -> int:
    """Gives a new text its code."""
    entry = texts.at[USED]
    to = texts.at[BYTES]
    code = texts.counts[column]
    for k in range(n):
        texts.data[U(to + k)] = a[U(p + k)]
    texts.slots[s, S_KEY] = _key(n, column)
    texts.slots[s, S_FIRST] = word(a, p) & MASKS[min(n, 8)]
    texts.slots[s, S_START] = to
    texts.slots[s, S_CODE] = code
    texts.entries[entry, E_START] = to
    texts.entries[entry, E_SIZE] = n
    texts.entries[entry, E_COLUMN] = column
    texts.entries[entry, E_CODE] = code
    texts.counts[column] = code + 1
    texts.at[USED] = entry + 1
    texts.at[BYTES] = to + n
    return code


@part
def _note_raw(texts: Texts, a: Bytes, p: int, n: int, column: int, row: int) -> None:
    """Keeps the raw text of a row that was trimmed or filled up."""
    raws = texts.counts.size - 1
    s = _slot(texts.slots, texts.data, a, p, n, _key(n, raws))
    code = whole(texts.slots[s, S_CODE])
    if texts.slots[s, S_KEY] == U(0):
        code = _insert(texts, s, a, p, n, raws)
    k = texts.at[PADDED]
    texts.padded[k, 0] = column
    texts.padded[k, 1] = row
    texts.padded[k, 2] = code
    texts.at[PADDED] = k + 1


@kernel
def encode(
    w: Work,
    shapes: Shapes,
    texts: Texts,
    claims: IntArray,
    before: IntArray,
    order: IntArray,
    parent: IntArray,
    out: CodeArray,
) -> None:
    """Codes of all cells of some claims; the texts must have room for all of them.

    Args:
        w: the work area that was scanned.
        shapes: tables.
        texts: of the batch.
        claims: shape (3,), the first claim, its first row and the row behind the last one.
        before: shape (3, tables), rows that the batch has already; receives rows of these claims
            there, and is room for counting.
        order: room for all rows.
        parent: shape (rows,), receives the claim of each row, table by table.
        out: receives codes, table by table, column by column.
    """
    first, last = claims[1], claims[2]
    tables = shapes.columns.size
    count, free = before[1], before[2]
    for r in range(first, last):
        count[w.rows[r, ROW_TABLE]] += 1
    for t in range(1, tables):
        free[t] = free[t - 1] + count[t - 1]
    for r in range(first, last):
        t = w.rows[r, ROW_TABLE]
        order[free[t]] = w.rows[r, ROW_CELL]
        parent[free[t]] = w.rows[r, ROW_CLAIM] - claims[0]
        free[t] += 1
    to = 0
    column = 0
    for t in range(tables):
        n = count[t]
        cells = order[free[t] - n : free[t]]
        for j in range(shapes.columns[t] if n else 0):
            _column(
                w, texts, cells, j, column + j, shapes.pad[t, j], before[0, t], out[to : to + n]
            )
            to += n
        column += shapes.columns[t]
        before[0, t] = n


@part
def _column(
    w: Work,
    texts: Texts,
    cells: IntArray,
    j: int,
    column: int,
    pad: int,
    before: int,
    out: CodeArray,
) -> None:
    """Codes of one column; a value that the row before has too is not looked up again."""
    a = w.data
    last_start = _NONE
    last_size = _NONE
    last = -1
    for i in range(cells.size):
        c = U(cells[i] + j)
        size = whole(w.cells[c, 1])
        if size <= 0:
            out[i] = -1
            continue
        start = whole(w.cells[c, 0])
        if size == last_size and _same(a, start, a, last_start, size):
            out[i] = last
            continue
        p, n = start, size
        if not (_BLANK < byte(a, p) < _ASCII and _BLANK < byte(a, p + n - 1) < _ASCII):
            p, n = _trimmed(a, start, size)
        filled = 0 < n < pad and _digits(a, p, n)
        trimmed = n != size
        if filled:
            free = w.at[AT_FREE]
            for k in range(pad):
                at = k - (pad - n)
                a[U(free + k)] = a[U(p + at)] if at >= 0 else 48
            p, n = free, pad
        code = -1
        if n:
            s = _slot(texts.slots, texts.data, a, p, n, _key(n, column))
            code = whole(texts.slots[s, S_CODE])
            if texts.slots[s, S_KEY] == U(0):
                code = _insert(texts, s, a, p, n, column)
        out[i] = code
        if n and (filled or trimmed):
            _note_raw(texts, a, start, size, column, before + i)
            last_size = 0
        else:
            last_start = start
            last_size = size
            last = code


@once
def _digits(a: Bytes, p: int, n: int) -> bool:
    """Whether all bytes are digits."""
    for k in range(n):
        c = byte(a, p + k)
        if c < 48 or c > 57:
            return False
    return True


@part
def _trimmed(a: Bytes, p: int, n: int) -> tuple[int, int]:
    """Begin and length without the white space that Python knows at both ends."""
    end = p + n
    while p < end:
        k = _space(a, p, end)
        if k == 0:
            break
        p += k
    while end > p:
        c = byte(a, end - 1)
        if c > 32 and c < 0x80:
            break
        k = 1
        while k < 3 and end - k > p and (byte(a, end - k) & 0xC0) == 0x80:
            k += 1
        if _space(a, end - k, end) != k:
            break
        end -= k
    return p, end - p


@part
def _space(a: Bytes, p: int, end: int) -> int:
    """Bytes of the white space character at `p`, 0 when there is none."""
    c = byte(a, p)
    if c < 0x80:
        return 1 if is_blank(c) else 0
    if c == 0xC2 and p + 1 < end:
        d = byte(a, p + 1)
        return 2 if d == 0x85 or d == 0xA0 else 0
    if c < 0xE1 or c > 0xE3 or p + 2 >= end:
        return 0
    d = byte(a, p + 1)
    e = byte(a, p + 2)
    if c == 0xE1:
        return 3 if d == 0x9A and e == 0x80 else 0
    if c == 0xE3:
        return 3 if d == 0x80 and e == 0x80 else 0
    if d == 0x81:
        return 3 if e == 0x9F else 0
    if d != 0x80:
        return 0
    return 3 if e <= 0x8A or e == 0xA8 or e == 0xA9 or e == 0xAF else 0


@kernel
def grow(slots: Words, texts: Texts, used: int) -> None:
    """Enters all entries of `texts` into larger, empty `slots`."""
    for entry in range(used):
        p = texts.entries[entry, E_START]
        n = texts.entries[entry, E_SIZE]
        key = _key(n, texts.entries[entry, E_COLUMN])
        s = _slot(slots, texts.data, texts.data, p, n, key)
        slots[s, S_KEY] = key
        slots[s, S_FIRST] = word(texts.data, p) & MASKS[min(n, 8)]
        slots[s, S_START] = p
        slots[s, S_CODE] = texts.entries[entry, E_CODE]
