"""Shape of the data: is every value what its field says, in the format version of its claim?

Each check has one definition, on the distinct texts of a column. Two runners give the same result:
plain numpy for few claims, and one pandera schema per table and version for many.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.tables.claimset import MISSING, UNDATED
from giamdinh.tables.codelists import code_list
from giamdinh.tables.shapes import NUMERIC, TEMPORAL, outside, right, wrong_texts
from giamdinh.tables.specs import (
    format_versions,
    size_in,
    table_specs,
    version_rank,
)
from giamdinh.tables.values import day_minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from giamdinh.model import BoolArray, CodeArray, Field, IntArray
    from giamdinh.tables.claimset import ClaimSet, Column, Table

    Failure = tuple[str, str, IntArray]

KINDS = (
    "thieu",
    "qua_dai",
    "khong_phai_so",
    "thua_so_le",
    "sai_ngay",
    "sai_ngay_gio",
    "sai_danh_muc",
    "ky_tu_dieu_khien",
)
"""Stable words for what can be wrong with a value."""

_DAY_COLUMN = "NGAY_XET"
_OF_ROWS = ("thieu", "sai_danh_muc")
"""The checks that look at more than the texts of a column."""


@dataclass(frozen=True, slots=True)
class ShapeFailures:
    """Values that are not what their field says.

    Attributes:
        tables: table → kind → (field, ascending row numbers), in the order of the fields.
    """

    tables: dict[str, dict[str, list[tuple[str, IntArray]]]] = field(default_factory=dict)

    def of(self, table: str, kind: str) -> list[tuple[str, IntArray]]:
        """The fields of `table` that fail `kind`, with their rows."""
        return self.tables.get(table, {}).get(kind, [])


@dataclass(frozen=True, slots=True)
class Cells:
    """Some rows of one column.

    Attributes:
        codes: shape (rows,), index into `texts`, -1 where nothing was written.
        texts: distinct values.
        days: shape (rows,), minutes of the moment that decides which codes are in force.
    """

    codes: CodeArray
    texts: Sequence[str]
    days: IntArray


def shape_failures(claims: ClaimSet, *, pandera: bool) -> ShapeFailures:
    """All shape failures of a batch.

    Args:
        claims: the batch.
        pandera: validate with pandera (imports pandas) instead of numpy alone; same result.
    """
    run = _by_pandera if pandera else _directly
    out = ShapeFailures()
    for name, table in claims.tables.items():
        if not len(table):
            continue
        days = _row_days(claims, table)
        version = _ranks(days)
        found: dict[tuple[str, str], list[IntArray]] = {}
        for rank in distinct(version):
            rows = np.flatnonzero(version == rank).astype(np.int64)
            for kind, field_name, at in run(table, format_versions()[rank].code, rows, days):
                found.setdefault((kind, field_name), []).append(rows[at])
        if found:
            out.tables[name] = _merged(table, found)
    return out


def row_versions(claims: ClaimSet, table: str) -> IntArray:
    """The format version of each row of a table, as an index into `format_versions()`."""
    return _ranks(_row_days(claims, claims[table]))


def fields_checked(kind: str, table: str, version: str) -> tuple[Field, ...]:
    """The fields of a table to which a check applies in a format version."""
    return _fields_by_kind(table, version)[kind]


def failing(kind: str, spec: Field, version: str, cells: Cells) -> IntArray:
    """Positions of the cells that fail one check."""
    if kind == "thieu":
        if cells.codes.min(initial=0) > MISSING:
            return np.zeros(0, np.int64)
        return np.flatnonzero(cells.codes == MISSING).astype(np.int64)
    if kind == "sai_danh_muc":
        return _unlisted(spec, cells)
    return _positions(cells.codes, wrong_texts(kind, cells.texts, spec, version))


def pandera_schema(table: str, version: str) -> Any:  # noqa: ANN401 - pandera is imported late
    """The DataFrameSchema of a table in a format version.

    Every field in force is a required column; every kind of check is one check of the frame, which
    looks at categories. Columns are categorical, missing values are null, `NGAY_XET` carries days.
    """
    return _schema(table, version)


@cache
def _fields_by_kind(table: str, version: str) -> dict[str, tuple[Field, ...]]:
    fields = _fields_in_force(table, version)
    sure = [f for f in fields if f.confidence != "low"]
    plain = [f for f in sure if not f.temporal]
    return {
        "thieu": tuple(f for f in sure if f.required == "always"),
        "qua_dai": tuple(f for f in plain if size_in(f, version) is not None),
        "khong_phai_so": tuple(f for f in fields if f.kind in NUMERIC),
        "thua_so_le": tuple(f for f in fields if f.kind in NUMERIC),
        "sai_ngay": tuple(f for f in fields if f.kind == "date8"),
        "sai_ngay_gio": tuple(f for f in fields if f.kind == "datetime12"),
        "sai_danh_muc": tuple(f for f in sure if f.code_list),
        "ky_tu_dieu_khien": tuple(f for f in fields if f.kind not in (*NUMERIC, *TEMPORAL)),
    }


@cache
def _checks_by_field(table: str, version: str) -> tuple[tuple[Field, tuple[str, ...]], ...]:
    by_kind = {
        kind: {spec.name for spec in fields}
        for kind, fields in _fields_by_kind(table, version).items()
    }
    return tuple(
        (spec, tuple(kind for kind in KINDS if spec.name in by_kind[kind]))
        for spec in _fields_in_force(table, version)
    )


@cache
def _fields_in_force(table: str, version: str) -> tuple[Field, ...]:
    rank = version_rank(version)
    return tuple(
        f
        for f in table_specs()[table].fields
        if version_rank(f.since) <= rank and not (f.until and rank >= version_rank(f.until))
    )


def _ranks(days: IntArray) -> IntArray:
    starts = np.array([day_minutes(v.since) for v in format_versions()], np.int64)
    return np.maximum(np.searchsorted(starts, days, side="right") - 1, 0).astype(np.int64)


def _row_days(claims: ClaimSet, table: Table) -> IntArray:
    """The deciding moment per row: that of its claim, for a row without claim its own arrival."""
    days = np.append(claims.service, UNDATED)[table.parent]
    orphans = table.parent < 0
    if orphans.any() and "NGAY_VAO" in table.columns:
        arrival = table["NGAY_VAO"]
        days = np.where(orphans & arrival.valid, arrival.values, days)
    return days


def _directly(
    table: Table, version: str, rows: IntArray, days: IntArray, kinds: Collection[str] = KINDS
) -> Iterator[Failure]:
    """(kind, field, positions within `rows`) of every failure."""
    for spec, applied in _checks_by_field(table.name, version):
        cells = _cells(table[spec.name], rows, days)
        for kind in _worth_asking(spec, version, cells, applied):
            if kind in kinds and (at := failing(kind, spec, version, cells)).size:
                yield kind, spec.name, at


def _worth_asking(
    spec: Field, version: str, cells: Cells, kinds: tuple[str, ...]
) -> tuple[str, ...]:
    """The checks of a field that can fail: most columns are right, and one look shows it."""
    if right(cells.texts, spec, version):
        return tuple(kind for kind in kinds if kind in _OF_ROWS)
    return kinds


def _cells(column: Column, rows: IntArray, days: IntArray) -> Cells:
    """The cells of some rows, with only the texts that occur there."""
    if rows.size == column.codes.size:
        return Cells(column.codes, column.texts, days)
    codes = column.codes[rows]
    used = np.zeros(len(column.texts) + 1, np.bool_)
    used[codes] = True
    used[-1] = False
    dense = np.append(np.cumsum(used[:-1], dtype=np.int32) - np.int32(1), np.int32(MISSING))
    return Cells(dense[codes], list(compress(column.texts, used)), days[rows])


def _by_pandera(table: Table, version: str, rows: IntArray, days: IntArray) -> Iterator[Failure]:
    """The same; pandera says which checks fail, their rows come from the same definition."""
    from pandera.errors import SchemaErrors

    fields = [f.name for f in _fields_in_force(table.name, version)]
    cells = {name: _cells(table[name], rows, days) for name in fields}
    known = _known_cells(table.name, version)
    try:
        frame = _frame(cells, days[rows])
        known.remember(frame, cells)
        _schema(table.name, version).validate(frame, lazy=True, inplace=True)
    except SchemaErrors as errors:
        failed = {getattr(error.check, "name", "") for error in errors.schema_errors}
        if not failed <= set(KINDS):
            raise
        yield from _directly(table, version, rows, days, failed)
    finally:
        known.forget()


def _frame(cells: Mapping[str, Cells], days: IntArray) -> pd.DataFrame:
    """The rows as the schema wants them; numbers stand for the texts, which pandas would copy."""
    import pandas as pd

    columns: dict[str, Any] = {_DAY_COLUMN: days}
    for name, own in cells.items():
        numbers: Any = pd.RangeIndex(len(own.texts))
        kind = pd.CategoricalDtype(numbers)
        columns[name] = pd.Categorical.from_codes(own.codes, dtype=kind, validate=False)
    return pd.DataFrame(columns, copy=False)


@cache
def _schema(table: str, version: str) -> Any:  # noqa: ANN401 - pandera is imported late
    import pandera.pandas as pa

    class Present(pa.Column):
        """A column that only has to be there: what it holds is the matter of the frame's checks.

        pandera looks at every column on its own all the same, at half a millisecond each.
        """

        def validate(self, check_obj: pd.DataFrame, *_: object, **__: object) -> pd.DataFrame:
            return check_obj

    columns: dict[str, Any] = {
        spec.name: Present(nullable=True) for spec in _fields_in_force(table, version)
    }
    columns[_DAY_COLUMN] = Present()
    known = _known_cells(table, version)
    checks = [pa.Check(_holds(known, kind), name=kind, ignore_na=False) for kind in KINDS]
    return pa.DataFrameSchema(columns, checks=checks, strict=True, name=f"{table} {version}")


def _holds(known: _KnownCells, kind: str) -> Callable[[pd.DataFrame], bool]:
    """The check of a frame that no value fails one kind of test."""

    def holds(frame: pd.DataFrame) -> bool:
        doubtful = known.doubtful(frame)[kind]
        return not any(failing(kind, spec, known.version, cells).size for spec, cells in doubtful)

    return holds


@cache
def _known_cells(table: str, version: str) -> _KnownCells:
    return _KnownCells(table, version)


class _KnownCells:
    """The cells of the frame that a schema looks at, for all its checks."""

    def __init__(self, table: str, version: str) -> None:
        self.table = table
        self.version = version
        self.forget()

    def remember(self, frame: pd.DataFrame, cells: Mapping[str, Cells]) -> None:
        """The cells that a frame was made from."""
        self._frame: object = frame
        self._doubtful: dict[str, list[tuple[Field, Cells]]] = {kind: [] for kind in KINDS}
        for spec, kinds in _checks_by_field(self.table, self.version):
            for kind in _worth_asking(spec, self.version, cells[spec.name], kinds):
                self._doubtful[kind].append((spec, cells[spec.name]))

    def forget(self) -> None:
        """Lets go of the frame."""
        self._frame, self._doubtful = None, {}

    def doubtful(self, frame: pd.DataFrame) -> dict[str, list[tuple[Field, Cells]]]:
        """Kind of check → the columns that may fail it; a frame of others has texts itself."""
        if self._frame is not frame:
            days = frame[_DAY_COLUMN].to_numpy()
            cells = {}
            for name in frame.columns.drop(_DAY_COLUMN):
                values: Any = frame[name].array
                codes = np.asarray(values.codes, dtype=np.int32)
                cells[name] = Cells(codes, values.categories.tolist(), days)
            self.remember(frame, cells)
        return self._doubtful


def _merged(
    table: Table, found: dict[tuple[str, str], list[IntArray]]
) -> dict[str, list[tuple[str, IntArray]]]:
    merged: dict[str, list[tuple[str, IntArray]]] = {}
    for kind in KINDS:
        for name in table.columns:
            if (kind, name) in found:
                rows = np.sort(np.concatenate(found[kind, name]))
                merged.setdefault(kind, []).append((name, rows))
    return merged


def _positions(codes: CodeArray, bad: BoolArray) -> IntArray:
    if not bad.any():
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.append(bad, np.False_)[codes]).astype(np.int64)


def _unlisted(spec: Field, cells: Cells) -> IntArray:
    """Cells with a code outside its list on that day; a day without any list accuses nobody."""
    if not cells.codes.size:
        return np.zeros(0, np.int64)
    listed = code_list(spec.code_list)
    ends = listed.epoch_of(np.array([cells.days.min(), cells.days.max()], np.int64))
    if ends[0] == ends[1]:
        return _positions(cells.codes, _not_in(cells.texts, spec, int(ends[0])))
    epochs = listed.epoch_of(cells.days)
    found = [np.zeros(0, np.int64)]
    for epoch in distinct(epochs):
        at = _positions(cells.codes, _not_in(cells.texts, spec, epoch))
        found.append(at[epochs[at] == epoch])
    return np.sort(np.concatenate(found))


def _not_in(texts: Sequence[str], spec: Field, epoch: int) -> BoolArray:
    codes = code_list(spec.code_list).codes_in_epoch(epoch)
    return outside(texts, spec, codes) if codes else np.zeros(len(texts), np.bool_)
