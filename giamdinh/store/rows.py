"""Claims as Arrow tables in the columns of the store."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.rules import calendars
from giamdinh.store.layout import CLAIM, DIGITS, NUMBER, RAW, Partition, schema_of, tables
from giamdinh.tables.claimset import UNDATED
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.tables.claimset import ClaimSet, Column, Table

_MONTHS = 12
_TEXTS = frozenset({"cskcb", "ma_lk", "tep"})
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(slots=True)
class Waiting:
    """Claims read and not yet written, in order of their number in the store.

    Attributes:
        claims: columns of the catalogue's `ho_so`, one list per column.
        partitions: which facility and month, by number.
        tables: table to pieces; each has the number of its partition as last column.
        rows: rows of all tables.
    """

    claims: dict[str, list[Any]] = field(default_factory=dict)
    partitions: dict[Partition, int] = field(default_factory=dict)
    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    rows: int = 0

    def add(self, claims: ClaimSet, first: int) -> int:
        """The claims of a batch; gives the next free number.

        Args:
            claims: the batch.
            first: number of its first claim in the store.
        """
        facilities = [claims[CLAIM_TABLE]["MA_CSKCB"].text(i) for i in range(len(claims))]
        months = months_of(claims).tolist()
        partition = self._partitions(facilities, months)
        self._remember(claims, first, facilities, months)
        for name in tables():
            table = claims[name]
            if len(table):
                self.tables.setdefault(name, []).append(_arrow(table, first, partition))
                self.rows += len(table)
        return first + len(claims)

    def clear(self) -> None:
        """Forgets everything."""
        self.claims.clear()
        self.partitions.clear()
        self.tables.clear()
        self.rows = 0

    def _partitions(self, facilities: list[str], months: list[int]) -> IntArray:
        """Shape (claims + 1,): the partition of each claim; the last is for rows without one."""
        found = [
            self.partitions.setdefault(Partition(facility, month), len(self.partitions))
            for facility, month in zip(facilities, months, strict=True)
        ]
        alone = self.partitions.setdefault(Partition("", 0), len(self.partitions))
        return np.array([*found, alone], np.int64)

    def _remember(
        self, claims: ClaimSet, first: int, facilities: list[str], months: list[int]
    ) -> None:
        xml1, made = claims[CLAIM_TABLE], claims[ENVELOPE_TABLE]["NGAYLAP"]
        size = len(claims)
        paid = xml1["T_BHTT"]
        columns: dict[str, list[Any]] = {
            "hs": list(range(first, first + size)),
            "cskcb": facilities,
            "ma_lk": [xml1["MA_LK"].text(i) for i in range(size)],
            "thang": months,
            "lap": np.where(made.valid, made.values, 0).tolist(),
            "t_bhtt": np.where(paid.valid, paid.values, 0).tolist(),
            "tep": list(claims.files),
            "thu_tu": claims.hoso.tolist(),
        }
        for name, values in columns.items():
            self.claims.setdefault(name, []).extend(values)


def claim_rows(columns: dict[str, list[Any]]) -> pa.Table:
    """Columns of `Waiting.claims` as a table."""
    import pyarrow as pa

    return pa.table({
        name: strings(values) if name in _TEXTS else integers(values, None, pa.int64())
        for name, values in columns.items()
    })  # fmt: skip


def months_of(claims: ClaimSet) -> IntArray:
    """Shape (claims,): yyyymm of the settlement (NAM_QT, THANG_QT), else of the service; else 0."""
    xml1 = claims[CLAIM_TABLE]
    year, month = xml1["NAM_QT"], xml1["THANG_QT"]
    said = year.valid & month.valid & (month.values >= 1) & (month.values <= _MONTHS)
    said &= (year.values >= _FIRST_YEAR) & (year.values <= _LAST_YEAR)
    dated = claims.service < UNDATED
    when = np.where(dated, claims.service, 0)
    served = np.where(dated, calendars.year(when) * 100 + calendars.month(when), 0)
    settled = year.values * 100 + month.values
    chosen = np.where(said, settled, served)
    return np.where((chosen >= _FIRST_YEAR * 100), chosen, 0).astype(np.int64)


def _arrow(table: Table, first: int, partition: IntArray) -> pa.Table:
    """The rows of one table; facility and month come when the partition is known by name."""
    import pyarrow as pa

    known = table.parent >= 0
    columns: dict[str, Any] = {
        CLAIM: integers(table.parent + first, known, pa.int64()),
        NUMBER: integers(table.number, known, pa.int32()),
        RAW: strings(_unread(table)),
    }
    schema = schema_of(table.name)
    for name, column in table.columns.items():
        columns[name] = _values(column, schema.field(name).type)
    columns["phan"] = integers(partition[table.parent], None, pa.int64())
    return pa.table(columns)


def _values(column: Column, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if column.spec.numeric:
        return decimals(column.values, column.valid, column.spec.scale)
    if column.spec.temporal and not column.spec.partial:
        return integers(column.values * 60, column.valid, pa.int64()).cast(kind)
    indices = integers(column.codes, ~column.missing, pa.int32())
    return pa.DictionaryArray.from_arrays(indices, strings(column.texts))


def integers(
    values: NDArray[np.signedinteger[Any]] | Sequence[int],
    valid: BoolArray | None,
    kind: pa.DataType,
) -> pa.Array:
    """Integers of 32 or 64 bits; `pa.array` would import pandas."""
    import pyarrow as pa

    mask = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    data = np.ascontiguousarray(values, np.dtype(f"int{kind.bit_width}"))
    return pa.Array.from_buffers(kind, data.size, [mask, pa.py_buffer(data)])


def strings(values: Sequence[str | None]) -> pa.Array:
    """Texts, without `pa.array` either."""
    import pyarrow as pa

    data = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(data) + 1, np.int32)
    np.cumsum([len(text) for text in data], out=offsets[1:])
    known = np.array([value is not None for value in values], bool)
    mask = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    buffers = [mask, pa.py_buffer(offsets), pa.py_buffer(b"".join(data))]
    return pa.Array.from_buffers(pa.string(), len(data), buffers)


def decimals(values: IntArray, valid: BoolArray, scale: int) -> pa.Array:
    """Scaled integers as decimals, without a step through Python."""
    import pyarrow as pa

    words = np.empty((values.size, 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63  # the sign goes on through the upper half
    mask = pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    buffers = [mask, pa.py_buffer(words.tobytes())]
    return pa.Array.from_buffers(pa.decimal128(DIGITS, scale), values.size, buffers)


def _unread(table: Table) -> list[str | None]:
    """Per row the texts of numbers and times that are none, as JSON; None for nearly all."""
    found: dict[int, dict[str, str]] = {}
    for name, column in table.columns.items():
        if column.spec.numeric or column.spec.temporal:
            for row in np.flatnonzero(~column.missing & ~column.valid).tolist():
                found.setdefault(row, {})[name] = column.text(row)
    return [
        json.dumps(found[row], ensure_ascii=False) if row in found else None
        for row in range(len(table))
    ]
