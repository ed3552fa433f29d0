"""A plan bound to one batch: columns found, constants folded, bounds taken, a program made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from giamdinh.kernels import chuong_trinh as machine
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.programs_emit import (
    FALSE,
    LIMIT,
    LOAD_BIT,
    LOAD_INT,
    REFUSED,
    TRUE,
    Code,
    Emitter,
    Form,
)
from giamdinh.rules.programs_layout import Layout, laid_out
from giamdinh.rules.vectors import Numbers, Texts, Truth

if TYPE_CHECKING:
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.programs_plan import ByCode, Key, Plan, Step
    from giamdinh.rules.vectors import AnyArray, Vector

_TESTS_PER_TABLE = 62


@dataclass(frozen=True, slots=True)
class Source:
    """A column as it lies in memory.

    Attributes:
        array: shape (rows,), or (claims,) when `lifted`: each row then takes its claim's value.
    """

    array: AnyArray
    lifted: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """A program for one table of one batch.

    Attributes:
        columns: what the layout's columns are.
        codes: dictionary codes of the texts that are looked up.
        luts: shape (entries,), all tables one behind the other.
        kept: the clause of each kept condition.
        everywhere, nowhere: clauses that hit all rows or none, whatever the columns hold.
    """

    layout: Layout
    columns: tuple[Source, ...]
    codes: tuple[Source, ...]
    luts: IntArray
    kept: tuple[Key, ...]
    everywhere: tuple[Key, ...]
    nowhere: tuple[Key, ...]


def bound(plan: Plan, evaluator: Evaluator) -> Bound:
    """The program of `plan` for the evaluator's batch; clauses it refuses are in none of its lists.

    The table must have rows, each of them of a claim.
    """
    return _Binder(plan, evaluator).bound()


class _Dictionary(Evaluator):
    """Evaluates a part of a condition once per distinct text: entry 0 missing, entry i + 1 text i.

    What is dated is the same for the whole batch here, so any of its dates will do.
    """

    def __init__(self, evaluator: Evaluator, source: Node, texts: Texts) -> None:
        super().__init__(evaluator.claims, evaluator.parameters)
        self.dictionaries = evaluator.dictionaries
        self._size = len(texts.texts) + 1
        self._batch = evaluator
        self._memo[source] = Texts(np.arange(-1, self._size - 1, dtype=np.int32), texts.texts)

    def rows(self, table: str) -> int:
        """Entries, whatever the table."""
        del table
        return self._size

    def dates(self, table: str, by: str) -> Numbers:
        """The batch's earliest deciding moment, for every entry."""
        first = int(self._batch.dates(table, by).values.min())
        return Numbers(np.full(self._size, first), np.ones(self._size, np.bool_))

    def epoch(self, kind: str, name: str, table: str, by: str) -> int:
        """What is in force on all rows of the batch."""
        return self._batch.epoch(kind, name, table, by)

    def _written(self, node: Node) -> Vector:
        valid = self.text(node.args[0]).valid
        return Truth(valid, ~valid)


