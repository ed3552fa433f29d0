"""The typed tree of an expression: what both evaluators (numpy and the slow oracle) read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from giamdinh.model import Rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

NodeKind = Literal["number", "time", "text", "bool", "set", "parts"]


class ExpressionError(ValueError):
    """An expression that is not in the language; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Node(Rebuilt):
    """One operation.

    Attributes:
        op: the operation's name, see `docs/ngon_ngu_quy_tac.md`.
        kind: what it yields; a number is an integer of 10**-scale.
        table: the table whose rows it has one value for.
        args: operands, already brought to one scale where the operation needs it.
        value: constants, names and patterns that belong to the operation.
    """

    op: str
    kind: NodeKind
    table: str
    args: tuple[Node, ...] = ()
    value: Any = None
    scale: int = 0
    _hash: int | None = field(init=False, repr=False, compare=False, default=None)

    def __hash__(self) -> int:
        """Worked out once: a tree is looked up at every one of its nodes."""
        if self._hash is None:
            own = (self.op, self.kind, self.table, self.args, self.value, self.scale)
            object.__setattr__(self, "_hash", hash(own))
        return cast("int", self._hash)

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for arg in self.args:
            yield from arg.walk()


def shared(node: Node, known: dict[Node, Node]) -> Node:
    """`node` made of the equal nodes that are `known` already; it is then known itself."""
    found = known.get(node)
    if found is None:
        args = tuple(shared(arg, known) for arg in node.args)
        found = known[node] = replace(node, args=args)
    return found


def rescale(node: Node, scale: int) -> Node:
    """`node` as a number of a larger scale, exactly."""
    if node.scale == scale:
        return node
    if node.op == "number":
        return Node("number", "number", node.table, (), node.value * 10 ** (scale - node.scale),
                    scale)  # fmt: skip
    return Node("rescale", "number", node.table, (node,), 10 ** (scale - node.scale), scale)


def same_scale(*nodes: Node) -> tuple[Node, ...]:
    """Numbers brought to the largest of their scales."""
    top = max(node.scale for node in nodes)
    return tuple(rescale(node, top) for node in nodes)


def rounded(node: Node, digits: int, mode: Literal["round", "floor"]) -> Node:
    """A number kept to `digits` decimals; half away from zero for `round`."""
    if digits >= node.scale:
        return rescale(node, digits)
    return Node(mode, "number", node.table, (node,), 10 ** (node.scale - digits), digits)
