"""Some claims of a batch as a batch of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.tables.claimset import ClaimSet, Column, Table

if TYPE_CHECKING:
    from giamdinh.model import IntArray

_OUT = -2


def subset(claims: ClaimSet, wanted: IntArray, *, orphans: bool) -> ClaimSet:
    """The claims `wanted`, rising indices, with all their rows.

    Args:
        claims: the batch.
        wanted: which of its claims.
        orphans: whether rows without a claim come along.
    """
    number = np.full(len(claims) + 1, _OUT, np.int64)
    number[wanted] = np.arange(wanted.size)
    number[-1] = -1 if orphans else _OUT
    return ClaimSet(
        {name: _rows(table, number, wanted.size) for name, table in claims.tables.items()},
        [claims.files[i] for i in wanted.tolist()],
        claims.hoso[wanted],
        claims.seq[wanted],
        claims.service[wanted],
        claims.version[wanted],
        {(table, int(number[claim])) for table, claim in claims.unread if number[claim] >= 0},
    )


def _rows(table: Table, number: IntArray, claims: int) -> Table:
    parent = number[table.parent]
    rows = np.flatnonzero(parent > _OUT)
    parent = parent[rows]
    order = np.where(parent < 0, claims, parent)
    offsets = np.searchsorted(order, np.arange(claims + 1)).astype(np.int64)
    columns = {name: _own(column.take(rows)) for name, column in table.columns.items()}
    return Table(table.spec, parent, offsets, table.number[rows], columns)


def _own(column: Column) -> Column:
    """The column without the texts that no row has any more."""
    used = np.unique(column.codes[column.codes >= 0])
    lut = np.full(len(column.texts) + 1, -1, np.int32)
    lut[used] = np.arange(used.size)
    column.texts = [column.texts[code] for code in used.tolist()]
    column.codes = lut[column.codes]
    return column
