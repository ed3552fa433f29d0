"""The findings of the sample month are the reviewed ones; tests/sample compares its answer key."""

from __future__ import annotations

from tests import golden


def test_the_findings_of_the_sample_are_the_reviewed_ones() -> None:
    expected = golden.EXPECTED.read_text(encoding="utf-8")
    assert golden.rendered(golden.run()) == expected, "xem lại rồi chạy: python -m tests.golden"
