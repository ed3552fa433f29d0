"""The catalogue of a store in DuckDB: files taken in, claims that count, what was replaced."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from giamdinh.errors import InputError
from giamdinh.store.layout import CATALOGUE, FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS thong_tin (khoa VARCHAR PRIMARY KEY, gia_tri BIGINT);
CREATE TABLE IF NOT EXISTS tep (
    sha256 VARCHAR PRIMARY KEY, ten VARCHAR, byte BIGINT, dot BIGINT);
CREATE TABLE IF NOT EXISTS dot (
    so BIGINT PRIMARY KEY, luc TIMESTAMP, phien_ban VARCHAR, khai_bao BIGINT, doc_duoc BIGINT,
    khong_doc_duoc BIGINT, thay_the BIGINT);
CREATE TABLE IF NOT EXISTS ho_so (
    hs BIGINT, cskcb VARCHAR, ma_lk VARCHAR, thang INTEGER, nhom BIGINT, lap BIGINT,
    t_bhtt BIGINT, tep VARCHAR, thu_tu BIGINT);
CREATE TABLE IF NOT EXISTS thay_the (
    hs BIGINT, cskcb VARCHAR, ma_lk VARCHAR, thang INTEGER, t_bhtt BIGINT, tep VARCHAR,
    thu_tu BIGINT, bang_hs BIGINT, bang_tep VARCHAR, bang_thu_tu BIGINT, dot BIGINT);
CREATE TABLE IF NOT EXISTS phan (
    duong_dan VARCHAR PRIMARY KEY, bang VARCHAR, cskcb VARCHAR, thang INTEGER, nhom BIGINT,
    dong BIGINT, byte BIGINT, sha256 VARCHAR, truong VARCHAR);
"""
"""`ho_so`: claims that count, one per (MA_CSKCB, MA_LK); `nhom` says which files hold its rows;
`lap` is NGAYLAP in minutes, `t_bhtt` in hundredths. `thay_the`: claims that were sent again and by
which sending. `dot`: what was taken in at once. `phan`: the Parquet files; `truong` is the same for
files with the same columns. What is kept beside the files is made by `derived.py`."""

_FIRST = "thong_tin"
"""Made before all others: a file that has only others is not ours."""


@dataclass(slots=True)
class Catalogue:
    """An open catalogue."""

    store: Path
    db: Any

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        found: list[tuple[Any, ...]] = self.db.execute(query, list(values)).fetchall()
        return found

    def number(self, query: str, *values: object) -> int:
        """The only number of a query."""
        return int(self.rows(query, *values)[0][0] or 0)

    @property
    def format(self) -> int:
        """The version of what it holds; 0 for a store just made."""
        if not self.number("SELECT count(*) FROM duckdb_tables()"):
            return 0
        query = "SELECT max(gia_tri) FROM thong_tin WHERE khoa = 'dinh_dang'"
        return self.number(query)

    def files(self) -> set[str]:
        """Paths of all Parquet files that belong to the store."""
        return {row[0] for row in self.rows("SELECT duong_dan FROM phan")}


@contextmanager
def catalogue(store: Path, *, write: bool) -> Iterator[Catalogue]:
    """The catalogue of a store, made when it is to be written and not there yet.

    Raises:
        InputError: it cannot be opened, or is not one of ours.
    """
    import duckdb

    path = store / CATALOGUE
    try:
        db = duckdb.connect(str(path), read_only=not write)
    except duckdb.Error as error:
        raise InputError(_unreadable(store, str(error))) from None
    try:
        found = Catalogue(store, db)
        names = {name for (name,) in found.rows("SELECT table_name FROM duckdb_tables()")}
        if names and _FIRST not in names:
            raise InputError(_unreadable(store))
        if write:
            db.execute(_TABLES)
        if found.format > FORMAT:
            raise InputError(f"kho '{store}' do bản giamdinh mới hơn tạo; hãy nâng cấp")
        yield found
    finally:
        db.close()


def _unreadable(store: Path, error: str = "") -> str:
    if "lock" in error.lower():
        return (
            f"kho '{store}' đang được một chương trình khác mở; đóng chương trình đó rồi chạy lại"
        )
    return f"không mở được {CATALOGUE} của kho '{store}': tệp hỏng hoặc không phải kho"
