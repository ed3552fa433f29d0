"""Checks of money that need groups of lines within a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import claim_flag, numbers
from giamdinh.checks.the_bhyt import cards_of
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Table

LINES = "XML3"
CENT = 100
"""Hundredths in a đồng."""


@check
def goi_vat_tu_vuot_tran(context: CheckContext) -> Iterable[Hits]:
    """Supply packages above the ceiling, reported on the line that asks most of the fund.

    A package whose lines carry the ceiling in T_TRANTT is compared by T_BHTT, any other by
    THANH_TIEN_BH. One line without an amount, a day or a readable card leaves its package alone.
    """
    lines = context.claims[LINES]
    package = lines["GOI_VTYT"]
    rows = np.flatnonzero(~package.missing & (lines.parent >= 0) & _capped(context))
    key = lines.parent[rows] * (len(package.texts) + 1) + package.codes[rows]
    _, group = np.unique(key, return_inverse=True)
    group = group.ravel()
    groups = int(group.max(initial=-1)) + 1
    ceiling, known = _ceiling(context)
    limit = _largest(group, ceiling[rows], groups)
    declared = lines["T_TRANTT"].valid[rows] & (lines["T_TRANTT"].values[rows] == limit[group])
    total = np.where(
        _largest(group, declared.astype(np.int64), groups) > 0,
        _sum(group, lines["T_BHTT"].values[rows], groups),
        _sum(group, lines["THANH_TIEN_BH"].values[rows], groups),
    )
    sound = known[rows] & lines["THANH_TIEN_BH"].valid[rows] & lines["T_BHTT"].valid[rows]
    over = (total > limit) & (_sum(group, ~sound, groups) == 0)
    chosen = _dearest(lines, rows, group, over)
    yield _hits(rows[chosen], total[group[chosen]], limit[group[chosen]])


def _capped(context: CheckContext) -> BoolArray:
    """Lines of claims that have cards, all of a level to which the ceiling applies."""
    cards, written = cards_of(context), ~context.claims[CLAIM_TABLE]["MA_THE_BHYT"].missing
    free = context.evaluator.parameters["KY_TU_KHONG_TRAN"].sets
    digits = {digit for members in free for digit in members}
    claims = written & ~cards.any(lambda card: card[2:3] in digits)
    return claim_flag(context.claims, LINES, claims)


def _ceiling(context: CheckContext) -> tuple[IntArray, BoolArray]:
    """Base salary times months per line, in hundredths, and where the day is known."""
    salary = context.number("LUONG_CO_SO", LINES)
    months = context.number("SO_THANG_TRAN_GOI_VTYT", LINES)
    return salary * months * CENT, context.dates(LINES)[1]


def _sum(group: IntArray, values: IntArray | BoolArray, groups: int) -> IntArray:
    out = np.zeros(groups, np.int64)
    np.add.at(out, group, values)
    return out


def _largest(group: IntArray, values: IntArray, groups: int) -> IntArray:
    out = np.zeros(groups, np.int64)
    np.maximum.at(out, group, values)
    return out


def _dearest(lines: Table, rows: IntArray, group: IntArray, over: BoolArray) -> IntArray:
    """Positions in `rows` of the line with the largest T_BHTT of each group that is over."""
    order = np.lexsort((-lines["T_BHTT"].values[rows], group))
    first = np.unique(group[order], return_index=True)[1]
    chosen = order[first]
    return np.sort(chosen[over[group[chosen]]])


def _hits(rows: IntArray, total: IntArray, limit: IntArray) -> Hits:
    detail = [
        f"tổng {number_vi(a, 2)} đồng vượt trần {number_vi(b, 2)} đồng"
        for a, b in zip(total.tolist(), limit.tolist(), strict=True)
    ]
    return Hits(LINES, rows, expected=numbers(limit, 2), amount=total - limit, detail=detail)
