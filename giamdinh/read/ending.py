"""The end of a claim file: what its envelope promised against what it held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.model import Problem

if TYPE_CHECKING:
    from giamdinh.read.ledger import FileLog, Ledger

ENVELOPE_ROOT = "GIAMDINHHS"
CLAIM_TAG = "HOSO"
BETWEEN = ("THONGTINHOSO", "DANHSACHHOSO")
_MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a claim file, or of a range of one, when its end is reached.

    Attributes:
        envelopes: headers of each envelope.
        late: names of headers that stood behind the first claim.
        seen: HOSO met, whole or lost.
        whole: nothing was damaged.
        unlisted: problems that were only counted.
    """

    envelopes: tuple[dict[str, str], ...]
    late: tuple[str, ...]
    seen: int
    whole: bool
    unlisted: int


def settle(ending: Ending, log: FileLog) -> None:
    """Compares what a claim file promised with what it held, and counts what is missing."""
    header = ending.envelopes[-1]
    if as_promised(header, ending.seen) and len(ending.envelopes) == 1 and not ending.late:
        return
    place = Problem("", log.file, "", facility=header.get("MACSKCB", "").strip())
    promised = _promised(ending, place, log)
    missing = max((promised or 0) - ending.seen, 0)
    log.ledger.claims_declared += missing
    log.ledger.claims_quarantined += missing
    if ending.whole and not ending.seen and not promised:
        reason = "Tệp không có hồ sơ nào; kiểm tra lúc xuất dữ liệu"
        log.add_as(place, "noi_dung_la", reason)
    if promised is not None and promised != ending.seen:
        kind = "so_ho_so_thieu" if missing else "so_ho_so_thua"
        reason = f"SOLUONGHOSO ghi {promised} nhưng tệp có {ending.seen} hồ sơ"
        log.add_as(place, kind, f"{reason}; kiểm tra rồi xuất lại tệp")
    if ending.late:
        late = ", ".join(ending.late)
        reason = f"{late} đứng sau danh sách hồ sơ nên không gắn được vào hồ sơ"
        log.add_as(place, "noi_dung_la", f"{reason}; đặt lại đầu tệp")


def as_promised(header: dict[str, str], seen: int) -> bool:
    """Whether a file holds the claims that its only envelope promises, and some at all."""
    return seen > 0 and header.get("SOLUONGHOSO") == str(seen)


def close_file(log: FileLog, *, taken: bool) -> None:
    """Counts a file as read or rejected, when no more is noted of it."""
    count_file(log.ledger, taken=taken)
    log.close()


def count_file(ledger: Ledger, *, taken: bool) -> None:
    """Counts a file as read or rejected."""
    ledger.files_found += 1
    ledger.files_read += taken
    ledger.files_rejected += not taken


def _promised(ending: Ending, place: Problem, log: FileLog) -> int | None:
    """SOLUONGHOSO, None when an envelope does not say it or it is no number."""
    texts = [header.get("SOLUONGHOSO", "").strip() for header in ending.envelopes]
    if not all(texts):
        return None
    if all(t.isascii() and t.isdigit() and len(t) <= _MOST_DIGITS for t in texts):
        return sum(map(int, texts))
    log.add_as(place, "noi_dung_la", "SOLUONGHOSO không phải số; ghi số hồ sơ trong tệp")
    return None
