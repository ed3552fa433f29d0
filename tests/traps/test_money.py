"""Traps about money."""
# ruff: noqa: E501 - a drawn table stays in one piece

from __future__ import annotations

import re

import pytest

from tests.traps.drawing import RULES, hits, run

LINES = ("MNY-00", "MNY-02")
PAID = "THANH_TIEN_BV | THANH_TIEN_BH | T_NGUONKHAC | T_BNTT | T_BNCCT | T_BHTT"


def test_rounding_to_the_dong_is_within_the_tolerance_of_a_line() -> None:
    drawn = """
        MA_LK | STT | SO_LUONG | DON_GIA  | THANH_TIEN_BV
        A     | 1   | 3        | 3333.333 | 10000
        A     | 2   | 3        | 3333.333 | 10001
        A     | 3   | 3        | 3333.333 | 10001.01
    """
    assert hits("MNY-001", XML2=drawn) == {"A/3"}


def test_many_rounded_lines_keep_the_total_within_its_tolerance() -> None:
    lines = "\n".join(f"A|{i}|1000.00" for i in range(1, 201))
    claim = "MA_LK | T_THUOC\nA | {}"
    drawn = f"MA_LK|STT|THANH_TIEN_BV\n{lines}"
    assert hits("MNY-010", XML1=claim.format(200002), XML2=drawn) == set()
    assert hits("MNY-010", XML1=claim.format(200002.01), XML2=drawn) == {"A"}


def test_a_percent_out_of_range_is_reported_once_and_spoils_no_formula() -> None:
    drawn = f"""
        MA_LK | STT | PHAM_VI | SO_LUONG | DON_GIA | TYLE_TT_BH | MUC_HUONG | {PAID}
        A     | 1   | 1       | 10       | 10000   | 1000       | 80        | 100000 | 100000 | 0 | 0 | 20000 | 80000
    """
    assert run("MNY-00", "STR-044", XML2=drawn).codes() == {"STR-044"}
    assert hits("MNY-002", XML2=drawn.replace("1000  ", "50  ")) == {"A/1"}


def test_a_price_of_zero_is_not_a_missing_price() -> None:
    drawn = """
        MA_LK | STT | DON_GIA | T_BHTT
        A     | 1   | 0       | 5000
        A     | 2   |         | 5000
        A     | 3   | 0       | 0
    """
    assert hits("MNY-024", XML2=drawn) == {"XML2:A/1"}


def test_the_supply_total_is_never_held_against_services() -> None:
    lines = """
        MA_LK | STT | MA_NHOM | THANH_TIEN_BV
        A     | 1   | 1       | 100000
        A     | 2   | 10      | 5000
        B     | 1   | 1       | 100000
        B     | 2   | 10      | 5000
        C     | 1   | 1       | 100000
    """
    claims = """
        MA_LK | T_VTYT
        A     | 5000
        B     | 105000
        C     | 0
    """
    assert hits("MNY-011", XML1=claims, XML3=lines) == {"B"}


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2023-12-28", {"A/2"}),
        ("2024-06-30", set()),
        ("2024-07-01", {"A/1"}),
        ("2025-01-01", {"A/1"}),
    ],
)
def test_the_service_ratio_enters_the_hospital_amount_only_from_its_decision(
    day: str, found: set[str]
) -> None:
    drawn = """
        MA_LK | STT | SO_LUONG | DON_GIA_BV | DON_GIA_BH | TYLE_TT_DV | THANH_TIEN_BV
        A     | 1   | 1        | 40000      | 90000      | 30         | 40000
        A     | 2   | 1        | 40000      | 90000      | 30         | 12000
    """
    assert hits("MNY-003", day=day, XML3=drawn) == found


