"""Lines of one claim beside each other: supplies and services, repeats, many in a short time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among
from giamdinh.checks.chung import (
    by_text,
    claim_flag,
    dense,
    in_set,
    paid,
    service_base,
    share,
    text_numbers,
)
from giamdinh.checks.thuoc import dose_of, long_course_disease
from giamdinh.kernels.cua_so import kinds_within
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, time_vi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column, Table

_LINES, _DRUGS = "XML3", "XML2"
_DAYS = 1 << 22
"""More days than any two dates of a claim can be apart, so that key * _DAYS + day is unique."""


@check
def vat_tu_khac_ngay_dich_vu(context: CheckContext) -> Iterable[Hits]:
    """Supplies ordered more days than allowed away from every line of their service.

    A service counts on its days of order, execution and result; one without any of these days
    says nothing.
    """
    lines = context.claims[_LINES]
    service = _keyed(lines, "MA_DICH_VU", _base)
    supply = ~lines["MA_VAT_TU"].missing
    days = [lines[name] for name in ("NGAY_YL", "NGAY_TH_YL", "NGAY_KQ")]
    done = ~supply & (service >= 0)
    undated = done & ~np.logical_or.reduce([day.valid for day in days])
    points = [_on_day(service, day)[done & day.valid] for day in days]
    ordered = days[0]
    rows = np.flatnonzero(supply & (service >= 0) & ordered.valid)
    rows = rows[among(service[rows], service[done])]
    rows = rows[~among(service[rows], service[undated])]
    apart = _apart(np.sort(np.concatenate(points)), _on_day(service, ordered)[rows])
    rows = rows[apart > context.number("SO_NGAY_LECH_VAT_TU", _LINES)[rows]]
    yield Hits(_LINES, rows, detail=[time_vi(t) for t in ordered.values[rows].tolist()])


@check
def vat_tu_trong_va_ngoai_goi(context: CheckContext) -> Iterable[Hits]:
    """Paid supplies outside a package whose code is in a package of the same claim and day."""
    lines = context.claims[_LINES]
    code = _keyed(lines, "MA_VAT_TU", str.strip)
    day = lines["NGAY_YL"]
    counted = (code >= 0) & day.valid & paid(context.claims, _LINES)
    packaged = counted & ~lines["GOI_VTYT"].missing
    key = _on_day(code, day)
    rows = np.flatnonzero(counted & lines["GOI_VTYT"].missing)
    yield Hits(_LINES, rows[among(key[rows], key[packaged])])


@check
def mo_lai_trong_dot(context: CheckContext) -> Iterable[Hits]:
    """Operations that the claim already had a few days before, without a code of complications."""
    lines, claims = context.claims[_LINES], context.claims[CLAIM_TABLE]
    operation = _keyed(lines, "MA_DICH_VU", _base)
    when, known = _done(lines)
    wanted = in_set(context, _LINES, "MA_NHOM", "NHOM_PT") & paid(context.claims, _LINES)
    reason = by_text(claims["MA_BENH_CHINH"], _complication)
    reason = reason | by_text(claims["MA_BENH_KT"], _complication)
    wanted &= ~claim_flag(context.claims, _LINES, reason) & (operation >= 0) & known
    rows = np.flatnonzero(wanted)
    day = (operation * _DAYS + when // DAY + _DAYS // 2)[rows]
    days = np.sort(day)
    at = np.searchsorted(days, day)
    before = days[np.maximum(at - 1, 0)]
    recent = (at > 0) & (day - before <= context.number("SO_NGAY_MO_LAI", _LINES)[rows])
    details = [str(gap) for gap in (day - before)[recent].tolist()]
    yield Hits(_LINES, rows[recent], detail=details)


@check
def nhieu_dich_vu_trong_cua_so(context: CheckContext) -> Iterable[Hits]:
    """Lines that make more different services in a window of time than are plausible.

    Laboratory tests do not count: one drop of blood serves many of them at once.
    """
    lines = context.claims[_LINES]
    service = _keyed(lines, "MA_DICH_VU", _base)
    done = lines["NGAY_TH_YL"]
    wanted = in_set(context, _LINES, "MA_NHOM", "NHOM_DVKT") & paid(context.claims, _LINES)
    wanted &= ~in_set(context, _LINES, "MA_NHOM", "NHOM_XN")
    rows = np.flatnonzero(wanted & (service >= 0) & done.valid)
    rows = rows[np.lexsort((done.values[rows], lines.parent[rows]))]
    width = context.number("PHUT_CUA_SO_DICH_VU", _LINES)[rows]
    kinds = kinds_within(lines.parent[rows], done.values[rows], dense(service[rows]), width)
    many = kinds > context.number("SO_DICH_VU_TRONG_CUA_SO", _LINES)[rows]
    order = np.argsort(rows[many])
    hits = rows[many][order]
    yield Hits(_LINES, hits, detail=[str(count) for count in kinds[many][order].tolist()])


@check
def thuoc_ra_vien_qua_so_ngay(context: CheckContext) -> Iterable[Hits]:
    """Drugs of an inpatient ordered on the day of discharge for more days than usual.

    Diseases whose prescription may be long are left alone.
    """
    lines, claims = context.claims[_DRUGS], context.claims[CLAIM_TABLE]
    inpatient = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU_QUA_DEM")
    left, ordered = claims["NGAY_RA"], lines["NGAY_YL"]
    short = inpatient & left.valid & ~long_course_disease(context)
    asked = claim_flag(context.claims, _DRUGS, short) & ordered.valid
    asked &= in_set(context, _DRUGS, "MA_NHOM", "NHOM_THUOC") & paid(context.claims, _DRUGS)
    rows = np.flatnonzero(asked)
    rows = rows[ordered.values[rows] // DAY == left.values[lines.parent[rows]] // DAY]
    doses = [dose_of(text) for text in lines["LIEU_DUNG"].texts]
    days = np.array([*(dose.days if dose else -1 for dose in doses), -1], np.int64)
    taken = days[lines["LIEU_DUNG"].codes[rows]]
    limit = context.number("SO_NGAY_THUOC_RA_VIEN", _DRUGS)[rows]
    long = (limit > 0) & (taken > limit)
    rows, taken, limit = rows[long], taken[long], limit[long]
    amount = share(lines["T_BHTT"].values[rows], taken - limit, taken)
    yield Hits(_DRUGS, rows, amount=amount, detail=[str(day) for day in taken.tolist()])


def _keyed(table: Table, field: str, key: Callable[[str], str]) -> IntArray:
    """A number per claim and `key` of a code, shape (rows,); -1 where there is none."""
    found = text_numbers(table[field], key)
    there = (found >= 0) & (table.parent >= 0)
    return np.where(there, table.parent * (int(found.max(initial=-1)) + 2) + found, -1)


def _on_day(key: IntArray, day: Column) -> IntArray:
    """Key and day in one number that grows with the day within a key."""
    both: IntArray = key * _DAYS + day.values // DAY + _DAYS // 2
    return both


def _apart(points: IntArray, asked: IntArray) -> IntArray:
    """How far each number is from the nearest of some sorted ones, of which there is any."""
    if not asked.size:
        return np.zeros(0, np.int64)
    at = np.searchsorted(points, asked)
    below = asked - points[np.maximum(at - 1, 0)]
    above = points[np.minimum(at, points.size - 1)] - asked
    nearest: IntArray = np.minimum(np.abs(below), np.abs(above))
    return nearest


def _done(lines: Table) -> tuple[IntArray, BoolArray]:
    """When each line was carried out, else ordered, and where that is known."""
    done, ordered = lines["NGAY_TH_YL"], lines["NGAY_YL"]
    return np.where(done.valid, done.values, ordered.values), done.valid | ordered.valid


def _base(text: str) -> str:
    """The first service of a field without the suffixes of its code."""
    return service_base(next(iter(split(text)), ""))


def _complication(text: str) -> bool:
    return any(pattern("BIEN_CHUNG_DIEU_TRI").fullmatch(part) for part in split(text))
