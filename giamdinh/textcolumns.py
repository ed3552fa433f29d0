"""Columns that grow row by row and stay small: coded texts, integers and long messages."""

from __future__ import annotations

from array import array
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from giamdinh.model import BoolArray, CodeArray, IntArray

MONEY_DIGITS = 18
_PIECE = 10_000


class Texts:
    """Texts as int32 codes into a list of distinct texts; "" is code -1."""

    __slots__ = ("_codes", "_index", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes = array("i")
        self._index = {"": -1}

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, row: int) -> str:
        code = self._codes[row]
        return self.texts[code] if code >= 0 else ""

    def walk(self, rows: IntArray) -> Iterator[str]:
        """The texts of `rows`, in that order."""
        texts = [*self.texts, ""]
        return map(texts.__getitem__, walk(self.codes[rows]))

    @property
    def codes(self) -> CodeArray:
        """A copy of the codes, shape (rows,)."""
        return np.array(self._codes, np.int32)

    def code(self, text: str) -> int:
        """The code of `text`, new when it has none yet."""
        found = self._index.get(text)
        if found is None:
            found = self._index[text] = len(self.texts)
            self.texts.append(text)
        return found

    def append(self, text: str) -> None:
        """One more row."""
        self._codes.append(self.code(text))

    def fill(self, text: str, count: int) -> None:
        """`count` rows with the same text."""
        if count:
            self._codes.extend(array("i", [self.code(text)]) * count)

    def extend(self, texts: Iterable[str]) -> None:
        """More rows."""
        self._codes.extend(map(self.code, texts))

    def join(self, other: Texts) -> None:
        """All rows of another column."""
        lut = np.array([*map(self.code, other.texts), -1], np.int32)
        self._codes.frombytes(lut[other.codes].tobytes())

    def take(self, rows: IntArray) -> Texts:
        """Only `rows`; texts that no row has any more are forgotten."""
        codes = self.codes[rows]
        used = np.unique(codes[codes >= 0])
        lut = np.full(len(self.texts) + 1, -1, np.int32)
        lut[used] = np.arange(used.size)
        out = Texts()
        out.texts = [self.texts[code] for code in used.tolist()]
        out._index.update({text: code for code, text in enumerate(out.texts)})
        out._codes.frombytes(lut[codes].tobytes())
        return out

    def ranks(self) -> CodeArray:
        """Shape (rows,): position of each row's text in sorted order, -1 for ""."""
        lut = np.full(len(self.texts) + 1, -1, np.int32)
        lut[sorted(range(len(self.texts)), key=self.texts.__getitem__)] = np.arange(len(self.texts))
        return lut[self.codes]

    def arrow_dictionary(self) -> pa.Array:
        """The distinct texts."""
        import pyarrow as pa

        return pa.array(self.texts, pa.string())

    def arrow(self, rows: slice, dictionary: pa.Array, *, coded: bool) -> pa.Array:
        """`rows` as a dictionary array, or as plain strings; null where ""."""
        import pyarrow as pa

        codes = np.array(self._codes[rows], np.int32)
        indices = _arrow_ints(pa.int32(), codes, codes >= 0)
        if coded:
            return pa.DictionaryArray.from_arrays(indices, dictionary)
        return dictionary.take(indices)


class Numbers:
    """Integers, 8 bytes each."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = array("q")

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, row: int) -> int:
        return self._values[row]

    @property
    def values(self) -> IntArray:
        """A copy, shape (rows,)."""
        return np.array(self._values, np.int64)

    def append(self, value: int) -> None:
        """One more row."""
        self._values.append(value)

    def fill(self, value: int, count: int) -> None:
        """`count` rows with the same value."""
        self._values.extend(array("q", [value]) * count)

    def extend(self, values: Sequence[int] | IntArray) -> None:
        """More rows."""
        self._values.frombytes(np.asarray(values, np.int64).tobytes())

    def join(self, other: Numbers) -> None:
        """All rows of another column."""
        self._values.extend(other._values)

    def take(self, rows: IntArray) -> Numbers:
        """Only `rows`."""
        out = Numbers()
        out.extend(self.values[rows])
        return out

    def arrow(self, rows: slice) -> pa.Array:
        """`rows` as int32, null where 0: these columns count from 1."""
        import pyarrow as pa

        values = np.array(self._values[rows], np.int32)
        return _arrow_ints(pa.int32(), values, values != 0)

    def arrow_money(self, rows: slice) -> pa.Array:
        """`rows` of hundredths as decimal128(18, 2)."""
        import pyarrow as pa

        values = np.array(self._values[rows], np.int64)
        words = np.stack([values, values >> 63], axis=1)
        buffers = [None, pa.py_buffer(words.tobytes())]
        return pa.Array.from_buffers(self.money_type(), values.size, buffers)

    @staticmethod
    def money_type() -> pa.DataType:
        """How amounts are written: decimal128(18, 2)."""
        import pyarrow as pa

        return pa.decimal128(MONEY_DIGITS, 2)


class Messages:
    """Long, mostly distinct texts, end to end in UTF-8."""

    __slots__ = ("_bytes", "_ends")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> str:
        return self._bytes[self._ends[row] : self._ends[row + 1]].decode()

    def append(self, text: str) -> None:
        """One more row."""
        self._bytes += text.encode()
        self._ends.append(len(self._bytes))

    def fill(self, text: str, count: int) -> None:
        """`count` rows with the same text."""
        self.extend([text] * count)

    def extend(self, texts: Iterable[str]) -> None:
        """More rows."""
        for text in texts:
            self.append(text)

    def join(self, other: Messages) -> None:
        """All rows of another column."""
        ends = np.array(other._ends, np.int64)[1:] + len(self._bytes)
        self._bytes += other._bytes
        self._ends.frombytes(ends.tobytes())

    def take(self, rows: IntArray) -> Messages:
        """Only `rows`."""
        out = Messages()
        for row in rows.tolist():
            out._bytes += self._bytes[self._ends[row] : self._ends[row + 1]]
            out._ends.append(len(out._bytes))
        return out

    def arrow(self, rows: slice) -> pa.Array:
        """`rows` as strings, null where ""; the slice must hold less than 2 GiB."""
        import pyarrow as pa

        ends = np.array(self._ends[rows.start : rows.stop + 1], np.int64)
        data = bytes(self._bytes[ends[0] : ends[-1]])
        offsets = (ends - ends[0]).astype(np.int32)
        written = _bitmap(np.diff(offsets) > 0)
        buffers = [written, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.string(), offsets.size - 1, buffers)


def walk(values: IntArray | CodeArray) -> Iterator[int]:
    """The values one by one, without a list of all of them."""
    pieces = (values[i : i + _PIECE].tolist() for i in range(0, values.size, _PIECE))
    return chain.from_iterable(pieces)


def _arrow_ints(kind: Any, values: CodeArray, valid: BoolArray) -> pa.Array:  # noqa: ANN401 - a pyarrow type
    """int32 values with nulls, without going through pandas as `pa.array` of numpy would."""
    import pyarrow as pa

    data = np.where(valid, values, 0).astype(np.int32).tobytes()
    return pa.Array.from_buffers(kind, values.size, [_bitmap(valid), pa.py_buffer(data)])


def _bitmap(valid: BoolArray) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
