"""Services done by or with another facility: its price, and how long the agreement ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import first_of_each, numbered
from giamdinh.catalogues import Coded
from giamdinh.catalogues.cells import facility_texts
from giamdinh.checks.chung import numbers, share
from giamdinh.checks.danh_muc_chung import (
    PRICE_SCALE,
    approved_lines,
    listed_services,
    period_text,
    prices,
    sent_to,
)
from giamdinh.checks.danh_muc_so_sanh import price_slack
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Found, Lines
    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

_KIND = "dich_vu"
_APPROVED = ("GIA_THANH_TOAN", "DON_GIA")
_LAB, _TRANSFER = ".K.", ".C."


@check
def gia_gui_noi_khac_vuot(context: CheckContext) -> Iterable[Hits]:
    """Sent-out tests dearer than at the facility that did them.

    Its price is that of its own list where that is loaded, else that of the rows of the sending
    facility which name it; without either nothing is said.
    """
    lines = approved_lines(context, _KIND)
    here, partner = _marked(lines, _LAB)
    rows = lines.rows[here]
    allowed = _partner_price(lines, here, partner)
    price = lines.table["DON_GIA_BH"]
    over = price.valid[rows] & (allowed > 0) & lines.known[here]
    over &= price.values[rows] > allowed + price_slack(context, lines.name)[rows]
    rows, allowed = rows[over], allowed[over]
    asked = price.values[rows]
    amount = share(lines.table["T_BHTT"].values[rows], asked - allowed, asked)
    places = [partner.texts[code] for code in partner.codes[over].tolist()]
    expected = numbers(allowed, PRICE_SCALE)
    yield Hits(lines.name, rows, expected=expected, amount=amount, detail=places)


@check
def chuyen_giao_ky_thuat_het_han(context: CheckContext) -> Iterable[Hits]:
    """Services by transfer of a technique whose rows naming that facility are all closed."""
    lines = approved_lines(context, _KIND)
    here, partner = _marked(lines, _TRANSFER)
    group = numbered(lines.which[here] * len(partner.texts) + partner.codes)[1]
    first = first_of_each(group, np.arange(here.size))
    over = [_over(lines, int(here[i]), partner.texts[partner.codes[i]]) for i in first.tolist()]
    wrong = np.array([*map(bool, over), False], np.bool_)[group] & lines.known[here]
    details = [over[i] for i in group[wrong].tolist()]
    yield Hits(lines.name, lines.rows[here[wrong]], detail=details)


def _over(lines: Lines, at: int, place: str) -> str:
    """When the last row that names a facility for a line's service ended, "" when one goes on."""
    facility = lines.facility.texts[lines.facility.codes[at]]
    found = lines.index.rows(facility, lines.key.texts[lines.key.codes[at]])
    named = _naming(lines, tuple(found), "CSKCB_CGKT", place)
    when, start, end = int(lines.when[at]), lines.listed.start, lines.listed.end
    before = [row for row in named if start[row] <= end[row] < when]
    if not before or any(start[row] <= when <= end[row] for row in named):
        return ""
    last = max(before, key=lambda row: int(end[row]))
    return period_text(int(start[last]), int(end[last]))


def _marked(lines: Lines, mark: str) -> tuple[IntArray, Coded]:
    """Positions of the lines whose code carries a mark, and the facility it names."""
    column = lines.table["MA_DICH_VU"]
    named = [sent_to(text) if mark in text.upper() else "" for text in column.texts]
    codes = column.codes[lines.rows]
    here = np.flatnonzero(np.array([*map(bool, named), False], np.bool_)[codes])
    return here, Coded(codes[here], named)


def _partner_price(lines: Lines, here: IntArray, partner: Coded) -> IntArray:
    """What each line may cost in thousandths, 0 where that is not known."""
    known = lines.listed.remembered(prices, _APPROVED)
    index = lines.listed.index("MA_DICH_VU", listed_services)
    key = Coded(lines.key.codes[here], lines.key.texts)
    periods, which = index.periods(partner, key, lines.when[here])
    theirs = [max((known[row] for row in period.rows), default=0) for period in periods]

    def own(found: Found, row: int) -> int:
        place = sent_to(lines.table["MA_DICH_VU"].text(row))
        return max((known[i] for i in _naming(lines, found, "CSKCB_CLS", place)), default=0)

    answers, group = lines.ask(["MA_DICH_VU"], own)
    of_line = np.zeros(lines.rows.size, np.int64)
    of_line[lines.in_force] = np.array([*answers, 0], np.int64)[group]
    listed = np.array([*theirs, 0], np.int64)[which]
    return np.where(listed > 0, listed, of_line[here])


def _naming(lines: Lines, found: Found, column: str, place: str) -> Found:
    """The rows of the list that name a facility in a column."""
    cells = [(row, lines.listed.text(column, row)) for row in found]
    return tuple(row for row, text in cells if place in facility_texts(text))
