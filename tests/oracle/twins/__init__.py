"""Naive twins of the check functions: plain Python over one row after the other, no arrays.

A twin is written from the card's text and its law. It may use the format's field kinds, the dated
parameters, the code lists and the rows of catalogues as they were read, and nothing of the checks.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs
from tests.oracle import slow

if TYPE_CHECKING:
    from giamdinh.catalogues import Catalogues
    from giamdinh.rules.cards import Rule
    from giamdinh.rules.params import Parameter

Value = Any
Rows = dict[str, list[dict[str, str]]]
_START = datetime(1970, 1, 1)  # noqa: DTZ001 - local time, as the format writes it
_SOON, _LATE = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001


class Row:
    """One row of a table.

    `row["F"]` is the value: a Fraction in real units, a datetime or a text; None where nothing was
    written or it is not what the field says. `row.text("F")` is what was written, "" for nothing.
    """

    def __init__(self, claim: Claim, table: str, at: int, cells: Mapping[str, str]) -> None:
        self.claim = claim
        self.table = table
        self.at = at
        self.cells = cells

    def __getitem__(self, field: str) -> Value:
        return slow.cell(self.table, field, self.cells.get(field, ""))

    def text(self, field: str) -> str:
        return _written(self.table, field, self.cells.get(field, ""))

    def __repr__(self) -> str:
        return f"{self.table}[{self.claim.at}.{self.at}] {dict(self.cells)}"


@cache
def _written(table: str, field: str, text: str) -> str:
    pad = table_specs()[table].by_name[field].pad
    text = text.strip()
    return text.zfill(pad) if text.isdigit() else text


class Claim:
    """One claim: `claim["F"]` is a value of its XML1 row, `claim.rows("XML3")` are its lines."""

    def __init__(self, at: int, tables: Rows) -> None:
        self.at = at
        self.tables = tables
        self.slow = slow.Slow(slow.Claim(tables), {})
        self._rows = {
            name: [Row(self, name, i, cells) for i, cells in enumerate(rows)]
            for name, rows in tables.items()
        }

    def rows(self, table: str) -> list[Row]:
        return self._rows.get(table, [])

    @property
    def head(self) -> Row:
        return self._rows[CLAIM_TABLE][0]

    @property
    def envelope(self) -> Row:
        return self._rows[ENVELOPE_TABLE][0]

    def __getitem__(self, field: str) -> Value:
        return self.head[field]


@dataclass(frozen=True)
class Hit:
    """What a twin finds.

    Attributes:
        row: where it stands; the problem's place in the list for a card about files.
        field: "" for the card's own.
        expected: the right value as the format writes it, "" where the check states none.
        amount: đồng, None where the card's own formula decides.
        other: the row that it clashes with; only compared when given.
    """

    row: Row | int
    field: str = ""
    expected: str = ""
    amount: Fraction | None = None
    other: Row | None = None


class Item(dict[str, str]):
    """One row of a catalogue as it was read: column → text, with the days it is in force."""

    facility: str = ""
    since: datetime = _SOON
    until: datetime = _LATE
    readable: bool = True
    """False where its period makes no sense: such a row is never in force."""

    def on(self, when: datetime) -> bool:
        return self.readable and self.since <= when <= self.until

    def __missing__(self, _column: str) -> str:
        return ""


class Card:
    """A card with all that its check may look up, by the deciding day of a row."""

    def __init__(
        self, rule: Rule, parameters: Mapping[str, Parameter], catalogues: Catalogues
    ) -> None:
        self.rule = rule
        self.parameters = parameters
        self.catalogues = catalogues
        self._items: dict[str, list[Item]] = {}
        self._days: dict[Row, datetime] = {}
        self._dated: dict[tuple[str, datetime], Any] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        return self.rule.tables

    @property
    def reads(self) -> Mapping[str, list[str]]:
        found: Mapping[str, list[str]] = self.rule.source.get("reads", {})
        return found

    def day(self, row: Row) -> datetime:
        """The moment that decides which law applies to a row."""
        if row not in self._days:
            found = row.claim.slow.day(row.table, row.at, self.rule.by)
            assert found is not None
            self._days[row] = found
        return self._days[row]

    def number(self, name: str, row: Row) -> Fraction:
        """A dated number on the row's day; 0 where there is none."""
        key = name, self.day(row)
        if key not in self._dated:
            self._dated[key] = slow.number_on(self.parameters[name], key[1])
        return self._dated[key] or Fraction(0)

    def texts(self, name: str, row: Row) -> frozenset[str]:
        """A dated set of texts on the row's day."""
        key = name, self.day(row)
        if key not in self._dated:
            self._dated[key] = slow.set_on(self.parameters[name], key[1])
        return self._dated[key] or frozenset()

    def listed(self, name: str, code: str | None, when: Row | datetime) -> Mapping[str, str] | None:
        """What a code list says about a code on a day, None when it is not in the list."""
        day = self.day(when) if isinstance(when, Row) else when
        found = [row for row in _by_code(name).get(code or "", []) if _in_force(row, day)]
        newest = max(found, key=lambda row: row.since, default=None)
        return newest.attributes if newest else None

    def codes(self, name: str, when: Row | datetime) -> frozenset[str]:
        """The codes of a list on a day."""
        day = self.day(when) if isinstance(when, Row) else when
        return frozenset(row.code for row in code_list(name).rows if _in_force(row, day))

    def items(self, kind: str) -> list[Item]:
        """The rows of a catalogue (`kind`, or `kind.part`) that approve something."""
        if kind not in self._items:
            self._items[kind] = _items(self.catalogues.table(kind))
        return self._items[kind]

    def held(self, kind: str) -> list[Item]:
        """The rows of a catalogue that were refused, or wait for an answer."""
        return _items(self.catalogues.held.get(kind))


@cache
def _by_code(name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in code_list(name).rows:
        found.setdefault(row.code, []).append(row)
    return found


def _in_force(row: Any, day: datetime) -> bool:
    return bool(row.since <= slow.minutes(day) < row.until)


def _items(table: Any) -> list[Item]:
    out = []
    for row in range(0 if table is None else len(table)):
        item = Item({name: texts[row] for name, texts in table.columns.items()})
        item.facility = table.facility[row]
        start, end = int(table.start[row]), int(table.end[row])
        item.readable = start <= end
        item.since, item.until = _moment(start), _moment(end)
        out.append(item)
    return out


def _moment(minutes: int) -> datetime:
    if abs(minutes) > 2**40:
        return _LATE if minutes > 0 else _SOON
    return _START + timedelta(minutes=minutes)


Found = Iterable[Hit]
Twin = Callable[[Card, Any], Found]
_TWINS: dict[str, Twin] = {}


def twin(function: Twin) -> Twin:
    """Registers the twin of the check of the same name.

    It is called as `twin(card, claim)` for each claim; for cards with `across: yes` once as
    `twin(card, claims)`, and for cards about files once as `twin(card, problems)`.
    """
    assert function.__name__ not in _TWINS, f"{function.__name__} có hai bản song sinh"
    _TWINS[function.__name__] = function
    return function


@cache
def twins() -> Mapping[str, Twin]:
    """All twins by the name of their check."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _TWINS
