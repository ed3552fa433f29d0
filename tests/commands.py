"""Runs of the real command in its own process, and the synthetic months they work on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from giamdinh.sample import generate

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]


def run(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    program: tuple[str, ...] = ("-m", "giamdinh"),
) -> subprocess.CompletedProcess[bytes]:
    """`giamdinh arguments…`; output stays bytes, because its encoding is part of the promise."""
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
        timeout=120,
    )


def told(done: subprocess.CompletedProcess[bytes]) -> str:
    """Everything a run printed."""
    return done.stdout.decode() + done.stderr.decode()


def month(folder: Path, *, errors: bool, claims: int = 12) -> Path:
    """A small synthetic month in `folder`."""
    generate(folder, seed=5, month="2026-09", facilities=2, claims=claims, errors=errors)
    return folder
