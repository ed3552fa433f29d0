"""Where a large document can be taken up again after damage: the start tags of its pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Longer prefixes of a namespace do not occur; a tag name cut by a chunk is held back as a whole.
_PREFIX = 40
_HELD = 64
_ROOT_TAG = re.compile(rb"<([^\s<>/!?=&'\"]+:)?[^\s<>/!?=&'\":]+(?:[^<>]*[^<>/])?>")


def stretches(chunks: Iterable[bytes], names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """The document cut at every start tag of `names`: (name, bytes from there on).

    The name is "" where a stretch goes on. The `<` of a start tag ends the stretch before it, for
    only then does the parser finish the text in front.
    """
    seam = re.compile(
        rb"<(?:[^\s<>/!?:]{1,%d}:)?(%b)(?=[\s/>])" % (_PREFIX, "|".join(names).encode())
    )
    held = b""
    for chunk in chunks:
        data = held + chunk
        last = data.rfind(b"<", max(len(data) - _HELD, 0))
        cut = len(data) if last < 0 or re.search(rb"[\s/>]", data[last + 2 :]) else last
        data, held = data[:cut], data[cut:]
        name, start = "", 0
        for match in seam.finditer(data):
            yield name, data[start : match.start() + 1]
            name, start = match.group(1).decode("ascii"), match.start() + 1
        if name or start < len(data):
            yield name, data[start:]
    if held:
        yield "", held


def stand_in(head: bytes, below: tuple[str, ...]) -> bytes:
    """Start tags to read a piece under: the root tag of `head`, if it is whole, and `below`."""
    root = _ROOT_TAG.search(head)
    if root is None:
        return b""
    prefix = root.group(1) or b""
    return root.group() + b"".join(b"<%b%b>" % (prefix, name.encode()) for name in below)
