"""Beds, exam tables and machines that several patients used at once, over all claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import among
from giamdinh.checks.chung import by_text, in_set, paid, share
from giamdinh.checks.khoang_nhieu_ho_so import (
    Spans,
    begins,
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
        slack: shape (uses,), minutes that a use may begin before another one ends.
        later: shape (uses,), whether another patient had not left the bed in time for it.
    """

    rows: IntArray
    start: IntArray
    end: IntArray
    use: IntArray
    uses: Spans
    shared: BoolArray
    slack: IntArray
    later: BoolArray


@check
def nam_ghep_sai_ty_le(context: CheckContext) -> Iterable[Hits]:
    """Lines of a bed that somebody shared which ask for more than the share of the price."""
    used, lines = _used(context), context.claims[LINES]
    ratio, uses = lines["TYLE_TT_DV"], used.uses
    two, three = (context.number(f"TY_LE_NAM_GHEP_{n}", LINES)[used.rows] for n in ("HAI", "BA"))
    asked = ratio.values[used.rows]
    wanted = ratio.valid[used.rows] & (asked > np.minimum(two, three))
    wanted &= paid(context.claims, LINES)[used.rows]
    wanted &= among(uses.group, uses.group[used.shared])[used.use]
    found, others, right = [], [], []
    for line in np.flatnonzero(wanted).tolist():
        other = _other(used, line, used.shared | used.shared[used.use[line]])
        most = (three if _people(used, line) >= _THREE else two)[line]
        if other >= 0 and asked[line] > most:
            found.append(line)
            others.append(other)
            right.append(int(most))
    rows, beside = used.rows[found], uses.rows[others]
    over = asked[found] - np.array(right, np.int64)
    yield Hits(
        LINES,
        rows,
        expected=[str(value) for value in right],
        amount=share(lines["T_BHTT"].values[rows], over, asked[found]),
        other_rows=beside,
        detail=told(context, LINES, beside),
    )


@check
def giuong_trung_nguoi_benh(context: CheckContext) -> Iterable[Hits]:
    """Full-price lines of a bed that another patient, also at full price, already lay in."""
    used = _used(context)
    wanted = used.later[used.use] & ~used.shared[used.use]
    wanted &= paid(context.claims, LINES)[used.rows]
    places = np.arange(used.shared.size)
    asked = np.flatnonzero(wanted)
    others = np.array(
        [_other(used, i, ~used.shared & (places < used.use[i])) for i in asked.tolist()], np.int64
    )
    there = others >= 0
    yield pairs(context, LINES, used.rows[asked[there]], used.uses.rows[others[there]])


def _used(context: CheckContext) -> Used:
    return context.batch.once(("beds", context.rule.by), lambda: _uses(context))


def _uses(context: CheckContext) -> Used:
    lines = context.claims[LINES]
    rows, bed = _bed_lines(context)
    start, end = lines["NGAY_YL"].values[rows], lines["NGAY_KQ"].values[rows]
    claim = lines.parent[rows]
    first = np.flatnonzero(_after_break(bed, claim, start, end))
    new = np.isin(np.arange(rows.size), first)
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
    slack = context.number("PHUT_GIAO_NHAU_GIUONG", LINES)[uses.rows]
    return Used(rows, start, end, use, uses, shared, slack, before >= 0)


def _after_break(bed: IntArray, claim: IntArray, start: IntArray, end: IntArray) -> BoolArray:
    """Which lines begin a use: none before it of the bed and claim goes on until then."""
    new = begins(bed, claim)
    low = int(start.min(initial=0))
    block = np.cumsum(new) * (int(end.max(initial=0)) - low + 1)
    longest = np.maximum.accumulate(block + end - low)
    new[1:] |= (block + start - low)[1:] > longest[:-1]
    return new


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


def _other(used: Used, line: int, wanted: BoolArray) -> int:
    """The first wanted use of its bed by another patient for more than half of a line; -1."""
    uses, own = used.uses, int(used.use[line])
    bed = uses.group[own]
    first, last = np.searchsorted(uses.group, [bed, bed + 1]).tolist()
    here = np.arange(first, last)
    before, after = np.minimum(here, own), np.maximum(here, own)
    start, end = int(used.start[line]), int(used.end[line])
    both = np.minimum(end, uses.end[here]) - np.maximum(start, uses.start[here])
    fits = wanted[here] & (uses.kind[here] != uses.kind[own]) & (2 * both > end - start)
    fits &= uses.end[before] - uses.start[after] > used.slack[after]
    return first + int(np.argmax(fits)) if fits.any() else -1


def _people(used: Used, line: int) -> int:
    """How many patients have the bed in the middle of a line."""
    uses, middle = used.uses, (used.start[line] + used.end[line]) // 2
    bed = uses.group[used.use[line]]
    first, last = np.searchsorted(uses.group, [bed, bed + 1])
    there = (uses.start[first:last] <= middle) & (middle < uses.end[first:last])
    return len(set(uses.kind[first:last][there].tolist()))


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
