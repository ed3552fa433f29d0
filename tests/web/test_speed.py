"""Pages of a large month answer at once: 20,000 claims with 50,000 findings."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pytest

from giamdinh.pipeline import Options, audit
from giamdinh.textcolumns import Numbers, Texts
from giamdinh.web import worker
from giamdinh.web.runs import Run, Runs
from tests.web.conftest import serving
from tests.web.http import Client

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult

CLAIMS, FINDINGS = 20_000, 50_000
MOST_SECONDS = 0.2


def enlarged(result: AuditResult) -> AuditResult:
    """The findings and claims of a small run, again and again under other names."""
    small = len(result.claims)
    findings = result.findings.keep(result.findings.numbers("claim_seq") >= 0)
    rows = np.tile(np.arange(len(findings)), FINDINGS // len(findings) + 1)[:FINDINGS]
    copies = rows.size // len(findings) + 1
    spread = CLAIMS // small // copies + 1
    turn = np.arange(FINDINGS) // len(findings) * spread
    many = findings.take(rows)
    sequence, claim, file = Numbers(), Texts(), Texts()
    sequence.extend(many.numbers("claim_seq") + turn * small)
    every = np.arange(FINDINGS)
    for column, name, pattern in ((claim, "claim", "{0}{1}"), (file, "file", "{1}/{0}")):
        pairs = zip(many.texts(name).walk(every), turn.tolist(), strict=True)
        column.extend(pattern.format(*pair) for pair in pairs)
    made = many.replaced(claim_seq=sequence, claim=claim, file=file)
    made.stamp(np.arange(1, FINDINGS + 1, dtype=np.uint64))
    claims = [
        replace(one, claim=f"{one.claim}{n}", file=f"{n}/{one.file}")
        for n in range(CLAIMS // small + 1)
        for one in result.claims
    ]
    return replace(result, findings=made, claims=tuple(claims[:CLAIMS]))


@pytest.mark.nightly
def test_pages_of_a_large_month_answer_within_a_fifth_of_a_second(
    tmp_path: Path, claims: Path
) -> None:
    runs = Runs(tmp_path / "d")
    run: Run = runs.make("Tháng lớn")
    result = enlarged(audit([claims], Options(name_claims=True, pandera=False)))
    runs.result(run.id).mkdir()
    worker._write(result, runs.result(run.id))
    now = datetime.now().astimezone().isoformat("T", "seconds")
    runs.save(replace(run, state="xong", created=now, claims=CLAIMS))
    with serving(tmp_path / "d") as server:
        client = Client.let_in(server)
        at = f"/luot/{run.id}"
        key = client.post(f"{at}/loc", {"csrf": client.csrf(), "chu": "khong phu hop"})
        paths = ("", "/phat-hien", "/phat-hien?muc=error&trang=300", "/phat-hien?khoa=2",
                 "/ho-so", "/ho-so?loai=phai-sua&trang=9", "/tong-hop", "/kiem",
                 key.headers["location"].removeprefix(at))  # fmt: skip
        for path in paths:
            times = []
            for _ in range(6):
                started = time.perf_counter()
                assert client.get(at + path).status == 200
                times.append(time.perf_counter() - started)
            print(f"{path or '/'}: {times[0]:.3f} → {median(times[1:]):.3f}")  # noqa: T201
            assert median(times[1:]) < MOST_SECONDS, path
