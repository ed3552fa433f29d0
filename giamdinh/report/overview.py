"""TongQuan: one printed page with what was read, what was found and what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from giamdinh import __version__
from giamdinh.report import summary
from giamdinh.report.cells import cell, lines_needed, row_height, text_cell
from giamdinh.report.grid import Sheet
from giamdinh.report.pages import lay_out_overview
from giamdinh.report.rows import RowWriter

if TYPE_CHECKING:
    from giamdinh.report.cells import Styles
    from giamdinh.report.model import AuditResult

NAME = "TongQuan"
_WIDTHS = (40, 17, 19, 19, 2, 10, 52, 17, 19, 19)
_LEFT, _RIGHT = 0, 5
_FACILITIES, _RULES = 12, 12
_SHOWN_CODES = 4
_FIRST = 3


def write_overview(book: Any, styles: Styles, result: AuditResult) -> None:  # noqa: ANN401
    """Adds the first sheet to a workbook."""
    canvas = _Canvas(styles)
    canvas.text(0, "title", "KẾT QUẢ GIÁM ĐỊNH HỒ SƠ BHYT")
    canvas.text(1, "subtitle", _subtitle(result))
    below = _FIRST
    for table in (summary.results_table(result), summary.money_table(result)):
        below = canvas.table(table, below, _LEFT, large=True)
    facilities = summary.facilities_table(result, most=_FACILITIES)
    for table in (summary.ledger_table(result), _picked(facilities, 0, 1, 5, 6)):
        below = canvas.table(table, below, _LEFT)
    scores = _picked(summary.scorecard_table(result), 0, 1, 2, 3, 4)
    below = canvas.table(summary.top_rules_table(result, most=_RULES), _FIRST, _RIGHT)
    canvas.table(scores, below, _RIGHT)
    page = book.add_worksheet(NAME)
    canvas.write(RowWriter(page, styles, ()))
    lay_out_overview(page, NAME, _WIDTHS)


class _Canvas:
    """Cells placed anywhere, written from the top once all are there."""

    def __init__(self, styles: Styles) -> None:
        self.styles = styles
        self._cells: dict[int, dict[int, str]] = {}
        self._lines: dict[int, int] = {0: 2}

    def text(self, row: int, style: str, text: str, column: int = 0) -> None:
        """A text that may run over the cells beside it."""
        self._put(row, column, text_cell(self.styles[style], text))

    def table(self, table: Sheet, row: int, left: int, *, large: bool = False) -> int:
        """A table with its name and headings; gives the next free row."""
        self.text(row, "block", table.name, left)
        for i, column in enumerate(table.columns):
            self.text(row + 1, "header", column.header, left + i)
        row += 2
        for values in table.rows:
            for i, (column, value) in enumerate(zip(table.columns, values, strict=True)):
                ready = cell(self.styles, column.kind, value, large=large)
                self._put(row, left + i, ready)
                if isinstance(value, str):
                    lines = lines_needed(value, _WIDTHS[left + i])
                    self._lines[row] = max(self._lines.get(row, 1), lines)
            row += 1
        return row + 1

    def write(self, writer: RowWriter) -> None:
        """All cells, row by row."""
        for row in range(max(self._cells) + 1):
            cells = sorted(self._cells.get(row, {}).items())
            writer.write(cells, row_height(self._lines.get(row, 1)))

    def _put(self, row: int, column: int, ready: str) -> None:
        self._cells.setdefault(row, {})[column] = ready


def _subtitle(result: AuditResult) -> str:
    codes = sorted(code for code in result.claims_by_facility if code)
    shown = ", ".join(codes[:_SHOWN_CODES]) + (" …" if len(codes) > _SHOWN_CODES else "")
    period = f"{result.period[4:]}/{result.period[:4]}" if result.period else "không rõ"
    return (
        f"Cơ sở: {shown or 'không rõ'} ({len(codes)} cơ sở) · Kỳ: {period} · "
        f"Chạy lúc {result.started:%d/%m/%Y %H:%M} · giamdinh {__version__} · "
        f"bộ quy tắc {result.rules_hash[:12]} ({len(result.rules)} quy tắc)"
    )


def _picked(table: Sheet, *columns: int) -> Sheet:
    """Some columns of a table."""
    rows = [[row[i] for i in columns] for row in table.rows]
    return Sheet(table.name, tuple(table.columns[i] for i in columns), rows)
