"""Odd places: results among the input, closed streams, names that are hard to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.commands import ROOT

from .runs import manifest, metered, one_claim, only_linux

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("--select", "STR-006", "--select", "MNY-00")
OUTPUTS = {"claims.parquet", "findings.parquet", "findings.jsonl", "run.json"}


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    folder = tmp_path / "vao"
    folder.mkdir()
    for i in range(3):
        (folder / f"hs{i}.xml").write_text(one_claim(i), encoding="utf-8")
    return folder


@only_linux
@pytest.mark.parametrize("below", ["", "ket_qua"])
def test_results_among_the_claims_are_never_read_as_claims(claims: Path, below: str) -> None:
    before = {p: p.read_bytes() for p in claims.iterdir()}
    for _ in range(2):
        done = metered("audit", claims, "--out", claims / below, *QUICK)
        assert done.code == 0, done.err
        said = manifest(claims / below)
        assert said["ledger"]["files"]["found"] == 3
        assert said["findings"] > 0
    assert {p: p.read_bytes() for p in before} == before


@only_linux
def test_a_result_folder_that_is_a_claim_file_is_refused(claims: Path) -> None:
    path = claims / "hs0.xml"
    before = path.read_bytes()
    done = metered("audit", path, "--out", path)
    assert done.code == 2
    assert "Lỗi: không ghi được vào thư mục kết quả" in done.err
    assert path.read_bytes() == before


@only_linux
@pytest.mark.parametrize("streams", [">&-", ">&- 2>&-", "| true", "| head -1"])
def test_a_closed_stdout_loses_no_results(claims: Path, tmp_path: Path, streams: str) -> None:
    command = f'"{sys.executable}" -m giamdinh audit "{claims}" --select MNY-00 --format none'
    done = subprocess.run(
        ["bash", "-c", f'{command} --out "{tmp_path / "kq"}" {streams}'],  # noqa: S607
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert {p.name for p in (tmp_path / "kq").iterdir()} == OUTPUTS


@only_linux
@pytest.mark.parametrize("command", ["audit", "--version"])
def test_a_full_disk_behind_stdout_is_an_error(claims: Path, tmp_path: Path, command: str) -> None:
    more = [str(claims), "--select", "MNY-00", "--format", "none", "--out", str(tmp_path / "kq")]
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "giamdinh", command, *(more if command == "audit" else [])],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            cwd=ROOT,
        )
    assert done.returncode == 2
    assert done.stderr.decode() == "Lỗi: không in được ra màn hình: ổ đĩa đầy\n"


@only_linux
def test_names_with_line_breaks_and_foreign_bytes_do_no_harm(tmp_path: Path) -> None:
    top = tmp_path / "vào\nđây"
    top.mkdir()
    names = (b"a\nb.xml", b"c\xff\xfe.xml", b"d\x1b[2J.xml", "ế\u2028.xml".encode())
    for number, name in enumerate(names):
        (top / os.fsdecode(name)).write_text(one_claim(number), encoding="utf-8")
    (top / os.fsdecode(b"khac\xff\n.txt")).touch()
    out = tmp_path / os.fsdecode(b"kq\xff")
    done = metered("audit", top, "--out", out, *QUICK)
    assert done.code == 0, done.err
    said = manifest(out)
    assert said["ledger"]["claims"]["read"] == 4
    lines = (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["file"] for line in lines}) == 4
    assert "\x1b" not in done.out


@only_linux
def test_paths_longer_than_the_system_opens_are_named(tmp_path: Path) -> None:
    """Folders so deep exist: each was made from the one above."""
    (tmp_path / "a.xml").write_text(one_claim(1), encoding="utf-8")
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=folder)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    done = metered("audit", tmp_path, "--out", tmp_path / "kq", *QUICK, "--format", "none")
    assert done.code == 0, done.err
    ledger = manifest(tmp_path / "kq")["ledger"]
    assert ledger["balanced"]
    assert ledger["files"] == {"found": 2, "read": 1, "rejected": 1, "ignored": 0}
    assert [problem["kind"] for problem in ledger["problems"]] == ["tep_khong_doc_duoc"]
