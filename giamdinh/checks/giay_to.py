"""Checks of the papers XML7–XML14 against the claim they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.gia_tri import fields_read
from giamdinh.rules import texts
from giamdinh.rules.context import Hits, check
from giamdinh.rules.vectors import pairs_that
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import ClaimSet, Column

_DAY_DIGITS = 8


@check
def giay_khac_xml1(context: CheckContext) -> Iterable[Hits]:
    """Fields of a paper that XML1 also has, with another value.

    Lists agree when they share a part. A claim with several papers of one kind is left out: each
    newborn has its own.
    """
    for table, field, column in fields_read(context):
        known = context.claims[CLAIM_TABLE][field]
        parent = context.claims[table].parent
        rows = np.flatnonzero(_only_paper(context.claims, table) & ~column.missing)
        rows = rows[~known.missing[parent[rows]]]
        rows = rows[_differ(column, rows, known, parent[rows])]
        hidden = column.spec.personal
        right = ["" if hidden else known.text(claim) for claim in parent[rows].tolist()]
        yield Hits(table, rows, field, expected=right, detail=[field] * rows.size)


@check
def ngay_tai_kham_khac_giay_hen(context: CheckContext) -> Iterable[Hits]:
    """Return dates of XML1 without a paper, and papers with a day that XML1 does not name."""
    asked = context.claims[CLAIM_TABLE]["NGAY_TAI_KHAM"]
    papers = context.claims["XML14"]
    dated = papers["NGAY_HEN_KL"]
    without = np.diff(papers.offsets) == 0
    yield Hits(CLAIM_TABLE, np.flatnonzero(~asked.missing & without), "NGAY_TAI_KHAM")
    rows = np.flatnonzero(dated.valid & (papers.parent >= 0))
    rows = rows[~asked.missing[papers.parent[rows]]]
    wrong = pairs_that(
        dated.codes[rows],
        asked.codes[papers.parent[rows]],
        lambda paper, visit: dated.texts[paper][:_DAY_DIGITS] not in _days(asked.texts[visit]),
    )
    yield Hits("XML14", rows[wrong], "NGAY_HEN_KL")


def _only_paper(claims: ClaimSet, table: str) -> BoolArray:
    """Rows that are the only one of their claim in `table`."""
    parent = claims[table].parent
    alone = np.diff(claims[table].offsets) == 1
    if not alone.size:
        return np.zeros(parent.size, np.bool_)
    only: BoolArray = alone[parent] & (parent >= 0)
    return only


def _differ(paper: Column, rows: IntArray, known: Column, claims: IntArray) -> BoolArray:
    """Whether each row of the paper has another value than its claim; each pair is asked once."""
    if paper.spec.temporal and known.spec.temporal:
        both = paper.valid[rows] & known.valid[claims]
        return both & np.not_equal(paper.values[rows], known.values[claims])
    return pairs_that(
        paper.codes[rows],
        known.codes[claims],
        lambda a, b: _apart(paper.texts[a], known.texts[b]),
    )


def _apart(a: str, b: str) -> bool:
    """Whether two lists share no part."""
    if a == b:
        return not texts.split(a)
    return _parts(a).isdisjoint(_parts(b))


def _parts(text: str) -> frozenset[str]:
    return frozenset(texts.fold(part) for part in texts.split(text))


def _days(text: str) -> set[str]:
    return {part[:_DAY_DIGITS] for part in texts.split(text)}