class _Binder:
    def __init__(self, plan: Plan, evaluator: Evaluator) -> None:
        self.plan = plan
        self.evaluator = evaluator
        self.emitter = Emitter()
        self.columns: list[Source] = []
        self.codes: list[Source] = []
        self.luts: list[IntArray] = []
        self._conditions: dict[int, int] = {}
        self._numbers: dict[int, Form | None] = {}
        self._texts: dict[Node, tuple[int, _Dictionary]] = {}
        self._tables: dict[Node, tuple[int, int]] = {}

    def bound(self) -> Bound:
        """All roots one after the other."""
        kept: list[Key] = []
        always: dict[int, list[Key]] = {TRUE: [], FALSE: [], REFUSED: []}
        for key, at in self.plan.roots:
            condition = self.condition(at)
            if condition < 0:
                always[condition].append(key)
            else:
                self.emitter.keep(condition, len(kept))
                kept.append(key)
        return Bound(
            layout=laid_out(self._with_tables()),
            columns=tuple(self.columns),
            codes=tuple(self.codes),
            luts=np.concatenate([*self.luts, np.zeros(0, np.int64)]),
            kept=tuple(kept),
            everywhere=tuple(always[TRUE]),
            nowhere=tuple(always[FALSE]),
        )

    def _with_tables(self) -> list[Code]:
        """The code with each look-up told where its table lies."""
        ends = np.cumsum([0, *(table.size for table in self.luts)]).tolist()
        return [
            code._replace(u=ends[code.u], v=ends[code.u + 1])
            if code.op == machine.LOOK_UP
            else code
            for code in self.emitter.code
        ]

    def condition(self, at: int) -> int:
        """The register of a condition, or what it is on every row."""
        if at not in self._conditions:
            self._conditions[at] = self._condition(self.plan.steps[at])
        return self._conditions[at]

    def number(self, at: int) -> Form | None:
        """A number; None when the machine cannot hold it."""
        if at not in self._numbers:
            form = self._number(self.plan.steps[at])
            # A constant is only compared as it is, so it may be of any size.
            if form is not None and form.terms and self.emitter.extent(form) is None:
                form = None
            self._numbers[at] = form
        return self._numbers[at]

    def _condition(self, step: Step) -> int:  # noqa: PLR0911 - one case per operation
        match step.op:
            case "true":
                return TRUE
            case "and":
                first = self.condition(step.args[0])
                # What one part decides is not asked of the others: most clauses of other years,
                # and with them their sums over other tables, cost nothing.
                return first if first == FALSE else self._pair(step, first)
            case "or":
                first = self.condition(step.args[0])
                return first if first == TRUE else self._pair(step, first)
            case "not":
                return self.emitter.opposite(self.condition(step.args[0]))
            case "gt" | "ge" | "eq" | "ne":
                return self._compared(step)
            case "by_code":
                return self._tested(*step.value)
            case "param_there":
                return self._param_there(step.value)
            case "there":
                return self._leaf_condition(step.value, "valid")
        node, wanted = step.value
        return self._leaf_condition(node, "yes" if wanted else "no")

    def _pair(self, step: Step, first: int) -> int:
        join = self.emitter.both if step.op == "and" else self.emitter.either
        return join(first, self.condition(step.args[1]))

    def _compared(self, step: Step) -> int:
        a, b = (self.number(arg) for arg in step.args)
        if a is None or b is None:
            return REFUSED
        if step.op in ("eq", "ne"):
            if not a.terms:
                a, b = b, a
            form, value = (self.emitter.add(a, b, -1), 0) if b.terms else (a, b.constant)
            same = self.emitter.equal(form, value)
            return same if step.op == "eq" else self.emitter.opposite(same)
        slack = 0 if step.op == "gt" else 1
        if not b.terms:
            return self.emitter.above(a, b.constant - slack)
        if not a.terms and not b.absolute:
            return self.emitter.above(self.emitter.scaled(b, -1), -a.constant - slack)
        if not a.terms:
            return self.emitter.opposite(self.emitter.above(b, a.constant - 1 + slack))
        return self.emitter.above(self.emitter.add(a, b, -1), -slack)

    def _number(self, step: Step) -> Form | None:  # noqa: PLR0911 - one case per operation
        match step.op:
            case "number":
                return Form((), step.value)
            case "date":
                return self._column(self.evaluator.dates(self.plan.table, step.value).values)
            case "load":
                return self._leaf_number(step.value)
            case "param":
                return self._param(step.value)
            case "number_by_code":
                return self._looked_up(step.value)
            case "choose":
                return self._chosen(step)
        forms = [self.number(arg) for arg in step.args]
        known = [form for form in forms if form and self.emitter.extent(form)]
        return self._worked_out(step, known) if len(known) == len(forms) else None

    def _worked_out(  # noqa: PLR0911 - one case per operation
        self, step: Step, forms: list[Form]
    ) -> Form | None:
        emitter = self.emitter
        match step.op:
            case "add":
                return emitter.add(forms[0], forms[1])
            case "sub":
                return emitter.add(forms[0], forms[1], -1)
            case "scale":
                return emitter.scaled(forms[0], step.value)
            case "mul":
                return emitter.product(forms[0], forms[1])
            case "abs":
                return emitter.size(forms[0])
            case "divide":
                return emitter.quotient(forms[0], step.value)
            case "round":
                return emitter.rounded(forms[0], step.value)
            case "least":
                return emitter.extreme(machine.LEAST, forms[0], forms[1])
        return emitter.extreme(machine.GREATEST, forms[0], forms[1])

    def _chosen(self, step: Step) -> Form | None:
        condition = self.condition(step.args[2])
        if condition == REFUSED:
            return None
        if condition < 0:
            return self.number(step.args[0 if condition == TRUE else 1])
        a, b = self.number(step.args[0]), self.number(step.args[1])
        if a and b and self.emitter.extent(a) and self.emitter.extent(b):
            return self.emitter.chosen(condition, a, b)
        return None

    def _vector(self, node: Node) -> tuple[Vector, bool]:
        """What the evaluator says, and whether it is one value per claim."""
        if node.op == "lift":
            return self.evaluator.value(node.args[0]), True
        return self.evaluator.value(node), False

    def _leaf_number(self, node: Node) -> Form | None:
        vector, lifted = self._vector(node)
        return self._column(cast("Numbers", vector).values, lifted=lifted)

    def _column(self, values: AnyArray, *, lifted: bool = False) -> Form | None:
        if values.dtype == object:
            return None
        low, high = machine.ends.compiled(values)
        if low == high:
            return Form((), low)
        self.columns.append(Source(values, lifted))
        code = Code(LOAD_INT, u=len(self.columns) - 1)
        return Form(((self.emitter.emit(code, low, high), 1),))

    def _leaf_condition(self, node: Node, part: str) -> int:
        vector, lifted = self._vector(node)
        mask: BoolArray = getattr(vector, part)
        there = np.count_nonzero(mask)
        if there in (0, mask.size):
            return TRUE if there else FALSE
        self.columns.append(Source(mask.view(np.uint8), lifted))
        return self.emitter.emit(Code(LOAD_BIT, u=len(self.columns) - 1))

    def _epoch(self, kind: str, name: str, by: str) -> int:
        """What is in force on all rows of the batch; -1 when that is not one thing."""
        return self.evaluator.epoch(kind, name, self.plan.table, by)

    def _param(self, node: Node) -> Form | None:
        name, by = node.value
        epoch = self._epoch("param", name, by)
        if epoch < 0:
            return self._leaf_number(node)
        return Form((), int(self.evaluator.parameters[name].numbers[epoch]))

    def _param_there(self, node: Node) -> int:
        if self._epoch("param", *node.value) >= 0:
            return TRUE
        return self._leaf_condition(node, "valid")

    def _same_law(self, part: ByCode) -> bool:
        return all(self._epoch(*dated) >= 0 for dated in part.dated)

    def _text(self, source: Node) -> tuple[int, _Dictionary]:
        """The code column of a text and the evaluator on its dictionary."""
        if source not in self._texts:
            vector, lifted = self._vector(source)
            texts = cast("Texts", vector)
            self.codes.append(Source(texts.codes, lifted))
            dictionary = _Dictionary(self.evaluator, source, texts)
            self._texts[source] = len(self.codes) - 1, dictionary
        return self._texts[source]

    def _tested(self, part: ByCode, wanted: bool | None) -> int:  # noqa: FBT001 - a step's value
        """A condition on one text, or where a number made from it is there (`wanted` None)."""
        word = {True: "yes", False: "no", None: "valid"}[wanted]
        if not self._same_law(part):
            return self._leaf_condition(part.node, word)
        column, dictionary = self._text(part.source)
        mask: BoolArray = getattr(dictionary.value(part.node), word)
        if mask.all():
            return TRUE
        if not mask.any():
            return FALSE
        table, bit = self._tables.get(part.source, (-1, _TESTS_PER_TABLE))
        if bit == _TESTS_PER_TABLE:
            table, bit = len(self.luts), 0
            self.luts.append(np.zeros(mask.size, np.int64))
        self._tables[part.source] = table, bit + 1
        self.luts[table] |= mask.astype(np.int64) << bit
        answers = self.emitter.emit(Code(machine.LOOK_UP, column, u=table), 0, LIMIT)
        return self.emitter.emit(Code(machine.TEST, answers, v=bit))

    def _looked_up(self, part: ByCode) -> Form | None:
        """A number made from one text."""
        if not self._same_law(part):
            return self._leaf_number(part.node)
        column, dictionary = self._text(part.source)
        values = dictionary.numbers(part.node).values
        if values.dtype == object:
            return None
        self.luts.append(values.astype(np.int64))
        code = Code(machine.LOOK_UP, column, u=len(self.luts) - 1)
        ends = int(values.min()), int(values.max())
        return Form(((self.emitter.emit(code, *ends), 1),))
