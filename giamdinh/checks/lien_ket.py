"""Checks of links between the tables of a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among
from giamdinh.checks.chung import service_base
from giamdinh.rules.context import Hits, check
from giamdinh.rules.vectors import Numbers, packed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Table


@check
def ngay_kq_khac_xml3(context: CheckContext) -> Iterable[Hits]:
    """Result rows whose time is none of the result times of the same service in XML3.

    Services are compared by their base code; a service without any result time in XML3 is left
    out.
    """
    lines, results = context.claims["XML3"], context.claims["XML4"]
    numbers: dict[str, int] = {}
    asked, given = _services(lines, numbers), _services(results, numbers)
    line_times, result_times = lines["NGAY_KQ"], results["NGAY_KQ"]
    known = np.flatnonzero((asked >= 0) & line_times.valid)
    rows = np.flatnonzero((given >= 0) & result_times.valid)
    time = np.concatenate([line_times.values[known], result_times.values[rows]])
    service = np.concatenate([asked[known], given[rows]])
    pair = packed([Numbers(time, np.ones(time.size, np.bool_))], service)
    rows = rows[~among(pair[known.size :], pair[: known.size])]
    yield Hits("XML4", rows[among(given[rows], asked[known])])


def _services(table: Table, numbers: dict[str, int]) -> IntArray:
    """A number per claim and base service code, shape (rows,); -1 where there is none.

    `numbers` gives equal base codes of several tables the same number.
    """
    column = table["MA_DICH_VU"]
    lut = np.full(len(column.texts) + 1, -1, np.int64)
    for i, text in enumerate(column.texts):
        lut[i] = numbers.setdefault(service_base(text), len(numbers))
    base = lut[column.codes]
    # Claims are the high part, so that codes numbered later by another table cannot collide.
    return np.where((base >= 0) & (table.parent >= 0), (table.parent << 32) + base, -1)
