"""The functions of the expression language: each checks its arguments and builds a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from giamdinh.rules.nodes import ExpressionError, Node, NodeKind, rounded, same_scale
from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from giamdinh.rules.expr import Parser

    Args = list[ast.expr]
    Builder = Callable[[Parser, Args], Node]


class _Registry(Protocol):
    def __call__(self, builder: Builder) -> Builder: ...


FUNCTIONS: dict[str, Builder] = {}


def _function(name: str) -> _Registry:
    def register(builder: Builder) -> Builder:
        FUNCTIONS[name] = builder
        return builder

    return register


def _exactly(args: Args, count: int) -> None:
    if len(args) != count:
        raise TypeError(count)


@_function("abs")
def _abs(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    x = p.of_kind(args[0], "number")
    return Node("abs", "number", p.table, (x,), None, x.scale)


@_function("round")
def _round(p: Parser, args: Args) -> Node:
    _exactly(args, 2)
    return rounded(p.of_kind(args[0], "number"), p.whole(args[1]), "round")


@_function("floor")
def _floor(p: Parser, args: Args) -> Node:
    _exactly(args, 2)
    return rounded(p.of_kind(args[0], "number"), p.whole(args[1]), "floor")


def _extreme(op: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        nodes = tuple(p.of_kind(a, "number", "time") for a in (args[0], *args[1:]))
        if len({n.kind for n in nodes}) > 1:
            raise ExpressionError(f"{op}(…): các vế phải cùng là số hoặc cùng là thời điểm")
        if nodes[0].kind == "number":
            nodes = same_scale(*nodes)
        return Node(op, nodes[0].kind, p.table, nodes, None, nodes[0].scale)

    return build


FUNCTIONS["least"] = _extreme("least")
FUNCTIONS["greatest"] = _extreme("greatest")


@_function("ratio")
def _ratio(p: Parser, args: Args) -> Node:
    _exactly(args, 3)
    a, b, c = (p.of_kind(x, "number") for x in args)
    return Node("ratio", "number", p.table, (a, b, c), None, a.scale)


@_function("coalesce")
def _coalesce(p: Parser, args: Args) -> Node:
    _exactly(args, 2)
    return p.choose("coalesce", (), (p.node(args[0]), p.node(args[1])), "coalesce(…)")


def _presence(op: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, 1)
        return Node(op, "bool", p.table, (p.of_kind(args[0], "number", "time", "text"),))

    return build


FUNCTIONS["missing"] = _presence("missing")
FUNCTIONS["present"] = _presence("present")


@_function("written")
def _written(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    x = p.node(args[0])
    inner = x.args[0] if x.op == "lift" else x
    if inner.op != "field":
        raise ExpressionError("written(…) chỉ nhận một trường")
    return Node("written", "bool", p.table, (x,))


def _of_time(op: str, count: int, kind: NodeKind) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, count)
        return Node(op, kind, p.table, tuple(p.of_kind(a, "time") for a in args))

    return build


FUNCTIONS["date"] = _of_time("date", 1, "time")
FUNCTIONS["next_month"] = _of_time("next_month", 1, "time")
for _name in ("year", "month"):
    FUNCTIONS[_name] = _of_time(_name, 1, "number")
for _name in ("days", "minutes", "years", "months", "workdays"):
    FUNCTIONS[_name] = _of_time(_name, 2, "number")


def _shift(op: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, 2)
        count = p.of_kind(args[1], "number")
        if count.scale:
            raise ExpressionError(f"{op}(…): số ngày phải nguyên")
        return Node(op, "time", p.table, (p.of_kind(args[0], "time"), count))

    return build


FUNCTIONS["add_days"] = _shift("add_days")
FUNCTIONS["add_workdays"] = _shift("add_workdays")


def _text_test(op: str, *, regex: bool = False) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, 2)
        word = p.regex(args[1]) if regex else p.string(args[1])
        return Node("test", "bool", p.table, (p.of_kind(args[0], "text"),), (op, word))

    return build


FUNCTIONS["matches"] = _text_test("matches", regex=True)
for _name in ("starts", "ends", "contains"):
    FUNCTIONS[_name] = _text_test(_name)


@_function("len")
def _len(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    return Node("measure", "number", p.table, (p.of_kind(args[0], "text"),), ("len", ""))


@_function("slice")
def _slice(p: Parser, args: Args) -> Node:
    _exactly(args, 3)
    cut = ("slice", p.whole(args[1]), p.whole(args[2]))
    return Node("map", "text", p.table, (p.of_kind(args[0], "text"),), cut)


def _split(op: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, 2)
        return Node("map", "text", p.table, (p.of_kind(args[0], "text"),), (op, p.string(args[1])))

    return build


FUNCTIONS["before"] = _split("before")
FUNCTIONS["after"] = _split("after")


@_function("fold")
def _fold(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    return Node("map", "text", p.table, (p.of_kind(args[0], "text"),), ("fold",))


@_function("parts")
def _parts(p: Parser, args: Args) -> Node:
    separator = p.string(args[1]) if len(args) > 1 else ";"
    return Node("parts", "parts", p.table, (p.of_kind(args[0], "text"),), separator)


def _parts_text(p: Parser, tree: ast.expr) -> tuple[Node, str]:
    node = p.of_kind(tree, "parts")
    return node.args[0], node.value


def _parts_test(op: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, 2)
        text, separator = _parts_text(p, args[0])
        value = (op, p.regex(args[1]), separator)
        return Node("test", "bool", p.table, (text,), value)

    return build


FUNCTIONS["every"] = _parts_test("every")
FUNCTIONS["some"] = _parts_test("some")


@_function("count_parts")
def _count_parts(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    text, separator = _parts_text(p, args[0])
    return Node("measure", "number", p.table, (text,), ("parts", separator))


@_function("first")
def _first(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    text, separator = _parts_text(p, args[0])
    return Node("map", "text", p.table, (text,), ("nth", 0, separator))


@_function("nth")
def _nth(p: Parser, args: Args) -> Node:
    _exactly(args, 2)
    text, separator = _parts_text(p, args[0])
    return Node("map", "text", p.table, (text,), ("nth", p.whole(args[1]), separator))


def _parts_in(op: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        _exactly(args, 2)
        text, separator = _parts_text(p, args[0])
        members = p.of_kind(args[1], "set").value
        return Node("parts_in", "bool", p.table, (text,), (op, separator, members))

    return build


FUNCTIONS["all_in"] = _parts_in("all")
FUNCTIONS["any_in"] = _parts_in("any")


@_function("list")
def _list(p: Parser, args: Args) -> Node:
    _exactly(args, 1)
    return Node("set", "set", p.table, (), ("list", p.code_list(args[0]), p.by))


def _attribute(p: Parser, args: Args) -> tuple[Node, tuple[str, str, str]]:
    _exactly(args, 3)
    name, attribute = p.code_list(args[0]), p.string(args[2])
    if attribute not in code_list(name).names:
        raise ExpressionError(f"danh mục '{name}' không có thuộc tính '{attribute}'")
    return p.of_kind(args[1], "text"), (name, attribute, p.by)


@_function("lookup")
def _lookup(p: Parser, args: Args) -> Node:
    key, value = _attribute(p, args)
    return Node("lookup", "number", p.table, (key,), value)


@_function("attr")
def _attr(p: Parser, args: Args) -> Node:
    key, value = _attribute(p, args)
    return Node("attr", "text", p.table, (key,), value)


def _claim_level(p: Parser, node: Node) -> Node:
    return p.inside(p.table).lift(node)


def _where(p: Parser, args: Args, at: int) -> tuple[Node, ...]:
    if len(args) > at + 1:
        raise TypeError(at)
    return (p.of_kind(args[at], "bool"),) if len(args) > at else ()


def _aggregate(op: str, *kinds: str) -> Builder:
    def build(p: Parser, args: Args) -> Node:
        child = p.inside(p.table_name(args[0]))
        x = child.of_kind(args[1], *kinds)
        counted = op == "distinct"
        kind: NodeKind = "number" if counted else x.kind
        scale = 0 if counted else x.scale
        operands = (x, *_where(child, args, 2))
        return _claim_level(p, Node(op, kind, CLAIM_TABLE, operands, child.table, scale))

    return build


FUNCTIONS["sum"] = _aggregate("sum", "number")
FUNCTIONS["lowest"] = _aggregate("lowest", "number", "time")
FUNCTIONS["highest"] = _aggregate("highest", "number", "time")
FUNCTIONS["distinct"] = _aggregate("distinct", "number", "time", "text")


@_function("count")
def _count(p: Parser, args: Args) -> Node:
    child = p.inside(p.table_name(args[0]))
    operands = _where(child, args, 1)
    return _claim_level(p, Node("count", "number", CLAIM_TABLE, operands, child.table))


@_function("any")
def _any(p: Parser, args: Args) -> Node:
    _exactly(args, 2)
    child = p.inside(p.table_name(args[0]))
    test = child.of_kind(args[1], "bool")
    return _claim_level(p, Node("any", "bool", CLAIM_TABLE, (test,), child.table))


@_function("among")
def _among(p: Parser, args: Args) -> Node:
    x = p.of_kind(args[0], "text", "number", "time")
    child = p.inside(p.table_name(args[1]))
    y = child.of_kind(args[2], x.kind)
    if x.kind == "number":
        x, y = same_scale(x, y)
    operands = (x, y, *_where(child, args, 3))
    return Node("among", "bool", p.table, operands, child.table)


@_function("repeated")
def _repeated(p: Parser, args: Args) -> Node:
    keys = tuple(p.of_kind(a, "text", "number", "time") for a in (args[0], *args[1:]))
    return Node("repeated", "bool", p.table, keys)
