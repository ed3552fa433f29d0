"""Values that are more than plain characters: entities, CDATA sections, carriage returns."""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.read.scanner.jit import part
from giamdinh.read.scanner.marks import (
    AMP,
    BEYOND_ASCII,
    BRACKET,
    CR,
    FORBIDDEN,
    GT,
    HASH,
    KINDS,
    LF,
    LT,
    MASKS,
    SEMI,
    SLASH,
    U,
    byte,
    character,
    word,
)  # fmt: skip

if TYPE_CHECKING:
    from giamdinh.read.scanner.marks import Bytes

CDATA = U(int.from_bytes(b"![CDATA[", "little"))
_AMP = U(int.from_bytes(b"amp;", "little"))
_LT = U(int.from_bytes(b"lt;", "little"))
_GT = U(int.from_bytes(b"gt;", "little"))
_QUOT = U(int.from_bytes(b"quot;", "little"))
_APOS = U(int.from_bytes(b"apos;", "little"))


@part
def is_cdata(a: Bytes, p: int) -> bool:
    """Whether `<![CDATA[` stands at `p`."""
    return byte(a, p) == LT and word(a, p + 1) == CDATA


@part
def is_section_end(a: Bytes, p: int) -> bool:
    """Whether `]]>` stands at `p`."""
    return byte(a, p) == BRACKET and byte(a, p + 1) == BRACKET and byte(a, p + 2) == GT


@part
def unfold(a: Bytes, p: int, to: int, sections: int) -> tuple[int, int]:
    """Writes the text from `p` to the next tag as a reader of XML sees it, at `to`.

    Args:
        a: the bytes.
        p: where the text begins.
        to: where to write it; as many bytes as are read must be free.
        sections: whether CDATA may stand here.

    Returns:
        Position of the tag, and behind what was written; position 0 when it is not well formed.
    """
    while True:
        c = byte(a, p)
        kind = KINDS[c]
        if c == LT:
            if not is_cdata(a, p):
                return (p, to) if byte(a, p + 1) == SLASH else (0, to)
            if not sections:
                return 0, to
            p, to = _section(a, p + 9, to)
            if p == 0:
                return 0, to
        elif c == AMP:
            p, to = _entity(a, p + 1, to)
            if p == 0:
                return 0, to
        elif kind == FORBIDDEN or is_section_end(a, p):
            return 0, to
        else:
            p, to = _copy(a, p, to)
            if p == 0:
                return 0, to


@part
def _copy(a: Bytes, p: int, to: int) -> tuple[int, int]:
    """One character, a line end as LF."""
    c = byte(a, p)
    if c == CR:
        a[U(to)] = LF
        return p + (2 if byte(a, p + 1) == LF else 1), to + 1
    n = 1
    if KINDS[c] == BEYOND_ASCII:
        n = character(a, p)
        if n == 0:
            return 0, to
    for k in range(n):
        a[U(to + k)] = a[U(p + k)]
    return p + n, to + n


@part
def _section(a: Bytes, p: int, to: int) -> tuple[int, int]:
    """The rest of a CDATA section."""
    while not is_section_end(a, p):
        if KINDS[byte(a, p)] == FORBIDDEN:
            return 0, to
        p, to = _copy(a, p, to)
        if p == 0:
            return 0, to
    return p + 3, to


@part
def _entity(a: Bytes, p: int, to: int) -> tuple[int, int]:
    """One of the five entities of XML, or a character by its number; `p` is behind the `&`."""
    w = word(a, p)
    if byte(a, p) == HASH:
        return _numbered(a, p + 1, to)
    n = 0
    c = 0
    if (w & MASKS[4]) == _AMP:
        n, c = 4, 38
    elif (w & MASKS[3]) == _LT:
        n, c = 3, 60
    elif (w & MASKS[3]) == _GT:
        n, c = 3, 62
    elif (w & MASKS[5]) == _QUOT:
        n, c = 5, 34
    elif (w & MASKS[5]) == _APOS:
        n, c = 5, 39
    else:
        return 0, to
    a[U(to)] = c
    return p + n, to + 1


@part
def _numbered(a: Bytes, p: int, to: int) -> tuple[int, int]:
    """A character reference; `p` is behind the `#`. It is longer than its UTF-8."""
    base = 10
    if byte(a, p) == 120:
        base = 16
        p += 1
    code = 0
    start = p
    while byte(a, p) != SEMI:
        c = byte(a, p)
        digit = 99
        if 48 <= c <= 57:
            digit = c - 48
        elif 97 <= c <= 102:
            digit = c - 87
        elif 65 <= c <= 70:
            digit = c - 55
        if digit >= base or p - start >= 7:
            return 0, to
        code = code * base + digit
        p += 1
    if p == start or not _allowed(code):
        return 0, to
    return p + 1, _encode(a, to, code)


@part
def _allowed(code: int) -> bool:
    """Whether XML allows the character `code`."""
    if code < 32:
        return code == 9 or code == 10 or code == 13
    return code < 0xD800 or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


@part
def _encode(a: Bytes, to: int, code: int) -> int:
    """The character `code` as UTF-8; gives the position behind it."""
    if code < 0x80:
        a[U(to)] = code
        return to + 1
    if code < 0x800:
        a[U(to)] = 0xC0 | code >> 6
        a[U(to + 1)] = 0x80 | code & 63
        return to + 2
    if code < 0x10000:
        a[U(to)] = 0xE0 | code >> 12
        a[U(to + 1)] = 0x80 | code >> 6 & 63
        a[U(to + 2)] = 0x80 | code & 63
        return to + 3
    a[U(to)] = 0xF0 | code >> 18
    a[U(to + 1)] = 0x80 | code >> 12 & 63
    a[U(to + 2)] = 0x80 | code >> 6 & 63
    a[U(to + 3)] = 0x80 | code & 63
    return to + 4
