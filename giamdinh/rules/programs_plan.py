"""Conditions of one table as a list of steps, each distinct step once, before any data is known.

A condition is asked for where it is surely true or surely false, so steps are two-valued; a number
is a value and the rows where it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from giamdinh.rules.cards import Rule
    from giamdinh.rules.nodes import Node

    Key = tuple[str, int]
    """Rule code and position of the clause."""
    Number = tuple[int, int]
    """Steps for the value and for where it is there."""

_PURE = frozenset({
    "text", "number", "param", "map", "test", "measure", "in", "parts_in", "in_parts", "parts",
    "text_eq", "text_ne", "and", "or", "not", "if", "coalesce", "present", "missing", "lookup",
    "attr", "eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "rescale", "as",
})  # fmt: skip
"""Operations whose answer depends on nothing but their operands and, some, on the date."""
_MANY = "many"
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
_MIRROR = {"lt": "gt", "le": "ge"}


class Step(NamedTuple):
    """One operation; `args` are positions of earlier steps."""

    op: str
    args: tuple[int, ...] = ()
    value: Any = None


class ByCode(NamedTuple):
    """A part of a condition that depends on one text only, so on its dictionary code.

    Attributes:
        dated: ("param" or "list", name, deciding field) of what must not change within the batch.
    """

    node: Node
    source: Node
    dated: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All conditions on one table.

    Attributes:
        roots: for each clause the step that is true on the rows it hits within its period.
    """

    table: str
    steps: tuple[Step, ...]
    roots: tuple[tuple[Key, int], ...]


def plans(rules: Iterable[Rule]) -> dict[str, Plan]:
    """One plan per table that has conditions."""
    planners: dict[str, _Planner] = {}
    for rule in rules:
        for position, clause in enumerate(rule.clauses):
            if clause.when is not None:
                planner = planners.setdefault(clause.table, _Planner())
                period = max(rule.start, clause.start), min(rule.end, clause.end)
                planner.root((rule.code, position), clause.when, rule.by, period)
    return {
        table: Plan(table, tuple(planner.steps), tuple(planner.roots))
        for table, planner in planners.items()
    }


