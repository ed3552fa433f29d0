"""What is fuzzed: any bytes, read by both readers, must come out the same and never raise."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.equality import documents, mutate
from tests.equality.compare import OPTIONS, compare
from tests.equality.damage import damaged

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

CORPUS = Path(__file__).parent / "corpus"
_PACKED = re.compile(rb"[A-Za-z0-9+/\s]{20,}={0,2}")
_WORKPLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - memory, not disk


def check(data: bytes) -> None:
    """Reads `data` as a file with both readers.

    Raises:
        AssertionError: they differ, or one of them gives something unsound.
    """
    # The same bytes are always read in the same way.
    options = OPTIONS[zlib.crc32(data) % len(OPTIONS)]
    with tempfile.TemporaryDirectory(dir=_WORKPLACE) as folder:
        path = Path(folder, "hs.xml")
        path.write_bytes(data)
        found = compare(path, **options)
    assert found == [], found[:3]


def changed(data: bytes, size: int, seed: int, change: Callable[[bytes, int], bytes]) -> bytes:
    """A mutation of `data`: of all of it, or of a table inside its base64; by `change` or ours."""
    dice = documents.dice_of(seed)
    if dice.random() < 0.01:
        return dice.choice((documents.plain, mutate.well_formed, mutate.broken))(dice)[:size]
    packed = list(_PACKED.finditer(data))
    if not packed or dice.random() < 0.4:
        return _one_change(data, size, dice, change)[:size]
    where = dice.choice(packed)
    try:
        inner = base64.b64decode(where.group())
    except binascii.Error:
        return change(data, size)
    inside = base64.b64encode(_one_change(inner, size // 2, dice, change))
    return (data[: where.start()] + inside + data[where.end() :])[:size]


def _one_change(
    data: bytes, size: int, dice: random.Random, change: Callable[[bytes, int], bytes]
) -> bytes:
    how = dice.random()
    if how < 0.4 or not data:
        return change(data, size)
    if how < 0.7:
        return damaged(data, dice)
    text = data.decode("utf-8", "surrogateescape")
    return mutate.respelled(text, dice, 2).encode("utf-8", "surrogateescape")
