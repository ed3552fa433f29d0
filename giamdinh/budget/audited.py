"""Questions to the findings that an audit wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from giamdinh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def asked(results: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query whose one parameter is the name of findings.parquet.

    Args:
        results: the folder that `audit` wrote, or its findings.parquet.
        query: SQL for DuckDB.

    Raises:
        InputError: there are no findings.
    """
    path = results / "findings.parquet" if results.is_dir() else results
    if not path.is_file():
        raise InputError(f"'{results}' không có findings.parquet; chạy giamdinh audit trước")
    import duckdb

    from giamdinh.store.files import as_pattern

    with duckdb.connect() as db:
        try:
            return db.execute(query, [as_pattern(path)]).fetchall()
        except duckdb.Error:
            raise InputError(f"'{path}' không phải findings.parquet của giamdinh") from None
