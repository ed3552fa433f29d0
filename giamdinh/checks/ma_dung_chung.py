"""Codes that an imported list of common codes does not have on the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, Coded
from giamdinh.catalogues.tables import OPEN_END, OPEN_START
from giamdinh.checks.chung import by_text, in_set
from giamdinh.checks.danh_muc_chung import beside, compact, drug_keys, starting_with
from giamdinh.checks.tham_chieu import asked, codes_in, reference
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_DRUGS, _CODE = "XML2", "MA_THUOC"
_WARD_DIGITS = 5


@check
def ma_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Codes of the card's fields that the list does not have in force on the deciding date.

    A spreadsheet eats the leading zeros of the list's numbers.
    """
    listed = reference(context)
    index = listed.index("MA", _with_zeros)
    for table, field in context.rule.fields.items():
        column = context.claims[table][field]
        when, dated = context.dates(table)
        rows = np.flatnonzero(~column.missing & dated)
        nobody = Coded(np.full(rows.size, -1, np.int32), ())
        code = Coded(column.codes[rows], [compact(text) for text in column.texts])
        states = index.states(nobody, code, when[rows])
        yield Hits(table, rows[_gone(states) & spoken_of(listed, when[rows])])


@check
def ma_xa_sai(context: CheckContext) -> Iterable[Hits]:
    """Wards that are no five digits, or that the list does not have on the deciding date."""
    for hits in ma_khong_co_trong_danh_muc(context):
        bad = by_text(context.claims[hits.table][context.rule.fields[hits.table]], _no_ward)
        yield Hits(hits.table, np.union1d(hits.rows, np.flatnonzero(bad)))


@check
def ma_mau_sai(context: CheckContext) -> Iterable[Hits]:
    """Blood codes that the list does not have, and blood brought to a claim without blood."""
    lines = context.claims[_DRUGS]
    code, mine = lines[_CODE], asked(context, _DRUGS)
    blood = in_set(context, _DRUGS, "MA_NHOM", "NHOM_MAU_CHE_PHAM")
    beside_it = starting_with(context, code, "DAU_MA_DI_KEM_MAU")
    rows = np.flatnonzero(mine & blood & ~beside_it & ~code.missing)
    listed = reference(context)
    found = beside(context, (_DRUGS, _CODE), listed.index("MA", codes_in), rows, drug_keys)
    gone = _gone(np.array([period.state for period in found.periods], np.int8)[found.which])
    yield Hits(_DRUGS, rows[gone & found.known & spoken_of(listed, found.when)])
    given = np.zeros(len(context.claims), np.bool_)
    given[lines.parent[blood & ~beside_it & (lines.parent >= 0)]] = True
    brought = starting_with(context, code, "DAU_MA_VAN_CHUYEN_MAU") & mine
    yield Hits(_DRUGS, np.flatnonzero(brought & ~given[lines.parent]))


def spoken_of(listed: DatedTable, when: IntArray) -> BoolArray:
    """Moments from the first to the last that any row of a list is in force for."""
    good = listed.start <= listed.end
    since = listed.start[good].min(initial=OPEN_END)
    until = listed.end[good].max(initial=OPEN_START)
    found: BoolArray = (since <= when) & (when <= until)
    return found


def _gone(states: npt.NDArray[np.int8]) -> BoolArray:
    found: BoolArray = (states == ABSENT) | (states == CLOSED)
    return found


def _no_ward(text: str) -> bool:
    return not (len(text) == _WARD_DIGITS and text.isdigit())


def _with_zeros(text: str) -> list[str]:
    """The codes of a cell, plain numbers also with the zeros that may once have led them."""
    return [
        code.zfill(digits)
        for code in codes_in(text)
        for digits in range(len(code), max(len(code), _WARD_DIGITS if code.isdigit() else 0) + 1)
    ]
