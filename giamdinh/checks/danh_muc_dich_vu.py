"""Services, exams and beds of XML3 against the facility's approved list 05/DM."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, IN_FORCE
from giamdinh.catalogues.cells import facility_texts, plain
from giamdinh.checks.chung import numbers
from giamdinh.checks.danh_muc_chung import (
    PRICE_SCALE,
    approved_lines,
    beside,
    closed,
    differing,
    listed_services,
    prices,
    sent_away,
    sent_to,
    service_keys,
)
from giamdinh.checks.danh_muc_so_sanh import cells, dearer, either, highest_price, price_slack
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Found, Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _KIND = "XML3", "dich_vu"
_APPROVED = ("GIA_THANH_TOAN", "DON_GIA")


@check
def dich_vu_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Service codes that the facility's list never had."""
    lines = approved_lines(context, _KIND)
    yield Hits(_TABLE, lines.rows[lines.at(ABSENT) & ~_held(context, lines)])


@check
def dich_vu_ngoai_thoi_gian(context: CheckContext) -> Iterable[Hits]:
    """Services of the list without a row in force on the order date."""
    lines = approved_lines(context, _KIND)
    yield closed(lines, ~_held(context, lines))


@check
def dich_vu_bi_tu_choi_hoac_tam_dung(context: CheckContext) -> Iterable[Hits]:
    """Services whose only rows on the order date are refused, pending or suspended."""
    lines = approved_lines(context, _KIND)
    unapproved = lines.at(ABSENT) | (lines.at(CLOSED) & lines.known)
    yield Hits(_TABLE, lines.rows[unapproved & _held(context, lines)])


@check
def gia_dich_vu_vuot_phe_duyet(context: CheckContext) -> Iterable[Hits]:
    """Service prices above every row in force; tests sent elsewhere have that place's price."""
    lines = approved_lines(context, _KIND)
    compared = _prices(context, lines)
    yield dearer(lines, lines.table["DON_GIA_BH"], compared.allowed, compared.over)


@check
def gia_dich_vu_theo_quyet_dinh_cu(context: CheckContext) -> Iterable[Hits]:
    """Prices that only a closed row has, below the highest one in force."""
    lines = approved_lines(context, _KIND)
    allowed, over, known = _prices(context, lines)
    here, price = lines.in_force, lines.table["DON_GIA_BH"]
    listed = lines.listed.remembered(prices, _APPROVED)
    slack = price_slack(context, _TABLE)
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
        start, end = lines.listed.start, lines.listed.end
        before = [r for r in rows if start[r] <= end[r] < when and listed[r] > 0]
        if any(abs(asked - listed[r]) <= room for r in before):
            hits.append(int(row))
            details.append(lines.last_closed(int(at)))
            right.append(int(allowed[i]))
    expected = numbers(np.array(right, np.int64), PRICE_SCALE)
    yield Hits(_TABLE, np.array(hits, np.int64), expected=expected, detail=details)


@check
def ten_dich_vu_khong_khop(context: CheckContext) -> Iterable[Hits]:
    """Service names that no row in force has, approved or in the price list."""
    lines = approved_lines(context, _KIND)

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

    def judge(found: Found, row: int) -> str:
        place = sent_to(lines.table["MA_DICH_VU"].text(row))
        names = ("CSKCB_CLS", "CSKCB_CGKT")
        named = [facility_texts(text) for n in names for text in cells(lines.listed, n, found)]
        allowed = {own for places in named for own in places}
        return ";".join(sorted(allowed)) if place and place not in allowed else ""

    yield differing(lines, ["MA_DICH_VU"], judge)


@check
def dich_vu_sai_nhom_chi_phi(context: CheckContext) -> Iterable[Hits]:
    """Cost groups that no row in force has; silent where a row has none or an old one."""
    lines = approved_lines(context, _KIND)
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


class _Prices(NamedTuple):
    """The prices of the lines in force beside the rows of the list.

    Attributes:
        allowed: the highest price of the rows in thousandths, 0 where it is not known.
        over: lines above it.
        known: lines that can be compared.
    """

    allowed: IntArray
    over: BoolArray
    known: BoolArray


def _prices(context: CheckContext, lines: Lines) -> _Prices:
    """The prices, once per batch."""
    return context.batch.once(("gia_dich_vu", context.rule.by), lambda: _compared(context, lines))


def _compared(context: CheckContext, lines: Lines) -> _Prices:
    allowed = highest_price(lines, _APPROVED, of_product=False)
    here = lines.rows[lines.in_force]
    price = lines.table["DON_GIA_BH"]
    away = sent_away(lines.table["MA_DICH_VU"])[here]
    known = price.valid[here] & (price.values[here] > 0) & (allowed > 0) & ~away
    over = known & (price.values[here] > allowed + price_slack(context, _TABLE)[here])
    return _Prices(allowed, over, known)
