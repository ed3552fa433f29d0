"""Kernel: whole claim files, or pieces of one, with the nesting of the envelope checked."""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.read.scanner.jit import fixed, kernel, once, part
from giamdinh.read.scanner.layout import (
    CHUKYDONVI,
    DANHSACHHOSO,
    FILEHOSO,
    GIAMDINHHS,
    HOSO,
    LOAIHOSO,
    MACSKCB,
    NGAYLAP,
    NOIDUNGFILE,
    R_CLAIM,
    R_ENVELOPE,
    R_FACILITY,
    R_REPEATED,
    R_STATUS,
    R_XML,
    SOLUONGHOSO,
    THONGTINDONVI,
    THONGTINHOSO,
)  # fmt: skip
from giamdinh.read.scanner.marks import (
    CR,
    GT,
    KINDS,
    LT,
    PLAIN,
    SLASH,
    U,
    blank,
    byte,
    closed,
    entered,
    is_blank,
    named,
    opened,
    plain,
)  # fmt: skip
from giamdinh.read.scanner.payload import (
    CLAIM_BYTES,
    CLAIM_NODES,
    CLAIM_ROWS,
    PIECES,
    PROLOG,
    before_root,
    heavy,
    read_content,
)  # fmt: skip
from giamdinh.read.scanner.rows import (
    AT_BYTES,
    AT_CELL,
    AT_CLAIM,
    AT_ROW,
    AT_TEXTS,
    C_HOSO,
    C_KEY,
    C_PLACE,
    C_ROW,
    ENVELOPE,
    FULL,
    KIND,
    LIMIT,
    NO_XML1,
    OPENING,
    ROW_CELL,
    ROW_CLAIM,
    ROW_TABLE,
    TWICE,
)  # fmt: skip

if TYPE_CHECKING:
    from giamdinh.model import IntArray
    from giamdinh.read.scanner.layout import Names, Shapes
    from giamdinh.read.scanner.marks import Bytes
    from giamdinh.read.scanner.rows import Work

START, STOPS, FORM, END, REASON, CLOSED, HOSOS, HEADER = range(8)
"""Columns of `spans`: first byte, byte behind the last one, one of the forms below; then results:
where reading ended, why (0: all is read), whether the file's end was read, HOSO that were read,
and begin and length of each of the three headers (-1: not there)."""
SPAN = HEADER + 6

INSIDE, BEGINNING, FILE = range(3)
"""Forms of a span: a piece that begins within the list of HOSO, the first piece, a whole file."""


