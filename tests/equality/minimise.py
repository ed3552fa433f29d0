"""Makes a claim file on which the readers differ as small as it gets."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(rb"<[^<>]*>|[^<]+|<")
_PACKED = re.compile(rb"[A-Za-z0-9+/=\s]{16,}")


def minimised(data: bytes, differs: Callable[[bytes], bool], tries: int = 2000) -> bytes:
    """`data` with all left out that the difference does not need, inside base64 as well."""
    budget = [tries]

    def wrong(candidate: bytes) -> bool:
        budget[0] -= 1
        return budget[0] >= 0 and differs(candidate)

    data = _fewest(data, _TOKEN.findall(data), wrong)
    for packed in sorted(set(_PACKED.findall(data)), key=len, reverse=True):
        try:
            inner = base64.b64decode(packed)
        except binascii.Error:
            continue

        def with_inner(candidate: bytes, packed: bytes = packed, data: bytes = data) -> bytes:
            return data.replace(packed, base64.b64encode(candidate))

        if wrong(with_inner(inner)):
            small = _fewest(inner, _TOKEN.findall(inner), lambda c: wrong(with_inner(c)))
            data = with_inner(small)
    return data


def _fewest(data: bytes, tokens: list[bytes], wrong: Callable[[bytes], bool]) -> bytes:
    """Drops runs of tokens, longer ones first, as long as it stays wrong."""
    size = len(tokens) // 2
    while size:
        at = 0
        while at < len(tokens):
            rest = tokens[:at] + tokens[at + size :]
            if wrong(b"".join(rest)):
                tokens = rest
            else:
                at += size
        size //= 2
    small = b"".join(tokens)
    return small if wrong(small) else data
