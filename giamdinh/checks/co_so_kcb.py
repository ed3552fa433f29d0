"""Checks of facility codes against the national facility list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, Coded
from giamdinh.checks.chung import written
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
    index = context.catalogues.tables["co_so"].index("MA_CSKCB")
    shape = pattern("MA_CSKCB")
    for table, fields in context.rule.source["reads"].items():
        when = context.dates(table)[0]
        for field in fields:
            named = written(
                context.claims[table][field],
                lambda text: list(filter(shape.fullmatch, split(text))),
            )
            nobody = Coded(np.zeros(named.rows.size, np.int32), ("",))
            states = index.states(nobody, named, when[named.rows])
            wrong = (states == ABSENT) | (states == CLOSED)
            details = [named.texts[code] for code in named.codes[wrong].tolist()]
            yield Hits(table, named.rows[wrong], field, detail=details)


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
