"""Questions to a store: its tables as views of a DuckDB connection."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from giamdinh.errors import InputError
from giamdinh.store.catalogue import Catalogue, catalogue
from giamdinh.store.derived import bring_up_to_date
from giamdinh.store.files import rows_of
from giamdinh.store.layout import FORMAT, must_be_store, tables
from giamdinh.store.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MEMORY = "512MB"


@contextmanager
def open_store(store: Path) -> Iterator[Catalogue]:
    """The catalogue to read from, while no one writes; a store of an older version is renewed.

    Raises:
        InputError: there is no store, or it is damaged.
        OutputError: it is being written to.
    """
    must_be_store(store)
    with _damage_told(store), locked(store, shared=True), catalogue(store, write=False) as own:
        if own.format == FORMAT:
            yield own
            return
    with open_to_write(store):
        pass
    with open_store(store) as own:
        yield own


@contextmanager
def open_to_write(store: Path) -> Iterator[Catalogue]:
    """The catalogue for the only writer, made or renewed where that is needed.

    Raises:
        InputError: it is no store, or it is damaged.
        OutputError: another process uses it.
    """
    with _damage_told(store), locked(store), catalogue(store, write=True) as own:
        bring_up_to_date(own)
        yield own


@contextmanager
def _damage_told(store: Path) -> Iterator[None]:
    """Says that files cannot be read, without the text of the error: it may name values of claims.

    Raises:
        InputError: they cannot.
    """
    import duckdb
    from pyarrow.lib import ArrowException

    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        raise  # our own mistake, about names only
    except (duckdb.Error, ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            f"không đọc được kho '{store}'; chạy giamdinh store verify --store để biết tệp nào hỏng"
        ) from None


def make_views(own: Catalogue, wanted: Sequence[str] | None = None) -> None:
    """Tables as views over the files that count; a table without files is an empty one.

    Args:
        own: the open store.
        wanted: names such as XML1; None for all.
    """
    own.db.execute(f"SET memory_limit = '{_MEMORY}'")
    for table in wanted or tables():
        rows = rows_of(own, table, by_month=True)
        own.db.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {rows}")
