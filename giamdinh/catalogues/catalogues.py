"""What a run knows of a facility's lists: the dated tables, what was recognised, what was not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.catalogues.drafts import ListDraft
from giamdinh.catalogues.lists import list_specs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

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
    """All lists of a run by kind, with how they were read."""

    tables: Mapping[str, DatedTable] = field(default_factory=dict)
    statuses: tuple[CatalogueStatus, ...] = ()
    problems: tuple[CatalogueProblem, ...] = ()

    @classmethod
    def from_tables(cls, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Catalogues:
        """Lists given as rows of column → text, as examples and tests write them.

        Raises:
            ValueError: an unknown kind or column, or a row that a file's reader would keep out.
        """
        out = {}
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
        return cls(out)

    def has(self, kind: str) -> bool:
        """Whether any row of a kind of list was read."""
        table = self.tables.get(kind)
        return table is not None and len(table) > 0

    def covers(self, kind: str, facility: str) -> bool:
        """Whether the lists speak about a facility.

        A list that names facilities speaks about those only, even when some of its rows are for
        all; the card registry and the facility list speak about everybody.
        """
        table = self.tables.get(kind)
        if table is None or not len(table):
            return False
        return table.everybody or facility in table.named or not table.named

    def table(self, kind: str) -> DatedTable | None:
        """One kind of list, None when no file had it."""
        return self.tables.get(kind)
