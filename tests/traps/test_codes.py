"""Traps about codes: drugs, tenders, services, diagnoses, doses."""
# ruff: noqa: E501 - a drawn table stays in one piece

from __future__ import annotations

import unicodedata

import pytest

from tests.traps.drawing import hits, run

CHRONIC = "1 viên/lần * 1 lần/ngày * {} ngày [1 viên/ngày]"


@pytest.mark.parametrize("code", ["05V.123", "05C.123.1", "HD.5", "40.17", "40.573", "40.1+40.2"])
def test_some_drugs_have_no_tender_by_design(code: str) -> None:
    drawn = f"""
        MA_LK | STT | MA_NHOM | PHAM_VI | MA_THUOC | TT_THAU         | T_BHTT
        A     | 1   | 4       | 1       | {code}   |                 | 600
        A     | 2   | 4       | 1       | {code}   | tự bào chế      | 600
        A     | 3   | 4       | 1       | 40.154   |                 | 600
        A     | 4   | 4       | 1       | 40.154   | mua tại nhà thuốc | 600
    """
    found = run("STR-007", "STR-054", XML2=drawn)
    assert found.at("STR-007") == {"XML2:A/3"}
    assert found.at("STR-054") == {"A/4"}


def test_a_tender_is_read_whatever_its_case_blanks_and_further_parts() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | PHAM_VI | MA_THUOC | TT_THAU
        A     | 1   | 4       | 1       | 40.154   | 123/QĐ-SYT;G1;N2;2025
        A     | 2   | 4       | 1       | 40.154   | 123/QĐ-SYT ; g01 ; n2 ; 2025
        A     | 3   | 4       | 1       | 40.154   | 123.QĐ.SYT;G1;N2;2025;79001
        A     | 4   | 4       | 1       | 40.154   | 123/QĐ-SYT;G1;2025
    """
    assert hits("STR-054", XML2=drawn) == {"A/4"}


def test_names_compare_without_case_blanks_and_way_of_composing_letters() -> None:
    name = "Nguyễn Thị Đỗ Ánh"
    spread = unicodedata.normalize("NFD", name.upper()).replace(" ", "  ")
    claims = f"MA_LK | HO_TEN\nA | {name}\nB | {name}"
    papers = f"MA_LK | HO_TEN\nA | {spread}\nB | Nguyễn Thị Đỗ Anh"
    assert hits("LNK-016", XML1=claims, XML14=papers) == {"XML14:B"}


def test_a_suffix_does_not_hide_the_service_it_belongs_to() -> None:
    lines = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU               | MA_VAT_TU  | NGAY_KQ      | T_BHTT
        A     | 1   | 8       | 10.0001.0372_GT          |            | 202503101000 | 9000
        A     | 2   | 1       | 23.0001.1000.C.01001     |            | 202503101000 | 9000
        A     | 3   | 2       | 18.0001.2000_GT          |            | 202503101000 | 9000
        A     | 4   | 10      | 10.0001.0372             | N07.07.010 | 202503101000 | 9000
        A     | 5   | 1       | 23.0002.1000.K.01002     |            | 202503101000 | 9000
        A     | 6   | 10      | 10.0009.0372             | N07.07.010 | 202503101000 | 9000
        A     | 7   | 1       | 23.0009.1000             |            | 202503101000 | 9000
    """
    drugs = "MA_LK | STT | MA_DICH_VU\nA | 1 | 10.0001.0372\nA | 2 | 10.0008.0372"
    results = """
        MA_LK | STT | MA_DICH_VU   | GIA_TRI | NGAY_KQ
        A     | 1   | 23.0001.1000 | 5       | 202503101000
        A     | 2   | 18.0001.2000 | 5       | 202503101000
        A     | 3   | 23.0002.1000 | 5       | 202503101000
        A     | 4   | 23.0008.1000 | 5       | 202503101000
    """
    found = run("LNK", XML2=drugs, XML3=lines, XML4=results)
    assert found.at("LNK-005") == {"A/7"}
    assert found.at("LNK-006") == {"A/4"}
    assert found.at("LNK-017") == {"A/2"}
    assert found.at("LNK-018") == {"A/6"}


def test_other_diagnoses_are_split_and_empty_parts_are_dropped() -> None:
    drawn = """
        MA_LK | MA_BENH_CHINH | MA_BENH_KT
        A     | J02.9         | ;I10; E11.9;;
        B     | J02.9         | ;I10;QQQ
        C     | J02.9         | ;J02.9
    """
    found = run("ICD", "STR-063", XML1=drawn)
    told = {(f.rule, f.claim) for f in found.findings if f.rule != "ICD-004"}
    assert told == {("ICD-003", "B"), ("ICD-019", "B"), ("ICD-005", "C")}


def test_a_code_more_detailed_than_the_list_stands_for_its_prefix() -> None:
    drawn = """
        MA_LK | MA_BENH_CHINH | GIOI_TINH
        A     | E11.987       | 1
        B     | I109          | 1
        C     | O80.912       | 2
        D     | O80.912       | 1
        E     | Q             | 1
    """
    found = run("ICD-002", "ICD-003", "ICD-011", XML1=drawn)
    assert found.at("ICD-002") == {"E"}
    assert found.at("ICD-011") == {"D"}
    assert {f.claim for f in found.findings} == {"D", "E"}


