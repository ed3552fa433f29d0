"""Budgets made up for the synthetic months, so that the page can be tried."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.budget.claims import ClaimSums

_FILE = "du_toan_mau.csv"
_OF_LAST_YEAR = (14, 10)
"""Twice in turn a budget in tenths of last year's spending: one that holds, one that does not."""
_ROUND = 10**7


def write(folder: Path, sums: ClaimSums) -> dict[str, Any]:
    """Writes a table of budgets for the newest year; gives what a report is told."""
    year = max(sums.months)
    spent: dict[str, int] = defaultdict(int)
    for (facility, _, own_year, _), (_, cost) in sums.sums.items():
        spent[facility] += cost if own_year == year - 1 else 0
    with (folder / _FILE).open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(("MA_CSKCB", "NAM", "SO_TIEN", "QUYET_DINH", "NGAY"))
        for i, (facility, cost) in enumerate(sorted(spent.items())):
            tenths = _OF_LAST_YEAR[i % len(_OF_LAST_YEAR)]
            amount = max(cost * tenths // 10 // _ROUND, 1) * _ROUND // 100
            writer.writerow((facility, year, amount, f"Mẫu số {i + 1}", f"15/01/{year}"))
    return {"year": year, "du_toan": _FILE}
