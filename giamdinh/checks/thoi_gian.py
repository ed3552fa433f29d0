"""Order of events: results that come before what they are the result of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set
from giamdinh.rules.context import Hits, check
from giamdinh.tables.values import time_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column, Table

LINES, RESULTS = "XML3", "XML4"
_UNKNOWN = np.iinfo(np.int64).min


@check
def ket_qua_truoc_y_lenh(context: CheckContext) -> Iterable[Hits]:
    """Results of a line before its order, and results in XML4 before any order of the service."""
    yield from _results_before(context, "NGAY_YL")


@check
def ket_qua_truoc_thuc_hien(context: CheckContext) -> Iterable[Hits]:
    """Results of a line before it was carried out, and results in XML4 before all of them."""
    yield from _results_before(context, "NGAY_TH_YL")


def _results_before(context: CheckContext, field: str) -> Iterable[Hits]:
    """Bed lines are left out: their NGAY_KQ is the end of the bed period."""
    lines = context.claims[LINES]
    start, result = lines[field], lines["NGAY_KQ"]
    wrong = start.valid & result.valid & (result.values < start.values)
    rows = np.flatnonzero(wrong & ~in_set(context, LINES, "MA_NHOM", "NHOM_GIUONG"))
    yield Hits(LINES, rows, detail=[time_vi(t) for t in start.values[rows].tolist()])
    results = context.claims[RESULTS]
    begun = _earliest(lines, start, results)
    given = results["NGAY_KQ"]
    rows = np.flatnonzero(given.valid & (begun != _UNKNOWN) & (given.values < begun))
    yield Hits(RESULTS, rows, detail=[time_vi(t) for t in begun[rows].tolist()])


def _earliest(lines: Table, start: Column, results: Table) -> IntArray:
    """The earliest start of the same service in the claim, per result row.

    Unknown where the claim has no such line, or one of them has no start.
    """
    codes = lines["MA_DICH_VU"]
    index = {text: i for i, text in enumerate(codes.texts)}
    asked = np.array([*(index.get(t, -1) for t in results["MA_DICH_VU"].texts), -1], np.int64)
    wanted = asked[results["MA_DICH_VU"].codes]
    width = len(codes.texts) + 1
    rows = np.flatnonzero(~codes.missing & (lines.parent >= 0))
    keys = lines.parent[rows] * width + codes.codes[rows]
    order = np.argsort(keys, kind="stable")
    times = np.where(start.valid, start.values, _UNKNOWN)[rows][order]
    services, first = np.unique(keys[order], return_index=True)
    found = np.full(len(results), _UNKNOWN, np.int64)
    if services.size:
        lowest = np.minimum.reduceat(times, first)
        key = results.parent * width + wanted
        at = np.minimum(np.searchsorted(services, key), services.size - 1)
        same: BoolArray = (services[at] == key) & (wanted >= 0) & (results.parent >= 0)
        found[same] = lowest[at[same]]
    return found
