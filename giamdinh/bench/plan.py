"""Which competitors run on which data; the result is plain JSON values."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from giamdinh import __version__
from giamdinh.bench import machine
from giamdinh.bench.data import BASE_CLAIMS
from giamdinh.bench.measure import Job, in_turn, run
from giamdinh.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.bench.measure import Tell

SIZES = (1000, 10 * 1000, 100 * 1000)
REPEAT = 3
ROWS = 10**6
NAIVE, TUNED, READ_XML, XML2ARROW = "lxml đơn giản", "giamdinh lxml", "pandas.read_xml", "xml2arrow"
SCANNER = "giamdinh quét nhanh"
ENGINE, ENGINE_2 = "giamdinh, mọi quy tắc", "giamdinh, mọi quy tắc, 2 tiến trình"
SAME, CHECKER = "giamdinh, cùng quy tắc", "Python từng hồ sơ"
IDEAL, OURS = "vòng lặp numba lý tưởng", "giamdinh, chương trình dòng"
_ENGINES = {
    IDEAL: "ideal",
    OURS: "programs",
    "giamdinh, numpy": "numpy",
    "polars": "polars",
    "pandas": "pandas",
    "DuckDB": "duckdb",
}
_READ_MOST = 10 * 1000
"""Claims read in the part `parse`: rates no longer change beyond, and disks are not endless."""
_CHECKER_MOST = 10 * 1000
_SLOW = {NAIVE: 2000, TUNED: 2000, READ_XML: 100}
"""Claims that slow readers take: enough for a rate."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured.

    Attributes:
        sizes: numbers of claims.
        parts: names of `PARTS`.
        repeat: rounds.
        rows: rows of the part `rules`.
        base: claims that are generated before they are multiplied; at most `BASE_CLAIMS`.
    """

    sizes: tuple[int, ...] = SIZES
    parts: tuple[str, ...] = ()
    repeat: int = REPEAT
    rows: int = ROWS
    base: int = BASE_CLAIMS


def measured(wish: Wish, tell: Tell) -> dict[str, Any]:
    """All parts wished for, with the machine and the data they ran on.

    Raises:
        OutputError: the data could not be written.
    """
    started = datetime.now().astimezone()
    result: dict[str, Any] = {
        "version": __version__,
        "date": f"{started:%Y-%m-%d}",
        "machine": machine.described(),
        "sizes": list(wish.sizes),
        "repeat": wish.repeat,
        "base": wish.base,
        "parts": {},
    }
    for name in wish.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="giamdinh-bench-") as folder:
            result["parts"][name] = PARTS[name](Path(folder), wish, tell)
    seconds = (datetime.now().astimezone() - started).total_seconds()
    return {**result, "seconds": round(seconds)}


def _parse(folder: Path, wish: Wish, tell: Tell) -> dict[str, Any]:
    sizes = sorted({min(size, _READ_MOST) for size in wish.sizes})
    made = _data(folder, "parse", sizes, wish, tell)
    groups = {}
    for size in sizes:
        readers = _readers(str(folder / f"one-{size}"), size)
        groups[f"one-{size}"] = _runs(readers, wish, tell)
    for layout in ("big", "inline"):
        place = {"folder": str(folder / f"{layout}-{sizes[-1]}")}
        jobs = [
            Job("parse", TUNED, {**place, "most": 1, "scanner": False}, "ours"),
            Job("parse", SCANNER, {**place, "most": sizes[-1], "scanner": True}, "ours"),
        ]
        groups[f"{layout}-{sizes[-1]}"] = _runs(jobs, wish, tell)
    return {"data": made, "groups": groups}


def _readers(folder: str, size: int) -> list[Job]:
    def job(name: str, work: str, **more: Any) -> Job:  # noqa: ANN401 - JSON values
        most = min(size, _SLOW.get(name, size))
        return Job("parse", name, {"folder": folder, "most": most, **more}, work)

    return [
        job(NAIVE, "naive"),
        job(TUNED, "ours", scanner=False),
        job(READ_XML, "read_xml"),
        job(XML2ARROW, "xml2arrow"),
        job(SCANNER, "ours", scanner=True),
    ]


def _rules(_folder: Path, wish: Wish, tell: Tell) -> dict[str, Any]:
    jobs = [Job("engines", name, {"rows": wish.rows}, work) for name, work in _ENGINES.items()]
    return {"data": {"rows": wish.rows}, "groups": {"rules": _runs(jobs, wish, tell)}}


def _audit(folder: Path, wish: Wish, tell: Tell) -> dict[str, Any]:
    made = _data(folder, "audit", wish.sizes, wish, tell)
    _warm(folder, wish.sizes, tell)
    groups = {}
    for size in wish.sizes:
        place = {"folder": str(folder / str(size))}
        jobs = [
            Job("audit", ENGINE, place, "engine"),
            Job("audit", ENGINE_2, {**place, "jobs": 2}, "engine"),
            Job("audit", SAME, {**place, "same": True}, "engine"),
        ]
        if size <= _CHECKER_MOST:
            jobs.append(Job("audit", CHECKER, place, "checker"))
        groups[str(size)] = _runs(jobs, wish, tell)
    return {"data": made, "groups": groups}


def _scale(folder: Path, wish: Wish, tell: Tell) -> dict[str, Any]:
    largest = max(wish.sizes)
    sizes = sorted({max(largest // part, 1) for part in (4, 2, 1)})
    made = _data(folder, "audit", sizes, wish, tell)
    _warm(folder, sizes, tell)
    jobs = [
        Job("audit", str(size), {"folder": str(folder / str(size))}, "engine") for size in sizes
    ]
    return {"data": made, "groups": {"scale": _runs(jobs, wish, tell)}}


def _check(folder: Path, wish: Wish, tell: Tell) -> dict[str, Any]:
    made = _data(folder, "parse", [1], wish, tell)
    file = str(next((folder / "one-1").rglob("*.xml")))
    jobs = [
        Job("check", "Python trống", work="python"),
        Job("check", "import numpy, lxml", work="numpy_lxml"),
        Job("check", "import pandas", work="pandas"),
        Job("check", "giamdinh check", {"file": file}, "check"),
    ]
    return {"data": made, "groups": {"check": _runs(jobs, wish, tell)}}


PARTS: dict[str, Callable[[Path, Wish, Tell], dict[str, Any]]] = {
    "parse": _parse,
    "rules": _rules,
    "audit": _audit,
    "check": _check,
    "scale": _scale,
}


def _runs(jobs: Sequence[Job], wish: Wish, tell: Tell) -> list[dict[str, Any]]:
    return [runs.as_json() for runs in in_turn(jobs, wish.repeat, tell)]


def _data(folder: Path, kind: str, sizes: Sequence[int], wish: Wish, tell: Tell) -> dict[str, Any]:
    tell(f"tạo dữ liệu: {', '.join(map(str, sizes))} hồ sơ")
    wanted = {"folder": str(folder), "sizes": sorted(set(sizes)), "base": wish.base}
    made = run(Job("data", kind, wanted))
    if "problem" in made:
        raise OutputError(f"không tạo được dữ liệu đo: {made['problem']}")
    return made


def _warm(folder: Path, sizes: Sequence[int], tell: Tell) -> None:
    """One audit that nobody times, so that compiled code lies in the cache for all that follow."""
    tell("chạy nháp")
    enough = max((size for size in sizes if size <= _READ_MOST), default=min(sizes))
    run(Job("audit", ENGINE, {"folder": str(folder / str(enough))}, "engine"))
