"""A province of ten facilities with planted growth and overruns: found there, and nowhere else."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from giamdinh.catalogues import load_catalogues
from giamdinh.growth.analyse import Norms, report_with
from giamdinh.growth.peers import kinds_of
from giamdinh.sample.province import ALLOCATIONS, GROWTH_KEY, OVERRUN_KEY, Province, Wish
from giamdinh.store.add import add
from tests.commands import run, told
from tests.growth.test_growth import STARTED

if TYPE_CHECKING:
    from giamdinh.growth.model import GrowthReport


@cache
def made() -> Path:
    """The same month of two years: the others are only needed for norms of their own."""
    top = Path(mkdtemp())
    province = Province(Wish(seed=7, last="2026-03", months=13, facilities=10, claims=40_000))
    months = [province._month(top / "0", 0)]
    province._leaving = []  # nobody comes back from last year's month
    months.append(province._month(top / "12", 12))
    province.write_books(top)
    add(top / "kho", [month.folder / "ho_so" for month in months])
    return top


@cache
def report() -> GrowthReport:
    kinds = kinds_of(load_catalogues(made() / "12/danh_muc"))
    return report_with(made() / "kho", None, STARTED, Norms(kinds))


def key(name: str) -> list[dict[str, str]]:
    with (made() / name).open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_every_planted_growth_is_found_at_the_highest_level() -> None:
    found = {(f.facility, f.dimension, f.key) for f in report().findings if f.level == 3}
    planted = [(row["MA_CSKCB"], row["CHIEU"], row["KHOA"]) for row in key(GROWTH_KEY)]
    assert len(planted) == 6
    assert set(planted) <= found


def test_nothing_is_said_of_facilities_where_nothing_was_planted() -> None:
    planted = {row["MA_CSKCB"] for row in key(GROWTH_KEY)}
    others = {change.facility for change in report().changes["co_so"]} - planted
    assert len(others) == 4
    assert [f.message for f in report().findings if f.facility in others] == []


def test_new_codes_of_patients_accuse_nobody() -> None:
    ratios = [one for one in report().ratios if one.rule == "GRW-013" and one.key]
    assert len(ratios) > 20
    assert {one.level for one in ratios} <= {0, None}
    assert {one.note for one in ratios if one.level is None} >= {
        "danh mục đổi nghĩa mã này, không so được"
    }


def test_exactly_the_planted_overruns_are_found(tmp_path: Path) -> None:
    done = run("budget", "--store", made() / "kho", "--allocations", made() / ALLOCATIONS,
               "--year", "2026", "--out", tmp_path)  # fmt: skip
    assert done.returncode == 0, told(done)
    groups = json.loads((tmp_path / "budget.json").read_text("utf-8"))["groups"]
    assert len(groups) == 10
    over = {group["facility"]: group["over"] for group in groups if group["over"] > 0}
    planted = {r["MA_CSKCB"]: float(r["VUOT"]) for r in key(OVERRUN_KEY) if r["NAM"] == "2026"}
    assert over == planted != {}
