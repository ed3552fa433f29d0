"""The specification reader: documents to batches of claims, with a ledger of everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.model import Problem
from giamdinh.read.batch import STATUS_TABLE, Batch
from giamdinh.read.ending import BETWEEN, CLAIM_TAG, ENVELOPE_ROOT, Ending, close_file, settle
from giamdinh.read.hoso import read_hoso
from giamdinh.read.ledger import FileLog, Ledger
from giamdinh.read.limits import BATCH_CLAIMS, LIMITS, Limits
from giamdinh.read.pieces import Damage, Layout, Pieces
from giamdinh.read.prolog import Utf8Chunks
from giamdinh.read.refused import RefusedError
from giamdinh.read.replaced import Sendings
from giamdinh.read.rows import RowReader, table_of_root
from giamdinh.read.scanner import is_compiled
from giamdinh.read.sources import documents, find
from giamdinh.tables.specs import CLAIM_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence
    from pathlib import Path

    from lxml import etree

    from giamdinh.read.document import Document
    from giamdinh.read.scanner.driver import Scanner
    from giamdinh.read.sources import Found
    from giamdinh.tables.claimset import ClaimSet

_CLAIM_FILE = Layout(CLAIM_TAG, ("MACSKCB", "NGAYLAP", "SOLUONGHOSO"), ENVELOPE_ROOT, BETWEEN)
_LOADED_BYTES = 12 * 2**20
"""From this much input on, the scanner repays what it takes to load it."""
_COMPILED_BYTES = 256 * 2**20
"""The same where its kernels have to be compiled first."""
_LEVELS = 3  # of a table as the format describes it: root, list, row


def read_claims(  # noqa: PLR0913 - all but two have defaults that fit
    paths: Sequence[Path],
    ledger: Ledger,
    *,
    batch_claims: int = BATCH_CLAIMS,
    exclude: Collection[Path] = (),
    limits: Limits = LIMITS,
    scanner: bool | None = None,
) -> Iterator[ClaimSet]:
    """Batches of whole claims from files, folders and zip archives, in order of path.

    Bad data never raises: it goes to `ledger`, which is complete once the batches are used up.

    Args:
        paths: files of any name; folders, searched for .xml and .zip.
        ledger: filled while reading; `replaced` counts claims over all batches, from 0.
        batch_claims: most claims of a batch.
        exclude: files and folders to leave out.
        limits: bounds on what one input may ask for.
        scanner: read what is written as usual several times faster, at the cost of loading numba;
            None: when there is enough input. The result is the same.

    Raises:
        InputError: at once, when a path does not exist or there is nothing to read.
    """
    found = find(paths, exclude)
    if scanner is None:
        scanner = worth_scanning(sum(source.size for source in found.sources()))
    return _batches(found, Reading(ledger, batch_claims, limits, scanner=scanner))


def _batches(found: Found, reading: Reading) -> Iterator[ClaimSet]:
    for document in documents(found, reading.ledger, reading.limits):
        yield from reading.read(document)
    yield from reading.rest()
    reading.sendings.settle(reading.ledger)


class Reading:
    """One pass over documents, one after the other.

    Attributes:
        ledger: what was met.
        sendings: every claim handed on.
        ending: of the last claim file, None when it could not be read as one.
    """

    def __init__(
        self,
        ledger: Ledger,
        batch_claims: int = BATCH_CLAIMS,
        limits: Limits = LIMITS,
        *,
        scanner: bool = False,
    ) -> None:
        self.ledger = ledger
        self.limits = limits
        self.sendings = Sendings()
        self.ending: Ending | None = None
        self._batch_claims = max(batch_claims, 1)
        self._batch = Batch()
        self._scanner = _scanner(self, self._batch_claims) if scanner else None

    def read(self, document: Document) -> Iterator[ClaimSet]:
        """One document; a batch whenever one is full. The scanner may keep it for later."""
        return self.parse(document) if self._scanner is None else self._scanner.read(document)

    def parse(
        self, document: Document, claims: int = 0, log: FileLog | None = None
    ) -> Iterator[ClaimSet]:
        """One document without the scanner; a batch whenever one is full.

        Args:
            document: what to read.
            claims: how many of its first claims were handed on already.
            log: what was noted of the document so far.
        """
        log = log or FileLog(self.ledger, document.name, self.limits)
        taken = False
        self.ending = None
        try:
            with document.open() as raw:
                chunks = Utf8Chunks(raw, self.limits)
                if chunks.root == ENVELOPE_ROOT:
                    taken = yield from self._envelope(chunks, log, document, claims)
                elif chunks.root == table_specs()[STATUS_TABLE].root:
                    taken = yield from self._status(chunks, log)
                else:
                    raise _foreign(chunks.root)
        except RefusedError as refused:
            log.add(Problem(refused.kind, document.name, refused.reason))
        if not document.cut:
            close_file(log, taken=taken)

    def rest(self) -> Iterator[ClaimSet]:
        """The last batches; nothing is read after them."""
        if self._scanner is not None:
            yield from self._scanner.rest()
            self._scanner = None  # it points back here, so only this lets go of its buffers at once
        if not self._batch.empty:
            yield self._batch.build()
            self._batch = Batch()

    def _envelope(
        self, chunks: Utf8Chunks, log: FileLog, document: Document, claims: int
    ) -> Generator[ClaimSet, None, bool]:
        """A claim file; gives back whether anything could be taken from it."""
        pieces = Pieces(chunks, _CLAIM_FILE, self.limits)
        whole = True
        for piece in pieces:
            if isinstance(piece, Damage):
                whole = False
                self._damaged(piece, pieces, log)
            elif pieces.seen > claims:
                self.claim(piece, pieces.header, pieces.seen, log)
            yield from self.full(chunks.bytes_since())
        envelopes, late = tuple(pieces.envelopes), tuple(pieces.late)
        self.ending = Ending(envelopes, late, pieces.seen, whole, log.unlisted)
        if not document.cut:
            settle(self.ending, log)
        return whole or pieces.closed > 0

    def _status(self, chunks: Utf8Chunks, log: FileLog) -> Generator[ClaimSet, None, bool]:
        """A check-in file (XML0): rows without claims of their own."""
        spec = table_specs()[STATUS_TABLE]
        pieces = Pieces(chunks, Layout(spec.row), self.limits)
        place = Problem("", log.file, "", table=STATUS_TABLE)
        refused = None
        reader = RowReader(spec, self.limits)
        try:
            for element in pieces:
                if isinstance(element, Damage):
                    raise element.refused
                reader.add(element)
                for row in reader.found.rows:
                    self._batch.add_status(row)
                    self.ledger.count_rows(STATUS_TABLE, 1, kept=True)
                reader.found.rows.clear()
                yield from self.full(chunks.bytes_since())
        except RefusedError as error:
            refused = error
            reason = f"{error.reason} (đã đọc {pieces.closed} dòng XML0 trọn vẹn)"
            log.add(Problem(error.kind, log.file, reason, table=STATUS_TABLE))
        for note in reader.finish().notes:
            log.add_as(place, "noi_dung_la", note)
        for tag, times in reader.found.unknown.items():
            log.add_tag(STATUS_TABLE, tag, times, place)
        return refused is None or pieces.closed > 0

    def claim(
        self, element: etree._Element, header: dict[str, str], number: int, log: FileLog
    ) -> None:
        """A HOSO, the one with this number in its file, below the headers of an envelope."""
        ledger = self.ledger
        place = Problem("", log.file, "", hoso=number)
        hoso = read_hoso(element, place, header.get("MACSKCB", "").strip(), self.limits)
        for problem in hoso.problems:
            log.add(problem)
        for (table, tag), times in hoso.unknown.items():
            log.add_tag(table, tag, times, replace(place, facility=hoso.facility))
        for table, rows in hoso.dropped.items():
            ledger.count_rows(table, rows, kept=False)
        kept = hoso.xml1 is not None
        for table, found in hoso.rows.items():
            ledger.count_rows(table, len(found), kept=kept)
        ledger.claims_declared += 1
        if hoso.xml1 is None:
            ledger.claims_quarantined += 1
            return
        ledger.count_rows(CLAIM_TABLE, 1, kept=True)
        self._batch.add_claim(place, header, hoso, ledger.claims_read)
        ledger.claims_read += 1
        own = hoso.xml1.get("MA_LK", "").strip()
        self.sendings.add(hoso.facility, own, header.get("NGAYLAP", ""), place)

    def _damaged(self, damage: Damage, pieces: Pieces, log: FileLog) -> None:
        """Counts and names what is lost where a file is damaged."""
        self.ledger.claims_declared += damage.lost
        self.ledger.claims_quarantined += damage.lost
        where = "nằm ngoài các hồ sơ"
        if damage.lost:
            many = f"{damage.lost} hồ sơ, từ hồ sơ" if damage.lost > 1 else "hồ sơ"
            where = f"{many} thứ {damage.first} trong tệp không được giám định"
        reason = f"{damage.refused.reason} ({where})"
        facility = pieces.header.get("MACSKCB", "").strip()
        place = Problem(damage.refused.kind, log.file, reason, damage.first, facility=facility)
        if damage.part is not None and len(damage.part):
            damage.part.remove(damage.part[-1])
            hoso = read_hoso(damage.part, place, facility, self.limits)
            place = replace(place, claim=hoso.get("MA_LK"), facility=hoso.facility)
            rows = {table: len(found) for table, found in hoso.rows.items()}
            rows[CLAIM_TABLE] = int(hoso.xml1 is not None)
            for table, count in rows.items():
                self.ledger.count_rows(table, count, kept=False)
        log.add(place)

    def full(self, input_bytes: int) -> Iterator[ClaimSet]:
        """The batch when so many more bytes fill it, and a new one in its place."""
        batch = self._batch
        batch.input_bytes += input_bytes
        if len(batch) >= self._batch_claims or batch.input_bytes >= self.limits.batch_bytes:
            self._batch = Batch()
            yield batch.build()


def _scanner(reading: Reading, batch_claims: int) -> Scanner | None:
    """The scanner, if it can be loaded and the bounds let every table be as it should."""
    if reading.limits.depth < _LEVELS:
        return None
    try:
        from giamdinh.read.scanner.driver import Scanner
    except ImportError:
        return None
    return Scanner(reading, batch_claims)


def worth_scanning(size: int) -> bool:
    """Whether the scanner reads `size` bytes sooner than the parser does, all costs counted."""
    if not _LOADED_BYTES <= size < _COMPILED_BYTES:
        return size >= _COMPILED_BYTES
    return is_compiled()


def _foreign(root: str) -> RefusedError:
    table = table_of_root().get(root)
    what = f"bảng {table} rời" if table else "một loại tài liệu khác"
    reason = (
        f"Thẻ gốc không phải {ENVELOPE_ROOT}: đây là {what}; gửi hồ sơ trong vỏ {ENVELOPE_ROOT}"
    )
    return RefusedError("khong_phai_ho_so", reason)
