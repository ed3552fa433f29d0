"""The batch being filled: claims, and check-in rows that look for their claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder

if TYPE_CHECKING:
    from giamdinh.model import Problem
    from giamdinh.read.hoso import Hoso

STATUS_TABLE = "XML0"


class Batch:
    """Collects whole claims; `build` gives the ClaimSet.

    Attributes:
        input_bytes: input read while this batch was filled.
    """

    def __init__(self) -> None:
        self.input_bytes = 0
        self._builder = ClaimSetBuilder()
        self._by_claim: dict[str, list[tuple[str, int]]] = {}
        self._status_rows: list[dict[str, str]] = []

    def __len__(self) -> int:
        return len(self._builder)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to hand on."""
        return not (len(self) or self._status_rows)

    def add_claim(self, place: Problem, header: dict[str, str], hoso: Hoso) -> None:
        """A claim with all its rows; `header` is the envelope's."""
        xml1 = hoso.xml1 or {}
        claim = self._builder.add_claim(place.file, place.hoso, header, xml1)
        own = xml1.get("MA_LK", "").strip()
        if own:
            self._by_claim.setdefault(own, []).append((hoso.facility, claim))
        for table in hoso.unread:
            self._builder.mark_unread(table, claim)
        for table, rows in hoso.rows.items():
            for row in rows:
                if table == STATUS_TABLE and row.get("MA_LK", own).strip() != own:
                    self.add_status(row)
                else:
                    self._builder.add_row(table, claim, row)

    def add_status(self, row: dict[str, str]) -> None:
        """A check-in row, whose claim may come earlier or later in the batch."""
        self._status_rows.append(row)

    def build(self) -> ClaimSet:
        """The batch; check-in rows go to the newest claim of their MA_LK and facility."""
        for row in self._status_rows:
            facility = row.get("MA_CSKCB", "").strip()
            same = self._by_claim.get(row.get("MA_LK", "").strip(), ())
            claims = [claim for of, claim in same if not facility or of in ("", facility)]
            self._builder.add_row(STATUS_TABLE, claims[-1] if claims else -1, row)
        return self._builder.build()
