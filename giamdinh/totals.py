"""What a run remembers of every claim: facility, T_BHTT and month; and, in short runs, its name."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.report.model import ClaimRef, Register
from giamdinh.rules import calendars
from giamdinh.tables.claimset import UNDATED
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from giamdinh.model import BoolArray, KeyArray
    from giamdinh.tables.claimset import ClaimSet


class ClaimTotals:
    """Grows batch by batch, in any order; 24 bytes a claim unless names are kept."""

    def __init__(self, *, names: bool) -> None:
        self._facilities: dict[str, int] = {}
        self._facility = array("i")
        self._money = array("q")
        self._month = array("i")
        self._seq = array("q")
        self._names: list[ClaimRef] | None = [] if names else None

    def __len__(self) -> int:
        return len(self._facility)

    def add(self, claims: ClaimSet) -> None:
        """The claims of one batch."""
        xml1 = claims[CLAIM_TABLE]
        facility, money = xml1["MA_CSKCB"], xml1["T_BHTT"]
        number = self._numbers((*facility.texts, ""))
        self._facility.frombytes(number[facility.codes].tobytes())
        self._money.frombytes(np.where(money.valid, money.values, 0).astype(np.int64).tobytes())
        dated = claims.service < UNDATED
        when = np.where(dated, claims.service, 0)
        month = calendars.year(when) * 100 + calendars.month(when)
        self._month.frombytes(np.where(dated, month, 0).astype(np.int32).tobytes())
        self._seq.frombytes(claims.seq.astype(np.int64).tobytes())
        if self._names is not None:
            columns = (claims.hoso, when, np.where(money.valid, money.values, 0))
            numbers = zip(*(column.tolist() for column in columns), strict=True)
            self._names += [
                ClaimRef(facility.text(i), xml1["MA_LK"].text(i), claims.files[i], *found)
                for i, found in enumerate(numbers)
            ]

    def join(self, other: ClaimTotals, first_claim: int, first_hoso: int = 0) -> None:
        """The claims of the next files, or of the same file behind its first claims."""
        number = self._numbers((*other._facilities, ""))
        self._facility.frombytes(number[np.array(other._facility, np.int32)].tobytes())
        self._money.extend(other._money)
        self._month.extend(other._month)
        self._seq.frombytes((np.array(other._seq, np.int64) + first_claim).tobytes())
        if self._names is not None:
            self._names += [replace(r, hoso=r.hoso + first_hoso) for r in other._names or ()]

    def by_facility(self, replaced: Collection[int]) -> dict[str, tuple[int, int]]:
        """MA_CSKCB → (claims, T_BHTT in hundredths), without replaced claims, by code."""
        kept = self._kept(replaced)
        facility = np.array(self._facility, np.int32)[kept]
        money = np.array(self._money, np.int64)[kept]
        order = np.argsort(facility, kind="stable")
        bounds = np.searchsorted(facility[order], np.arange(len(self._facilities) + 1)).tolist()
        money = money[order]
        out = {}
        for name, number in sorted(self._facilities.items()):
            mine = slice(bounds[number], bounds[number + 1])
            if mine.stop > mine.start:
                out[name] = (mine.stop - mine.start, sum(money[mine].tolist()))
        return out

    def register(self, keys: KeyArray, replaced: Collection[int]) -> Register:
        """The claims that count, by number in the run; `keys` are of all claims by number."""
        seq = np.array(self._seq, np.int64)
        order = np.argsort(seq, kind="stable")
        order = order[self._kept(replaced)[order]]
        money, months = np.array(self._money, np.int64), np.array(self._month, np.int64)
        return Register(keys[seq[order]], money[order], months[order])

    def period(self) -> str:
        """The month most claims belong to as yyyymm, "" when none has a date."""
        months = np.array(self._month, np.int64)
        values, counts = np.unique(months[months > 0], return_counts=True)
        return str(values[counts.argmax()]) if values.size else ""

    def names(self, replaced: Collection[int]) -> tuple[ClaimRef, ...]:
        """Every claim that counts, in order; empty when names were not kept."""
        if not self._names:
            return ()
        gone = set(replaced)
        order = np.argsort(np.array(self._seq, np.int64), kind="stable").tolist()
        return tuple(self._names[i] for i in order if self._seq[i] not in gone)

    def _numbers(self, names: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """The number of each facility, new ones added."""
        known = self._facilities
        return np.array([known.setdefault(name, len(known)) for name in names], np.int32)

    def _kept(self, replaced: Collection[int]) -> BoolArray:
        gone = np.fromiter(replaced, np.int64, len(replaced))
        return ~np.isin(np.array(self._seq, np.int64), gone)
