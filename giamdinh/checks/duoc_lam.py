"""Who may do what: the titles that the law allows for each row, with its exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct, numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.catalogues.tables import Period
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext


@dataclass(frozen=True, slots=True)
class Allowed:
    """A set of titles for each row of a table, shape (rows,) into `sets`."""

    which: IntArray
    sets: Sequence[frozenset[str]]


def allowed_in(context: CheckContext, parameter: str, table: str) -> Allowed:
    """The titles of a dated parameter for each row."""
    return Allowed(*context.text_sets(parameter, table))


def widened(allowed: Allowed, more: Allowed, where: BoolArray) -> Allowed:
    """The same, with the titles of `more` added where `where`, shape (rows,), is true."""
    if not where.any():
        return allowed
    size = len(more.sets) + 1
    pairs, which = numbered(allowed.which * size + np.where(where, more.which, size - 1))
    added = (*more.sets, frozenset[str]())
    sets = [allowed.sets[pair // size] | added[pair % size] for pair in pairs.tolist()]
    return Allowed(which, sets)


def starting(context: CheckContext, table: str, field: str, parameter: str) -> BoolArray:
    """Rows whose text begins like one of a dated set; False where missing."""
    column = context.claims[table][field]
    epochs, sets = context.text_sets(parameter, table)
    yes = np.zeros(column.codes.size, np.bool_)
    for epoch in distinct(epochs):
        heads = tuple(sets[epoch])
        lut = np.array([*(text.startswith(heads) for text in column.texts), False], np.bool_)
        yes |= (epochs == epoch) & lut[column.codes]
    return yes


def barred(staff: DatedTable, periods: Sequence[Period], allowed: Allowed) -> BoolArray:
    """For each period of a person and each set of `allowed`: whether no title of theirs is in it.

    Somebody whose titles are not all known is never barred.
    """
    titles = [staff.remembered(_titles, period.rows) for period in periods]
    out = [[bool(own) and own.isdisjoint(may) for may in allowed.sets] for own in titles]
    return np.array(out, np.bool_).reshape(len(titles), len(allowed.sets))


def _titles(staff: DatedTable, rows: tuple[int, ...]) -> frozenset[str]:
    """The title codes of some rows; none when any row has none or writes it in words."""
    titles = [staff.text("CHUCDANH_NN", row).lstrip("0") for row in rows]
    return frozenset(titles) if all(title.isdigit() for title in titles) else frozenset()
