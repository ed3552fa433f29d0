"""Columns that grow row by row and stay small: coded texts, integers and long messages."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.arrays import Ints, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from giamdinh.model import BoolArray, CodeArray, IntArray

MONEY_DIGITS = 18
_PIECE = 10_000
_PLAIN = "{}"
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Picked:
    """A text per row: shape (rows,) codes into `texts`, which may repeat; "" where negative."""

    codes: CodeArray
    texts: Sequence[str]

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self.codes.size)


@dataclass(frozen=True, slots=True)
class Worded:
    """A text per row that differs from the others only in some places.

    Attributes:
        template: the text for `str.format`, with a `{}` for each place.
        places: the texts of each place, all of `rows` texts.
    """

    template: str
    places: Sequence[Sequence[str]]
    rows: int

    def __len__(self) -> int:
        """How many rows there are."""
        return self.rows


@dataclass(frozen=True, slots=True)
class Pieces:
    """Some runs of texts, one behind the other."""

    runs: Sequence[Worded]

    def __len__(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.runs))


class Texts:
    """Texts as codes into a list of distinct texts; "" is code -1."""

    __slots__ = ("_codes", "_index", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes = Ints()
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
        return self._codes.values.astype(np.int32)

    def codes_in(self, rows: slice) -> IntArray:
        """A copy of the codes of `rows`."""
        return self._codes.piece(rows)

    def code(self, text: str) -> int:
        """The code of `text`, new when it has none yet."""
        found = self._index.get(text)
        if found is None:
            found = self._index[text] = len(self.texts)
            self.texts.append(text)
        return found

    def _coded(self, texts: Sequence[str]) -> list[int]:
        """The code of each text, new ones in the order they come."""
        new = [text for text in dict.fromkeys(texts) if text not in self._index]
        self._index.update({text: len(self.texts) + i for i, text in enumerate(new)})
        self.texts += new
        return list(map(self._index.__getitem__, texts))

    def append(self, text: str) -> None:
        """One more row."""
        self._codes.append(self.code(text))

    def fill(self, text: str, count: int) -> None:
        """`count` rows with the same text."""
        if count:
            self._codes.fill(self.code(text), count)

    def extend(self, texts: Iterable[str] | Picked) -> None:
        """More rows."""
        if isinstance(texts, Picked):
            self._pick(texts)
        else:
            self._codes.extend(np.array(self._coded([*texts]), np.int32))

    def _pick(self, picked: Picked) -> None:
        """More rows; each distinct text is looked up once."""
        used, place = numbered(picked.codes)
        texts = [picked.texts[i] if i >= 0 else "" for i in used.tolist()]
        self._codes.extend(np.array(self._coded(texts), np.int32)[place])

    def join(self, other: Texts) -> None:
        """All rows of another column."""
        lut = np.array([*self._coded(other.texts), -1], np.int32)
        self._codes.extend(lut[other._codes.values])

    def take(self, rows: IntArray) -> Texts:
        """Only `rows`; texts that no row has any more are forgotten."""
        codes = self.codes[rows]
        used = numbered(codes[codes >= 0])[0]
        out = Texts()
        if used.size == len(self.texts):
            out.texts, out._index = self.texts.copy(), self._index.copy()
            out._codes.extend(codes)
            return out
        lut = np.full(len(self.texts) + 1, -1, np.int32)
        lut[used] = np.arange(used.size)
        out.texts = [self.texts[code] for code in used.tolist()]
        out._index.update({text: code for code, text in enumerate(out.texts)})
        out._codes.extend(lut[codes])
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

        codes = self.codes_in(rows)
        indices = _arrow_ints(pa.int32(), codes, codes >= 0)
        if coded:
            return pa.DictionaryArray.from_arrays(indices, dictionary)
        return dictionary.take(indices)


class Numbers:
    """Integers."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = Ints()

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, row: int) -> int:
        return self._values[row]

    @property
    def values(self) -> IntArray:
        """A copy, shape (rows,)."""
        return self._values.values.astype(np.int64)

    def values_in(self, rows: slice) -> IntArray:
        """A copy of `rows`."""
        return self._values.piece(rows)

    def append(self, value: int) -> None:
        """One more row."""
        self._values.append(value)

    def fill(self, value: int, count: int) -> None:
        """`count` rows with the same value."""
        self._values.fill(value, count)

    def extend(self, values: Sequence[int] | IntArray) -> None:
        """More rows."""
        self._values.extend(np.asarray(values, np.int64))

    def join(self, other: Numbers) -> None:
        """All rows of another column."""
        self._values.extend(other._values.values)

    def take(self, rows: IntArray) -> Numbers:
        """Only `rows`."""
        out = Numbers()
        out.extend(self.values[rows])
        return out

    def arrow(self, rows: slice) -> pa.Array:
        """`rows` as int64, null where 0: these columns count from 1."""
        import pyarrow as pa

        values = self.values_in(rows)
        return _arrow_ints(pa.int64(), values, values != 0)

    def arrow_money(self, rows: slice) -> pa.Array:
        """`rows` of hundredths as decimal128(18, 2)."""
        import pyarrow as pa

        values = self.values_in(rows)
        words = np.stack([values, values >> 63], axis=1)
        buffers = [None, pa.py_buffer(words.tobytes())]
        return pa.Array.from_buffers(self.money_type(), values.size, buffers)

    @staticmethod
    def money_type() -> pa.DataType:
        """How amounts are written: decimal128(18, 2)."""
        import pyarrow as pa

        return pa.decimal128(MONEY_DIGITS, 2)


