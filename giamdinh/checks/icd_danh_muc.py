"""Diagnosis codes beside the whole ICD-10 list that a facility has imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.checks.icd import BOTH, traditional, well_formed
from giamdinh.checks.ma_dung_chung import spoken_of
from giamdinh.checks.tham_chieu import reference
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import plain_icd
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.catalogues import DatedTable
    from giamdinh.rules.context import CheckContext

_CATEGORY = 3


@check
def ma_benh_khong_co_trong_danh_muc_nhap(context: CheckContext) -> Iterable[Hits]:
    """Diagnoses that the list never had, by themselves or by a code that they begin with.

    Codes of traditional medicine and ill-formed ones are other rules' matter.
    """
    listed, head = reference(context), context.claims[CLAIM_TABLE]
    when, dated = context.dates(CLAIM_TABLE)
    left = dated & spoken_of(listed, when)
    for field in BOTH:
        column = head[field]
        lut = [""] * (len(column.texts) + 1)
        for code in distinct(column.codes[left & ~column.missing]):
            wrong = [icd for icd in split(column.texts[code]) if not _known(listed, icd)]
            lut[code] = ", ".join(wrong)
        bad = np.array([bool(text) for text in lut], np.bool_)
        rows = np.flatnonzero(left & bad[column.codes])
        left[rows] = False
        yield Hits(CLAIM_TABLE, rows, field, detail=[lut[c] for c in column.codes[rows].tolist()])


def _known(listed: DatedTable, text: str) -> bool:
    if traditional(text) or not well_formed(text):
        return True
    code, codes = plain_icd(text), listed.remembered(_codes, None)
    return any(code[:size] in codes for size in range(_CATEGORY, len(code) + 1))


def _codes(listed: DatedTable, _: None) -> frozenset[str]:
    return frozenset(map(plain_icd, listed.columns["MA_BENH"]))
