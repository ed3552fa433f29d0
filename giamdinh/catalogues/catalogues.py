"""What a run knows of a facility's lists: the dated tables, what was recognised, what was not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from giamdinh.catalogues.tables import DatedTable


@dataclass(frozen=True, slots=True)
class CatalogueProblem:
    """A file, or a row of one, that was kept out; `row` is 0 for the whole file."""

    file: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class CatalogueStatus:
    """What one file gave for one kind of list and one facility.

    Attributes:
        facility: "" when the rows are for every facility.
        rows: rows that approve something.
        refused: rows left out because their answer is a refusal.
        first, through: the days the rows span; None where the span is open.
    """

    kind: str
    title: str
    facility: str
    rows: int
    refused: int
    first: date | None
    through: date | None
    file: str


@dataclass(frozen=True, slots=True)
class Catalogues:
    """All lists of a run by kind, with how they were read.

    Attributes:
        tables: rows that approve something.
        held: rows whose answer is a refusal, or that wait for one or are suspended.
    """

    tables: Mapping[str, DatedTable] = field(default_factory=dict)
    statuses: tuple[CatalogueStatus, ...] = ()
    problems: tuple[CatalogueProblem, ...] = ()
    held: Mapping[str, DatedTable] = field(default_factory=dict)

    @classmethod
    def from_tables(cls, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Catalogues:
        """Lists given as rows of column → text, as examples and tests write them.

        Raises:
            ValueError: an unknown kind or column, or a row that a file's reader would keep out.
        """
        from giamdinh.catalogues.drafts import ListDraft
        from giamdinh.catalogues.lists import list_specs

        out, held = {}, {}
        for kind, rows in tables.items():
            if kind not in list_specs():
                known = ", ".join(list_specs())
                raise ValueError(f"không có danh mục '{kind}'; các danh mục: {known}")
            draft = ListDraft(list_specs()[kind])
            for row in rows:
                for name in row:
                    if name not in draft.spec.by_name:
                        raise ValueError(f"danh mục {kind} không có cột '{name}'")
                reason = draft.add(row)
                if reason:
                    raise ValueError(f"danh mục {kind}: {reason}")
            out[kind] = draft.table()
            if draft.held:
                held[kind] = draft.held.table()
        return cls(out, held=held)

    def has(self, kind: str) -> bool:
        """Whether any row of a kind of list was read."""
        table = self.table(kind)
        return table is not None and len(table) > 0

    def covers(self, kind: str, facility: str) -> bool:
        """Whether the lists speak about a facility.

        A list that names facilities speaks about those only, even when some of its rows are for
        all; the card registry and the facility list speak about everybody.
        """
        table = self.table(kind)
        if table is None or not len(table):
            return False
        return table.everybody or facility in table.named or not table.named

    def table(self, kind: str) -> DatedTable | None:
        """One kind of list, or the part of one that `kind.part` names; None when no file had it."""
        base, _, parts = kind.partition(".")
        table = self.tables.get(base)
        if table is None or not parts:
            return table
        from giamdinh.catalogues.parts import part_of

        return table.remembered(part_of, parts)


def load_catalogues(folder: Path | None) -> Catalogues:
    """All lists in a folder and its sub-folders, or in one file; none for None.

    Damaged files and rows are reported in `problems` and never stop the run.

    Raises:
        InputError: the folder does not exist.
    """
    if folder is None:
        return Catalogues()
    if not folder.exists():
        raise InputError(f"không có thư mục danh mục: {folder}")
    from giamdinh.catalogues.loader import load

    return load(folder)
