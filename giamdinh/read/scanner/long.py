"""A file that is scanned piece by piece; a HOSO that is not understood is parsed by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from giamdinh.read.ending import BETWEEN, CLAIM_TAG, ENVELOPE_ROOT, Ending
from giamdinh.read.ledger import FileLog
from giamdinh.read.parsing import SETTINGS
from giamdinh.read.scanner.buffer import UNREADABLE, Found, read_into
from giamdinh.read.scanner.envelope import (
    BEGINNING,
    CLOSED,
    END,
    FORM,
    HEADER,
    HOSOS,
    INSIDE,
    REASON,
    START,
    STOPS,
)  # fmt: skip
from giamdinh.read.scanner.payload import CLAIM_BYTES, CLAIM_NODES, PIECES
from giamdinh.read.scanner.rows import ENVELOPE, FULL, LIMIT, REASONS
from giamdinh.read.seams import stand_in, stretches

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from giamdinh.model import IntArray
    from giamdinh.read.document import Document
    from giamdinh.read.scanner.driver import Scanner
    from giamdinh.tables.claimset import ClaimSet

_OPEN = f"<{ENVELOPE_ROOT}".encode()
_CLOSE = f"</{CLAIM_TAG}>".encode()
_BLANK = b" \t\r\n"
_MOST_TAG = 4096
_NEAR = 2**18
_END = "".join(f"</{name}>" for name in (*reversed(BETWEEN), ENVELOPE_ROOT)).encode()


class LongFile:
    """One pass over a long file.

    What cannot be cut, and everything behind it, is left to the other reader, which reads the file
    again and passes over the claims that were handed on here.
    """

    def __init__(self, scanner: Scanner, document: Document) -> None:
        self._scanner = scanner
        self._document = document
        self._buffer = scanner.buffer
        reading = scanner.reading
        self._log = FileLog(reading.ledger, document.name, reading.limits)
        # The other reader stops in front of the chunk that goes beyond the bound.
        self._most = reading.limits.file_bytes - reading.limits.chunk_bytes
        self._seen = 0
        self._bytes = 0
        self._header: dict[str, str] = {}
        self._places: list[int] = []
        self._root = b""

    def read(self, raw: BinaryIO, begin: bytes) -> Iterator[ClaimSet]:
        """The file, of which the first bytes were read from `raw`."""
        buffer = self._buffer
        last = False
        more = 0
        while True:
            buffer.clear()
            start = buffer.end
            buffer.view[start : start + len(begin)] = begin
            size = len(begin)
            room = buffer.view[start + size : start + buffer.largest]
            if len(room):
                more = read_into(raw, room)
                last = more < len(room)
                size += max(more, 0)
            cut = size if last else self._cut(start, size)
            begin = bytes(buffer.view[start + cut : start + size])
            self._bytes += cut
            buffer.add(INSIDE if self._bytes > cut else BEGINNING, cut)
            if more < 0:
                reason = UNREADABLE
            elif self._bytes > self._most:
                reason = REASONS[LIMIT]
            else:
                reason = (yield from self._piece(last=last)) if cut else REASONS[ENVELOPE]
            if reason:
                buffer.clear()
                self._scanner.count_left(reason)
                yield from self._scanner.reading.parse(self._document, self._seen, self._log)
                return
            if last:
                break
        buffer.clear()
        ending = Ending((self._header,), (), self._seen, whole=True, unlisted=self._log.unlisted)
        self._scanner.ended(self._document, ending, self._log)

    def _cut(self, start: int, size: int) -> int:
        """How many bytes there are up to the end of the last HOSO."""
        for near in (_NEAR, size):
            first = max(size - near, 0)
            found = bytes(self._buffer.view[start + first : start + size]).rfind(_CLOSE)
            if found >= 0:
                return first + found + len(_CLOSE)
        return 0

    def _piece(self, *, last: bool) -> Generator[ClaimSet, None, str]:
        """One piece; gives back why it cannot be taken, "" when it was."""
        buffer, scanner = self._buffer, self._scanner
        spans = buffer.spans()
        span = spans[0]
        while True:
            if span[FORM] == INSIDE:
                span[HEADER:] = self._places
            buffer.work.bounds[PIECES] = scanner.reading.limits.file_pieces - self._seen
            scanner.scan(spans, 0)
            found = Found(buffer, spans)
            if span[FORM] == BEGINNING:
                self._begun(found, span)
            claims = int(span[HOSOS])
            file = self._document.name
            yield from scanner.take(found, claims, file, self._header, self._seen)
            scanner.code(found, found.claims)
            self._seen += claims
            reason = int(span[REASON])
            if not reason:
                return "" if bool(span[CLOSED]) == last else REASONS[ENVELOPE]
            if span[END] == span[START] and span[FORM] == BEGINNING:
                return REASONS[reason]
            if reason != FULL or not claims:
                behind = self._alone(int(span[START]), int(span[END]), int(span[STOPS]))
                if not behind:
                    return REASONS[reason]
                scanner.count_left(REASONS[reason])
                yield from scanner.reading.full(behind - int(span[END]))
                span[END] = behind
            span[START] = span[END]
            span[FORM] = INSIDE

    def _begun(self, found: Found, span: IntArray) -> None:
        """Keeps what later pieces need of the beginning."""
        start = int(span[START])
        self._header = found.header(0)
        self._places = self._buffer.keep_headers(span)
        begin = bytes(self._buffer.view[start : start + self._scanner.reading.limits.prolog_bytes])
        at = max(begin.find(_OPEN), 0)
        self._root = begin[at : at + _MOST_TAG]

    def _alone(self, since: int, start: int, stop: int) -> int:
        """Has the HOSO at `start` parsed by itself; gives the position behind it, 0 if it cannot.

        That is right only when its bytes, up to the first end tag, are exactly one whole HOSO.
        """
        view = self._buffer.view
        before = bytes(view[max(since, start - _NEAR) : start])
        blanks = len(before) - len(before.rstrip(_BLANK))
        if blanks == _NEAR:
            return 0
        for near in (start + _NEAR, stop):
            piece = bytes(view[start : min(near, stop)])
            size = piece.find(_CLOSE) + len(_CLOSE)
            if size >= len(_CLOSE):
                break
        else:
            return 0
        element = self._element(piece[:size], blanks)
        if element is None:
            return 0
        self._seen += 1
        self._scanner.reading.claim(element, self._header, self._seen, self._log)
        return start + size

    def _element(self, piece: bytes, blanks: int) -> etree._Element | None:
        bounds = self._buffer.work.bounds
        weight = piece.count(b"<") + piece.count(b"=")
        size = len(piece) + blanks
        most = self._scanner.reading.limits.file_pieces
        if size > bounds[CLAIM_BYTES] or weight > bounds[CLAIM_NODES] or self._seen >= most:
            return None
        whole = stand_in(self._root, BETWEEN) + piece + _END
        seams = [name for name, _ in stretches([whole], (CLAIM_TAG, ENVELOPE_ROOT)) if name]
        if seams != [ENVELOPE_ROOT, CLAIM_TAG]:
            return None
        try:
            root = etree.fromstring(whole, etree.XMLParser(huge_tree=True, **SETTINGS))
        except etree.XMLSyntaxError:
            return None
        found = root[0][0]
        return found[0] if len(found) == 1 and found[0].tag == CLAIM_TAG else None
