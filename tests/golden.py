"""The expected findings of `sample_xml/`; `python -m tests.golden` writes them anew, for review."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from giamdinh.pipeline import Options, audit
from giamdinh.tables.values import number_text

if TYPE_CHECKING:
    from giamdinh.report.model import AuditResult

SAMPLE = Path(__file__).resolve().parent.parent / "sample_xml"
EXPECTED = SAMPLE / "phat_hien_mong_doi.csv"
COLUMNS = ("rule", "severity", "facility", "claim", "table", "row", "field", "value", "expected",
           "amount", "message", "file", "hoso")  # fmt: skip


def run(folder: Path = SAMPLE) -> AuditResult:
    return audit([folder / "ho_so"], Options(catalogues=folder / "danh_muc"))


def rendered(result: AuditResult) -> str:
    """The findings as CSV, sorted, amounts in đồng."""
    rows = []
    for finding in result.findings:
        row = {**finding._asdict(), "amount": number_text(finding.amount, 2)}
        rows.append([str(row[column]) for column in COLUMNS])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(rows))
    return out.getvalue()


def main() -> None:
    EXPECTED.write_text(rendered(run()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
