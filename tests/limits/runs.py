"""Runs in processes of their own, with their processor time and peak of memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import ROOT
from tests.read.writer import claim, envelope, hoso

if TYPE_CHECKING:
    from pathlib import Path

nightly = pytest.mark.nightly
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits, mounts and /proc")

_METER = r"""
import atexit, json, re, resource, sys
from pathlib import Path
def say():
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]
    print("METER", used.ru_utime + used.ru_stime, int(peak) / 1000, file=sys.stderr)
atexit.register(say)
"""
_MAIN = "from giamdinh.cli import main\nmain()\n"


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended.

    Attributes:
        seconds: of processor time, without children.
        peak: MB of memory, without children.
    """

    code: int
    out: str
    err: str
    seconds: float
    peak: float


def metered(*arguments: str | Path, before: str = "", env: dict[str, str] | None = None) -> Run:
    """`giamdinh arguments…`; `before` is Python that runs first."""
    done = subprocess.run(
        [sys.executable, "-c", _METER + before + _MAIN, *map(str, arguments)],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )
    err = done.stderr.decode()
    found = re.search(r"METER (\S+) (\S+)\n", err)
    assert found, err
    assert "Traceback" not in err, err
    assert "Exception ignored" not in err, err
    said = err.replace(found[0], "")
    return Run(done.returncode, done.stdout.decode(), said, float(found[1]), float(found[2]))


def manifest(out: Path) -> dict[str, Any]:
    """run.json; its findings must be as many as findings.jsonl and findings.parquet hold."""
    from pyarrow import parquet

    said: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    with (out / "findings.jsonl").open("rb") as stream:
        assert sum(1 for _ in stream) == said["findings"]
    with (out / "findings.parquet").open("rb") as stream:
        assert parquet.read_metadata(stream).num_rows == said["findings"]
    return said


def one_claim(number: int, rows: int = 1) -> str:
    """A claim file with one small claim."""
    return envelope([hoso(claim(f"LK{number}", rows), "inline")])


def folder_of(top: Path, files: int, ending: str = ".xml", *, junk: bool = False) -> Path:
    """A folder with many small files in sub-folders."""
    text = one_claim(0)
    for i in range(files):
        folder = top / f"{i // 10_000:03d}"
        if i % 10_000 == 0:
            folder.mkdir(parents=True)
        written = "khong phai XML" if junk else text.replace("LK0", f"LK{i}")
        (folder / f"hs{i:06d}{ending}").write_text(written, encoding="utf-8")
    return top
