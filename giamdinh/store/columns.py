"""Columns of claims from the files of a store: the way back from `rows.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.store.layout import NUMBER
from giamdinh.tables.claimset import MISSING, Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from giamdinh.model import BoolArray, Field, IntArray, TableSpec

_SECONDS = 60


def table_of(spec: TableSpec, rows: pa.Table, parent: IntArray, claims: int) -> Table:
    """Rows of a store as a table with those of its fields that were read.

    Args:
        spec: what the table is.
        rows: in the order of their claims, with `KHO_STT`.
        parent: shape (rows,), index of the claim of each, ascending.
        claims: how many claims there are.
    """
    offsets = np.searchsorted(parent, np.arange(claims + 1)).astype(np.int64)
    number = rows[NUMBER].to_numpy().astype(np.int64) if NUMBER in rows.column_names else parent * 0
    named = {f.name: rows[f.name] for f in spec.fields if f.name in rows.column_names}
    columns = {name: column_of(spec.by_name[name], given) for name, given in named.items()}
    return Table(spec, parent, offsets, number, columns)


def column_of(spec: Field, given: pa.ChunkedArray) -> Column:
    """One field; what was written and could not be read counts as not written."""
    whole = given.combine_chunks()
    if spec.numeric:
        return typed(spec, _unscaled(whole), _valid(whole))
    if spec.temporal and not spec.partial:
        seconds = whole.cast("timestamp[s]").cast("int64").fill_null(0).to_numpy()
        return typed(spec, seconds // _SECONDS, _valid(whole))
    coded = whole.dictionary_encode()
    codes = coded.indices.fill_null(MISSING).to_numpy().astype(np.int32)
    return Column.build(spec, codes, coded.dictionary.to_pylist())


def typed(spec: Field, values: IntArray, valid: BoolArray) -> Column:
    """A column of numbers or times without the texts they were written in."""
    codes = np.where(valid, 0, MISSING).astype(np.int32)
    return Column(spec, codes, [""], np.where(valid, values, 0).astype(np.int64), valid)


def _valid(whole: pa.Array) -> BoolArray:
    found: BoolArray = whole.is_valid().to_numpy(zero_copy_only=False)
    return found


def _unscaled(whole: Any) -> IntArray:  # noqa: ANN401 - a decimal array of Arrow
    """The integers behind decimals: the lower half of each of their 16 bytes."""
    words = np.frombuffer(whole.buffers()[1], np.int64)
    return words[2 * whole.offset : 2 * (whole.offset + len(whole)) : 2]
