"""Beds, exam tables and machines that several patients used at once, over all claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.checks.chung import by_text, in_set, paid, share
from giamdinh.checks.khoang_nhieu_ho_so import (
    Spans,
    clashes,
    facilities,
    keyed,
    pairs,
    patients,
    spans,
    told,
)
from giamdinh.checks.nguoi_benh import persons
from giamdinh.kernels.chong_nhau import overlap_of_other
from giamdinh.rules.context import Hits, check
from giamdinh.tables.codelists import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"
_WHOLE = 100
_THREE = 3


class Used(NamedTuple):
    """Bed lines with the use of one bed by one claim without a break that they belong to.

    Attributes:
        rows, start, end: the lines, by bed and use.
        use: shape (lines,), index into `uses`.
        uses: each use as one stretch of time; its row is its first line.
        shared: shape (uses,), whether any line of it says that the bed was shared.
        other: shape (uses,), another use of the bed that goes on at the same time, -1 for none.
        later: shape (uses,), whether that one began first.
    """

    rows: IntArray
    start: IntArray
    end: IntArray
    use: IntArray
    uses: Spans
    shared: BoolArray
    other: IntArray
    later: BoolArray


@check
def nam_ghep_sai_ty_le(context: CheckContext) -> Iterable[Hits]:
    """Lines of a bed that somebody shared which ask for more than the share of the price."""
    used, lines = _used(context), context.claims[LINES]
    uses, other = used.uses, used.other[used.use]
    concerned = _most_of(used, other) & (used.shared[used.use] | used.shared[other])
    ratio = lines["TYLE_TT_DV"]
    two, three = (context.number(f"TY_LE_NAM_GHEP_{n}", LINES) for n in ("HAI", "BA"))
    right = np.where(_people(used) >= _THREE, three[used.rows], two[used.rows])
    asked = ratio.values[used.rows]
    wrong = concerned & ratio.valid[used.rows] & (asked > right)
    wrong &= paid(context.claims, LINES)[used.rows]
    rows, others = used.rows[wrong], uses.rows[other[wrong]]
    money = share(lines["T_BHTT"].values[rows], (asked - right)[wrong], asked[wrong])
    yield Hits(
        LINES,
        rows,
        expected=[str(value) for value in right[wrong].tolist()],
        amount=money,
        other_rows=others,
        detail=told(context, LINES, others),
    )


@check
def giuong_trung_nguoi_benh(context: CheckContext) -> Iterable[Hits]:
    """Full-price lines of a bed that another patient, also at full price, already lay in."""
    used = _used(context)
    other = used.other[used.use]
    wrong = _most_of(used, other) & used.later[used.use]
    wrong &= ~used.shared[used.use] & ~used.shared[other]
    wrong &= paid(context.claims, LINES)[used.rows]
    yield pairs(context, LINES, used.rows[wrong], used.uses.rows[other[wrong]])


def _used(context: CheckContext) -> Used:
    return context.batch.once(("beds", context.rule.by), lambda: _uses(context))


def _uses(context: CheckContext) -> Used:
    lines = context.claims[LINES]
    rows, bed = _bed_lines(context)
    start, end = lines["NGAY_YL"].values[rows], lines["NGAY_KQ"].values[rows]
    claim = lines.parent[rows]
    new = np.ones(rows.size, np.bool_)
    new[1:] = (bed[1:] != bed[:-1]) | (claim[1:] != claim[:-1]) | (start[1:] > end[:-1])
    first = np.flatnonzero(new)
    last = np.maximum.reduceat(end, first) if first.size else end
    who = patients(context, LINES, persons(context))[rows[first]]
    uses = spans(context, LINES, Spans(rows[first], bed[first], start[first], last, who))
    sorter = np.argsort(uses.rows)
    place = sorter[np.searchsorted(uses.rows[sorter], rows[first])]
    use = place[np.cumsum(new) - 1]
    shared = np.zeros(first.size, np.bool_)
    ratio = lines["TYLE_TT_DV"]
    np.logical_or.at(shared, use, ratio.valid[rows] & (ratio.values[rows] < _WHOLE))
    before = clashes(context, LINES, uses, "PHUT_GIAO_NHAU_GIUONG")
    behind = np.full(first.size, -1, np.int64)
    hit = np.flatnonzero(before >= 0)[::-1]
    behind[before[hit]] = hit
    other = np.where(before >= 0, before, behind)
    return Used(rows, start, end, use, uses, shared, other, before >= 0)


def _bed_lines(context: CheckContext) -> tuple[IntArray, IntArray]:
    """Lines of one numbered bed from a beginning to an end, by bed, claim and beginning."""
    lines = context.claims[LINES]
    since, until, code = lines["NGAY_YL"], lines["NGAY_KQ"], lines["MA_GIUONG"]
    shape = pattern("MA_GIUONG")
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_GIUONG") & (lines.parent >= 0)
    wanted &= since.valid & until.valid & (until.values > since.values)
    wanted &= by_text(code, lambda text: bool(shape.fullmatch(text)))
    wanted &= in_set(context, LINES, "MA_GIUONG", "DAU_GIUONG_CO_SO", _first_letter)
    rows = np.flatnonzero(wanted)
    ward = lines["MA_KHOA"].codes[rows].astype(np.int64)
    bed = keyed(facilities(context, LINES, rows), ward, code.codes[rows].astype(np.int64))
    rows, bed = rows[bed >= 0], bed[bed >= 0]
    order = np.lexsort((since.values[rows], lines.parent[rows], bed))
    return rows[order], bed[order]


def _first_letter(text: str) -> str:
    return text[:1]


def _most_of(used: Used, other: IntArray) -> BoolArray:
    """Lines more than half of whose time somebody else had the bed too."""
    uses = used.uses
    both = np.minimum(used.end, uses.end[other]) - np.maximum(used.start, uses.start[other])
    found: BoolArray = (other >= 0) & (2 * both > used.end - used.start)
    return found


def _people(used: Used) -> IntArray:
    """How many uses of its bed go on in the middle of each line."""
    uses = used.uses
    width = int(uses.end.max(initial=0)) + 1
    group = uses.group[used.use]
    middle = group * width + (used.start + used.end) // 2
    began = np.searchsorted(uses.group * width + uses.start, middle, side="right")
    ended = np.searchsorted(np.sort(uses.group * width + uses.end), middle, side="right")
    count: IntArray = began - ended
    return count


@check
def mot_may_hai_nguoi_benh(context: CheckContext) -> Iterable[Hits]:
    """Images that a machine begins before it can have finished with the patient before."""
    lines = context.claims[LINES]
    machine = lines["MA_MAY"]
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_CDHA") & lines["NGAY_TH_YL"].valid
    wanted &= by_text(machine, lambda text: ";" not in text) & (lines.parent >= 0)
    rows = np.flatnonzero(wanted)
    group = keyed(facilities(context, LINES, rows), machine.codes[rows].astype(np.int64))
    start = lines["NGAY_TH_YL"].values[rows]
    end = start + context.number("PHUT_CDHA_TOI_THIEU", LINES)[rows]
    who = patients(context, LINES, persons(context))[rows]
    found = spans(context, LINES, Spans(rows, group, start, end, who))
    partner = overlap_of_other(*found[1:], np.zeros_like(found.start))
    hit = (partner >= 0) & paid(context.claims, LINES)[found.rows]
    yield pairs(context, LINES, found.rows[hit], found.rows[partner[hit]])
