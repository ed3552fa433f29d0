"""Values of expressions on a few rows: amounts and messages are wanted for hits only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.vectors import Numbers, Texts, Truth
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from giamdinh.model import IntArray
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.vectors import Vector

_OF_ALL_ROWS = frozenset({
    "field", "written", "sum", "count", "any", "lowest", "highest", "distinct", "among", "repeated",
})  # fmt: skip
"""Operations that look at a column or at other rows; the rest see one row at a time."""


class OnRows(Evaluator):
    """An evaluator whose vectors have one entry for each of some rows of one table."""

    def __init__(self, batch: Evaluator, table: str, rows: IntArray) -> None:
        super().__init__(batch.claims, batch.parameters)
        self.dictionaries = batch.dictionaries
        self._batch = batch
        self._table = table
        self._rows = rows

    def value(self, node: Node) -> Vector:
        """The vector of a node of the table, one entry per row."""
        found = self._memo.get(node)
        if found is None:
            whole = node.op in _OF_ALL_ROWS or self._batch.knows(node)
            found = self._taken(self._batch.value(node)) if whole else super().value(node)
            self._memo[node] = found
        return found

    def rows(self, table: str) -> int:
        """How many rows there are, whatever the table."""
        del table
        return self._rows.size

    def dates(self, table: str, by: str) -> Numbers:
        """The deciding moment of each row."""
        found = self._batch.dates(table, by)
        return Numbers(found.values[self._rows], found.valid[self._rows])

    def _lift(self, node: Node) -> Vector:
        owner = self.claims[self._table].parent[self._rows]
        if (owner < 0).any():
            return self._taken(self._batch.value(node))
        return OnRows(self._batch, CLAIM_TABLE, owner).value(node.args[0])

    def _taken(self, x: Vector) -> Vector:
        if isinstance(x, Truth):
            return Truth(x.yes[self._rows], x.no[self._rows])
        if isinstance(x, Texts):
            return Texts(x.codes[self._rows], x.texts)
        return Numbers(x.values[self._rows], x.valid[self._rows])
