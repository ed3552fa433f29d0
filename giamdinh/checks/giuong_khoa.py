"""Bed prices beside the departments of the facility: whose bed a price code belongs to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, Coded
from giamdinh.catalogues.surgery import UNKNOWN, surgery_class
from giamdinh.checks.chung import claim_flag, home, in_set, paid
from giamdinh.checks.danh_muc_chung import approved_lines, compact, order_dates
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold, split
from giamdinh.rules.vectors import by_pair
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.catalogues import DatedTable
    from giamdinh.rules.context import CheckContext

_LINES = "XML3"
_NUMBERS = re.compile(r"K([0-9]+)")
_SURGICAL = re.compile(r".*ngoại khoa.*loại ([1-4])(?![0-9]).*")
_CLASSES = "giuong_ngoai_khoa"
_LOWEST = 9


@check
def ma_gia_giuong_khac_khoa(context: CheckContext) -> Iterable[Hits]:
    """Paid bed lines whose price code is of a department that the facility, or the line, has not.

    A joint department counts as all its parts; beds of emergency departments are another rule's.
    """
    lines = context.claims[_LINES]
    code, ward = lines["MA_DICH_VU"], lines["MA_KHOA"]
    shape = pattern("MA_DICH_VU_GIUONG")
    priced = [compact(text) for text in code.texts]
    own = [text[:3] if shape.fullmatch(text) else "" for text in priced]
    wanted = in_set(context, _LINES, "MA_NHOM", "NHOM_GIUONG") & paid(context.claims, _LINES)
    wanted &= np.array([*map(bool, own), False], np.bool_)[code.codes] & (lines.parent >= 0)
    staying = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU_GIUONG")
    rows = np.flatnonzero(wanted & claim_flag(context.claims, _LINES, staying))
    when, known = order_dates(context, _LINES)
    index = context.catalogues.tables["khoa"].index("MA_KHOA", _departments)
    states = index.states(home(context, _LINES, rows), Coded(code.codes[rows], own), when[rows])
    missing = ((states == ABSENT) | (states == CLOSED)) & known[rows]
    emergency = in_set(context, _LINES, "MA_KHOA", "KHOA_CAP_CUU", _first)[rows]
    found = {int(row): f"cơ sở không có khoa {own[code.codes[row]]}" for row in rows[missing]}
    for other, members in by_pair(
        code.codes[rows], ward.codes[rows], lambda c, w: _other_ward(own[c], ward.texts, w)
    ):
        if other:
            there = members[~missing[members] & ~emergency[members]]
            found.update((int(rows[i]), other) for i in there.tolist())
    hits = sorted(found)
    yield Hits(_LINES, np.array(hits, np.int64), detail=[found[row] for row in hits])


@check
def giuong_cao_hon_loai_phau_thuat(context: CheckContext) -> Iterable[Hits]:
    """Surgical beds of a higher kind than any operation of the claim gives.

    The class of every operation must be known from the facility's list.
    """
    approved = approved_lines(context, "dich_vu")
    lines = context.claims[_LINES]
    classes = [approved.listed.remembered(_class_of, period.rows) for period in approved.periods]
    of_line = np.full(len(lines), UNKNOWN, np.int64)
    here = approved.in_force
    of_line[approved.rows[here]] = np.array([*classes, UNKNOWN], np.int64)[approved.which[here]]
    operations = np.flatnonzero(in_set(context, _LINES, "MA_NHOM", "NHOM_PT") & (lines.parent >= 0))
    best = np.full(len(context.claims), _LOWEST, np.int64)
    np.minimum.at(best, lines.parent[operations], of_line[operations])
    allowed = context.code_list(_CLASSES)
    names = [_SURGICAL.fullmatch(fold(text)) for text in lines["TEN_DICH_VU"].texts]
    kinds = [match.group(1) if match else "" for match in names]
    needed = allowed.attribute("phan_loai", len(allowed.epochs) - 1)
    least = np.array([*(int(needed.get(kind, _LOWEST)) for kind in kinds), _LOWEST], np.int64)
    beds = in_set(context, _LINES, "MA_NHOM", "NHOM_GIUONG_NOI_TRU") & paid(context.claims, _LINES)
    rows = np.flatnonzero(beds & (lines.parent >= 0))
    done = best[lines.parent[rows]]
    over = (done != UNKNOWN) & (done < _LOWEST) & (done > least[lines["TEN_DICH_VU"].codes[rows]])
    rows, done = rows[over], done[over]
    yield Hits(_LINES, rows, detail=[str(kind) for kind in done.tolist()])


def _class_of(listed: DatedTable, rows: tuple[int, ...]) -> int:
    """The highest class of operation in some rows, 0 the special one; -1 when any has none."""
    found = [surgery_class(listed.text("PHAN_LOAI_PTTT", row)) for row in rows]
    return min(found, default=UNKNOWN)


def _other_ward(own: str, texts: list[str], ward: int) -> str:
    """Says that a line's department, a code into `texts`, is not the price's."""
    parts = _departments(texts[ward]) if ward >= 0 else []
    return f"dòng ghi khoa {texts[ward]}" if parts and own not in parts else ""


def _departments(text: str) -> list[str]:
    """The plain departments in a cell, joint ones taken apart: `K0809` → K08, K09."""
    found = [_NUMBERS.match(compact(part)) for part in split(text)]
    digits = [match.group(1) for match in found if match]
    return list(
        dict.fromkeys(f"K{run[i : i + 2]}" for run in digits for i in range(0, len(run), 2))
    )


def _first(text: str) -> str:
    """The first department of a code."""
    return text.strip()[:3]
