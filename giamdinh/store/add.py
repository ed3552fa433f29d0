"""Taking claim files into a store: each file once, the newest sending of each claim."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh import __version__
from giamdinh.read import LIMITS, Ledger
from giamdinh.read.reader import Reading, worth_scanning
from giamdinh.read.sources import file_state, find, open_source
from giamdinh.store.files import digest_of
from giamdinh.store.journal import Change, tidy
from giamdinh.store.reading import open_to_write
from giamdinh.store.rows import Waiting, claim_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from giamdinh.model import Problem
    from giamdinh.read.sources import Source
    from giamdinh.store.catalogue import Catalogue

_GROUP_BYTES = 256 * 2**20
"""Files that are taken in by one transaction; what is done is kept when the rest is stopped."""
_UNPACKS = 8
_WAITING_ROWS = 2**19
_BATCH = 8000

_DEAD = """
CREATE TEMP TABLE bo AS
WITH tat_ca AS (
    SELECT * FROM ho_so h SEMI JOIN moi m ON h.cskcb = m.cskcb AND h.ma_lk = m.ma_lk
    UNION ALL SELECT * FROM moi),
hang AS (
    SELECT *, row_number() OVER lan AS thu, first_value(hs) OVER lan AS bang_hs,
        first_value(tep) OVER lan AS bang_tep, first_value(thu_tu) OVER lan AS bang_thu_tu
    FROM tat_ca WHERE ma_lk <> ''
    WINDOW lan AS (PARTITION BY cskcb, ma_lk ORDER BY lap DESC, hs DESC))
