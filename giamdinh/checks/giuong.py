"""Bed days: what a stay is worth in days, and which bed lines go beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set, numbers, paid, share
from giamdinh.kernels.thu_tu import trim_from_end
from giamdinh.rules.context import Hits, check, frozen
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"


@check
def ngay_giuong_luu_duoi_mot_ngay(context: CheckContext) -> Iterable[Hits]:
    """Bed lines beyond one day when the stay is longer than the minimum and shorter than a day."""
    stay, known = _stay(context)
    least = context.number("GIO_NOI_TRU_TOI_THIEU", CLAIM_TABLE)
    day = context.number("PHUT_MOT_NGAY", CLAIM_TABLE)
    concerned = known & (stay > least) & (stay < day)
    concerned &= in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    one = np.full(stay.size, 10 ** _scale(context), np.int64)
    return _beyond(context, concerned, one, 0)


@check
def ngay_giuong_vuot_ca_ngay_cong_them(context: CheckContext) -> Iterable[Hits]:
    """Bed lines beyond the calendar days between admission and discharge plus the extra day."""
    concerned, days = _long_stay(context)
    extra = context.number("SO_NGAY_GIUONG_THEM", CLAIM_TABLE)
    allowed = (days + extra) * 10 ** _scale(context)
    return _beyond(context, concerned, allowed, _tolerance(context))


@check
def ngay_giuong_thua_mot_ngay(context: CheckContext) -> Iterable[Hits]:
    """Bed lines beyond the calendar days that only the extra day would allow, without its reason.

    Claims whose result or discharge type is missing are left alone.
    """
    concerned, days = _long_stay(context)
    claims = context.claims[CLAIM_TABLE]
    concerned &= in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU_QUA_DEM")
    concerned &= ~claims["KET_QUA_DTRI"].missing & ~claims["MA_LOAI_RV"].missing
    concerned &= ~in_set(context, CLAIM_TABLE, "KET_QUA_DTRI", "KET_QUA_THEM_NGAY")
    concerned &= ~in_set(context, CLAIM_TABLE, "MA_LOAI_RV", "LOAI_RV_THEM_NGAY")
    unit = 10 ** _scale(context)
    extra = context.number("SO_NGAY_GIUONG_THEM", CLAIM_TABLE)
    total = _totals(context, _bed_lines(context))
    concerned &= total <= (days + extra) * unit + _tolerance(context)
    return _beyond(context, concerned, days * unit, _tolerance(context))


def _scale(context: CheckContext) -> int:
    return context.claims[LINES]["SO_LUONG"].spec.scale


def _tolerance(context: CheckContext) -> IntArray:
    """SAI_SO_NGAY_GIUONG per claim at the scale of SO_LUONG."""
    shift = _scale(context) - context.number_scale("SAI_SO_NGAY_GIUONG")
    return context.number("SAI_SO_NGAY_GIUONG", CLAIM_TABLE) * np.int64(10**shift)


def _stay(context: CheckContext) -> tuple[IntArray, BoolArray]:
    """Minutes from admission to discharge per claim, and where both are known and in order."""
    claims = context.claims[CLAIM_TABLE]
    start, end = claims["NGAY_VAO_NOI_TRU"], claims["NGAY_RA"]
    stay = end.values - start.values
    return stay, start.valid & end.valid & (stay >= 0)


def _long_stay(context: CheckContext) -> tuple[BoolArray, IntArray]:
    """Claims with beds whose stay is longer than a day, and their calendar days."""
    stay, known = _stay(context)
    claims = context.claims[CLAIM_TABLE]
    days = claims["NGAY_RA"].values // DAY - claims["NGAY_VAO_NOI_TRU"].values // DAY
    concerned = known & (stay > context.number("PHUT_MOT_NGAY", CLAIM_TABLE))
    return concerned & in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU_GIUONG"), days


def _bed_lines(context: CheckContext) -> IntArray:
    """Paid bed lines, by claim and then by order time; lines without a time come first."""
    question = ("bed lines", context.rule.by)
    return context.batch.once(question, lambda: frozen(_sorted_bed_lines(context)))


def _sorted_bed_lines(context: CheckContext) -> IntArray:
    lines = context.claims[LINES]
    quantity = lines["SO_LUONG"]
    beds = in_set(context, LINES, "MA_NHOM", "NHOM_GIUONG") & paid(context.claims, LINES)
    rows = np.flatnonzero(beds & quantity.valid & (quantity.values > 0) & (lines.parent >= 0))
    order = np.lexsort((lines["NGAY_YL"].values[rows], lines.parent[rows]))
    return rows[order]


def _totals(context: CheckContext, rows: IntArray) -> IntArray:
    """Bed days of each claim at the scale of SO_LUONG."""
    lines = context.claims[LINES]
    totals = np.zeros(len(context.claims), np.int64)
    np.add.at(totals, lines.parent[rows], lines["SO_LUONG"].values[rows])
    return totals


def _beyond(
    context: CheckContext, concerned: BoolArray, allowed: IntArray, tolerance: IntArray | int
) -> Iterable[Hits]:
    """The bed lines, last ones first, that make a claim's days exceed what is allowed.

    `concerned`, `allowed` and `tolerance` are per claim, days at the scale of SO_LUONG.
    """
    lines = context.claims[LINES]
    rows = _bed_lines(context)
    totals = _totals(context, rows)
    wrong = concerned & (totals > allowed + tolerance)
    rows = rows[wrong[lines.parent[rows]]]
    quantity = lines["SO_LUONG"].values[rows]
    owner = lines.parent[rows]
    kept = trim_from_end(owner, quantity, allowed[owner])
    cut = kept < quantity
    hit, kept, quantity, owner = rows[cut], kept[cut], quantity[cut], owner[cut]
    scale = _scale(context)
    detail = [
        f"{number_vi(total, scale)} ngày giường, được tính {number_vi(most, scale)}"
        for total, most in zip(totals[owner].tolist(), allowed[owner].tolist(), strict=True)
    ]
    amount = share(lines["T_BHTT"].values[hit], quantity - kept, quantity)
    order = np.argsort(hit)
    yield Hits(
        LINES,
        hit[order],
        expected=[numbers(kept, scale)[i] for i in order],
        amount=amount[order],
        detail=[detail[i] for i in order],
    )
