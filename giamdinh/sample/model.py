"""What the synthetic month is made of: facilities, people, claims being filled, and the answer key.

Rows are texts by field name, as they will stand in the file; a field that is absent is empty.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import moment

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.sample.content import Disease, FacilityKind, Plan
    from giamdinh.sample.diary import Diary

Row = dict[str, str]

HOUR = 60
DAY = 24 * HOUR


def dice(*key: object) -> random.Random:
    """A generator of its own for each key, the same on every machine."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 - synthetic data


def stamp(minutes: int) -> str:
    """Minutes since 1970 as yyyymmddHHMM."""
    return f"{moment(minutes):%Y%m%d%H%M}"


def day8(minutes: int) -> str:
    """Minutes since 1970 as yyyymmdd."""
    return f"{moment(minutes):%Y%m%d}"


@dataclass(frozen=True, slots=True)
class Request:
    """What to generate: the arguments of `generate`."""

    seed: int
    month: str
    facilities: int
    claims: int
    errors: bool
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the staff list.

    Attributes:
        licence: code written in the practitioner fields of a claim.
        number: identity number of the staff list.
    """

    licence: str
    number: str
    name: str
    role: str
    department: str


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility with its staff by (department, role) and the diary of its people and rooms.

    Attributes:
        seed: of the month, so that another seed fills the facility with other people.
        teams: how often the staff and the machines of its kind are there.
        head: who signs for the facility; `retired` left before the month.
    """

    code: str
    seed: int
    kind: FacilityKind
    staff: dict[tuple[str, str], tuple[Staff, ...]]
    teams: int
    head: Staff
    retired: Staff
    diary: Diary

    def people(self, department: str, *roles: str) -> tuple[Staff, ...]:
        """Staff of a department in the given roles; of the clinic when it has none."""
        found = tuple(p for role in roles for p in self.staff.get((department, role), ()))
        return found or tuple(p for role in roles for p in self.staff.get(("K01", role), ()))

    @property
    def everyone(self) -> tuple[Staff, ...]:
        """All staff in force, in the order of the departments."""
        return tuple(person for group in self.staff.values() for person in group)


@dataclass(frozen=True, slots=True)
class Card:
    """An insurance card and where it is registered; days in minutes since 1970."""

    code: str
    facility: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person with one or two cards, oldest first; `born` in minutes since 1970."""

    number: str
    name: str
    born: int
    sex: str
    identity: str
    address: Row
    weight: str
    cards: tuple[Card, ...]
    five_years: int


@dataclass(slots=True)
class Claim:
    """One treatment episode while it is being written.

    Attributes:
        rows: rows by table, in document order.
        register: what the card registry says of the patient's cards, one row per card.
        touched: codes of the errors planted in it; `returns.LINKED` where it is not alone.
    """

    place: Facility
    plan: Plan
    disease: Disease
    patient: Patient
    version: str
    rows: dict[str, list[Row]] = field(default_factory=dict)
    register: list[Row] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    @property
    def head(self) -> Row:
        """The XML1 row."""
        return self.rows[CLAIM_TABLE][0]

    @property
    def key(self) -> str:
        """MA_LK."""
        return self.head["MA_LK"]

    def lines(self, *tables: str) -> list[Row]:
        """Rows of the tables, one after another."""
        return [row for table in tables for row in self.rows.get(table, ())]

    def add(self, table: str, row: Row, *, numbered: bool = True) -> Row:
        """Append a row with MA_LK and, for tables of lines, its STT."""
        rows = self.rows.setdefault(table, [])
        ahead = {"MA_LK": self.key}
        if numbered:
            ahead["STT"] = str(len(rows) + 1)
        rows.append({**ahead, **row})
        return rows[-1]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One line of the answer key.

    Attributes:
        row: STT of the line, or its position for tables without STT; 1 for XML1.
        amount: money at risk in đồng as text, empty when none is stated.
        expected: the right value, empty when the rule gives none.
    """

    rule: str
    facility: str
    claim: str
    table: str
    row: str
    field: str
    amount: str = ""
    expected: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was written.

    Attributes:
        folder: the folder that holds `ho_so`, `danh_muc` and, with errors, `dap_an.csv`.
        rows: rows per table over all claims.
        planted: the answer key, empty for a clean month.
    """

    folder: Path
    facilities: int
    claims: int
    files: int
    rows: dict[str, int]
    planted: tuple[KeyRow, ...]
