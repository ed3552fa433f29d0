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
_FRACTION = 4
"""Most decimals of a field."""


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
    if isinstance(cell, float):
        return number_vi(round(cell * 100), 2)
    return number_vi(cell, 0) if isinstance(cell, int) else str(cell)


COUNTS = (
    Column("Phát hiện", 11, "count"),
    Column("Xuất toán", 11, "count"),
    Column("Cảnh báo", 11, "count"),
    Column("Hồ sơ", 11, "count"),
    Column("Đề nghị xuất toán (đ)", 19, "money"),
    Column("Cần xem xét (đ)", 19, "money"),
)
"""What is counted of a group of findings."""


def day_vi(text: str) -> str:
    """2026-11-22 as 22/11/2026."""
    return "/".join(reversed(text.split("-")))


def typed(table: str, field: str, text: str) -> Cell:
    """What was written in a field: a number or time where the field is one, else the text.

    Text that is not written the plain way (leading zeros, a time that does not exist, a birth
    date with unknown parts) stays as it is.
    """
    return _typed(table, field, text) if text else None


def difference(table: str, field: str, declared: str, expected: str) -> Cell:
    """How much more was declared than is right; None where one of them is no number."""
    if not declared or not expected:
        return None
    given, right = typed(table, field, declared), typed(table, field, expected)
    if not (isinstance(given, (int, float)) and isinstance(right, (int, float))):
        return None
    exact = given - right
    return round(exact, _FRACTION) if isinstance(exact, float) else exact


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
