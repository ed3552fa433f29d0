"""Supply lines of XML3 against the facility's approved list 04/DM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.catalogues import CLOSED
from giamdinh.checks.chung import numbers, share
from giamdinh.checks.danh_muc_chung import (
    PRICE_SCALE,
    approved_lines,
    closed,
    numbers_of,
)
from giamdinh.checks.danh_muc_so_sanh import (
    above_tender,
    dearer,
    highest_price,
    name_keys,
    other_text,
    outside_contracts,
)
from giamdinh.rules.context import Hits, check
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Found, Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _KIND = "XML3", "vat_tu"
_APPROVED = ("DON_GIA_BH", "DON_GIA")


@check
def vat_tu_ngoai_thoi_gian(context: CheckContext) -> Iterable[Hits]:
    """Supplies without a row in force on the order date, or ordered before every contract."""
    lines = approved_lines(context, _KIND)
    for hits, words in (
        (closed(lines, lines.at(CLOSED)), "hiệu lực trong danh mục"),
        (outside_contracts(lines, None), "hợp đồng"),
    ):
        details = [f"{words} {text}" for text in hits.detail or ()]
        yield Hits(_TABLE, hits.rows, detail=details)


@check
def don_gia_vat_tu_vuot_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Supply prices above every row with the tender of the line."""
    lines = approved_lines(context, _KIND)
    price = lines.table["DON_GIA_BH"]
    allowed = highest_price(lines, _APPROVED, of_product=True)
    yield dearer(lines, price, allowed, above_tender(context, lines, price, allowed))


@check
def vat_tu_sai_ten_hoac_ma_hieu(context: CheckContext) -> Iterable[Hits]:
    """Names and models of supplies that no row in force has."""
    lines = approved_lines(context, _KIND)
    yield other_text(lines, "TEN_VAT_TU", name_keys)
    yield other_text(lines, "MA_HIEU_SP", name_keys, "MA_HIEU")


@check
def vat_tu_vuot_dinh_muc(context: CheckContext) -> Iterable[Hits]:
    """More of a supply in a service than the list's norm, on its dearest line.

    Silent where a row in force has no norm, or a line has no service or quantity.
    """
    lines = approved_lines(context, _KIND)
    norms, group = lines.ask([], lambda found, _: _norm(lines, found))
    here = lines.rows[lines.in_force]
    table, norm = lines.table, np.array([*norms, 0], np.int64)[group]
    service, code, quantity = table["MA_DICH_VU"], table["MA_VAT_TU"], table["SO_LUONG"]
    keep = (norm > 0) & ~service.missing[here] & quantity.valid[here]
    here, norm = here[keep], norm[keep]
    pair = table.parent[here] * (len(service.texts) + 1) + service.codes[here]
    owner = numbered(numbered(pair)[1] * (len(code.texts) + 1) + code.codes[here])[1]
    used = _sums(owner, quantity.values[here])
    limit = norm * _times_done(lines, here) // 10**PRICE_SCALE
    dearest = _dearest(owner, table["T_BHTT"].values[here])
    over = dearest[used[owner[dearest]] > limit[dearest]]
    total, most, rows = used[owner[over]], limit[over], here[over]
    amount = share(_sums(owner, table["T_BHTT"].values[here])[owner[over]], total - most, total)
    yield Hits(
        _TABLE,
        rows,
        expected=numbers(most, PRICE_SCALE),
        amount=amount,
        detail=[number_vi(value, PRICE_SCALE) for value in total.tolist()],
    )


def _norm(lines: Lines, found: Found) -> int:
    norms = [lines.listed.remembered(numbers_of, "DINH_MUC")[i] for i in found]
    return max(norms) if all(norm > 0 for norm in norms) else 0


def _times_done(lines: Lines, rows: IntArray) -> IntArray:
    """How often the service of each line was done in its claim, in thousandths; at least once."""
    table = lines.table
    service, quantity = table["MA_DICH_VU"], table["SO_LUONG"]
    done: BoolArray = table["MA_VAT_TU"].missing & ~service.missing & quantity.valid
    key = table.parent * (len(service.texts) + 1) + service.codes
    owner = numbered(key)[1]
    return np.maximum(_sums(owner, np.where(done, quantity.values, 0))[owner[rows]], 10**3)


def _sums(owner: IntArray, values: IntArray) -> IntArray:
    out = np.zeros(int(owner.max(initial=-1)) + 1, np.int64)
    np.add.at(out, owner, values)
    return out


def _dearest(owner: IntArray, money: IntArray) -> IntArray:
    """The element of each owner with the most money, the first among equals."""
    order = np.lexsort((-money, owner))
    first = np.flatnonzero(np.diff(owner[order], prepend=-1))
    return order[first]
