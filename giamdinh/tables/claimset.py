"""The ClaimSet: one columnar table per XML table, rows sorted by claim.

Every column keeps its distinct texts once; numbers and times are integers beside them.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.tables import values
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, format_versions, table_specs

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from giamdinh.model import BoolArray, CodeArray, Field, IntArray, TableSpec

MISSING = -1
UNDATED = 2**61
"""Service moment of a claim without any date: the newest law applies to it."""


@dataclass(slots=True)
class Column:
    """One field of one table.

    Attributes:
        codes: shape (rows,), index into `texts`, -1 where nothing was written.
        texts: distinct values without surrounding white space.
        values: shape (rows,), integers of a numeric or temporal field; 0 where not `valid`.
        valid: shape (rows,), a value is there and is what the field says.
        padded: raw text of the rows whose value was trimmed or got its leading zeros back.
    """

    spec: Field
    codes: CodeArray
    texts: list[str]
    values: IntArray
    valid: BoolArray
    padded: dict[int, str] = field(default_factory=dict)

    @classmethod
    def build(
        cls, spec: Field, codes: CodeArray, texts: list[str], padded: dict[int, str] | None = None
    ) -> Column:
        """The typed column behind dictionary codes; each distinct text is parsed once."""
        present = codes != MISSING
        if not (spec.numeric or spec.temporal):
            return cls(spec, codes, texts, np.zeros(0, np.int64), present, padded or {})
        lut = np.zeros(len(texts) + 1, np.int64)
        good = np.zeros(len(texts) + 1, np.bool_)
        for i, text in enumerate(texts):
            value = values.parse(text, spec)
            if value is not None:
                lut[i] = value
                good[i] = True
        return cls(spec, codes, texts, lut[codes], good[codes], padded or {})

    @property
    def missing(self) -> BoolArray:
        """Rows where nothing was written."""
        return np.equal(self.codes, MISSING)

    def text(self, row: int) -> str:
        """What was written in `row`, "" when nothing."""
        code = int(self.codes[row])
        return self.texts[code] if code >= 0 else ""

    def take(self, rows: IntArray) -> Column:
        """The same column with only `rows`, in that order."""
        padded = {}
        if self.padded:
            padded = {i: self.padded[r] for i, r in enumerate(rows.tolist()) if r in self.padded}
        typed = self.values[rows] if self.values.size else self.values
        return Column(self.spec, self.codes[rows], self.texts, typed, self.valid[rows], padded)


@dataclass(slots=True)
class Table:
    """Rows of one XML table, sorted by claim.

    Attributes:
        parent: shape (rows,), index of the claim; -1 for a row without claim (only XML0), last.
        offsets: shape (claims + 1,), rows of claim i are offsets[i] … offsets[i + 1] - 1.
        number: shape (rows,), position of the row within its claim, from 1; 0 without claim.
    """

    spec: TableSpec
    parent: IntArray
    offsets: IntArray
    number: IntArray
    columns: dict[str, Column]

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __len__(self) -> int:
        return int(self.parent.size)

    @property
    def name(self) -> str:
        """The table's name, such as XML3."""
        return self.spec.name


