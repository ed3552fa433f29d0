"""Quantities used, over all claims since the contract began, against those of the facility's lists.

Earlier months come added up by item and month, so a line stands for many there; only the order of
time matters. What a list does not say, or says for several facilities together, limits nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import distinct, first_of_each
from giamdinh.checks.chung import in_set, share, text_numbers
from giamdinh.checks.danh_muc_chu import TENDER_PARTS, tender
from giamdinh.checks.danh_muc_chung import PRICE_SCALE, approved_lines, needed_list, numbers_of
from giamdinh.checks.khoang_nhieu_ho_so import claim_order, keyed
from giamdinh.checks.tham_chieu import entries, running_sums
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from giamdinh.checks.danh_muc_chung import Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_WHOLE = 100
_UNKNOWN = -1


class Used(NamedTuple):
    """Lines of items of which a list states a quantity, in the order of their times.

    Attributes:
        rows: shape (n,), lines of the claim table; the other parts have the same shape.
        quantity, upto: thousandths; `upto` is the sum of the item's lines up to and with this one.
        allowed: what the list states, in thousandths.
    """

    rows: IntArray
    quantity: IntArray
    upto: IntArray
    allowed: IntArray


@check
def vuot_so_luong_thau(context: CheckContext) -> Iterable[Hits]:
    """Lines of a tendered item beyond the quantity of the tender and the tolerated share."""
    used = context.batch.once(
        ("so_luong", context.rule.needs), lambda: _of_tenders(context, needed_list(context))
    )
    yield _beyond(context, used, "PHAN_TRAM_SO_LUONG_THAU")


@check
def vuot_so_luong_chuyen_giao(context: CheckContext) -> Iterable[Hits]:
    """Services of a transferred technique beyond the quantity that was transferred."""
    lines = approved_lines(context, "dich_vu")
    techniques = in_set(context, lines.name, "MA_NHOM", "NHOM_DVKT")[lines.rows]
    group = keyed(lines.facility.codes.astype(np.int64), entries(lines))
    group = np.where(techniques, group, -1)
    transferred = lines.listed.columns.get("CSKCB_CGKT") or [""] * len(lines.listed)
    stated = lines.listed.remembered(numbers_of, "SO_LUONG_CGKT")

    def quantity(row: int, _: int) -> int:
        return stated[row] if transferred[row] else _UNKNOWN

    yield _beyond(context, _used(context, lines, group, quantity), "")


def _of_tenders(context: CheckContext, kind: str) -> Used:
    lines = approved_lines(context, kind)
    tenders = text_numbers(lines.table["TT_THAU"], _whole)[lines.rows]
    units = text_numbers(lines.table["DON_VI_TINH"], fold)[lines.rows]
    group = keyed(lines.facility.codes.astype(np.int64), entries(lines), tenders, units)
    listed = lines.listed
    listed_units = listed.columns.get("DON_VI_TINH") or [""] * len(listed)

    stated = listed.remembered(numbers_of, "SO_LUONG")

    def quantity(row: int, at: int) -> int:
        mine = int(lines.rows[at])
        same = fold(listed_units[row]) == fold(lines.table["DON_VI_TINH"].text(mine))
        same &= _whole(listed.text("TT_THAU", row)) == _whole(lines.table["TT_THAU"].text(mine))
        return stated[row] if same else 0

    return _used(context, lines, group, quantity)


def _whole(text: str) -> tuple[str, ...] | str:
    """A tender with all of its parts, "" for any other text."""
    found = tender(text)
    return found if len(found) == TENDER_PARTS and all(found) else ""


def _used(
    context: CheckContext,
    lines: Lines,
    group: IntArray,
    limit: Callable[[int, int], int],
) -> Used:
    """What was used of each group of lines.

    Args:
        context: the rule and its claims.
        lines: the lines and their list.
        group: shape (lines,), the item of each; -1 for one that is not counted.
        limit: the quantity that a row of the list states for a line's item, in thousandths; 0 where
            it speaks of another one, -1 where it does not say.
    """
    quantity = lines.table["SO_LUONG"]
    good: BoolArray = (group >= 0) & lines.known & quantity.valid[lines.rows]
    good &= quantity.values[lines.rows] > 0
    at = np.flatnonzero(good)
    order = np.lexsort((*claim_order(context, lines.name, lines.rows[at]), lines.when[at]))
    at = at[order]
    own = group[at]
    first = first_of_each(own, at)
    allowed = np.full(first.size, _UNKNOWN, np.int64)
    for one in distinct(own):
        allowed[one] = _allowed(lines, int(first[one]), limit)
    known = allowed[own] > 0
    at, own = at[known], own[known]
    amounts = quantity.values[lines.rows[at]]
    return Used(lines.rows[at], amounts, running_sums(own, amounts), allowed[own])


def _allowed(lines: Lines, at: int, limit: Callable[[int, int], int]) -> int:
    """The quantity that the facility's own rows give a line's item; unknown where one is silent."""
    facility = lines.facility.texts[lines.facility.codes[at]]
    rows = lines.index.rows(facility, lines.key.texts[lines.key.codes[at]])
    stated = {row: number for row in rows if (number := limit(row, at)) != 0}
    alone = all(lines.listed.facility[row] == facility for row in stated)
    if not stated or not alone or min(stated.values()) < 0:
        return _UNKNOWN
    return sum(stated.values())


def _beyond(context: CheckContext, used: Used, percent: str) -> Hits:
    """Lines beyond the quantity, or that many percent of it: the excess as a share of T_BHTT."""
    (table,) = context.rule.tables
    part = context.number(percent, table)[used.rows] if percent else _WHOLE
    over = used.upto - used.allowed * part // _WHOLE
    wrong = over > 0
    rows, quantity = used.rows[wrong], used.quantity[wrong]
    excess = np.minimum(over[wrong], quantity)
    money = share(context.claims[table]["T_BHTT"].values[rows], excess, quantity)
    pairs = zip(used.upto[wrong].tolist(), used.allowed[wrong].tolist(), strict=True)
    detail = [f"{number_vi(u, PRICE_SCALE)} so với {number_vi(a, PRICE_SCALE)}" for u, a in pairs]
    return Hits(table, rows, amount=money, detail=detail)