class Messages:
    """Long, mostly distinct texts: what differs from row to row in UTF-8, the rest once."""

    __slots__ = ("_bytes", "_ends", "_templates", "_which")

    def __init__(self) -> None:
        self._templates = [_PLAIN]
        self._which = Ints()
        self._bytes = bytearray()
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, row: int) -> str:
        written = self._bytes[self._ends[row] : self._ends[row + 1]].decode()
        which = self._which[row]
        return self._templates[which].format(*written.split(_BETWEEN)) if which else written

    def append(self, text: str) -> None:
        """One more row."""
        self._add(_PLAIN, [text])

    def fill(self, text: str, count: int) -> None:
        """`count` rows with the same text."""
        self.extend(Worded(text.replace("{", "{{").replace("}", "}}"), (), count))

    def extend(self, texts: Iterable[str] | Worded | Pieces) -> None:
        """More rows."""
        if isinstance(texts, Pieces):
            for run in texts.runs:
                self.extend(run)
        elif not isinstance(texts, Worded):
            self._add(_PLAIN, list(texts))
        elif any(_BETWEEN in text for place in texts.places for text in place):
            self._add(_PLAIN, list(map(texts.template.format, *texts.places)))
        elif texts.places:
            self._add(texts.template, list(map(_BETWEEN.join, zip(*texts.places, strict=True))))
        else:
            self._add(texts.template, [""] * texts.rows)

    def _add(self, template: str, written: list[str]) -> None:
        encoded = [text.encode() for text in written]
        ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
        self._ends.frombytes((ends + len(self._bytes)).tobytes())
        self._bytes += b"".join(encoded)
        self._which.fill(self._template(template), len(encoded))

    def _template(self, template: str) -> int:
        if template not in self._templates:
            self._templates.append(template)
        return self._templates.index(template)

    def join(self, other: Messages) -> None:
        """All rows of another column."""
        lut = np.array([*map(self._template, other._templates)], np.int32)
        self._which.extend(lut[other._which.values])
        ends = np.array(other._ends, np.int64)[1:] + len(self._bytes)
        self._bytes += other._bytes
        self._ends.frombytes(ends.tobytes())

    def take(self, rows: IntArray) -> Messages:
        """Only `rows`."""
        out = Messages()
        out._templates = self._templates.copy()
        out._which.extend(self._which.values[rows])
        ends = np.array(self._ends, np.int64)
        starts, stops = ends[:-1][rows], ends[1:][rows]
        data = memoryview(self._bytes)
        for start, stop in zip(walk(starts), walk(stops), strict=True):
            out._bytes += data[start:stop]
        out._ends.frombytes(np.cumsum(stops - starts).tobytes())
        return out

    def arrow(self, rows: slice) -> pa.Array:
        """`rows` as strings, null where ""; the slice must hold less than 2 GiB."""
        import pyarrow as pa

        texts = [self[row].encode() for row in range(rows.start, rows.stop)]
        sizes = np.array([0, *map(len, texts)], np.int64)
        offsets = np.cumsum(sizes).astype(np.int32).tobytes()
        buffers = [_bitmap(sizes[1:] > 0), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
        return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def walk(values: IntArray | CodeArray) -> Iterator[int]:
    """The values one by one, without a list of all of them."""
    pieces = (values[i : i + _PIECE].tolist() for i in range(0, values.size, _PIECE))
    return chain.from_iterable(pieces)


def _arrow_ints(kind: Any, values: IntArray, valid: BoolArray) -> pa.Array:  # noqa: ANN401 - a pyarrow type
    """Values with nulls, without going through pandas as `pa.array` of numpy would."""
    import pyarrow as pa

    data = np.where(valid, values, 0).astype(kind.to_pandas_dtype()).tobytes()
    return pa.Array.from_buffers(kind, values.size, [_bitmap(valid), pa.py_buffer(data)])


def _bitmap(valid: BoolArray) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
