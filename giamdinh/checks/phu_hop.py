"""Lines that a reference list does not allow for the patient, the disease or the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set
from giamdinh.checks.dieu_kien import EXCLUDED, Conditions, condition_columns
from giamdinh.checks.tham_chieu import PLACE_OF, by_rows, listed_lines, needed_columns
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.checks.danh_muc_chung import Lines
    from giamdinh.model import BoolArray
    from giamdinh.rules.context import CheckContext

_GROUP = "MA_NHOM"


@check
def khong_phu_hop(context: CheckContext) -> Iterable[Hits]:
    """Drugs and services, other than exams, that break what the card's columns of a list ask."""
    key, columns = needed_columns(context)
    exams = in_set(context, PLACE_OF[key][0], _GROUP, "NHOM_KHAM")
    yield _refused(context, listed_lines(context, key, ~exams), columns)


@check
def kham_khong_phu_hop(context: CheckContext) -> Iterable[Hits]:
    """Exams that break what a list asks of their specialty."""
    key, columns = needed_columns(context)
    exams = in_set(context, PLACE_OF[key][0], _GROUP, "NHOM_KHAM")
    yield _refused(context, listed_lines(context, key, exams), columns)


@check
def khong_dat_dieu_kien(context: CheckContext) -> Iterable[Hits]:
    """Lines that meet none of the ways in which their code is paid."""
    key, columns = needed_columns(context)
    yield _refused(context, listed_lines(context, key), columns)


def _refused(context: CheckContext, lines: Lines, columns: Sequence[str]) -> Hits:
    """Lines that every row of their code refuses, or one row when a disease excludes them."""
    conditions = Conditions(context, lines)
    names = columns or condition_columns(lines.listed.kind)
    together = np.any if columns == (EXCLUDED,) else np.all
    found, details = [], []
    for rows, at in by_rows(lines):
        broken: list[BoolArray] = [conditions.all_of(names, row, at).broken for row in rows]
        hits = at[together(broken, axis=0)]
        found += hits.tolist()
        first = rows[:1] if together is np.all else rows
        said = dict.fromkeys(conditions.describe(names, row) for row in first)
        details += [_text(lines, rows, "; ".join(said))] * hits.size
    order = sorted(range(len(found)), key=found.__getitem__)
    return Hits(
        lines.name,
        lines.rows[np.array([found[i] for i in order], np.int64)],
        detail=[details[i] for i in order],
    )


def _text(lines: Lines, rows: Sequence[int], said: str) -> str:
    """What is asked, in the list's own words where it has any, and where that stands."""
    listed = lines.listed
    words = listed.text("DIEU_KIEN", rows[0]) or said
    source = listed.text("NGUON", rows[0])
    more = f" hoặc {len(rows) - 1} điều kiện khác" if len(rows) > 1 and not said.count(";") else ""
    return f"{words}{more}" + (f" ({source})" if source else "")
