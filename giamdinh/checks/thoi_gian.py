"""Order of events: results that come before what they are the result of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set, services
from giamdinh.rules.context import Hits, check
from giamdinh.tables.values import time_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext

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
    """Bed lines are left out: their NGAY_KQ is the end of the bed period.

    A result of XML4 is left alone where a line of its service has no start.
    """
    lines = context.claims[LINES]
    start, result = lines[field], lines["NGAY_KQ"]
    wrong = start.valid & result.valid & (result.values < start.values)
    rows = np.flatnonzero(wrong & ~in_set(context, LINES, "MA_NHOM", "NHOM_GIUONG"))
    yield Hits(LINES, rows, detail=[time_vi(t) for t in start.values[rows].tolist()])
    results = context.claims[RESULTS]
    times = np.where(start.valid, start.values, _UNKNOWN)
    by_service = services(context)
    begun = by_service.lines.lowest(times, by_service.line_of, otherwise=_UNKNOWN)
    given = results["NGAY_KQ"]
    rows = np.flatnonzero(given.valid & (begun != _UNKNOWN) & (given.values < begun))
    yield Hits(RESULTS, rows, detail=[time_vi(t) for t in begun[rows].tolist()])
