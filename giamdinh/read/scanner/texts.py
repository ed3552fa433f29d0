"""Room for the distinct texts of a batch, and the texts as Python reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from giamdinh.read.scanner.batch import join
from giamdinh.read.scanner.codes import BYTES, PADDED, SEPARATOR, USED, Texts, grow
from giamdinh.read.scanner.layout import names_and_shapes, tables
from giamdinh.read.scanner.marks import PADDING

if TYPE_CHECKING:
    import numpy.typing as npt

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.read.scanner.marks import Bytes, Words

    Array = TypeVar("Array", bound=npt.NDArray[np.generic])

_ENTRIES = 1 << 17
_BYTES = 1 << 22


class Joined(NamedTuple):
    """The distinct texts of all columns.

    Attributes:
        texts: by column, in the order of their codes.
        padded: column → row → raw text, of rows that were trimmed or filled up.
        entries: shape (columns + 2,), where each column begins in the arrays below.
        numbers: shape (entries,), the integer behind each text.
        valid: shape (entries,), whether there is one.
    """

    texts: list[list[str]]
    padded: dict[int, dict[int, str]]
    entries: IntArray
    numbers: IntArray
    valid: BoolArray


def empty_texts() -> Texts:
    """Texts without any."""
    columns = sum(len(spec.fields) for spec in tables()) + 1
    return Texts(
        slots=_slots(2 * _ENTRIES),
        entries=np.empty((_ENTRIES, 4), np.int64),
        counts=np.zeros(columns, np.int32),
        data=np.empty(_BYTES, np.uint8),
        padded=np.empty((0, 3), np.int64),
        at=np.zeros(3, np.int64),
    )


def emptied(texts: Texts) -> Texts:
    """The same memory without any text."""
    texts.slots.fill(0)
    texts.counts.fill(0)
    texts.at.fill(0)
    return texts


def with_room(texts: Texts, cells: int, size: int) -> Texts:
    """The texts with room for what so many cells may add, each a text and a raw one.

    Args:
        texts: as they are.
        cells: how many.
        size: bytes of all of them.
    """
    used, length, rows = (int(texts.at[k]) for k in (USED, BYTES, PADDED))
    need = used + 2 * cells + 1
    if need > len(texts.entries):
        texts = texts._replace(entries=_longer(texts.entries, max(2 * len(texts.entries), need)))
    if need > len(texts.slots) * 3 // 4:
        slots = _slots(1 << (2 * need - 1).bit_length())
        grow(slots, texts, used)
        texts = texts._replace(slots=slots)
    widest = int(names_and_shapes()[1].pad.max())
    need = length + 2 * size + widest * cells + PADDING
    if need > texts.data.size:
        texts = texts._replace(data=_longer(texts.data, max(2 * texts.data.size, need)))
    if rows + cells > len(texts.padded):
        texts = texts._replace(padded=_longer(texts.padded, 2 * rows + cells))
    return texts


def joined(texts: Texts, fields: IntArray) -> Joined:
    """All texts as Python reads them, and the integers behind them; `fields` as in `join`."""
    columns, used = texts.counts.size, int(texts.at[USED])
    entries, begins = np.zeros((2, columns + 1), np.int64)
    scratch, numbers = np.zeros((2, used), np.int64)
    valid = np.zeros(used, np.bool_)
    data = np.empty(int(texts.at[BYTES]) + used, np.uint8)
    join(texts, fields, entries, begins, scratch, data, numbers, valid)
    split = _split(data, begins, entries)
    return Joined(split, _padded(texts, split[-1]), entries, numbers, valid)


def _slots(count: int) -> Words:
    """Free slots, two to a cache line."""
    room = np.zeros(4 * count + 7, np.uint64)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + 4 * count].reshape(count, 4)


def _longer(array: Array, size: int) -> Array:
    out = np.empty((size, *array.shape[1:]), array.dtype)
    out[: len(array)] = array
    return out  # type: ignore[return-value]


def _split(data: Bytes, begins: IntArray, entries: IntArray) -> list[list[str]]:
    view = data.data
    separator = chr(SEPARATOR)
    bounds, counts = begins.tolist(), np.diff(entries).tolist()
    return [
        str(view[begin : end - 1], "utf-8").split(separator) if count else []
        for begin, end, count in zip(bounds[:-1], bounds[1:], counts, strict=True)
    ]


def _padded(texts: Texts, raws: list[str]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    for column, row, code in texts.padded[: texts.at[PADDED]].tolist():
        found.setdefault(column, {})[row] = raws[code]
    return found
