"""New lists into the folder of lists: what is new is added, what it replaces is closed.

A change is two rows: the old one closed the day before the new one begins. Rows that differ in
what names the item (price, tender, procedure) may be open together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

from giamdinh.catalogues.cells import day_of, minutes_of
from giamdinh.catalogues.forms import write_rows
from giamdinh.catalogues.lists import list_specs
from giamdinh.catalogues.loader import files, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.catalogues.catalogues import CatalogueProblem
    from giamdinh.catalogues.drafts import Rows
    from giamdinh.catalogues.lists import ListSpec

_SHARED = "chung"
_NUMBER = "STT"


@dataclass(slots=True)
class Imported:
    """What became of the rows of one kind of list and one facility.

    Attributes:
        facility: "" for a list of all facilities.
        path: the workbook that holds them now.
        read: the sum of the next four.
        added: new rows.
        same: rows that were there already.
        changed: rows that took the place of one of the same item and first day.
        unreadable: rows whose days cannot be read, left out and reported.
        closed: older rows that were given a last day.
    """

    kind: str
    facility: str
    path: Path
    read: int = 0
    added: int = 0
    same: int = 0
    changed: int = 0
    unreadable: int = 0
    closed: int = 0


def import_lists(
    sources: Sequence[Path], folder: Path
) -> tuple[list[Imported], list[CatalogueProblem]]:
    """Brings the lists of files and folders into `folder`, one workbook per list and facility.

    Raises:
        OSError: a workbook cannot be written; those before it are complete.
    """
    problems: list[CatalogueProblem] = []
    books: dict[tuple[str, str], _Book] = {}
    for path, name in (pair for source in sources for pair in files(source)):
        found = read_file(path, name)
        problems += found.problems
        for kind, rows in found.lists.items():
            for part in (rows, rows.held):
                if part:
                    _add(books, folder, kind, part)
    for book in books.values():
        book.write()
    return [book.told for _, book in sorted(books.items())], problems


def _add(books: dict[tuple[str, str], _Book], folder: Path, kind: str, rows: Rows) -> None:
    spec = list_specs()[kind]
    for row, facility in enumerate(rows.facility):
        book = books.get((kind, facility))
        if book is None:
            name = f"{spec.form.replace('/', '')}_{kind}".strip("_")
            path = folder / (facility or _SHARED) / f"{name}.xlsx"
            book = books[kind, facility] = _Book(spec, Imported(kind, facility, path))
        told = book.told
        told.read += 1
        if rows.start[row] > rows.end[row]:
            told.unreadable += 1
        else:
            book.take({name: texts[row] for name, texts in rows.columns.items() if texts[row]})


class _Book:
    """The rows of one workbook, those of earlier imports first."""

    def __init__(self, spec: ListSpec, told: Imported) -> None:
        self.spec = spec
        self.told = told
        self.rows: list[dict[str, str]] = []
        self._items: dict[tuple[str, ...], list[int]] = defaultdict(list)
        dates = {_NUMBER, *spec.start, *spec.end}
        rest = [column.name for column in spec.columns if column.name not in dates]
        self._item = spec.unique or tuple(rest)
        if told.path.is_file():
            for rows in read_file(told.path, told.path.name).lists.values():
                for part in (rows, rows.held):
                    if part:
                        self._keep(part)

    def _keep(self, rows: Rows) -> None:
        for row in range(len(rows.start)):
            self._append({n: texts[row] for n, texts in rows.columns.items() if texts[row]})

    def _append(self, row: dict[str, str]) -> None:
        self._items[self._key(row)].append(len(self.rows))
        self.rows.append(row)

    def _key(self, row: dict[str, str]) -> tuple[str, ...]:
        return tuple(row.get(name, "") for name in self._item)

    def take(self, row: dict[str, str]) -> None:
        """One new row."""
        places = self._items[self._key(row)]
        begins = self._start(row)
        for place in places:
            if _content(self.rows[place]) == _content(row):
                self.told.same += 1
                return
            if self._start(self.rows[place]) == begins:
                self.told.changed += 1
                self.rows[place] = row
                return
        for place in places:
            self._close(self.rows[place], begins)
        self.told.added += 1
        self._append(row)

    def _start(self, row: dict[str, str]) -> str:
        return next((row[name] for name in self.spec.start if name in row), "")

    def _close(self, old: dict[str, str], begins: str) -> None:
        """Ends an older row the day before the new one begins, where it would go on longer."""
        last = next((old[name] for name in self.spec.end if name in old), "")
        if begins and self._start(old) < begins and (not last or last >= begins):
            day = day_of(minutes_of(begins)) - timedelta(days=1)
            old[self.spec.end[0]] = f"{day:%Y%m%d}"
            self.told.closed += 1

    def write(self) -> None:
        """Puts all rows in the workbook's place at once."""
        path = self.told.path
        path.parent.mkdir(parents=True, exist_ok=True)
        filled = {name for row in self.rows for name in row}
        columns = [
            column.name
            for place, column in enumerate(self.spec.columns)
            if place < self.spec.official or column.name in filled
        ]
        temporary = path.with_name(f".giamdinh-{token_hex(4)}.xlsx")
        try:
            write_rows(temporary, columns, ([r.get(n, "") for n in columns] for r in self.rows))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _content(row: dict[str, str]) -> dict[str, str]:
    """All that a row says; its number in the file says nothing."""
    return {name: text for name, text in row.items() if name != _NUMBER}
