"""A large document piece by piece, in bounded memory, past the places where it is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from lxml import etree

from giamdinh.read.parsing import SETTINGS, local_name, weigh
from giamdinh.read.refused import RefusedError, ended, malformed, stopped
from giamdinh.read.rows import SIGNATURE
from giamdinh.read.seams import stand_in, stretches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.read.limits import Limits
    from giamdinh.read.prolog import Utf8Chunks

_MOST_HEAD = 4096
_MOST_START = 65536


@dataclass(frozen=True, slots=True)
class Layout:
    """What to look for in a document.

    Attributes:
        piece: local name of the pieces.
        headers: elements outside pieces whose text is wanted.
        root: local name of the root; "" when reading ends at the first damage.
        between: elements from the root down to the pieces.
    """

    piece: str
    headers: tuple[str, ...] = ()
    root: str = ""
    between: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Damage:
    """A place that cannot be read.

    Attributes:
        refused: why.
        lost: pieces that are lost there.
        first: position of the first of them, from 1; of the last one before when none is lost.
        part: the first of them as far as it was read; its last child may be cut.
    """

    refused: RefusedError
    lost: int
    first: int
    part: etree._Element | None


class Pieces:
    """The pieces of a large document, one at a time.

    Attributes:
        seen: pieces met so far, whole or lost.
        closed: pieces that were whole.
        envelopes: text of the first element of each of the layout's headers; one for each root,
            for files that were put one behind the other.
        late: names of headers met only after the first piece.
    """

    def __init__(self, chunks: Utf8Chunks, layout: Layout, limits: Limits) -> None:
        self._chunks = chunks
        self._layout = layout
        self._limits = limits
        self._tags = [f"{{*}}{name}" for name in (layout.piece, SIGNATURE, *layout.headers)]
        self._parser: etree.XMLPullParser | None = None
        self._stretches = stretches(chunks, (layout.piece, layout.root))
        self._nested = 0
        self._signatures = 0
        self._unclosed = False
        self._pending = 0
        self._part: etree._Element | None = None
        self._start: bytes | None = None
        self._head: bytes | None = b""
        self._lines = self._hidden = 0
        self._size = self._nodes = 0
        self.seen = 0
        self.closed = 0
        self.envelopes: list[dict[str, str]] = [{}]
        self.late: list[str] = []

    @property
    def header(self) -> dict[str, str]:
        """The headers of the envelope that is being read."""
        return self.envelopes[-1]

    def __iter__(self) -> Iterator[etree._Element | Damage]:
        """Each whole piece, emptied when the next one is asked for, and each damage.

        Raises:
            RefusedError: the document stops being readable and the layout has no root.
        """
        if not self._layout.root:
            self._stretches = (("", chunk) for chunk in self._chunks)
        self._open(b"")
        try:
            for name, data in self._stretches:
                yield from self._stretch(name, data)
                if self.seen > self._limits.file_pieces:
                    most = self._limits.file_pieces
                    reason = f"Tệp có hơn {most} hồ sơ hoặc dòng XML0; chia nhỏ tệp"
                    raise RefusedError("qua_lon", reason)  # noqa: TRY301 - as from the chunks
            yield from self._close()
        except RefusedError as refused:
            self._pending += self._count_rest()
            yield self._damaged(refused)

    def _stretch(self, name: str, data: bytes) -> Iterator[etree._Element | Damage]:
        """Parses what comes next; `name` says what begins with it."""
        if name:
            yield from self._seam(name)
        if self._parser is None:
            self._lines += data.count(b"\n")
            return
        self._keep_head(data)
        error = _feed(self._parser, data)
        for element in self._whole(self._parser):
            yield element
            _release(element)
            self._size = self._nodes = 0
        if self._unclosed:
            yield from self._again(data)
            return
        if self._start is not None:
            self._start = self._start + data if len(self._start) < _MOST_START else None
        self._size += len(data)
        self._nodes += weigh(data)
        refused = self._too_much()
        if error is not None:
            if error.lineno:
                error.lineno += self._lines - self._hidden
            refused = malformed(error, "tep_khong_doc_duoc", "Tệp", data)
        self._hidden += data.count(b"\n")
        self._lines += data.count(b"\n")
        if refused is not None:
            yield self._damaged(refused)

    def _seam(self, name: str) -> Iterator[Damage]:
        """At the start tag of a piece or of a root."""
        if self._parser is not None and self._pending and stopped(self._parser.feed_error_log):
            yield from self._close()
        if name != self._layout.piece:
            if self._parser is None:
                self.envelopes.append({})
                self._head = b"<"
                self._open(b"<")
            return
        self._pending += 1
        self._start = b""
        if self._parser is None:
            self._resume()
        elif self._head is not None and len(self.envelopes) and not self.seen:
            self._start = b""

    def _resume(self) -> None:
        """A new parser in front of a piece, below the same elements as the pieces before."""
        head = self._head or b""
        self._open(stand_in(head, self._layout.between) + b"<")
        self._start = b""

    def _open(self, before: bytes) -> None:
        # huge_tree, because a base64 text may pass libxml2's own bound; `_too_much` bounds it.
        parser = etree.XMLPullParser(("start", "end"), tag=self._tags, huge_tree=True, **SETTINGS)
        self._parser = parser
        self._nested = self._signatures = 0
        self._hidden = before.count(b"\n")
        self._size = self._nodes = 0
        if before:
            _feed(parser, before)
