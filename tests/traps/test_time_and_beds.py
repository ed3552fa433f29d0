"""Traps about times and beds."""
# ruff: noqa: E501 - a drawn table stays in one piece

from __future__ import annotations

import pytest

from tests.traps.drawing import hits, run

STAY = "MA_LK | MA_LOAI_KCB | NGAY_VAO | NGAY_VAO_NOI_TRU | NGAY_RA | KET_QUA_DTRI | MA_LOAI_RV"


def stay(key: str, admitted: str, left: str, result: str = "1", how: str = "1") -> str:
    """An inpatient row; who came earlier waited for admission."""
    return f"{key} | 03 | 202503010700 | {admitted} | {left} | {result} | {how}"


def beds(*rows: str) -> str:
    """Bed lines, each `key | number | quantity`, all of department K03."""
    lines = [f"{row} | 15 | K03 | K03.1917 | 100 | 200000 | 100000" for row in rows]
    head = (
        "MA_LK | STT | SO_LUONG | MA_NHOM | MA_KHOA | MA_DICH_VU | TYLE_TT_DV | DON_GIA_BH | T_BHTT"
    )
    return "\n".join([head, *lines])


def test_bed_days_start_at_the_admission_and_not_at_the_arrival() -> None:
    claims = "\n".join([
        STAY,
        stay("A", "202503031000", "202503061000"),
        stay("B", "202503031000", "202503061000"),
    ])  # fmt: skip
    found = run("BED", day="2025-03-01", XML1=claims, XML3=beds("A|1|3", "B|1|5"))
    assert {f.claim for f in found.findings} == {"B"}
    assert found.at("BED-004") == {"B/1"}


def test_four_to_twenty_four_hours_are_one_day_even_over_midnight() -> None:
    claims = "\n".join([
        STAY,
        stay("A", "202503012000", "202503020800"),
        stay("B", "202503012000", "202503020800"),
        stay("C", "202503012000", "202503020800"),
    ])  # fmt: skip
    found = run(
        "BED",
        day="2025-03-01",
        XML1=claims,
        XML3=beds("A|1|1", "B|1|1", "B|2|1", "C|1|0.5", "C|2|0.5"),
    )
    assert found.at("BED-003") == {"B/2"}
    assert {f.claim for f in found.findings} == {"B"}


def test_leftover_hours_never_add_a_day() -> None:
    claims = "\n".join([
        STAY,
        stay("A", "202503010800", "202503032300"),
        stay("B", "202503010800", "202503032300"),
    ])  # fmt: skip
    found = run("BED", day="2025-03-01", XML1=claims, XML3=beds("A|1|2", "B|1|3"))
    assert found.codes() == {"BED-023"}
    assert found.at("BED-023") == {"B/1"}


def test_the_extra_day_needs_the_result_or_the_kind_of_discharge() -> None:
    claims = "\n".join([
        STAY,
        stay("A", "202503010800", "202503041000", "5", "1"),
        stay("B", "202503010800", "202503041000", "2", "2"),
        stay("C", "202503010800", "202503041000", "6", "4"),
        stay("D", "202503010800", "202503041000", "1", "1"),
        stay("E", "202503010800", "202503041000", "5", "2"),
    ])  # fmt: skip
    found = run(
        "BED", day="2025-03-01", XML1=claims, XML3=beds("A|1|4", "B|1|4", "C|1|4", "D|1|4", "E|1|5")
    )
    assert found.at("BED-023") == {"D/1"}
    assert found.at("BED-004") == {"E/1"}
    assert found.codes("error") == {"BED-004"}


def test_a_joint_department_is_not_another_department() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | MA_KHOA | MA_DICH_VU | SO_LUONG | NGAY_YL      | T_BHTT
        A     | 1   | 15      | K103436 | K10.1917   | 1        | 202503100800 | 100000
        A     | 2   | 15      | K34     | K34.1917   | 1        | 202503101500 | 100000
        B     | 1   | 15      | K02     | K02.1917   | 1        | 202503100800 | 100000
        B     | 2   | 15      | K03     | K03.1917   | 1        | 202503101500 | 100000
    """
    found = run("BED", XML3=drawn)
    assert {f.claim for f in found.findings} == {"B"}
    assert found.at("BED-015") == {"B/2"}


def test_a_transferred_patient_has_two_beds_on_one_day() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | MA_KHOA | MA_DICH_VU | SO_LUONG | NGAY_YL      | T_BHTT
        A     | 1   | 15      | K02     | K02.1906   | 0.5      | 202503100800 | 200000
        A     | 2   | 15      | K19     | K19.1923   | 0        | 202503101200 | 0
        A     | 3   | 15      | K03     | K03.1917   | 0.5      | 202503101500 | 100000
        B     | 1   | 15      | K03     | K03.1917   | 1        | 202503100800 | 200000
        B     | 2   | 15      | K03     | K03.1923   | 1        | 202503101500 | 150000
        C     | 1   | 15      | K02     | K02.1906   | 1        | 202503100800 | 400000
        C     | 2   | 15      | K03     | K03.1917   | 1        | 202503101500 | 200000
    """
    found = run("BED", "STR-017", "STR-019", "CLN", XML3=drawn)
    assert {f.claim for f in found.findings} == {"B", "C"}
    assert found.at("BED-006") == {"B/2"}
    assert found.at("BED-015") == {"C/2"}
    assert found.codes("error") == set()


