"""What a `check:` function receives and what it gives back."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.tables.codelists import CodeList, code_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from giamdinh.catalogues import Catalogues
    from giamdinh.model import BoolArray, IntArray, Problem
    from giamdinh.rules.cards import Rule
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.tables.claimset import ClaimSet
    from giamdinh.validate import ShapeFailures

    CheckFunction = Callable[["CheckContext"], Iterable["Hits"]]

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
        """A dated number for each row of `table`, at the parameter's scale; 0 where it has none."""
        parameter = self.evaluator.parameters[name]
        when, dated = self.dates(table)
        epoch = parameter.epoch_of(when)
        return np.where(dated & (epoch >= 0), parameter.numbers[epoch], 0)

    def number_scale(self, name: str) -> int:
        """Decimals of a parameter."""
        return self.evaluator.parameters[name].scale

    def text_set(self, name: str, table: str) -> list[frozenset[str]]:
        """A dated set for each row of `table`; empty where it has none."""
        parameter = self.evaluator.parameters[name]
        when, dated = self.dates(table)
        epochs = np.where(dated, parameter.epoch_of(when), -1).tolist()
        return [parameter.sets[e] if e >= 0 else frozenset() for e in epochs]

    def code_list(self, name: str) -> CodeList:
        """A dated code list of `schemas/danh_muc`."""
        return code_list(name)


class Batch:
    """What several checks of one batch share.

    Attributes:
        shared: what one check works out for others, by a name that the checks agree on.
    """

    def __init__(self, claims: ClaimSet, *, pandera: bool) -> None:
        self.claims = claims
        self.pandera = pandera
        self.shared: dict[str, object] = {}

    @cached_property
    def shape(self) -> ShapeFailures:
        """Shape failures of the batch."""
        from giamdinh.validate import shape_failures

        return shape_failures(self.claims, pandera=self.pandera)


_CHECKS: dict[str, CheckFunction] = {}


def check(function: CheckFunction) -> CheckFunction:
    """Registers a function under its own name, for the `check:` of a card."""
    _CHECKS[function.__name__] = function
    return function


@cache
def checks() -> dict[str, CheckFunction]:
    """All checks of `giamdinh.checks` by name."""
    package = importlib.import_module("giamdinh.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return _CHECKS
