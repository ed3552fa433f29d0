"""A table with a heading row, from .xlsx, .xls or delimited text, wherever its heading stands."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from giamdinh.budget.model import Notice, Place
from giamdinh.budget.values import CellError
from giamdinh.catalogues import sources
from giamdinh.catalogues.cells import cell_text, plain
from giamdinh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from giamdinh.budget.model import Counts

T = TypeVar("T")
_SEARCHED = 30
_HUNDREDTHS = 100
_NOISE = 1e-3


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of table.

    Attributes:
        title: how users call it.
        needed: columns it cannot do without.
        others: columns it may have.
        aliases: other headings, as `plain` writes them.
        left: what a row that cannot be read is not: "cộng", "dùng".
    """

    title: str
    needed: tuple[str, ...]
    others: tuple[str, ...]
    aliases: Mapping[str, str]
    left: str = "dùng"

    def column(self, heading: str) -> str:
        """The column behind a heading, "" when it is none of ours."""
        text = plain(heading)
        known = {plain(name): name for name in (*self.needed, *self.others)}
        return known.get(text) or self.aliases.get(text, "")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: column to text, "" where nothing stands."""

    place: Place
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def take(self, column: str, read: Callable[[str], T]) -> T:
        """The value of a column.

        Raises:
            CellError: with the column.
        """
        try:
            return read(self[column])
        except CellError as error:
            error.column = column
            raise


class Table(Protocol):
    """What a file is read into: its rows are counted, and what was wrong with them is said."""

    notices: list[Notice]
    counts: Counts


def read_into(
    table: Table, path: Path, layout: Layout, made: Callable[[Row], T]
) -> Iterator[tuple[Row, T]]:
    """Every row with what is made of it; one that cannot be read is counted, said and left out.

    Raises:
        InputError: the file cannot be read, or no heading row has the columns.
    """
    for row in rows_of(path, layout):
        table.counts.read += 1
        try:
            found = made(row)
        except CellError as error:
            table.counts.rejected += 1
            text = f"{error}; dòng này không được {layout.left}"
            table.notices.append(Notice("rejected", text, row.place, error.column))
        else:
            yield row, found


def rows_of(path: Path, layout: Layout) -> Iterator[Row]:
    """Every row that holds anything below the headings, of all sheets that have them.

    Raises:
        InputError: the file cannot be read, or no heading row has the columns.
    """
    try:
        found = False
        best: list[str] = []
        for sheet in _sheets(path):
            rows = sheet.rows
            before, headings = _headings(rows, layout, best)
            if headings is None:
                continue
            found = True
            first = sheet.first_row + before
            yield from _rows(rows, headings, (path.name, sheet.name, first))
        if not found:
            raise InputError(_missing(path, layout, best))
    except sources.SourceError as error:
        raise InputError(f"{path.name}: {error}") from None
    except OSError:
        raise InputError(f"{path.name}: không mở được tệp; kiểm tra đường dẫn") from None


def _sheets(path: Path) -> Iterator[sources.Sheet]:
    if not path.is_file():
        raise InputError(f"không có tệp '{path}'")
    kind = sources.content_kind(path)
    if kind == "workbook":
        yield from sources.workbook_sheets(path, money_cell)
    elif kind == "xml":
        raise InputError(f"{path.name}: là tệp XML; cần .xlsx hoặc .csv")
    else:
        text = sources.decoded(path)
        head = "\n".join(text.splitlines()[:_SEARCHED])
        delimiter = max(sources.DELIMITERS, key=head.count)
        yield sources.Sheet("", 1, sources.text_rows(text, delimiter))


def money_cell(cell: object) -> str:
    """A cell of a workbook as text; a number with a fraction keeps six decimals.

    So it is never taken for a number with group marks. What differs from whole hundredths only
    by the noise of binary fractions is brought back to them.
    """
    if not isinstance(cell, float) or cell.is_integer():
        return cell_text(cell)
    near = round(cell * _HUNDREDTHS)
    if abs(cell * _HUNDREDTHS - near) < _NOISE * _HUNDREDTHS:
        whole, rest = divmod(abs(near), _HUNDREDTHS)
        return f"{'-' if near < 0 else ''}{whole}.{rest:02d}0000"
    return f"{cell:.6f}"


def _headings(
    rows: Iterator[list[str]], layout: Layout, best: list[str]
) -> tuple[int, dict[int, str] | None]:
    """How many rows were taken, and column by place when one of them has all that is needed.

    Args:
        rows: read up to the heading.
        layout: what is looked for.
        best: gets the columns of the row that came nearest.
    """
    taken = 0
    for taken, row in enumerate(islice(rows, _SEARCHED), start=1):
        named = {i: layout.column(text) for i, text in enumerate(row)}
        named = {i: name for i, name in named.items() if name}
        if len(set(named.values()) & set(layout.needed)) > len(set(best) & set(layout.needed)):
            best[:] = named.values()
        if set(layout.needed) <= set(named.values()):
            twice = [name for name in named.values() if [*named.values()].count(name) > 1]
            if twice:
                raise InputError(
                    f"bảng {layout.title}: dòng tiêu đề có hai cột {twice[0]}; xóa một cột"
                )
            return taken, named
    return taken, None


def _rows(
    rows: Iterator[list[str]], headings: Mapping[int, str], place: tuple[str, str, int]
) -> Iterator[Row]:
    file, sheet, first = place
    for number, row in enumerate(rows, start=first):
        cells = {name: row[i].strip() for i, name in headings.items() if i < len(row)}
        if any(chain(cells.values(), (text.strip() for text in row))):
            yield Row(Place(file, sheet, number), cells)


def _missing(path: Path, layout: Layout, best: Sequence[str]) -> str:
    missing = ", ".join(name for name in layout.needed if name not in best)
    return f"{path.name}: không thấy dòng tiêu đề của bảng {layout.title}; thiếu cột {missing}"