def test_the_result_time_of_a_bed_is_the_end_of_the_bed() -> None:
    claims = "MA_LK | MA_LOAI_KCB | NGAY_VAO | NGAY_RA\nA | 03 | 202503050800 | 202503101000"
    drawn = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | NGAY_YL      | NGAY_TH_YL   | NGAY_KQ      | SO_LUONG | T_BHTT
        A     | 1   | 15      | K03.1917     | 202503050900 | 202503050900 | 202503101000 | 5        | 100000
        A     | 2   | 2       | 18.0001.0001 | 202503050900 | 202503050930 | 202503050920 | 1        | 100000
        A     | 3   | 15      | K03.1917     | 202503060900 | 202503060900 | 202503060800 | 1        | 100000
    """
    found = run("TIM", "BED-007", "BED-019", "BED-021", XML1=claims, XML3=drawn)
    assert {(f.rule, f.row) for f in found.findings} == {("TIM-007", 2), ("TIM-025", 3)}


@pytest.mark.parametrize(("day", "found"), [("2024-12-31", set()), ("2025-01-01", {"A/1"})])
def test_an_empty_execution_time_is_normal_in_older_claims(day: str, found: set[str]) -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU           | NGAY_TH_YL | T_BHTT
        A     | 1   | 1       | 22.0001.0001         |            | 30000
        A     | 2   | 1       | 22.0001.0001.K.01002 |            | 30000
        A     | 3   | 10      |                      |            | 30000
    """
    drugs = "MA_LK | STT | MA_NHOM | NGAY_TH_YL\nA | 1 | 4 |"
    result = run("TIM", day=day, XML2=drugs, XML3=drawn)
    assert result.at("TIM-012") == found
    assert result.codes() <= {"TIM-012"}


def test_results_may_arrive_after_the_first_sending() -> None:
    sent = "MA_LK | NGAYLAP\nA | 20250311\nB | 20250510"
    lines = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | NGAY_KQ | T_BHTT
        A     | 1   | 1       | 24.0001.0001 |         | 80000
        B     | 1   | 1       | 24.0001.0001 |         | 80000
    """
    results = """
        MA_LK | STT | MA_DICH_VU   | GIA_TRI | MO_TA | KET_LUAN | NGAY_KQ
        A     | 1   | 24.0002.0001 |         |       |          |
        B     | 1   | 24.0002.0001 |         |       |          |
    """
    found = run("LNK-005", "LNK-007", "STR-075", HOSO=sent, XML3=lines, XML4=results)
    assert found.at("LNK-005") == {"B/1"}
    assert found.at("LNK-007") == {"B/1"}
    late = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | NGAY_KQ      | T_BHTT
        A     | 1   | 1       | 24.0001.0001 | 202505091000 | 80000
        A     | 2   | 1       | 24.0001.0001 | 202505101000 | 80000
    """
    assert hits("TIM-009", XML3=late) == {"XML3:A/2"}


def test_the_wait_for_a_result_follows_the_decision_of_its_time() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | NGAY_KQ      | T_BHTT
        A     | 1   | 1       | 24.0001.0001 | 202312201000 | 80000
    """
    assert hits("TIM-009", day="2023-11-10", XML3=drawn) == {"XML3:A/1"}
    later = drawn.replace("20231220", "20240220")
    assert hits("TIM-009", day="2024-01-10", XML3=later) == set()


def test_the_least_minutes_depend_on_the_kind_of_service_and_accuse_nobody() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | NGAY_TH_YL   | NGAY_KQ      | T_BHTT
        A     | 1   | 1       | 23.0001.0001 | 202503100900 | 202503100901 | 20000
        A     | 2   | 2       | 18.0001.0001 | 202503100900 | 202503100902 | 40000
        A     | 3   | 18      | 03.0001.0001 | 202503100900 | 202503100901 | 40000
        A     | 4   | 13      | 02.03        | 202503100900 | 202503100901 | 40000
        A     | 5   | 1       | 23.0001.0002 | 202503100900 | 202503100903 | 20000
    """
    found = run("TIM", XML3=drawn)
    assert found.at("TIM-011") == {"A/1", "A/2"}
    assert found.codes() == {"TIM-011"}
    assert found.codes("error") == set()
