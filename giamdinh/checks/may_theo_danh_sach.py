"""Machine codes that a service must have, and machines that a service is not done on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import by_text
from giamdinh.checks.danh_muc_chung import compact, sent_away
from giamdinh.checks.tham_chieu import codes_in, listed_lines
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Found
    from giamdinh.model import BoolArray
    from giamdinh.rules.context import CheckContext

_TABLE, _MACHINE = "XML3", "MA_MAY"


@check
def thieu_ma_may(context: CheckContext) -> Iterable[Hits]:
    """Services of the list, done here, without a machine code."""
    without = context.claims[_TABLE][_MACHINE].missing & _done_here(context)
    lines = listed_lines(context, "MA_DICH_VU", without)
    yield Hits(_TABLE, lines.rows[lines.in_force])


@check
def loai_may_khong_hop_dich_vu(context: CheckContext) -> Iterable[Hits]:
    """Well-formed machine codes that begin with none of the groups the list has for the service."""
    form = pattern("MA_MAY")
    column = context.claims[_TABLE][_MACHINE]
    there = by_text(column, lambda text: bool(split(text))) & _done_here(context)
    lines = listed_lines(context, "PREFIX_DVKT", there)

    def judge(found: Found, row: int) -> tuple[str, str]:
        starts = {p for i in found for p in codes_in(lines.listed.text("MA_MAY_PREFIX", i))}
        machines = filter(form.fullmatch, map(compact, split(column.text(row))))
        wrong = [machine for machine in machines if not _fits(machine, starts)]
        return ", ".join(wrong) if starts else "", ", ".join(sorted(starts))

    answers, group = lines.ask([_MACHINE], judge)
    wrong = np.array([bool(text) for text, _ in answers], np.bool_)[group]
    told = [answers[i] for i in group[wrong].tolist()]
    yield Hits(
        _TABLE,
        lines.rows[lines.in_force[wrong]],
        expected=[starts for _, starts in told],
        detail=[text for text, _ in told],
    )


def _fits(machine: str, starts: Iterable[str]) -> bool:
    """Whether a machine code begins with one of some groups, whole parts only."""
    return any(machine == s or machine.startswith(s if s[-1] == "." else s + ".") for s in starts)


def _done_here(context: CheckContext) -> BoolArray:
    return ~sent_away(context.claims[_TABLE]["MA_DICH_VU"])
