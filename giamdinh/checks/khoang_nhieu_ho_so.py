"""Lines of all claims as stretches of time: who or what was busy, from when to when."""

from __future__ import annotations

from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.kernels.chong_nhau import overlap_of_other
from giamdinh.rules.context import Hits
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import time_vi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import ClaimSet, Column, Table

_DAY_MINUTES = 1440


class Spans(NamedTuple):
    """Rows of one table by group and start; equal ones by facility, MA_LK and place in the claim.

    Attributes:
        rows: rows of the table; all parts have the same shape.
        group: what is busy: a person, a machine, a bed.
        start, end: minutes.
        kind: what may share the group's time with itself, such as the patient.
    """

    rows: IntArray
    group: IntArray
    start: IntArray
    end: IntArray
    kind: IntArray

    def take(self, wanted: BoolArray) -> Spans:
        """Only the elements where `wanted`, shape (n,), is true."""
        return Spans(*(values[wanted] for values in self))


def spans(context: CheckContext, table: str, parts: Spans) -> Spans:
    """The same elements in order, without those of a negative group."""
    known = parts.take(parts.group >= 0)
    keys = (*claim_order(context, table, known.rows), known.start, known.group)
    order = np.lexsort(keys)
    return Spans(*(values[order] for values in known))


def claim_order(context: CheckContext, table: str, rows: IntArray) -> list[IntArray]:
    """Sort keys of rows, last one first, that no order of the files changes."""
    own = context.claims[table]
    parent = own.parent[rows]
    ranks = [_ranks(context, name)[parent] for name in ("MA_LK", "MA_CSKCB")]
    return [own.number[rows], *ranks]


def _ranks(context: CheckContext, name: str) -> IntArray:
    """The place of each claim's text among all texts in order."""
    column = context.claims[CLAIM_TABLE][name]
    return context.batch.once(("ranks", name), lambda: _ranked(column))


def _ranked(column: Column) -> IntArray:
    order = sorted(range(len(column.texts)), key=column.texts.__getitem__)
    ranks = np.zeros(len(order) + 1, np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    found: IntArray = ranks[column.codes]
    return found


def busy(table: Table, *, longest: int = _DAY_MINUTES) -> BoolArray:
    """Lines with a beginning and an end in order, and not longer apart than is believable."""
    start, end = table["NGAY_TH_YL"], table["NGAY_KQ"]
    length = end.values - start.values
    owned = table.parent >= 0
    found: BoolArray = owned & start.valid & end.valid & (length > 0) & (length <= longest)
    return found


def patients(context: CheckContext, table: str, who: IntArray) -> IntArray:
    """A number per row of `table` for its patient; a claim of nobody known is a patient of its own.

    Args:
        context: the rule and its claims.
        table: the rows.
        who: the person of each claim, -1 for unknown.
    """
    alone = int(who.max(initial=-1)) + 1 + np.arange(who.size)
    of_claim = np.append(np.where(who >= 0, who, alone), -1)
    found: IntArray = of_claim[context.claims[table].parent]
    return found


def facilities(context: CheckContext, table: str, rows: IntArray) -> IntArray:
    """A number for the facility of rows, -1 where none is written."""
    codes = context.claims[CLAIM_TABLE]["MA_CSKCB"].codes
    return np.append(codes, -1)[context.claims[table].parent[rows]].astype(np.int64)


def begins(*parts: IntArray) -> BoolArray:
    """For sorted parts, shape (n,) each: which elements differ from the one before."""
    new = np.ones(parts[0].size, np.bool_)
    new[1:] = np.logical_or.reduce([part[1:] != part[:-1] for part in parts])
    return new


def keyed(*parts: IntArray) -> IntArray:
    """A number for each combination of numbers, -1 where one of them is negative."""
    known = np.logical_and.reduce([part >= 0 for part in parts])
    key = np.zeros(parts[0].size, np.int64)
    for part in parts:
        key = numbered(key * (int(part.max(initial=0)) + 1) + np.maximum(part, 0))[1]
    return np.where(known, key, -1)


def clashes(context: CheckContext, table: str, found: Spans, slack: str) -> IntArray:
    """For each element the earlier one of its group and another kind, by the named tolerance."""
    minutes = context.number(slack, table)[found.rows]
    return overlap_of_other(*found[1:], minutes)


def other_partner(found: Spans, partner: IntArray, fits: Callable[[int, int], bool]) -> IntArray:
    """For each element with a partner an earlier one of its group and another kind that fits.

    The partner itself where that fits, else the latest; -1 for none.
    """
    out = partner.copy()
    for i in np.flatnonzero(partner >= 0).tolist():
        near = takewhile(
            lambda j, i=i: (  # type: ignore[misc]
                found.group[j] == found.group[i] and found.start[i] - found.start[j] <= _DAY_MINUTES
            ),
            range(i - 1, -1, -1),
        )
        tried = (j for j in chain([int(partner[i])], near) if found.kind[j] != found.kind[i])
        out[i] = next((j for j in tried if fits(i, j)), -1)
    return out


def pairs(context: CheckContext, table: str, rows: IntArray, others: IntArray) -> Hits:
    """Rows, each with the row of another claim that it clashes with."""
    return Hits(table, rows, other_rows=others, detail=told(context, table, others))


def from_store(claims: ClaimSet, claim: int) -> str:
    """That a claim is not one of the run, and where it was read; "" for one of the run."""
    return f" [trong kho, tệp {claims.files[claim]}]" if claims.seq[claim] < 0 else ""


def told(context: CheckContext, table: str, rows: IntArray) -> Sequence[str]:
    """Rows as people name them: number, claim, facility and times."""
    own, claims = context.claims[table], context.claims[CLAIM_TABLE]
    out = []
    for row in rows.tolist():
        claim = int(own.parent[row])
        stt = own.number[row]
        if "STT" in own.columns and own["STT"].valid[row]:
            stt = own["STT"].values[row]
        times = [
            time_vi(int(own[name].values[row]))
            for name in ("NGAY_TH_YL", "NGAY_KQ")
            if name in own.columns and own[name].valid[row]
        ]
        when = f" ({' – '.join(times)})" if times else ""
        when += from_store(context.claims, claim)
        where = f"{claims['MA_LK'].text(claim)} của cơ sở {claims['MA_CSKCB'].text(claim)}"
        out.append(f"dòng {stt} của hồ sơ {where}{when}")
    return out