@dataclass(slots=True)
class ClaimSet:
    """A batch of whole claims.

    Attributes:
        tables: every table of the format; XML1 and HOSO have exactly one row per claim.
        files: shape (claims,), the file each claim came from.
        hoso: shape (claims,), position of the claim within its file, from 1.
        seq: shape (claims,), position among all claims of the run, from 0.
        service: shape (claims,), minutes: the moment whose law applies (NGAY_RA, or the next best
            date); UNDATED where the claim has no date at all.
        unread: (table, claim) of tables that were sent but could not be read.
        version: shape (claims,), index into `format_versions()` by the claim's dates.
    """

    tables: dict[str, Table]
    files: list[str]
    hoso: IntArray
    seq: IntArray
    service: IntArray
    version: IntArray
    unread: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        tables: dict[str, Table],
        files: list[str],
        hoso: IntArray,
        seq: IntArray,
        unread: set[tuple[str, int]],
    ) -> ClaimSet:
        """The batch with the moment and the version that decide each claim's law."""
        service = _service_days(tables)
        return cls(tables, files, hoso, seq, service, _versions(service), unread)

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def __len__(self) -> int:
        return int(self.hoso.size)

    def to_pandas(self, table: str) -> pd.DataFrame:
        """One table with texts as categories, scaled integers as Int64, times as datetime64."""
        import pandas as pd

        return pd.DataFrame(_plain_columns(self[table], pd))

    def to_arrow(self, table: str) -> pa.Table:
        """One table as Arrow: dictionaries, int64 and timestamp[s], null where missing or wrong."""
        import pyarrow as pa

        columns: dict[str, Any] = {"CLAIM": pa.array(self[table].parent)}
        for name, column in self[table].columns.items():
            if column.spec.numeric:
                columns[name] = pa.array(column.values, mask=~column.valid)
            elif column.spec.temporal:
                seconds = pa.array(column.values * 60, mask=~column.valid)
                columns[name] = seconds.cast(pa.timestamp("s"))
            else:
                indices = pa.array(column.codes, mask=column.missing)
                texts = pa.array(column.texts, pa.string())
                columns[name] = pa.DictionaryArray.from_arrays(indices, texts)
        return pa.table(columns)


def _plain_columns(table: Table, pd: Any) -> dict[str, Any]:  # noqa: ANN401 - the lazy module
    out: dict[str, Any] = {"CLAIM": table.parent}
    for name, column in table.columns.items():
        if column.spec.numeric:
            out[name] = pd.arrays.IntegerArray(column.values, ~column.valid)
        elif column.spec.temporal:
            times = (column.values * 60).astype("datetime64[s]")
            times[~column.valid] = np.datetime64("NaT")
            out[name] = times
        else:
            categories = pd.Index(column.texts, dtype="str")
            out[name] = pd.Categorical.from_codes(column.codes, categories)
    return out


class _ColumnBuilder:
    """Collects one field's values as dictionary codes."""

    __slots__ = ("codes", "index", "pad", "padded")

    def __init__(self, pad: int) -> None:
        self.pad = pad
        self.codes = array("i")
        self.index: dict[str, int] = {}
        self.padded: dict[int, str] = {}

    def extend(self, raws: list[str]) -> None:
        """More rows; each distinct text is trimmed and looked up once."""
        code: dict[str, int] = {}
        padded = set()
        for raw in dict.fromkeys(raws):
            text = raw.strip()
            if len(text) < self.pad and text.isdigit():
                text = text.zfill(self.pad)
            code[raw] = self.index.setdefault(text, len(self.index)) if text else MISSING
            if text and text != raw:
                padded.add(raw)
        if padded:
            start = len(self.codes)
            self.padded |= {start + i: raw for i, raw in enumerate(raws) if raw in padded}
        self.codes.extend(map(code.__getitem__, raws))


class TableBuilder:
    """Collects rows of one table in any claim order."""

    _PENDING = 512

    def __init__(self, spec: TableSpec) -> None:
        self.spec = spec
        self.parent: list[int] = []
        self._rows: list[dict[str, str]] = []
        self._columns = {f.name: _ColumnBuilder(f.pad) for f in spec.fields}

    def add(self, claim: int, row: dict[str, str]) -> None:
        """One row: field name → raw text; a field that is not there is missing."""
        self.parent.append(claim)
        self._rows.append(row)
        if len(self._rows) >= self._PENDING:
            self._settle()

    def _settle(self) -> None:
        """Rows to columns, a few hundred at a time: far fewer Python steps than cell by cell."""
        for name, column in self._columns.items():
            column.extend([row.get(name, "") for row in self._rows])
        self._rows.clear()

    def build(self, claims: int) -> Table:
        """The table sorted by claim; rows keep their order within a claim, orphans go last."""
        self._settle()
        parent = np.array(self.parent, np.int64)
        key = np.where(parent < 0, claims, parent)
        order = np.argsort(key, kind="stable")
        in_order = bool((order == np.arange(order.size)).all())
        columns = {}
        for spec in self.spec.fields:
            raw = self._columns[spec.name]
            codes = np.array(raw.codes, np.int32)
            column = Column.build(spec, codes, list(raw.index), dict(raw.padded))
            columns[spec.name] = column if in_order else column.take(order)
        sorted_key = key[order]
        offsets = np.searchsorted(sorted_key, np.arange(claims + 1)).astype(np.int64)
        number = np.arange(order.size) - np.searchsorted(sorted_key, sorted_key) + 1
        number[parent[order] < 0] = 0
        return Table(self.spec, parent[order], offsets, number.astype(np.int64), columns)


