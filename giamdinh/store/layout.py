"""Where things lie in a store, and the columns of its files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from giamdinh.errors import InputError
from giamdinh.tables.specs import ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

CATALOGUE = "kho.duckdb"
DATA = "du_lieu"
STAGING = ".dang_ghi"
LOCK = ".khoa"
FORMAT = 2
"""Changes when older programs can no longer read a store."""

CLAIM, FACILITY, MONTH, NUMBER, RAW = "KHO_HS", "KHO_CSKCB", "KHO_THANG", "KHO_STT", "KHO_GOC"
"""Columns of every file beside the fields: number of the claim in the store, MA_CSKCB of the claim,
yyyymm it is settled in, position of the row in the claim, and JSON of what was written in fields
that could not be read as what they are."""
DIGITS = 18


@dataclass(frozen=True, slots=True)
class Partition:
    """The rows of one facility and month; month 0 where no date is known."""

    facility: str
    month: int

    @property
    def folder(self) -> str:
        """Below the table's folder; a facility can be written in any way."""
        name = quote(self.facility, safe="").replace(".", "%2E") or "_"
        return f"{name}/{self.month:06d}"


def file_of(table: str, partition: Partition, number: int) -> str:
    """The path of a file below the store, with slashes."""
    return f"{DATA}/{table}/{partition.folder}/{number:09d}.parquet"


def tables() -> tuple[str, ...]:
    """The tables that are stored: all of the format; the envelope goes to the catalogue."""
    return tuple(name for name in table_specs() if name != ENVELOPE_TABLE)


def must_be_store(store: Path) -> None:
    """Refuses a folder that is no store.

    Raises:
        InputError: it is not.
    """
    if not (store / CATALOGUE).is_file():
        raise InputError(f"'{store}' không phải kho; tạo bằng giamdinh store add")


@cache
def schema_of(table: str) -> pa.Schema:
    """Columns of a table's files: decimals, timestamps and texts, as any engine reads them.

    A date that may lack its month or day stays the text that was written.
    """
    import pyarrow as pa

    fields = [
        pa.field(CLAIM, pa.int64()),
        pa.field(FACILITY, pa.string()),
        pa.field(MONTH, pa.int32()),
        pa.field(NUMBER, pa.int32()),
        pa.field(RAW, pa.string()),
    ]
    for spec in table_specs()[table].fields:
        if spec.numeric:
            kind = pa.decimal128(DIGITS, spec.scale)
        elif spec.temporal and not spec.partial:
            kind = pa.timestamp("s")
        else:
            kind = pa.string()
        fields.append(pa.field(spec.name, kind))
    return pa.schema(fields)


def staging(store: Path) -> Path:
    """Where files are written before they get their names."""
    return store / STAGING
