"""The Excel workbook: formats, the page a person prints, and sheets of any length."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from giamdinh.report.cells import Styles
from giamdinh.report.files import write_whole
from giamdinh.report.overview import write_overview
from giamdinh.report.pages import EXCEL_ROWS, lay_out_table
from giamdinh.report.rows import RowWriter
from giamdinh.report.sheets import workbook_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from giamdinh.report.grid import Sheet
    from giamdinh.report.model import AuditResult

_MANY = "NHIEU_CS"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_format_properties": {"font_name": "Arial", "font_size": 9},
}


def write(
    result: AuditResult, folder: Path, extra: Sequence[Sheet] = (), rows: int = EXCEL_ROWS
) -> list[Path]:
    """Writes the workbook to `folder` under its usual name.

    Args:
        result: the run.
        folder: must exist.
        extra: more sheets, placed before ThongTinChay.
        rows: most rows on one sheet, the heading included; longer tables go on in `…_2`, `…_3`.

    Returns:
        The file written; another name than usual when that file is open.
    """
    target = folder / file_name(result)
    return [write_whole(target, lambda path: _write(result, path, extra, rows))]


def write_sheets(target: Path, title: str, sheets: Sequence[tuple[str, Sheet]]) -> Path:
    """Writes a workbook of some tables, each under a name of its own.

    Returns:
        The file written; another name than `target` when that file is open.
    """

    def write(path: Path) -> None:
        with _book(path, title, None) as book:
            styles = Styles(book)
            for name, sheet in sheets:
                _write_sheet(book, styles, replace(sheet, name=name), EXCEL_ROWS)

    return write_whole(target, write)


def file_name(result: AuditResult) -> str:
    """`GIAMDINH_<MA_CSKCB>_<yyyymm>_<yyyymmdd of the run>.xlsx`."""
    codes = [code for code in result.claims_by_facility if code]
    facility = codes[0] if len(codes) == 1 else _MANY
    safe = "".join(c if c.isalnum() else "_" for c in facility)
    period = result.period or f"{result.started:%Y%m}"
    return f"GIAMDINH_{safe}_{period}_{result.started:%Y%m%d}.xlsx"


def _write(result: AuditResult, path: Path, extra: Sequence[Sheet], rows: int) -> None:
    created = result.started.replace(tzinfo=None)
    with _book(path, "Kết quả giám định BHYT", created) as book:
        styles = Styles(book)
        write_overview(book, styles, result)
        *first, last = workbook_sheets(result)
        for sheet in (*first, *extra, last):
            _write_sheet(book, styles, sheet, rows)


@contextmanager
def _book(path: Path, title: str, created: datetime | None) -> Iterator[Any]:
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    # Rows wait in temporary files: beside the workbook there is room for them, or for nothing.
    book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
    book.set_properties({"title": title, **({"created": created} if created else {})})
    yield book
    try:
        book.close()
    except FileCreateError as error:
        raise error.args[0] from None


def _write_sheet(book: Any, styles: Styles, sheet: Sheet, limit: int) -> None:  # noqa: ANN401
    """One table, on as many sheets as it needs."""
    rows = iter(sheet.rows)
    part = 1
    while True:
        name = sheet.name if part == 1 else f"{sheet.name}_{part}"
        page = book.add_worksheet(name)
        writer = RowWriter(page, styles, sheet.columns)
        writer.header()
        writer.table(rows, limit - 1)
        lay_out_table(page, sheet, writer.rows)
        following = next(rows, None)
        if following is None:
            return
        rows = chain([following], rows)
        part += 1
