"""The findings of a run: one row per thing a rule found, in small growing columns.

Money at risk is counted in `money`, personal data is hidden in `masking`.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from giamdinh.textcolumns import Messages, Numbers, Texts, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from giamdinh.model import BoolArray, IntArray, KeyArray
    from giamdinh.textcolumns import Picked, Pieces, Worded

    Given = str | int | Sequence[str] | Sequence[int] | IntArray | Picked | Worded | Pieces

SEVERITIES = ("error", "warning", "info")
NEW = "mới"


class Finding(NamedTuple):
    """One finding; "" and 0 mean that there is nothing.

    Attributes:
        row: the number a person uses for the row: STT as written.
        amount: hundredths of a đồng.
        hoso: position of the claim within its file, from 1.
        department, practitioner, patient, name, card: of the row and claim, for reports.
        item: the code of the drug, service or material that the row is about.
        claim_seq: number of the claim within the run.
        line_seq: index of the row among the rows of its table in the claim; -1 when the finding is
            about the claim.
        claim_cap: T_BHTT of the claim in hundredths.
    """

    rule: str
    tt12: str = ""
    severity: str = "error"
    status: str = NEW
    facility: str = ""
    claim: str = ""
    table: str = ""
    row: int = 0
    field: str = ""
    value: str = ""
    expected: str = ""
    amount: int = 0
    message: str = ""
    basis: str = ""
    fix: str = ""
    file: str = ""
    hoso: int = 0
    other_claim: str = ""
    other_row: int = 0
    department: str = ""
    practitioner: str = ""
    patient: str = ""
    name: str = ""
    card: str = ""
    item: str = ""
    claim_seq: int = 0
    line_seq: int = -1
    claim_cap: int = 0


NUMBERS = (
    "row", "amount", "hoso", "other_row", "claim_seq", "line_seq", "claim_cap",
)  # fmt: skip
EXPORTED = (
    "rule", "tt12", "severity", "status", "facility", "claim", "table", "row", "field", "value",
    "expected", "amount", "message", "basis", "fix", "file", "hoso", "other_claim", "other_row",
    "fingerprint", "department", "practitioner", "patient", "name", "card", "item",
)  # fmt: skip
_CODED = {
    "rule", "tt12", "severity", "status", "facility", "table", "field", "basis", "fix",
    "department", "practitioner", "item",
}  # fmt: skip
_KEY = ("rule", "facility", "claim", "table", "field")
_BATCH = 100_000


class Findings:
    """Rows of `Finding` in columns, in the order they were added."""

    __slots__ = ("_columns", "_prints")

    def __init__(self) -> None:
        self._columns: dict[str, Any] = {name: _column(name) for name in Finding._fields}
        self._prints = array("Q")

    def __len__(self) -> int:
        return len(self._columns["rule"])

    def __getitem__(self, row: int) -> Finding:
        return Finding(*(column[row] for column in self._columns.values()))

    def __iter__(self) -> Iterator[Finding]:
        return map(self.__getitem__, range(len(self)))

    def texts(self, name: str) -> Texts:
        """One text column."""
        return cast("Texts", self._columns[name])

    def numbers(self, name: str) -> IntArray:
        """A copy of one integer column, shape (rows,)."""
        return cast("Numbers", self._columns[name]).values

    def numbers_in(self, name: str, rows: range) -> list[int]:
        """Some rows of one integer column, one behind the other."""
        column = cast("Numbers", self._columns[name])
        values: list[int] = column.values_in(slice(rows.start, rows.stop)).tolist()
        return values

    @property
    def messages(self) -> Messages:
        """What was found, in words."""
        return cast("Messages", self._columns["message"])

    def append(self, finding: Finding) -> None:
        """One more finding."""
        for column, value in zip(self._columns.values(), finding, strict=True):
            column.append(value)

    def add_rows(self, count: int, columns: Mapping[str, Given]) -> None:
        """`count` findings by column: one value for all, or a value each; the rest is default.

        Raises:
            ValueError: a column that does not exist, or of another length.
        """
        for name, given in columns.items():
            if name not in self._columns:
                raise ValueError(f"không có cột '{name}'")
            if not isinstance(given, (str, int)) and len(given) != count:
                raise ValueError(f"cột '{name}' có {len(given)} giá trị, cần {count}")
        for name, column in self._columns.items():
            value = columns.get(name, Finding._field_defaults.get(name, ""))
            if isinstance(value, (str, int)):
                column.fill(value, count)
            else:
                column.extend(value)

    def extend(self, other: Findings) -> None:
        """All findings of another run or batch, with their fingerprints."""
        self.seal()
        other.seal()
        for name, column in self._columns.items():
            column.join(other._columns[name])
        self._prints.extend(other._prints)

    def take(self, rows: IntArray) -> Findings:
        """Only `rows`, in that order, with the fingerprints they have here."""
        self.seal()
        out = Findings()
        out._columns = {name: column.take(rows) for name, column in self._columns.items()}
        out._prints.frombytes(np.array(self._prints, np.uint64)[rows].tobytes())
        return out

    def keep(self, wanted: BoolArray | Sequence[bool]) -> Findings:
        """The findings where `wanted`, shape (rows,), is true."""
        return self.take(np.flatnonzero(np.asarray(wanted, np.bool_)))

    def replaced(self, **columns: Texts | Numbers | Messages) -> Findings:
        """The same findings and fingerprints with other columns."""
        self.seal()
        rows = np.arange(len(self))
        out = Findings()
        out._columns = {
            name: columns[name] if name in columns else column.take(rows)
            for name, column in self._columns.items()
        }
        out._prints.extend(self._prints)
        return out

    def fingerprint(self, row: int) -> str:
        """16 hex digits that stay the same from run to run.

        Built from rule, facility, claim, table, row and field; equal ones within a claim are told
        apart by their order. Findings added after a fingerprint was read are numbered apart.
        """
        self.seal()
        return f"{self._prints[row]:016x}"

    @property
    def prints(self) -> KeyArray:
        """A copy of all fingerprints as numbers, shape (rows,)."""
        self.seal()
        return np.array(self._prints, np.uint64)

    def stamp(self, prints: KeyArray) -> None:
        """Gives findings that come from a file the fingerprints that they had there."""
        self._prints = array("Q", prints.tobytes())

    def in_order(self) -> Findings:
        """By claim, rule, table and row, whatever the batches were; those without a claim last."""
        ranks = [self.texts(name).ranks() for name in ("field", "table", "rule")]
        field, table, rule = ranks
        claim, row, line = (self.numbers(name) for name in ("claim_seq", "row", "line_seq"))
        owned, apart = np.flatnonzero(claim >= 0), np.flatnonzero(claim < 0)
        keys = (field, line, row, table, rule, claim)
        order = owned[np.lexsort([key[owned] for key in keys])]
        rows = np.append(order, self._sorted(apart))
        in_order = bool((rows == np.arange(rows.size)).all())
        return self if in_order else self.take(rows)

    def move(self, claims: int, hoso: int = 0) -> None:
        """Counts the claims on, behind `claims` of earlier files and `hoso` of the same file."""
        for name, step in (("claim_seq", claims), ("hoso", hoso)):
            values = self.numbers(name)
            values[self.numbers("claim_seq") >= 0] += step
            column = self._columns[name] = Numbers()
            column.extend(values)
        if hoso:
            self._print_again(np.flatnonzero(self.texts("claim").codes < 0))

    def settle(self, replaced: Iterable[int]) -> Findings:
        """The findings of a whole run: without those of claims that are replaced.

        Findings without a claim are put in order and told apart over all parts of the run.
        """
        claim = self.numbers("claim_seq")
        apart = self._sorted(np.flatnonzero(claim < 0))
        self._print_again(apart)
        gone = np.isin(claim, np.fromiter(replaced, np.int64))
        if not (apart.size or gone.any()):
            return self
        kept = np.flatnonzero(~gone & (claim >= 0))
        return self.take(np.append(kept, apart))

    def _sorted(self, rows: IntArray) -> IntArray:
        """`rows` by everything they say, column after column."""
        if not rows.size:
            return rows
        keys = []
        for name, column in self._columns.items():
            if name in NUMBERS:
                keys.append(column.values[rows])
            elif name == "message":
                texts = Texts()
                texts.extend(map(column.__getitem__, walk(rows)))
                keys.append(texts.ranks())
            else:
                keys.append(column.ranks()[rows])
        return rows[np.lexsort(keys[::-1])]

    def _print_again(self, rows: IntArray) -> None:
        """Gives findings new fingerprints; whole claims, or all that have none."""
        if rows.size:
            self.seal()
            prints = np.array(self._prints, np.uint64)
            prints[rows] = np.array(self._digests(rows), np.uint64)
            self._prints = array("Q", prints.tobytes())

    def by_money(self) -> IntArray:
        """Rows by falling amount, then severity, facility, claim, table, row and rule."""
        severity = self.texts("severity")
        rank = np.array([*map(_severity_rank, severity.texts), len(SEVERITIES)], np.int64)
        keys = [self.texts(name).ranks() for name in ("rule", "table", "claim", "facility")]
        rule, table, claim, facility = keys
        amount = -self.numbers("amount")
        order = (rule, self.numbers("row"), table, claim, facility, rank[severity.codes], amount)
        return np.lexsort(order).astype(np.int64)

    def to_arrow(self) -> pa.Table:
        """Every exported column; amounts decimal128(18, 2), null where there is nothing."""
        import pyarrow as pa

        return pa.Table.from_batches(list(self.batches()), schema=arrow_schema())

    def batches(self, rows: int = _BATCH) -> Iterator[pa.RecordBatch]:
        """The same as `to_arrow`, `rows` at a time."""
        import pyarrow as pa

        self.seal()
        dictionaries = {
            name: column.arrow_dictionary()
            for name, column in self._columns.items()
            if isinstance(column, Texts)
        }
        schema = arrow_schema()
        for start in range(0, len(self), rows):
            piece = slice(start, min(start + rows, len(self)))
            arrays = [self._arrow(name, piece, dictionaries) for name in EXPORTED]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _arrow(self, name: str, rows: slice, dictionaries: dict[str, Any]) -> pa.Array:
        if name == "fingerprint":
            import pyarrow as pa

            return pa.array([f"{value:016x}" for value in self._prints[rows]], pa.string())
        column = self._columns[name]
        if name == "amount":
            return column.arrow_money(rows)
        if name in dictionaries:
            return column.arrow(rows, dictionaries[name], coded=name in _CODED)
        return column.arrow(rows)

    def seal(self) -> None:
        """Give every finding its fingerprint; equal keys of one claim are numbered in order."""
        start = len(self._prints)
        if start < len(self):
            self._prints.extend(self._digests(np.arange(start, len(self))))

    def _digests(self, rows: IntArray) -> array[int]:
        """Fingerprints of `rows`, which are told apart from each other but not from the rest."""
        rule, facility, claim, table, field = (self.texts(name).walk(rows) for name in _KEY)
        places = zip(self.texts("file").walk(rows), walk(self.numbers("hoso")[rows]), strict=True)
        claim = (key or f"{file}#{hoso}" for key, (file, hoso) in zip(claim, places, strict=True))
        number = map(str, walk(self.numbers("row")[rows]))
        keys = zip(rule, facility, claim, table, number, field, strict=True)
        prints = array("Q", map(_digest, keys))
        values, counts = np.unique(np.array(prints, np.uint64), return_counts=True)
        repeated = np.isin(np.array(prints, np.uint64), values[counts > 1])
        claims = self._columns["claim_seq"]
        seen: dict[tuple[int, int], int] = {}
        for i in np.flatnonzero(repeated).tolist():
            base = prints[i]
            key = (claims[int(rows[i])], base)
            nth = seen[key] = seen.get(key, 0) + 1
            if nth > 1:
                prints[i] = _digest((f"{base:016x}", str(nth)))
        return prints


def arrow_schema() -> pa.Schema:
    """The columns of `findings.parquet`."""
    import pyarrow as pa

    kinds = {
        "row": pa.int64(),
        "hoso": pa.int32(),
        "other_row": pa.int64(),
        "amount": Numbers.money_type(),
    }
    coded = pa.dictionary(pa.int32(), pa.string())
    kinds |= dict.fromkeys(_CODED, coded)
    return pa.schema([(name, kinds.get(name, pa.string())) for name in EXPORTED])


def _column(name: str) -> Texts | Numbers | Messages:
    if name in NUMBERS:
        return Numbers()
    return Messages() if name == "message" else Texts()


def _digest(parts: Iterable[str]) -> int:
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8).digest())


def _severity_rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
