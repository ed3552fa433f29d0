"""Tables as data: the workbook and the terminal draw the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from giamdinh.model import MONEY_SCALE
from giamdinh.tables import values
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["text", "wrap", "count", "money", "severity", "typed"]
Cell = str | int | float | datetime | None

_PLAIN_DIGITS = 15
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        kind: "text" codes and short texts; "wrap" sentences; "count" whole numbers; "money"
            hundredths of a đồng; "severity" a severity's name; "typed" text,
            number or time as the cell's own type says.
        width: in characters.
        repeated: few distinct texts, so that they are stored once.
    """

    header: str
    width: float
    kind: Kind = "text"
    repeated: bool = False

    @property
    def wraps(self) -> bool:
        """Whether long texts go on in further lines."""
        return self.kind in ("text", "wrap", "typed")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a name; rows are read once.

    Attributes:
        fixed: columns that stay in sight when scrolling.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    fixed: int = 0


def shown(cell: Cell, kind: Kind) -> str:
    """A cell as text for people."""
    if cell is None:
        return ""
    if kind == "money" and isinstance(cell, int):
        return number_vi(cell, MONEY_SCALE)
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    return number_vi(cell, 0) if isinstance(cell, int) else str(cell)


def typed(table: str, field: str, text: str) -> Cell:
    """What was written in a field: a number or time where the field is one, else the text.

    Text that is not written the plain way (leading zeros, a time that does not exist, a birth
    date with unknown parts) stays as it is.
    """
    return _typed(table, field, text) if text else None


@lru_cache(maxsize=65536)
def _typed(table: str, name: str, text: str) -> Cell:
    spec = table_specs().get(table)
    field = spec.by_name.get(name) if spec else None
    if field is None:
        return text
    if field.numeric:
        return _number(text)
    if field.temporal and not field.partial:
        minutes = values.parse_time(text, field)
        moment = values.moment(minutes) if minutes is not None else None
        return moment if moment is not None and moment.year >= _FIRST_YEAR else text
    return text


def _number(text: str) -> Cell:
    whole, dot, fraction = text.removeprefix("-").partition(".")
    plain = whole.isascii() and whole.isdigit() and (whole == "0" or whole[0] != "0")
    if not plain or len(whole) + len(fraction) > _PLAIN_DIGITS:
        return text
    if not dot:
        return int(text)
    return float(text) if fraction.isascii() and fraction.isdigit() else text
