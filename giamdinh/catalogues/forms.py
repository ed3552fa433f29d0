"""Lists as workbooks in the official layout: sheet DATA, one header row, every value as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.catalogues.lists import list_specs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from xlsxwriter.workbook import Workbook


DATA = "DATA"
HELP = "HuongDan"
_KINDS = {
    "text": "chữ",
    "number": "số",
    "date": "ngày yyyymmdd",
    "partial": "ngày yyyymmdd, 00 nơi chưa biết",
    "facility": "mã cơ sở 5 ký tự",
}
_WIDTH = 16


def write_template(kind: str, path: Path) -> None:
    """An empty workbook of one kind of list, with a sheet that explains its columns.

    Raises:
        OSError: the file cannot be written.
    """
    spec = list_specs()[kind]
    columns = spec.columns[: spec.official]
    with _workbook(path) as book:
        sheet = _data_sheet(book, [column.name for column in columns])
        sheet.set_column(0, len(columns) - 1, _WIDTH, book.add_format({"num_format": "@"}))
        rows = [("Cột", "Ý nghĩa", "Kiểu", "Bắt buộc")]
        rows += [
            (c.name, c.title, _KINDS[c.kind], "có" if c.name in spec.needed else "")
            for c in columns
        ]
        sheet = book.add_worksheet(HELP)
        sheet.set_column(0, 3, 2 * _WIDTH)
        for i, texts in enumerate([(spec.form, spec.title), ("Nguồn", spec.source), (), *rows]):
            for j, text in enumerate(texts):
                sheet.write_string(i, j, text)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A workbook with one sheet of texts, which no spreadsheet takes for formulas.

    Raises:
        OSError: the file cannot be written.
    """
    with _workbook(path) as book:
        sheet = _data_sheet(book, columns)
        for i, row in enumerate(rows, 1):
            for j, text in enumerate(row):
                if text:
                    sheet.write_string(i, j, text)


def _workbook(path: Path) -> Workbook:
    import xlsxwriter

    return xlsxwriter.Workbook(str(path), {"constant_memory": True})


def _data_sheet(book: Workbook, columns: Sequence[str]) -> Workbook.worksheet_class:
    sheet = book.add_worksheet(DATA)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "num_format": "@"})
    for j, name in enumerate(columns):
        sheet.write_string(0, j, name, bold)
    return sheet
