"""Expression cards as plain Python source, the way a person would write a checker by hand.

A claim is a dict of rows; a missing value is None. Conditions become short-circuit expressions that
are true exactly where the card's condition is true; what several rows of a claim share (sums,
counts, sets) is worked out once per claim. The source is generated from the typed trees only.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from giamdinh.bench import checker_calls as calls
from giamdinh.rules import texts
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from giamdinh.rules.cards import Clause, Rule
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.params import Parameter

WRITTEN = "?"
"""Before a field's name: whether anything was written, for fields that are numbers or times."""
ROW_INDEX = "#"
_ARGUMENTS = "c, h, e, d, m"
"""Claim, its XML1 row, its envelope, its deciding minute, and what was worked out for it so far."""
_HEAD, _ROW, _CHILD = "h", "r", "k"
_COMPARE = {
    "eq": "{} == {}", "ne": "{} != {}", "lt": "{} < {}", "le": "{} <= {}", "gt": "{} > {}",
    "ge": "{} >= {}", "text_eq": "{} == {}", "text_ne": "{} != {}",
}  # fmt: skip
_VALUED = {
    "rescale": "{{}} * {}", "round": "half_up({{}}, {})", "floor": "{{}} // {}",
    "as_text": "number_text({{}}, {})",
}  # fmt: skip
_PLAIN = {
    "as": "{}", "neg": "-{}", "abs": "abs({})", "add": "{} + {}", "sub": "{} - {}",
    "mul": "{} * {}", "least": "min({})", "greatest": "max({})",
    "date": "{} // 1440 * 1440", "days": "-({} // 1440) + {} // 1440", "minutes": "-{} + {}",
    "add_days": "{} + {} * 1440",
}  # fmt: skip
_CALLED = ("year", "month", "next_month", "months", "years", "workdays", "add_workdays")
_AGGREGATES = ("sum", "count", "any", "lowest", "highest", "distinct")
_SURE = ("number", "text", "sum", "count", "distinct")


