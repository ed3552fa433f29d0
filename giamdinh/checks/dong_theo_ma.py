"""Drug and service lines of the claims as items, one after another, found by their codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.catalogues import Coded
from giamdinh.catalogues.tables import spread
from giamdinh.checks.danh_muc_chung import order_dates
from giamdinh.checks.tham_chieu import KEYS, asked, codes_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

SOURCES = (("XML2", "MA_THUOC"), ("XML3", "MA_DICH_VU"))
"""The tables of the items and the field of their codes."""


@dataclass(frozen=True, slots=True)
class Items:
    """Drug and service lines one after another; shape (items,) each.

    Attributes:
        table: 0 for XML2, 1 for XML3; `row` is the row there and `code` the index into `texts`.
        done, known: the time of execution, else of the order, and whether there is one.
        ordered: the order date, or the date that decides where there is none.
    """

    context: CheckContext
    table: IntArray
    row: IntArray
    claim: IntArray
    code: IntArray
    texts: Sequence[tuple[str, str]]
    group: IntArray
    groups: Sequence[str]
    done: IntArray
    known: BoolArray
    ordered: IntArray
    paid: BoolArray
    from_elsewhere: BoolArray
    money: IntArray

    def text(self, at: int) -> str:
        """The code of an item."""
        return self.texts[int(self.code[at])][1]


def items_of(context: CheckContext) -> Items:
    """The items of the batch."""
    return context.batch.once(("cap_ma", context.rule.by), lambda: _readitems_of(context))


def _readitems_of(context: CheckContext) -> Items:
    parts: dict[str, list[npt.NDArray[Any]]] = {}
    texts: list[tuple[str, str]] = []
    groups: dict[str, int] = {"": 0}
    for number, (name, field) in enumerate(SOURCES):
        table = context.claims[name]
        rows = np.flatnonzero(_codes_written(context, name, field))
        done, (ordered, dated) = table["NGAY_TH_YL"], order_dates(context, name)
        kind = table["MA_NHOM"]
        own = [groups.setdefault(text, len(groups)) for text in (*kind.texts, "")]
        elsewhere = np.zeros(len(table), np.bool_)
        if "MA_CSKCB_THUOC" in table.columns:
            elsewhere = ~table["MA_CSKCB_THUOC"].missing
        found = {
            "table": np.full(rows.size, number),
            "row": rows,
            "claim": table.parent[rows],
            "code": table[field].codes[rows] + len(texts),
            "group": np.array(own, np.int64)[kind.codes[rows]],
            "done": np.where(done.valid, done.values, ordered)[rows],
            "known": (done.valid | dated)[rows],
            "ordered": ordered[rows],
            "paid": asked(context, name)[rows],
            "from_elsewhere": elsewhere[rows],
            "money": np.maximum(table["T_BHTT"].values[rows], 0),
        }
        texts += [(field, text) for text in table[field].texts]
        for key, values in found.items():
            parts.setdefault(key, []).append(values)
    whole: dict[str, Any] = {key: np.concatenate(values) for key, values in parts.items()}
    return Items(context=context, texts=texts, groups=list(groups), **whole)


def _codes_written(context: CheckContext, name: str, field: str) -> BoolArray:
    table = context.claims[name]
    there = ~table[field].missing & (table.parent >= 0)
    return there & table["MA_VAT_TU"].missing if "MA_VAT_TU" in table.columns else there


class Side:
    """The items that are A, or B, of some row of the list."""

    def __init__(self, items: Items, listed: DatedTable, side: str) -> None:
        self.items, self.listed = items, listed
        code_rows = [listed.remembered(_rows_of_code, (side, *code)) for code in items.texts]
        group_rows = [listed.remembered(_rows_of_group, (side, text)) for text in items.groups]
        pairs = [_spread(items.code, code_rows), _spread(items.group, group_rows)]
        self.rows = np.concatenate([rows for rows, _ in pairs])
        self.at = np.concatenate([at for _, at in pairs])

    def in_force(self, wanted: BoolArray) -> tuple[IntArray, IntArray]:
        """Rows of the list in force and the wanted items that they name."""
        when = self.items.ordered[self.at]
        keep = wanted[self.at] & (self.listed.start[self.rows] <= when)
        keep &= when <= self.listed.end[self.rows]
        return self.rows[keep], self.at[keep]


def _rows_of_code(listed: DatedTable, code: tuple[str, str, str]) -> tuple[int, ...]:
    """The rows that name a code on a side, exactly or by its beginning."""
    side, field, text = code
    index = listed.index(f"MA_{side}", codes_in)
    return tuple(dict.fromkeys(row for key in KEYS[field](text) for row in index.rows("", key)))


def _rows_of_group(listed: DatedTable, group: tuple[str, str]) -> tuple[int, ...]:
    side, text = group
    return tuple(listed.index(f"NHOM_{side}", codes_in).rows("", text)) if text else ()


def _spread(codes: IntArray, rows: Sequence[Sequence[int]]) -> tuple[IntArray, IntArray]:
    """Each row of each element's code, and the element."""
    met = np.array([*map(bool, rows)], np.bool_)
    if not met.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    at = np.flatnonzero(met[codes])
    element, place = spread(Coded(codes[at].astype(np.int32), ()), rows)
    return np.array([*chain.from_iterable(rows)], np.int64)[place], at[element]


def joined(
    items: Items, first: tuple[IntArray, IntArray], second: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray, IntArray]:
    """Row of the list, item of the first side and of the second, wherever row and claim agree."""
    width = len(items.context.claims) + 1
    keys = [rows * width + items.claim[at] for rows, at in (first, second)]
    order = np.argsort(keys[0], kind="stable")
    low = np.searchsorted(keys[0][order], keys[1], side="left")
    high = np.searchsorted(keys[0][order], keys[1], side="right")
    size = high - low
    right = np.repeat(np.arange(size.size), size)
    left = np.repeat(low, size) + np.arange(right.size) - np.repeat(np.cumsum(size) - size, size)
    return second[0][right], first[1][order[left]], second[1][right]


def at_rows(values: npt.NDArray[Any], at: IntArray) -> npt.NDArray[Any]:
    """Some elements; -1 for each where there are none at all."""
    return values[np.minimum(at, values.size - 1)] if values.size else np.full(at.size, -1)


def number_of(table: str) -> int:
    """The number of a table of items."""
    return [name for name, _ in SOURCES].index(table)
