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

_MOST_TAG = 4096


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
        first: position of the first of them, from 1; 0 when none is lost.
        part: the first of them as far as it was read; its last child may be cut.
    """

    refused: RefusedError
    lost: int
    first: int
    part: etree._Element | None


class Pieces:
    """The pieces of a large document, one at a time.

    After damage, reading goes on at the next start tag of a piece or of a root.

    Attributes:
        seen: pieces met so far, whole or lost.
        closed: pieces that were whole.
        envelopes: text of the first element of each name in the layout's headers; one for each
            root, as files may have been put one behind the other.
        late: names of headers met only after the first piece.
    """

    def __init__(self, chunks: Utf8Chunks, layout: Layout, limits: Limits) -> None:
        self._chunks = chunks
        self._layout = layout
        self._limits = limits
        names = (layout.piece, SIGNATURE, layout.root, *layout.headers)
        self._tags = [f"{{*}}{name}" for name in names if name]
        self._seams = (layout.piece, layout.root)
        self._source = stretches(chunks, self._seams) if layout.root else _uncut(chunks)
        self._head = b""  # the beginning of the root that is being read
        self._start: bytes | None = None  # what follows a seam until its start tag is parsed
        self._pending = 0  # seams of pieces since the last piece that was whole
        self._part: etree._Element | None = None
        self._fresh = False
        self._section_last = False
        self._section = False  # "<!" was met since the last piece that was whole
        self._unclosed = False
        self._line = 0
        self._before = 0  # pieces in earlier envelopes
        self.seen = 0
        self.closed = 0
        self.envelopes: list[dict[str, str]] = [{}]
        self.late: list[str] = []
        self._open(b"")

    @property
    def header(self) -> dict[str, str]:
        """The headers of the envelope that is being read."""
        return self.envelopes[-1]

    def __iter__(self) -> Iterator[etree._Element | Damage]:
        """Each whole piece, emptied when the next one is asked for, and each damage.

        Raises:
            RefusedError: the document stops being readable and the layout has no root.
        """
        try:
            for name, data in self._source:
                self._bound(int(name == self._layout.piece))
                if name:
                    yield from self._seam(name)
                yield from self._stretch(data)
        except RefusedError as refused:
            if not self._layout.root:
                raise
            self._pending += self._count_rest()
            yield self._damaged(refused)
        yield from self._close()

    def _seam(self, name: str) -> Iterator[Damage]:
        """In front of a start tag of a piece or a root, of which the `<` is already parsed."""
        # After some mistakes the parser passes over the rest without an error. A seam inside a
        # piece that no comment or CDATA can explain shows it, or that an end tag is missing.
        parser = self._parser if self._pending else None
        if parser is not None and (not self._section or stopped(parser.feed_error_log)):
            yield from self._close(inside=True)
        if not self._pending:
            self._section = self._section_last
        if name == self._layout.piece:
            self._pending += 1
            self._start = b""
            self._fresh = self._parser is None
            if self._fresh:
                self._resume()
            return
        if self._ended and self._parser is not None:
            reason = f"Tệp có hơn một {name} nối nhau, vẫn được đọc; mỗi tệp chỉ để một"
            yield self._damaged(RefusedError("noi_dung_la", reason))
        if self._parser is None:
            self.envelopes.append({})
            self._before = self.seen
            self._head = b""
            self._open(b"<")
        self._head = self._head or b"<"

    def _stretch(self, data: bytes) -> Iterator[etree._Element | Damage]:
        """Parses what comes next."""
        parser = self._parser
        if parser is None:
            self._line += data.count(b"\n")
            return
        if self._head and not self._pending and len(self._head) < _MOST_TAG:
            self._head += data[:_MOST_TAG]
        self._section_last = b"<!" in data
        self._section |= self._section_last
        error = _feed(parser, data)
        for element in self._whole(parser):
            yield element
            _release(element)
            self._size = self._nodes = 0
        if self._unclosed or (error is not None and self._start is not None and not self._fresh):
            yield from self._again(data, None if self._unclosed else error)
            return
        if self._start is not None:
            self._start = self._start + data if len(self._start) < _MOST_TAG else None
        self._line += data.count(b"\n")
        self._size += len(data)
        self._nodes += weigh(data)
        refused = self._malformed(error, data) if error is not None else self._too_much()
        if refused is not None:
            yield self._damaged(refused)

    def _whole(self, parser: etree.XMLPullParser) -> Iterator[etree._Element]:
        events = cast("Iterator[tuple[str, Any]]", parser.read_events())
        for event, element in events:
            name = local_name(element.tag)
            starts = event == "start"
            if name == SIGNATURE and not self._nested:
                self._signatures += 1 if starts else -1
                self._pending = 0
            elif self._signatures:
                continue
            elif name != self._layout.piece:
                if not (starts or self._nested):
                    self._outside(name, element.text or "")
            elif not starts:
                self._nested -= 1
                if not self._nested:
                    self.seen += 1
                    self.closed += 1
                    self._pending = 0
                    self._part = None
                    yield element
            elif self._nested and self._start is not None:
                self._unclosed = True
                return
            else:
                self._start = None
                self._nested += 1
                self._part = element if self._nested == 1 else self._part

    def _outside(self, name: str, text: str) -> None:
        """At the end of an element outside pieces."""
        if name == self._layout.root:
            self._ended = True
        elif name not in self.header:
            self.header[name] = text
            if self.seen > self._before:
                self.late.append(name)

    def _again(
        self, data: bytes, error: etree.XMLSyntaxError | None
    ) -> Iterator[etree._Element | Damage]:
        """Reads a piece anew: what is wrong lies before it, such as an end tag that is missing."""
        data = (self._start or b"") + data
        self._line -= (self._start or b"").count(b"\n")
        self._pending -= 1
        yield self._damaged(self._no_end() if error is None else self._malformed(error, data))
        self._pending = 1
        self._start = b""
        self._fresh = True
        self._resume()
        yield from self._stretch(data)

    def _resume(self) -> None:
        """A new parser in front of a piece, below elements like those of the document."""
        self._open(stand_in(self._head, self._layout.between) + b"<")

    def _open(self, before: bytes) -> None:
        # huge_tree, because a base64 text may pass libxml2's own bound; `_too_much` bounds it.
        parser = etree.XMLPullParser(("start", "end"), tag=self._tags, huge_tree=True, **SETTINGS)
        self._parser: etree.XMLPullParser | None = parser
        self._nested = self._signatures = 0
        self._size = self._nodes = 0
        self._ended = False
        self._shift = self._line - before.count(b"\n")
        if before:
            _feed(parser, before)

    def _close(self, *, inside: bool = False) -> Iterator[Damage]:
        """The end of what the parser can read."""
        parser, self._parser = self._parser, None
        if parser is None:
            return
        try:
            parser.close()
        except etree.XMLSyntaxError as error:
            refused = ended(error, "Tệp", parser.feed_error_log)
            if inside and refused.kind == "tep_bi_cat":
                refused = self._no_end()
            yield self._damaged(refused)

    def _damaged(self, refused: RefusedError) -> Damage:
        """Gives up the parser, and with it the pieces that it has not finished.

        Raises:
            RefusedError: reading is to end here.
        """
        if not self._layout.root:
            raise refused from None
        lost = max(self._pending, int(self._nested > 0))
        damage = Damage(refused, lost, self.seen + 1 if lost else 0, self._part)
        self.seen += lost
        self._pending = self._nested = 0
        self._parser = self._part = self._start = None
        self._unclosed = False
        return damage

    def _count_rest(self) -> int:
        """Pieces that begin in what is left, even behind bytes of a wrong encoding."""
        count = 0
        for source in (self._source, stretches(self._chunks.rest(), self._seams)):
            try:
                count += sum(name == self._layout.piece for name, _ in source)
            except RefusedError:
                continue
        return count

    def _no_end(self) -> RefusedError:
        name = self._layout.piece
        reason = f"Thiếu thẻ đóng </{name}> trước một {name} khác; xuất lại từ phần mềm"
        return RefusedError("tep_khong_doc_duoc", reason)

    def _malformed(self, error: etree.XMLSyntaxError, data: bytes) -> RefusedError:
        if error.lineno:
            error.lineno += self._shift
        return malformed(error, "tep_khong_doc_duoc", "Tệp", data)

    def _bound(self, begin: int) -> None:
        most = self._limits.file_pieces
        if self.seen + begin > most:
            self._pending += begin
            reason = f"Tệp có hơn {most} hồ sơ hoặc dòng XML0; chia nhỏ tệp"
            raise RefusedError("qua_lon", reason)

    def _too_much(self) -> RefusedError | None:
        if self._size > self._limits.claim_bytes:
            most = self._limits.claim_bytes // 2**20
            return RefusedError("qua_lon", f"Một hồ sơ lớn hơn {most} MB; xuất lại hồ sơ đó")
        if self._nodes > self._limits.claim_nodes:
            return RefusedError("qua_lon", "Một hồ sơ có quá nhiều thẻ; xuất lại hồ sơ đó")
        return None


def _uncut(chunks: Utf8Chunks) -> Iterator[tuple[str, bytes]]:
    return (("", chunk) for chunk in chunks)


def _feed(parser: etree.XMLPullParser, chunk: bytes) -> etree.XMLSyntaxError | None:
    """Parses a chunk; an error comes back, for what was whole before it is still to be taken."""
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        return error
    return None


def _release(element: etree._Element) -> None:
    """Empties a finished element and drops what came before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
