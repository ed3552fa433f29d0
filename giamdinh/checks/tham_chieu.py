"""Claim lines beside imported reference lists, whose rows name codes or the beginnings of codes.

A cell may hold several codes joined by ";"; a code with "*" behind it stands for all codes that
begin so. Of several rows the most exactly named code decides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.catalogues import Coded
from giamdinh.catalogues.parts import named_columns
from giamdinh.checks.chung import claim_flag, in_set, paid
from giamdinh.checks.danh_muc_chung import (
    Lines,
    compact,
    drug_keys,
    order_dates,
    service_keys,
    supply_keys,
)
from giamdinh.checks.the_bhyt import not_insured
from giamdinh.rules.context import frozen
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import plain_icd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

ANY = "*"
PLACE_OF = {
    "MA_THUOC": ("XML2", "MA_THUOC"),
    "MA_HOAT_CHAT": ("XML2", "MA_THUOC"),
    "SO_DANG_KY": ("XML2", "SO_DANG_KY"),
    "MA_DICH_VU": ("XML3", "MA_DICH_VU"),
    "PREFIX_DVKT": ("XML3", "MA_DICH_VU"),
    "MA_VAT_TU": ("XML3", "MA_VAT_TU"),
}
"""The table and field of the lines that each column of codes is about."""
_REMEMBERED = 1 << 14
_TECHNIQUE = re.compile(r"[0-9]{2}\.[0-9]{4}\..+")
_LISTED_CODE = re.compile(r"[0-9A-ZĐ_+-]*[.0-9][0-9A-ZĐ._+-]*\*?|\*")
_ICD = re.compile(r"[A-Z](?:[0-9][0-9A-Z]{0,5})?")
_ICD_RANGE = re.compile(r"([A-Z][0-9]{2})[0-9A-Z]*-([A-Z]?[0-9]{2})[0-9A-Z]*")


def reference(context: CheckContext) -> DatedTable:
    """The list, or the part of one, that the card needs first."""
    listed = context.catalogues.table(context.rule.needs[0])
    assert listed is not None  # noqa: S101 - a rule without its lists is not run
    return listed


def needed_columns(context: CheckContext) -> tuple[str, tuple[str, ...]]:
    """The column of codes that the card's first list is read by, and the other columns it names."""
    names = named_columns(context.rule.needs[0])
    key = next(name for name in names if name in PLACE_OF)
    return key, tuple(name for name in names if name not in PLACE_OF)


def listed_lines(context: CheckContext, key: str, among: BoolArray | None = None) -> Lines:
    """The paid lines beside the rows of the card's list that name their code in column `key`."""
    name, field = PLACE_OF[key]
    rows = _coded_lines(context, name, field)
    if among is not None:
        rows = rows[among[rows]]
    return _beside(context, (name, field), key, rows)


def _coded_lines(context: CheckContext, name: str, field: str) -> IntArray:
    """The lines to ask a list about by a field; services are not asked about for supplies."""

    def found() -> IntArray:
        table = context.claims[name]
        wanted = asked(context, name) & ~table[field].missing
        if field == "MA_DICH_VU":
            wanted &= table["MA_VAT_TU"].missing
        return frozen(np.flatnonzero(wanted))

    return context.batch.once(("coded lines", name, field, context.rule.by), found)


def _beside(context: CheckContext, place: tuple[str, str], key: str, rows: IntArray) -> Lines:
    """Some rows of a claim table, only those whose code the card's list names at any time."""
    listed, (name, field) = reference(context), place
    table = context.claims[name]
    column, (when, known) = table[field], order_dates(context, name)
    names = [listed.remembered(_entry, (key, text)) for text in column.texts]
    there = np.array([*map(bool, names), False], np.bool_)
    rows = rows[there[column.codes[rows]]]
    code, nobody = Coded(column.codes[rows], names), Coded(np.full(rows.size, -1, np.int32), ())
    index = listed.index(key, codes_in)
    periods, which = index.periods(nobody, code, when[rows])
    return Lines(
        name=name,
        table=table,
        listed=listed,
        index=index,
        rows=rows,
        when=when[rows],
        known=known[rows],
        facility=nobody,
        key=code,
        periods=periods,
        which=which,
    )


def names_code(listed: DatedTable, key: str, text: str) -> bool:
    """Whether a column of a list names a code at any time."""
    return bool(listed.remembered(_entry, (key, text)))


def _entry(listed: DatedTable, code: tuple[str, str]) -> str:
    """The key in a column of the list that names a code most exactly, "" for none."""
    key, text = code
    index = listed.index(key, codes_in)
    return next((one for one in KEYS[key](text) if index.rows("", one)), "")


