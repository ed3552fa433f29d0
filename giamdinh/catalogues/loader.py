"""Reads whatever a catalogue folder holds; lists are recognised by their header, not their name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from giamdinh.catalogues.catalogues import CatalogueProblem, Catalogues, CatalogueStatus
from giamdinh.catalogues.cells import day_of, plain
from giamdinh.catalogues.drafts import ListDraft
from giamdinh.catalogues.forms import HELP
from giamdinh.catalogues.keep import FileRows, kept_rows
from giamdinh.catalogues.lists import ListSpec, list_specs
from giamdinh.catalogues.sources import (
    DELIMITERS,
    SUFFIXES,
    Sheet,
    SourceError,
    content_kind,
    decoded,
    peek,
    text_rows,
    workbook_sheets,
    xml_rows,
)
from giamdinh.catalogues.tables import OPEN_END, OPEN_START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from giamdinh.catalogues.drafts import Rows

_HEADER_ROWS = 20
_ORDINAL = re.compile(r"\(?([0-9]{1,2})\)?")
_FEW_ORDINALS = 3
_FEWEST = 2
"""Columns that any list needs to be recognised."""
_LABEL_ROWS = 5
_BLOCK = 500
"""Rows taken column by column where nothing about them needs a word."""


def load(folder: Path) -> Catalogues:
    """All lists in an existing folder and its sub-folders, or in one file."""
    drafts = {kind: ListDraft(spec) for kind, spec in list_specs().items()}
    statuses: list[CatalogueStatus] = []
    problems: list[CatalogueProblem] = []
    for path, name in files(folder):
        if path.suffix.lower() not in SUFFIXES:
            problems.append(CatalogueProblem(name, 0, f"không đọc tệp đuôi '{path.suffix}'"))
            continue
        found = kept_rows(path, name, read_file)
        problems += found.problems
        for kind, rows in found.lists.items():
            drafts[kind].extend(rows)
            statuses += _statuses(drafts[kind].spec, rows, name)
    tables = {kind: draft.table() for kind, draft in drafts.items() if len(draft)}
    held = {kind: draft.held.table() for kind, draft in drafts.items() if draft.held}
    return Catalogues(tables, tuple(statuses), tuple(problems), held)


def read_file(path: Path, name: str) -> FileRows:
    """What one file holds, under the name that reports use for it."""
    return _Loader(name).load(path)


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files with the names that reports use, in a fixed order."""
    if folder.is_file():
        yield folder, folder.name
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith((".", "~$")):
            yield path, str(path.relative_to(folder))


def _statuses(spec: ListSpec, rows: Rows, name: str) -> Iterator[CatalogueStatus]:
    """What one file added to one kind of list; refusals count with its first facility."""
    left_out = rows.refused
    periods = rows.periods()
    if left_out and not periods:
        own = set(rows.held.facility) if rows.held else set()
        periods = {own.pop() if len(own) == 1 else "": (0, OPEN_START, OPEN_END)}
    for facility, (count, start, end) in sorted(periods.items()):
        yield CatalogueStatus(
            kind=spec.kind,
            title=spec.title,
            facility=facility,
            rows=count,
            refused=left_out,
            first=_day(start),
            through=_day(end),
            file=name,
        )
        left_out = 0


@dataclass(frozen=True, slots=True)
class _Header:
    """A recognised header row: its place, its list and the list's column at each position."""

    at: int
    spec: ListSpec
    names: tuple[str, ...]

    @property
    def score(self) -> int:
        return sum(map(bool, self.names))


