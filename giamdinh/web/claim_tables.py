"""One claim read again from its file, its tables as people look at them, wrong cells marked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from giamdinh.findings import SEVERITIES
from giamdinh.masking import HIDDEN, is_personal
from giamdinh.read import Ledger
from giamdinh.read.reader import Reading
from giamdinh.read.sources import find, open_source
from giamdinh.report.grid import shown, typed
from giamdinh.tables import values
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from giamdinh.findings import Finding
    from giamdinh.read.document import Document
    from giamdinh.tables.claimset import ClaimSet, Table

_BATCH = 50
_WORD = re.compile(r"[^\s;|,]+")
_MEMBER = "!"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value; `marks` are the numbers of the findings that point at it."""

    text: str
    severity: str = ""
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; marks are of findings about the row as a whole."""

    number: int
    cells: tuple[Cell, ...]
    severity: str = ""
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One table of a claim; columns without any value are left out unless something is missing.

    Attributes:
        columns: (name, what the format calls it).
        upright: drawn as a list of fields, for a table with one row.
    """

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    upright: bool


def claim_tables(
    inbox: Path, file: str, hoso: int, findings: Sequence[tuple[int, Finding]]
) -> list[Shown]:
    """The tables of the claim at a place, with the findings about it marked by number.

    Empty when its file is gone or changed.
    """
    for claims in _batches(inbox, file):
        for i, number in enumerate(claims.hoso.tolist()):
            if number == hoso:
                return list(_drawn(claims, i, findings))
    return []


def _batches(inbox: Path, file: str) -> Iterator[ClaimSet]:
    """Batches of the claims of one file, read only as far as they are asked for."""
    reading = Reading(Ledger(), _BATCH)
    for document in _documents(inbox, file):
        if document.name == file:
            yield from reading.read(document)
            yield from reading.rest()


def _documents(inbox: Path, file: str) -> Iterator[Document]:
    reading = Reading(Ledger())
    for source in find([inbox]).sources():
        if file == source.name or file.startswith(source.name + _MEMBER):
            yield from open_source(source, reading.ledger, reading.limits)


def _drawn(
    claims: ClaimSet, claim: int, findings: Sequence[tuple[int, Finding]]
) -> Iterator[Shown]:
    for name, table in claims.tables.items():
        first, last = table.offsets[claim : claim + 2].tolist()
        about = [(mark, one) for mark, one in findings if one.table == name]
        if name != ENVELOPE_TABLE and (last > first or about):
            yield _table(table, range(first, last), about)


def _table(table: Table, rows: range, findings: Sequence[tuple[int, Finding]]) -> Shown:
    pointed = {word for _, one in findings for word in _WORD.findall(one.field)}
    names = [
        name
        for name, column in table.columns.items()
        if name in pointed or any(column.text(row) for row in rows)
    ]
    first = [name for name in names if name == "STT"]
    marked = [name for name in names if name in pointed and name not in first]
    ordered = [*first, *marked, *(name for name in names if name not in {*first, *marked})]
    upright = table.name == CLAIM_TABLE or not table.spec.many
    columns = tuple((name, table.spec.by_name[name].title) for name in ordered)
    drawn = tuple(_row(table, row, row - rows.start, ordered, findings) for row in rows)
    return Shown(table.name, table.spec.title, columns, drawn, upright)


def _row(
    table: Table, row: int, place: int, names: list[str], findings: Sequence[tuple[int, Finding]]
) -> Row:
    number = _number(table, row)
    mine = [(mark, one) for mark, one in findings if _is_about(one, table, place, number)]
    cells = []
    for name in names:
        hits = [(mark, one) for mark, one in mine if name in _WORD.findall(one.field)]
        text = table[name].text(row)
        cells.append(Cell(readable(table.name, name, text), *_marked(hits)))
    whole = [(mark, one) for mark, one in mine if not set(_WORD.findall(one.field)) & set(names)]
    return Row(number, tuple(cells), *_marked(whole))


def _number(table: Table, row: int) -> int:
    """The number a person uses for a row: STT as written, else the position in the claim."""
    stt = table.columns.get("STT") if table.spec.many and table.name != CLAIM_TABLE else None
    valued = stt is not None and bool(stt.valid[row])
    return int(stt.values[row] if stt is not None and valued else table.number[row])


def _is_about(finding: Finding, table: Table, place: int, number: int) -> bool:
    if not table.spec.many or table.name == CLAIM_TABLE:
        return True
    return place == finding.line_seq if finding.line_seq >= 0 else number == finding.row


def _marked(hits: list[tuple[int, Finding]]) -> tuple[str, tuple[int, ...]]:
    worst = [name for name in SEVERITIES if any(one.severity == name for _, one in hits)]
    return (worst or [""])[0], tuple(mark for mark, _ in hits)


def masked(table: Shown) -> Shown:
    """The same table without who the patient is."""
    hidden = [is_personal(name) for name, _ in table.columns]

    def of(row: Row) -> Row:
        cells = zip(row.cells, hidden, strict=True)
        return replace(row, cells=tuple(_hidden(cell) if hide else cell for cell, hide in cells))

    return replace(table, rows=tuple(map(of, table.rows)))


def _hidden(cell: Cell) -> Cell:
    return replace(cell, text=HIDDEN) if cell.text else cell


def readable(table: str, field: str, text: str) -> str:
    """A value as people read it: amounts with dots between thousands, times with slashes.

    Whatever is not written the plain way stays as it is.
    """
    value = typed(table, field, text)
    if isinstance(value, (int, float)):
        spec = table_specs()[table].by_name[field]
        parsed = values.parse_number(text, spec.scale) if spec.kind == "decimal" else None
        return text if parsed is None else values.number_vi(parsed, spec.scale)
    return text if isinstance(value, (str, type(None))) else shown(value, "typed")