class _Planner:
    """Collects the steps of one table's conditions."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.roots: list[tuple[Key, int]] = []
        self._known: dict[Step, int] = {}
        self._sources: dict[Node, Node | str | None] = {}

    def root(self, key: Key, when: Node, by: str, period: tuple[int, int]) -> None:
        """A clause: its condition on the rows whose deciding date lies in the period."""
        date = self._step("date", (), by)
        first, last = (self._step("number", (), minute) for minute in period)
        inside = self._all([self._compare("ge", date, first), self._compare("ge", last, date)])
        self.roots.append((key, self._all([inside, self._truth(when, wanted=True)])))

    def _step(self, op: str, args: tuple[int, ...] = (), value: Any = None) -> int:  # noqa: ANN401
        step = Step(op, args, value)
        at = self._known.get(step)
        if at is None:
            at = self._known[step] = len(self.steps)
            self.steps.append(step)
        return at

    def _all(self, parts: Iterable[int]) -> int:
        return self._folded("and", parts)

    def _any(self, parts: Iterable[int]) -> int:
        return self._folded("or", parts)

    def _folded(self, op: str, parts: Iterable[int]) -> int:
        """Two at a time, so that equal beginnings are one step."""
        parts = iter(parts)
        so_far = next(parts)
        for part in parts:
            so_far = self._step(op, (so_far, part))
        return so_far

    def _not(self, part: int) -> int:
        return self._step("not", (part,))

    def _compare(self, op: str, a: int, b: int) -> int:
        if op in _MIRROR:
            op, a, b = _MIRROR[op], b, a
        return self._step(op, (a, b))

    def _truth(  # noqa: PLR0911 - one case per operation
        self, node: Node, *, wanted: bool
    ) -> int:
        """Where a condition is true (`wanted`) or false."""
        found = self._by_code(node)
        if found is not None:
            return self._step("by_code", (), (found, wanted))
        match node.op:
            case "not":
                return self._truth(node.args[0], wanted=not wanted)
            case "and" | "or":
                parts = (self._truth(arg, wanted=wanted) for arg in node.args)
                return self._folded("and" if (node.op == "and") == wanted else "or", parts)
            case "eq" | "ne" | "lt" | "le" | "gt" | "ge":
                (a, there_a), (b, there_b) = self._number(node.args[0]), self._number(node.args[1])
                op = node.op if wanted else _OPPOSITE[node.op]
                return self._all([there_a, there_b, self._compare(op, a, b)])
            case "present" | "missing" if node.args[0].kind != "text":
                there = self._number(node.args[0])[1]
                return there if (node.op == "present") == wanted else self._not(there)
            case "if":
                yes, no = (self._truth(node.args[0], wanted=w) for w in (True, False))
                a, b = (self._truth(arg, wanted=wanted) for arg in node.args[1:])
                return self._any([self._all([yes, a]), self._all([no, b])])
            case "coalesce":
                known = self._any(self._truth(node.args[0], wanted=w) for w in (True, False))
                a, b = (self._truth(arg, wanted=wanted) for arg in node.args)
                return self._any([a, self._all([self._not(known), b])])
        return self._step("truth", (), (node, wanted))

    def _number(self, node: Node) -> Number:  # noqa: PLR0911 - one case per operation
        """The steps of a number or time."""
        found = self._by_code(node)
        if found is not None:
            return self._step("number_by_code", (), found), self._step("by_code", (), (found, None))
        match node.op:
            case "number":
                return self._step("number", (), node.value), self._step("true")
            case "param":
                return self._step("param", (), node), self._step("param_there", (), node)
            case "rescale" | "as" | "neg" | "abs" | "round" | "floor" | "date":
                x, there = self._number(node.args[0])
                return self._one(node, x), there
            case "add" | "sub" | "mul" | "least" | "greatest" | "days" | "minutes" | "add_days":
                found_args = [self._number(arg) for arg in node.args]
                value = self._several(node, [x for x, _ in found_args])
                return value, self._all(there for _, there in found_args)
            case "if":
                yes, no = (self._truth(node.args[0], wanted=w) for w in (True, False))
                (a, there_a), (b, there_b) = (self._number(arg) for arg in node.args[1:])
                there = self._any([self._all([yes, there_a]), self._all([no, there_b])])
                return self._step("choose", (a, b, yes)), there
            case "coalesce":
                (a, there_a), (b, there_b) = (self._number(arg) for arg in node.args)
                return self._step("choose", (a, b, there_a)), self._any([there_a, there_b])
        return self._step("load", (), node), self._step("there", (), node)

    def _one(self, node: Node, x: int) -> int:
        """Operations on one number."""
        match node.op:
            case "as":
                return x
            case "neg":
                return self._step("scale", (x,), -1)
            case "rescale":
                return self._step("scale", (x,), node.value)
            case "floor":
                return self._step("divide", (x,), node.value)
            case "date":
                return self._step("scale", (self._step("divide", (x,), DAY),), DAY)
        return self._step(node.op, (x,), node.value)

    def _several(self, node: Node, xs: list[int]) -> int:
        """Operations on several numbers."""
        match node.op:
            case "least" | "greatest":
                return self._folded(node.op, xs)
            case "minutes":
                return self._step("sub", (xs[1], xs[0]))
            case "days":
                first, last = (self._step("divide", (x,), DAY) for x in xs)
                return self._step("sub", (last, first))
            case "add_days":
                return self._step("add", (xs[0], self._step("scale", (xs[1],), DAY)))
        return self._step(node.op, tuple(xs))

    def _by_code(self, node: Node) -> ByCode | None:
        source = self._source(node)
        if source is None or isinstance(source, str):
            return None
        return ByCode(node, source, tuple(dict.fromkeys(_dated(node, source))))

    def _source(self, node: Node) -> Node | str | None:
        """The one text that `node` depends on; None when on none, `_MANY` when on more."""
        if node not in self._sources:
            self._sources[node] = self._found_source(node)
        return self._sources[node]

    def _found_source(self, node: Node) -> Node | str | None:
        own = node if node.kind == "text" else _MANY
        if node.op == "written":
            inner = node.args[0]
            return inner if inner.op == "field" and inner.kind == "text" else _MANY
        if node.op not in _PURE:
            return own
        sources = {source for arg in node.args if (source := self._source(arg)) is not None}
        if not sources:
            return None
        return own if len(sources) > 1 or _MANY in sources else sources.pop()


def _dated(node: Node, source: Node) -> Iterator[tuple[str, str, str]]:
    """Parameters and lists that a part reads above its source."""
    if node == source:
        return
    if node.op == "param":
        yield ("param", *node.value)
    elif node.op in ("lookup", "attr"):
        yield ("list", node.value[0], node.value[2])
    elif node.op in ("in", "parts_in"):
        members = node.value if node.op == "in" else node.value[2]
        if members[0] != "literal":
            yield members
    for arg in node.args:
        yield from _dated(arg, source)
