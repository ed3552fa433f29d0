"""What findings would take back: once per line, at most T_BHTT, of the year that is asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from giamdinh.budget.refusals import asked_too_much, refusals
from giamdinh.budget.takeback import taken_back
from giamdinh.errors import InputError
from giamdinh.read.replaced import claim_key
from giamdinh.sample import generate
from giamdinh.store.add import add
from giamdinh.store.reading import open_store
from tests.commands import run, told

if TYPE_CHECKING:
    from pathlib import Path

MONEY = pa.decimal128(18, 2)
Row = tuple[str | None, str | None, str, int, str, int]


def findings(folder: Path, rows: list[Row], claims: dict[tuple[str, str], tuple[int, int]]) -> None:
    """findings.parquet; claims.parquet with (month, T_BHTT) where there are claims."""
    names = ("facility", "claim", "table", "row", "severity")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    texts = ("field", "value", "expected", "rule", "message", "basis")
    table = pa.table({
        **columns,
        **{name: [name] * len(rows) for name in texts},
        "file": [f"{i}.xml" for i in range(len(rows))],
        "hoso": [1] * len(rows),
        "amount": pa.array([Decimal(row[5]) for row in rows], MONEY),
    })  # fmt: skip
    parquet.write_table(table, folder / "findings.parquet")
    if claims:
        keys = pa.array([claim_key(*pair) for pair in claims], pa.uint64())
        paid = pa.array([Decimal(paid) for _, paid in claims.values()], MONEY)
        months = pa.array([month for month, _ in claims.values()], pa.int32())
        register = pa.table({"claim": keys, "T_BHTT": paid, "month": months})
        parquet.write_table(register, folder / "claims.parquet")


def test_each_line_counts_once_and_a_claim_the_larger_side(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("A", "1", "XML3", 1, "error", 5), ("A", "1", "XML3", 1, "error", 7),
        ("A", "1", "XML2", 1, "error", 2), ("A", "2", "XML1", 1, "error", 11),
        ("B", "3", "XML1", 1, "warning", 100), ("B", "3", "XML2", 4, "error", 3),
    ]  # fmt: skip
    findings(tmp_path, rows, {})
    found = taken_back(tmp_path, 2026)
    assert dict(found.amounts) == {"A": 2000, "B": 300}
    assert found.unbounded == (3, 2300)
    assert "tính cả, không chặn trên" in str(next(found.notices(["A", "B"])))
    with pytest.raises(InputError, match="không có findings"):
        taken_back(tmp_path / "kq", 2026)


def test_a_claim_gives_back_at_most_what_the_fund_paid_and_only_in_its_year(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("A", "1", "XML3", 1, "error", 50), ("A", "1", "XML3", 2, "error", 60),
        ("A", "2", "XML1", 1, "error", 30), ("A", "3", "XML1", 1, "error", 40),
        ("C", "4", "XML1", 1, "error", 9),
    ]  # fmt: skip
    claims = {("A", "1"): (202609, 80), ("A", "2"): (202512, 70), ("A", "3"): (0, 70),
              ("C", "4"): (202601, 5)}  # fmt: skip
    findings(tmp_path, rows, claims)
    found = taken_back(tmp_path, 2026)
    assert dict(found.amounts) == {"A": 8000, "C": 500}
    assert (found.outside, found.undated, found.cut) == ((1, 3000), (1, 4000), 3400)
    said = [str(notice) for notice in found.notices(["A"])]
    assert any("30 đ của 1 hồ sơ không thuộc năm 2026" in text for text in said)
    assert any("40 đ của 1 hồ sơ không rõ tháng" in text for text in said)
    assert any("không thuộc cơ sở nào trong báo cáo: C 5 đ" in text for text in said)
    assert dict(taken_back(tmp_path, 2025).amounts) == {"A": 3000}


def test_findings_without_facility_or_claim_do_not_vanish(tmp_path: Path) -> None:
    nobody: list[Row] = [(None, None, "XML1", 1, "error", 4), ("", "", "XML1", 1, "error", 5)]
    nameless: list[Row] = [("A", "", "XML1", 1, "error", 6), ("A", None, "XML1", 1, "error", 7)]
    rows = [*nobody, *nameless]
    findings(tmp_path, rows, {})
    found = taken_back(tmp_path, 2026)
    assert dict(found.amounts) == {"": 900, "A": 1300}
    assert any("không ghi MA_CSKCB 9 đ" in str(one) for one in found.notices(["A"]))
    done = run("forms", "09bh", "--findings", tmp_path, "--out", tmp_path / "kq")
    assert done.returncode == 0, told(done)
    assert "2 dòng, 9 đ không ghi MA_CSKCB: tệp KHONG_RO" in told(done)
    assert (tmp_path / "kq/09BH_KHONG_RO.xlsx").is_file()


def test_rows_of_a_claim_that_ask_for_more_than_it_gives_back_are_listed(tmp_path: Path) -> None:
    rows: list[Row] = [("A", "1", "XML3", 1, "error", 50), ("A", "1", "XML1", 1, "error", 60),
                       ("A", "2", "XML3", 1, "error", 10)]  # fmt: skip
    findings(tmp_path, rows, {("A", "1"): (202609, 55), ("A", "2"): (202609, 20)})
    (over,) = asked_too_much(tmp_path, refusals(tmp_path))
    assert (over.claim, over.rows, over.asked, over.counted) == ("1", 2, 11000, 5500)


def test_the_store_says_the_month_of_settlement_and_what_was_paid(tmp_path: Path) -> None:
    generate(tmp_path / "t", seed=2, month="2026-09", facilities=1, claims=8, errors=False)
    add(tmp_path / "kho", [tmp_path / "t/ho_so"])
    with open_store(tmp_path / "kho") as own:
        facility, claim, paid = own.rows("SELECT cskcb, ma_lk, t_bhtt FROM ho_so LIMIT 1")[0]
    rows: list[Row] = [(facility, claim, "XML1", 1, "error", 10**9),
                       (facility, "khong-co", "XML1", 1, "error", 5)]  # fmt: skip
    findings(tmp_path, rows, {})
    found = taken_back(tmp_path, 2026, tmp_path / "kho")
    assert dict(found.amounts) == {facility: paid}
    assert found.undated == (1, 500)
    assert not taken_back(tmp_path, 2025, tmp_path / "kho").amounts
