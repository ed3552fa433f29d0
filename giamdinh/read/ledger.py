"""The ledger of a run: what was found, what was read, and what was not, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from giamdinh.model import Problem

if TYPE_CHECKING:
    from giamdinh.read.limits import Limits


_OTHERS = "…"
_COUNTS = ("files_found", "files_read", "files_rejected", "claims_declared", "claims_read",
           "claims_quarantined")  # fmt: skip


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
        tags_named: which of `problems` names an unknown tag, the first time it was met.
        problems: everything a person should look at.
        scanned: `files` and `claims` that the scanner read.
        left: why the scanner left a file or a claim to the parser → how often.
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
    tags_named: dict[tuple[str, str], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    scanned: dict[str, int] = field(default_factory=dict, compare=False)
    left: dict[str, int] = field(default_factory=dict, compare=False)

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

    def join(self, other: Ledger, most_tags: int) -> None:
        """Adds what the next files gave, as if one ledger had met all of them.

        Which claims are replaced is not decided here.
        """
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.files_ignored.extend(other.files_ignored)
        for mine, more in (
            (self.rows, other.rows),
            (self.rows_quarantined, other.rows_quarantined),
            (self.scanned, other.scanned),
            (self.left, other.left),
        ):
            for name, times in more.items():
                mine[name] = mine.get(name, 0) + times
        self._join_problems(other, self._join_tags(other, most_tags))

    def _join_tags(self, other: Ledger, most_tags: int) -> set[int | None]:
        """Counts the tags of `other`; gives which of its problems name a tag that is known."""
        known = set()
        for (table, tag), times in other.unknown_tags.items():
            if self.count_tag(table, tag, times, most_tags) is None:
                known.add(other.tags_named.get((table, tag)))
        return known

    def _join_problems(self, other: Ledger, told: set[int | None]) -> None:
        keys = {index: key for key, index in other.tags_named.items()}
        for index, problem in enumerate(other.problems):
            if index in told:
                continue
            if index in keys:
                table, tag = keys[index]
                key = (table, tag) if (table, tag) in self.unknown_tags else (table, _OTHERS)
                self.tags_named[key] = len(self.problems)
            self.problems.append(problem)

    def count_tag(self, table: str, tag: str, times: int, most: int) -> tuple[str, str] | None:
        """Counts an unknown tag; gives how it is listed when that is new.

        Beyond `most` tags all go under "…".
        """
        known = self.unknown_tags
        key = (table, tag)
        if key not in known and len(known) >= most:
            key = (table, _OTHERS)
        new = key not in known
        known[key] = known.get(key, 0) + times
        return key if new else None


class FileLog:
    """Passes the problems of one file on to the ledger, the first ones in full.

    Attributes:
        listed: problems told one by one, those that name an unknown tag left out.
        unlisted: problems that are only counted.
    """

    def __init__(self, ledger: Ledger, file: str, limits: Limits) -> None:
        self.ledger = ledger
        self.file = file
        self.limits = limits
        self.listed = 0
        self.unlisted = 0

    def add(self, problem: Problem) -> None:
        """Lists a problem of this file, or counts it when there are too many."""
        if self.listed < self.limits.problems_per_file:
            self.listed += 1
            self.ledger.problems.append(problem)
        else:
            self.unlisted += 1

    def add_as(self, place: Problem, kind: str, reason: str, hoso: int = 0) -> None:
        """Lists a problem at `place`, perhaps of one HOSO."""
        self.add(replace(place, kind=kind, reason=reason, hoso=hoso or place.hoso))

    def add_tag(self, table: str, tag: str, times: int, place: Problem) -> None:
        """Counts an unknown tag, and names it where it is met first in the run.

        Whether it is the first depends on other files, so it takes no room from this one's.
        """
        ledger = self.ledger
        shown = "".join(c if c.isprintable() else "?" for c in tag[: self.limits.tag_characters])
        new = ledger.count_tag(table, shown, times, self.limits.unknown_tags)
        if new is not None:
            reason = (
                f"Thẻ lạ {shown} trong {table}, không thuộc định dạng nên không được đọc; "
                "kiểm tra tên thẻ trong phần mềm xuất XML"
            )
            ledger.tags_named[new] = len(ledger.problems)
            ledger.problems.append(replace(place, kind="the_la", reason=reason))

    def close(self) -> None:
        """Says how many problems were only counted."""
        if self.unlisted:
            reason = f"Tệp có quá nhiều vấn đề: còn {self.unlisted} vấn đề không liệt kê ở đây"
            self.ledger.problems.append(Problem("qua_lon", self.file, reason))
            self.unlisted = 0
