"""Rows of a worksheet, written in blocks straight into XlsxWriter's row file.

XlsxWriter takes several calls for every cell, and a month with a million findings has twenty
million cells. Whole rows are many times faster, and texts that repeat are stored once.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from giamdinh.report.cells import (
    MOST_CHARACTERS,
    cell,
    empty_cell,
    letters,
    lines_needed,
    renderer,
    row_height,
    text_cell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from giamdinh.report.cells import Styles
    from giamdinh.report.grid import Cell, Column

    Block = Callable[[range, Sequence[Cell]], list[str]]

_ROWS = 500
_CACHED = 20_000
_MARKS = ("&", "<", ">", "_x", " \n", "\n ", "\n\n")


class RowWriter:
    """Writes the rows of one worksheet from the top."""

    def __init__(self, page: Any, styles: Styles, columns: Sequence[Column]) -> None:  # noqa: ANN401
        self.page = page
        self.styles = styles
        self.columns = columns
        self.rows = 0
        self._blocks = [_block(styles, column, letters(i)) for i, column in enumerate(columns)]
        self._lines = [(i, _lines(column)) for i, column in enumerate(columns) if column.wraps]

    def header(self) -> None:
        """The heading row."""
        texts = [column.header for column in self.columns]
        cells = [text_cell(self.styles["header"], text) for text in texts]
        lines = [
            lines_needed(text, column.width)
            for text, column in zip(texts, self.columns, strict=True)
        ]
        self.write(list(enumerate(cells)), row_height(max(lines) + 1))

    def table(self, rows: Iterator[Sequence[Cell]], most: int) -> None:
        """At most `most` of `rows`; None and "" leave a cell empty."""
        while chunk := list(islice(rows, min(_ROWS, most))):
            most -= len(chunk)
            numbers = range(self.rows + 1, self.rows + 1 + len(chunk))
            values = list(zip(*chunk, strict=True))
            ones = [1] * len(chunk)
            lines = [count(values[i]) for i, count in self._lines]
            heights = map(row_height, map(max, ones, ones, *lines))
            cells = [
                block(numbers, column) for block, column in zip(self._blocks, values, strict=True)
            ]
            parts = [
                f'<row r="{number}" ht="{height}">{"".join(row)}</row>'
                for number, height, *row in zip(numbers, heights, *cells, strict=True)
            ]
            self._flush("".join(parts), len(chunk), len(values))

    def write(self, cells: Sequence[tuple[int, str]], height: int) -> None:
        """One row of ready cells, each with its column from 0, `height` points high."""
        number = self.rows + 1
        parts = [f'<c r="{letters(column)}{number}"{ready}' for column, ready in cells]
        start = f'<row r="{number}" ht="{height}" customHeight="1">'
        last = max((column for column, _ in cells), default=0)
        self._flush(start + "".join(parts) + "</row>", 1, last + 1)

    def _flush(self, text: str, rows: int, columns: int) -> None:
        self.page.row_data_fh.write(text)
        for place in ((self.rows, 0), (self.rows + rows - 1, columns - 1)):
            self.page._check_dimensions(*place)  # noqa: SLF001 - the used range of the sheet
        self.rows += rows


class _Known(dict[Any, Any]):
    """Remembers what a function gave, up to a number of values."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __missing__(self, key: Any) -> Any:  # noqa: ANN401 - any cell to any result
        if len(self) >= _CACHED:
            self.clear()
        made = self[key] = self.make(key)
        return made


def _block(styles: Styles, column: Column, letter: str) -> Block:
    """What turns a column's values of some rows into cells."""
    if column.kind not in ("text", "wrap") or column.repeated:
        known = _Known(renderer(styles, column))
        return lambda numbers, values: [
            f'<c r="{letter}{n}"{known[value]}' for n, value in zip(numbers, values, strict=True)
        ]
    style, empty = styles[column.kind], empty_cell(styles)

    def block(numbers: range, values: Sequence[Any]) -> list[str]:
        if _plain(values):
            return [
                f'<c r="{letter}{n}" s="{style}" t="inlineStr"><is><t>{text}</t></is></c>'
                if text
                else f'<c r="{letter}{n}"{empty}'
                for n, text in zip(numbers, values, strict=True)
            ]
        return [
            f'<c r="{letter}{n}"{cell(styles, column.kind, text)}'
            for n, text in zip(numbers, values, strict=True)
        ]

    return block


def _plain(texts: Sequence[str | None]) -> bool:
    """Whether none of the texts needs escaping, cutting or its outer white space kept."""
    present = [text for text in texts if text]
    joined = "\n".join(present)
    return (
        max(map(len, present), default=0) <= MOST_CHARACTERS
        and joined.replace("\n", "").isprintable()
        and joined.strip() == joined
        and not any(mark in joined for mark in _MARKS)
    )


def _lines(column: Column) -> Callable[[Sequence[Cell]], list[int]]:
    """What counts the lines that a column's values take."""
    width = column.width
    known = _Known(lambda value: lines_needed(value, width) if isinstance(value, str) else 1)
    if column.kind in ("text", "wrap") and not column.repeated:
        return lambda values: [
            lines_needed(value, width) if value and len(value) > width else 1  # type: ignore[arg-type]
            for value in values
        ]
    return lambda values: [known[value] for value in values]
