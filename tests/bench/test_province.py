"""A small province from its first month to the reports: all answers, and no more than linear."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from giamdinh.bench.province import ADD, AUDIT, GROWTH, Run
from giamdinh.sample.province import Wish

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(sys.platform == "win32", reason="memory of a child is told by os.wait4"),
]


def test_a_province_has_its_answers_in_time_and_memory(tmp_path: Path) -> None:
    wish = Wish(seed=7, last="2026-09", months=16, facilities=4, claims=8000)
    made = Run(tmp_path, wish, lambda _: None).measured()
    assert made.audit.planted > 16
    assert (made.audit.missing, made.audit.wrong) == ([], [])
    assert (made.growth.planted, made.growth.missing) == (4, [])
    assert (made.budget.planted, made.budget.missing, made.budget.wrong) == (1, [], [])
    assert max(step.memory for step in made.steps.values()) < 1000
    for name in (AUDIT, ADD, GROWTH):
        assert made.ratios[name] < 2.5, name