_FIRST, _SECOND, _THIRD = fixed(0), fixed(1), fixed(2)
_NONE = fixed(0)
_LONGEST_HEADER = 256
_XSI = np.frombuffer(b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', np.uint8)
_XSD = np.frombuffer(b'xmlns:xsd="http://www.w3.org/2001/XMLSchema"', np.uint8)


@kernel
def read_spans(w: Work, names: Names, shapes: Shapes, spans: IntArray, first: int) -> int:
    """Reads claim files, or pieces of one, until the work area is full.

    A file that is refused leaves nothing behind; of a piece everything before the HOSO that is
    refused stays.

    Args:
        w: the work area.
        names: tag names.
        shapes: tables.
        spans: shape (n, SPAN), what to read; receives the results.
        first: the first one to read.

    Returns:
        The first span that was not read to its end for want of room: n when all were.
    """
    for i in range(first, spans.shape[0]):
        cell, row, claim = w.at[AT_CELL], w.at[AT_ROW], w.at[AT_CLAIM]
        spans[i, HOSOS] = 0
        spans[i, CLOSED] = 0
        p = spans[i, START]
        reason = 0
        if spans[i, FORM] != INSIDE:
            p, reason = _read_opening(w.data, p, names, spans, i, w.bounds[PROLOG])
        if reason == 0:
            p, reason = _read_list(w, names, shapes, spans, i, p)
        if spans[i, FORM] == FILE:
            if reason == 0 and not spans[i, CLOSED]:
                reason = ENVELOPE
            if reason:
                w.at[AT_CELL], w.at[AT_ROW], w.at[AT_CLAIM] = cell, row, claim
        spans[i, END] = p
        spans[i, REASON] = reason
        if reason == FULL:
            return i
    return spans.shape[0]


@once
def _read_opening(
    a: Bytes, p: int, names: Names, spans: IntArray, i: int, most: int
) -> tuple[int, int]:
    """From the first byte into the list of HOSO; gives position and reason."""
    start = p
    p = before_root(a, p, names)
    if p == 0:
        return start, OPENING
    p = _root(a, p, names)
    if p == 0 or p - start >= most:
        return start, OPENING
    for k in range(6):
        spans[i, HEADER + k] = -1
    p = blank(a, p)
    q = opened(a, p, names, THONGTINDONVI)
    if q > 0:
        p = blank(a, q)
        p = blank(a, _header(a, p, names, spans, i, _FIRST, MACSKCB))
        p = blank(a, closed(a, p, names, THONGTINDONVI))
    elif q < 0:
        p = blank(a, -q)
    p = entered(a, p, names, THONGTINHOSO)
    for _ in range(2):
        p = blank(a, _header(a, p, names, spans, i, _SECOND, NGAYLAP))
        p = blank(a, _header(a, p, names, spans, i, _THIRD, SOLUONGHOSO))
    p = opened(a, p, names, DANHSACHHOSO)
    return (p, 0) if p > 0 else (start, ENVELOPE)


@once
def _root(a: Bytes, p: int, names: Names) -> int:
    """Behind the root's start tag, which may declare the two usual name spaces; 0: another tag."""
    if byte(a, p) != LT or not named(a, p + 1, names, GIAMDINHHS):
        return 0
    p += 1 + names.size[GIAMDINHHS]
    xsi = False
    xsd = False
    while is_blank(byte(a, p)):
        p = blank(a, p)
        if not xsi and _literal(a, p, _XSI):
            xsi = True
            p += _XSI.size
        elif not xsd and _literal(a, p, _XSD):
            xsd = True
            p += _XSD.size
    return p + 1 if byte(a, p) == GT else 0


@part
def _literal(a: Bytes, p: int, text: Bytes) -> bool:
    """Whether `text` stands at `p`."""
    for k in range(text.size):
        if byte(a, p + k) != text[k]:
            return False
    return True


@part
def _header(a: Bytes, p: int, names: Names, spans: IntArray, i: int, k: int, e: int) -> int:
    """Behind the header `e` if it stands at `p` for the first time, else `p`; notes its text."""
    q = opened(a, p, names, e)
    if q == 0 or spans[i, HEADER + 2 * k] >= 0:
        return p
    if q < 0:
        spans[i, HEADER + 2 * k] = p
        spans[i, HEADER + 2 * k + 1] = 0
        return -q
    start = q
    while KINDS[byte(a, q)] == PLAIN and q - start < _LONGEST_HEADER:
        q += 1
    end = closed(a, q, names, e)
    if end == 0:
        return p
    spans[i, HEADER + 2 * k] = start
    spans[i, HEADER + 2 * k + 1] = q - start
    return end


@once
def _read_list(
    w: Work, names: Names, shapes: Shapes, spans: IntArray, i: int, p: int
) -> tuple[int, int]:
    """HOSO after HOSO, then the file's end if it comes; gives position and reason."""
    a = w.data
    since = spans[i, START] if spans[i, FORM] != INSIDE else p
    while True:
        p = blank(a, p)
        if p >= spans[i, STOPS]:
            return p, 0
        if byte(a, p) == LT and byte(a, p + 1) == SLASH:
            break
        cell, row = w.at[AT_CELL], w.at[AT_ROW]
        q, reason = _read_hoso(w, names, shapes, spans, i, p)
        if reason == 0 and (_too_large(w, since, q) or spans[i, HOSOS] >= w.bounds[PIECES]):
            reason = LIMIT
        if reason:
            w.at[AT_CELL], w.at[AT_ROW] = cell, row
            return p, reason
        w.at[AT_CLAIM] += 1
        spans[i, HOSOS] += 1
        p = since = q
    end = _read_ending(a, p, names)
    if end != spans[i, STOPS]:
        return p, ENVELOPE
    if _too_large(w, since, end):
        return p, LIMIT
    spans[i, CLOSED] = 1
    return end, 0


@part
def _too_large(w: Work, start: int, end: int) -> bool:
    """Whether the bytes of a claim, or behind the last one, go beyond a bound."""
    size = end - start
    return size > w.bounds[CLAIM_BYTES] or heavy(w.data, start, end, w.bounds[CLAIM_NODES])


@once
def _read_ending(a: Bytes, p: int, names: Names) -> int:
    """From the end of the list of HOSO behind the root and blanks; 0 when it is not understood."""
    p = blank(a, closed(a, p, names, DANHSACHHOSO))
    p = blank(a, closed(a, p, names, THONGTINHOSO))
    q = opened(a, p, names, CHUKYDONVI)
    if q < 0:
        p = blank(a, -q)
    elif q > 0:
        q = plain(a, q)
        while byte(a, q) == CR:
            q = plain(a, q + 1)
        p = blank(a, closed(a, q, names, CHUKYDONVI))
    return blank(a, closed(a, p, names, GIAMDINHHS))


@once
def _read_hoso(
    w: Work, names: Names, shapes: Shapes, spans: IntArray, i: int, p: int
) -> tuple[int, int]:
    """One HOSO with all its tables; gives the position behind it and a reason."""
    a = w.data
    claim = w.at[AT_CLAIM]
    if claim >= w.claims.shape[0] or w.at[AT_ROW] + 1 >= w.rows.shape[0]:
        return p, FULL
    w.claims[claim, C_ROW] = w.at[AT_ROW]
    if not _add_envelope_row(w, shapes, spans, i):
        return p, FULL
    p = entered(a, p, names, HOSO)
    seen = 0
    while byte(a, p + 1) != SLASH:
        before = w.at[AT_ROW]
        p, t = _table_number(a, p, names, shapes.roles[R_XML])
        if p == 0:
            return p, KIND
        p = -p if p < 0 else read_content(w, names, shapes, t, p)
        if p < 0:
            return 0, -p
        if w.at[AT_ROW] > before:
            if seen & (1 << t) and t != shapes.roles[R_REPEATED]:
                return p, TWICE
            seen |= 1 << t
        p = closed(a, blank(a, p), names, FILEHOSO)
        if p == 0:
            return p, ENVELOPE
        p = blank(a, p)
    p = closed(a, p, names, HOSO)
    if p == 0:
        return p, ENVELOPE
    if not seen & (1 << shapes.roles[R_CLAIM]):
        return p, NO_XML1
    if w.at[AT_ROW] - w.claims[claim, C_ROW] - 1 > w.bounds[CLAIM_ROWS]:
        return p, LIMIT
    w.claims[claim, C_HOSO] = spans[i, HOSOS]
    return (p, 0) if _note_keys(w, shapes, claim) else (p, TWICE)


@once
def _add_envelope_row(w: Work, shapes: Shapes, spans: IntArray, i: int) -> bool:
    """The headers of the file as a row of the claim; False when there is no room."""
    base = w.at[AT_CELL]
    if base + 3 > w.cells.shape[0]:
        return False
    w.at[AT_TEXTS] += 3
    w.at[AT_BYTES] += 3 * _LONGEST_HEADER
    for k in range(3):
        w.cells[base + k, 0] = max(spans[i, HEADER + 2 * k], 0)
        w.cells[base + k, 1] = spans[i, HEADER + 2 * k + 1]
    row = w.at[AT_ROW]
    w.rows[row, ROW_TABLE] = shapes.roles[R_ENVELOPE]
    w.rows[row, ROW_CLAIM] = w.at[AT_CLAIM]
    w.rows[row, ROW_CELL] = base
    w.at[AT_CELL] = base + 3
    w.at[AT_ROW] = row + 1
    return True


@once
def _table_number(a: Bytes, p: int, names: Names, most: int) -> tuple[int, int]:
    """From FILEHOSO behind the start tag of its content, and the table.

    The position is 0 when this is not understood, negative when the content is empty.
    """
    p = opened(a, entered(a, p, names, FILEHOSO), names, LOAIHOSO)
    if p <= 0 or byte(a, p) != 88 or byte(a, p + 1) != 77 or byte(a, p + 2) != 76:
        return 0, 0
    p += 3
    t = byte(a, p) - 48
    if t < 0 or t > 9:
        return 0, 0
    p += 1
    c = byte(a, p) - 48
    if 0 <= c <= 9 and t > 0:
        t = t * 10 + c
        p += 1
    p = blank(a, closed(a, p, names, LOAIHOSO))
    p = opened(a, p, names, NOIDUNGFILE)
    return (p, t) if t < most else (0, 0)


@once
def _note_keys(w: Work, shapes: Shapes, claim: int) -> bool:
    """Notes the cells of MA_LK and MA_CSKCB; False when a row of XML0 is of another claim."""
    key = _NONE
    for r in range(w.claims[claim, C_ROW], w.at[AT_ROW]):
        if w.rows[r, ROW_TABLE] == shapes.roles[R_CLAIM]:
            key = w.rows[r, ROW_CELL] + shapes.own[shapes.roles[R_CLAIM]]
            w.claims[claim, C_KEY] = key
            w.claims[claim, C_PLACE] = w.rows[r, ROW_CELL] + shapes.roles[R_FACILITY]
    for r in range(w.claims[claim, C_ROW], w.at[AT_ROW]):
        if w.rows[r, ROW_TABLE] == shapes.roles[R_STATUS]:
            own = w.rows[r, ROW_CELL] + shapes.own[shapes.roles[R_STATUS]]
            if w.cells[own, 1] > 0 and not _same_cell(w, own, key):
                return False
    return True


@part
def _same_cell(w: Work, x: int, y: int) -> bool:
    """Whether two cells hold the same bytes."""
    size = w.cells[x, 1]
    if size != w.cells[y, 1]:
        return False
    for k in range(size):
        if w.data[U(w.cells[x, 0] + k)] != w.data[U(w.cells[y, 0] + k)]:
            return False
    return True
