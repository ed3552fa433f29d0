"""Breaks documents: bytes flipped, lost, added or moved, tags swapped or cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .fragments import BYTES, SHARDS

if TYPE_CHECKING:
    import random


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Breaks a document in one to three places."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        at = dice.randrange(len(out) + 1)
        dice.choice(_DAMAGES)(out, at, dice)
    return bytes(out)


def _at_tag(out: bytearray, at: int) -> int:
    return max(out.find(b"<", at), 0)


def _flip(out: bytearray, at: int, dice: random.Random) -> None:
    if at < len(out):
        out[at] = dice.randrange(256) if dice.random() < 0.5 else out[at] ^ (1 << dice.randrange(8))


def _delete(out: bytearray, at: int, dice: random.Random) -> None:
    del out[at : at + dice.choice((1, 1, 2, 4, 30, 400))]


def _shard(out: bytearray, at: int, dice: random.Random) -> None:
    out[at:at] = dice.choice(SHARDS).encode() if dice.random() < 0.8 else dice.choice(BYTES)


def _shard_at_tag(out: bytearray, at: int, dice: random.Random) -> None:
    _shard(out, _at_tag(out, at), dice)


def _copy(out: bytearray, at: int, dice: random.Random) -> None:
    out[at:at] = out[at : at + dice.choice((1, 4, 30, 300, 3000))]


def _cut(out: bytearray, at: int, dice: random.Random) -> None:
    del out[at if dice.random() < 0.5 else _at_tag(out, at) :]


def _drop_tag(out: bytearray, at: int, _dice: random.Random) -> None:
    start = _at_tag(out, at)
    end = out.find(b">", start)
    if end >= 0:
        del out[start : end + 1]


def _swap_tags(out: bytearray, at: int, _dice: random.Random) -> None:
    tags = list(re.finditer(rb"<[^<>]*>", bytes(out[at : at + 2000])))[:2]
    if len(tags) > 1:
        one, two = tags
        between = out[at + one.end() : at + two.start()]
        out[at + one.start() : at + two.end()] = two.group() + between + one.group()


def _slash(out: bytearray, at: int, dice: random.Random) -> None:
    start = _at_tag(out, at)
    if out[start + 1 : start + 2] == b"/":
        del out[start + 1]
    else:
        out[start + 1 : start + 1] = dice.choice((b"/", b" ", b"!", b"?", b"\n"))


_DAMAGES = (
    *(_flip, _delete, _shard, _shard, _shard_at_tag, _shard_at_tag),
    *(_copy, _cut, _drop_tag, _swap_tags, _slash),
)
