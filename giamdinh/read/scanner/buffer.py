"""The work area of the scanner: one byte buffer for many documents, and what is found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from giamdinh.read.refused import READ_ERRORS
from giamdinh.read.scanner.envelope import (
    FORM,
    HEADER,
    HOSOS,
    REASON,
    SPAN,
    START,
    STOPS,
)  # fmt: skip
from giamdinh.read.scanner.layout import ENVELOPE, HEADERS
from giamdinh.read.scanner.marks import PADDING, STOP
from giamdinh.read.scanner.rows import AT_CLAIM, AT_FREE, C_HOSO, C_KEY, C_PLACE, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.model import IntArray
    from giamdinh.read.limits import Limits

_NAMES = tuple(ENVELOPE[int(k)] for k in HEADERS)
MIB = 2**20
BATCH = MIB
"""Bytes of documents that are scanned in one go: what is found in them stays in fast memory."""
LARGEST = 4 * MIB
"""A larger document is scanned piece by piece."""
_FRONT = 1024  # never a document: position 0 stands for "not found", headers of pieces are kept
_HEADERS = 64
UNREADABLE = "tep_khong_doc_duoc"
CELLS = 1 << 20
"""Room for values."""
_ROWS = 1 << 17
_CLAIMS = 1 << 14


def read_into(raw: BinaryIO, room: memoryview) -> int:
    """Reads until `room` is full or the document ends; gives the bytes read, -1 for an error."""
    try:
        return raw.readinto(room)  # type: ignore[attr-defined, no-any-return]
    except READ_ERRORS:
        return -1


class Buffer:
    """Bytes to scan, one document behind the other.

    Attributes:
        work: what kernels take.
        view: the bytes.
        end: where the next document goes.
        batch: how many bytes of documents are scanned in one go.
        largest: the most bytes of one document.
    """

    def __init__(
        self, limits: Limits, batch: int = BATCH, largest: int = LARGEST, cells: int = CELLS
    ) -> None:
        self.batch = batch
        self.largest = largest
        room = batch + largest
        # Decoded documents are at most three quarters of what was read, their values no more again.
        data = np.empty(_FRONT + room + room * 3 // 2 + MIB + PADDING, np.uint8)
        data[:_FRONT] = STOP
        data[-PADDING:] = STOP
        self.view = data.data
        self.work = Work(
            data,
            np.empty((cells, 2), np.int32),
            np.empty((_ROWS, 3), np.int32),
            np.empty((_CLAIMS, 4), np.int64),
            np.zeros(6, np.int64),
            _bounds(limits),
        )
        self.clear()

    def clear(self) -> None:
        """Forgets all documents."""
        self.end = _FRONT
        self._spans: list[tuple[int, int, int]] = []

    def add(self, form: int, size: int) -> None:
        """Makes the next `size` bytes a span."""
        self._spans.append((self.end, self.end + size, form))
        self.end += size
        self.work.data[self.end] = STOP
        self.end += 1

    def spans(self) -> IntArray:
        """The spans."""
        spans = np.full((len(self._spans), SPAN), -1, np.int64)
        if self._spans:
            spans[:, [START, STOPS, FORM]] = self._spans
        return spans

    def free(self) -> None:
        """Forgets what was found, and everything that was decoded."""
        self.work.at[:] = 0
        self.work.at[AT_FREE] = self.end + PADDING

    def texts(self, cells: IntArray) -> list[str]:
        """What is written in some cells."""
        view = self.view
        places = self.work.cells[cells].tolist()
        return [str(view[p : p + n], "utf-8") if n > 0 else "" for p, n in places]

    def keep_headers(self, span: IntArray) -> list[int]:
        """Copies the headers of a file to where they stay; gives where they are then."""
        data, to, places = self.work.data, _HEADERS, []
        for k in range(HEADER, SPAN, 2):
            start, size = int(span[k]), int(span[k + 1])
            if start >= 0:
                data[to : to + size] = data[start : start + size].copy()
            places += [to if start >= 0 else -1, size]
            to += max(size, 0)
        return places


class Found:
    """What one scan found.

    Attributes:
        claims: how many.
        taken, coded: how many of them were handed on, and coded.
    """

    def __init__(self, buffer: Buffer, spans: IntArray) -> None:
        work = buffer.work
        self.claims = int(work.at[AT_CLAIM])
        self.taken = self.coded = 0
        claims = work.claims[: self.claims]
        self._buffer = buffer
        self._own = buffer.texts(claims[:, C_KEY])
        self._where = buffer.texts(claims[:, C_PLACE])
        self._hoso = claims[:, C_HOSO].tolist()
        self._results = spans.tolist()

    def take(self, claims: int) -> Iterator[tuple[str, str, int]]:
        """MA_LK, MA_CSKCB and position within its span of the next claims."""
        some = slice(self.taken, self.taken + claims)
        self.taken += claims
        return zip(self._own[some], self._where[some], self._hoso[some], strict=True)

    def result(self, i: int) -> tuple[int, int, int, int]:
        """First byte of a span, the one behind its last, why it was refused, and its claims."""
        span = self._results[i]
        return span[START], span[STOPS], span[REASON], span[HOSOS]

    def header(self, i: int) -> dict[str, str]:
        """The headers of a span."""
        places = self._results[i][HEADER:SPAN]
        view = self._buffer.view
        pairs = zip(_NAMES, places[::2], places[1::2], strict=True)
        return {name: str(view[p : p + n], "utf-8") for name, p, n in pairs if p >= 0}


def _bounds(limits: Limits) -> IntArray:
    """See `payload.py`; what the other reader counts for a claim may begin in the chunk before."""
    before = max(limits.chunk_bytes, limits.prolog_bytes) + 128
    bounds = [
        limits.table_bytes,
        limits.claim_nodes,
        limits.claim_bytes - before,
        limits.claim_nodes - before,
        limits.rows_per_claim,
        limits.prolog_bytes,
        limits.file_pieces,
    ]
    return np.array(bounds, np.int64)
