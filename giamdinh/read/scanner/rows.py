"""Kernel part: one table document to cells, exactly as the specification writes it.

Whatever else stands there is refused with a reason, and the claim goes to the other reader.
"""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from giamdinh.read.scanner.jit import part
from giamdinh.read.scanner.layout import CHUKYDONVI
from giamdinh.read.scanner.marks import (
    GT,
    KINDS,
    LT,
    PLAIN,
    SLASH,
    U,
    blank,
    byte,
    closed,
    is_blank,
    named,
    opened,
    plain,
    same_name,
    tag_end,
)  # fmt: skip
from giamdinh.read.scanner.text import unfold

if TYPE_CHECKING:
    from giamdinh.model import CodeArray, IntArray
    from giamdinh.read.scanner.layout import Names, Shapes
    from giamdinh.read.scanner.marks import Bytes

LARGEST_VALUE = 1_000_000
"""Bytes of one value; larger ones are left to libxml2, which has bounds of its own."""

FULL, OPENING, ENVELOPE, KIND, BASE64, TAG, TWICE, VALUE, NO_XML1, LIMIT = range(1, 11)
REASONS = {
    FULL: "qua_nhieu_dong",
    OPENING: "khai_bao",
    ENVELOPE: "vo_ho_so",
    KIND: "loai_hoso",
    BASE64: "base64",
    TAG: "the",
    TWICE: "lap",
    VALUE: "gia_tri",
    NO_XML1: "thieu_xml1",
    LIMIT: "gioi_han",
}
"""Why something was left to the other reader: stable words by number."""

AT_CELL, AT_ROW, AT_CLAIM, AT_FREE, AT_TEXTS, AT_BYTES = range(6)
"""Places in `Work.at`: next free cell, row and claim, next free byte for decoded text; at most how
many values there are, and how long they are together."""

ROW_TABLE, ROW_CLAIM, ROW_CELL = range(3)
"""Columns of `Work.rows`."""
C_HOSO, C_ROW, C_KEY, C_PLACE = range(4)
"""Columns of `Work.claims`: position in its span from 0, first row, cells of MA_LK and
MA_CSKCB."""


class Work(NamedTuple):
    """The work area of one call.

    Attributes:
        data: the bytes: documents, then free room for decoded ones.
        cells: shape (room, 2), where each value begins and how long it is; -1 where none is.
        rows: shape (room, 3), table, claim and first cell of each row, in order.
        claims: shape (room, 4), see above.
        at: what is in use of all these.
        bounds: see `payload.py`.
    """

    data: Bytes
    cells: CodeArray
    rows: CodeArray
    claims: IntArray
    at: IntArray
    bounds: IntArray


@part
def read_document(w: Work, names: Names, shapes: Shapes, t: int, p: int, sections: int) -> int:
    """Reads the table document `t` that begins at `p`.

    Args:
        w: the work area.
        names: tag names.
        shapes: tables.
        t: which table.
        p: position of its first tag.
        sections: whether CDATA may stand in it, which it may not within CDATA.

    Returns:
        The position behind it, or a reason with its sign turned.
    """
    a = w.data
    around = shapes.outer[t, 0]
    if around == 0:
        p = opened(a, p, names, shapes.row[t])
        return read_row(w, names, shapes, t, p, sections) if p > 0 else -TAG
    depth = 0
    while depth < around:
        p = opened(a, p, names, shapes.outer[t, 1 + depth])
        if p == 0:
            return -TAG
        if p < 0:
            p = blank(a, -p)
            break
        p = blank(a, p)
        depth += 1
        if byte(a, p + 1) == SLASH:
            break
    if depth == around:
        while byte(a, p + 1) != SLASH:
            p = opened(a, p, names, shapes.row[t])
            if p <= 0:
                return -TAG
            p = read_row(w, names, shapes, t, p, sections)
            if p < 0:
                return p
            p = blank(a, p)
    while depth > 0:
        depth -= 1
        if depth == 0:
            p = _signature(a, p, names)
        p = closed(a, p, names, shapes.outer[t, 1 + depth])
        if p == 0:
            return -TAG
        if depth > 0:
            p = blank(a, p)
    return p


