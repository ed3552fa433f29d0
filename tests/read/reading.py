"""Reads files written by a test and gives back plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from giamdinh.read import Ledger, read_claims

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from giamdinh.tables.claimset import ClaimSet


@dataclass(frozen=True)
class Result:
    batches: list[ClaimSet]
    ledger: Ledger

    @property
    def kinds(self) -> list[str]:
        return [problem.kind for problem in self.ledger.problems]

    def rows(self, table: str) -> list[dict[str, str]]:
        """All rows of a table over all batches, only what was written."""
        return [row for batch in self.batches for row in table_rows(batch, table)]

    def keys(self) -> list[str]:
        return [row.get("MA_LK", "") for row in self.rows("XML1")]


def table_rows(batch: ClaimSet, table: str) -> list[dict[str, str]]:
    columns = batch[table].columns
    return [
        {name: column.text(i) for name, column in columns.items() if column.text(i)}
        for i in range(len(batch[table]))
    ]


def read(paths: Iterable[Path], **options: Any) -> Result:
    """Reads everything; the identities of the ledger must hold after each batch."""
    ledger = Ledger()
    batches = []
    for batch in read_claims(list(paths), ledger, **options):
        assert ledger.balanced
        batches.append(batch)
    assert ledger.balanced
    assert sum(len(batch) for batch in batches) == ledger.claims_read
    assert len(ledger.replaced) == ledger.claims_replaced
    for table, rows in ledger.rows.items():
        assert sum(len(batch[table]) for batch in batches) == rows
    return Result(batches, ledger)


def read_text(folder: Path, text: str | bytes, **options: Any) -> Result:
    """Reads one file with this content."""
    path = folder / "hs.xml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read([path], **options)
