"""Who may do what: the titles that the law allows for each row, with its exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct, numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

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