@pytest.mark.parametrize("day", ["2024-08-10", "2025-03-10", "2026-09-10"])
def test_a_shared_bed_may_carry_its_share_in_quantity_or_in_ratio(day: str) -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | PHAM_VI | SO_LUONG | DON_GIA_BV | DON_GIA_BH | TYLE_TT_DV | TYLE_TT_BH | T_NGUONKHAC | THANH_TIEN_BV | THANH_TIEN_BH
        A     | 1   | 15      | 1       | 1        | 200000     | 200000     | 50         | 100        | 0           | 100000        | 100000
        A     | 2   | 15      | 1       | 0.5      | 200000     | 200000     | 100        | 100        | 0           | 100000        | 100000
        A     | 3   | 15      | 1       | 0.5      | 200000     | 200000     | 33         | 100        | 0           | 33000         | 33000
        A     | 4   | 15      | 1       | 1        | 200000     | 200000     | 50         | 100        | 0           | 200000        | 150000
    """
    found = run("MNY-00", "STR-019", "STR-045", "BED-007", day=day, XML3=drawn)
    assert found.at("MNY-003") == {"A/4"}
    assert found.at("MNY-004") == {"A/4"}
    assert found.codes() == {"MNY-003", "MNY-004"}


def test_the_default_of_the_hospital_software_in_a_self_pay_line_is_no_finding() -> None:
    drawn = f"""
        MA_LK | STT | PHAM_VI | SO_LUONG | DON_GIA | TYLE_TT_BH | MUC_HUONG | {PAID}
        A     | 1   | 2       | 10       | 10000   | 0          | 80        | 100000 | 100000 | 0 | 100000 | 0 | 0
    """
    assert run(*LINES, XML2=drawn).codes() == set()
    paid = drawn.replace("100000 | 0 | 0\n", "20000 | 0 | 80000\n")
    assert hits("MNY-028", XML2=paid) == {"XML2:A/1"}


def test_the_payer_is_decided_line_by_line() -> None:
    drawn = f"""
        MA_LK | STT | MA_NHOM | PHAM_VI | SO_LUONG | DON_GIA_BV | DON_GIA_BH | TYLE_TT_DV | TYLE_TT_BH | MUC_HUONG | {PAID}
        A     | 1   | 1       | 1       | 1        | 100000     | 100000     | 100        | 100        | 80        | 100000 | 100000 | 0 | 0 | 20000 | 80000
        A     | 2   | 1       | 2       | 1        | 100000     | 0          | 100        | 0          | 0         | 100000 | 0      | 0 | 100000 | 0 | 0
    """
    claim = """
        MA_LK | MA_THE_BHYT     | MA_DOITUONG_KCB | T_THUOC | T_VTYT | T_TONGCHI_BV | T_TONGCHI_BH | T_NGUONKHAC | T_BNTT | T_BNCCT | T_BHTT
        A     | GD4010000000001 | {}              | 0       | 0      | 200000       | 100000       | 0           | 100000 | 20000   | 80000
    """
    assert run("MNY", "BEN", "CRD-037", XML1=claim.format("1.1"), XML3=drawn).codes() == set()
    insured_line = run("MNY", "CRD-037", XML1=claim.format("9"), XML3=drawn)
    assert insured_line.codes() == {"CRD-037"}
    assert insured_line.codes("error") == set()


def test_another_source_is_used_up_by_the_patient_before_the_fund() -> None:
    drawn = f"""
        MA_LK | STT | PHAM_VI | SO_LUONG | DON_GIA | TYLE_TT_BH | MUC_HUONG | {PAID}
        A     | 1   | 1       | 1        | 100000  | 50         | 80        | 100000 | 50000 | 70000 | 0     | 0     | 30000
        A     | 2   | 1       | 1        | 100000  | 50         | 80        | 100000 | 50000 | 20000 | 30000 | 10000 | 40000
        A     | 3   | 1       | 1        | 100000  | 50         | 80        | 100000 | 50000 | 30000 | 50000 | 10000 | 10000
    """
    found = run(*LINES, XML2=drawn)
    assert {(f.rule, f.row) for f in found.findings} == {("MNY-006", 3), ("MNY-008", 3)}


@pytest.mark.parametrize(
    ("day", "limit"), [("20240630", 270_000), ("20260630", 351_000), ("20260701", 379_500)]
)
def test_the_share_of_the_base_salary_follows_the_salary_of_the_day(day: str, limit: int) -> None:
    claims = f"""
        MA_LK | MA_THE_BHYT     | MA_DOITUONG_KCB | MA_LOAI_KCB | NGAY_VAO    | NGAY_RA     | T_TONGCHI_BH | T_BHTT
        A     | GD4010000000001 | 1.1             | 01          | {day}0800   | {day}0900   | {limit - 1}  | {limit - 1}
        B     | GD4010000000001 | 1.1             | 01          | {day}0800   | {day}0900   | {limit}      | {limit}
    """
    lines = f"""
        MA_LK | STT | MUC_HUONG | T_BHTT      | NGAY_YL
        A     | 1   | 100       | {limit - 1} | {day}0830
        B     | 1   | 100       | {limit}     | {day}0830
    """
    assert hits("BEN-004", XML1=claims, XML2=lines) == {"B"}


@pytest.mark.parametrize(("day", "limit"), [("20260630", 105_300_000), ("20260701", 113_850_000)])
def test_the_ceiling_of_a_package_follows_the_salary_and_is_strict(day: str, limit: int) -> None:
    lines = f"""
        MA_LK | STT | GOI_VTYT | THANH_TIEN_BH | T_BHTT | NGAY_YL
        A     | 1   | G1       | {limit - 100} | 1      | {day}0830
        A     | 2   | G1       | 100           | 1      | {day}0830
        A     | 3   | G2       | {limit + 1}   | 1      | {day}0830
    """
    claim = "MA_LK | MA_THE_BHYT\nA | GD4010000000001"
    assert hits("MNY-032", XML1=claim, XML3=lines) == {"A/3"}


def test_no_card_carries_an_amount_that_depends_on_the_base_salary() -> None:
    amounts = {
        str(salary * share // 100)
        for salary in (1_490_000, 1_800_000, 2_340_000, 2_530_000)
        for share in (15, 100, 600, 4500)
    }
    for rule in RULES.rules:
        logic = {k: v for k, v in rule.source.items() if k not in ("examples", "message")}
        written = set(re.findall(r"[0-9]+", str(logic).replace("_", "").replace(".", "")))
        assert written.isdisjoint(amounts), rule.code