class ClaimSetBuilder:
    """Collects claims and their rows; `build` gives a ClaimSet."""

    def __init__(self) -> None:
        self.tables = {name: TableBuilder(spec) for name, spec in table_specs().items()}
        self.files: list[str] = []
        self.hoso: list[int] = []
        self.seq: list[int] = []
        self._unread: set[tuple[str, int]] = set()

    def __len__(self) -> int:
        return len(self.files)

    def add_claim(
        self,
        file: str,
        hoso: int,
        envelope: dict[str, str],
        xml1: dict[str, str],
        seq: int | None = None,
    ) -> int:
        """A new claim from its envelope and its XML1 row; gives its index for `add_row`."""
        claim = len(self.files)
        self.files.append(file)
        self.hoso.append(hoso)
        self.seq.append(claim if seq is None else seq)
        self.tables[ENVELOPE_TABLE].add(claim, envelope)
        self.tables[CLAIM_TABLE].add(claim, xml1)
        return claim

    def add_row(self, table: str, claim: int, row: dict[str, str]) -> None:
        """One row of another table; `claim` -1 for a row that belongs to no claim in the batch."""
        self.tables[table].add(claim, row)

    def mark_unread(self, table: str, claim: int) -> None:
        """Notes that the claim has rows of a table which could not be read."""
        self._unread.add((table, claim))

    def build(self) -> ClaimSet:
        """All claims added so far."""
        n = len(self.files)
        tables = {name: builder.build(n) for name, builder in self.tables.items()}
        hoso, seq = np.array(self.hoso, np.int64), np.array(self.seq, np.int64)
        return ClaimSet.of(tables, self.files, hoso, seq, self._unread)


def _service_days(tables: dict[str, Table]) -> IntArray:
    """The moment that decides a claim's law: NGAY_RA, else NGAY_VAO, else NGAYLAP, else the end.

    A date before the format existed, or an NGAY_RA before NGAY_VAO, is a slip of the pen: the next
    date decides, so that the slip does not put the claim outside all rules.
    """
    first = values.day_minutes(format_versions()[0].since)
    claims = tables[CLAIM_TABLE]
    leave, arrive = claims["NGAY_RA"], claims["NGAY_VAO"]
    made = tables[ENVELOPE_TABLE]["NGAYLAP"]
    in_order = leave.values >= np.where(arrive.valid, arrive.values, leave.values)
    steps = [(column, column.valid) for column in (made, arrive, leave)]
    steps += [(made, made.valid & (made.values >= first)),
              (arrive, arrive.valid & (arrive.values >= first)),
              (leave, leave.valid & (leave.values >= first) & in_order)]  # fmt: skip
    when = np.full(len(claims), UNDATED, np.int64)
    for column, trusted in steps:
        when = np.where(trusted, column.values, when)
    return when


def _versions(service: IntArray) -> IntArray:
    """Format version per claim; the newest for a claim without any date."""
    starts = np.array([values.day_minutes(v.since) for v in format_versions()], np.int64)
    rank = np.searchsorted(starts, service, side="right") - 1
    return np.maximum(rank, 0).astype(np.int64)
