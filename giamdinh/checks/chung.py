"""What several checks need: dated memberships, claim values on lines, exact shares of money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh import arrays
from giamdinh.arrays import distinct, numbered
from giamdinh.catalogues import Coded
from giamdinh.catalogues.people import mentions
from giamdinh.catalogues.tables import spread
from giamdinh.rules.context import FILE_TABLE, Hits, frozen
from giamdinh.rules.vectors import add, by_pair, multiply
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from giamdinh.catalogues.people import Mentions
    from giamdinh.model import BoolArray, CodeArray, IntArray, Problem
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import ClaimSet, Column, Table

_SUFFIX = re.compile(r"(_|\.K\.|\.C\.).*")


def in_set(
    context: CheckContext,
    table: str,
    field: str,
    parameter: str,
    key: Callable[[str], str] = str,
) -> BoolArray:
    """Rows of `table` whose text, or `key` of it, is in a dated set; False where missing.

    The array is shared by all checks of the batch and cannot be written to.
    """
    question = ("in_set", table, field, parameter, key, context.rule.by)
    return context.batch.once(
        question, lambda: frozen(_in_set(context, table, field, parameter, key))
    )


def _in_set(
    context: CheckContext, table: str, field: str, parameter: str, key: Callable[[str], str]
) -> BoolArray:
    column = context.claims[table][field]
    keys = [*map(key, column.texts), ""]

    def there(members: frozenset[str]) -> BoolArray:
        answers = np.fromiter(map(members.__contains__, keys), np.bool_, len(keys))
        answers[-1] = False
        return answers[column.codes]

    only = context.evaluator.epoch("param", parameter, table, context.rule.by)
    if only >= 0:
        return there(context.evaluator.parameters[parameter].sets[only])
    epochs, sets = context.text_sets(parameter, table)
    yes = np.zeros(column.codes.size, np.bool_)
    for epoch in distinct(epochs):
        yes |= (epochs == epoch) & there(sets[epoch])
    return yes


def listed(context: CheckContext, name: str, field: str, attribute: str) -> Coded:
    """An attribute of each claim's code in a list of the deciding date; "" where there is none."""
    column, rows_of = context.claims[CLAIM_TABLE][field], context.code_list(name)
    when, dated = context.dates(CLAIM_TABLE)
    rows = np.flatnonzero(dated & ~column.missing)
    codes = np.zeros(column.codes.size, np.int32)
    groups = by_pair(
        column.codes[rows],
        rows_of.epoch_of(when[rows]),
        lambda code, epoch: rows_of.attribute(attribute, epoch).get(column.texts[code], ""),
    )
    for i, (_, members) in enumerate(groups, start=1):
        codes[rows[members]] = i
    return Coded(codes, ["", *(word for word, _ in groups)])


def persons(context: CheckContext, table: str, field: str) -> Mentions:
    """Every person named in a field, read once for all checks of the batch."""
    column = context.claims[table][field]
    return context.batch.once(("persons", table, field), lambda: mentions(column))


def by_text(column: Column, test: Callable[[str], bool]) -> BoolArray:
    """Rows whose text passes `test`, asked once per distinct text; False where missing."""
    lut = np.array([*map(test, column.texts), False], np.bool_)
    return lut[column.codes]


def text_numbers(column: Column, key: Callable[[str], Hashable]) -> IntArray:
    """A number per row for the key of its text, asked once per distinct text.

    Equal keys have equal numbers from 0; -1 where nothing is written or the key is "".
    """
    index: dict[Hashable, int] = {"": -1}
    lut = [index.setdefault(key(text), len(index) - 1) for text in column.texts]
    return np.array([*lut, -1], np.int64)[column.codes]


def service_base(text: str) -> str:
    """A service code without the suffixes of anaesthesia, stopping and other facilities."""
    return _SUFFIX.sub("", text)


def claim_flag(claims: ClaimSet, table: str, flags: BoolArray) -> BoolArray:
    """A condition of each claim on the rows of `table`; False for rows without claim."""
    parent = claims[table].parent
    if not flags.size:
        return np.zeros(parent.size, np.bool_)
    return flags[parent] & (parent >= 0)


def problems(context: CheckContext, *kinds: str) -> Hits:
    """The problems of some kinds."""
    return problems_where(context, lambda problem: problem.kind in kinds)


def problems_where(context: CheckContext, test: Callable[[Problem], bool]) -> Hits:
    """The problems that pass `test`, of files and of the lists."""
    rows = [i for i, problem in enumerate(context.problems) if test(problem)]
    return Hits(FILE_TABLE, np.array(rows, np.int64))


