"""What no arrangement of the same claims may change."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from giamdinh.money import money
from giamdinh.pipeline import Options, audit
from giamdinh.rules.cards import load_rules
from giamdinh.sample import generate

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult

Facts = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("thang")
    generate(folder, seed=11, month="2026-09", facilities=3, claims=60, errors=True)
    return folder


def run(paths: list[Path], month: Path, *, batch: int = 2000, pandera: bool = False) -> AuditResult:
    options = Options(catalogues=month / "danh_muc", batch_claims=batch, pandera=pandera)
    return audit(paths, options)


def facts(result: AuditResult, *, places: bool = False) -> Facts:
    """Findings without the order they came in, nor where the claim stood."""
    keep = [
        (
            *f._replace(claim_seq=0, line_seq=0, file=f.file if places else "", hoso=0),
            result.findings.fingerprint(i),
        )
        for i, f in enumerate(result.findings)
        if f.table.startswith("XML") and f.claim_seq >= 0
    ]
    return sorted(keep)


@pytest.fixture(scope="module")
def whole(month: Path) -> AuditResult:
    return run([month / "ho_so"], month)


def test_the_month_has_findings_to_compare(whole: AuditResult) -> None:
    assert len(facts(whole)) > 50
    assert all(outcome.status != "error" for outcome in whole.outcomes)


@pytest.mark.parametrize("batch", [1, 7, 50])
def test_the_size_of_a_batch_changes_nothing(month: Path, whole: AuditResult, batch: int) -> None:
    parts = run([month / "ho_so"], month, batch=batch)
    assert facts(parts, places=True) == facts(whole, places=True)
    assert parts.outcomes == whole.outcomes
    assert parts.ledger == whole.ledger
    assert parts.claims_by_facility == whole.claims_by_facility


def test_pandera_and_the_direct_checks_find_the_same(month: Path, whole: AuditResult) -> None:
    assert facts(run([month / "ho_so"], month, pandera=True)) == facts(whole)


def test_the_order_of_the_arguments_changes_nothing(month: Path, whole: AuditResult) -> None:
    files = sorted(p for p in (month / "ho_so").rglob("*") if p.is_file())
    assert facts(run(files[::-1], month)) == facts(whole)


def test_a_claims_findings_do_not_depend_on_its_neighbours(
    month: Path, whole: AuditResult, tmp_path: Path
) -> None:
    files = sorted((month / "ho_so").rglob("*.xml"))
    alone: Facts = []
    half = {"a": files[::2], "b": files[1::2]}
    for name, part in half.items():
        folder = tmp_path / name
        folder.mkdir()
        for i, path in enumerate(part):
            shutil.copy(path, folder / f"{i}_{path.name}")
        alone += facts(run([folder], month))
    together = facts(run(files, month))
    replaced = {str(p.claim) for p in whole.ledger.problems if p.kind == "ho_so_thay_the"}
    assert _of_one_claim(together, replaced) == _of_one_claim(sorted(alone), replaced)


def _of_one_claim(found: Facts, replaced: set[str]) -> Facts:
    """Findings of rules that look at one claim, without those of replaced claims."""
    across = {rule.code for rule in load_rules().rules if rule.across}
    return [fact for fact in found if fact[5] not in replaced and fact[0] not in across]


def test_running_twice_gives_the_same(month: Path, whole: AuditResult) -> None:
    again = run([month / "ho_so"], month)
    assert facts(again, places=True) == facts(whole, places=True)


def test_money_at_risk_never_exceeds_what_was_claimed(whole: AuditResult) -> None:
    claimed = sum(total for _, total in whole.claims_by_facility.values())
    at_risk = money(whole.findings)
    assert 0 < at_risk.error <= at_risk.error + at_risk.warning <= claimed
    assert all(0 <= f.amount <= f.claim_cap for f in whole.findings)


def test_the_ledger_adds_up(whole: AuditResult) -> None:
    ledger = whole.ledger
    assert ledger.files_found == ledger.files_read + ledger.files_rejected
    assert ledger.claims_declared == ledger.claims_read + ledger.claims_quarantined
    kept = sum(count for count, _ in whole.claims_by_facility.values())
    assert kept == ledger.claims_read - ledger.claims_replaced
