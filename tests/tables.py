"""Tables of the pages as a reader sees them, to be compared with workbooks and the store."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import openpyxl

if TYPE_CHECKING:
    from pathlib import Path

Cell = str | float | None
Table = tuple[list[str], list[list[Cell]]]


def html_tables(page: str) -> list[Table]:
    """Heading and rows of every table; numbers are what the Vietnamese text on the page says."""
    reader = _Reader()
    reader.feed(page)
    return [(head, rows) for head, rows in reader.found if rows]


def vietnamese(text: str) -> float | None:
    """A number such as -1.234,5; None where nothing is written."""
    plain = text.replace(".", "").replace(",", ".").replace("−", "-").strip()
    return float(plain) if plain not in {"", "–"} else None


def sheets_of(book: Path) -> dict[str, list[dict[str, Any]]]:
    """The sheets of a workbook, row by row under their headings."""
    with book.open("rb") as file:
        sheets = {}
        for sheet in openpyxl.load_workbook(file):
            head, *rows = sheet.iter_rows(values_only=True)
            sheets[sheet.title] = [
                {str(name): cell for name, cell in zip(head, row, strict=True)} for row in rows
            ]
    return sheets


def in_sheets(
    table: Table, sheets: dict[str, list[dict[str, Any]]], also: dict[str, str] | None = None
) -> str:
    """What no sheet has under the same headings; empty when all rows are there.

    `also` says under which heading a sheet has what the page calls otherwise.
    """
    head, rows = table
    if not any(set(head) <= set(found[0]) for found in sheets.values() if found):
        head = [(also or {}).get(name, name) for name in head]
    covering = [found for found in sheets.values() if found and set(head) <= set(found[0])]
    if not covering:
        return f"không trang nào có các cột {head}"
    known = {tuple(_plain(row[name]) for name in head) for found in covering for row in found}
    missing = [row for row in rows if tuple(map(_plain, row)) not in known]
    return f"{head}: {missing[0]}" if missing else ""


def _plain(value: object) -> object:
    """A cell as something to compare: numbers to two decimals, texts without breaks."""
    if isinstance(value, int | float):
        return round(float(value), 2)
    return " ".join(str(value or "").split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Table] = []
        self._text: list[str] | None = None
        self._number = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append(([], []))
        elif tag == "tr" and self.found:
            self.found[-1][1].append([])
        elif tag in {"td", "th"}:
            self._text = []
            self._number = "n" in (dict(attrs).get("class") or "").split()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._text is not None:
            text = " ".join("".join(self._text).split())
            head, rows = self.found[-1]
            if tag == "th":
                head.append(text)
            else:
                rows[-1].append(vietnamese(text) if self._number else text)
            self._text = None
        elif tag == "tr" and self.found and not self.found[-1][1][-1]:
            self.found[-1][1].pop()
