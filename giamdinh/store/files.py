"""Questions to the Parquet files of a store that open no file which cannot answer."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from giamdinh.store.layout import MONTH, schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.store.catalogue import Catalogue

_CHOSEN = """
SELECT {month}, list(duong_dan ORDER BY duong_dan) FROM phan WHERE bang = ? AND {where}
GROUP BY 1, truong ORDER BY 1, truong
"""
_BLOCK = 2**20
_NO_HIVE = "hive_partitioning = false"
"""A folder such as `nam=2026` above the store is a name, not a column of its files."""


def rows_of(own: Catalogue, table: str, where: str = "true", *, by_month: bool = False) -> str:
    """A query for the rows of a table; what a file lacks of its columns is empty in its rows.

    Files with the same columns are read without comparing them one by one.

    Args:
        own: the open store.
        table: a name such as XML1.
        where: which files, a condition on the columns of `phan`.
        by_month: whether conditions on `KHO_THANG` leave the files of other months closed.
    """
    import pyarrow as pa

    nothing = f"khong_{table}"
    own.db.register(nothing, pa.Table.from_batches([], schema_of(table)))
    queries = [f"SELECT * FROM {nothing}"]  # noqa: S608 - a table of ours
    asked = _CHOSEN.format(month="thang" if by_month else "0", where=where)
    for month, paths in own.rows(asked, table):
        files = _listed([own.store / path for path in paths])
        known = f"REPLACE (CAST({month} AS INTEGER) AS {MONTH})" if by_month else ""
        queries.append(f"SELECT * {known} FROM read_parquet({files}, {_NO_HIVE})")  # noqa: S608
    return " UNION ALL BY NAME ".join(queries)


def parquet_rows(paths: Sequence[Path]) -> str:
    """A query for the rows of Parquet files; a column that a file lacks is empty in its rows.

    Args:
        paths: not empty. A view takes no parameters, so they stand in the query.
    """
    files = _listed(paths)
    return f"SELECT * FROM read_parquet({files}, union_by_name = true, {_NO_HIVE})"  # noqa: S608


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def as_pattern(path: Path) -> str:
    """A path as DuckDB takes it: signs that would choose among files stand for themselves."""
    return re.sub(r"[\[*?]", r"[\g<0>]", str(path))


def fields_mark(names: Sequence[str]) -> str:
    """A short text that is the same for files with the same columns."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _listed(paths: Sequence[Path]) -> str:
    texts = (as_pattern(path).replace("'", "''") for path in paths)
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"
