"""Runs that are killed, stopped or out of disk: nothing half written, and `--resume` goes on."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from giamdinh.parts import pool, store, work
from giamdinh.parts.plan import plan
from giamdinh.pipeline import Options, audit
from giamdinh.read import Limits
from giamdinh.read.sources import find
from tests.commands import month, run, told

if TYPE_CHECKING:
    from collections.abc import Callable

NIGHTLY = bool(os.environ.get("GIAMDINH_NIGHTLY"))
SIZE = 12_000
QUICK = (
    "import giamdinh.pipeline as p\n"
    "own = p.Options\n"
    "p.Options = lambda **asked: own(**{**asked, 'pandera': False, 'part_bytes': %d})\n"
)
MAIN = "from giamdinh.cli import main\nmain()\n"
SLOW = (
    "import time\n"
    "from giamdinh.parts import pool\n"
    "work = pool.run_part\n"
    "def slowly(*asked):\n"
    "    time.sleep(0.2)\n"
    "    return work(*asked)\n"
    "pool.run_part = slowly\n"
)
PROGRAM = ("-c", QUICK % SIZE + MAIN)
SLOW_PROGRAM = ("-c", QUICK % SIZE + SLOW + MAIN)
IN_ONE_PART = ("-c", QUICK % 2**40 + MAIN)
WORK = ".dang_chay"
SIZES = "co_phan"
OUTPUTS = {"claims.parquet", "findings.jsonl", "findings.parquet", "run.json"}
MARK = "GIAMDINH_TEST_MARK"
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and /proc")


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("thang")
    return month(folder, errors=True, claims=20) / "ho_so"


def arguments(claims: Path, out: Path, *more: str) -> list[str]:
    return ["audit", str(claims), "--select", "MNY", "--select", "STR", "--format", "none",
            "--out", str(out), *more]  # fmt: skip


def results(out: Path) -> dict[str, Any]:
    """What a run left, without its times; every file must be whole."""
    said = json.loads((out / "run.json").read_text(encoding="utf-8"))
    for name in ("started", "timings"):
        del said[name]
    lines = (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    said["rows"] = [json.loads(line) for line in lines]
    assert len(lines) == said["findings"]
    return {name: json.dumps(value) for name, value in said.items()}


@pytest.fixture(scope="module")
def whole(claims: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("kq")
    done = run(*arguments(claims, out), program=IN_ONE_PART)
    assert done.returncode == 0, told(done)
    assert {p.name for p in out.iterdir()} == OUTPUTS
    return out


@pytest.fixture(scope="module")
def undisturbed(whole: Path) -> dict[str, Any]:
    return results(whole)


def start(mark: str, parameters: list[str]) -> subprocess.Popen[bytes]:
    """A run that takes its time over each part, so that it can be caught in the middle."""
    # What a shell starts in the background ignores Ctrl-C, and so would its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, *SLOW_PROGRAM, *parameters],
            env={**os.environ, MARK: mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def family(mark: str) -> list[int]:
    """Processes that a run started and that still live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait(until: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(0.005)
    return False


def gone(mark: str) -> bool:
    """Whether nothing of a run is left, after a while."""
    return wait(lambda: not family(mark), 10)


def finished(out: Path) -> int:
    return len(list((out / WORK).glob("*.phan")))


def wait_for_parts(out: Path, parts: int, process: subprocess.Popen[bytes]) -> bool:
    return wait(lambda: finished(out) >= parts or process.poll() is not None)


def nothing_half_written(out: Path) -> None:
    assert {p.name for p in out.iterdir()} <= {WORK, *OUTPUTS}
    if (out / "run.json").exists():
        results(out)


@only_linux
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_run_goes_on_where_it_was(
    claims: Path, undisturbed: dict[str, Any], tmp_path: Path, jobs: str
) -> None:
    out = tmp_path / "kq"
    parts = len(plan(find([claims]).sources(), Limits(), SIZE))
    assert parts > 6
    for enough in range(1, parts, 1 if NIGHTLY else parts // 2):
        mark = f"{tmp_path.name}-{jobs}-{enough}"
        process = start(mark, arguments(claims, out, "--resume", "--jobs", jobs))
        assert wait_for_parts(out, enough, process)
        process.kill()
        process.communicate()
        assert gone(mark), "a worker outlived the run"
        nothing_half_written(out)
    assert not (out / "run.json").exists()
    done = run(*arguments(claims, out, "--resume", "--jobs", jobs), program=PROGRAM)
    assert done.returncode == 0, told(done)
    assert results(out) == undisturbed
    assert not (out / WORK).exists()


@only_linux
def test_killed_at_any_moment_the_folder_holds_whole_results_or_none(
    claims: Path, whole: Path, tmp_path: Path
) -> None:
    generator = random.Random(4)  # noqa: S311
    out = shutil.copytree(whole, tmp_path / "kq")
    begun = time.monotonic()
    assert run(*arguments(claims, out), program=PROGRAM).returncode == 0
    length = time.monotonic() - begun
    for turn in range(40 if NIGHTLY else 2):
        process = start(f"{tmp_path.name}-{turn}", arguments(claims, out, "--resume"))
        time.sleep(length * generator.uniform(0.3, 1.05))
        process.kill()
        process.communicate()
        nothing_half_written(out)
    done = run(*arguments(claims, out, "--resume"), program=PROGRAM)
    assert done.returncode == 0, told(done)
    assert results(out) == results(whole)


@only_linux
def test_ctrl_c_ends_quickly_with_130_and_tells_how_to_go_on(claims: Path, tmp_path: Path) -> None:
    out, mark = tmp_path / "kq", f"{tmp_path.name}-c"
    process = start(mark, arguments(claims, out, "--jobs", "2"))
    assert wait_for_parts(out, 1, process)
    begun = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors.decode()
    assert time.monotonic() - begun < 10
    assert "--resume" in errors.decode()
    assert b"Traceback" not in errors
    assert gone(mark)


@only_linux
def test_a_killed_worker_ends_the_run_with_4_and_the_rest_is_kept(
    claims: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    out, mark = tmp_path / "kq", f"{tmp_path.name}-w"
    process = start(mark, arguments(claims, out, "--jobs", "2"))
    assert wait_for_parts(out, 1, process)
    (worker,) = (pid for pid in family(mark) if pid != process.pid)
    os.kill(worker, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 4, errors.decode()
    assert errors.decode().startswith("Lỗi: một tiến trình giám định bị dừng")
    assert b"Traceback" not in errors
    assert gone(mark)
    assert finished(out) >= 1
    done = run(*arguments(claims, out, "--resume"), program=PROGRAM)
    assert done.returncode == 0, told(done)
    assert results(out) == undisturbed


@only_linux
@pytest.mark.parametrize(("parts", "form"), [(True, "none"), (False, "none"), (False, "xlsx")])
def test_a_full_disk_is_an_error_that_leaves_the_old_results(
    claims: Path, whole: Path, tmp_path: Path, *, parts: bool, form: str
) -> None:
    out = shutil.copytree(whole, tmp_path / "kq")
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"
    program = limit + QUICK % (SIZE if parts else 2**40) + MAIN
    done = run(*arguments(claims, out), "--format", form, program=("-c", program))
    assert done.returncode == 2, told(done)
    assert "Lỗi: không ghi được" in done.stderr.decode()
    assert "tệp vượt cỡ cho phép" in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert results(out) == results(whole)
    work = {path.name for path in (out / WORK).rglob("*") if path.is_file()}
    assert [name for name in work - {SIZES} if not name.endswith(".phan")] == []


def asked(folder: Path, **more: Any) -> Options:
    options = {"select": ("MNY-00",), "pandera": False, "part_bytes": SIZE, "keep": folder}
    return Options(**{**options, **more})


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Parts that are really worked on."""
    worked: list[int] = []
    original = work.run_part

    def noted(*given: Any) -> Any:
        worked.append(1)
        return original(*given)

    monkeypatch.setattr(pool, "run_part", noted)
    return worked


def test_finished_parts_are_taken_over_only_when_nothing_changed(
    claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / WORK
    parts = len(plan(find([claims]).sources(), Limits(), SIZE))
    worked = counted(monkeypatch)

    def again(**more: Any) -> int:
        worked.clear()
        audit([claims], asked(folder, **more))
        return len(worked)

    assert again() == parts
    assert again(resume=True) == 0
    assert again(resume=True, batch_claims=3) == 0
    assert again() == parts, "without resume everything is new"
    assert again(resume=True, select=("STR-00",)) == parts
    assert again(resume=True, limits=Limits(depth=31)) == parts
    assert again(resume=True, limits=Limits(depth=31), part_bytes=2**40) == 1
    assert not folder.exists()


def test_a_run_goes_on_with_other_processes(
    claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("giamdinh.pipeline.part_bytes", lambda _, jobs: SIZE * jobs)
    worked = counted(monkeypatch)
    folder = tmp_path / WORK
    audit([claims], asked(folder, part_bytes=None))
    assert len(worked) == len(plan(find([claims]).sources(), Limits(), SIZE))
    worked.clear()
    audit([claims], asked(folder, part_bytes=None, jobs=2, resume=True))
    assert not worked


def test_a_changed_file_is_read_again_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = month(tmp_path / "thang", errors=False, claims=20) / "ho_so"
    folder = tmp_path / WORK
    first = audit([top], asked(folder))
    worked = counted(monkeypatch)
    path = max(top.glob("*.xml"), key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes() + b"\n")
    second = audit([top], asked(folder, resume=True))
    assert 0 < len(worked) <= 3
    assert second.ledger.claims_read == first.ledger.claims_read


def test_damaged_or_foreign_parts_are_run_again(
    claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / WORK
    whole = audit([claims], asked(folder))
    kept = sorted(folder.glob("*.phan"))
    kept[0].write_bytes(kept[0].read_bytes()[:-1])
    kept[1].write_bytes(kept[2].read_bytes())
    kept[3].write_bytes(b"")
    (folder / "x.phan").write_bytes(b"x")
    (folder / "cu").mkdir()
    if os.name != "nt":
        kept[4].chmod(0o666)
    worked = counted(monkeypatch)
    again = audit([claims], asked(folder, resume=True))
    assert len(worked) == (4 if os.name != "nt" else 3)
    assert list(again.findings) == list(whole.findings)
    assert again.ledger == whole.ledger
    assert sorted(folder.iterdir()) == sorted([*kept, folder / SIZES])


def test_a_part_is_kept_under_its_own_name_only(claims: Path, tmp_path: Path) -> None:
    audit([claims], asked(tmp_path / WORK))
    path = min((tmp_path / WORK).glob("*.phan"))
    found = store.load(path)
    assert found is not None
    assert store.load(path.with_name("khac.phan")) is None
    store.save(path, found)
    other = store.load(path)
    assert other is not None
    assert list(other.findings) == list(found.findings)


def test_old_results_are_replaced_together(claims: Path, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    more = ("--ignore", "MNY-001", "--ignore", "STR-01")
    assert run(*arguments(claims, tmp_path, *more), program=IN_ONE_PART).returncode == 0
    results(tmp_path)
    after = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == OUTPUTS - {"claims.parquet"}, "the claims are the same"


@pytest.mark.parametrize("jobs", ["0", "hai"])
def test_jobs_is_a_number_from_1_or_auto(claims: Path, tmp_path: Path, jobs: str) -> None:
    done = run(*arguments(claims, tmp_path, "--jobs", jobs))
    assert done.returncode == 2
    assert "--jobs" in done.stderr.decode() or "jobs" in done.stderr.decode()
