"""Signs that only several claims show: visits split over days, too long a working day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set, paid, share, text_numbers
from giamdinh.checks.danh_muc_chung import compact
from giamdinh.checks.khoang_nhieu_ho_so import begins, facilities, keyed
from giamdinh.checks.nguoi_lam_song_song import performed
from giamdinh.checks.nhieu_ho_so import Episodes, claim_pairs, episodes
from giamdinh.checks.tham_chieu import running_sums
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"
_HOUR = 60
_THOUSAND = 1000
_PRICES = {
    "XML2": ("DON_GIA", ("MA_THUOC",)),
    "XML3": ("DON_GIA_BV", ("MA_VAT_TU", "MA_DICH_VU")),
}
"""The price of a line and, the first one written, the code of its item."""
_LIMIT = ("LUONG_CO_SO", "TY_LE_CHI_PHI_THAP")


@check
def tach_ho_so_nhieu_ngay(context: CheckContext) -> Iterable[Hits]:
    """Visits with the disease of one a few days before that stayed below the limit too.

    Visits of one day are another rule's; who comes by an appointment is expected.
    """
    found, claims = episodes(context), context.claims[CLAIM_TABLE]
    cost = claims["T_TONGCHI_BH"]
    salary, percent = (context.number(name, CLAIM_TABLE) for name in _LIMIT)
    limit = salary * percent  # a percentage of đồng is hundredths
    small = cost.valid & (cost.values > 0) & (cost.values < limit)
    small &= claims["T_BNCCT"].valid & (claims["T_BNCCT"].values == 0)
    small &= in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_KHAM_NGOAI_TRU")
    small &= ~in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_CO_GIAY_HEN")
    disease = text_numbers(claims["MA_BENH_CHINH"], str)[found.rows]
    place = claims["MA_CSKCB"].codes[found.rows].astype(np.int64)
    group = np.where(small[found.rows], keyed(found.person, place, disease), -1)
    order = np.argsort(group, kind="stable")
    order = order[np.searchsorted(group[order], 0) :]
    found, group = Episodes(*(values[order] for values in found)), group[order]
    partner = np.arange(group.size) - 1
    again = (partner >= 0) & ~begins(group)
    days = found.start // DAY - found.start[partner] // DAY
    most = context.number("SO_NGAY_TACH_HO_SO", CLAIM_TABLE)[found.rows]
    total = cost.values[found.rows] + cost.values[found.rows[partner]]
    again &= (days >= 1) & (days <= most) & (total >= limit[found.rows])
    yield claim_pairs(context, found, again, partner)


@check
def qua_gio_lam_trong_ngay(context: CheckContext) -> Iterable[Hits]:
    """Lines by which the work of a doctor on one patient at a time exceeds a long day.

    Time in which two lines go on counts once.
    """
    found = performed(context)
    when = keyed(found.group, found.start // DAY)
    width = int(found.end.max(initial=0)) + 1
    reached = np.maximum.accumulate(when * width + found.end) - when * width
    before = np.where(begins(when), 0, np.append(0, reached[:-1]))
    spent = running_sums(when, np.maximum(found.end - np.maximum(found.start, before), 0))
    most = context.number("GIO_LAM_VIEC_BAT_THUONG", LINES)[found.rows] * _HOUR
    over = (spent > most) & paid(context.claims, LINES)[found.rows]
    hours = (spent[over] * 10 // _HOUR).tolist()
    yield Hits(LINES, found.rows[over], detail=[number_vi(tenths, 1) for tenths in hours])


@check
def don_gia_gap_nhieu_lan(context: CheckContext) -> Iterable[Hits]:
    """Lines that cost many times what the other lines of the item did at the facility.

    One item is one code in one unit; there must be enough of the others.
    """
    for name in context.rule.tables:
        field, codes = _PRICES[name]
        lines = context.claims[name]
        item = _items(context, name, codes)
        total, count = lines["THANH_TIEN_BV"], lines["SO_LUONG"]
        rows = np.flatnonzero((item >= 0) & total.valid & count.valid & (count.values > 0))
        own = (total.values[rows], count.values[rows])
        size = int(item.max(initial=-1)) + 1
        sums = [np.zeros(size, np.int64) for _ in own]
        for into, values in zip(sums, own, strict=True):
            np.add.at(into, item[rows], values)
        money, units = (s[item[rows]] - v for s, v in zip(sums, own, strict=True))
        enough = units >= context.number("SO_LUONG_DU_SO_SANH", name)[rows] * _THOUSAND
        times = context.number("LAN_DON_GIA_BAT_THUONG", name)[rows]
        usual = money * 10 * _THOUSAND // np.maximum(units, 1)
        price = lines[field]
        asked = price.values[rows]
        least = context.number("DON_GIA_SO_SANH", name)[rows] * _THOUSAND
        wrong = enough & price.valid[rows] & (asked >= least) & (asked > times * usual)
        wrong &= paid(context.claims, name)[rows]
        rows, usual, asked = rows[wrong], usual[wrong], asked[wrong]
        amount = share(lines["T_BHTT"].values[rows], asked - usual, asked)
        detail = [number_vi(value // 10, 2) for value in usual.tolist()]
        yield Hits(name, rows, field, amount=amount, detail=detail)


def _items(context: CheckContext, name: str, codes: tuple[str, ...]) -> IntArray:
    """A number for the facility, code and unit of each line, -1 where one is not written."""
    lines = context.claims[name]
    everything = np.arange(len(lines))
    code = np.full(everything.size, -1, np.int64)
    for i, field in enumerate(codes):
        own = text_numbers(lines[field], compact)
        code = np.where((code < 0) & (own >= 0), own * len(codes) + i, code)
    unit = text_numbers(lines["DON_VI_TINH"], fold)
    return keyed(facilities(context, name, everything), code, unit)
