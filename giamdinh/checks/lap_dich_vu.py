"""Services done on a patient again in another claim before a reference list allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set
from giamdinh.checks.danh_muc_chung import PRICE_SCALE, numbers_of
from giamdinh.checks.khoang_nhieu_ho_so import Spans, facilities, keyed, spans, told
from giamdinh.checks.nguoi_benh import persons
from giamdinh.checks.tham_chieu import PLACE_OF, by_rows, entries, listed_lines
from giamdinh.kernels.chong_nhau import overlap_of_other
from giamdinh.rules.context import Hits, check
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Lines
    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

_KEY = "MA_DICH_VU"
_LIFE = 200 * 365


@check
def lap_lai_qua_som(context: CheckContext) -> Iterable[Hits]:
    """Lines of a service too soon after one of another claim of the same facility."""
    lines = _techniques(context)
    place = facilities(context, lines.name, lines.rows)
    yield _again(context, lines, _days(lines), (place, lines.table.parent[lines.rows]))


@check
def lap_lai_o_co_so_khac(context: CheckContext) -> Iterable[Hits]:
    """Lines of a service too soon after one of another facility."""
    lines = _techniques(context)
    place = facilities(context, lines.name, lines.rows)
    days = np.where(place >= 0, _days(lines), -1)
    yield _again(context, lines, days, (np.zeros_like(place), place))


@check
def chi_lam_mot_lan(context: CheckContext) -> Iterable[Hits]:
    """Lines of a service that can be done once, after one of another claim.

    At another place of the body it may be done again.
    """
    lines = _techniques(context)
    side = lines.table["VI_TRI_TH_DVKT"].codes[lines.rows].astype(np.int64) + 1
    days = np.where(_days(lines) >= 0, _LIFE, -1)
    yield _again(context, lines, days, (side, lines.table.parent[lines.rows]))


def _techniques(context: CheckContext) -> Lines:
    """The lines of the list; exams and beds that other rules have kept are not among them."""
    table, _ = PLACE_OF[_KEY]
    return listed_lines(context, _KEY, in_set(context, table, "MA_NHOM", "NHOM_DVKT"))


def _days(lines: Lines) -> IntArray:
    """The shortest interval that a row of the list gives for each line, -1 where none does."""
    known = lines.listed.remembered(numbers_of, "SO_NGAY")
    days = np.full(lines.rows.size, -1, np.int64)
    for rows, members in by_rows(lines):
        days[members] = min(known[row] for row in rows) // 10**PRICE_SCALE
    return days


def _again(
    context: CheckContext, lines: Lines, days: IntArray, apart: tuple[IntArray, IntArray]
) -> Hits:
    """Lines of a person and an entry of the list before the interval after the last one is over.

    Args:
        context: the rule and its claims.
        lines: what the list speaks of.
        days: shape (lines,), the interval in days; -1 for none.
        apart: shape (lines,), what is looked at by itself, and what does not clash with itself.
    """
    who = np.append(persons(context), -1)[lines.table.parent[lines.rows]]
    at = np.flatnonzero((days > 0) & lines.known & (who >= 0))
    group = keyed(who[at], entries(lines)[at], apart[0][at])
    start = lines.when[at] // DAY * DAY
    parts = Spans(lines.rows[at], group, start, start + days[at] * DAY, apart[1][at])
    found = spans(context, lines.name, parts)
    partner = overlap_of_other(*found[1:], np.zeros_like(found.start))
    hit = partner >= 0
    rows, others = found.rows[hit], found.rows[partner[hit]]
    ago = (found.start[hit] - found.start[partner[hit]]) // DAY
    named = zip(ago.tolist(), told(context, lines.name, others), strict=True)
    detail = [f"sau {number} ngày so với {text}" for number, text in named]
    return Hits(lines.name, rows, other_rows=others, detail=detail)
