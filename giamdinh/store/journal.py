"""One change of a store: files are written aside, named, and become part of it in one transaction.

Stopped anywhere, the store is as it was before or as it is after: a file counts only when the
catalogue names it, and files that it does not name are removed by the next writer.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.store.derived import GROUP, derive, touch
from giamdinh.store.files import digest_of, fields_mark
from giamdinh.store.layout import (
    CLAIM,
    DATA,
    FACILITY,
    MONTH,
    Partition,
    file_of,
    schema_of,
    staging,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from giamdinh.store.catalogue import Catalogue
    from giamdinh.store.rows import Waiting


@dataclass(frozen=True, slots=True)
class PartFile:
    """A Parquet file of the store.

    Attributes:
        path: below the store.
        group: claims with this `nhom` have their rows here.
        fields: the same for files with the same columns.
    """

    path: str
    table: str
    partition: Partition
    group: int
    rows: int
    size: int
    sha256: str
    fields: str


@dataclass(slots=True)
class Change:
    """What is about to be committed.

    Attributes:
        written: new files, in the staging folder under the last part of their path.
        gone: files that the new ones take the place of.
    """

    catalogue: Catalogue
    written: list[PartFile] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    _number: int = 0
    _group: int = 0

    def begin(self) -> None:
        """Opens the transaction; numbers go on where the last change ended."""
        db = self.catalogue.db
        db.execute("BEGIN")
        query = "SELECT gia_tri FROM thong_tin WHERE khoa = ?"
        self._number = self.catalogue.number(f"SELECT coalesce(({query}), 0)", "tep_cuoi")
        self._group = self.catalogue.number(f"SELECT coalesce(({query}), 0)", "nhom_cuoi")
        staging(self.catalogue.store).mkdir(parents=True, exist_ok=True)

    def new_group(self) -> int:
        """A number for claims that are written together."""
        self._group += 1
        return self._group

    def write(self, table: str, partition: Partition, group: int, rows: pa.Table) -> None:
        """One file; its rows are settled on the disk before it gets its name."""
        from pyarrow import parquet

        self._number += 1
        path = file_of(table, partition, self._number)
        place = self._aside(path)
        with place.open("wb") as stream:
            parquet.write_table(rows, stream, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        size, digest = place.stat().st_size, digest_of(place)
        about = (rows.num_rows, size, digest, fields_mark(rows.schema.names))
        self.written.append(PartFile(path, table, partition, group, *about))

    def write_waiting(self, waiting: Waiting, group: int) -> None:
        """All claims that wait, a file for each table, facility and month."""
        names = {number: partition for partition, number in waiting.partitions.items()}
        for table, pieces in waiting.tables.items():
            for number, rows in _split(pieces):
                self.write(table, names[number], group, _named(rows, table, names[number]))

    def drop_claims(self, dead: Sequence[tuple[int, str, int, int]]) -> None:
        """Writes the files of claims that no longer count again, without their rows.

        Args:
            dead: number, facility, month and group of each.
        """
        places: dict[tuple[int, str, int], set[int]] = {}
        for claim, facility, month, group in dead:
            places.setdefault((group, facility, month), set()).add(claim)
        for (group, facility, month), claims in places.items():
            partition = Partition(facility, month)
            fresh = [f for f in self.written if (f.group, f.partition) == (group, partition)]
            for file in fresh:
                self.written.remove(file)
                self._without(file, claims, self._aside(file.path))
                self._aside(file.path).unlink()
            for file in self._live(group, partition):
                self._without(file, claims, self.catalogue.store / file.path)
                self.gone.append(file.path)

    def _live(self, group: int, partition: Partition) -> list[PartFile]:
        rows = self.catalogue.rows(
            "SELECT duong_dan, bang, dong, byte, sha256, truong FROM phan "
            "WHERE nhom = ? AND cskcb = ? AND thang = ?",
            group, partition.facility, partition.month,
        )  # fmt: skip
        gone = set(self.gone)
        return [
            PartFile(path, table, partition, group, *about)
            for path, table, *about in rows
            if path not in gone
        ]

    def _without(self, file: PartFile, claims: Collection[int], place: Path) -> None:
        """Writes what is left of a file; nothing when all of it goes."""
        import pyarrow as pa
        from pyarrow import compute, parquet

        rows = parquet.read_table(place, partitioning=None)
        gone = compute.is_in(rows[CLAIM], value_set=pa.array(sorted(claims), pa.int64()))
        kept = rows.filter(compute.invert(gone))
        if kept.num_rows:
            self.write(file.table, file.partition, file.group, kept)

    def commit(self) -> None:
        """Names the files, commits, then removes what they replaced."""
        self._publish()
        self._touch()
        self._enter()
        derive(self.catalogue)
        self.catalogue.db.execute("COMMIT")
        self._clean()

    def _touch(self) -> None:
        """Names the groups of claims whose files come or go."""
        groups = {(f.group, f.partition.facility, f.partition.month) for f in self.written}
        groups.update(self.catalogue.rows(
            f"SELECT {GROUP} FROM phan WHERE duong_dan IN (SELECT unnest(?))", self.gone  # noqa: S608
        ))  # fmt: skip
        touch(self.catalogue, groups)

    def undo(self) -> None:
        """Leaves the store as it was."""
        self.catalogue.db.execute("ROLLBACK")
        tidy(self.catalogue)

    def _publish(self) -> None:
        for file in self.written:
            target = self.catalogue.store / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            self._aside(file.path).replace(target)

    def _enter(self) -> None:
        db = self.catalogue.db
        if self.gone:
            db.executemany("DELETE FROM phan WHERE duong_dan = ?", [[path] for path in self.gone])
        if self.written:
            import pyarrow as pa

            from giamdinh.store.rows import integers, strings

            files, whole = self.written, pa.int64()
            new = pa.table({
                "duong_dan": strings([f.path for f in files]),
                "bang": strings([f.table for f in files]),
                "cskcb": strings([f.partition.facility for f in files]),
                "thang": integers([f.partition.month for f in files], None, pa.int32()),
                "nhom": integers([f.group for f in files], None, whole),
                "dong": integers([f.rows for f in files], None, whole),
                "byte": integers([f.size for f in files], None, whole),
                "sha256": strings([f.sha256 for f in files]),
                "truong": strings([f.fields for f in files]),
            })  # fmt: skip
            db.register("phan_moi", new)
            db.execute("INSERT INTO phan BY NAME SELECT * FROM phan_moi")
            db.unregister("phan_moi")
        for key, number in (("tep_cuoi", self._number), ("nhom_cuoi", self._group)):
            db.execute("INSERT OR REPLACE INTO thong_tin VALUES (?, ?)", [key, number])

    def _clean(self) -> None:
        for path in self.gone:
            (self.catalogue.store / path).unlink(missing_ok=True)
        shutil.rmtree(staging(self.catalogue.store), ignore_errors=True)

    def _aside(self, path: str) -> Path:
        return staging(self.catalogue.store) / path.rpartition("/")[2]


def tidy(catalogue: Catalogue) -> int:
    """Removes what an interrupted writer left behind; gives how many files."""
    store = catalogue.store
    left = [*staging(store).glob("*")] if staging(store).is_dir() else []
    shutil.rmtree(staging(store), ignore_errors=True)
    unnamed = strays(catalogue)
    for path in unnamed:
        path.unlink()
    return len(left) + len(unnamed)


def strays(catalogue: Catalogue) -> list[Path]:
    """Parquet files in the store that the catalogue does not name."""
    store, known = catalogue.store, catalogue.files()
    on_disk = sorted((store / DATA).rglob("*.parquet"))
    return [path for path in on_disk if path.relative_to(store).as_posix() not in known]


def _split(pieces: Sequence[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each partition, in their order."""
    import numpy as np
    import pyarrow as pa

    from giamdinh.store.rows import integers

    rows = pa.concat_tables(pieces).unify_dictionaries()
    number = np.concatenate([np.frombuffer(piece.buffers()[1], np.int64)
                             for piece in rows["phan"].chunks])  # fmt: skip
    order = np.argsort(number, kind="stable")
    ordered = number[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]).tolist()
    if not bool((order[1:] > order[:-1]).all()):
        rows = rows.take(integers(order, None, pa.int64()))
    for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
        yield int(ordered[start]), rows.slice(start, end - start)


def _named(rows: pa.Table, table: str, partition: Partition) -> pa.Table:
    """The rows with facility and month, in the columns of the table's files."""
    import pyarrow as pa

    from giamdinh.store.rows import integers, strings

    schema = schema_of(table)
    size = rows.num_rows
    own = {
        FACILITY: strings([partition.facility] * size),
        MONTH: integers([partition.month] * size, None, pa.int32()),
    }
    columns = [own[f.name] if f.name in own else rows[f.name].cast(f.type) for f in schema]
    return pa.table(columns, schema=schema)
