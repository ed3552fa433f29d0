"""A run as it is compared: from its result folder, or straight from memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.errors import InputError
from giamdinh.findings import Findings
from giamdinh.model import MONEY_SCALE
from giamdinh.read.replaced import claim_key
from giamdinh.report.files import ASIDE
from giamdinh.report.json_out import manifest
from giamdinh.rules.context import FILE_TABLE
from giamdinh.textcolumns import Numbers, Picked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from giamdinh.model import BoolArray, IntArray, KeyArray
    from giamdinh.report.model import AuditResult

_TEXTS = ("rule", "tt12", "severity", "status", "facility", "claim", "table", "field", "value",
          "expected", "basis", "fix", "file", "department", "practitioner", "item")  # fmt: skip
_INTEGERS = ("row", "hoso")
_NO_CAP = 2**61


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        name: how the user called it.
        said: the content of run.json.
        findings: rows told apart by claim; a line of a claim is known by its number.
        aside: fingerprints of what was found and set aside.
        claims: the keys of its claims, sorted; None where the run did not keep them.
    """

    name: str
    said: Mapping[str, Any]
    findings: Findings
    aside: KeyArray
    claims: KeyArray | None

    @cached_property
    def judged(self) -> frozenset[str]:
        """Rules that looked at everything they could look at."""
        done = ("ran", "not_applicable")
        outcomes = self.said.get("outcomes", [])
        return frozenset(o["rule"] for o in outcomes if o["status"] in done)

    def has(self, keys: KeyArray) -> BoolArray:
        """Which of some claims the run had; all when that is not known."""
        if self.claims is None:
            return np.ones(keys.size, np.bool_)
        return np.isin(keys, self.claims)

    @cached_property
    def keys(self) -> KeyArray:
        """Shape (findings,), the key of each finding's claim; 0 where it has none."""
        return _keys(self.findings)


def from_result(name: str, result: AuditResult) -> Run:
    """A run that was just made."""
    register = result.register
    keys = np.sort(register.keys) if register else None
    return Run(name, manifest(result), result.findings, result.aside.findings.prints, keys)


def load_run(folder: Path) -> Run:
    """The run whose results lie in `folder`.

    Raises:
        InputError: no finished run lies there.
    """
    try:
        said = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        columns = _read_columns(folder)
        aside = _read_aside(folder / ASIDE)
        register = _read_register(folder / "claims.parquet")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"'{folder}' không phải thư mục kết quả của một lần chạy đã xong: cần run.json và "
            "findings.parquet (hoặc findings.jsonl) đọc được"
        ) from None
    findings = _built(columns, register)
    return Run(str(folder), said, findings, aside, register[0] if register else None)


def _read_columns(folder: Path) -> dict[str, Any]:
    """The columns that are compared, and `fingerprint`."""
    wanted = (*_TEXTS, *_INTEGERS, "amount", "message", "fingerprint")
    path = folder / "findings.parquet"
    if not path.is_file():
        return _from_lines(folder / "findings.jsonl", wanted)
    from pyarrow import parquet

    table = parquet.read_table(path)
    columns: dict[str, Any] = {}
    for name in (name for name in wanted if name in table.column_names):
        column = table[name].combine_chunks()
        columns[name] = _picked(column) if name in _TEXTS else column.to_pylist()
    return columns


def _picked(column: Any) -> Picked:  # noqa: ANN401 - a pyarrow array
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Picked(codes, column.dictionary.to_pylist())


def _from_lines(path: Path, wanted: tuple[str, ...]) -> dict[str, Any]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in wanted}
    for name in _TEXTS:
        columns[name] = [text or "" for text in columns[name]]
    return columns


def _read_aside(path: Path) -> KeyArray:
    """Fingerprints of the findings that were set aside; none when there is no such file."""
    if not path.is_file():
        return np.zeros(0, np.uint64)
    lines = path.read_text(encoding="utf-8").splitlines()
    return np.array([int(json.loads(line)["fingerprint"], 16) for line in lines], np.uint64)


def _read_register(path: Path) -> tuple[KeyArray, IntArray] | None:
    """Keys of the claims, sorted, and their T_BHTT in hundredths; None in results of old runs."""
    if not path.is_file():
        return None
    from pyarrow import parquet

    table = parquet.read_table(path)
    keys = table["claim"].to_numpy().astype(np.uint64)
    paid = np.array([_hundredths(amount) for amount in table["T_BHTT"].to_pylist()], np.int64)
    order = np.argsort(keys)
    return keys[order], paid[order]


def _built(columns: dict[str, Any], register: tuple[KeyArray, IntArray] | None) -> Findings:
    """The findings, with what the counting of money needs: claim, line and T_BHTT of the claim."""
    prints = [int(text, 16) for text in columns.pop("fingerprint")]
    columns["amount"] = [_hundredths(amount) for amount in columns["amount"]]
    for name in _INTEGERS:
        columns[name] = [number or 0 for number in columns[name]]
    columns["message"] = [text or "" for text in columns["message"]]
    findings = Findings()
    findings.add_rows(len(prints), columns)
    findings.stamp(np.array(prints, np.uint64))
    keys = _keys(findings)
    claims = _claim_numbers(findings, keys)
    line = np.where(findings.numbers("row") > 0, findings.numbers("row"), -1)
    return findings.replaced(
        claim_seq=_numbers(claims),
        line_seq=_numbers(line),
        claim_cap=_numbers(_caps(keys, register)),
    )


def _numbers(values: IntArray) -> Numbers:
    column = Numbers()
    column.extend(values)
    return column


def _keys(findings: Findings) -> KeyArray:
    known: dict[tuple[str, str], int] = {}
    rows = np.arange(len(findings))
    pairs = zip(
        findings.texts("facility").walk(rows), findings.texts("claim").walk(rows), strict=True
    )
    out = np.zeros(len(findings), np.uint64)
    for row, pair in enumerate(pairs):
        if pair[1]:
            key = known.get(pair)
            if key is None:
                key = known[pair] = claim_key(*pair)
            out[row] = key
    return out


def _claim_numbers(findings: Findings, keys: KeyArray) -> IntArray:
    """A number per claim; claims without MA_LK by their place, -1 for findings about a file."""
    file = findings.texts("file").codes.astype(np.int64)
    place = file * (int(findings.numbers("hoso").max(initial=0)) + 1) + findings.numbers("hoso")
    named = keys != 0
    own = np.where(named, keys, place.astype(np.uint64))
    _, number = np.unique(np.stack([named.astype(np.uint64), own]), axis=1, return_inverse=True)
    about_file = [table == FILE_TABLE for table in findings.texts("table").texts]
    apart = np.array([*about_file, True])[findings.texts("table").codes]
    return np.where(apart, -1, number.ravel()).astype(np.int64)


def _caps(keys: KeyArray, register: tuple[KeyArray, IntArray] | None) -> IntArray:
    """T_BHTT of each finding's claim; no bound where it is not known."""
    if register is None or not register[0].size:
        return np.full(keys.size, _NO_CAP, np.int64)
    sorted_keys, paid = register
    at = np.minimum(np.searchsorted(sorted_keys, keys), sorted_keys.size - 1)
    return np.where((sorted_keys[at] == keys) & (keys != 0), np.maximum(paid[at], 0), _NO_CAP)


def _hundredths(amount: Decimal | float | None) -> int:
    exact: int = round(Decimal(str(amount or 0)) * 10**MONEY_SCALE)
    return exact
