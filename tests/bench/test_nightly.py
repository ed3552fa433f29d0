"""Ratios with generous slack: what a slow or busy machine cannot turn around."""

from __future__ import annotations

from typing import Any

import pytest

from giamdinh.bench import plan
from giamdinh.bench.measure import ratios
from giamdinh.bench.plan import Wish, measured
from giamdinh.bench.tables import tables

pytestmark = pytest.mark.nightly

Samples = dict[str, list[dict[str, float]]]


def part(name: str, group: str, **wish: Any) -> Samples:
    result = measured(Wish(parts=(name,), **wish), lambda _: None)
    assert not any("KHÁC NHAU" in note for table in tables(result) for note in table.notes)
    runs = result["parts"][name]["groups"][group]
    assert [run["problem"] for run in runs if run["problem"]] == []
    return {run["name"]: run["samples"] for run in runs}


def faster(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> float:
    """How many times more claims per CPU second, at the median."""
    costs = [[sample["cpu"] / sample["claims"] for sample in taken] for taken in (ours, theirs)]
    return ratios(*costs)[0]


def test_the_scanner_reads_much_faster_than_the_usual_ways() -> None:
    found = part("parse", "one-2000", sizes=(2000,), base=500)
    assert faster(found[plan.SCANNER], found[plan.NAIVE]) > 4
    assert faster(found[plan.SCANNER], found[plan.READ_XML]) > 40


def test_row_programs_come_near_the_ideal_loop() -> None:
    found = part("rules", "rules", rows=300_000)
    costs = [[sample["cpu"] for sample in found[name]] for name in (plan.IDEAL, plan.OURS)]
    assert ratios(*costs)[0] < 5


def test_an_audit_is_much_faster_than_claim_by_claim() -> None:
    found = part("audit", "8000", sizes=(8000,), base=500)
    assert faster(found[plan.ENGINE], found[plan.CHECKER]) > 3


def test_four_times_the_data_takes_no_more_than_six_times_as_long() -> None:
    found = part("scale", "scale", sizes=(16_000,), base=500)
    small, *_, large = found.values()
    costs = [[sample["cpu"] for sample in taken] for taken in (small, large)]
    assert ratios(*costs)[0] < 6
    assert max(sample["memory"] for sample in large) < 600


def test_a_check_costs_little_more_than_its_imports() -> None:
    found = part("check", "check", base=20)
    costs = [[s["cpu"] for s in found[name]] for name in ("import numpy, lxml", "giamdinh check")]
    assert ratios(*costs)[0] < 6
