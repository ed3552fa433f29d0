"""`findings.parquet`: every finding, for analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.findings import arrow_schema
from giamdinh.report.files import write_whole
from giamdinh.textcolumns import Numbers

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult, Register


def write(result: AuditResult, folder: Path) -> Path:
    """Writes the findings to `folder`; amounts are decimal(18, 2) in đồng."""
    return write_whole(folder / "findings.parquet", lambda path: _write(result, path))


def write_claims(result: AuditResult, folder: Path) -> Path | None:
    """Writes which claims were audited, so that a later run can tell what is gone from fixed.

    Columns: `claim`, the number of (MA_CSKCB, MA_LK), T_BHTT in đồng, and `month`, yyyymm of the
    service.
    """
    if result.register is None:
        return None
    register = result.register
    return write_whole(folder / "claims.parquet", lambda path: _write_register(register, path))


def _write_register(register: Register, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    keys = pa.Array.from_buffers(
        pa.uint64(), register.keys.size, [None, pa.py_buffer(register.keys.tobytes())]
    )
    paid = Numbers()
    paid.extend(register.paid)
    table = pa.table({"claim": keys, "T_BHTT": paid.arrow_money(slice(0, len(paid)))})
    if register.months is not None:
        held = pa.py_buffer(register.months.astype("int32").tobytes())
        months = pa.Array.from_buffers(pa.int32(), register.months.size, [None, held])
        table = table.append_column("month", months)
    with path.open("wb") as stream:
        parquet.write_table(table, stream, compression="zstd")


def _write(result: AuditResult, path: Path) -> None:
    from pyarrow import parquet

    # A stream, because pyarrow takes no path that is not UTF-8.
    with (
        path.open("wb") as stream,
        parquet.ParquetWriter(stream, arrow_schema(), compression="zstd") as writer,
    ):
        for batch in result.findings.batches():
            writer.write_batch(batch)
