"""What a run remembers of every claim: facility, T_BHTT and month; and, in short runs, its name."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.report.model import ClaimRef
from giamdinh.rules import calendars
from giamdinh.tables.claimset import UNDATED
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from giamdinh.tables.claimset import ClaimSet


class ClaimTotals:
    """Grows batch by batch; 16 bytes a claim unless names are kept."""

    def __init__(self, *, names: bool) -> None:
        self._facilities: dict[str, int] = {}
        self._facility = array("i")
        self._money = array("q")
        self._month = array("i")
        self._names: list[ClaimRef] | None = [] if names else None

    def __len__(self) -> int:
        return len(self._facility)

    def add(self, claims: ClaimSet) -> None:
        """The claims of one batch, in order."""
        xml1 = claims[CLAIM_TABLE]
        facility, money = xml1["MA_CSKCB"], xml1["T_BHTT"]
        number = [
            self._facilities.setdefault(t, len(self._facilities)) for t in (*facility.texts, "")
        ]
        self._facility.extend(number[code] for code in facility.codes.tolist())
        self._money.extend(np.where(money.valid, money.values, 0).tolist())
        dated = claims.service < UNDATED
        when = np.where(dated, claims.service, 0)
        month = calendars.year(when) * 100 + calendars.month(when)
        self._month.extend(np.where(dated, month, 0).tolist())
        if self._names is not None:
            self._names += [
                ClaimRef(facility.text(i), xml1["MA_LK"].text(i), claims.files[i], hoso)
                for i, hoso in enumerate(claims.hoso.tolist())
            ]

    def by_facility(self, replaced: Collection[int]) -> dict[str, tuple[int, int]]:
        """MA_CSKCB → (claims, T_BHTT in hundredths), without replaced claims."""
        kept = self._kept(replaced)
        facility = np.array(self._facility, np.int64)
        money = np.array(self._money, np.int64)
        out = {}
        for name, number in self._facilities.items():
            mine = kept & (facility == number)
            if mine.any():
                out[name] = (int(mine.sum()), sum(money[mine].tolist()))
        return out

    def period(self) -> str:
        """The month most claims belong to as yyyymm, "" when none has a date."""
        months = [month for month in self._month if month]
        values, counts = np.unique(np.array(months, np.int64), return_counts=True)
        return str(values[counts.argmax()]) if values.size else ""

    def names(self, replaced: Collection[int]) -> tuple[ClaimRef, ...]:
        """Every claim that counts, in order; empty when names were not kept."""
        gone = set(replaced)
        return tuple(ref for i, ref in enumerate(self._names or ()) if i not in gone)

    def _kept(self, replaced: Collection[int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        kept = np.ones(len(self), np.bool_)
        kept[list(replaced)] = False
        return kept
