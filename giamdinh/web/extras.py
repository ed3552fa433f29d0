"""What the page needs of a run beside the findings: every claim, and texts to search in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.report.files import write_whole
from giamdinh.text import bare

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from giamdinh.findings import Findings
    from giamdinh.model import IntArray
    from giamdinh.report.model import AuditResult

CLAIMS, ROWS, ASIDE = "ho_so.parquet", "trang.parquet", "khong_tinh.parquet"
_SEARCHED = ("claim", "patient", "name", "card", "rule", "department", "practitioner", "field",
             "value", "file")  # fmt: skip
_NUMBERS = ("claim_seq", "line_seq", "claim_cap")
_GAP = "\x1f"


def write(result: AuditResult, folder: Path) -> list[Path]:
    """Writes all files beside the findings."""
    from pyarrow import parquet

    def save(table: pa.Table, name: str) -> Path:
        def write_stream(path: Path) -> None:
            with path.open("wb") as stream:
                parquet.write_table(table, stream, compression="zstd")

        return write_whole(folder / name, write_stream)

    aside = result.aside.findings.to_arrow().append_column("which", [list(result.aside.which)])
    for name, values in _internal(result.aside.findings).items():
        aside = aside.append_column(name, [values])
    return [save(_claims(result), CLAIMS), save(_rows(result), ROWS), save(aside, ASIDE)]


def _claims(result: AuditResult) -> pa.Table:
    import pyarrow as pa

    claims = result.claims
    return pa.table(
        {
            "facility": pa.array([claim.facility for claim in claims], pa.string()),
            "claim": pa.array([claim.claim for claim in claims], pa.string()),
            "file": pa.array([claim.file for claim in claims], pa.string()),
            "hoso": pa.array([claim.hoso for claim in claims], pa.int64()),
            "service": pa.array([claim.service for claim in claims], pa.int64()),
            "amount": pa.array([claim.amount for claim in claims], pa.int64()),
        }
    )


def _rows(result: AuditResult) -> pa.Table:
    """One row per finding: the number of its claim from 1, what money needs, what is searched."""
    import pyarrow as pa

    columns = _internal(result.findings)
    columns["number"] = pa.array(_numbers(result).tolist(), pa.int64())
    columns["search"] = pa.array(_searched(result), pa.string())
    return pa.table(columns)


def _internal(findings: Findings) -> dict[str, pa.Array]:
    """What money needs and no export has."""
    import pyarrow as pa

    return {name: pa.array(findings.numbers(name).tolist(), pa.int64()) for name in _NUMBERS}


def _numbers(result: AuditResult) -> IntArray:
    """Which claim each finding is about, from 1; 0 for a finding about a file."""
    places = {(claim.file, claim.hoso): i for i, claim in enumerate(result.claims, 1)}
    findings = result.findings
    hosos = findings.numbers("hoso").tolist()
    files = findings.texts("file").walk(np.arange(len(findings)))
    found = [places.get(place, 0) for place in zip(files, hosos, strict=True)]
    return np.array(found, np.int64)


def _searched(result: AuditResult) -> list[str]:
    findings = result.findings
    rows = np.arange(len(findings))
    columns = []
    for name in _SEARCHED:
        texts = findings.texts(name)
        folded = [*map(bare, texts.texts), ""]
        columns.append([folded[code] for code in texts.codes[rows].tolist()])
    titles = {rule.code: bare(rule.title) for rule in result.rules.values()}
    columns.append([titles.get(code, "") for code in findings.texts("rule").walk(rows)])
    columns.append([bare(findings.messages[row]) for row in rows.tolist()])
    return list(map(_GAP.join, zip(*columns, strict=True)))
