"""Bytes: tag names as words, white space, characters that XML allows.

Kernels index one byte array that holds documents, each followed by a byte 0xFF, which no UTF-8
text has: every loop stops there. `PADDING` more bytes may be looked at behind the last one.
Positions are never negative; as uint64 they need no wrap-around check. No document begins at
position 0, which holds 0xFF too: it stands for "not found", and nothing is found there again.
"""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.read.scanner.jit import helper, part

if TYPE_CHECKING:
    from typing import SupportsInt

    import numpy.typing as npt

    from giamdinh.read.scanner.layout import Names

    Bytes = npt.NDArray[np.uint8]
    Words = npt.NDArray[np.uint64]

U = np.uint64
PADDING = 128
STOP = 0xFF
LT, GT, SLASH, AMP, CR, LF, QUESTION, HASH, SEMI = 60, 62, 47, 38, 13, 10, 63, 35, 59
BRACKET = 93

PLAIN, OPENS, SPECIAL, BEYOND_ASCII, FORBIDDEN = 0, 1, 2, 3, 4


def _kinds() -> Bytes:
    kinds = np.full(256, PLAIN, np.uint8)
    kinds[:32] = FORBIDDEN
    kinds[[9, 10]] = PLAIN
    kinds[[AMP, BRACKET, CR]] = SPECIAL
    kinds[LT] = OPENS
    kinds[128:] = BEYOND_ASCII
    kinds[STOP] = FORBIDDEN
    return kinds


def _masks() -> Words:
    return np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


KINDS = _kinds()
MASKS = _masks()


@helper
def whole(value: SupportsInt) -> int:
    """A number with a sign, as all positions and lengths are."""
    return np.int64(value)  # type: ignore[return-value]


@helper
def byte(a: Bytes, i: int) -> int:
    """The byte at `i`."""
    return whole(a[U(i)])


@helper
def word(a: Bytes, i: int) -> np.uint64:
    """Eight bytes from `i` on, the first one lowest."""
    k = U(i)
    return (
        U(a[k])
        | (U(a[k + U(1)]) << U(8))
        | (U(a[k + U(2)]) << U(16))
        | (U(a[k + U(3)]) << U(24))
        | (U(a[k + U(4)]) << U(32))
        | (U(a[k + U(5)]) << U(40))
        | (U(a[k + U(6)]) << U(48))
        | (U(a[k + U(7)]) << U(56))
    )


@helper
def is_blank(c: int) -> bool:
    """Whether `c` is white space of XML."""
    return c == 32 or c == 10 or c == 13 or c == 9


@part
def blank(a: Bytes, p: int) -> int:
    """The first position from `p` on that is no white space."""
    c = byte(a, p)
    while is_blank(c):
        p += 1
        c = byte(a, p)
    return p


@helper
def same_name(a: Bytes, p: int, names: Names, e: int) -> bool:
    """Whether the bytes at `p` are the name `e`, whatever follows them."""
    n = names.size[e]
    k = 0
    while n > 8:
        if word(a, p) != names.words[e, k]:
            return False
        p += 8
        k += 1
        n -= 8
    return (word(a, p) & MASKS[n]) == names.words[e, k]


@part
def named(a: Bytes, p: int, names: Names, e: int) -> bool:
    """Whether exactly the name `e` stands at `p`; a tag's end or white space follows it."""
    c = byte(a, p + names.size[e])
    return (c in (GT, SLASH) or is_blank(c)) and same_name(a, p, names, e)


@part
def opened(a: Bytes, p: int, names: Names, e: int) -> int:
    """Behind the start tag `e` at `p`; the negative position when the element is empty; 0: none."""
    if byte(a, p) != LT or not named(a, p + 1, names, e):
        return 0
    return tag_end(a, p + 1 + names.size[e])


@part
def tag_end(a: Bytes, p: int) -> int:
    """Behind the end of a start tag whose name ends at `p`; see `opened`."""
    c = byte(a, p)
    if is_blank(c):
        p = blank(a, p)
        c = byte(a, p)
    if c == GT:
        return p + 1
    if c == SLASH and byte(a, p + 1) == GT:
        return -(p + 2)
    return 0


@part
def entered(a: Bytes, p: int, names: Names, e: int) -> int:
    """Behind the start tag `e` at `p` and blanks; 0 when there is none or the element is empty."""
    q = opened(a, p, names, e)
    return blank(a, q) if q > 0 else 0


@part
def closed(a: Bytes, p: int, names: Names, e: int) -> int:
    """Behind the end tag `e` at `p`; 0 when another thing stands there."""
    if byte(a, p) != LT or byte(a, p + 1) != SLASH or not named(a, p + 2, names, e):
        return 0
    p = blank(a, p + 2 + names.size[e])
    return p + 1 if byte(a, p) == GT else 0


@part
def character(a: Bytes, p: int) -> int:
    """Bytes of the character beyond ASCII at `p`; 0 when it is none that XML allows."""
    c = byte(a, p)
    c1 = byte(a, p + 1)
    if (c1 & 0xC0) != 0x80:
        return 0
    if 0xC2 <= c <= 0xDF:
        return 2
    c2 = byte(a, p + 2)
    if (c2 & 0xC0) != 0x80:
        return 0
    if 0xE0 <= c <= 0xEF:
        overlong = c == 0xE0 and c1 < 0xA0
        surrogate = c == 0xED and c1 > 0x9F
        noncharacter = c == 0xEF and c1 == 0xBF and c2 >= 0xBE
        return 0 if overlong or surrogate or noncharacter else 3
    if (byte(a, p + 3) & 0xC0) != 0x80 or c < 0xF0 or c > 0xF4:
        return 0
    if (c == 0xF0 and c1 < 0x90) or (c == 0xF4 and c1 > 0x8F):
        return 0
    return 4


@part
def plain(a: Bytes, p: int) -> int:
    """The first position from `p` on that is not plain text."""
    while True:
        kind = KINDS[a[U(p)]]
        if kind == PLAIN:
            p += 1
        elif kind == BEYOND_ASCII:
            n = character(a, p)
            if n == 0:
                return p
            p += n
        else:
            return p
