"""Reads the same bytes with both readers and tells every difference between what they give."""

from __future__ import annotations

import shutil
import traceback
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from giamdinh.read import Ledger, Limits, read_claims
from giamdinh.read.scanner import buffer, driver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from giamdinh.model import IntArray
    from giamdinh.tables.claimset import ClaimSet, Column

OWN = frozenset({"scanned", "left"})
"""What a ledger says about the readers themselves, not about the input."""

NARROW = Limits(
    file_pieces=2,
    prolog_bytes=300,
    chunk_bytes=700,
    claim_bytes=6_000,
    claim_nodes=150,
    table_bytes=900,
    depth=3,
    rows_per_claim=5,
    problems_per_file=2,
    unknown_tags=4,
    tag_characters=5,
)
SHORT = Limits(file_bytes=4_000, file_pieces=1, prolog_bytes=200, chunk_bytes=100, depth=4)


@dataclass(frozen=True)
class Room:
    """How much the scanner works on at a time: its own sizes are too large for test files.

    Attributes:
        largest: bytes of a file that is read in one piece.
        batch: bytes of files that are scanned together.
        cells, rows, claims: what is found in one go.
        spare: bytes that should never be needed.
    """

    largest: int = 4 << 20
    batch: int = 4 << 20
    cells: int = 1 << 20
    rows: int = 1 << 17
    claims: int = 1 << 14
    spare: int = 1 << 10


AS_IT_IS = Room()
OPTIONS: tuple[dict[str, Any], ...] = (
    {"batch_claims": 2000},
    {"batch_claims": 40, "room": Room(largest=6_000, batch=9_000)},
    {"batch_claims": 30, "limits": Limits(chunk_bytes=512, prolog_bytes=512, rows_per_claim=6)},
    {"batch_claims": 90, "limits": NARROW, "room": Room(largest=4_000)},
    {"batch_claims": 70, "room": Room(batch=40_000, cells=2_500, rows=60, claims=5)},
    {"batch_claims": 90, "limits": SHORT, "room": Room(largest=1_500)},
    {"batch_claims": 50, "room": Room(largest=900, cells=900, rows=25, claims=2)},
    {"batch_claims": 200, "room": Room(largest=30_000)},
)
"""Ways to read: the result depends on the limits only, and is the same from both readers."""

_COUNTS = tuple(field.name for field in fields(Ledger) if field.name not in OWN)
_CLAIM_ARRAYS = ("hoso", "seq", "service", "version")


@dataclass(frozen=True)
class Reading:
    """All that one reader made of some files."""

    batches: list[ClaimSet]
    ledger: Ledger


def read(path: Path, *, scanner: bool, room: Room = AS_IT_IS, **options: Any) -> Reading:
    """Reads a file or folder; every batch must be sound and the ledger balanced after it."""
    ledger = Ledger()
    batches = []
    with pytest.MonkeyPatch.context() as patch:
        _resize(patch, room)
        for batch in read_claims([path], ledger, scanner=scanner, **options):
            assert ledger.balanced
            assert_sound(batch)
            batches.append(batch)
    assert ledger.balanced
    assert sum(map(len, batches)) == ledger.claims_read
    for table, rows in ledger.rows.items():
        assert sum(len(batch[table]) for batch in batches) == rows, table
    return Reading(batches, ledger)


def _resize(patch: pytest.MonkeyPatch, room: Room) -> None:
    sized = partial(buffer.Buffer, batch=room.batch, largest=room.largest, cells=room.cells)
    patch.setattr(driver, "Buffer", sized)
    patch.setattr(buffer, "_ROWS", room.rows)
    patch.setattr(buffer, "_CLAIMS", room.claims)
    patch.setattr(buffer, "MIB", room.spare)


def assert_sound(batch: ClaimSet) -> None:
    """What holds for every ClaimSet whoever made it: shapes, kinds of integers, order of rows."""
    claims = len(batch)
    assert len(batch.files) == claims
    for name in _CLAIM_ARRAYS:
        array = getattr(batch, name)
        assert array.dtype == np.int64, name
        assert array.shape == (claims,), name
    for table in batch.tables.values():
        rows = len(table)
        key = np.where(table.parent < 0, claims, table.parent)
        assert (np.diff(key) >= 0).all(), table.name
        assert table.offsets.tolist() == np.searchsorted(key, np.arange(claims + 1)).tolist()
        for array in (table.parent, table.number, table.offsets):
            assert array.dtype == np.int64, table.name
        assert list(table.columns) == [field.name for field in table.spec.fields]
        for column in table.columns.values():
            _assert_sound_column(column, rows)


