"""Exam fees: several exams in one visit are paid at falling rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import rank_in_group
from giamdinh.checks.chung import claim_flag, dense, in_set, numbers, paid, share
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"
_NO_PRICE = 10**9
"""Stands for every price of a visit when none is written, so that only rates count."""
_SLOTS = tuple(f"TY_LE_KHAM_{i}" for i in range(1, 7))


@dataclass(frozen=True, slots=True)
class _Exams:
    """Paid exam lines: rows, the visit each belongs to, its time and what it is worth.

    `worth` is price * rate and `top` the dearest price of the visit, so that a rate written into
    the price counts like one written into TYLE_TT_DV; `slack` is the tolerance in the same unit.
    """

    rows: IntArray
    visit: IntArray
    time: IntArray
    worth: IntArray
    top: IntArray
    slack: IntArray

    def above(self, slot: IntArray) -> BoolArray:
        """Exams worth more than `slot` percent of the dearest."""
        return self.worth > slot * self.top + self.slack


@check
def cong_kham_ngoai_tru_vuot_ty_le(context: CheckContext) -> Iterable[Hits]:
    """Exams of one outpatient day that are paid above their place in the falling rates."""
    exams = _exams(context, inpatient=False, by_day=True)
    rank = rank_in_group(exams.visit, -exams.worth, exams.time)
    return _over(context, exams, rank)


@check
def cong_kham_ngoai_tru_sai_thu_tu(context: CheckContext) -> Iterable[Hits]:
    """Exams of one outpatient day whose rate belongs to another place in the order of time."""
    exams = _exams(context, inpatient=False, by_day=True)
    fair = _slots(context, exams, rank_in_group(exams.visit, -exams.worth, exams.time))
    slot = _slots(context, exams, rank_in_group(exams.visit, exams.time, -exams.worth))
    wrong = np.flatnonzero(exams.above(slot) & ~exams.above(fair))
    yield Hits(LINES, exams.rows[wrong], expected=numbers(slot[wrong], 0))


@check
def cong_kham_noi_tru_tren_mot(context: CheckContext) -> Iterable[Hits]:
    """Exams of one inpatient claim beyond the first that are paid above the rate of a second."""
    exams = _exams(context, inpatient=True, by_day=False)
    rank = rank_in_group(exams.visit, exams.time, -exams.worth)
    return _over(context, exams, rank)


def _exams(context: CheckContext, *, inpatient: bool, by_day: bool) -> _Exams:
    """Paid exams of inpatient or other claims, grouped by claim or by claim and day."""
    question = ("exams", inpatient, by_day, context.rule.by)
    return context.batch.once(
        question, lambda: _read_exams(context, inpatient=inpatient, by_day=by_day)
    )


def _read_exams(context: CheckContext, *, inpatient: bool, by_day: bool) -> _Exams:
    lines = context.claims[LINES]
    rate, price, time = lines["TYLE_TT_DV"], lines["DON_GIA_BH"], lines["NGAY_YL"]
    staying = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    known = ~context.claims[CLAIM_TABLE]["MA_LOAI_KCB"].missing
    wanted = claim_flag(context.claims, LINES, known & (staying == inpatient))
    wanted &= in_set(context, LINES, "MA_NHOM", "NHOM_KHAM") & paid(context.claims, LINES)
    rows = np.flatnonzero(wanted & rate.valid & time.valid)
    when = time.values[rows]
    visit = dense(lines.parent[rows], when // DAY) if by_day else dense(lines.parent[rows])
    priced = np.where(price.valid, price.values, 0)[rows]
    top = np.zeros(int(visit.max(initial=-1)) + 1, np.int64)
    np.maximum.at(top, visit, priced)
    tops = np.where(top > 0, top, _NO_PRICE)[visit]
    priced = np.where(priced > 0, priced, tops)
    unit = 100 * 10 ** (price.spec.scale - context.number_scale("SAI_SO_DONG"))
    slack = context.number("SAI_SO_DONG", LINES)[rows] * np.int64(unit)
    return _Exams(rows, visit, when, rate.values[rows] * priced, tops, slack)


def _slots(context: CheckContext, exams: _Exams, rank: IntArray) -> IntArray:
    """The rate that belongs to each place."""
    rates = np.stack([context.number(name, CLAIM_TABLE) for name in _SLOTS])
    owner = context.claims[LINES].parent[exams.rows]
    return rates[np.minimum(rank, len(_SLOTS) - 1), owner]


def _over(context: CheckContext, exams: _Exams, rank: IntArray) -> Iterable[Hits]:
    slot = _slots(context, exams, rank)
    wrong = np.flatnonzero(exams.above(slot))
    money = context.claims[LINES]["T_BHTT"].values[exams.rows[wrong]]
    worth = exams.worth[wrong]
    excess = worth - slot[wrong] * exams.top[wrong]
    yield Hits(
        LINES,
        exams.rows[wrong],
        expected=numbers(slot[wrong], 0),
        amount=share(money, excess, worth),
        detail=numbers(rank[wrong] + 1, 0),
    )