class _Loader:
    """One file: its rows by kind of list, and what could not be used."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.drafts = {kind: ListDraft(spec) for kind, spec in list_specs().items()}
        self.problems: list[CatalogueProblem] = []
        self.by_tag = {spec.row: spec.kind for spec in list_specs().values() if spec.row}

    def load(self, path: Path) -> FileRows:
        """What the file holds; what cannot be used is reported."""
        try:
            match content_kind(path):
                case "workbook":
                    for sheet in workbook_sheets(path):
                        if sheet.name == HELP:  # what our own templates explain
                            continue
                        self._sheet(sheet, f"{self.name} [{sheet.name}]")
                case "xml":
                    self._xml(path, self.name)
                case _:
                    self._text(path, self.name)
        except SourceError as error:
            self._problem(self.name, 0, str(error))
        except OSError:
            self._problem(self.name, 0, "không mở được tệp")
        rows = {kind: draft.rows() for kind, draft in self.drafts.items()}
        return FileRows({k: r for k, r in rows.items() if r.start or r.refused}, self.problems)

    def _sheet(self, sheet: Sheet, name: str) -> None:
        top = peek(sheet.rows, _HEADER_ROWS)
        header = _find_header(top)
        if header is None:
            if any(map(any, top)):
                self._problem(name, 0, _why_not(top))
            return
        rows = chain(top[header.at + 1 :], sheet.rows)
        self._rows(header, rows, sheet.first_row + header.at + 1, name)

    def _text(self, path: Path, name: str) -> None:
        text = decoded(path)
        best: _Header | None = None
        chosen = DELIMITERS[0]
        for delimiter in DELIMITERS:
            header = _find_header(peek(text_rows(text, delimiter), _HEADER_ROWS))
            if header and (best is None or header.score > best.score):
                best, chosen = header, delimiter
        self._sheet(Sheet("", 1, text_rows(text, chosen)), name)

    def _xml(self, path: Path, name: str) -> None:
        found = False
        for tag, line, cells in xml_rows(path, self.by_tag):
            found = True
            spec = self.drafts[self.by_tag[tag]].spec
            named = {spec.by_header.get(plain(tag), ""): text for tag, text in cells.items()}
            named.pop("", None)
            self._add(spec.kind, named, line, name)
        if not found:
            self._problem(name, 0, "không có dòng danh mục nào theo mẫu " + ", ".join(self.by_tag))

    def _rows(self, header: _Header, rows: Iterable[list[str]], first: int, name: str) -> None:
        draft = self.drafts[header.spec.kind]
        numbered = enumerate(rows, first)
        while some := list(islice(numbered, _BLOCK)):
            block = [
                (number, row)
                for number, row in some
                if any(row) and not (number < first + _LABEL_ROWS and _is_label(header, row))
            ]
            whole = all(len(row) == len(header.names) for _, row in block)
            if whole and draft.add_block(header.names, [row for _, row in block]):
                continue
            for number, row in block:
                pairs = zip(header.names, row, strict=False)
                cells = {column: text for column, text in pairs if column}
                self._add(header.spec.kind, cells, number, name)

    def _add(self, kind: str, cells: dict[str, str], row: int, name: str) -> None:
        reason = self.drafts[kind].add(cells)
        if reason:
            self._problem(name, row, reason)

    def _problem(self, name: str, row: int, reason: str) -> None:
        self.problems.append(CatalogueProblem(name, row, reason))


def _day(minutes: int) -> date | None:
    return None if minutes in (OPEN_START, OPEN_END) else day_of(minutes)


def _find_header(rows: Sequence[Sequence[str]]) -> _Header | None:
    """The row that names the most columns of a list, the first one among equals."""
    found = [
        _Header(at, spec, names)
        for at, headers in enumerate(map(_plain_cells, rows))
        if sum(header in _known() for header in headers) >= _FEWEST
        for spec, names in _matches(headers)
        if _fits(spec, names)
    ]
    return max(found, key=lambda header: header.score, default=None)


def _plain_cells(row: Sequence[str]) -> list[str]:
    return [plain(cell) if cell else "" for cell in row]


@cache
def _known() -> frozenset[str]:
    """Every header of every list: most rows of a file have none and are no header row."""
    return frozenset(header for spec in list_specs().values() for header in spec.by_header)


def _matches(headers: Sequence[str]) -> Iterator[tuple[ListSpec, tuple[str, ...]]]:
    """For each kind of list, its column at each position of a row, "" where there is none.

    A column named twice is taken where its official name stands, else where it comes first.
    """
    for spec in list_specs().values():
        names = [spec.by_header.get(header, "") for header in headers]
        for name in set(names) - {""}:
            places = [i for i, found in enumerate(names) if found == name]
            official = [i for i in places if headers[i] == plain(name)]
            kept = (official or places)[0]
            for i in places:
                if i != kept:
                    names[i] = ""
        yield spec, tuple(names)


def _fits(spec: ListSpec, names: Sequence[str]) -> bool:
    there = set(names)
    return there.issuperset(spec.needed) and (not spec.any_of or bool(there & set(spec.any_of)))


def _is_label(header: _Header, row: Sequence[str]) -> bool:
    """Whether a row below the header explains it: column titles, or the numbers of the columns."""
    if header.spec.by_header.get(plain(_first(header, row))) in header.spec.identified_by:
        return True
    ordinals = [_ORDINAL.fullmatch(cell) for cell in row]
    counted = [m for i, m in enumerate(ordinals, 1) if m and int(m.group(1)) == i]
    return len(counted) >= max(_FEW_ORDINALS, sum(map(bool, row)) - 1)


def _first(header: _Header, row: Sequence[str]) -> str:
    """The first identifying cell of a row."""
    pairs = zip(header.names, row, strict=False)
    return next((cell for name, cell in pairs if name in header.spec.identified_by), "")


def _why_not(rows: Sequence[Sequence[str]]) -> str:
    """Which list a file is nearest to and what is missing for it."""
    best, there = None, set[str]()
    for row in rows:
        for spec, names in _matches([plain(cell) for cell in row]):
            if len(set(names) - {""}) > len(there):
                best, there = spec, set(names) - {""}
    if best is None or len(there) < _FEW_ORDINALS:
        return "không thấy dòng tiêu đề của danh mục nào trong 20 dòng đầu"
    missing = [name for name in best.needed if name not in there]
    if not missing:
        missing = [" hoặc ".join(best.any_of)]
    label = f"{best.form} {best.title}".strip()
    return f"gần giống '{label}' nhưng thiếu cột {', '.join(missing)}"
