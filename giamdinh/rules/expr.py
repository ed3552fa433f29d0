"""The expression language of cards: Python expression syntax, an allow-list of nodes, static types.

`parse` turns text into a typed `Node` tree or says in Vietnamese what is wrong; nothing is run.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from giamdinh.rules.functions import FUNCTIONS
from giamdinh.rules.nodes import ExpressionError, Node, NodeKind, same_scale
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from giamdinh.model import TableSpec
    from giamdinh.rules.params import Parameter

MAX_LENGTH = 1200
_COMPARE = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
_ARITHMETIC = {ast.Add: "add", ast.Sub: "sub"}


@dataclass(frozen=True, slots=True)
class Symbols:
    """Names an expression may use.

    Attributes:
        nodes: parts of earlier expressions; equal parts are one object, which is quick to compare.
    """

    tables: Mapping[str, TableSpec]
    parameters: Mapping[str, Parameter]
    code_lists: frozenset[str]
    nodes: dict[Node, Node] = field(default_factory=dict)


def parse(text: str, table: str, by: str, symbols: Symbols) -> Node:
    """The typed tree of `text` for rows of `table`; dated facts are taken on field `by`.

    Raises:
        ExpressionError: not in the language, an unknown name, or kinds that do not fit.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"biểu thức dài hơn {MAX_LENGTH} ký tự; viết thành `check:`")
    # A backslash of a regular expression is written once, as its author means it.
    source = text.strip().replace("\\", "\\\\")
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"sai cú pháp gần ký tự {error.offset}: {text!r}") from None
    except RecursionError:
        raise ExpressionError("biểu thức lồng quá sâu") from None
    return Parser(source, table, by, symbols).node(tree)


