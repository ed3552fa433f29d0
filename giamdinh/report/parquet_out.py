"""`findings.parquet`: every finding, for analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.findings import arrow_schema
from giamdinh.report.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult


def write(result: AuditResult, folder: Path) -> Path:
    """Writes the findings to `folder`; amounts are decimal(18, 2) in đồng."""
    return write_whole(folder / "findings.parquet", lambda path: _write(result, path))


def _write(result: AuditResult, path: Path) -> None:
    from pyarrow import parquet

    # A stream, because pyarrow takes no path that is not UTF-8.
    with (
        path.open("wb") as stream,
        parquet.ParquetWriter(stream, arrow_schema(), compression="zstd") as writer,
    ):
        for batch in result.findings.batches():
            writer.write_batch(batch)