SELECT * FROM hang WHERE thu > 1
"""


@dataclass(slots=True)
class Added:
    """What an `add` did.

    Attributes:
        files, known: taken in now; in the store already.
        empty: nothing could be read from them; they are tried again next time.
        strays: files of an interrupted run that were removed first.
    """

    files: int = 0
    known: int = 0
    empty: int = 0
    declared: int = 0
    read: int = 0
    quarantined: int = 0
    replaced: int = 0
    rows: int = 0
    strays: int = 0
    ignored: int = 0
    problems: list[Problem] = field(default_factory=list)


def add(
    store: Path, paths: Sequence[Path], progress: Callable[[int, int], None] | None = None
) -> Added:
    """Takes claim files, folders and archives into a store, which is made when it is not there.

    Args:
        store: the folder of the store.
        paths: what to take in.
        progress: called with the files done and all files.

    Raises:
        InputError: a path does not exist, or the store is none.
        OutputError: another process writes to the store.
        OSError: the disk does not take it; what was committed before stays.
    """
    found = find(paths, [store])
    store.mkdir(parents=True, exist_ok=True)
    done = Added(ignored=len(found.ignored_names()))
    with open_to_write(store) as own:
        done.strays = tidy(own)
        sources = found.sources()
        new = _unknown(own, sources, done)
        scanner = worth_scanning(sum(_size(source) for source, _ in new))
        finished = len(sources) - len(new)
        for group in _groups(new):
            _take_in(own, group, done, scanner=scanner)
            finished += len(group)
            if progress:
                progress(finished, len(sources))
        own.db.execute("CHECKPOINT")
    return done


def _unknown(own: Catalogue, sources: Sequence[Source], done: Added) -> list[tuple[Source, str]]:
    """Files whose content is not in the store, with its hash."""
    from pathlib import Path

    known = {row[0] for row in own.rows("SELECT sha256 FROM tep")}
    new = []
    for source in sources:
        try:
            digest = digest_of(Path(source.path))
        except OSError:
            digest = ""  # the reader says why
        if digest in known:
            done.known += 1
        else:
            new.append((source, digest))
            known.add(digest) if digest else None
    return new


def _groups(sources: Sequence[tuple[Source, str]]) -> Iterator[list[tuple[Source, str]]]:
    group: list[tuple[Source, str]] = []
    size = 0
    for source, digest in sources:
        own = _size(source)
        if group and size + own > _GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append((source, digest))
        size += own
    if group:
        yield group


def _size(source: Source) -> int:
    """Bytes to read; an archive holds several times its own."""
    return max(source.size, 0) * (_UNPACKS if source.path.lower().endswith(".zip") else 1)


def _take_in(
    own: Catalogue, group: Sequence[tuple[Source, str]], done: Added, *, scanner: bool
) -> None:
    """One transaction: all of these files, or none."""
    ledger = Ledger()
    change = Change(own)
    change.begin()
    try:
        _prepare(own)
        files = _read(change, [source for source, _ in group], ledger, scanner=scanner)
        replaced = _settle(change)
        number = own.number("SELECT coalesce(max(so), 0) + 1 FROM dot")
        taken = [
            (source, digest)
            for source, digest in group
            if digest and file_state(source.path) == source.state
            and not _came_to_nothing(source, files, ledger)
        ]  # fmt: skip
        _enter(own, taken, ledger, (number, replaced))
        change.commit()
    except BaseException:
        change.undo()
        raise
    done.files += len(taken)
    done.empty += len(group) - len(taken)
    done.declared += ledger.claims_declared
    done.read += ledger.claims_read
    done.quarantined += ledger.claims_quarantined
    done.replaced += replaced
    done.rows += sum(ledger.rows.values())
    done.problems += ledger.problems


def _prepare(own: Catalogue) -> None:
    own.db.execute("CREATE OR REPLACE TEMP TABLE moi AS SELECT * FROM ho_so LIMIT 0")
    own.db.execute("DROP TABLE IF EXISTS bo")


def _read(change: Change, sources: Sequence[Source], ledger: Ledger, *, scanner: bool) -> set[str]:
    """Writes all claims aside; gives the names of the files they came from."""
    own = change.catalogue
    number = own.number("SELECT coalesce(max(hs), 0) + 1 FROM (SELECT hs FROM ho_so UNION ALL "
                        "SELECT hs FROM thay_the)")  # fmt: skip
    reading = Reading(ledger, _BATCH, LIMITS, scanner=scanner)
    waiting = Waiting()
    files: set[str] = set()

    def batches() -> Iterator[None]:
        nonlocal number
        for source in sources:
            for document in open_source(source, ledger, LIMITS):
                for claims in reading.read(document):
                    number = waiting.add(claims, number)
                    yield
        for claims in reading.rest():
            number = waiting.add(claims, number)
            yield

    for _ in batches():
        if waiting.rows >= _WAITING_ROWS:
            files |= _flush(change, waiting)
            waiting.clear()
    return files | _flush(change, waiting)


def _flush(change: Change, waiting: Waiting) -> set[str]:
    if not waiting.rows:
        return set()
    group = change.new_group()
    change.write_waiting(waiting, group)
    columns = dict(waiting.claims)
    if columns:
        columns["nhom"] = [group] * len(columns["hs"])
        change.catalogue.db.register("doc", claim_rows(columns))
        change.catalogue.db.execute("INSERT INTO moi BY NAME SELECT * FROM doc")
        change.catalogue.db.unregister("doc")
    return set(columns.get("tep", ()))


def _settle(change: Change) -> int:
    """The newest sending of each claim counts; the others leave and are put on record."""
    own = change.catalogue
    own.db.execute(_DEAD)
    change.drop_claims(own.rows("SELECT hs, cskcb, thang, nhom FROM bo ORDER BY hs"))
    own.db.execute("INSERT INTO ho_so SELECT * FROM moi")
    own.db.execute("DELETE FROM ho_so WHERE hs IN (SELECT hs FROM bo)")
    return own.number("SELECT count(*) FROM bo")


def _enter(
    own: Catalogue,
    taken: Sequence[tuple[Source, str]],
    ledger: Ledger,
    about: tuple[int, int],
) -> None:
    """The files and the sum of what they brought; `about`: its number, claims replaced."""
    number, replaced = about
    own.db.execute(
        "INSERT INTO thay_the SELECT hs, cskcb, ma_lk, thang, t_bhtt, tep, thu_tu, bang_hs, "
        "bang_tep, bang_thu_tu, ? FROM bo", [number],
    )  # fmt: skip
    own.db.execute(
        "INSERT INTO dot VALUES (?, current_localtimestamp(), ?, ?, ?, ?, ?)",
        [number, __version__, ledger.claims_declared, ledger.claims_read,
         ledger.claims_quarantined, replaced],
    )  # fmt: skip
    rows = [[digest, source.name, source.size, number] for source, digest in taken]
    if rows:
        own.db.executemany("INSERT INTO tep VALUES (?, ?, ?, ?)", rows)


def _came_to_nothing(source: Source, files: set[str], ledger: Ledger) -> bool:
    """Whether a file gave no claim and there is a reason why."""
    if any(_of(source, name) for name in files):
        return False
    return any(_of(source, problem.file) for problem in ledger.problems)


def _of(source: Source, name: str) -> bool:
    """Whether messages call a document of this file so: the file, or a member of the archive."""
    return name == source.name or name.startswith((f"{source.name}!", f"{source.name}/"))
