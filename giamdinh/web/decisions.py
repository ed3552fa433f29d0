"""What people decided about findings, kept by fingerprint so that it survives new runs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Literal

from giamdinh.errors import GiamdinhError, OutputError
from giamdinh.web.store_filter import mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

Choice = Literal["", "nhan", "bo"]
WORDS: dict[str, str] = {"": "chưa xử lý", "nhan": "chấp nhận", "bo": "bỏ qua"}
_LONGEST = 500
_SCHEMA = """
create table if not exists decision (
    fingerprint text primary key, choice text not null, note text not null,
    assignee text not null, who text not null, at text not null);
create table if not exists change (
    fingerprint text not null, choice text not null, note text not null,
    assignee text not null, who text not null, at text not null);
"""


class DecisionError(GiamdinhError):
    """A decision that cannot be taken as it is."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one finding.

    Attributes:
        choice: "nhan" it is right, "bo" it is to be left out, "" nothing yet.
        note: the reason, which leaving out needs, or any other note.
        assignee: who is to see to it.
        who, at: who said so, and when.
    """

    choice: Choice = ""
    note: str = ""
    assignee: str = ""
    who: str = ""
    at: str = ""

    @property
    def word(self) -> str:
        """The choice as users say it."""
        return WORDS[self.choice]


NONE = Decision()


class Decisions:
    """Decisions in a file of the data folder; every change is kept as well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._known: dict[str, Decision] = {}
        self.version = 0
        with self._open() as connection:
            connection.executescript(_SCHEMA)
            rows = connection.execute(
                "select fingerprint, choice, note, assignee, who, at from decision"
            )
            self._known = {key: Decision(*rest) for key, *rest in rows}

    def __getitem__(self, fingerprint: str) -> Decision:
        return self._known.get(fingerprint, NONE)

    @property
    def known(self) -> dict[str, Decision]:
        """All decisions by fingerprint."""
        return self._known

    def assigned(self, marked: str) -> set[int]:
        """Fingerprints assigned to the person behind a mark."""
        return {int(key, 16) for key, one in list(self._known.items())
                if one.assignee and mark(one.assignee) == marked}  # fmt: skip

    def assignees(self, fingerprints: Collection[str]) -> list[tuple[str, str, int]]:
        """(mark, name, findings) of everybody whom some findings are assigned to, by name."""
        counts = Counter(
            one.assignee
            for key, one in list(self._known.items())
            if one.assignee and key in fingerprints
        )
        return [(mark(name), name, count) for name, count in sorted(counts.items())]

    def decide(self, fingerprints: Sequence[str], decision: Decision) -> None:
        """Writes one decision for some findings.

        Raises:
            DecisionError: something is left out without a reason.
            OutputError: it cannot be written.
        """
        self.decide_each((fingerprint, decision) for fingerprint in fingerprints)

    def decide_each(self, decided: Iterable[tuple[str, Decision]]) -> int:
        """Writes decisions, all or none; gives how many."""
        now = datetime.now().astimezone().isoformat("T", "seconds")
        rows = []
        for fingerprint, given in decided:
            note, assignee = given.note.strip()[:_LONGEST], given.assignee.strip()[:60]
            if given.choice == "bo" and not note:
                raise DecisionError("Bỏ qua phải có lý do: ghi lý do vào ô Ghi chú rồi bấm lại.")
            rows.append((fingerprint, given.choice, note, assignee, given.who, now))
        with self._lock, self._open() as connection:
            connection.executemany("insert or replace into decision values (?,?,?,?,?,?)", rows)
            connection.executemany("insert into change values (?,?,?,?,?,?)", rows)
            self._known |= {row[0]: Decision(*row[1:]) for row in rows}
            self.version += 1
        return len(rows)

    def history(self, fingerprint: str) -> list[Decision]:
        """Everything decided about a finding, newest first."""
        with self._open() as connection:
            rows = connection.execute(
                "select choice, note, assignee, who, at from change where fingerprint = ? "
                "order by rowid desc",
                (fingerprint,),
            )
            return [Decision(*row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            reason = f"không ghi được tệp quyết định '{self._path.name}': {error}"
            raise OutputError(reason) from None
