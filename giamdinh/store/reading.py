"""Questions to a store: its tables as views of a DuckDB connection."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from giamdinh.store.catalogue import Catalogue, catalogue
from giamdinh.store.layout import must_be_store, schema_of, tables
from giamdinh.store.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MEMORY = "512MB"


@contextmanager
def open_store(store: Path) -> Iterator[Catalogue]:
    """The catalogue to read from, while no one writes.

    Raises:
        InputError: there is no store.
        OutputError: it is being written to.
    """
    must_be_store(store)
    with locked(store, shared=True), catalogue(store, write=False) as own:
        yield own


def make_views(own: Catalogue, wanted: Sequence[str] | None = None, memory: str = _MEMORY) -> None:
    """Tables as views over the files that count; a table without files is an empty one.

    Args:
        own: the open store.
        wanted: names such as XML1; None for all.
        memory: what a question may take; DuckDB writes to disk beyond it.
    """
    own.db.execute(f"SET memory_limit = '{memory}'")
    for table in wanted or tables():
        paths = [
            str(own.store / row[0])
            for row in own.rows("SELECT duong_dan FROM phan WHERE bang = ? ORDER BY 1", table)
        ]
        if paths:
            own.db.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {parquet_rows(paths)}")
        else:
            own.db.register(table, schema_of(table).empty_table())


def parquet_rows(paths: Sequence[str]) -> str:
    """A query for the rows of Parquet files; a column that a file lacks is empty in its rows.

    Args:
        paths: not empty. A view takes no parameters, so they stand in the query.
    """
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"  # noqa: S608
