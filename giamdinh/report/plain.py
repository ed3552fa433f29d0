"""Tables as plain lines, for pipes, files and small terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.report.grid import shown

if TYPE_CHECKING:
    from giamdinh.report.grid import Sheet

_NAME_AND_VALUE = 2
NUMBERS = ("count", "money")


def plain_lines(table: Sheet) -> list[str]:
    """The table's name and its rows; wide tables say what each number is."""
    lines = [f"{table.name}:"]
    for row in table.rows:
        texts = [
            (column, printable(shown(cell, column.kind)))
            for column, cell in zip(table.columns, row, strict=True)
        ]
        if len(texts) == _NAME_AND_VALUE:
            lines.append("  " + ": ".join(text for _, text in texts if text))
            continue
        cells = [
            f"{column.header} {text}" if column.kind in NUMBERS else text
            for column, text in texts
            if text
        ]
        lines.append("  " + " | ".join(cells))
    return [*lines, ""]


def printable(text: str) -> str:
    """`text` on one line, as far indented, without characters that would steer a terminal."""
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + "".join(c if c.isprintable() else "·" for c in " ".join(text.split()))
