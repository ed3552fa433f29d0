"""Checks of links between the tables of a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among
from giamdinh.checks.chung import service_base, service_keys
from giamdinh.rules.context import Hits, check
from giamdinh.rules.vectors import Numbers, packed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def ngay_kq_khac_xml3(context: CheckContext) -> Iterable[Hits]:
    """Result rows whose time is none of the result times of the same service in XML3.

    Services are compared by their base code; a service without any result time in XML3 is left
    out.
    """
    lines, results = context.claims["XML3"], context.claims["XML4"]
    asked, given = service_keys(lines, results, key=service_base)
    line_times, result_times = lines["NGAY_KQ"], results["NGAY_KQ"]
    known = np.flatnonzero((asked >= 0) & line_times.valid)
    rows = np.flatnonzero((given >= 0) & result_times.valid)
    time = np.concatenate([line_times.values[known], result_times.values[rows]])
    service = np.concatenate([asked[known], given[rows]])
    pair = packed([Numbers(time, np.ones(time.size, np.bool_))], service)
    rows = rows[~among(pair[known.size :], pair[: known.size])]
    yield Hits("XML4", rows[among(given[rows], asked[known])])
