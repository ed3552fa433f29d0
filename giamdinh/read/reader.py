"""The specification reader: documents to batches of claims, with a ledger of everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.model import Problem
from giamdinh.read.batch import STATUS_TABLE, Batch
from giamdinh.read.hoso import read_hoso
from giamdinh.read.ledger import FileLog, Ledger
from giamdinh.read.limits import LIMITS, Limits
from giamdinh.read.pieces import Damage, Layout, Pieces
from giamdinh.read.prolog import Utf8Chunks
from giamdinh.read.refused import RefusedError
from giamdinh.read.replaced import Sendings
from giamdinh.read.rows import RowReader, table_of_root
from giamdinh.read.sources import documents, find
from giamdinh.tables.specs import CLAIM_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence
    from pathlib import Path

    from lxml import etree

    from giamdinh.read.document import Document
    from giamdinh.read.sources import Found
    from giamdinh.tables.claimset import ClaimSet

ENVELOPE_ROOT = "GIAMDINHHS"
_CLAIM_FILE = Layout(
    "HOSO",
    ("MACSKCB", "NGAYLAP", "SOLUONGHOSO"),
    ENVELOPE_ROOT,
    ("THONGTINHOSO", "DANHSACHHOSO"),
)
_MOST_DIGITS = 10


def read_claims(
    paths: Sequence[Path],
    ledger: Ledger,
    *,
    batch_claims: int = 2000,
    exclude: Collection[Path] = (),
    limits: Limits = LIMITS,
) -> Iterator[ClaimSet]:
    """Batches of whole claims from files, folders and zip archives, in order of path.

    Bad data never raises: it goes to `ledger`, which is complete once the batches are used up.

    Args:
        paths: files of any name; folders, searched for .xml and .zip.
        ledger: filled while reading; `replaced` counts claims over all batches, from 0.
        batch_claims: most claims of a batch.
        exclude: files and folders to leave out.
        limits: bounds on what one input may ask for.

    Raises:
        InputError: at once, when a path does not exist or there is nothing to read.
    """
    return _batches(find(paths, exclude), _Run(ledger, batch_claims, limits))


def _batches(found: Found, run: _Run) -> Iterator[ClaimSet]:
    for document in documents(found, run.ledger, run.limits):
        yield from run.read(document)
    yield from run.finish()


class _Run:
    """One pass over all documents."""

    def __init__(self, ledger: Ledger, batch_claims: int, limits: Limits) -> None:
        self.ledger = ledger
        self.limits = limits
        self._batch_claims = max(batch_claims, 1)
        self._batch = Batch()
        self._sendings = Sendings()

    def read(self, document: Document) -> Iterator[ClaimSet]:
        """One document; a batch whenever one is full."""
        log = FileLog(self.ledger, document.name, self.limits)
        taken = False
        try:
            with document.open() as raw:
                chunks = Utf8Chunks(raw, self.limits)
                if chunks.root == ENVELOPE_ROOT:
                    taken = yield from self._envelope(chunks, log)
                elif chunks.root == table_specs()[STATUS_TABLE].root:
                    taken = yield from self._status(chunks, log)
                else:
                    raise _foreign(chunks.root)
        except RefusedError as refused:
            log.add(Problem(refused.kind, document.name, refused.reason))
        self.ledger.files_found += 1
        self.ledger.files_read += taken
        self.ledger.files_rejected += not taken
        log.close()

    def finish(self) -> Iterator[ClaimSet]:
        """The last batch, and what is only known at the end."""
        if not self._batch.empty:
            yield self._batch.build()
        self.ledger.replaced.update(self._sendings.replaced())
        self.ledger.claims_replaced = len(self.ledger.replaced)
        self.ledger.problems.extend(self._sendings.problems())

    def _envelope(self, chunks: Utf8Chunks, log: FileLog) -> Generator[ClaimSet, None, bool]:
        """A claim file; gives back whether anything could be taken from it."""
        pieces = Pieces(chunks, _CLAIM_FILE, self.limits)
        whole = True
        for piece in pieces:
            if isinstance(piece, Damage):
                whole = False
                self._damaged(piece, pieces, log)
            else:
                self._claim(piece, pieces, log)
            yield from self._full(chunks)
        self._settle(pieces, log, whole=whole)
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
                yield from self._full(chunks)
        except RefusedError as error:
            refused = error
            reason = f"{error.reason} (đã đọc {pieces.closed} dòng XML0 trọn vẹn)"
            log.add(Problem(error.kind, log.file, reason, table=STATUS_TABLE))
        for note in reader.finish().notes:
            log.add_as(place, "noi_dung_la", note)
        for tag, times in reader.found.unknown.items():
            log.add_tag(STATUS_TABLE, tag, times, place)
        return refused is None or pieces.closed > 0

    def _claim(self, element: etree._Element, pieces: Pieces, log: FileLog) -> None:
        ledger, header = self.ledger, pieces.header
        place = Problem("", log.file, "", hoso=pieces.seen)
        hoso = read_hoso(element, place, header.get("MACSKCB", "").strip(), self.limits)
        for problem in hoso.problems:
            log.add(problem)
        for (table, tag), times in hoso.unknown.items():
            log.add_tag(table, tag, times, place)
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
        self._sendings.add(hoso.facility, own, header.get("NGAYLAP", ""), place)

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

    def _full(self, chunks: Utf8Chunks) -> Iterator[ClaimSet]:
        """The batch when it is full, and a new one in its place."""
        batch = self._batch
        batch.input_bytes += chunks.bytes_since()
        if len(batch) >= self._batch_claims or batch.input_bytes >= self.limits.batch_bytes:
            self._batch = Batch()
            yield batch.build()

    def _settle(self, pieces: Pieces, log: FileLog, *, whole: bool) -> None:
        """Compares what a file promised with what it held, and counts what is missing."""
        place = Problem("", log.file, "", facility=pieces.header.get("MACSKCB", "").strip())
        promised = _promised(pieces, place, log)
        missing = max((promised or 0) - pieces.seen, 0)
        self.ledger.claims_declared += missing
        self.ledger.claims_quarantined += missing
        if whole and not pieces.seen and not promised:
            reason = "Tệp không có hồ sơ nào; kiểm tra lúc xuất dữ liệu"
            log.add_as(place, "noi_dung_la", reason)
        if promised is not None and promised != pieces.seen:
            kind = "so_ho_so_thieu" if missing else "so_ho_so_thua"
            reason = f"SOLUONGHOSO ghi {promised} nhưng tệp có {pieces.seen} hồ sơ"
            log.add_as(place, kind, f"{reason}; kiểm tra rồi xuất lại tệp")
        if pieces.late:
            late = ", ".join(pieces.late)
            reason = f"{late} đứng sau danh sách hồ sơ nên không gắn được vào hồ sơ"
            log.add_as(place, "noi_dung_la", f"{reason}; đặt lại đầu tệp")


def _promised(pieces: Pieces, place: Problem, log: FileLog) -> int | None:
    """SOLUONGHOSO, None when an envelope does not say it or it is no number."""
    texts = [header.get("SOLUONGHOSO", "").strip() for header in pieces.envelopes]
    if not all(texts):
        return None
    if all(t.isascii() and t.isdigit() and len(t) <= _MOST_DIGITS for t in texts):
        return sum(map(int, texts))
    log.add_as(place, "noi_dung_la", "SOLUONGHOSO không phải số; ghi số hồ sơ trong tệp")
    return None


def _foreign(root: str) -> RefusedError:
    table = table_of_root().get(root)
    what = f"bảng {table} rời" if table else "một loại tài liệu khác"
    reason = (
        f"Thẻ gốc không phải {ENVELOPE_ROOT}: đây là {what}; gửi hồ sơ trong vỏ {ENVELOPE_ROOT}"
    )
    return RefusedError("khong_phai_ho_so", reason)
