"""Services, exams and beds of XML3 against the facility's approved list 05/DM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, IN_FORCE
from giamdinh.catalogues.cells import facility_text, plain
from giamdinh.checks.chung import by_text, numbers
from giamdinh.checks.danh_muc_chung import (
    PRICE_SCALE,
    approved_lines,
    beside,
    closed,
    dearer,
    differing,
    listed_services,
    prices,
    service_keys,
)
from giamdinh.checks.danh_muc_so_sanh import cells, either
from giamdinh.rules.context import Hits, check
from giamdinh.tables.codelists import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Found, Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _KIND = "XML3", "dich_vu"
_APPROVED = ("GIA_THANH_TOAN", "DON_GIA")
_FACILITIES = re.compile(r"[;,\s]+")


@check
def dich_vu_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Service codes that the facility's list never had."""
    if lines := approved_lines(context, _KIND):
        yield Hits(_TABLE, lines.rows[lines.at(ABSENT) & ~_held(context, lines)])


@check
def dich_vu_ngoai_thoi_gian(context: CheckContext) -> Iterable[Hits]:
    """Services of the list without a row in force on the order date."""
    if lines := approved_lines(context, _KIND):
        yield closed(lines, ~_held(context, lines))


@check
def dich_vu_bi_tu_choi_hoac_tam_dung(context: CheckContext) -> Iterable[Hits]:
    """Services whose only rows on the order date are refused, pending or suspended."""
    if lines := approved_lines(context, _KIND):
        unapproved = lines.at(ABSENT) | (lines.at(CLOSED) & lines.known)
        yield Hits(_TABLE, lines.rows[unapproved & _held(context, lines)])


@check
def gia_dich_vu_vuot_phe_duyet(context: CheckContext) -> Iterable[Hits]:
    """Service prices above every row in force; tests sent elsewhere have that place's price."""
    lines = approved_lines(context, _KIND)
    if lines is None:
        return
    (allowed, group), over, _ = _compared(context, lines)
    yield dearer(lines, lines.table["DON_GIA_BH"], (allowed, group), over)


@check
def gia_dich_vu_theo_quyet_dinh_cu(context: CheckContext) -> Iterable[Hits]:
    """Prices that only a closed row has, below the highest one in force."""
    lines = approved_lines(context, _KIND)
    if lines is None:
        return
    (allowed, group), over, known = _compared(context, lines)
    here, price = lines.in_force, lines.table["DON_GIA_BH"]
    listed = lines.listed.remembered(prices, _APPROVED)
    slack = _slack(context)
    # Nearly every line has a price in force; only the others are looked at one by one.
    right_now, owner = lines.ask(
        ["DON_GIA_BH"], lambda found, row: any(listed[r] == price.values[row] for r in found)
    )
    other = ~np.array(right_now, np.bool_)[owner]
    hits, details, right = [], [], []
    for i in np.flatnonzero(known & ~over & other).tolist():
        at, row = here[i], lines.rows[here[i]]
        asked, room, when = int(price.values[row]), int(slack[row]), int(lines.when[at])
        current = lines.periods[lines.which[at]].rows
        if any(abs(asked - listed[r]) <= room for r in current):
            continue
        facility = lines.facility.texts[lines.facility.codes[at]]
        rows = lines.index.rows(facility, lines.key.texts[lines.key.codes[at]])
        before = [r for r in rows if lines.listed.end[r] < when and listed[r] > 0]
        if any(abs(asked - listed[r]) <= room for r in before):
            hits.append(int(row))
            details.append(lines.last_closed(int(at)))
            right.append(allowed[group[i]])
    expected = numbers(np.array(right, np.int64), PRICE_SCALE)
    yield Hits(_TABLE, np.array(hits, np.int64), expected=expected, detail=details)


