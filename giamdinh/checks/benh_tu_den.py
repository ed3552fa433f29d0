"""Diseases that let a patient come without a referral, by the list a facility has imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.checks.chung import in_set
from giamdinh.checks.danh_muc_chung import numbers_of
from giamdinh.checks.tham_chieu import icd_set, reference
from giamdinh.rules.calendars import months_between
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.tham_chieu import IcdSet
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

_CATEGORIES = {
    "phu_luc_1": "MA_DOI_TUONG_PHU_LUC_1",
    "phu_luc_2": "MA_DOI_TUONG_PHU_LUC_2",
}
"""The parameter with the categories of each part of the list."""
_YEAR = 12
_THOUSAND = 1000


@check
def benh_khong_thuoc_phu_luc(context: CheckContext) -> Iterable[Hits]:
    """Claims of the card's category none of whose diagnoses is in the card's part of the list.

    A row for the young holds for a patient whose age is not known.
    """
    claims = context.claims[CLAIM_TABLE]
    part = context.rule.needs[0].rpartition(".")[2]
    wanted = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", _CATEGORIES[part])
    when, dated = context.dates(CLAIM_TABLE)
    rows = np.flatnonzero(wanted & dated & ~claims["MA_BENH_CHINH"].missing)
    if rows.size:
        yield Hits(CLAIM_TABLE, rows[~has_listed_disease(context, rows, when[rows])])


def has_listed_disease(context: CheckContext, rows: IntArray, when: IntArray) -> BoolArray:
    """Which claims, on a day, have a diagnosis that the card's part of the list names.

    Args:
        context: the rule and its claims.
        rows: shape (n,), claims.
        when: shape (n,), minutes.
    """
    listed, claims = reference(context), context.claims[CLAIM_TABLE]
    found = np.zeros(rows.size, np.bool_)
    if not rows.size:
        return found
    ages, limits = _ages(context, rows), listed.remembered(numbers_of, "TUOI_DUOI")
    for entry in range(len(listed)):
        here = (listed.start[entry] <= when) & (when <= listed.end[entry])
        if limits[entry] > 0:
            here &= ages < limits[entry] // _THOUSAND
        codes = icd_set(listed.text("MA_BENH", entry))
        barred = icd_set(listed.text("MA_BENH_LOAI_TRU", entry))
        for name in ("MA_BENH_CHINH", "MA_BENH_KT"):
            found |= here & _any(claims[name], rows, codes, barred)
    return found


def _any(column: Column, rows: IntArray, codes: IcdSet, barred: IcdSet) -> BoolArray:
    """Which claims have a code in a field that is listed and not barred, shape (rows,)."""
    used = column.codes[rows]
    lut = np.zeros(len(column.texts) + 1, np.bool_)
    for code in distinct(used[used >= 0]):
        parts = split(column.texts[code])
        lut[code] = any(codes.has(part) and not barred.has(part) for part in parts)
    return lut[used]


def _ages(context: CheckContext, rows: IntArray) -> IntArray:
    """Completed years on the day of arrival; 0 where that is not known."""
    claims = context.claims[CLAIM_TABLE]
    born, came = claims["NGAY_SINH"], claims["NGAY_VAO"]
    known = (born.valid & came.valid & (born.values <= came.values))[rows]
    since = np.where(known, born.values[rows], came.values[rows])
    return np.where(known, months_between(since, came.values[rows]) // _YEAR, 0)
