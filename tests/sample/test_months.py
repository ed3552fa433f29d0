from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from giamdinh.errors import UsageError
from giamdinh.pipeline import Options, audit
from giamdinh.rules.cards import load_rules
from giamdinh.rules.in_force import needs_store
from giamdinh.sample.model import Request
from giamdinh.sample.months import generate_months
from giamdinh.store.add import add
from giamdinh.tables.values import number_text
from tests.commands import run, told

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.sample.months import LaterMonth

Key = tuple[str, ...]
_NAMES = ("rule", "facility", "claim", "table", "row", "field", "amount", "expected")
WISH = Request(seed=7, month="2026-10", facilities=5, claims=12, errors=False)
ACROSS = {"BEN-020", "DOC-015", "SVC-009"}
"""Rules that judge a month alone too, and find more beside the months before."""


def planted(month: LaterMonth) -> list[Key]:
    with (month.folder / "dap_an.csv").open(encoding="utf-8", newline="") as file:
        return sorted(tuple(row[name] for name in _NAMES) for row in csv.DictReader(file))


def found(month: LaterMonth, store: Path | None = None) -> list[Key]:
    """Everything that an audit finds, of any severity."""
    options = Options(catalogues=month.folder / "danh_muc", pandera=False, store=store)
    result = audit([month.folder / "ho_so"], options)
    return sorted(
        (
            *(f.rule, f.facility, f.claim, f.table, str(f.row), f.field),
            *(number_text(f.amount, 2) if f.amount else "", f.expected),
        )
        for f in result.findings
    )


def test_every_rule_that_needs_earlier_months_finds_its_error_in_a_year_of_them(
    tmp_path: Path,
) -> None:
    """Nothing else is found, and nothing at all without the store or in the month before."""
    *_, before, last = months = generate_months(tmp_path, WISH, 13)
    assert found(before) == planted(before) == []
    assert found(last) == []
    add(tmp_path / "kho", [month.folder / "ho_so" for month in months[:-1]])
    assert found(last, tmp_path / "kho") == planted(last)
    needing = {rule.code for rule in load_rules().rules if needs_store(rule)}
    assert {row[0] for row in planted(last)} == needing | ACROSS


def test_two_months_have_the_errors_that_do_not_take_a_year(tmp_path: Path) -> None:
    one, two = (
        generate_months(tmp_path / name, Request(9, "2026-12", 5, 20, errors=False), 2)[-1]
        for name in ("a", "b")
    )
    assert planted(one) == planted(two)
    assert {row[0] for row in planted(one)} >= {"BEN-012", "CAT-013", "CRD-024", "MNY-034"}
    assert "BEN-013" not in {row[0] for row in planted(one)}


def test_the_command_writes_months_with_errors(tmp_path: Path) -> None:
    command = ("sample", tmp_path, "--errors", "--facilities", "5", "--claims", "15", "--months")
    assert "2026-08: " in told(run(*command, "2"))
    assert (tmp_path / "2026-09" / "dap_an.csv").stat().st_size > 500


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--errors", "--months", "1"), "ít nhất 2 tháng"),
        (("--errors", "--months", "9", "--claims", "900"), "nhiều nhất 8000 hồ sơ"),
        (("--month", "2026-13"), "không phải tháng"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(
    tmp_path: Path, options: tuple[str, ...], why: str
) -> None:
    refused = run("sample", tmp_path, *options)
    assert refused.returncode == UsageError.exit_code
    assert why in told(refused)
