"""Kernel part: what stands before a document, and what stands in NOIDUNGFILE."""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.read.scanner import base64
from giamdinh.read.scanner.jit import fixed, once, part
from giamdinh.read.scanner.layout import ENCODING, NOIDUNGFILE, STANDALONE, VERSION
from giamdinh.read.scanner.marks import (
    GT,
    LT,
    QUESTION,
    SLASH,
    STOP,
    U,
    blank,
    byte,
    closed,
    is_blank,
    whole,
)  # fmt: skip
from giamdinh.read.scanner.rows import AT_FREE, BASE64, LIMIT, OPENING, TAG, VALUE, read_document
from giamdinh.read.scanner.text import is_cdata, is_section_end

if TYPE_CHECKING:
    from giamdinh.read.scanner.layout import Names, Shapes
    from giamdinh.read.scanner.marks import Bytes
    from giamdinh.read.scanner.rows import Work

TABLE_BYTES, TABLE_NODES, CLAIM_BYTES, CLAIM_NODES, CLAIM_ROWS, PROLOG, PIECES = range(7)
"""Places in `Work.bounds`: see `Limits`."""

_NO_SECTIONS, _SECTIONS = fixed(0), fixed(1)
_QUOTES = (34, 39)
_UTF8 = (117, 116, 102, 45, 56)


@part
def before_root(a: Bytes, p: int, names: Names) -> int:
    """Behind a byte order mark, a declaration and white space; 0 when it is not understood.

    The encoding is UTF-8 or not named.
    """
    if byte(a, p) == 0xEF and byte(a, p + 1) == 0xBB and byte(a, p + 2) == 0xBF:
        p += 3
    if byte(a, p) != LT or byte(a, p + 1) != QUESTION:
        return blank(a, p)
    if byte(a, p + 2) != 120 or byte(a, p + 3) != 109 or byte(a, p + 4) != 108:
        return 0
    p += 5
    if not is_blank(byte(a, p)):
        return 0
    while True:
        q = blank(a, p)
        if byte(a, q) == QUESTION and byte(a, q + 1) == GT:
            return blank(a, q + 2)
        if q == p:
            return 0
        p = _pseudo_attribute(a, q, names)
        if p == 0:
            return 0


@part
def _pseudo_attribute(a: Bytes, p: int, names: Names) -> int:
    """Behind one part of an XML declaration; 0 when it is not understood."""
    for e in (VERSION, ENCODING, STANDALONE):
        n = names.size[e]
        if byte(a, p + n) != 61:
            continue
        same = True
        for k in range(n):
            same &= byte(a, p + k) == _letter(names, e, k)
        if same:
            return _quoted(a, p + n + 1, e == ENCODING)
    return 0


@part
def _letter(names: Names, e: int, k: int) -> int:
    """The byte `k` of a name."""
    return whole((names.words[e, k >> 3] >> U(8 * (k & 7))) & U(255))


@part
def _quoted(a: Bytes, p: int, utf8: int) -> int:
    """Behind a quoted text of letters, digits, dots and hyphens; 0 when there is none."""
    quote = byte(a, p)
    if quote not in _QUOTES:
        return 0
    p += 1
    start = p
    while byte(a, p) != quote:
        c = byte(a, p)
        letter = 65 <= c <= 90 or 97 <= c <= 122
        if not (letter or 48 <= c <= 57 or c == 45 or c == 46):
            return 0
        p += 1
    if utf8:
        if p - start != len(_UTF8):
            return 0
        for k in range(len(_UTF8)):
            c = byte(a, start + k)
            if c != _UTF8[k] and c + 32 != _UTF8[k]:
                return 0
    return p + 1


@once
def read_content(w: Work, names: Names, shapes: Shapes, t: int, p: int) -> int:
    """Reads NOIDUNGFILE from behind its start tag to behind its end tag.

    Returns:
        The position, or a reason with its sign turned.
    """
    a = w.data
    p = blank(a, p)
    c = byte(a, p)
    if is_cdata(a, p):
        p = _read_section(w, names, shapes, t, p + 9)
        if p < 0:
            return p
    elif c == LT:
        if byte(a, p + 1) != SLASH:
            p = read_document(w, names, shapes, t, p, _SECTIONS)
            if p < 0:
                return p
    elif c == 38:
        return -VALUE
    else:
        p = _read_packed(w, names, shapes, t, p)
        if p < 0:
            return p
    p = closed(a, blank(a, p), names, NOIDUNGFILE)
    return p if p > 0 else -BASE64


@once
def _read_section(w: Work, names: Names, shapes: Shapes, t: int, p: int) -> int:
    """A CDATA section that holds a document or base64, to behind its end."""
    a = w.data
    p = blank(a, p)
    if byte(a, p) == LT:
        start = p
        p = before_root(a, p, names)
        if p == 0:
            return -OPENING
        p = read_document(w, names, shapes, t, p, _NO_SECTIONS)
        if p < 0:
            return p
        if _too_large(w, start, p):
            return -LIMIT
        p = blank(a, p)
    elif not is_section_end(a, p):
        p = _read_packed(w, names, shapes, t, p)
        if p < 0:
            return p
        p = blank(a, p)
    return p + 3 if is_section_end(a, p) else -TAG


@part
def _read_packed(w: Work, names: Names, shapes: Shapes, t: int, p: int) -> int:
    """A document in base64; gives the position behind the base64."""
    a = w.data
    start = w.at[AT_FREE]
    p, end = base64.decode(a, p, start)
    if end <= start:
        return -BASE64
    a[U(end)] = STOP
    w.at[AT_FREE] = end + 1
    q = before_root(a, start, names)
    if q == 0:
        return -OPENING
    q = read_document(w, names, shapes, t, q, _SECTIONS)
    if q < 0:
        return q
    if blank(a, q) != end:
        return -TAG
    return -LIMIT if _too_large(w, start, end) else p


@part
def _too_large(w: Work, start: int, end: int) -> bool:
    """Whether a document goes beyond a bound for tables."""
    size = end - start
    return size > w.bounds[TABLE_BYTES] or heavy(w.data, start, end, w.bounds[TABLE_NODES])


@part
def heavy(a: Bytes, start: int, end: int, most: int) -> bool:
    """Whether there may be more than `most` tags and attributes between two positions."""
    if end - start <= most:
        return False
    count = 0
    for c in a[start:end]:
        count += c == LT or c == 61
    return count > most