@pytest.mark.parametrize("day", ["2025-03-10", "2026-09-10"])
def test_traditional_codes_are_no_wrong_icd_codes(day: str) -> None:
    drawn = """
        MA_LK | MA_BENH_CHINH | MA_BENH_KT | MA_BENH_YHCT
        A     | J02.9         | I10        | U62.011;U55.071
        B     | U62.011       | I10        | U62.011
    """
    lines = "MA_LK | STT | MA_BENH | MA_BENH_YHCT\nA | 1 | J02.9 | U62.011"
    found = run("ICD", day=day, XML1=drawn, XML3=lines)
    assert {(f.rule, f.claim) for f in found.findings} == {("ICD-006", "B")}


def test_diagnoses_match_as_whole_codes_and_their_prefixes() -> None:
    drawn = """
        MA_LK | MA_LOAI_KCB | MA_BENH_CHINH | MA_BENH_KT
        A     | 01          | J30           | J30.1
        B     | 01          | J30           | J02.9;J30
        C     | 01          | J02.9         | E11.65
        D     | 01          | J02.9         | M25.E11
    """
    drugs = "\n".join(f"{key} | 1 | 4 | {CHRONIC.format(60)}" for key in "CD")
    head = "MA_LK | STT | MA_NHOM | LIEU_DUNG"
    found = run("ICD-005", "DRG-004", day="2025-08-10", XML1=drawn, XML2=f"{head}\n{drugs}")
    assert {(f.rule, f.claim) for f in found.findings} == {("ICD-005", "B"), ("DRG-004", "D")}


def test_quantity_is_dose_times_days_only_where_the_units_agree() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | DON_VI_TINH | LIEU_DUNG                                     | SO_LUONG
        A     | 1   | 4       | Lọ          | 5 ml/lần * 2 lần/ngày * 5 ngày [10 ml/ngày]    | 1
        A     | 2   | 4       | Chai        | 10 ml/lần * 3 lần/ngày * 7 ngày                | 2
        A     | 3   | 4       | Lọ          | 2 giọt/lần * 4 lần/ngày * 10 ngày              | 1
        A     | 4   | 4       | Tuýp        | 2 lần/ngày * 7 ngày                            | 1
        A     | 5   | 4       | Ống         | 1/2 ống/lần * 2 lần/ngày * 3 ngày              | 6
        A     | 6   | 4       | Viên        | 0,5 viên/lần * 1 lần/ngày * 5 ngày             | 3
        A     | 7   | 4       | Viên        | 1 viên/lần * 2 lần/ngày * 5 ngày [2 viên/ngày] | 12
        A     | 8   | 4       | Gói         | 1 gói/lần * 3 lần/ngày * 5 ngày                | 14
    """
    assert hits("DRG-002", XML2=drawn) == {"A/7", "A/8"}


def test_a_dose_in_another_grammar_is_read_or_left_alone() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | DON_VI_TINH | LIEU_DUNG                                | SO_LUONG
        A     | 1   | 4       | Viên        | Sáng 1 viên, tối 2 viên sau ăn           | 99
        A     | 2   | 4       | Viên        | Ngày uống 2 lần, mỗi lần 1 viên          | 99
        A     | 3   | 4       | Viên        | 1 viên x 2 lần x 5 ngày                  | 10
        A     | 4   | 4       | Viên        | 1 Viên/lần*2 lần/ngày*5 ngày[2 Viên/ngày] | 10
        A     | 5   | 4       | Viên        | 500mg/lần * 2 lần/ngày * 5 ngày          | 10
        A     | 6   | 4       | Viên        | theo chỉ dẫn 3 * 4                       | 99
        A     | 7   | 4       | Viên        | 1 Viên/lần*2 lần/ngày*5 ngày[2 Viên/ngày] | 11
    """
    assert hits("DRG-002", XML2=drawn) == {"A/7"}


@pytest.mark.parametrize(
    ("day", "days", "disease", "found"),
    [
        ("2025-06-30", 60, "J02.9", set()),
        ("2025-07-01", 60, "I10", set()),
        ("2025-07-01", 90, "E11.9", set()),
        ("2025-07-01", 91, "E11.9", {"A/1"}),
        ("2025-07-01", 31, "J02.9", {"A/1"}),
        ("2025-07-01", 30, "J02.9", set()),
    ],
)
def test_a_long_prescription_is_normal_for_a_chronic_disease(
    day: str, days: int, disease: str, found: set[str]
) -> None:
    claim = f"MA_LK | MA_LOAI_KCB | MA_BENH_CHINH\nA | 05 | {disease}"
    drugs = (
        f"MA_LK | STT | MA_NHOM | LIEU_DUNG | SO_LUONG\nA | 1 | 4 | {CHRONIC.format(days)} | {days}"
    )
    result = run("DRG", day=day, XML1=claim, XML2=drugs)
    assert result.at("DRG-004") == found
    assert result.codes("error") == set()
