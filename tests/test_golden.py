"""The sample month: its findings are the reviewed ones, and every planted error is found."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from giamdinh.rules.cards import load_rules
from giamdinh.rules.in_force import needs_store
from giamdinh.sample import generate
from giamdinh.tables.values import number_text
from tests import golden

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult

Key = tuple[str, str, str, str, str, str]


@pytest.fixture(scope="module")
def sample() -> AuditResult:
    return golden.run()


def answer_key(folder: Path) -> dict[Key, str]:
    with (folder / "dap_an.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {
            (r["rule"], r["facility"], r["claim"], r["table"], r["row"], r["field"]): r["amount"]
            for r in csv.DictReader(stream)
        }


def found(result: AuditResult) -> dict[Key, str]:
    return {
        (f.rule, f.facility, f.claim, f.table, str(f.row), f.field): number_text(f.amount, 2)
        for f in result.findings
    }


def test_the_findings_of_the_sample_are_the_reviewed_ones(sample: AuditResult) -> None:
    expected = golden.EXPECTED.read_text(encoding="utf-8")
    assert golden.rendered(sample) == expected, "xem lại rồi chạy: python -m tests.golden"


def every_planted_error_is_found(folder: Path, result: AuditResult) -> None:
    key, got = answer_key(folder), found(result)
    assert sorted(set(key) - set(got)) == []
    wrong = {k: (got[k], amount) for k, amount in key.items() if amount and got[k] != amount}
    assert wrong == {}
    extra = [f for f in result.findings if f.severity == "error"]
    keys = [(f.rule, f.facility, f.claim, f.table, str(f.row), f.field) for f in extra]
    assert sorted(k for k in keys if k not in key) == []


def test_every_planted_error_of_the_sample_is_found_and_nothing_else(sample: AuditResult) -> None:
    every_planted_error_is_found(golden.SAMPLE, sample)


@pytest.mark.parametrize("month", ["2023-11", "2024-08", "2025-03", "2026-03", "2026-09"])
def test_planted_errors_are_found_under_the_law_of_their_month(tmp_path: Path, month: str) -> None:
    generate(tmp_path, seed=21, month=month, facilities=4, claims=150, errors=True)
    every_planted_error_is_found(tmp_path, golden.run(tmp_path))


@pytest.mark.parametrize("month", ["2023-11", "2024-08", "2025-03", "2026-03", "2026-09"])
def test_a_clean_month_has_no_finding_above_information(tmp_path: Path, month: str) -> None:
    generate(tmp_path, seed=22, month=month, facilities=4, claims=150, errors=False)
    result = golden.run(tmp_path)
    assert [(f.rule, f.claim, f.field) for f in result.findings if f.severity != "info"] == []
    assert result.ledger.claims_read == result.ledger.claims_declared == 150
    apart = {rule.code for rule in load_rules().rules if needs_store(rule)}
    statuses = {outcome.status for outcome in result.outcomes if outcome.rule not in apart}
    assert statuses <= {"ran", "not_applicable"}
