"""Cells of a worksheet as XML: what stands behind `<c r="A1"`.

No way leads from a text to a formula, a link or markup.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from giamdinh.text import severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from giamdinh.report.grid import Cell, Column, Kind

MOST_CHARACTERS = 16_000
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no time zones
_UNSAFE = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_TEXT_STYLE: dict[Kind, str] = {"text": "text", "wrap": "wrap", "typed": "text", "money": "word"}
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_RED, _YELLOW = "#FFC7CE", "#FFEB9C"
_HEADING = "#D9E1F2"
_LINE = "#BFBFBF"
_LINE_HEIGHT, _PADDING, _HIGHEST = 12, 3, 409


class Styles:
    """Numbers of the cell formats of a workbook, by name."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter's Workbook
        self.book = book
        self._numbers: dict[str, int] = {}
        body = {"valign": "top", "border": 1, "border_color": _LINE}
        heading = {"bold": True, "bg_color": _HEADING, "text_wrap": True, "valign": "vcenter"}
        self._add("text", {**body, "num_format": "@", "text_wrap": True})
        self._add("wrap", {**body, "text_wrap": True, "quote_prefix": True})
        number = {**body, "align": "right", "indent": 1}
        self._add("count", {**number, "num_format": "#,##0"})
        self._add("money", {**number, "num_format": "#,##0"})
        self._add("decimal", {**number, "num_format": "#,##0.0##"})
        self._add("word", {**number, "num_format": "@"})
        self._add("date", {**body, "num_format": "dd/mm/yyyy hh:mm", "align": "left"})
        self._add("header", {**body, **heading, "align": "center"})
        self._add("error", {**body, "bg_color": _RED, "font_color": "#9C0006", "bold": True})
        self._add("warning", {**body, "bg_color": _YELLOW, "font_color": "#7F6000", "bold": True})
        self._add("info", body)
        self._add("title", {"bold": True, "font_size": 15})
        self._add("subtitle", {"font_color": "#595959"})
        self._add("block", {"bold": True, "font_size": 11, "font_color": "#1F3864"})
        self._add("strong", {**number, "num_format": "#,##0", "bold": True, "font_size": 11})

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def shared_cell(self, style: int, text: str) -> str:
        """A cell with a text that the workbook stores once."""
        if text.startswith("<r>"):  # XlsxWriter would take it for markup
            return text_cell(style, text)
        place = self.book.str_table._get_shared_string_index(clean(text))  # noqa: SLF001
        return f' s="{style}" t="s"><v>{place}</v></c>'

    def _add(self, name: str, properties: dict[str, Any]) -> None:
        self._numbers[name] = self.book.add_format(properties)._get_xf_index()  # noqa: SLF001


def lines_needed(text: str, width: float) -> int:
    """Lines a text takes when wrapped in a column of `width`, rather one more than one less."""
    return sum(math.ceil(max(len(line), 1) / width) for line in text.split("\n"))


def row_height(lines: int) -> int:
    """Points for so many lines of text."""
    return min(lines * _LINE_HEIGHT + _PADDING, _HIGHEST)


def text_cell(style: int, text: str) -> str:
    """What follows the place of a cell with a text that stays a text."""
    text = _UNSAFE.sub(_escape, clean(text))
    keep = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f' s="{style}" t="inlineStr"><is><t{keep}>{text}</t></is></c>'


def number_cell(style: int, value: float) -> str:
    """What follows the place of a cell with a number."""
    return f' s="{style}"><v>{value!r}</v></c>'


def cell(styles: Styles, kind: Kind, value: Cell, *, large: bool = False) -> str:
    """A cell in a column of some kind; only its frame when there is nothing."""
    if value is None or value == "":
        return empty_cell(styles)
    if kind == "severity":
        return text_cell(styles[str(value)], severity(str(value)))
    if isinstance(value, str):
        return text_cell(styles["word" if kind == "count" else _TEXT_STYLE[kind]], value)
    if isinstance(value, datetime):
        days = (value - _EXCEL_EPOCH).total_seconds() / 86400
        return number_cell(styles["date"], days)
    if isinstance(value, float):
        return number_cell(styles["decimal"], value)
    amount = _whole(value / 100) if kind == "money" else value
    return number_cell(styles["strong" if large else kind if kind == "money" else "count"], amount)


def empty_cell(styles: Styles) -> str:
    """What follows the place of a cell with nothing but its frame."""
    return f' s="{styles["text"]}"/>'


def clean(text: str) -> str:
    """`text` cut to what a cell holds, saying so."""
    if len(text) <= MOST_CHARACTERS:
        return text
    left = len(text) - MOST_CHARACTERS
    return f"{text[:MOST_CHARACTERS]} … (còn {left} ký tự, xem findings.jsonl)"


def letters(column: int) -> str:
    """The name of a column counted from 0: A, B, … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def renderer(styles: Styles, column: Column) -> Callable[[Any], str]:
    """What turns a value of a column into a cell."""
    if column.repeated:
        style = styles[column.kind]
        return lambda text: styles.shared_cell(style, text) if text else empty_cell(styles)
    return lambda value: cell(styles, column.kind, value)


def _whole(value: float) -> float:
    return int(value) if value.is_integer() else value


def _escape(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) > 1:
        return "_x005F" + found
    return _NAMED.get(found) or f"_x{ord(found):04X}_"
