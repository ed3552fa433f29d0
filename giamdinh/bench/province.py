"""A province from the first month to the reports: time and memory of every step, and the answers.

Months are made, taken into the store, audited against it and removed, one after another, so that
the disk holds one month of files and the store. Each step is a process of its own.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from giamdinh.bench.measure import environment
from giamdinh.sample import province
from giamdinh.sample.generate import CLAIM_FOLDER, KEY_FILE, LIST_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from giamdinh.bench.measure import Tell
    from giamdinh.sample.province import Month, Wish

MAKE, ADD, AUDIT, GROWTH, BUDGET, VERIFY = "sample", "add", "audit", "growth", "budget", "verify"
ALL = "all"
"""Of the ratios: all months taken in and audited, and the reports at their end."""
_KILO = 1024
_FIELDS = ("rule", "facility", "claim", "table", "row", "field")


@dataclass(slots=True)
class Step:
    """All runs of one command: CPU seconds each, the largest memory in MB."""

    seconds: list[float] = field(default_factory=list)
    memory: float = 0


@dataclass(slots=True)
class Answers:
    """What was planted and what was found.

    Attributes:
        missing: planted and not found.
        wrong: findings at error level that nobody planted.
        warned: warnings that nobody planted, by rule.
    """

    planted: int = 0
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    warned: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Measured:
    """The result: steps by name, twice the months against half of them, and the answers.

    Attributes:
        claims: of each month.
        ratios: seconds of all months over those of the first half, as if both halves had the same
            number of claims.
    """

    claims: list[int] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=lambda: defaultdict(Step))
    ratios: dict[str, float] = field(default_factory=dict)
    audit: Answers = field(default_factory=Answers)
    growth: Answers = field(default_factory=Answers)
    budget: Answers = field(default_factory=Answers)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        steps = {name: asdict(step) for name, step in self.steps.items()}
        return asdict(replace(self, steps={})) | {"steps": steps}


class Run:
    """One run over a folder, which must be empty."""

    def __init__(self, folder: Path, wish: Wish, tell: Tell) -> None:
        self._folder, self._wish, self._tell = folder, wish, tell
        self._store = folder / "kho"
        self._names = province.months_until(wish.last, wish.months)
        self._books = province.Province(wish)
        self.result = Measured()

    def measured(self) -> Measured:
        """All months, with the reports at half of them and at the end."""
        half = self._wish.months // 2
        lists = self._folder / LIST_FOLDER
        clock = time.process_time()
        for number, month in enumerate(self._books.months(self._folder), start=1):
            self._step(MAKE, time.process_time() - clock, 0)
            self._take(month)
            shutil.rmtree(lists, ignore_errors=True)
            (month.folder / LIST_FOLDER).rename(lists)
            shutil.rmtree(month.folder)
            if number == half:
                self._books.write_books(self._folder)
                self._reports(number)
            clock = time.process_time()
        self._reports(self._wish.months)
        self._call(VERIFY, "store", "verify", "--store", self._store)
        self._compare(half)
        return self.result

    def _take(self, month: Month) -> None:
        self.result.claims.append(month.claims)
        claims, out = month.folder / CLAIM_FOLDER, self._folder / "ket_qua"
        earlier = ("--store", self._store) if self._store.exists() else ()
        self._call(AUDIT, "audit", claims, "--catalogues", month.folder / LIST_FOLDER, *earlier,
                   "--out", out, "--jobs", "1", "--format", "none")  # fmt: skip
        self._call(ADD, "store", "add", claims, "--store", self._store)
        _check_findings(out / "findings.parquet", month, self.result.audit)
        self._tell(f"{month.name}: {month.claims} hồ sơ, {self._last()}")

    def _reports(self, months: int) -> None:
        first = self._names[months - max(self._wish.months // 4, 1)]
        last = self._names[months - 1]
        out = self._folder / f"bao_cao_{months}"
        self._call(GROWTH, "growth", "--store", self._store, "--from", first, "--to", last,
                   "--catalogues", self._folder / LIST_FOLDER, "--out", out)  # fmt: skip
        self._call(BUDGET, "budget", "--store", self._store, "--year", last[:4],
                   "--allocations", self._folder / province.ALLOCATIONS,
                   "--enrolment", self._folder / province.ENROLMENT, "--out", out)  # fmt: skip
        if months == self._wish.months:
            _check_growth(out / "growth.json", self._folder, self.result.growth)
            _check_budget(out / "budget.json", self._folder, self.result.budget)

    def _compare(self, half: int) -> None:
        """Seconds of all months over those of the first half, and of the reports at both."""
        if not half:
            return
        steps, claims = self.result.steps, self.result.claims
        more = sum(claims) / sum(claims[:half]) / 2
        whole, part = 0.0, 0.0
        for name in (ADD, AUDIT, GROWTH, BUDGET):
            seconds = steps[name].seconds
            monthly = name in {ADD, AUDIT}
            own = sum(seconds) if monthly else seconds[-1]
            first = sum(seconds[:half]) if monthly else seconds[0]
            self.result.ratios[name] = round(own / first / more, 3)
            whole, part = whole + own, part + first
        self.result.ratios[ALL] = round(whole / part / more, 3)

    def _call(self, name: str, *arguments: object) -> None:
        command = [sys.executable, "-m", "giamdinh", *map(str, arguments)]
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.DEVNULL, env=environment()
        )
        _, state, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(state)
        if process.returncode:
            raise RuntimeError(f"{name}: mã thoát {process.returncode}")
        unit = _KILO * _KILO if sys.platform == "darwin" else _KILO
        self._step(name, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)

    def _step(self, name: str, seconds: float, memory: float) -> None:
        step = self.result.steps[name]
        step.seconds.append(round(seconds, 2))
        step.memory = max(step.memory, round(memory))

    def _last(self) -> str:
        steps = self.result.steps.items()
        return ", ".join(
            f"{name} {step.seconds[-1]:.1f} s {step.memory} MB" for name, step in steps
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _check_findings(path: Path, month: Month, answers: Answers) -> None:
    from pyarrow import parquet

    planted = {tuple(row[name] for name in _FIELDS) for row in _rows(month.folder / KEY_FILE)}
    answers.planted += len(planted)
    found = set()
    for row in parquet.read_table(path).to_pylist():
        key = tuple(str(row[name]) for name in _FIELDS)
        found.add(key)
        if key in planted or row["severity"] == "info":
            continue
        if row["severity"] == "error":
            answers.wrong.append(" ".join(key))
        else:
            answers.warned[row["rule"]] = answers.warned.get(row["rule"], 0) + 1
    answers.missing += sorted(" ".join(key) for key in planted - found)


def _check_growth(path: Path, folder: Path, answers: Answers) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))["findings"]
    named = {(row["facility"], row["dimension"], row["key"]) for row in found}
    for row in _rows(folder / province.GROWTH_KEY):
        answers.planted += 1
        key = (row["MA_CSKCB"], row["CHIEU"], row["KHOA"])
        if key not in named:
            answers.missing.append(" ".join(key))
    planted = {row["MA_CSKCB"] for row in _rows(folder / province.GROWTH_KEY)}
    for row in found:
        # The lowest level of a whole facility tells a tenth more, which chance may bring.
        if row["facility"] not in planted and row["dimension"] == "co_so" and row["level"] > 1:
            answers.wrong.append(f"{row['facility']} {row['message']}")
        elif row["facility"] not in planted:
            answers.warned[row["rule"]] = answers.warned.get(row["rule"], 0) + 1


def _check_budget(path: Path, folder: Path, answers: Answers) -> None:
    report = json.loads(path.read_text(encoding="utf-8"))
    over = {group["facility"]: group["over"] for group in report["groups"] if group["over"] > 0}
    for row in _rows(folder / province.OVERRUN_KEY):
        if int(row["NAM"]) == report["year"]:
            answers.planted += 1
            if over.pop(row["MA_CSKCB"], None) != float(row["VUOT"]):
                answers.missing.append(row["MA_CSKCB"])
    answers.wrong += sorted(over)


def main() -> None:
    """`python -m giamdinh.bench.province FOLDER MONTHS FACILITIES CLAIMS`: prints JSON."""
    from pathlib import Path

    from giamdinh.sample.province import Wish

    folder, *numbers = sys.argv[1:]
    months, places, claims = map(int, numbers)
    wish = Wish(seed=7, last="2026-09", months=months, facilities=places, claims=claims)

    def tell(text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    run = Run(Path(folder), wish, tell)
    try:
        run.measured()
    finally:
        sys.stdout.write(json.dumps(run.result.as_json(), ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
