"""One code at two prices in one claim, where the facility's list has a single row for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among, numbered
from giamdinh.checks.chung import numbers, share
from giamdinh.checks.danh_muc_chung import PRICE_SCALE, approved_lines
from giamdinh.checks.danh_muc_so_sanh import price_slack
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Table

_DRUG_PRICE, _SERVICE_PRICE = "DON_GIA", "DON_GIA_BH"


@check
def thuoc_hai_don_gia(context: CheckContext) -> Iterable[Hits]:
    """Drug lines dearer than another line of the same code in the claim, with one tender row."""
    yield _dearer_than_twin(context, "thuoc", _DRUG_PRICE)


@check
def dich_vu_hai_don_gia(context: CheckContext) -> Iterable[Hits]:
    """Service lines dearer than another line of the same code, with no new price in between."""
    yield _dearer_than_twin(context, "dich_vu", _SERVICE_PRICE)


def _dearer_than_twin(context: CheckContext, kind: str, field: str) -> Hits:
    """The dearer lines with what they cost more; lines of one claim share the list's one row.

    A code as written, not its base code, is compared: suffixes may have a price of their own.
    """
    lines = approved_lines(context, kind)
    table, here = lines.table, lines.in_force
    single = np.array([p.rows[0] if len(p.rows) == 1 else -1 for p in lines.periods], np.int64)
    price = table[field]
    here = here[single[lines.which[here]] >= 0]
    here = here[price.valid[lines.rows[here]] & (price.values[lines.rows[here]] > 0)]
    rows = lines.rows[here]
    # Only codes with a line that is dearer than any other of the batch need a look at claims.
    code, slack = _written(lines.name, table, rows), price_slack(context, lines.name)
    dearer = price.values[rows] > _lowest(code, price.values[rows]) + slack[rows]
    here = here[among(code, code[dearer])]
    rows = lines.rows[here]
    asked = price.values[rows]
    one = single[lines.which[here]]
    low = _lowest(_same(table.parent[rows], one, _written(lines.name, table, rows)), asked)
    over = asked > low + slack[rows]
    rows, asked, low = rows[over], asked[over], low[over]
    amount = share(table["T_BHTT"].values[rows], asked - low, asked)
    return Hits(lines.name, rows, amount=amount, detail=numbers(low, PRICE_SCALE))


def _written(name: str, table: Table, rows: IntArray) -> IntArray:
    field = {"XML2": "MA_THUOC", "XML3": "MA_DICH_VU"}[name]
    codes: IntArray = table[field].codes[rows].astype(np.int64)
    return codes


def _same(*keys: IntArray) -> IntArray:
    """A number from 0 per combination of keys, shape (n,)."""
    found = keys[0]
    for key in keys[1:]:
        found = found * (int(key.max(initial=0)) + 1) + key
    return numbered(found)[1]


def _lowest(group: IntArray, values: IntArray) -> IntArray:
    """The lowest value of each element's group."""
    lowest = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(lowest, group, values)
    return lowest[group]