@part
def _signature(a: Bytes, p: int, names: Names) -> int:
    """Behind an empty signature at the end of a table, or `p`."""
    q = opened(a, p, names, CHUKYDONVI)
    if q < 0:
        return blank(a, -q)
    if q > 0:
        q = closed(a, q, names, CHUKYDONVI)
        if q > 0:
            return blank(a, q)
    return p


@part
def _field(a: Bytes, p: int, names: Names, first: int, last: int, e: int) -> int:
    """The name at `p`, looked for from `e` on; -1 when it is no field, or an end tag."""
    if byte(a, p + 1) == SLASH:
        return -1
    for _ in range(first, last):
        if named(a, p + 1, names, e):
            return e
        e = e + 1 if e + 1 < last else first
    return -1


@part
def read_row(w: Work, names: Names, shapes: Shapes, t: int, p: int, sections: int) -> int:
    """Reads the fields of one row from behind its start tag to behind its end tag."""
    a = w.data
    cells = w.cells
    base = w.at[AT_CELL]
    row = w.at[AT_ROW]
    width = shapes.columns[t]
    first = shapes.first[t]
    last = shapes.first[t + 1]
    if base + width > cells.shape[0] or row >= w.rows.shape[0]:
        return -FULL
    for k in range(width):
        cells[U(base + k), 1] = -1
    e = first
    found = 0
    texts = 0
    length = 0
    p = blank(a, p)
    while True:
        if byte(a, p) != LT:
            return -TAG
        c = byte(a, p + 1 + names.size[e])
        if not (c in (GT, SLASH) or is_blank(c)) or not same_name(a, p + 1, names, e):
            e = _field(a, p, names, first, last, e)
            if e < 0:
                break
            c = byte(a, p + 1 + names.size[e])
        cell = base + shapes.column[e]
        if cells[U(cell), 1] >= 0:
            return -TWICE
        start = p + 2 + names.size[e]
        if c != GT:
            start = tag_end(a, start - 1)
            if start == 0:
                return -TAG
        if start < 0:
            p = start = -start
            size = 0
        else:
            p = start
            while KINDS[a[U(p)]] == PLAIN:
                p += 1
            if byte(a, p) != LT:
                p = plain(a, p)
            size = p - start
            if byte(a, p) != LT or byte(a, p + 1) != SLASH:
                to = w.at[AT_FREE]
                p, size = unfold(a, start, to, sections)
                if p == 0:
                    return -VALUE
                w.at[AT_FREE] = size
                start = to
                size -= to
            if size > LARGEST_VALUE:
                return -LIMIT
            end = p + 2 + names.size[e]
            if byte(a, end) == GT and same_name(a, p + 2, names, e):
                p = end + 1
            else:
                p = closed(a, p, names, e)
                if p == 0:
                    return -TAG
        if shapes.pad[t, shapes.column[e]] > 0:
            for k in range(start, start + size):
                if byte(a, k) >= 0x80:
                    return -VALUE
        cells[U(cell), 0] = start
        cells[U(cell), 1] = size
        found += 1
        texts += size > 0
        length += size
        e = e + 1 if e + 1 < last else first
        if byte(a, p) != LT:
            p = blank(a, p)
    p = closed(a, p, names, shapes.row[t])
    if p == 0 or found == 0:
        return -TAG
    w.rows[row, ROW_TABLE] = t
    w.rows[row, ROW_CLAIM] = w.at[AT_CLAIM]
    w.rows[row, ROW_CELL] = base
    w.at[AT_CELL] = base + width
    w.at[AT_ROW] = row + 1
    w.at[AT_TEXTS] += texts
    w.at[AT_BYTES] += length
    return p