def _assert_sound_column(column: Column, rows: int) -> None:
    name = column.spec.name
    typed = column.spec.numeric or column.spec.temporal
    assert column.codes.dtype == np.int32, name
    assert column.values.dtype == np.int64, name
    assert column.valid.dtype == np.bool_, name
    assert len(column.codes) == len(column.valid) == rows, name
    assert len(column.values) == rows * typed, name
    if rows:
        assert column.codes.min() >= -1, name
        assert column.codes.max() < len(column.texts), name
    assert all(0 <= row < rows for row in column.padded), name
    assert len(set(column.texts)) == len(column.texts), name
    assert "" not in column.texts, name


def differences(one: Reading, other: Reading) -> Iterator[str]:
    """Where two readings of the same input differ, in words; nothing when they are equal."""
    for name in _COUNTS:
        left, right = getattr(one.ledger, name), getattr(other.ledger, name)
        if left != right:
            yield f"ledger.{name}: {_first(left, right)}"
    if one.ledger.claims_read != other.ledger.claims_read:
        return
    left, right = _joined(one.batches), _joined(other.batches)
    for name, array in left.items():
        if array != right[name]:
            yield f"{name}: {_first(array, right[name])}"


def _joined(batches: list[ClaimSet]) -> dict[str, Any]:
    """All batches as plain lists, claims by their number in the run; loose rows sorted."""
    out: dict[str, Any] = {}
    seq = np.concatenate([batch.seq for batch in batches] or [np.zeros(0, np.int64)])
    order = np.argsort(seq, kind="stable")
    for name in _CLAIM_ARRAYS:
        arrays = [getattr(batch, name) for batch in batches]
        out[name] = np.concatenate(arrays)[order].tolist() if arrays else []
    files = [file for batch in batches for file in batch.files]
    out["files"] = [files[i] for i in order]
    out["unread"] = {(table, int(b.seq[claim])) for b in batches for table, claim in b.unread}
    for table in batches[0].tables if batches else ():
        if any(len(batch[table]) for batch in batches):
            _join_table(out, batches, table)
    return out


def _join_table(out: dict[str, Any], batches: list[ClaimSet], table: str) -> None:
    parents = [_claim_numbers(batch, table) for batch in batches]
    parent = np.concatenate(parents)
    number = np.concatenate([batch[table].number for batch in batches])
    columns = {name: _cells(batches, table, name) for name in batches[0][table].columns}
    placed = np.flatnonzero(parent >= 0)
    order = placed[np.lexsort((number[placed], parent[placed]))].tolist()
    # Rows without a claim may come in any batch, so there is no order among them.
    loose = np.flatnonzero(parent < 0).tolist()
    if loose:
        key = {i: [repr(cells[i]) for cells in columns.values()] for i in loose}
        order += sorted(loose, key=key.__getitem__)
    out[f"{table} parent"] = [int(parent[i]) for i in order]
    out[f"{table} number"] = [int(number[i]) for i in order]
    for name, cells in columns.items():
        out[f"{table}.{name}"] = [cells[i] for i in order]


def _claim_numbers(batch: ClaimSet, table: str) -> IntArray:
    parent = batch[table].parent
    return np.where(parent >= 0, batch.seq[parent], -1) if len(batch) else parent


def _cells(batches: list[ClaimSet], table: str, name: str) -> list[Any]:
    """Per row: text, integer, whether it is valid, and the raw text where it was changed."""
    cells: list[Any] = []
    for batch in batches:
        column = batch[table][name]
        texts = [*column.texts, None]
        rows = [texts[code] for code in column.codes.tolist()]
        raw = column.padded
        spelled = [raw.get(i) for i in range(len(rows))] if raw else [None] * len(rows)
        valid = column.valid.tolist()
        values = column.values.tolist() if column.values.size else [0] * len(rows)
        cells.extend(zip(rows, values, valid, spelled, strict=True))
    return cells


def _first(left: Any, right: Any) -> str:
    """The first place where two values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [key for key in {**left, **right} if left.get(key) != right.get(key)]
        return f"{keys[0]!r}: {left.get(keys[0])!r} != {right.get(keys[0])!r}"
    if isinstance(left, list) and isinstance(right, list):
        for i, (a, b) in enumerate(zip(left, right, strict=False)):
            if a != b:
                return f"[{i}] {a!r} != {b!r}"
        return f"{len(left)} != {len(right)} items, then {(left + right)[-1]!r}"
    return f"{left!r} != {right!r}"


def compare(path: Path, **options: Any) -> list[str]:
    """The differences between lxml (left) and the scanner (right) on a file or folder.

    Whatever a reader raises is a difference too.
    """
    try:
        parsed = read(path, scanner=False, **options)
        return list(differences(parsed, read(path, scanner=True, **options)))
    except Exception:  # noqa: BLE001 - told together with the file
        return [traceback.format_exc(limit=-3)]


def put(folder: Path, documents: Mapping[str, bytes]) -> Path:
    """A folder with these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in documents.items():
        (folder / name).write_bytes(data)
    return folder
