"""A small province from its first month to the reports: all answers, and no more than linear."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from giamdinh.bench.province import ALL, Run
from giamdinh.sample.province import Wish

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(sys.platform == "win32", reason="memory of a child is told by os.wait4"),
]

MOST = 2.1 + 0.1
"""Twice the months may cost so many times as much; the tenth is what a busy machine adds."""


def test_a_province_has_its_answers_in_time_and_memory(tmp_path: Path) -> None:
    wish = Wish(seed=7, last="2026-09", months=16, facilities=4, claims=32_000)
    made = Run(tmp_path, wish, lambda _: None).measured()
    assert made.audit.planted > 16
    assert (made.audit.missing, made.audit.wrong) == ([], [])
    assert (made.growth.planted, made.growth.missing) == (4, [])
    assert (made.budget.planted, made.budget.missing, made.budget.wrong) == (1, [], [])
    assert max(step.memory for step in made.steps.values()) < 1000
    assert made.ratios[ALL] <= MOST, made.as_json()
