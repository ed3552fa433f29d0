"""Looking after a store: what it holds, fewer files, whether all is as it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.store.derived import differing
from giamdinh.store.files import as_pattern, digest_of
from giamdinh.store.journal import Change, strays, tidy
from giamdinh.store.layout import CLAIM, STAGING, Partition, must_be_store
from giamdinh.store.reading import open_store, open_to_write
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from giamdinh.store.catalogue import Catalogue

_TWICE = (
    "SELECT count(*) FROM (SELECT 1 FROM ho_so WHERE ma_lk <> '' "
    "GROUP BY cskcb, ma_lk HAVING count(*) > 1)"
)
_CLAIM_CHECKS = (
    ("SELECT count(*) FROM co WHERE lan > 1", "hồ sơ có hai dòng XML1"),
    ("SELECT count(*) FROM co ANTI JOIN ho_so USING (hs)", "dòng XML1 không thuộc hồ sơ nào"),
    ("SELECT count(*) FROM ho_so ANTI JOIN co USING (hs)", "hồ sơ không có dòng XML1"),
    (_TWICE, "MA_LK có hai hồ sơ cùng được tính"),
)


@dataclass(frozen=True, slots=True)
class MonthOf:
    """A facility's month in the store; money in hundredths."""

    facility: str
    month: int
    claims: int
    paid: int


@dataclass(slots=True)
class Status:
    """What a store holds."""

    files: int = 0
    claims: int = 0
    replaced: int = 0
    parts: int = 0
    size: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    months: list[MonthOf] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """What `verify` looked at, and what is wrong."""

    parts: int = 0
    rows: int = 0
    claims: int = 0
    faults: list[str] = field(default_factory=list)
    strays: int = 0


def status(store: Path) -> Status:
    """What a store holds.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    with open_store(store) as own:
        return Status(
            files=own.number("SELECT count(*) FROM tep"),
            claims=own.number("SELECT count(*) FROM ho_so"),
            replaced=own.number("SELECT count(*) FROM thay_the"),
            parts=own.number("SELECT count(*) FROM phan"),
            size=own.number("SELECT sum(byte) FROM phan"),
            rows=dict(own.rows("SELECT bang, sum(dong)::BIGINT FROM phan GROUP BY bang "
                               "ORDER BY length(bang), bang")),
            months=[
                MonthOf(*row)
                for row in own.rows("SELECT cskcb, thang, count(*), sum(t_bhtt)::BIGINT FROM ho_so "
                                    "GROUP BY ALL ORDER BY ALL")
            ],
        )  # fmt: skip


def compact(store: Path) -> tuple[int, int]:
    """Puts the files of each table, facility and month together; gives files before and after.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    must_be_store(store)
    with open_to_write(store) as own:
        tidy(own)
        before = own.number("SELECT count(*) FROM phan")
        split = own.rows("SELECT cskcb, thang FROM phan GROUP BY bang, cskcb, thang "
                         "HAVING count(*) > 1")  # fmt: skip
        for facility, month in sorted(set(split)):
            _join(own, Partition(facility, month))
        own.db.execute("CHECKPOINT")
        return before, own.number("SELECT count(*) FROM phan")


def _join(own: Catalogue, partition: Partition) -> None:
    """One transaction: all files of a facility and month, one for each table."""
    import pyarrow as pa
    from pyarrow import parquet

    change = Change(own)
    change.begin()
    try:
        group = change.new_group()
        files: dict[str, list[str]] = {}
        for table, path in own.rows(
            "SELECT bang, duong_dan FROM phan WHERE cskcb = ? AND thang = ? ORDER BY nhom",
            partition.facility, partition.month,
        ):  # fmt: skip
            files.setdefault(table, []).append(path)
        for table, paths in files.items():
            rows = pa.concat_tables(
                parquet.read_table(own.store / path, partitioning=None) for path in paths
            )
            change.write(table, partition, group, rows.sort_by(CLAIM))
            change.gone += paths
        own.db.execute(
            "UPDATE ho_so SET nhom = ? WHERE cskcb = ? AND thang = ?",
            [group, partition.facility, partition.month],
        )
        change.commit()
    except BaseException:
        change.undo()
        raise


def verify(store: Path) -> Checked:
    """Counts and checksums of every file, and what the catalogue says of them against them.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    with open_store(store) as own:
        found = Checked(claims=own.number("SELECT count(*) FROM ho_so"))
        whole = []
        for path, table, rows, digest in own.rows(
            "SELECT duong_dan, bang, dong, sha256 FROM phan ORDER BY duong_dan"
        ):
            found.parts += 1
            found.rows += rows
            fault = _fault(store / path, rows, digest)
            if fault:
                found.faults.append(f"{path}: {fault}")
            elif table == CLAIM_TABLE:
                whole.append(as_pattern(store / path))
        sound = not found.faults
        found.faults += _claim_faults(own, whole)
        if sound:
            found.faults += [f"bảng tính sẵn {name}: {count} dòng khác với các tệp Parquet"
                             for name, count in differing(own).items() if count]  # fmt: skip
        found.strays = len(strays(own)) + (store / STAGING).is_dir()
        return found


def _fault(path: Path, rows: int, digest: str) -> str:
    from pyarrow import parquet

    if not path.is_file():
        return "thiếu tệp"
    if digest_of(path) != digest:
        return "nội dung khác lúc ghi (sai SHA-256)"
    count = parquet.read_metadata(path).num_rows
    return "" if count == rows else f"có {count} dòng, danh mục ghi {rows}"


def _claim_faults(own: Catalogue, files: list[str]) -> Iterator[str]:
    """Claims of the catalogue without a row, rows without a claim, and what stands twice."""
    if not files:
        count = own.number("SELECT count(*) FROM ho_so")
        if count:
            yield f"{count} hồ sơ không có dòng XML1"
        return
    own.db.execute(
        f"CREATE TEMP TABLE co AS SELECT {CLAIM} AS hs, count(*) AS lan "  # noqa: S608
        "FROM read_parquet(?) GROUP BY ALL", [files],
    )  # fmt: skip
    for query, what in _CLAIM_CHECKS:
        count = own.number(query)
        if count:
            yield f"{count} {what}"
