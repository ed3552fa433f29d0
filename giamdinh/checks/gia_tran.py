"""Prices above what a reference list allows for a registration number or a group of supplies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.danh_muc_chung import numbers_of
from giamdinh.checks.danh_muc_so_sanh import dearer, price_slack
from giamdinh.checks.tham_chieu import listed_lines, needed_columns
from giamdinh.checks.thuoc import first_word
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Found
    from giamdinh.rules.context import CheckContext

_UNIT = "DON_VI_TINH"
_PRICES = {"XML2": "DON_GIA", "XML3": "DON_GIA_BH"}


@check
def gia_vuot_tran(context: CheckContext) -> Iterable[Hits]:
    """Lines dearer than every price of their code in the list.

    Silent where a row is for another unit than the line, or has no price.
    """
    key, _ = needed_columns(context)
    lines = listed_lines(context, key)
    known = lines.listed.remembered(numbers_of, "GIA_TOI_DA")

    def judge(found: Found, row: int) -> int:
        unit = first_word(lines.table[_UNIT].text(row))
        other = {first_word(lines.listed.text(_UNIT, i)) for i in found} - {"", unit}
        limits = [known[i] for i in found]
        return max(limits) if not other and min(limits) > 0 else 0

    answers, group = lines.ask([_UNIT], judge)
    allowed = np.array([*answers, 0], np.int64)[group]
    price = lines.table[_PRICES[lines.name]]
    here = lines.rows[lines.in_force]
    most = allowed + price_slack(context, lines.name)[here]
    over = price.valid[here] & (allowed > 0) & (price.values[here] > most)
    yield dearer(lines, price, allowed, over)