def asked(context: CheckContext, name: str) -> BoolArray:
    """Lines within the insured scope that the fund is asked to pay for."""

    def found() -> BoolArray:
        insured = claim_flag(context.claims, name, ~not_insured(context))
        outside = in_set(context, name, "PHAM_VI", "PHAM_VI_NGOAI_DANH_MUC")
        return frozen(paid(context.claims, name) & insured & ~outside)

    return context.batch.once(("asked", name, context.rule.by), found)


def by_rows(lines: Lines) -> Iterator[tuple[tuple[int, ...], IntArray]]:
    """Rows of the list in force, and the positions of the lines that they decide on."""
    here = lines.in_force
    order = here[np.argsort(lines.which[here], kind="stable")]
    edges = np.flatnonzero(np.diff(lines.which[order], prepend=-1))
    ends = np.append(edges[1:], order.size)[: edges.size]
    for start, end in zip(edges.tolist(), ends.tolist(), strict=True):
        members = order[start:end]
        yield lines.periods[lines.which[members[0]]].rows, members


def entries(lines: Lines) -> IntArray:
    """A number for the entry of the list that each line was found by, shape (lines,)."""
    known: dict[str, int] = {}
    numbers = [known.setdefault(text, len(known)) for text in lines.key.texts]
    return np.array([*numbers, -1], np.int64)[lines.key.codes]


def running_sums(owner: IntArray, values: IntArray) -> IntArray:
    """The sum of each owner's values up to and with each element, in the order given."""
    order = np.argsort(owner, kind="stable")
    sums = np.cumsum(values[order])
    first = np.flatnonzero(np.diff(owner[order], prepend=-1))
    before = np.concatenate([[0], sums])[first]
    out = np.empty(values.size, np.int64)
    out[order] = sums - np.repeat(before, np.diff(np.append(first, order.size)))
    return out


def codes_in(text: str) -> list[str]:
    """The codes that a cell of a list names."""
    return list(dict.fromkeys(map(compact, split(text))))


def are_codes(text: str) -> bool:
    """Whether a cell holds nothing but codes; words in their place could never be found."""
    return all(map(_LISTED_CODE.fullmatch, codes_in(text)))


def _keys(found: Sequence[str], *wider: str) -> tuple[str, ...]:
    """The codes, wider ones, and the beginnings of the last code, longest first."""
    last = found[-1]
    return (*found, *wider, *(last[:size] + ANY for size in range(len(last), -1, -1)))


@lru_cache(_REMEMBERED)
def _drug_keys(text: str) -> tuple[str, ...]:
    return _keys(drug_keys(text))


@lru_cache(_REMEMBERED)
def _supply_keys(text: str) -> tuple[str, ...]:
    return _keys(supply_keys(text))


@lru_cache(_REMEMBERED)
def _service_keys(text: str) -> tuple[str, ...]:
    """A service is also named by its technique, without the price behind it."""
    found = service_keys(text)
    if _TECHNIQUE.fullmatch(found[-1]):
        return _keys(found, found[-1].rpartition(".")[0])
    return _keys(found)


def _registration_keys(text: str) -> tuple[str, ...]:
    return (compact(text),)


def _prefix_keys(text: str) -> tuple[str, ...]:
    """Every beginning of a code, longest first."""
    code = compact(text)
    return tuple(code[:size] for size in range(len(code), 0, -1))


KEYS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "MA_THUOC": _drug_keys,
    "MA_HOAT_CHAT": _drug_keys,
    "MA_DICH_VU": _service_keys,
    "PREFIX_DVKT": _prefix_keys,
    "MA_VAT_TU": _supply_keys,
    "SO_DANG_KY": _registration_keys,
}
"""The keys of a code of a line, the most exact one first."""


class IcdSet(NamedTuple):
    """Diagnosis codes without dots: those that begin with `starts`, and ranges of categories.

    `readable` says whether the cell held nothing but codes and ranges.
    """

    starts: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]
    readable: bool

    def has(self, text: str) -> bool:
        """Whether a diagnosis code is one of them or under one of them."""
        code = plain_icd(text)
        return code.startswith(self.starts) or any(
            first <= code[: len(first)] <= last for first, last in self.ranges
        )


@lru_cache(1 << 14)
def icd_set(text: str) -> IcdSet:
    """The codes and ranges, such as I10-I15, that a cell of a list names."""
    plain = text.replace(".", "").replace("–", "-").replace(ANY, "").replace(",", ";")
    starts, ranges = [], []
    for word in map(compact, split(plain)):
        match = _ICD_RANGE.fullmatch(word)
        if match:
            first, last = match.groups()
            ranges.append((first, last if len(last) == len(first) else first[0] + last))
        else:
            starts.append(word)
    readable = bool(starts or ranges) and all(map(_ICD.fullmatch, starts))
    return IcdSet(tuple(starts), tuple(ranges), readable)