class Parser:
    """Translates one expression for the rows of one table."""

    def __init__(self, source: str, table: str, by: str, symbols: Symbols) -> None:
        self.source = source
        self.table = table
        self.by = by
        self.symbols = symbols

    def inside(self, table: str) -> Parser:
        """A parser for the rows of another table of the same claim (aggregates)."""
        return Parser(self.source, table, self.by, self.symbols)

    def node(self, tree: ast.expr) -> Node:
        """Any expression."""
        build = self._by_type().get(type(tree))
        node = build(tree) if build else None
        if node is not None:
            return node
        raise ExpressionError(f"không viết được trong thẻ quy tắc: `{self.text(tree)}`")

    def _by_type(self) -> dict[type, Callable[[Any], Node | None]]:
        return {
            ast.Constant: self._constant,
            ast.Name: lambda tree: self._name(tree.id),
            ast.Attribute: self._attribute,
            ast.BoolOp: self._boolean,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.Compare: self._compare,
            ast.IfExp: self._choice,
            ast.Set: lambda tree: self._set(tree.elts),
            ast.Call: self._call,
        }

    def of_kind(self, tree: ast.expr, *kinds: str) -> Node:
        """An expression that must be one of `kinds`."""
        node = self.node(tree)
        if node.kind not in kinds:
            need = " hoặc ".join(_KIND_VI[k] for k in kinds)
            raise ExpressionError(f"`{self.text(tree)}` là {_KIND_VI[node.kind]}, ở đây cần {need}")
        return node

    def text(self, tree: ast.expr) -> str:
        """The source of a part of the expression."""
        return ast.get_source_segment(self.source, tree) or ast.unparse(tree)

    def string(self, tree: ast.expr) -> str:
        """A string literal."""
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return tree.value
        raise ExpressionError(f"`{self.text(tree)}`: cần một chuỗi trong ngoặc kép")

    def whole(self, tree: ast.expr) -> int:
        """A whole-number literal."""
        if isinstance(tree, ast.Constant) and type(tree.value) is int:
            return tree.value
        raise ExpressionError(f"`{self.text(tree)}`: cần một số nguyên viết sẵn")

    def regex(self, tree: ast.expr) -> str:
        """A string literal that compiles as a regular expression."""
        pattern = self.string(tree)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", FutureWarning)
                re.compile(pattern)
        except (re.error, FutureWarning) as error:
            raise ExpressionError(f"biểu thức chính quy sai: {pattern!r} ({error})") from None
        return pattern

    def table_name(self, tree: ast.expr) -> str:
        """The name of another table of the claim."""
        if isinstance(tree, ast.Name) and tree.id in self.symbols.tables:
            return tree.id
        raise ExpressionError(f"`{self.text(tree)}` không phải tên bảng (XML1 … XML15)")

    def code_list(self, tree: ast.expr) -> str:
        """The name of a dated code list."""
        name = self.string(tree)
        if name not in self.symbols.code_lists:
            near = _near(name, self.symbols.code_lists)
            raise ExpressionError(f"không có danh mục '{name}' trong schemas/danh_muc{near}")
        return name

    def lift(self, node: Node) -> Node:
        """A value of the claim repeated on the rows of this parser's table."""
        if node.table == self.table:
            return node
        return Node("lift", node.kind, self.table, (node,), None, node.scale)

    def membership(self, left: Node, tree: ast.expr) -> Node:
        """`left in tree`, where tree is a set, a parameter, `list(…)` or `parts(…)`."""
        right = self.node(tree)
        if right.kind == "parts":
            return Node("in_parts", "bool", self.table, (_need(left, "text"), right))
        if right.kind != "set":
            raise ExpressionError(f"`{self.text(tree)}` không phải tập giá trị")
        if left.kind == "number":
            left = Node("as_text", "text", self.table, (left,), left.scale)
        return Node("in", "bool", self.table, (_need(left, "text"),), right.value)

    def _constant(self, tree: ast.Constant) -> Node:
        value = tree.value
        if isinstance(value, str):
            return Node("text", "text", self.table, (), value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            whole, _, fraction = self.text(tree).replace("_", "").partition(".")
            if (whole + fraction).isdigit():
                return Node(
                    "number", "number", self.table, (), int(whole + fraction), len(fraction)
                )
        raise ExpressionError(f"không hiểu giá trị `{self.text(tree)}`")

    def _name(self, name: str) -> Node:
        spec = self.symbols.tables[self.table]
        if name in spec.by_name:
            return self.field(self.table, name)
        parameter = self.symbols.parameters.get(name)
        if parameter is None:
            known = [*spec.by_name, *self.symbols.parameters]
            raise ExpressionError(
                f"{self.table} không có trường '{name}' và không có tham số tên đó"
                f"{_near(name, known)}"
            )
        if parameter.is_set:
            return Node("set", "set", self.table, (), ("param", name, self.by))
        return Node("param", "number", self.table, (), (name, self.by), parameter.scale)

    def _attribute(self, tree: ast.Attribute) -> Node | None:
        if isinstance(tree.value, ast.Name):
            return self._qualified(tree.value.id, tree.attr)
        return None

    def _boolean(self, tree: ast.BoolOp) -> Node:
        word = "and" if isinstance(tree.op, ast.And) else "or"
        args = tuple(self.of_kind(value, "bool") for value in tree.values)
        return Node(word, "bool", self.table, args)

    def _qualified(self, table: str, name: str) -> Node:
        if table not in (CLAIM_TABLE, ENVELOPE_TABLE):
            raise ExpressionError(
                f"`{table}.{name}`: chỉ gọi được XML1.TRƯỜNG hoặc HOSO.TRƯỜNG; "
                "bảng khác dùng sum, count, any, among…"
            )
        if name not in self.symbols.tables[table].by_name:
            near = _near(name, self.symbols.tables[table].by_name)
            raise ExpressionError(f"{table} không có trường '{name}'{near}")
        return self.lift(self.inside(table).field(table, name))

    def field(self, table: str, name: str) -> Node:
        """A field; the envelope has one row per claim, as XML1 has."""
        field = self.symbols.tables[table].by_name[name]
        space = CLAIM_TABLE if table == ENVELOPE_TABLE else table
        if field.numeric:
            return Node("field", "number", space, (), (table, name), field.scale)
        kind: NodeKind = "time" if field.temporal else "text"
        return Node("field", kind, space, (), (table, name))

    def _unary(self, tree: ast.UnaryOp) -> Node:
        if isinstance(tree.op, ast.Not):
            return Node("not", "bool", self.table, (self.of_kind(tree.operand, "bool"),))
        if isinstance(tree.op, ast.USub):
            value = self.of_kind(tree.operand, "number")
            return Node("neg", "number", self.table, (value,), None, value.scale)
        raise ExpressionError(f"không viết được `{self.text(tree)}`")

    def _binary(self, tree: ast.BinOp) -> Node:
        left = self.of_kind(tree.left, "number", "time")
        right = self.of_kind(tree.right, "number", "time")
        kinds = (left.kind, right.kind)
        if isinstance(tree.op, ast.Mult) and kinds == ("number", "number"):
            scale = left.scale + right.scale
            return Node("mul", "number", self.table, (left, right), None, scale)
        if isinstance(tree.op, ast.Div) and kinds == ("number", "number"):
            return self._power_of_ten(tree, left, right)
        op = _ARITHMETIC.get(type(tree.op))
        if op and kinds == ("number", "number"):
            a, b = same_scale(left, right)
            return Node(op, "number", self.table, (a, b), None, a.scale)
        if op and kinds == ("time", "number") and right.scale == 0:
            return Node(op, "time", self.table, (left, right))
        raise ExpressionError(
            f"`{self.text(tree)}`: chỉ cộng trừ nhân số với số, thời điểm cộng trừ số phút nguyên; "
            "khoảng cách hai thời điểm dùng minutes(a, b) hoặc days(a, b)"
        )

    def _power_of_ten(self, tree: ast.BinOp, left: Node, right: Node) -> Node:
        digits = str(right.value) if right.op == "number" and right.scale == 0 else ""
        if not re.fullmatch(r"10+", digits):
            raise ExpressionError(
                f"`{self.text(tree)}`: chỉ chia cho 10, 100, 1000…; "
                "phép chia khác dùng ratio(a, b, c)"
            )
        return Node("as", "number", self.table, (left,), None, left.scale + len(digits) - 1)

    def _compare(self, tree: ast.Compare) -> Node:
        operands = [tree.left, *tree.comparators]
        steps = [
            self._one_compare(op, operands[i], operands[i + 1]) for i, op in enumerate(tree.ops)
        ]
        return steps[0] if len(steps) == 1 else Node("and", "bool", self.table, tuple(steps))

    def _one_compare(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Node:
        if isinstance(op, ast.In | ast.NotIn):
            inside = self.membership(self.node(left), right)
            if isinstance(op, ast.In):
                return inside
            return Node("not", "bool", self.table, (inside,))
        word = _COMPARE.get(type(op))
        a, b = self.node(left), self.node(right)
        if word is None or a.kind != b.kind or a.kind not in ("number", "time", "text"):
            raise ExpressionError(
                f"không so sánh được `{self.text(left)}` ({_KIND_VI[a.kind]}) "
                f"với `{self.text(right)}` ({_KIND_VI[b.kind]})"
            )
        if a.kind == "text":
            if word not in ("eq", "ne"):
                raise ExpressionError(f"`{self.text(left)}` là chữ: chỉ so sánh == và !=")
            return Node(f"text_{word}", "bool", self.table, (a, b))
        if a.kind == "number":
            a, b = same_scale(a, b)
        return Node(word, "bool", self.table, (a, b))

    def _choice(self, tree: ast.IfExp) -> Node:
        test = self.of_kind(tree.test, "bool")
        yes, no = self.node(tree.body), self.node(tree.orelse)
        return self.choose("if", (test,), (yes, no), self.text(tree))

    def choose(self, op: str, head: tuple[Node, ...], options: tuple[Node, ...], text: str) -> Node:
        """A node that yields one of `options`, which must be of one kind."""
        kind = options[0].kind
        if any(o.kind != kind for o in options) or kind not in ("number", "time", "text", "bool"):
            raise ExpressionError(f"`{text}`: các nhánh phải cùng loại")
        if kind == "number":
            options = same_scale(*options)
        return Node(op, kind, self.table, head + options, None, options[0].scale)

    def _set(self, items: list[ast.expr]) -> Node:
        members = frozenset(self._member(item) for item in items)
        return Node("set", "set", self.table, (), ("literal", members))

    def _member(self, item: ast.expr) -> str:
        if isinstance(item, ast.Constant) and type(item.value) is int:
            return str(item.value)
        return self.string(item)

    def _call(self, tree: ast.Call) -> Node | None:
        if not isinstance(tree.func, ast.Name) or tree.keywords:
            return None
        name = tree.func.id
        build = FUNCTIONS.get(name)
        if build is None:
            raise ExpressionError(f"không có hàm '{name}'{_near(name, FUNCTIONS)}")
        try:
            return build(self, tree.args)
        except (IndexError, TypeError):
            raise ExpressionError(f"gọi {name}(…) sai số tham số") from None


_KIND_VI = {
    "number": "số",
    "time": "thời điểm",
    "text": "chữ",
    "bool": "điều kiện",
    "set": "tập giá trị",
    "parts": "danh sách parts(…)",
}


def _need(node: Node, kind: str) -> Node:
    if node.kind != kind:
        raise ExpressionError(f"vế trái của `in` là {_KIND_VI[node.kind]}, cần {_KIND_VI[kind]}")
    return node


def _near(name: str, known: Any) -> str:  # noqa: ANN401 - any iterable of names
    found = get_close_matches(name, list(known), n=1)
    return f" (ý là '{found[0]}'?)" if found else ""
