"""Where a damaged document can be taken up again: the start tags of its root and its pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Longer prefixes of a namespace do not occur; a tag name cut by a chunk is held back as a whole.
_PREFIX = 40
_HELD = 64
_NAME_ENDS = re.compile(rb"[\s/>]")
_ROOT_TAG = re.compile(rb"<([^\s<>/!?=&'\":]+:)?[^\s<>/!?=&'\":]+(?:\s[^<>]*)?(?<!/)>")


def stretches(chunks: Iterable[bytes], names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """The document cut at every start tag of `names`: (name, bytes from there on).

    The name is "" where a stretch goes on. The `<` of a start tag ends the stretch before it, for
    only then does the parser finish the text in front of it.
    """
    listed = "|".join(names).encode("ascii")
    seam = re.compile(rb"<(?:[^\s<>/!?:]{1,%d}:)?(%b)(?=[\s/>])" % (_PREFIX, listed))
    held = b""
    for chunk in chunks:
        data = held + chunk
        last = data.rfind(b"<", max(len(data) - _HELD, 0))
        whole = last < 0 or _NAME_ENDS.search(data, last + 1)
        cut = len(data) if whole else last
        data, held = data[:cut], data[cut:]
        name, start = "", 0
        for match in seam.finditer(data):
            yield name, data[start : match.start() + 1]
            name, start = match.group(1).decode("ascii"), match.start() + 1
        yield name, data[start:]
    yield "", held


def stand_in(head: bytes, between: tuple[str, ...]) -> bytes:
    """Start tags to read a piece under: the root tag `head` begins with, then `between`."""
    root = _ROOT_TAG.match(head)
    if root is None:
        return b"".join(b"<%b>" % name.encode() for name in between)
    prefix = root.group(1) or b""
    return root.group() + b"".join(b"<%b%b>" % (prefix, name.encode()) for name in between)
