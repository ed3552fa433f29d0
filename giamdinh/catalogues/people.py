"""Practitioner codes as claims and staff lists write them, brought to one form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.catalogues.tables import Coded, spread

if TYPE_CHECKING:
    from giamdinh.catalogues.tables import DatedTable, Dictionary, PeriodIndex
    from giamdinh.model import BoolArray, IntArray

STAFF_KEYS = ("MACCHN", "SO_DINH_DANH", "MA_BHXH", "SO_CCCD")

_HELPERS = re.compile(r"\([^)]*(?:\)|$)")
_BETWEEN = re.compile(r"[;\r\n]")
_AWAY = re.compile(r"\.(?:TX|HD|CG|C)\.([0-9A-Z]{5})$")
_TRAINEE = re.compile(r"\.[0-9]{12}$")


class Practitioner(NamedTuple):
    """One person named in a field; `away` is the other facility that a suffix names, or ""."""

    code: str
    away: str


class Mentions(NamedTuple):
    """The persons named in a column, one element per (row, person).

    Attributes:
        rows: shape (n,), rows of the table, ascending.
        code: the persons' codes.
        key: the same as they are looked up in a staff list.
        away: shape (n,), whether the code says that the person belongs to another facility.
    """

    rows: IntArray
    code: Coded
    key: Coded
    away: BoolArray

    def codes(self) -> list[str]:
        """The code of each element."""
        return [self.code.texts[code] for code in self.code.codes.tolist()]

    def take(self, wanted: BoolArray) -> Mentions:
        """Only the elements where `wanted`, shape (n,), is true."""
        code = Coded(self.code.codes[wanted], self.code.texts)
        key = Coded(self.key.codes[wanted], self.key.texts)
        return Mentions(self.rows[wanted], code, key, self.away[wanted])


@lru_cache(2**14)
def practitioners(text: str) -> tuple[Practitioner, ...]:
    """The persons of a field: `;` between them, helpers in brackets and suffixes taken off."""
    parts = (_one(part) for part in _BETWEEN.split(_HELPERS.sub("", text)))
    return tuple(part for part in parts if part.code)


def staff_keys(text: str) -> list[str]:
    """The keys of a staff list's cell, which may hold several numbers."""
    return [staff_key(part.code) for part in practitioners(text)]


def staff_key(code: str) -> str:
    """How codes compare: plain numbers without the leading zeros that a spreadsheet eats."""
    return code.lstrip("0") if code.isdigit() else code


def staff_index(table: DatedTable) -> PeriodIndex:
    """The staff list by licence number, identity number or insurance number."""
    return table.index(STAFF_KEYS, staff_keys)


def mentions(column: Dictionary) -> Mentions:
    """Every person named in a column; each distinct text is read once."""
    people = [practitioners(text) for text in column.texts]
    index: dict[str, int] = {}
    flat = [index.setdefault(p.code, len(index)) for some in people for p in some]
    rows, places = spread(column, people)
    away = np.array([bool(p.away) for some in people for p in some], np.bool_)
    codes = np.array(flat, np.int32)[places]
    keys = Coded(codes, [staff_key(code) for code in index])
    return Mentions(rows, Coded(codes, list(index)), keys, away[places])


def _one(part: str) -> Practitioner:
    """A code in upper case without blanks and suffixes."""
    code = "".join(part.split()).upper()
    away = ""
    while match := _AWAY.search(code):
        away = match.group(1)
        code = code[: match.start()]
    if "/" in code:
        code = _TRAINEE.sub("", code)
    return Practitioner(code, away)
