"""The scanner at work: documents to batches, and to the other reader what it does not take."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from giamdinh.model import Problem
from giamdinh.read.document import Document, refusing
from giamdinh.read.ending import Ending, as_promised, count_file, settle
from giamdinh.read.ledger import FileLog
from giamdinh.read.refused import RefusedError
from giamdinh.read.scanner.buffer import UNREADABLE, Buffer, Found, read_into
from giamdinh.read.scanner.columns import Collected
from giamdinh.read.scanner.envelope import FILE, read_spans
from giamdinh.read.scanner.layout import names_and_shapes, tables
from giamdinh.read.scanner.long import LongFile
from giamdinh.read.scanner.rows import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.model import IntArray
    from giamdinh.read.reader import Reading
    from giamdinh.tables.claimset import ClaimSet


class Scanner:
    """Reads the documents of one `Reading`, several at a time, in their order.

    Attributes:
        reading: parses what is not understood here, and holds what was met.
        buffer: the bytes being scanned.
    """

    def __init__(self, reading: Reading, batch_claims: int, buffer: Buffer | None = None) -> None:
        self.reading = reading
        self.buffer = buffer or Buffer(reading.limits)
        self._batch_claims = batch_claims
        self._names, self._shapes = names_and_shapes()
        self._waiting: list[Document] = []
        self._collected = Collected()
        self._largest = min(self.buffer.largest, reading.limits.file_bytes)

    def read(self, document: Document) -> Iterator[ClaimSet]:
        """One document; it may wait for others."""
        buffer = self.buffer
        try:
            raw = document.open()
        except RefusedError as refused:
            yield from self.flush()
            yield from self.leave(refusing(document.name, refused), refused.kind)
            return
        with raw:
            room = buffer.view[buffer.end : buffer.end + self._largest + 1]
            size = read_into(raw, room)
            if size < 0:
                yield from self.flush()
                yield from self.leave(document, UNREADABLE)
            elif size <= self._largest:
                buffer.add(FILE, size)
                self._waiting.append(document)
            else:
                begin = bytes(room[:size])
                yield from self.flush()
                yield from LongFile(self, document).read(raw, begin)
        if buffer.end > buffer.batch or document.cut:
            yield from self.flush()

    def rest(self) -> Iterator[ClaimSet]:
        """What waits, and the last batch."""
        yield from self.flush()
        if len(self._collected):
            yield self._batch()

    def flush(self) -> Iterator[ClaimSet]:
        """Reads all documents that wait."""
        waiting, self._waiting = self._waiting, []
        spans = self.buffer.spans()
        done = 0
        while done < len(waiting):
            stop = self.scan(spans, done)
            found = Found(self.buffer, spans)
            for i in range(done, max(stop, done + 1)):
                yield from self._whole(waiting[i], found, i)
            self.code(found, found.claims)
            done = max(stop, done + 1)
        self.buffer.clear()

    def scan(self, spans: IntArray, first: int) -> int:
        """Scans as many spans as there is room for; gives the first that is left."""
        self.buffer.free()
        return int(read_spans(self.buffer.work, self._names, self._shapes, spans, first))

    def leave(self, document: Document, reason: str, claims: int = 0) -> Iterator[ClaimSet]:
        """Gives a document to the other reader, from its first claim or behind so many."""
        self.count_left(reason)
        yield from self.reading.parse(document, claims)

    def count_left(self, reason: str) -> None:
        """Counts a document or a claim that the other reader gets."""
        left = self.reading.ledger.left
        left[reason] = left.get(reason, 0) + 1

    def take(
        self, found: Found, claims: int, file: str, header: dict[str, str], before: int = 0
    ) -> Iterator[ClaimSet]:
        """Hands on the next claims that were found; a batch whenever one is full.

        Args:
            found: what was found.
            claims: how many of them.
            file: where they are from.
            header: of their envelope.
            before: how many claims the file had before these were scanned.
        """
        while claims:
            some = min(claims, self._batch_claims - len(self._collected))
            self._note(found, some, file, header, before)
            claims -= some
            if self._full:
                self.code(found, found.taken)
                yield self._batch()

    @property
    def _full(self) -> bool:
        collected = self._collected
        most = self.reading.limits.batch_bytes
        return len(collected) >= self._batch_claims or collected.input_bytes >= most

    def _note(
        self, found: Found, claims: int, file: str, header: dict[str, str], before: int
    ) -> None:
        """Notes claims for which the batch has room."""
        ledger, collected = self.reading.ledger, self._collected
        add = self.reading.sendings.add
        facility, made = header.get("MACSKCB", "").strip(), header.get("NGAYLAP", "")
        for own, where, position in found.take(claims):
            hoso = before + position + 1
            collected.hoso.append(hoso)
            add(where.strip() or facility, own.strip(), made, Problem("", file, "", hoso))
        collected.files += [file] * claims
        collected.seq += range(ledger.claims_read, ledger.claims_read + claims)
        ledger.claims_declared += claims
        ledger.claims_read += claims
        ledger.scanned["claims"] = ledger.scanned.get("claims", 0) + claims

    def code(self, found: Found, claims: int) -> None:
        """Codes the claims found up to the number `claims` that are not coded yet."""
        if claims == found.coded:
            return
        rows = self._collected.code(self.buffer.work, found.coded, claims)
        found.coded = claims
        for spec, count in zip(tables()[:-1], rows.tolist()[:-1], strict=True):
            if count:
                self.reading.ledger.count_rows(spec.name, count, kept=True)

    def _whole(self, document: Document, found: Found, i: int) -> Iterator[ClaimSet]:
        """A whole document that was scanned."""
        start, stop, reason, claims = found.result(i)
        self._collected.input_bytes += stop - start
        if reason:
            data = bytes(self.buffer.view[start:stop])
            again = Document(document.name, lambda: BytesIO(data), document.cut)
            yield from self.leave(again, REASONS[reason])
            return
        header = found.header(i)
        yield from self.take(found, claims, document.name, header)
        if document.cut or not as_promised(header, claims):
            self.ended(document, Ending((header,), (), claims, whole=True, unlisted=0))
        else:
            self._count()

    def ended(self, document: Document, ending: Ending, log: FileLog | None = None) -> None:
        """At the end of a file that was read without damage."""
        reading = self.reading
        log = log or FileLog(reading.ledger, document.name, reading.limits)
        reading.ending = ending
        if not document.cut:
            settle(ending, log)
            log.close()
            self._count()

    def _count(self) -> None:
        ledger = self.reading.ledger
        ledger.scanned["files"] = ledger.scanned.get("files", 0) + 1
        count_file(ledger, taken=True)

    def _batch(self) -> ClaimSet:
        collected = self._collected
        built = collected.build()
        self._collected = Collected(collected.texts)
        return built
