"""How worksheets look on screen and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.report.grid import Sheet

EXCEL_ROWS = 1_048_576
_A4 = 9
_SIDE, _FOOT = 0.4, 0.6


def lay_out_table(page: Any, sheet: Sheet, rows: int) -> None:  # noqa: ANN401 - a Worksheet
    """A table of `rows` rows with its heading: widths, frozen heading, filter, printing."""
    _set_widths(page, [column.width for column in sheet.columns])
    page.freeze_panes(1, sheet.fixed)
    page.autofilter(0, 0, rows - 1, len(sheet.columns) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{EXCEL_ROWS}"})
    page.repeat_rows(0)
    page.fit_to_pages(1, 0)
    _set_up_print(page, sheet.name)


def lay_out_overview(page: Any, name: str, widths: Sequence[float]) -> None:  # noqa: ANN401
    """A sheet that is printed on one page."""
    _set_widths(page, widths)
    page.hide_gridlines(2)
    page.fit_to_pages(1, 1)
    _set_up_print(page, name)


def _set_widths(page: Any, widths: Sequence[float]) -> None:  # noqa: ANN401
    for i, width in enumerate(widths):
        page.set_column(i, i, width)


def _set_up_print(page: Any, name: str) -> None:  # noqa: ANN401
    """A4 landscape, narrow margins, the sheet's name and page numbers."""
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(_SIDE, _SIDE, _SIDE, _FOOT)
    page.set_footer(f"&L{name}&CTrang &P/&N&RGiám định BHYT")