def home(context: CheckContext, table: str, rows: IntArray) -> Coded:
    """The facility of some rows of a table."""
    column, parent = context.claims[CLAIM_TABLE]["MA_CSKCB"], context.claims[table].parent
    codes = context.batch.once(("home", table), lambda: column.codes[parent])
    return Coded(codes[rows], column.texts)


class Written(NamedTuple):
    """The codes in a column of lists: a `Dictionary` with the row of each, ascending."""

    rows: IntArray
    codes: CodeArray
    texts: Sequence[str]


def written(column: Column, codes: Callable[[str], Sequence[str]]) -> Written:
    """Every code that `codes` finds in a column, asked once per distinct text."""
    found = list(map(codes, column.texts))
    rows, place = spread(column, found)
    return Written(rows, place.astype(np.int32), [code for own in found for code in own])


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
    return numbered(key)[1]


def share(money: IntArray, part: IntArray, whole: IntArray) -> IntArray:
    """Money * part / whole rounded half up, exactly; whole > 0, nothing negative."""
    doubled = multiply(2 * money, part)
    return np.asarray(add(doubled, whole) // (2 * whole), np.int64)


def numbers(values: IntArray, scale: int) -> Sequence[str]:
    """Scaled integers as the format writes them."""
    listed = values.tolist()
    known = {value: number_text(value, scale) for value in {*listed}}
    return [known[value] for value in listed]


@dataclass(frozen=True, slots=True)
class Services:
    """The lines of XML3 beside the results of XML4 of the same claim and service.

    Attributes:
        asked, given: a number per claim and service for each line and result; -1 for none.
        lines, results: both by that number.
        result_of, line_of: for each line its group of results, and the reverse; -1 for none.
    """

    asked: IntArray
    given: IntArray
    lines: Groups
    results: Groups
    result_of: IntArray
    line_of: IntArray


def services(context: CheckContext) -> Services:
    """The services of the batch."""

    def found() -> Services:
        asked, given = service_keys(context.claims["XML3"], context.claims["XML4"])
        lines, results = Groups.of(asked), Groups.of(given)
        return Services(asked, given, lines, results, results.find(asked), lines.find(given))

    return context.batch.once("services", found)


def service_keys(*tables: Table, key: Callable[[str], str] = str) -> list[IntArray]:
    """A number per claim and service code for the rows of some tables; -1 where there is none.

    Args:
        tables: equal services of a claim have equal numbers in all of them.
        key: what of a code tells services apart.
    """
    numbers: dict[str, int] = {}

    def number(code: str) -> int:
        return numbers.setdefault(key(code), len(numbers))

    luts = [np.array([*map(number, table["MA_DICH_VU"].texts), -1]) for table in tables]
    width = len(numbers) + 1
    out = []
    for table, lut in zip(tables, luts, strict=True):
        service = lut[table["MA_DICH_VU"].codes].astype(np.int64)
        there = (service >= 0) & (table.parent >= 0)
        out.append(np.where(there, table.parent * width + service, -1))
    return out


@dataclass(frozen=True, slots=True)
class Groups:
    """Elements by key.

    Attributes:
        order: elements sorted by key, in their own order within a key.
        keys, starts: the distinct keys, ascending, and where each begins in `order`.
    """

    order: IntArray
    keys: IntArray
    starts: IntArray

    @classmethod
    def of(cls, keys: IntArray) -> Groups:
        """The groups of some elements; negative keys are no group."""
        order = arrays.order(keys)
        order = order[np.searchsorted(keys[order], 0) :]
        ordered = keys[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        return cls(order, ordered[starts], starts)

    def find(self, asked: IntArray) -> IntArray:
        """The group of each key, -1 for none."""
        if not self.keys.size:
            return np.full(asked.size, -1, np.int64)
        at = np.minimum(np.searchsorted(self.keys, asked), self.keys.size - 1)
        return np.where(self.keys[at] == asked, at, -1)

    def lowest(self, values: IntArray, asked: IntArray, otherwise: int) -> IntArray:
        """The lowest of the `values` of the elements of each asked group; `otherwise` for -1."""
        if not self.keys.size:
            return np.full(asked.size, otherwise, np.int64)
        lowest = np.minimum.reduceat(values[self.order], self.starts)
        return np.append(lowest, otherwise)[asked]

    def members(self, group: int) -> list[int]:
        """The elements of a group, in their order."""
        ends = np.append(self.starts[1:], self.order.size)
        found: list[int] = self.order[self.starts[group] : ends[group]].tolist()
        return found
