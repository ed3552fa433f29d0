"""Operations: a second one in the same session is paid at a lower rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import dense, in_set, numbers, paid, share, text_numbers
from giamdinh.kernels.thu_tu import earlier_partner
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"


@check
def phau_thuat_thu_hai_khong_giam(context: CheckContext) -> Iterable[Hits]:
    """Second operations of a day, by the same team or overlapping the first, paid in full."""
    rows, partner, same_team = _operations(context)
    joined = partner >= 0
    rows, partner, same_team = rows[joined], rows[partner[joined]], same_team[joined]
    lines = context.claims[LINES]
    rate = lines["TYLE_TT_DV"].values[rows]
    right = np.where(
        same_team == 1,
        context.number("TY_LE_PT_CUNG_KIP", LINES)[rows],
        context.number("TY_LE_PT_KHAC_KIP", LINES)[rows],
    )
    over = np.flatnonzero(rate > right)
    over = over[np.argsort(rows[over])]
    money = lines["T_BHTT"].values[rows[over]]
    yield Hits(
        LINES,
        rows[over],
        expected=numbers(right[over], 0),
        amount=share(money, rate[over] - right[over], rate[over]),
        other_rows=partner[over],
        detail=["cùng kíp" if same else "khác kíp" for same in same_team[over].tolist()],
    )


@check
def phau_thuat_du_gia_khac_gio(context: CheckContext) -> Iterable[Hits]:
    """Operations of a day that are paid in full beside another, with no team or time in common."""
    rows, partner, _ = _operations(context)
    lines = context.claims[LINES]
    second = np.zeros(rows.size, np.bool_)
    parent, day = lines.parent[rows], lines["NGAY_TH_YL"].values[rows] // DAY
    second[1:] = (parent[1:] == parent[:-1]) & (day[1:] == day[:-1])
    full = lines["TYLE_TT_DV"].values[rows] > context.number("TY_LE_PT_KHAC_KIP", LINES)[rows]
    yield Hits(LINES, np.sort(rows[second & full & (partner < 0)]))


def _operations(context: CheckContext) -> tuple[IntArray, IntArray, IntArray]:
    """Paid operations by claim and day, the best paid first, with the partner of each."""
    lines = context.claims[LINES]
    rate, price, start = lines["TYLE_TT_DV"], lines["DON_GIA_BH"], lines["NGAY_TH_YL"]
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_PT") & paid(context.claims, LINES)
    rows = np.flatnonzero(wanted & rate.valid & start.valid & (lines.parent >= 0))
    day = start.values // DAY
    keys = (-price.values[rows], -rate.values[rows], day[rows], lines.parent[rows])
    rows = rows[np.lexsort(keys)]
    group = dense(lines.parent[rows], day[rows])
    begin = start.values[rows]
    result = lines["NGAY_KQ"]
    end = np.where(result.valid[rows], np.maximum(result.values[rows], begin), begin)
    partner, same = earlier_partner(group, begin, end, _teams(context)[rows])
    return rows, partner, same


def _teams(context: CheckContext) -> IntArray:
    """A number per set of operators, whatever their order; -1 where none is written."""
    column = context.claims[LINES]["NGUOI_THUC_HIEN"]
    return text_numbers(column, lambda text: frozenset(split(text)) or "")
