"""The vocabulary shared by all stages: specifications, rules and outcomes as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from datetime import date

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]
KeyArray = npt.NDArray[np.uint64]

Kind = Literal["code", "code_list", "string", "integer", "decimal", "date8", "datetime12"]
Severity = Literal["error", "warning", "info"]
Status = Literal["ran", "not_applicable", "not_checkable", "error"]

MONEY_SCALE = 2
"""Amounts are integers of 1/100 đồng; an expression's amount is brought to this scale."""


class Rebuilt:
    """Pickled as the arguments of its constructor: five times as fast as a frozen dataclass."""

    __slots__ = ()
    __match_args__: tuple[str, ...]

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


@dataclass(frozen=True, slots=True)
class Field(Rebuilt):
    """One field of a table, as the format decisions define it.

    `pad` is the width to which a code that lost its leading zeros is filled up again.
    """

    name: str
    kind: Kind
    title: str
    required: Literal["always", "conditional", "optional", ""] = ""
    sizes: tuple[tuple[str, int | None], ...] = ()
    separator: str = ""
    scale: int = 0
    widths: tuple[int, ...] = ()
    pad: int = 0
    since: str = ""
    until: str = ""
    aliases: tuple[str, ...] = ()
    code_list: str = ""
    personal: bool = False
    partial: bool = False
    confidence: Literal["high", "medium", "low"] = "high"

    @property
    def numeric(self) -> bool:
        """Whether values are scaled integers."""
        return self.kind in ("integer", "decimal") and not self.separator

    @property
    def temporal(self) -> bool:
        """Whether values are minutes."""
        return self.kind in ("date8", "datetime12") and not self.separator


@dataclass(frozen=True, slots=True)
class TableSpec(Rebuilt):
    """One table of the format: its tags, its fields in document order and its deciding date."""

    name: str
    title: str
    root: str
    list_tag: str
    row: str
    many: bool
    fields: tuple[Field, ...]
    by_name: dict[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({f.name: f for f in self.fields})


@dataclass(frozen=True, slots=True)
class FormatVersion:
    """A version of the claim format and the first day it applies to claims."""

    code: str
    title: str
    since: date


@dataclass(frozen=True, slots=True)
class LegalText(Rebuilt):
    """Where a rule, a number or a code comes from."""

    text: str
    at: str = ""
    href: str = ""

    def __str__(self) -> str:
        return f"{self.text}, {self.at}" if self.at else self.text


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, with the reason in Vietnamese.

    `kind` is a stable word that rules refer to; `claim` is MA_LK when it is known; `lost` says that
    a table of the claim was not read because of it.
    """

    kind: str
    file: str
    reason: str
    hoso: int = 0
    table: str = ""
    claim: str = ""
    facility: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one rule ended in one run.

    Attributes:
        claims_in_force: claims with a row in force.
        rows_aside: findings that were set aside and do not count, beside the `rows_hit` that do.
    """

    rule: str
    status: Status
    rows_in_force: int = 0
    rows_hit: int = 0
    reason: str = ""
    claims_in_force: int = 0
    rows_aside: int = 0


class RuleTraits(Protocol):
    """What root causes need to know of a rule."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The facility's lists it compares with."""

    @property
    def parameters(self) -> frozenset[str]:
        """The dated numbers it uses."""

    @property
    def reads(self) -> frozenset[str]:
        """The tables that decide whether it is broken."""
