"""Checks of facility codes against the national facility list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, Coded
from giamdinh.catalogues.tables import spread
from giamdinh.checks.the_bhyt import not_insured
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def ma_co_so_khong_co_trong_danh_sach(context: CheckContext) -> Iterable[Hits]:
    """Well-formed codes, in the fields the card reads, that no list row has in force.

    A field may hold several codes; the deciding date of the card picks the rows.
    """
    facilities = context.catalogues.table("co_so")
    if facilities is None:
        return
    shape = pattern("MA_CSKCB")
    for table, fields in context.rule.source["reads"].items():
        when = context.dates(table)[0]
        for field in fields:
            column = context.claims[table][field]
            parts = [list(filter(shape.fullmatch, split(text))) for text in column.texts]
            rows, places = spread(column, parts)
            flat = [part for some in parts for part in some]
            codes = Coded(places.astype(np.int32), flat)
            nobody = Coded(np.zeros(rows.size, np.int32), ("",))
            states = facilities.index("MA_CSKCB").states(nobody, codes, when[rows])
            wrong = (states == ABSENT) | (states == CLOSED)
            details = [flat[place] for place in places[wrong].tolist()]
            yield Hits(table, rows[wrong], field, detail=details)


@check
def noi_dang_ky_ban_dau_sai(context: CheckContext) -> Iterable[Hits]:
    """Registration codes that are malformed or, when there is a facility list, not in it.

    Codes of temporary cards are right in any list; a facility that closed stays right, because
    the card was given before.
    """
    column = context.claims[CLAIM_TABLE]["MA_DKBD"]
    shape = pattern("MA_CSKCB")
    ends = tuple(frozenset().union(*context.evaluator.parameters["DUOI_DKBD_THE_TAM"].sets))
    facilities = context.catalogues.table("co_so")
    listed = facilities.columns["MA_CSKCB"] if facilities else []
    known = frozenset(listed)

    def fault(part: str) -> str:
        if not shape.fullmatch(part):
            return f"'{part}' không đúng 5 ký tự của mã cơ sở"
        if known and part not in known and not part.endswith(ends):
            return f"'{part}' không có trong danh sách cơ sở KCB"
        return ""

    faults = ["; ".join(filter(None, map(fault, split(text)))) for text in column.texts]
    wrong = np.array([*map(bool, faults), False], np.bool_)[column.codes]
    rows = np.flatnonzero(wrong & ~not_insured(context))
    details = [faults[code] for code in column.codes[rows].tolist()]
    yield Hits(CLAIM_TABLE, rows, detail=details)
