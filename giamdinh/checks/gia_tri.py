"""Checks of single values in the fields that the card's `reads` names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import by_text, persons
from giamdinh.rules.context import Hits, check
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE
from giamdinh.tables.values import DAY, EPOCH, time_vi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

_WRONG_SEPARATORS = ",|"
_YEARS = 10_000
"""Times have years of four digits."""


@check
def gia_tri_am(context: CheckContext) -> Iterable[Hits]:
    """Numbers below zero."""
    for table, field, column in fields_read(context):
        rows = np.flatnonzero(column.valid & (column.values < 0))
        details = [f"{field} = {column.text(row)}" for row in rows.tolist()]
        yield Hits(table, rows, field, detail=details)


@check
def trong_hoac_giu_cho(context: CheckContext) -> Iterable[Hits]:
    """Fields with nothing in them, or only with marks such as `.` or `--`."""
    for table, field, column in fields_read(context):
        said = by_text(column, lambda text: any(letter.isalnum() for letter in text))
        rows = np.flatnonzero(~said)
        details = [f"{field} '{column.text(row)}'" for row in rows.tolist()]
        yield Hits(table, rows, field, detail=details)


@check
def sai_dau_phan_cach(context: CheckContext) -> Iterable[Hits]:
    """Lists whose parts are separated by another mark than `;`."""
    for table, field, column in fields_read(context):
        wrong = by_text(column, lambda text: any(mark in text for mark in _WRONG_SEPARATORS))
        rows = np.flatnonzero(wrong)
        details = [f"{field} '{column.text(row)}'" for row in rows.tolist()]
        yield Hits(table, rows, field, detail=details)


@check
def ma_hanh_nghe_sai_dang(context: CheckContext) -> Iterable[Hits]:
    """Practitioner codes that cannot be a licence number; helpers and suffixes do not count."""
    shape = pattern("MA_NGUOI_HANH_NGHE")
    for table, field, _ in fields_read(context):
        people = persons(context, table, field)
        wrong = np.array([shape.fullmatch(code) is None for code in people.code.texts], np.bool_)
        found: dict[int, list[str]] = {}
        concerned = people.take(wrong[people.code.codes])
        for row, code in zip(concerned.rows.tolist(), concerned.code.codes.tolist(), strict=True):
            found.setdefault(row, []).append(f"{field} '{concerned.code.texts[code]}'")
        details = ["; ".join(codes) for codes in found.values()]
        yield Hits(table, np.array(list(found), np.int64), field, detail=details)


@check
def thoi_diem_sau_ngay_lap(context: CheckContext) -> Iterable[Hits]:
    """Times on a later day than the one on which the file was made."""
    made = context.claims[ENVELOPE_TABLE]["NGAYLAP"]
    next_day = (made.values // DAY + 1) * DAY
    on_rows = _of_claims(context, next_day, made.valid)
    for table, field, column in fields_read(context):
        limit, known = on_rows(table)
        yield _times(table, field, column, column.valid & known & (column.values >= limit))


@check
def thoi_diem_qua_cu(context: CheckContext) -> Iterable[Hits]:
    """Times before the year that precedes the settlement year."""
    settled = context.claims[CLAIM_TABLE]["NAM_QT"]
    on_rows = _of_claims(context, _new_year(settled.values - 1), settled.valid)
    for table, field, column in fields_read(context):
        limit, known = on_rows(table)
        yield _times(table, field, column, column.valid & known & (column.values < limit))


def fields_read(context: CheckContext) -> Iterator[tuple[str, str, Column]]:
    """Table, field and column of everything that the card's `reads` names."""
    for table, fields in context.rule.source["reads"].items():
        for field in fields:
            yield table, field, context.claims[table][field]


def _of_claims(
    context: CheckContext, values: IntArray, valid: BoolArray
) -> Callable[[str], tuple[IntArray, BoolArray]]:
    """A value of each claim on the rows of a table, and where it is known."""

    @cache
    def on_rows(table: str) -> tuple[IntArray, BoolArray]:
        parent = context.claims[table].parent
        if not values.size:
            return np.zeros(parent.size, np.int64), np.zeros(parent.size, np.bool_)
        return values[parent], valid[parent] & (parent >= 0)

    return on_rows


def _times(table: str, field: str, column: Column, wrong: BoolArray) -> Hits:
    rows = np.flatnonzero(wrong)
    details = [f"{field} {time_vi(int(value))}" for value in column.values[rows]]
    return Hits(table, rows, field, detail=details)


def _new_year(years: IntArray) -> IntArray:
    """The first minute of each calendar year; years that no time has become the nearest one."""
    since_epoch = np.clip(years, 0, _YEARS) - EPOCH.year
    return since_epoch.astype("datetime64[Y]").astype("datetime64[m]").astype(np.int64)
