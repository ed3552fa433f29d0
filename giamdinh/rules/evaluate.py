"""Evaluates expression trees on the columns of a ClaimSet with numpy; equal parts are done once."""

from __future__ import annotations

from functools import partial
from itertools import repeat, zip_longest
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from giamdinh import kernels
from giamdinh.arrays import among, distinct, numbered, order
from giamdinh.rules import calendars, texts, vectors
from giamdinh.rules.dictionaries import Dictionaries
from giamdinh.rules.vectors import AnyArray, Numbers, Texts, Truth, Vector
from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.params import Parameter
    from giamdinh.tables.claimset import ClaimSet, Table

    Source = tuple[Any, ...]

_TELLING = 3
"""Columns that tell nearly all rows of a claim apart: the most various text, time and number."""
_COMPARE: dict[str, Callable[[AnyArray, AnyArray], AnyArray]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


class Evaluator:
    """Values of expressions on one ClaimSet; each distinct subtree is computed once.

    Attributes:
        dictionaries: what is known of the distinct texts of the batch.
    """

    def __init__(self, claims: ClaimSet, parameters: Mapping[str, Parameter]) -> None:
        self.claims = claims
        self.parameters = parameters
        self.dictionaries = Dictionaries()
        self._memo: dict[Node, Vector] = {}
        self._dates: dict[tuple[str, str], Numbers] = {}
        self._spans: dict[tuple[str, str], IntArray | None] = {}
        self._epochs: dict[tuple[str, ...], int] = {}
        self._repeats: dict[frozenset[Node], Truth] = {}

    def value(self, node: Node) -> Vector:
        """The vector of any node, one entry per row of `node.table`."""
        found = self._memo.get(node)
        if found is None:
            found = self._memo[node] = getattr(self, f"_{node.op}")(node)
        return found

    def forget(self) -> None:
        """Drops all vectors; answers about distinct texts and the deciding moments stay.

        Those of the row programs are larger than the batch itself, and few are asked for again.
        """
        self._memo.clear()
        self._repeats.clear()

    def knows(self, node: Node) -> bool:
        """Whether a node's vector has been worked out."""
        return node in self._memo

    def numbers(self, node: Node) -> Numbers:
        """The vector of a number or time node."""
        return cast("Numbers", self.value(node))

    def text(self, node: Node) -> Texts:
        """The vector of a text node."""
        return cast("Texts", self.value(node))

    def truth(self, node: Node) -> Truth:
        """The vector of a condition."""
        return cast("Truth", self.value(node))

    def dates(self, table: str, by: str) -> Numbers:
        """The deciding moment of each row: `by` of the row, of its claim, or the claim's service.

        A row without claim is decided by its own NGAY_VAO. NGAY_RA means the claim's service
        moment, which has a fallback, so that a missing or impossible NGAY_RA is itself found.
        """
        key = (table, by)
        if key not in self._dates:
            own = self.claims[table]
            candidates: list[Callable[[], Vector | None]] = [
                lambda: self._own_time(own, by) if by != "NGAY_RA" else None,
                lambda: self._claim_time(own, by) if by != "NGAY_RA" else None,
                lambda: _lifted(Numbers(self.claims.service, self._all_claims()), own),
                lambda: self._own_time(own, "NGAY_VAO"),
            ]
            self._dates[key] = _first_known(candidates, len(own))
        return self._dates[key]

    def span(self, table: str, by: str) -> IntArray | None:
        """The first and the last deciding moment of a table's rows; None where a row has none."""
        key = (table, by)
        if key not in self._spans:
            when = self.dates(table, by)
            dated = when.values.size > 0 and bool(when.valid.all())
            self._spans[key] = np.array([when.values.min(), when.values.max()]) if dated else None
        return self._spans[key]

    def epoch(self, kind: str, name: str, table: str, by: str) -> int:
        """Index of the value of a dated "param" or "list" that holds on all rows of a table.

        That there is one is as good as always so: a batch lies within one month. Else -1.
        """
        key = (kind, name, table, by)
        if key not in self._epochs:
            span = self.span(table, by)
            listed = self.parameters[name] if kind == "param" else code_list(name)
            first, last = (-1, -1) if span is None else listed.epoch_of(span).tolist()
            self._epochs[key] = first if first == last else -1
        return self._epochs[key]

    def _all_claims(self) -> BoolArray:
        return np.ones(len(self.claims), np.bool_)

    def _own_time(self, table: Table, name: str) -> Numbers | None:
        if name not in table.columns or not table[name].spec.temporal:
            return None
        return Numbers(table[name].values, table[name].valid)

    def _claim_time(self, table: Table, name: str) -> Vector | None:
        own = self._own_time(self.claims[CLAIM_TABLE], name)
        return None if own is None else _lifted(own, table)

    def rows(self, table: str) -> int:
        """How many values the vector of a node of `table` has."""
        return len(self.claims[table])

    def _field(self, node: Node) -> Vector:
        column = self.claims[node.value[0]][node.value[1]]
        if node.kind == "text":
            return Texts(column.codes, column.texts)
        return Numbers(column.values, column.valid)

    def _written(self, node: Node) -> Vector:
        inner = node.args[0]
        field = inner.args[0] if inner.op == "lift" else inner
        there = ~self.claims[field.value[0]][field.value[1]].missing
        truth = Truth(there, ~there)
        return _lifted(truth, self.claims[node.table]) if inner.op == "lift" else truth

    def _number(self, node: Node) -> Vector:
        n = self.rows(node.table)
        dtype: Any = np.int64 if abs(node.value) < 2**62 else object
        return Numbers(np.full(n, node.value, dtype), np.ones(n, np.bool_))

    def _text(self, node: Node) -> Vector:
        return Texts(np.zeros(self.rows(node.table), np.int32), [node.value])

    def _param(self, node: Node) -> Vector:
        name, by = node.value
        parameter = self.parameters[name]
        only = self.epoch("param", name, node.table, by)
        if only >= 0:
            n = self.rows(node.table)
            return Numbers(np.full(n, parameter.numbers[only]), np.ones(n, np.bool_))
        when = self.dates(node.table, by)
        epoch = parameter.epoch_of(when.values)
        valid = when.valid & (epoch >= 0)
        return Numbers(np.where(valid, parameter.numbers[epoch], 0), valid)

    def _lift(self, node: Node) -> Vector:
        return _lifted(self.value(node.args[0]), self.claims[node.table])

    def _rescale(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(vectors.multiply(x.values, np.array([node.value])), x.valid)

    def _as(self, node: Node) -> Vector:
        return self.value(node.args[0])

    def _as_text(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        unique, place = numbered(x.values)
        words = [number_text(int(v), node.value) for v in unique]
        return Texts(np.where(x.valid, place, -1).astype(np.int32), words)

    def _neg(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(-x.values, x.valid)

    def _abs(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(np.abs(x.values), x.valid)

    def _pair(self, node: Node) -> tuple[Numbers, Numbers, BoolArray]:
        a, b = self.numbers(node.args[0]), self.numbers(node.args[1])
        return a, b, a.valid & b.valid

    def _add(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(vectors.add(a.values, b.values), valid)

    def _sub(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(vectors.add(a.values, -b.values), valid)

    def _mul(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(vectors.multiply(a.values, b.values), valid)

    def _round(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(vectors.divide_half_up(x.values, node.value), x.valid)

    def _floor(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(vectors.shrink(x.values // node.value), x.valid)

    def _ratio(self, node: Node) -> Vector:
        a, b, c = (self.numbers(arg) for arg in node.args)
        valid = a.valid & b.valid & c.valid & np.not_equal(c.values, 0)
        top = vectors.multiply(a.values, b.values)
        top = vectors.multiply(top, np.array([10 ** node.args[2].scale]))
        bottom = vectors.multiply(c.values, np.array([10 ** node.args[1].scale]))
        top = np.where(bottom < 0, -top, top)
        safe = np.where(valid, np.abs(bottom), 1)
        return Numbers(vectors.divide_half_up(top, safe), valid)

    def _extreme(self, node: Node, pick: Callable[[AnyArray, AnyArray], AnyArray]) -> Vector:
        x = self.numbers(node.args[0])
        values, valid = x.values, x.valid
        for arg in node.args[1:]:
            y = self.numbers(arg)
            values, valid = pick(values, y.values), valid & y.valid
        return Numbers(values, valid)

    def _least(self, node: Node) -> Vector:
        return self._extreme(node, np.minimum)

    def _greatest(self, node: Node) -> Vector:
        return self._extreme(node, np.maximum)

    def _if(self, node: Node) -> Vector:
        test = self.truth(node.args[0])
        a, b = self.value(node.args[1]), self.value(node.args[2])
        return self._chosen(a, b, test.yes, test.no)

    def _coalesce(self, node: Node) -> Vector:
        a, b = self.value(node.args[0]), self.value(node.args[1])
        known = (a.yes | a.no) if isinstance(a, Truth) else a.valid
        return self._chosen(a, b, known, ~known)

    def _chosen(self, a: Vector, b: Vector, take_a: BoolArray, take_b: BoolArray) -> Vector:
        if isinstance(a, Truth) and isinstance(b, Truth):
            yes = (take_a & a.yes) | (take_b & b.yes)
            return Truth(yes, (take_a & a.no) | (take_b & b.no))
        if isinstance(a, Texts) and isinstance(b, Texts):
            left, right, words = self.dictionaries.merged(a, b)
            codes = np.where(take_a, left, np.where(take_b, right, -1))
            return Texts(codes.astype(np.int32), words)
        a, b = cast("Numbers", a), cast("Numbers", b)
        values = np.where(take_a, a.values, b.values)
        return Numbers(values, (take_a & a.valid) | (take_b & b.valid))

    def _present(self, node: Node) -> Vector:
        valid = cast("Numbers | Texts", self.value(node.args[0])).valid
        return Truth(valid, ~valid)

    def _missing(self, node: Node) -> Vector:
        valid = cast("Numbers | Texts", self.value(node.args[0])).valid
        return Truth(~valid, valid)

    def _and(self, node: Node) -> Vector:
        parts = []
        for arg in node.args:
            part = self.truth(arg)
            if part.no.all():  # whatever the others are: with few rows most conditions end here
                return part
            parts.append(part)
        yes = np.logical_and.reduce([p.yes for p in parts])
        return Truth(yes, np.logical_or.reduce([p.no for p in parts]))

    def _or(self, node: Node) -> Vector:
        parts = []
        for arg in node.args:
            part = self.truth(arg)
            if part.yes.all():
                return part
            parts.append(part)
        yes = np.logical_or.reduce([p.yes for p in parts])
        return Truth(yes, np.logical_and.reduce([p.no for p in parts]))

    def _not(self, node: Node) -> Vector:
        x = self.truth(node.args[0])
        return Truth(x.no, x.yes)

    def _compared(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        yes = _COMPARE[node.op](a.values, b.values).astype(np.bool_) & valid
        return Truth(yes, valid & ~yes)

    _eq = _ne = _lt = _le = _gt = _ge = _compared

    def _text_eq(self, node: Node) -> Vector:
        a, b = self.text(node.args[0]), self.text(node.args[1])
        left, right = self.dictionaries.joined(a, b)
        valid = a.valid & b.valid
        yes = np.equal(left, right) & valid
        return Truth(yes, valid & ~yes)

    def _text_ne(self, node: Node) -> Vector:
        same = cast("Truth", self._text_eq(node))
        return Truth(same.no, same.yes)

    def _test(self, node: Node) -> Vector:
        (asked,) = node.args
        if asked.op != "coalesce" or asked.args[1].op != "text":
            return self.dictionaries.test(self.text(asked), node.value)
        # The texts that are there need no list of their own with the other text in it.
        there = self.text(asked.args[0])
        found = self.dictionaries.test(there, node.value)
        other = self.dictionaries.test(self.text(asked.args[1]), node.value)
        return Truth(
            np.where(there.valid, found.yes, other.yes), np.where(there.valid, found.no, other.no)
        )

    def _map(self, node: Node) -> Vector:
        (asked,) = node.args
        if asked.op == "map" and texts.by_head(both := (asked.value, node.value)):
            return self.dictionaries.map(self.text(asked.args[0]), both)
        return self.dictionaries.map(self.text(asked), node.value)

    def _measure(self, node: Node) -> Vector:
        return self.dictionaries.measure(self.text(node.args[0]), node.value)

    def _in_parts(self, node: Node) -> Vector:
        x, listed = self.text(node.args[0]), self.text(node.args[1].args[0])
        separator = node.args[1].value
        valid = x.valid & listed.valid
        rows = np.flatnonzero(valid)
        yes = np.zeros(valid.size, np.bool_)
        yes[rows] = vectors.pairs_that(
            x.codes[rows],
            listed.codes[rows],
            lambda a, b: x.texts[a] in texts.split(listed.texts[b], separator),
        )
        return Truth(yes, valid & ~yes)

    def _epoch_of_rows(self, source: Source, table: str) -> tuple[IntArray, BoolArray]:
        """Which set of a dated source holds on each row, and where that can be said."""
        kind, name, by = source
        when = self.dates(table, by)
        if kind == "list":
            return code_list(name).epoch_of(when.values), when.valid
        epoch = self.parameters[name].epoch_of(when.values)
        return epoch, when.valid & (epoch >= 0)

    def _members(self, source: Source, epoch: int) -> Collection[str]:
        """The set of a source that holds at a time."""
        match source:
            case ("literal", members):
                return cast("Collection[str]", members)
            case ("param", name, _):
                return self.parameters[name].sets[epoch]
        return code_list(source[1]).codes_in_epoch(epoch)

    def _tested_by_epoch(
        self, node: Node, x: Texts, source: Source, test: Callable[[str, Any], bool]
    ) -> Vector:
        def asked(epoch: int) -> Truth:
            answers = partial(map, test, x.texts, repeat(self._members(source, epoch)))
            return self.dictionaries.tested(x, (node.op, node.value, epoch), answers)

        kind, name, *by = source
        only = 0 if kind == "literal" else self.epoch(kind, name, node.table, *by)
        if only >= 0:
            return asked(only)
        epoch, dated = self._epoch_of_rows(source, node.table)
        valid = x.valid & dated
        yes = np.zeros(valid.size, np.bool_)
        for e in distinct(epoch[valid]):
            yes |= asked(e).yes & (epoch == e)
        yes &= valid
        return Truth(yes, valid & ~yes)

    def _in(self, node: Node) -> Vector:
        x = self.text(node.args[0])
        if node.value[0] == "literal":
            return self.dictionaries.tested(
                x, node.value, lambda: map(node.value[1].__contains__, x.texts)
            )
        return self._tested_by_epoch(node, x, node.value, lambda text, members: text in members)

    def _parts_in(self, node: Node) -> Vector:
        mode, separator, source = node.value
        return self._tested_by_epoch(
            node,
            self.text(node.args[0]),
            source,
            lambda text, members: texts.parts_in(text, mode, separator, members),
        )

    def _looked_up(self, node: Node) -> tuple[list[str], IntArray]:
        """Distinct words from a list, "" the first of them, and which one each row has."""
        x = self.text(node.args[0])
        name, attribute, by = node.value
        codes = code_list(name)
        when = self.dates(node.table, by)
        epoch = codes.epoch_of(when.values)
        valid = x.valid & when.valid
        words, which = {"": 0}, np.zeros(valid.size, np.int64)
        for e in distinct(epoch[valid]):
            found = codes.attribute(attribute, e)
            places = [words.setdefault(found.get(text, ""), len(words)) for text in x.texts]
            which = np.where(epoch == e, np.array([*places, 0], np.int64)[x.codes], which)
        return list(words), np.where(valid, which, 0)

    def _lookup(self, node: Node) -> Vector:
        words, which = self._looked_up(node)
        return Numbers(np.array([int(word or 0) for word in words])[which], which > 0)

    def _attr(self, node: Node) -> Vector:
        words, which = self._looked_up(node)
        return Texts((which - 1).astype(np.int32), words[1:])

    def _date(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(x.values // DAY * DAY, x.valid)

    def _calendar(self, node: Node) -> Vector:
        x = self.numbers(node.args[0])
        return Numbers(getattr(calendars, node.op)(x.values), x.valid)

    _year = _month = _next_month = _calendar

    def _days(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(b.values // DAY - a.values // DAY, valid)

    def _minutes(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(b.values - a.values, valid)

    def _months(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(calendars.months_between(a.values, b.values), valid)

    def _years(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(calendars.months_between(a.values, b.values) // 12, valid)

    def _workdays(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(calendars.workdays_between(a.values, b.values), valid)

    def _add_days(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(a.values + b.values * DAY, valid)

    def _add_workdays(self, node: Node) -> Vector:
        a, b, valid = self._pair(node)
        return Numbers(calendars.add_workdays(a.values, b.values), valid)

    def _filter(self, node: Node, at: int) -> tuple[Table, BoolArray]:
        child = self.claims[node.value]
        if len(node.args) > at:
            return child, self.truth(node.args[at]).yes
        return child, np.ones(len(child), np.bool_)

    def _sum(self, node: Node) -> Vector:
        child, wanted = self._filter(node, 1)
        x = self.numbers(node.args[0])
        counted = np.where(wanted & x.valid, x.values, 0)
        totals = vectors.segment_sums(counted, child.offsets)
        return Numbers(totals, np.ones(totals.size, np.bool_))

    def _count(self, node: Node) -> Vector:
        child, wanted = self._filter(node, 0)
        totals = np.bincount(_owners(child, wanted), minlength=len(self.claims)).astype(np.int64)
        return Numbers(totals, np.ones(totals.size, np.bool_))

    def _any(self, node: Node) -> Vector:
        yes = np.zeros(len(self.claims), np.bool_)
        yes[_owners(*self._filter(node, 0))] = True
        return Truth(yes, ~yes)

    def _ends(self, node: Node, pick: Any) -> Vector:  # noqa: ANN401 - a numpy ufunc
        child, wanted = self._filter(node, 1)
        x = self.numbers(node.args[0])
        rows = np.flatnonzero(wanted & x.valid & (child.parent >= 0))
        n = len(self.claims)
        owner = child.parent[rows]
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        values = np.zeros(n, x.values.dtype)
        valid = np.zeros(n, np.bool_)
        if owner.size:
            values[owner[starts]] = pick.reduceat(x.values[rows], starts)
            valid[owner] = True
        return Numbers(values, valid)

    def _lowest(self, node: Node) -> Vector:
        return self._ends(node, np.minimum)

    def _highest(self, node: Node) -> Vector:
        return self._ends(node, np.maximum)

    def _distinct(self, node: Node) -> Vector:
        child, wanted = self._filter(node, 1)
        x = cast("Numbers | Texts", self.value(node.args[0]))
        rows = np.flatnonzero(wanted & x.valid & (child.parent >= 0))
        owner = child.parent[rows]
        keys, place = numbered(vectors.packed([vectors.taken(x, rows)], owner))
        owners = np.zeros(keys.size, np.int64)
        owners[place] = owner
        counts = np.bincount(owners, minlength=len(self.claims)).astype(np.int64)
        return Numbers(counts, np.ones(counts.size, np.bool_))

    def _among(self, node: Node) -> Vector:
        child, wanted = self._filter(node, 2)
        x = cast("Numbers | Texts", self.value(node.args[0]))
        y = cast("Numbers | Texts", self.value(node.args[1]))
        parent = self.claims[node.table].parent
        valid = x.valid & (parent >= 0)
        asked = np.flatnonzero(valid)
        inside = np.flatnonzero(wanted & y.valid & (child.parent >= 0))
        if isinstance(x, Texts) and isinstance(y, Texts):
            left, right = self.dictionaries.joined(x, y)
            x = Numbers(left.astype(np.int64), x.valid)
            y = Numbers(right.astype(np.int64), y.valid)
        both = vectors.stacked(vectors.taken(x, asked), vectors.taken(y, inside))
        owner = np.concatenate([parent[asked], child.parent[inside]])
        keys = vectors.packed([both], owner)
        yes = np.zeros(valid.size, np.bool_)
        yes[asked] = among(keys[: asked.size], keys[asked.size :])
        return Truth(yes, valid & ~yes)

    def _repeated(self, node: Node) -> Vector:
        key = frozenset(node.args)
        if key not in self._repeats:
            self._repeats[key] = self._repeats_of(node)
        return self._repeats[key]

    def _repeats_of(self, node: Node) -> Truth:
        """Rows that equal an earlier one of their claim in all arguments."""
        columns = self._most_telling(node.args)
        parent = self.claims[node.table].parent
        rows = np.flatnonzero(self._suspects(self.claims[node.table], columns))
        key = parent[rows]
        for column in columns:
            key = numbered(vectors.packed([vectors.taken(column, rows)], key))[1]
            alike = np.bincount(key)[key] > 1
            rows, key = rows[alike], key[alike]  # what differs already needs no further look
            if not rows.size:
                break
        sequence = order(key)
        yes = np.zeros(parent.size, np.bool_)
        yes[rows[sequence[1:]]] = key[sequence[1:]] == key[sequence[:-1]]
        return Truth(yes, ~yes)

    def _most_telling(self, nodes: Iterable[Node]) -> list[Numbers | Texts]:
        """Columns, in front the most various one of each kind: what, when and how much."""
        kinds: dict[str, list[Numbers | Texts]] = {}
        for node in nodes:
            kinds.setdefault(node.kind, []).append(cast("Numbers | Texts", self.value(node)))
        for columns in kinds.values():
            columns.sort(key=vectors.variety, reverse=True)
        return [
            column for turn in zip_longest(*kinds.values()) for column in turn if column is not None
        ]

    @staticmethod
    def _suspects(table: Table, columns: list[Numbers | Texts]) -> BoolArray:
        """Rows of claims that may equal another row; where compiled code is at hand, few do."""
        if not kernels.at_hand(len(table)):
            return table.parent >= 0
        from giamdinh.kernels.thu_tu import twins

        keys = np.stack([vectors.keys(column) for column in columns[:_TELLING]])
        return twins.compiled(table.offsets, keys)


def _owners(child: Table, wanted: BoolArray) -> IntArray:
    """The claims of some rows; rows without claim are left out."""
    owners = child.parent[wanted]
    without = child.parent.size and child.parent[-1] < 0  # they stand at the end
    return owners[owners >= 0] if without else owners


def _first_known(candidates: Iterable[Callable[[], Vector | None]], rows: int) -> Numbers:
    """For each row the first candidate that has a value there; later ones only where needed."""
    found = Numbers(np.zeros(rows, np.int64), np.zeros(rows, np.bool_))
    some = False
    for candidate in candidates:
        times = candidate()
        if not isinstance(times, Numbers):
            continue
        if some:
            valid = found.valid | times.valid
            values = np.where(found.valid, found.values, times.values)
            times = Numbers(np.where(valid, values, 0), valid)
        found, some = times, True
        if found.valid.all():
            break
    return found


def _lifted(x: Vector, table: Table) -> Vector:
    """Claim values on a table's rows; rows without claim are missing."""
    parent, owned = table.parent, table.parent >= 0
    if isinstance(x, Truth):
        if not x.yes.size:
            return Truth(np.zeros(parent.size, np.bool_), np.zeros(parent.size, np.bool_))
        return Truth(x.yes[parent] & owned, x.no[parent] & owned)
    if isinstance(x, Texts):
        if not x.codes.size:
            return Texts(np.full(parent.size, -1, np.int32), x.texts)
        return Texts(np.where(owned, x.codes[parent], -1).astype(np.int32), x.texts)
    if not x.values.size:
        return Numbers(np.zeros(parent.size, np.int64), np.zeros(parent.size, np.bool_))
    return Numbers(x.values[parent], x.valid[parent] & owned)