class Coder:
    """Collects the source and the constants of one checker.

    Attributes:
        names: constants of the source by name.
        fields: fields that any card reads, by table.
        definitions: functions for what the rows of a claim share.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.names: dict[str, Any] = dict(calls.CALLS)
        self.fields: dict[str, dict[str, None]] = {name: {} for name in table_specs()}
        self.definitions: list[str] = []
        self._parameters = parameters
        self._shared: dict[Any, str] = {}
        self._number = count()

    def source(self, rules: Sequence[Rule]) -> str:
        """Functions `check_<table>(c, h, e, d, m, out)`: append (rule index, row) of each hit."""
        bodies: dict[str, list[str]] = {}
        for index, rule in enumerate(rules):
            for clause in rule.clauses:
                assert clause.when is not None  # noqa: S101 - only expression cards come here
                when = f"{self._in_force(rule, clause)} and {self.holds(clause.when, _ROW)}"
                lines = bodies.setdefault(clause.table, [])
                lines.append(f"        if {when}:\n            out.append(({index}, r))")
        checks = [
            f"def check_{table}({_ARGUMENTS}, out):\n    for r in c[{table!r}]:\n"
            + "\n".join(lines)
            for table, lines in bodies.items()
        ]
        return "\n\n".join([*self.definitions, *checks]) + "\n"

    def holds(  # noqa: PLR0911 - one case per operation
        self, node: Node, row: str, *, wanted: bool = True
    ) -> str:
        """An expression that is true where a condition is true (or, not `wanted`, false)."""
        match node.op:
            case "and" | "or":
                joint = " and " if (node.op == "and") is wanted else " or "
                return f"({joint.join(self.holds(a, row, wanted=wanted) for a in node.args)})"
            case "not":
                return self.holds(node.args[0], row, wanted=not wanted)
            case "lift":
                return self.holds(node.args[0], _HEAD, wanted=wanted)
            case "if":
                test, a, b = node.args
                then, other = (self.holds(x, row, wanted=wanted) for x in (a, b))
                yes, no = (self.holds(test, row, wanted=way) for way in (True, False))
                return f"({then} if {yes} else {no} and {other})"
            case "coalesce":
                a, b = node.args
                known = self.holds(a, row, wanted=wanted)
                against = self.holds(a, row, wanted=not wanted)
                return f"({known} or not {against} and {self.holds(b, row, wanted=wanted)})"
            case "present" | "missing":
                sign = "is not" if (node.op == "present") is wanted else "is"
                return f"({self.value(node.args[0], row)} {sign} None)"
            case "written" | "any" | "repeated":
                return f"({'' if wanted else 'not '}{self._known(node, row)})"
        return self._tested(node, row, wanted=wanted)

    def value(self, node: Node, row: str) -> str:  # noqa: PLR0911 - one case per operation
        """An expression for a number, time or text; None where it is missing."""
        match node.op:
            case "field":
                table, name = node.value
                return self._field(table, name, row)
            case "number" | "text":
                return repr(node.value)
            case "lift":
                return self.value(node.args[0], _HEAD)
            case "param":
                name, by = node.value
                dated = self._dated(calls.number_on(self._parameters[name]))
                return f"{dated}[{self._day(node.table, by, row)}]"
            case "if":
                test, a, b = node.args
                yes, no = (self.holds(test, row, wanted=way) for way in (True, False))
                then, other = self.value(a, row), self.value(b, row)
                return f"({then} if {yes} else {other} if {no} else None)"
            case "coalesce":
                name = self._name("t")
                first, second = (self.value(arg, row) for arg in node.args)
                return f"({name} if ({name} := {first}) is not None else {second})"
            case "lookup" | "attr":
                name, attribute, by = node.value
                find = calls.attributes_on(name, attribute, number=node.op == "lookup")
                dated = f"{self._dated(find)}[{self._day(node.table, by, row)}]"
                return self._strict(node, row, f"{dated}.get({{}})")
            case op if op in _AGGREGATES:
                return self._once(node, self._aggregate(node))
        return self._strict(node, row, self._template(node))

    def _template(self, node: Node) -> str:  # noqa: PLR0911 - one case per operation
        match node.op:
            case "least" | "greatest":
                return _PLAIN[node.op].format(", ".join("{}" for _ in node.args))
            case op if op in _PLAIN:
                return _PLAIN[op]
            case op if op in _CALLED:
                return f"{op}({', '.join('{}' for _ in node.args)})"
            case op if op in _VALUED:
                return _VALUED[op].format(node.value)
            case "ratio":
                scales = [10**arg.scale for arg in node.args[1:]]
                return f"ratio({{}}, {{}}, {{}}, {scales[0]}, {scales[1]})"
            case "map":
                return f"({self._constant('f', texts.mapper(node.value).function)}({{}}) or None)"
            case "measure":
                return f"{self._constant('f', texts.measurer(node.value).function)}({{}})"
        raise NotImplementedError(node.op)

    def _tested(self, node: Node, row: str, *, wanted: bool) -> str:
        """A condition that is unknown where an operand is missing."""
        args, before = node.args, list[str]()
        if node.op in _COMPARE:
            body = _COMPARE[node.op]
        elif node.op == "test":
            body = f"{self._constant('f', texts.tester(node.value).function)}({{}})"
        elif node.op == "in_parts":
            args = (args[0], args[1].args[0])
            body = f"{{}} in split({{}}, {node.args[1].value!r})"
        elif node.op == "among":
            args = args[:1]
            body = f"{{}} in {self._once(node, self._members_of_rows(node))}"
        elif node.op in ("in", "parts_in"):
            source = node.value if node.op == "in" else node.value[2]
            members, before = self._members(source, node.table, row)
            body = f"{{}} in {members}"
            if node.op == "parts_in":
                body = f"parts_in({{}}, {node.value[0]!r}, {node.value[1]!r}, {members})"
        else:
            raise NotImplementedError(node.op)
        terms, checks = self._operands(args, row)
        known = [*before, *(f"{check} is not None" for check in checks)]
        tested = body.format(*terms)
        return f"({' and '.join([*known, tested if wanted else f'not ({tested})'])})"

    def _strict(self, node: Node, row: str, template: str) -> str:
        """An operation whose result is missing where an operand is."""
        terms, checks = self._operands(node.args, row)
        body = template.format(*terms)
        if not checks:
            return f"({body})"
        return f"(None if {' or '.join(f'{check} is None' for check in checks)} else {body})"

    def _operands(self, args: Sequence[Node], row: str) -> tuple[list[str], list[str]]:
        """The terms to write in an operation, and the bindings to test for None before it."""
        terms, checks = [], []
        for arg in args:
            code = self.value(arg, row)
            if _sure(arg):
                terms.append(code)
            else:
                name = self._name("t")
                terms.append(name)
                checks.append(f"({name} := {code})")
        return terms, checks

    def _known(self, node: Node, row: str) -> str:
        """A condition that is never unknown."""
        if node.op == "any":
            return self._once(node, self._aggregate(node))
        if node.op == "repeated":
            values = ", ".join(self.value(arg, _CHILD) for arg in node.args)
            seen = f"repeats(({values},) for {_CHILD} in c[{node.table!r}])"
            return f'{row}["{ROW_INDEX}"] in {self._once(node, seen)}'
        inner = node.args[0]
        if inner.op == "lift":
            inner, row = inner.args[0], _HEAD
        table, name = inner.value
        spec = table_specs()[table].by_name[name]
        if not (spec.numeric or spec.temporal):
            return f"{self._field(table, name, row)} is not None"
        return f"{self._field(table, WRITTEN + name, row)} is not None"

    def _aggregate(self, node: Node) -> str:
        table = node.value
        of = node.args[0] if node.op not in ("count", "any") else None
        at = 0 if of is None else 1
        tests = [self.holds(node.args[at], _CHILD)] if len(node.args) > at else []
        item = "1" if of is None else self.value(of, _CHILD)
        if of is not None and not _sure(of):
            name = self._name("t")
            tests.append(f"({name} := {item}) is not None")
            item = name
        where = f" if {' and '.join(tests)}" if tests else ""
        rows = f"for {_CHILD} in c[{table!r}]{where}"
        return {
            "sum": f"sum([{item} {rows}])",
            "count": f"len([1 {rows}])",
            "any": f"any([1 {rows}])",
            "lowest": f"min([{item} {rows}], default=None)",
            "highest": f"max([{item} {rows}], default=None)",
            "distinct": f"len({{{item} {rows}}})",
        }[node.op]

    def _members_of_rows(self, node: Node) -> str:
        _, of, *where = node.args
        tests = "".join(f" if {self.holds(test, _CHILD)}" for test in where)
        return f"{{{self.value(of, _CHILD)} for {_CHILD} in c[{node.args[1].table!r}]{tests}}}"

    def _members(self, source: Sequence[Any], table: str, row: str) -> tuple[str, list[str]]:
        """A set, and what must hold for it to be known."""
        match source:
            case ("literal", members):
                return self._constant("s", members), []
            case ("list", name, by):
                return f"{self._dated(calls.codes_on(name))}[{self._day(table, by, row)}]", []
            case ("param", name, by):
                dated = self._dated(calls.set_on(self._parameters[name]))
                local = self._name("t")
                return local, [f"({local} := {dated}[{self._day(table, by, row)}]) is not None"]
        raise NotImplementedError(source)

    def _in_force(self, rule: Rule, clause: Clause) -> str:
        start, end = max(rule.start, clause.start), min(rule.end, clause.end)
        return f"{start} <= {self._day(clause.table, rule.by, _ROW)} <= {end}"

    def _day(self, table: str, by: str, row: str) -> str:
        """The deciding minute of a row: its own field, its claim's, or the claim's service."""
        steps = [] if by == "NGAY_RA" else list(self._days(table, by, row))
        if not steps:
            return "d"
        chain = ""
        for code in steps:
            name = self._name("t")
            chain += f"{name} if ({name} := {code}) is not None else "
        return f"({chain}d)"

    def _days(self, table: str, by: str, row: str) -> Iterator[str]:
        for place, where in {table: row, CLAIM_TABLE: _HEAD}.items():
            spec = table_specs()[place].by_name.get(by)
            if spec is not None and spec.temporal:
                yield self._field(place, by, where)

    def _field(self, table: str, name: str, row: str) -> str:
        self.fields[table][name] = None
        return f"{'e' if table == ENVELOPE_TABLE else row}[{name!r}]"

    def _once(self, key: Node, code: str) -> str:
        """Worked out when first needed for a claim, and kept for its other rows and cards."""
        if key not in self._shared:
            slot = next(self._number)
            self._shared[key] = f"(m[{slot}] if {slot} in m else a{slot}({_ARGUMENTS}))"
            self.definitions.append(
                f"def a{slot}({_ARGUMENTS}):\n    m[{slot}] = v = {code}\n    return v"
            )
        return self._shared[key]

    def _dated(self, find: calls.Dated) -> str:
        """The name of something that depends on a day."""
        if find.key not in self._shared:
            self._shared[find.key] = self._constant("D", find)
        return self._shared[find.key]

    def _constant(self, letter: str, thing: object) -> str:
        name = self._name(letter)
        self.names[name] = thing
        return name

    def _name(self, letter: str) -> str:
        return f"{letter}{next(self._number)}"


def _sure(node: Node) -> bool:
    """Whether a value is never missing."""
    if node.op in _SURE:
        return True
    if node.op == "coalesce":
        return _sure(node.args[1])
    return node.op in ("lift", "rescale", "as", "neg", "abs", "add", "sub", "mul") and all(
        map(_sure, node.args)
    )
