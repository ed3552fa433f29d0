"""The row-rule workload: columns shaped like XML3, a hundred conditions, and an ideal to aim at.

The conditions are written as in a card. The ideal is what a person would write by hand for exactly
these conditions: one compiled loop per condition over blocks of rows. It must be compiled again
whenever a condition changes, which takes seconds.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.rules.cards import Clause, Rule, RuleSet
from giamdinh.rules.compile import FOREVER
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.expr import Symbols, parse
from giamdinh.rules.programs import RowPrograms
from giamdinh.tables.claimset import ClaimSet, Column, Table
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs
from giamdinh.tables.values import DAY, day_minutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from giamdinh.model import BoolArray, Field, IntArray
    from giamdinh.rules.nodes import Node

SEED = 5
LINES = "XML3"
_BLOCK = 4096
_FIRST_DAY = date(2025, 1, 1)
_WORD = 64
_NUMBERS = ("SO_LUONG", "DON_GIA_BV", "DON_GIA_BH", "TYLE_TT_DV", "TYLE_TT_BH", "THANH_TIEN_BV",
            "THANH_TIEN_BH", "T_TRANTT", "MUC_HUONG", "T_NGUONKHAC", "T_BNTT", "T_BNCCT",
            "T_BHTT")  # fmt: skip
_CODES = {"MA_DICH_VU": 1500, "MA_NHOM": 12, "MA_BAC_SI": 2000, "NGUOI_THUC_HIEN": 2000,
          "MA_MAY": 300, "MA_KHOA": 40, "PHAM_VI": 3, "MA_PTTT": 4}  # fmt: skip
_IN_ORDER = ("XML1.NGAY_VAO", "NGAY_YL", "NGAY_TH_YL", "NGAY_KQ", "XML1.NGAY_RA")
_UNWRITTEN = 0.001
"""Share of values that are missing; T_TRANTT is written in one row of ten."""
_NEGATIVE = 0.0001
"""Share of amounts below zero: without any, no machine would have to look for them."""


def expressions() -> tuple[str, ...]:
    """The hundred conditions."""
    products = [
        "abs(SO_LUONG * DON_GIA_BV - THANH_TIEN_BV)",
        "abs(SO_LUONG * DON_GIA_BH - THANH_TIEN_BV)",
        "abs(THANH_TIEN_BV * TYLE_TT_BH / 100 - THANH_TIEN_BH)",
        "abs(THANH_TIEN_BH * MUC_HUONG / 100 - T_BHTT)",
        "abs(THANH_TIEN_BV * TYLE_TT_DV / 100 - THANH_TIEN_BV)",
    ]
    sums = {
        "abs(T_BNTT + THANH_TIEN_BH - THANH_TIEN_BV)": ("0.5", "1"),
        "abs(T_BNCCT + T_BHTT - THANH_TIEN_BH)": ("0.5", "1"),
        "abs(T_BNTT + T_BHTT - THANH_TIEN_BV)": ("3000000", "4000000"),
        "abs(T_NGUONKHAC + T_BHTT - THANH_TIEN_BH)": ("3000000", "4000000"),
    }
    a, b, c, d, e = _IN_ORDER
    after = [(a, b), (b, c), (c, d), (d, e), (b, e), (a, e), (c, e), (a, c)]
    codes, numbers = list(_CODES), _NUMBERS
    return (
        *(f"missing({name})" for name in numbers if name != "T_TRANTT"),
        "present(T_TRANTT)",
        *(f"{name} < 0" for name in numbers),
        *(f"{product} > {limit}" for product in products for limit in ("0.5", "1")),
        *(f"{total} > {limit}" for total, limits in sums.items() for limit in limits),
        *(f"{first} > {then}" for first, then in after),
        *(
            f"minutes({first}, {then}) > {most}"
            for first, then in ((b, c), (c, d), (b, d))
            for most in (205, 207, 300)
        ),
        *(
            f'{codes[i % 8]} == "{i % 2 + 1}" and {numbers[i % 13]} > {1600000 + i}'
            for i in range(16)
        ),
        *(f"{codes[i % 8]} in {{{_listed(codes[i % 8])}}}" for i in range(13)),
        *(
            f"{numbers[i]} > {numbers[(i * 5 + 3) % 13]} * 10000 + 10000000"
            for i in range(10)
        ),
    )  # fmt: skip


def _listed(code: str) -> str:
    """The rarest third of a column's codes, at most a hundred."""
    count = _CODES[code]
    first = count - min(max(2, count // 3), 100)
    return ", ".join(f'"{number}"' for number in range(first, count))


@cache
def rule_set() -> RuleSet:
    """The conditions as rules without texts, always in force."""
    symbols = Symbols(table_specs(), {}, frozenset())
    nodes = [parse(text, LINES, "NGAY_RA", symbols) for text in expressions()]
    rules = [_rule(f"BEN-{number:03}", node) for number, node in enumerate(nodes, 1)]
    return RuleSet(tuple(rules), {}, "")


def _rule(code: str, when: Node) -> Rule:
    clause = Clause(LINES, 0, FOREVER, when, None, None, "", {})
    return Rule(
        code=code, title="", title_en="", severity="info", tt12="k", confidence="high",
        uncertain="", legal=(), start=0, end=FOREVER, by="NGAY_RA", needs=(), fields={LINES: ""},
        clauses=(clause,), check="", fix="", examples=(), path="", source={}, across=False, rows={},
    )  # fmt: skip


def claim_set(rows: int, seed: int = SEED) -> ClaimSet:
    """Claims with `rows` lines in all; equal for equal arguments."""
    random = np.random.default_rng(seed)
    sizes = random.integers(3, 13, rows // 5 + 1)
    parent = np.repeat(np.arange(sizes.size), sizes)[:rows].astype(np.int64)
    claims = int(parent[-1]) + 1
    arrive = day_minutes(_FIRST_DAY) + DAY * random.integers(0, 31, claims) + 360
    lines = _lines(random, parent, arrive)
    offsets = np.searchsorted(parent, np.arange(claims + 1)).astype(np.int64)
    number = np.arange(rows) - offsets[parent] + 1
    own = np.arange(claims, dtype=np.int64)
    one = np.ones(claims, np.int64)
    stay = {"NGAY_VAO": arrive, "NGAY_RA": arrive + 960}
    spec, claim_spec = table_specs()[LINES], table_specs()[CLAIM_TABLE]
    tables = {
        CLAIM_TABLE: Table(claim_spec, own, np.arange(claims + 1), one, {
            name: _column(claim_spec.by_name[name], values, np.ones(claims, np.bool_))
            for name, values in stay.items()
        }),
        LINES: Table(spec, parent, offsets, number, {
            name: _column(spec.by_name[name], values, valid)
            for name, (values, valid) in lines.items()
        }),
    }  # fmt: skip
    envelope = table_specs()[ENVELOPE_TABLE]
    tables[ENVELOPE_TABLE] = Table(envelope, own, np.arange(claims + 1), one, {})
    return ClaimSet(tables, ["bench.xml"] * claims, one, own, stay["NGAY_RA"], own * 0)


def _lines(
    random: np.random.Generator, parent: IntArray, arrive: IntArray
) -> dict[str, tuple[IntArray, BoolArray]]:
    """Values and where they are written; amounts follow from one another but for a few slips."""
    rows = parent.size
    quantity = random.integers(1, 5, rows)
    price = random.integers(1, 900, rows) * 500
    share = random.choice([100, 100, 80, 60], rows)
    benefit = random.choice([80, 95, 100], rows)
    slip = random.random(rows)
    cost = quantity * price * 100 + 100 * (slip < 0.002)  # noqa: PLR2004 - one row in 500
    insured = quantity * price * share
    paid = insured * benefit // 100
    ordered = arrive[parent] + random.integers(60, 600, rows)
    done = ordered + random.integers(0, 120, rows)
    result = done + random.integers(5, 90, rows)
    values = {
        "SO_LUONG": quantity * 1000, "DON_GIA_BV": price * 1000, "DON_GIA_BH": price * 1000,
        "TYLE_TT_DV": np.full(rows, 100), "TYLE_TT_BH": share, "THANH_TIEN_BV": cost,
        "THANH_TIEN_BH": insured, "T_TRANTT": cost, "MUC_HUONG": benefit * 10,
        "T_NGUONKHAC": np.zeros(rows, np.int64), "T_BNTT": cost - insured,
        "T_BNCCT": insured - paid, "T_BHTT": paid, "NGAY_YL": ordered,
        "NGAY_TH_YL": np.where(random.random(rows) < 0.003, ordered - 10, done),  # noqa: PLR2004
        "NGAY_KQ": result,
    }  # fmt: skip
    unwritten = dict.fromkeys(values, _UNWRITTEN) | {"T_TRANTT": 0.9}
    columns = {}
    for name, column in values.items():
        valid = random.random(rows) >= unwritten[name]
        signs = np.where(random.random(rows) < _NEGATIVE, -1, 1) if name in _NUMBERS else 1
        columns[name] = np.where(valid, column * signs, 0), valid
    for name, count in _CODES.items():
        drawn = random.pareto(1.5, rows) * count / 20
        columns[name] = np.minimum(drawn.astype(np.int64), count - 1), np.ones(rows, np.bool_)
    return columns


def _column(spec: Field, values: IntArray, valid: BoolArray) -> Column:
    """A column; what was written for a number is not kept."""
    if spec.numeric or spec.temporal:
        return Column(spec, np.where(valid, 0, -1).astype(np.int32), ["0"], values, valid)
    texts = [str(i) for i in range(_CODES[spec.name])]
    return Column(spec, values.astype(np.int32), texts, np.zeros(0, np.int64), valid)


class Ideal:
    """The hand-written loops for `expressions` on one set of columns.

    Masks have a bit per condition. Columns of the claim are joined beforehand, and look-up tables
    of the lists are ready: only the loops are timed.
    """

    def __init__(self, claims: ClaimSet) -> None:
        from numba import njit

        self._source = _Source(claims)
        rules = rule_set().rules
        tests = [self._source.truth(when) for rule in rules if (when := rule.clauses[0].when)]
        names = list(self._source.columns)
        words = -(-len(tests) // _WORD)
        marks = [f"w{word}" for word in range(words)]
        lines = [f"def loops(luts, {', '.join([*marks, *names])}):", "    rows = w0.size"]
        lines += [f"    for i in range(rows): {mark}[i] = 0" for mark in marks]
        for at, test in enumerate(tests):
            word, bit = divmod(at, _WORD)
            lines.append(
                f"    for i in range(rows): w{word}[i] |= np.uint64({test}) << np.uint64({bit})"
            )
        space: dict[str, Any] = {"np": np}
        exec("\n".join(lines), space)  # noqa: S102 - generated above, from our own conditions
        self._loops = njit(nogil=True, error_model="numpy")(space["loops"])
        self._columns = [self._source.columns[name] for name in names]
        self._luts = self._source.luts()
        self.masks = np.zeros((words, len(claims[LINES])), np.uint64)

    def run(self) -> None:
        """All loops, block by block, into `masks`; the first call compiles them."""
        for first in range(0, self.masks.shape[1], _BLOCK):
            last = first + _BLOCK
            marks = [mask[first:last] for mask in self.masks]
            self._loops(self._luts, *marks, *(column[first:last] for column in self._columns))

    def hits(self) -> list[IntArray]:
        """Rows per condition, from `masks`."""
        return [
            np.flatnonzero(self.masks[at // _WORD] >> np.uint64(at % _WORD) & np.uint64(1))
            for at in range(len(expressions()))
        ]


class _Source:
    """Expressions as Python source on row `i` of plain arrays."""

    def __init__(self, claims: ClaimSet) -> None:
        self.claims = claims
        self.columns: dict[str, Any] = {}
        self._lists: list[Any] = []

    def truth(self, node: Node) -> str:
        """Where a condition is true, as source."""
        match node.op:
            case "and":
                return "(" + " & ".join(self.truth(arg) for arg in node.args) + ")"
            case "missing" | "present":
                return f"({self._there(node.args[0])} == {int(node.op == 'present')})"
            case "text_eq":
                field, word = node.args
                column = self.claims[LINES][field.value[1]]
                return f"({self._field(field)} == {column.texts.index(word.value)})"
            case "in":
                column = self.claims[LINES][node.args[0].value[1]]
                self._lists.append([text in node.value[1] for text in column.texts])
                return f"(luts[{len(self._lists) - 1}, {self._field(node.args[0])}] != 0)"
        sign = {"gt": ">", "lt": "<"}[node.op]
        fields = dict.fromkeys(part for arg in node.args for part in _fields(arg))
        there = [self._there(field) for field in fields]
        a, b = map(self._number, node.args)
        return "(" + " & ".join([f"({a} {sign} {b})", *there]) + ")"

    def luts(self) -> Any:  # noqa: ANN401 - an array of bytes
        """A row per list, an entry per code."""
        table = np.zeros((len(self._lists), max(map(len, self._lists), default=1)), np.uint8)
        for row, listed in zip(table, self._lists, strict=True):
            row[: len(listed)] = listed
        return table

    def _number(self, node: Node) -> str:  # noqa: PLR0911 - one case per operation
        if node.op in ("field", "lift"):
            return self._field(node)
        if node.op == "number":
            return str(node.value)
        parts = [self._number(arg) for arg in node.args]
        match node.op:
            case "rescale":
                return f"({parts[0]} * {node.value})"
            case "as":
                return parts[0]
            case "abs":
                return f"abs({parts[0]})"
            case "minutes":
                return f"({parts[1]} - {parts[0]})"
        sign = {"add": "+", "sub": "-", "mul": "*"}[node.op]
        return f"({parts[0]} {sign} {parts[1]})"

    def _field(self, node: Node) -> str:
        table, name = (node.args[0] if node.op == "lift" else node).value
        column = self.claims[table][name]
        values = column.values if column.values.size else column.codes
        return self._named(name, values, lifted=node.op == "lift")

    def _there(self, node: Node) -> str:
        table, name = (node.args[0] if node.op == "lift" else node).value
        valid = self.claims[table][name].valid.view(np.uint8)
        return self._named(f"{name}_there", valid, lifted=node.op == "lift")

    def _named(self, name: str, array: Any, *, lifted: bool) -> str:  # noqa: ANN401
        if name not in self.columns:
            self.columns[name] = array[self.claims[LINES].parent] if lifted else array
        return f"{name}[i]"


def _fields(node: Node) -> list[Node]:
    if node.op in ("field", "lift"):
        return [node]
    return [field for arg in node.args for field in _fields(arg)]


def by_programs(claims: ClaimSet) -> Callable[[], list[IntArray]]:
    """Runs the conditions as row programs; rows per condition."""
    programs = RowPrograms(rule_set(), forced=True)

    def run() -> list[IntArray]:
        hits = programs.run(Evaluator(claims, {}))
        return [hits[rule.code, 0] for rule in rule_set().rules]

    return run


def by_numpy(claims: ClaimSet) -> Callable[[], list[IntArray]]:
    """Runs the conditions with numpy on whole columns; rows per condition."""

    def run() -> list[IntArray]:
        evaluator = Evaluator(claims, {})
        whens = [rule.clauses[0].when for rule in rule_set().rules]
        return [np.flatnonzero(evaluator.truth(when).yes) for when in whens if when]

    return run
