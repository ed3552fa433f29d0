"""Full disks: a clear error that names the file, and never half a result."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from .runs import Run, folder_of, manifest, metered, nightly, one_claim, only_linux

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NIGHTLY = bool(os.environ.get("GIAMDINH_NIGHTLY"))
WORK = ".dang_chay"
QUICK = ("--select", "STR-006", "--select", "MNY-00")
pytestmark = only_linux


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty claims and very many other files: run.json is larger than the findings."""
    top = tmp_path_factory.mktemp("vao")
    folder_of(top / "hs", 20)
    for i in range(3000):
        (top / f"khong_phai_ho_so_{i:05d}.txt").touch()
    return top


def limited(size: int) -> str:
    return f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"


def holds_nothing(out: Path) -> None:
    assert [p for p in out.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    ("size", "more", "name"),
    [
        (4_000, ("--format", "none"), "findings.parquet"),
        (40_000, ("--format", "none"), "findings.jsonl"),
        (40_000, ("--select", "MNY-001", "--format", "none"), "run.json"),
        (20_000, ("--select", "MNY-001", "--format", "xlsx"), "GIAMDINH_79999"),
    ],
)
def test_the_file_that_cannot_be_written_is_named(
    claims: Path, tmp_path: Path, size: int, more: tuple[str, ...], name: str
) -> None:
    chosen = more if "--select" in more else (*QUICK, *more)
    done = metered("audit", claims, "--out", tmp_path, *chosen, before=limited(size))
    assert done.code == 2, done.err
    assert f"Lỗi: không ghi được {name}" in done.err
    assert "tệp vượt cỡ cho phép" in done.err
    holds_nothing(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A place where disks of some size can be mounted; skipped where that is not allowed."""
    place = tmp_path / "dia"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(place)],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no right to mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)  # noqa: S607


def resize(place: Path, kib: int) -> None:
    command = ["mount", "-o", f"remount,size={kib}k", str(place)]
    subprocess.run(command, check=True)


def test_on_a_disk_of_any_size_there_is_a_whole_result_or_none(
    claims: Path, small_disk: Path
) -> None:
    out = small_disk / "kq"
    ended = []
    for kib in (*range(4, 6000, 150), 40_000) if NIGHTLY else (40, 200, 40_000):
        resize(small_disk, kib)
        done = metered("audit", claims, "--out", out, *QUICK)
        ended.append(done.code)
        if done.code:
            assert done.code == 2, done.err
            assert "ổ đĩa đầy" in done.err
            assert not (out / WORK).exists()
            holds_nothing(small_disk)
        else:
            manifest(out)
            for path in out.iterdir():
                path.unlink()
    assert ended[0] == 2
    assert ended[-1] == 0


def test_a_full_disk_leaves_the_results_of_the_run_before(small_disk: Path, claims: Path) -> None:
    resize(small_disk, 2000)
    out = small_disk / "kq"
    command = ("audit", claims, "--out", out, "--format", "none", *QUICK)
    assert metered(*command).code == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    used = sum(map(len, before.values())) // 1024
    resize(small_disk, used + 60)
    done = metered(*command)
    assert done.code == 2, done.err
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def checked(path: Path, cache: Path) -> Run:
    return metered("check", path, env={"GIAMDINH_CACHE": str(cache)})


def test_a_full_cache_only_costs_time(small_disk: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(one_claim(1), encoding="utf-8")
    (small_disk / "day").write_bytes(bytes(8192))
    full = checked(path, small_disk / "giamdinh")
    assert full.code == 1, full.err
    assert full.out == checked(path, tmp_path / "bo_nho").out


@nightly
def test_a_full_cache_only_costs_time_for_large_runs(small_disk: Path, tmp_path: Path) -> None:
    path = folder_of(tmp_path / "hs", 2000)
    resize(small_disk, 64)
    more = ("--select", "MNY", "--format", "none")
    full = metered(
        "audit", path, "--out", tmp_path / "1", *more, env={"GIAMDINH_CACHE": str(small_disk)}
    )
    assert full.code == 0, full.err
    assert metered("audit", path, "--out", tmp_path / "2", *more).code == 0
    jsonl = [(tmp_path / name / "findings.jsonl").read_bytes() for name in "12"]
    assert jsonl[0] == jsonl[1]
