"""The ledger of a run: what was found, what was read, and what was not, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from giamdinh.model import Problem

if TYPE_CHECKING:
    from giamdinh.read.limits import Limits


@dataclass(slots=True)
class Ledger:
    """Counts of one run. Both identities of `balanced` hold after every batch.

    Attributes:
        files_found: claim files and archive members met so far, read or rejected.
        files_read: files read to the end, or at least up to one whole claim.
        files_rejected: files nothing could be taken from; each has a problem.
        files_ignored: names in folders and archives that are not claim files.
        claims_declared: HOSO elements seen or promised by SOLUONGHOSO, whichever is more.
        claims_read: claims handed on, replaced ones included.
        claims_quarantined: claims declared and not handed on.
        claims_replaced: claims read of which a newer sending was read too.
        replaced: their sequence numbers: position among all claims handed on, from 0.
        rows: rows handed on, by table.
        rows_quarantined: rows that could be counted but were not handed on, by table.
        unknown_tags: how often each unknown tag stood in a table: (table, tag) → count.
        problems: everything a person should look at.
    """

    files_found: int = 0
    files_read: int = 0
    files_rejected: int = 0
    files_ignored: list[str] = field(default_factory=list)
    claims_declared: int = 0
    claims_read: int = 0
    claims_quarantined: int = 0
    claims_replaced: int = 0
    replaced: set[int] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    rows_quarantined: dict[str, int] = field(default_factory=dict)
    unknown_tags: dict[tuple[str, str], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether every file and every claim is accounted for."""
        files = self.files_read + self.files_rejected
        claims = self.claims_read + self.claims_quarantined
        return self.files_found == files and self.claims_declared == claims

    def count_rows(self, table: str, rows: int, *, kept: bool) -> None:
        """Adds `rows` of `table` to the rows handed on or to the quarantined ones."""
        counts = self.rows if kept else self.rows_quarantined
        counts[table] = counts.get(table, 0) + rows

    def count_tag(self, table: str, tag: str, times: int, most: int) -> bool:
        """Counts an unknown tag; says whether it is new. Beyond `most` tags all go under "…"."""
        known = self.unknown_tags
        if (table, tag) not in known and len(known) >= most:
            tag = "…"
        new = (table, tag) not in known
        known[table, tag] = known.get((table, tag), 0) + times
        return new


class FileLog:
    """Passes the problems of one file on to the ledger, the first ones in full."""

    def __init__(self, ledger: Ledger, file: str, limits: Limits) -> None:
        self.ledger = ledger
        self.file = file
        self.limits = limits
        self._listed = 0
        self._unlisted = 0

    def add(self, problem: Problem) -> None:
        """Lists a problem of this file, or counts it when there are too many."""
        if self._listed < self.limits.problems_per_file:
            self._listed += 1
            self.ledger.problems.append(problem)
        else:
            self._unlisted += 1

    def add_as(self, place: Problem, kind: str, reason: str, hoso: int = 0) -> None:
        """Lists a problem at `place`, perhaps of one HOSO."""
        self.add(replace(place, kind=kind, reason=reason, hoso=hoso or place.hoso))

    def add_tag(self, table: str, tag: str, times: int, place: Problem) -> None:
        """Counts an unknown tag, and names it where it is met first in the run."""
        shown = "".join(c if c.isprintable() else "?" for c in tag[: self.limits.tag_characters])
        if self.ledger.count_tag(table, shown, times, self.limits.unknown_tags):
            reason = (
                f"Thẻ lạ {shown} trong {table}, không thuộc định dạng nên không được đọc; "
                "kiểm tra tên thẻ trong phần mềm xuất XML"
            )
            self.add(replace(place, kind="the_la", reason=reason))

    def close(self) -> None:
        """Says how many problems were only counted."""
        if self._unlisted:
            reason = f"Tệp có quá nhiều vấn đề: còn {self._unlisted} vấn đề không liệt kê ở đây"
            self.ledger.problems.append(Problem("qua_lon", self.file, reason))
            self._unlisted = 0
