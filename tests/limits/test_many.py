"""Very many files, rows and findings: done, in bounded memory and in time that grows with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from giamdinh.read import LIMITS
from tests.read.writer import claim, envelope, hoso

from .runs import folder_of, manifest, metered, nightly, only_linux

if TYPE_CHECKING:
    from collections.abc import Iterator

NIGHTLY = bool(os.environ.get("GIAMDINH_NIGHTLY"))
START = 2.5
"""Seconds of processor time that a run needs whatever its input is, and more."""
TALLY = ("--select", "MNY", "--format", "none")
pytestmark = only_linux


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: 200,000 files are many for a disk."""
    import shutil
    from tempfile import mkdtemp

    memory = Path("/dev/shm")  # noqa: S108
    folder = Path(mkdtemp(dir=memory)) if memory.is_dir() else tmp_path
    yield folder
    shutil.rmtree(folder)


def audited(name: str, top: Path, out: Path, most: float) -> tuple[float, float]:
    """Seconds and MB of a run over `top`, which must be complete."""
    done = metered("audit", top, "--out", out, "--jobs", "1", *TALLY)
    assert done.code in (0, 3), done.err
    said = manifest(out)
    assert said["ledger"]["balanced"]
    counts = {**said["ledger"]["files"], "findings": said["findings"]}
    print(f"{name}: {done.seconds:.1f} s, {done.peak:.0f} MB, {counts}")  # noqa: T201
    assert done.peak < most
    return done.seconds, done.peak


KINDS = {
    "hồ sơ": (".xml", False, 800),
    "tệp khác": (".txt", False, 400),
    "rác": (".xml", True, 700),
}
"""Ending, whether they are junk, and the most MB: a guard above what was measured, no goal."""


@pytest.mark.parametrize("kind", KINDS)
def test_very_many_files(place: Path, kind: str) -> None:
    ending, junk, most = KINDS[kind]
    files = 20_000 if NIGHTLY else 500
    seconds = []
    for many in (files, 10 * files) if NIGHTLY else (files,):
        top = folder_of(place / str(many), many, ending, junk=junk)
        (top / "mot.xml").write_text(envelope([hoso(claim("LK_", 1), "inline")]))
        name = f"{many} {kind}"
        seconds.append(audited(name, top, place / f"kq{many}", most)[0])
    if NIGHTLY:
        assert seconds[1] < 10 * seconds[0] + START


@nightly
@pytest.mark.parametrize("rows", [LIMITS.rows_per_claim, LIMITS.rows_per_claim + 1])
def test_a_claim_at_the_limit_of_rows(place: Path, rows: int) -> None:
    path = place / "hs.xml"
    hosos = [hoso(claim(f"LK{i}", n), "base64") for i, n in enumerate((rows - 2, 1))]
    path.write_text(envelope(hosos), encoding="utf-8")
    audited(f"{rows} dòng", path, place / "kq", 700)
    ledger = manifest(place / "kq")["ledger"]
    lost = rows > LIMITS.rows_per_claim
    assert ledger["claims"]["read"] == 2
    assert bool(ledger["rows_quarantined"]) == lost
    assert [problem["kind"] for problem in ledger["problems"]] == ["qua_lon"] * lost


@nightly
@pytest.mark.parametrize("form", ["none", "xlsx"])
def test_two_million_findings(place: Path, form: str) -> None:
    top = folder_of(place / "hs", 27_400)
    done = metered("audit", top, "--out", place / "kq", "--jobs", "1", "--format", form)
    assert done.code == 0, done.err
    said = manifest(place / "kq")
    print(f"{said['findings']} phát hiện, {form}: {done.seconds:.0f} s, {done.peak:.0f} MB")  # noqa: T201
    assert said["findings"] > 2_000_000
    assert done.peak < (1000 if form == "none" else 1500)
