"""More of a drug or service in a day, or in the whole claim, than a reference list allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.checks.chung import share
from giamdinh.checks.danh_muc_chung import PRICE_SCALE, numbers_of
from giamdinh.checks.dieu_kien import Conditions
from giamdinh.checks.tham_chieu import by_rows, entries, listed_lines, needed_columns, running_sums
from giamdinh.rules.context import Hits, check
from giamdinh.tables.values import DAY, number_text, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Lines
    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

_FOR_WHOM = ("MA_BENH", "LOAI_KCB")


@check
def qua_so_lan(context: CheckContext) -> Iterable[Hits]:
    """Lines with which a claim goes over the list's number, in the order of their times.

    Codes that one entry with "*" names are counted together; of several rows that apply, the most
    generous one counts.
    """
    key, _ = needed_columns(context)
    lines = listed_lines(context, key)
    limit = _limits(context, lines)
    table, rows = lines.table, lines.rows
    quantity = np.where(table["SO_LUONG"].valid, table["SO_LUONG"].values, 0)[rows]
    at = np.flatnonzero((limit >= 0) & (quantity > 0))
    order = at[np.lexsort((rows[at], lines.when[at]))]
    of_day = context.rule.needs[0].endswith(".ngay")
    day = lines.when[order] // DAY if of_day else np.zeros(order.size, np.int64)
    entry = entries(lines)[order]
    owner = numbered(table.parent[rows[order]] * (int(entry.max(initial=0)) + 1) + entry)[1]
    owner = numbered(owner * (int(day.max(initial=0)) + 1) + day)[1]
    total = running_sums(owner, quantity[order])
    over = total > limit[order]
    hits, most, total = order[over], limit[order[over]], total[over]
    yield Hits(
        lines.name,
        rows[hits],
        expected=[number_text(value, PRICE_SCALE) for value in most.tolist()],
        amount=share(
            np.maximum(table["T_BHTT"].values[rows[hits]], 0),
            np.minimum(total - most, quantity[hits]),
            quantity[hits],
        ),
        detail=[number_vi(value, PRICE_SCALE) for value in total.tolist()],
    )


def _limits(context: CheckContext, lines: Lines) -> IntArray:
    """The largest number that applies to each line in thousandths, -1 where none does."""
    conditions = Conditions(context, lines)
    known = lines.listed.remembered(numbers_of, "SO_LAN_TOI_DA")
    limit = np.full(lines.rows.size, -1, np.int64)
    for found, at in by_rows(lines):
        for row in found:
            broken, sure = conditions.all_of(_FOR_WHOM, row, at)
            mine = at[sure & ~broken]
            limit[mine] = np.maximum(limit[mine], known[row])
    return limit
