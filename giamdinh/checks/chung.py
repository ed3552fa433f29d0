"""What several checks need: dated memberships, claim values on lines, exact shares of money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import ClaimSet, Column


def in_set(
    context: CheckContext,
    table: str,
    field: str,
    parameter: str,
    key: Callable[[str], str] = str,
) -> BoolArray:
    """Rows of `table` whose text, or `key` of it, is in a dated set; False where missing."""
    column = context.claims[table][field]
    dated = context.evaluator.parameters[parameter]
    when, valid = context.dates(table)
    epochs = np.where(valid, dated.epoch_of(when), -1)
    yes = np.zeros(column.codes.size, np.bool_)
    for epoch in np.unique(epochs[epochs >= 0]).tolist():
        members = {text for text in column.texts if key(text) in dated.sets[epoch]}
        yes |= (epochs == epoch) & by_text(column, members.__contains__)
    return yes


def by_text(column: Column, test: Callable[[str], bool]) -> BoolArray:
    """Rows whose text passes `test`, asked once per distinct text; False where missing."""
    lut = np.array([*map(test, column.texts), False], np.bool_)
    return lut[column.codes]


def claim_flag(claims: ClaimSet, table: str, flags: BoolArray) -> BoolArray:
    """A condition of each claim on the rows of `table`; False for rows without claim."""
    parent = claims[table].parent
    if not flags.size:
        return np.zeros(parent.size, np.bool_)
    return flags[parent] & (parent >= 0)


def claim_time(claims: ClaimSet, table: str, field: str) -> tuple[IntArray, BoolArray]:
    """A time field of XML1 on the rows of `table`, and where it is known."""
    column = claims[CLAIM_TABLE][field]
    return column.values[claims[table].parent], claim_flag(claims, table, column.valid)


def paid(claims: ClaimSet, table: str) -> BoolArray:
    """Rows for which the fund is asked to pay something."""
    money = claims[table]["T_BHTT"]
    return money.valid & (money.values > 0)


def dense(first: IntArray, second: IntArray | None = None) -> IntArray:
    """Numbers 0, 1, 2… in the order of the distinct values, or of the distinct pairs."""
    key = first
    if second is not None and second.size:
        low = int(second.min())
        key = first * (int(second.max()) - low + 1) + (second - low)
    _, inverse = np.unique(key, return_inverse=True)
    return inverse.astype(np.int64)


def share(money: IntArray, part: IntArray, whole: IntArray) -> IntArray:
    """Money * part / whole rounded half up, exactly; whole > 0, nothing negative."""
    exact = [
        (2 * int(m) * int(p) + int(w)) // (2 * int(w))
        for m, p, w in zip(money, part, whole, strict=True)
    ]
    return np.array(exact, np.int64)


def numbers(values: IntArray, scale: int) -> Sequence[str]:
    """Scaled integers as the format writes them."""
    return [number_text(v, scale) for v in values.tolist()]