@check
def ten_dich_vu_khong_khop(context: CheckContext) -> Iterable[Hits]:
    """Service names that no row in force has, approved or in the price list."""
    lines = approved_lines(context, _KIND)
    if lines is None:
        return

    def judge(found: Found, row: int) -> str:
        mine = plain(lines.table["TEN_DICH_VU"].text(row))
        texts = cells(lines.listed, "TEN_DICH_VU", found)
        names = {*map(plain, texts), *map(plain, cells(lines.listed, "TEN_DVKT_GIA", found))}
        return either(texts) if mine and all(texts) and mine not in names else ""

    yield differing(lines, ["TEN_DICH_VU"], judge)


@check
def dich_vu_gui_noi_chua_phe_duyet(context: CheckContext) -> Iterable[Hits]:
    """Services sent to a facility that the rows in force do not name."""
    lines = approved_lines(context, _KIND)
    if lines is None:
        return
    sent = re.compile(pattern("DICH_VU_GUI_CO_SO_KHAC").pattern)

    def judge(found: Found, row: int) -> str:
        match = sent.fullmatch(lines.table["MA_DICH_VU"].text(row).upper())
        names = ("CSKCB_CLS", "CSKCB_CGKT")
        named = [_facilities(text) for n in names for text in cells(lines.listed, n, found)]
        allowed = {place for places in named for place in places}
        return ";".join(sorted(allowed)) if match and match.group(1) not in allowed else ""

    yield differing(lines, ["MA_DICH_VU"], judge)


@check
def dich_vu_sai_nhom_chi_phi(context: CheckContext) -> Iterable[Hits]:
    """Cost groups that no row in force has; silent where a row has none or an old one."""
    lines = approved_lines(context, _KIND)
    if lines is None:
        return
    known = {row.code for row in context.code_list("ma_nhom").rows}

    def judge(found: Found, row: int) -> str:
        mine = lines.table["MA_NHOM"].text(row)
        groups = [text.strip().lstrip("0") for text in cells(lines.listed, "MA_NHOM", found)]
        fits = not mine or mine.lstrip("0") in groups or not known.issuperset(groups)
        return "" if fits else either(groups)

    yield differing(lines, ["MA_NHOM"], judge)


def _held(context: CheckContext, lines: Lines) -> BoolArray:
    """Lines whose service has a row on the order date that the gateway did not accept."""
    held = context.catalogues.held.get(_KIND)
    if held is None:
        return np.zeros(lines.rows.size, np.bool_)
    index = held.index("MA_DICH_VU", listed_services)
    return beside(context, (_TABLE, "MA_DICH_VU"), index, lines.rows, service_keys).at(IN_FORCE)


def _compared(
    context: CheckContext, lines: Lines
) -> tuple[tuple[list[int], IntArray], BoolArray, BoolArray]:
    """The highest price of each line in force, where the line is above it, where both are known."""
    answers, group = lines.ask([], lambda found, _: _highest(lines, found))
    here = lines.rows[lines.in_force]
    price = lines.table["DON_GIA_BH"]
    right = np.array([*answers, 0], np.int64)[group]
    away = by_text(lines.table["MA_DICH_VU"], _sent)[here]
    known = price.valid[here] & (price.values[here] > 0) & (right > 0) & ~away
    over = known & (price.values[here] > right + _slack(context)[here])
    return (answers, group), over, known


def _highest(lines: Lines, found: Found) -> int:
    known = lines.listed.remembered(prices, _APPROVED)
    rows = [known[i] for i in found]
    return max(rows) if all(rows) else 0


def _slack(context: CheckContext) -> IntArray:
    """The tolerance of a price in thousandths, of each row."""
    times = 10 ** (PRICE_SCALE - context.number_scale("SAI_SO_GIA"))
    slack: IntArray = context.number("SAI_SO_GIA", _TABLE) * times
    return slack


def _sent(code: str) -> bool:
    return pattern("DICH_VU_GUI_CO_SO_KHAC").fullmatch(code.upper()) is not None


def _facilities(text: str) -> list[str]:
    return [facility_text(part) for part in _FACILITIES.split(text) if part]
