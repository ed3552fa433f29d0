"""Base64 as NOIDUNGFILE holds it: strict, with or without line breaks."""

# Elements of arrays are of any type to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.read.scanner.jit import part
from giamdinh.read.scanner.marks import U, blank, byte, is_blank

if TYPE_CHECKING:
    import numpy.typing as npt

    from giamdinh.read.scanner.marks import Bytes

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_EQUALS = 61
_WRONG = np.uint32(1 << 31)
_GROUPS = 16  # of four characters, decoded between two looks at whether all were letters


def _places() -> npt.NDArray[np.uint32]:
    """The 24 bits that each character stands for at each of the four places of a group."""
    places = np.full((4, 256), _WRONG, np.uint32)
    for value, letter in enumerate(_LETTERS):
        for k in range(4):
            places[k, letter] = value << (18 - 6 * k)
    return places


_PLACES = _places()


@part
def _group(a: Bytes, s: int, d: int) -> int:
    """Decodes four characters; gives a value with its highest bit set when one is no letter."""
    bits = (
        _PLACES[0, a[U(s)]]
        | _PLACES[1, a[U(s + 1)]]
        | _PLACES[2, a[U(s + 2)]]
        | _PLACES[3, a[U(s + 3)]]
    )
    a[U(d)] = bits >> np.uint32(16)
    a[U(d + 1)] = bits >> np.uint32(8)
    a[U(d + 2)] = bits
    return bits


@part
def decode(a: Bytes, s: int, d: int) -> tuple[int, int]:
    """Decodes from `s` to the first byte that belongs to no base64, into `d`.

    Up to 64 bytes before that byte's place in the output may be overwritten with nonsense.

    Returns:
        Position of that byte and the position behind the output, 0 when it is no strict base64.
    """
    while True:
        seen = np.uint32(0)
        for k in range(_GROUPS):
            seen |= _group(a, s + 4 * k, d + 3 * k)
        if seen < _WRONG:
            s += 4 * _GROUPS
            d += 3 * _GROUPS
            continue
        while _group(a, s, d) < _WRONG:
            s += 4
            d += 3
        if is_blank(byte(a, s)):
            s = blank(a, s)
            continue
        s, d, more = _broken(a, s, d)
        if not more:
            return s, d


@part
def _broken(a: Bytes, s: int, d: int) -> tuple[int, int, bool]:
    """A group with blanks inside, with padding, or the end; whether more may follow."""
    bits = np.uint32(0)
    have = 0
    while have < 4:
        s = blank(a, s)
        value = _PLACES[0, a[U(s)]]
        if value == _WRONG:
            break
        bits |= value >> np.uint32(6 * have)
        have += 1
        s += 1
    if have == 0 and byte(a, s) != _EQUALS:
        return s, d, False
    if have < 4:
        pads = 0
        while byte(a, s) == _EQUALS:
            pads += 1
            s = blank(a, s + 1)
        if have < 2 or have + pads != 4:
            return s, 0, False
    a[U(d)] = bits >> np.uint32(16)
    a[U(d + 1)] = bits >> np.uint32(8)
    a[U(d + 2)] = bits
    if have < 4:
        return s, d + have - 1, False
    return s, d + 3, True
