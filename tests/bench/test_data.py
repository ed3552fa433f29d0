"""Benchmark data: copies are claims of their own, as right as their originals."""

from __future__ import annotations

import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from giamdinh.bench import data
from giamdinh.pipeline import Options, audit
from giamdinh.read import Ledger, read_claims
from giamdinh.rules.cards import load_rules
from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from pathlib import Path

BASE = 40
FILE = "TEP"
"""Findings about catalogue files are as many as before: these are not copied."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> list[data.Claim]:
    return data.base_claims(tmp_path_factory.mktemp("base"), errors=False, count=BASE)


def read(folder: Path) -> tuple[Ledger, set[str]]:
    ledger, keys = Ledger(), set()
    for claims in read_claims([folder], ledger):
        column = claims["XML1"]["MA_LK"]
        keys |= {column.text(row) for row in range(len(claims))}
    return ledger, keys


@pytest.mark.parametrize("layout", data.LAYOUTS)
def test_every_layout_is_read_whole(tmp_path: Path, base: list[data.Claim], layout: str) -> None:
    pick = data.by_day if layout == "days" else data.mixed
    told = data.write(pick(base, 3 * BASE), tmp_path, layout)
    ledger, keys = read(tmp_path)
    assert told["claims"] == ledger.claims_read == len(keys) == 3 * BASE
    assert told["files"] == ledger.files_read
    assert ledger.claims_quarantined == ledger.claims_replaced == 0
    assert ledger.problems == []


def test_half_of_the_claims_are_a_mixture_of_all_facilities(base: list[data.Claim]) -> None:
    for pick in (data.by_day, data.mixed):
        assert {claim.facility for claim in pick(base, BASE // 2)} == {c.facility for c in base}


def test_copies_keep_the_length_of_their_originals(base: list[data.Claim]) -> None:
    copies = list(data.mixed(base, 2 * BASE))
    sizes = [sum(len(text) for _, text in claim.tables) for claim in copies]
    assert sizes[:BASE] == sizes[BASE:]
    assert all(a.identity != b.identity for a, b in zip(copies, copies[BASE:], strict=False))


def test_filled_up_claims_have_realistic_rows(tmp_path: Path, base: list[data.Claim]) -> None:
    data.write(data.filled_up(base), tmp_path, "one")
    ledger, _ = read(tmp_path)
    for table, mean in data.REALISTIC.items():
        assert ledger.rows[table] / BASE == pytest.approx(mean, rel=0.1)
    for claims in read_claims([tmp_path], Ledger()):
        for table in data.REALISTIC:
            rows = claims[table]
            assert rows["STT"].values.tolist() == rows.number.tolist()


def test_copies_are_as_right_as_their_originals(tmp_path: Path) -> None:
    base = data.base_claims(tmp_path / "base", errors=True, count=BASE)
    across = tuple(rule.code for rule in load_rules().rules if rule.across)
    findings = []
    for times in (1, 3):
        folder = tmp_path / str(times)
        data.write(data.by_day(base, times * len(base)), folder / "ho_so", "days")
        data.write_catalogues(tmp_path / "base" / "danh_muc", folder / "danh_muc", times * BASE)
        asked = Options(catalogues=folder / "danh_muc", pandera=False, ignore=across)
        result = audit([folder / "ho_so"], asked)
        assert result.ledger.claims_replaced == 0
        rules, tables = result.findings.texts("rule"), result.findings.texts("table")
        findings.append(Counter(r for r, t in zip(rules, tables, strict=True) if t != FILE))
    assert findings[1] == Counter({rule: 3 * count for rule, count in findings[0].items()})


def test_damaged_files_are_left_out(tmp_path: Path) -> None:
    claims = data.base_claims(tmp_path, errors=True, count=BASE)
    names = {path.name for path in (tmp_path / "ho_so").iterdir()}
    assert any("_hong_" in name for name in names)
    assert any(zipfile.is_zipfile(path) for path in (tmp_path / "ho_so").iterdir())
    known = {name.encode() for name in table_specs()}
    assert all(table in known for claim in claims for table, _ in claim.tables)
