"""What a `check:` function receives and what it gives back."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from giamdinh.kept import kept
from giamdinh.tables.codelists import CodeList, code_list

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from giamdinh.catalogues import Catalogues
    from giamdinh.model import BoolArray, IntArray, Problem
    from giamdinh.rules.cards import Rule
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.tables.claimset import ClaimSet
    from giamdinh.validate import ShapeFailures

    CheckFunction = Callable[["CheckContext"], Iterable["Hits"]]

T = TypeVar("T")
A = TypeVar("A", "BoolArray", "IntArray")

FILE_TABLE = "TEP"
"""Pseudo table of cards about files: its rows are the problems met while reading."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows of one table where a rule's violation stands.

    Attributes:
        table: name of the table, or `FILE_TABLE`.
        rows: shape (hits,), row numbers in that table of the ClaimSet.
        field: the field concerned, or one per hit; "" for the card's own.
        expected: right value per hit, "" where none.
        amount: money at stake per hit in 1/100 đồng; None for the card's own formula.
        other_rows: the row of the same table that each hit clashes with.
        detail: text per hit for `{detail}` in the card's message.
    """

    table: str
    rows: IntArray
    field: str | Sequence[str] = ""
    expected: Sequence[str] | None = None
    amount: IntArray | None = None
    other_rows: IntArray | None = None
    detail: Sequence[str] | None = None


@dataclass
class CheckContext:
    """One rule on one batch of claims, or on the problems met while reading."""

    claims: ClaimSet
    rule: Rule
    evaluator: Evaluator
    catalogues: Catalogues
    problems: Sequence[Problem]
    batch: Batch

    @property
    def shape(self) -> ShapeFailures:
        """Values that are not what their field says; worked out once per batch."""
        return self.batch.shape

    def dates(self, table: str) -> tuple[IntArray, BoolArray]:
        """The deciding moment of each row of `table`, and where there is one."""
        found = self.evaluator.dates(table, self.rule.by)
        return found.values, found.valid

    def number(self, name: str, table: str) -> IntArray:
        """A dated number for each row of `table`, at the parameter's scale; 0 where it has none.

        The array is shared by all checks of the batch and cannot be written to.
        """

        def found() -> IntArray:
            parameter = self.evaluator.parameters[name]
            when, dated = self.dates(table)
            only = self.evaluator.epoch("param", name, table, self.rule.by)
            if only >= 0:
                return np.broadcast_to(parameter.numbers[only], when.shape)
            epoch = parameter.epoch_of(when)
            return frozen(np.where(dated & (epoch >= 0), parameter.numbers[epoch], 0))

        return self.batch.once(("number", name, table, self.rule.by), found)

    def number_scale(self, name: str) -> int:
        """Decimals of a parameter."""
        return self.evaluator.parameters[name].scale

    def text_sets(self, name: str, table: str) -> tuple[IntArray, Sequence[frozenset[str]]]:
        """A dated set for each row of `table`, as an index into all its values and an empty one."""
        parameter = self.evaluator.parameters[name]
        when, dated = self.dates(table)
        sets = (*parameter.sets, frozenset[str]())
        only = self.evaluator.epoch("param", name, table, self.rule.by)
        if only >= 0:
            return np.broadcast_to(np.int64(only), when.shape), sets
        epochs = np.where(dated, parameter.epoch_of(when), -1)
        return np.where(epochs < 0, len(parameter.sets), epochs), sets

    def code_list(self, name: str) -> CodeList:
        """A dated code list of `schemas/danh_muc`."""
        return code_list(name)


class Batch:
    """What several checks of one batch share."""

    def __init__(self, claims: ClaimSet, *, pandera: bool) -> None:
        self.claims = claims
        self.pandera = pandera
        self.shared: dict[Hashable, object] = {}

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, worked out for the first check that asks.

        Args:
            what: the question; whoever asks the same one must mean the same `make`.
            make: called at most once; nobody may change what it gives.
        """
        if what not in self.shared:
            self.shared[what] = make()
        return cast("T", self.shared[what])

    @cached_property
    def shape(self) -> ShapeFailures:
        """Shape failures of the batch."""
        from giamdinh.validate import shape_failures

        return shape_failures(self.claims, pandera=self.pandera)


def frozen(values: A) -> A:
    """The same array, no longer writable: several checks share it."""
    values.setflags(write=False)
    return values


_CHECKS: dict[str, CheckFunction] = {}


def check(function: CheckFunction) -> CheckFunction:
    """Registers a function under its own name, for the `check:` of a card."""
    _CHECKS[function.__name__] = function
    return function


def check_named(name: str) -> CheckFunction:
    """One check; only the module that has it is loaded."""
    if name not in _CHECKS:
        importlib.import_module(places()[name])
    return _CHECKS[name]


@cache
def places() -> dict[str, str]:
    """The module of each check."""
    return kept("kiem_tra", lambda: {name: made.__module__ for name, made in checks().items()})


@cache
def checks() -> dict[str, CheckFunction]:
    """All checks of `giamdinh.checks` by name."""
    import pkgutil

    package = importlib.import_module("giamdinh.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return _CHECKS
