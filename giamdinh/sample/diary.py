"""Who and what is busy when, so that no two claims need one person, machine or bed at once."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Bookings = dict[str, list[tuple[int, int]]]
GAP = 5
"""Minutes left free between two bookings of one person or machine."""


class Diary:
    """Busy intervals by name, in minutes since 1970.

    Attributes:
        approved: beds of a department by its list, where they are not as many as were ever needed.
        closed: day (yyyymmdd) on which the facility had no contract; "" for none.
    """

    def __init__(self) -> None:
        self.approved: dict[str, int] = {}
        self.closed = ""
        self._busy: Bookings = {}

    def book(self, names: Sequence[str], earliest: int, minutes: int) -> int:
        """Book all of `names` together at the first common free time; returns its start."""
        start = earliest
        while True:
            clash = max((self._next_free(name, start, minutes) for name in names), default=start)
            if clash == start:
                break
            start = clash
        for name in names:
            insort(self._busy.setdefault(name, []), (start, start + minutes))
        return start

    def bookings(self) -> Bookings:
        """All that is booked, for `back_to`."""
        return {name: list(found) for name, found in self._busy.items()}

    def back_to(self, bookings: Bookings) -> None:
        """What was booked since is free again."""
        self._busy = bookings

    def soonest(self, names: Sequence[str], earliest: int, minutes: int) -> str:
        """Whoever of `names` is free first for so many minutes; nothing is booked."""
        return min(names, key=lambda name: self._next_free(name, earliest, minutes))

    def room(self, prefix: str, start: int, end: int) -> int:
        """Number, from 1, of the first room free over the whole stay; it is booked."""
        number = 1
        while self._next_free(f"{prefix}{number}", start, end - start) != start:
            number += 1
        insort(self._busy.setdefault(f"{prefix}{number}", []), (start, end))
        return number

    def rooms(self, prefix: str) -> int:
        """How many rooms of this prefix were ever booked."""
        return sum(name.startswith(prefix) for name in self._busy)

    def _next_free(self, name: str, earliest: int, minutes: int) -> int:
        busy = self._busy.get(name, [])
        start = earliest
        at = max(bisect_left(busy, (earliest, earliest)) - 1, 0)
        for begin, end in busy[at:]:
            if begin - GAP >= start + minutes:
                break
            start = max(start, end + GAP)
        return start
