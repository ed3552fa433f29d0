"""The batch being filled: whole claims, and check-in rows without one."""

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
        self._loose_rows = 0

    def __len__(self) -> int:
        return len(self._builder)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to hand on."""
        return not (len(self) or self._loose_rows)

    def add_claim(self, place: Problem, header: dict[str, str], hoso: Hoso, seq: int) -> None:
        """A claim with all its rows; `header` is the envelope's, `seq` its number in the run."""
        xml1 = hoso.xml1 or {}
        # A copy: a header that comes later belongs to the claims behind it only.
        claim = self._builder.add_claim(place.file, place.hoso, dict(header), xml1, seq)
        own = xml1.get("MA_LK", "").strip()
        for table in hoso.unread:
            self._builder.mark_unread(table, claim)
        for table, rows in hoso.rows.items():
            for row in rows:
                if table == STATUS_TABLE and row.get("MA_LK", own).strip() != own:
                    self.add_status(row)
                else:
                    self._builder.add_row(table, claim, row)

    def add_status(self, row: dict[str, str]) -> None:
        """A check-in row that came apart from its claim.

        It stays apart: its claim may be in another batch, or in another month.
        """
        self._loose_rows += 1
        self._builder.add_row(STATUS_TABLE, -1, row)

    def build(self) -> ClaimSet:
        """The batch."""
        return self._builder.build()
