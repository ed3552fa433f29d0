"""Tags and tables of the format as arrays for the kernels."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.read.rows import SIGNATURE
from giamdinh.read.scanner.jit import fixed
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    import numpy.typing as npt

    from giamdinh.model import IntArray, TableSpec

    Words = npt.NDArray[np.uint64]

ENVELOPE = (
    "GIAMDINHHS", "THONGTINDONVI", "MACSKCB", "THONGTINHOSO", "NGAYLAP", "SOLUONGHOSO",
    "DANHSACHHOSO", "HOSO", "FILEHOSO", "LOAIHOSO", "NOIDUNGFILE", SIGNATURE,
    "version", "encoding", "standalone",
)  # fmt: skip
(
    GIAMDINHHS, THONGTINDONVI, MACSKCB, THONGTINHOSO, NGAYLAP, SOLUONGHOSO,
    DANHSACHHOSO, HOSO, FILEHOSO, LOAIHOSO, NOIDUNGFILE, CHUKYDONVI,
    VERSION, ENCODING, STANDALONE,
) = map(fixed, range(len(ENVELOPE)))  # fmt: skip
"""Their numbers."""
HEADERS = (MACSKCB, NGAYLAP, SOLUONGHOSO)
_WORD = 8


class Names(NamedTuple):
    """Tag names as words of eight bytes, filled up with zeros.

    Attributes:
        words: shape (names, words of the longest name).
        size: shape (names,), bytes.
    """

    words: Words
    size: IntArray


class Shapes(NamedTuple):
    """The tables, in the order of `table_specs()`; XMLn is table n.

    Attributes:
        outer: shape (tables, 3), how many elements stand around the rows, and their names.
        row: shape (tables,), name of the row element.
        first: shape (tables + 1,), names first[t] … first[t + 1] - 1 are fields of table t.
        column: shape (names,), column within its table that a field's name stands for.
        columns: shape (tables,).
        pad: shape (tables, most columns), width to fill a code up to.
        own: shape (tables,), column MA_LK; -1 without.
        roles: tables and columns that matter to the envelope, see the constants below.
    """

    outer: IntArray
    row: IntArray
    first: IntArray
    column: IntArray
    columns: IntArray
    pad: IntArray
    own: IntArray
    roles: IntArray


R_CLAIM, R_ENVELOPE, R_STATUS, R_REPEATED, R_FACILITY, R_XML = range(6)
"""Places in `roles`: tables XML1, HOSO, XML0, XML7, column XML1.MA_CSKCB, how many XMLn."""


@cache
def tables() -> tuple[TableSpec, ...]:
    """The tables by number: XML0 … XMLn, then the envelope."""
    specs = tuple(table_specs().values())
    order = [f"XML{i}" for i in range(len(specs) - 1)] + [ENVELOPE_TABLE]
    if [spec.name for spec in specs] != order:
        raise AssertionError(order)
    return specs


@cache
def names_and_shapes() -> tuple[Names, Shapes]:
    """The arrays for the kernels."""
    specs = tables()
    names = list(ENVELOPE)
    outer = np.zeros((len(specs), 3), np.int64)
    row = np.zeros(len(specs), np.int64)
    for t, spec in enumerate(specs):
        around = [tag for tag in (spec.root, spec.list_tag) if tag not in ("", spec.row)]
        outer[t, 0] = len(around)
        for k, tag in enumerate(around):
            outer[t, 1 + k] = len(names)
            names.append(tag)
        row[t] = len(names)
        names.append(spec.row)
    column = [0] * len(names)
    first = [len(names)]
    for spec in specs:
        tags = {f.name: i for i, f in enumerate(spec.fields)}
        older = {a: i for i, f in enumerate(spec.fields) for a in f.aliases if a not in tags}
        names += [*tags, *older]
        column += [*tags.values(), *older.values()]
        first.append(len(names))
    return _names(names), Shapes(
        outer=outer,
        row=row,
        first=np.array(first, np.int64),
        column=np.array(column, np.int64),
        columns=np.array([len(spec.fields) for spec in specs], np.int64),
        pad=_pads(specs),
        own=np.array([_column(spec, "MA_LK") for spec in specs], np.int64),
        roles=_roles(specs),
    )


def _names(names: list[str]) -> Names:
    longest = max(len(name) for name in names)
    words = np.zeros((len(names), -(-longest // _WORD)), np.uint64)
    for i, name in enumerate(names):
        filled = name.encode("ascii").ljust(words.shape[1] * _WORD, b"\0")
        words[i] = np.frombuffer(filled, "<u8")
    return Names(words, np.array([len(name) for name in names], np.int64))


def _pads(specs: tuple[TableSpec, ...]) -> IntArray:
    pads = np.zeros((len(specs), max(len(spec.fields) for spec in specs)), np.int64)
    for t, spec in enumerate(specs):
        pads[t, : len(spec.fields)] = [field.pad for field in spec.fields]
    return pads


def _roles(specs: tuple[TableSpec, ...]) -> IntArray:
    order = [spec.name for spec in specs]
    claim = order.index(CLAIM_TABLE)
    facility = _column(specs[claim], "MA_CSKCB")
    envelope = order.index(ENVELOPE_TABLE)
    places = [claim, envelope, order.index("XML0"), order.index("XML7"), facility, envelope]
    return np.array(places, np.int64)


def _column(spec: TableSpec, name: str) -> int:
    fields = [field.name for field in spec.fields]
    return fields.index(name) if name in fields else -1
