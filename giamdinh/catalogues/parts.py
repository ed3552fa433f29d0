"""Parts of a list: the rows that say something in a column, or are of one of the list's parts.

A part is written `kind.part.part`; each `part` is a column, several columns joined by `|` of which
one must be filled, or a code of the column that divides the list.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues.lists import list_specs
from giamdinh.catalogues.tables import DatedTable

if TYPE_CHECKING:
    from giamdinh.catalogues.lists import ListSpec
    from giamdinh.model import BoolArray


def named_columns(kind: str) -> tuple[str, ...]:
    """The columns that a `kind.part.part` names, in their order."""
    base, *parts = kind.split(".")
    known = list_specs()[base].by_name
    return tuple(name for part in parts for name in part.split("|") if name in known)


def unknown_part(kind: str) -> str:
    """The first part of `kind.part.part` that its list does not have, "" when all are known."""
    base, *parts = kind.split(".")
    spec = list_specs()[base]
    for part in parts:
        if part not in spec.parts and not all(name in spec.by_name for name in part.split("|")):
            return part
    return ""


def part_of(table: DatedTable, parts: str) -> DatedTable:
    """The rows of a list that belong to all of some parts."""
    spec = list_specs()[table.kind]
    keep = np.ones(len(table), np.bool_)
    for part in parts.split("."):
        keep &= _in_part(table, spec, part)
    return DatedTable(
        kind=table.kind,
        columns={name: list(compress(texts, keep)) for name, texts in table.columns.items()},
        start=table.start[keep],
        end=table.end[keep],
        facility=list(compress(table.facility, keep)),
        everybody=table.everybody,
    )


def _in_part(table: DatedTable, spec: ListSpec, part: str) -> BoolArray:
    empty = [""] * len(table)
    if part in spec.parts:
        texts = table.columns.get(spec.split, empty)
        return np.array([(text or spec.parts[0]) == part for text in texts], np.bool_)
    columns = [table.columns.get(name, empty) for name in part.split("|")]
    return np.array([any(row) for row in zip(*columns, strict=True)], np.bool_)
