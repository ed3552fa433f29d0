"""Measurements: each piece of work in a fresh process, all competitors in turn, round by round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Tell = Callable[[str], None]

ONE_THREAD = {
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}
"""One core for everybody; workers are processes and are asked for by name."""
_LAST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Job:
    """One competitor's piece of work.

    Attributes:
        part: module of this package whose `COMPETITORS` has the work.
        name: the competitor, and its name in the result.
        arguments: what the competitor is called with; JSON values.
        work: key of `COMPETITORS`, when it is not the name.
    """

    part: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    work: str = ""


@dataclass(frozen=True, slots=True)
class Runs:
    """All measurements of one competitor.

    Attributes:
        samples: one per round: wall and cpu (seconds), memory (MB, peak of the largest process; 0
            where the system does not tell) and what the work counted.
        problem: why there are none, "" when there are.
    """

    name: str
    samples: tuple[dict[str, float], ...] = ()
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"name": self.name, "samples": list(self.samples), "problem": self.problem}


def run(job: Job) -> dict[str, Any]:
    """One measurement in a fresh process; `problem` is there when it could not be made."""
    order = {"part": job.part, "work": job.work or job.name, "arguments": job.arguments}
    done = subprocess.run(
        [sys.executable, "-m", "giamdinh.bench.worker"],
        input=json.dumps(order).encode(),
        capture_output=True,
        check=False,
        env=environment(),
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["?"]
        return {"problem": words[-1][:_LAST_WORDS]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def environment() -> dict[str, str]:
    """The environment of a measured process: one thread, and byte code is kept between runs."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ONE_THREAD}


def in_turn(jobs: Iterable[Job], repeat: int, tell: Tell) -> list[Runs]:
    """All jobs `repeat` times: the first of each, then the second of each, and so on."""
    jobs = list(jobs)
    samples: dict[str, list[dict[str, float]]] = {job.name: [] for job in jobs}
    problems: dict[str, str] = {}
    for turn in range(repeat):
        for job in jobs:
            if job.name in problems:
                continue
            tell(f"{job.part}: {job.name} ({turn + 1}/{repeat})")
            found = run(job)
            if "problem" in found:
                problems[job.name] = found["problem"]
            else:
                samples[job.name].append(found)
    return [Runs(job.name, tuple(samples[job.name]), problems.get(job.name, "")) for job in jobs]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Median, lowest and highest of theirs / ours, round by round."""
    found = [b / a for a, b in zip(ours, theirs, strict=False)]
    return median(found), min(found), max(found)
