"""Traps about cards and patient categories."""
# ruff: noqa: E501 - a drawn table stays in one piece

from __future__ import annotations

import pytest

from tests.traps.drawing import RULES, hits, run

CARD = "MA_THE_BHYT | MA_DKBD | GT_THE_TU | GT_THE_DEN"
GOOD = "GD4010000000001 | 01001 | 20250101 | 20251231"
REGISTRY = """
    MA_THE_BHYT     | HO_TEN   | GT_THE_TU | GT_THE_DEN | TRANG_THAI | NGAY_TRA_CUU
    GD4010000000001 | NGUYEN A | 20250101  | 20251231   | 000        | 20250310
    GD4010000000002 | NGUYEN B | 20240101  | 20241231   | {}        | 20250310
"""


@pytest.mark.parametrize("code", ["1.10", "1.11", "1.12", "1.18", "3.2", "3.3", "3.6"])
def test_a_category_is_matched_whole_and_not_by_its_first_characters(code: str) -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | MA_LOAI_KCB | MA_KHUVUC | {CARD}
        A     | {code}          | 01          | K1        | GD4010000000001 | 01009 | 20250101 | 20251231
    """
    assert run("CRD-017", "BEN-006", "CRD-019", XML1=drawn).codes() == set()


def test_the_whole_category_is_still_found() -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | {CARD}
        A     | 1.1             | GD4010000000001 | 01009 | 20250101 | 20251231
        B     | 1.1             | {GOOD}
        C     | 3               | {GOOD}
    """
    found = run("CRD-017", "STR-032", XML1=drawn)
    assert found.at("CRD-017") == {"A"}
    assert found.at("STR-032") == {"XML1:C"}


def test_a_visit_outside_insurance_raises_no_card_or_benefit_error() -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | MA_LOAI_KCB | T_BHTT | {CARD}
        A     | 9               | 01          | 0      |                 |       |          |
        B     | 9               | 01          | 0      | GD4010000000001 | 01001 | 20240101 | 20240630
        C     | 1.1             | 01          | 90000  | GD4010000000001 | 01001 | 20240101 | 20240630
    """
    lines = """
        MA_LK | STT | PHAM_VI | TYLE_TT_BH | MUC_HUONG | T_BHTT
        A     | 1   | 2       | 0          | 0         | 0
        B     | 1   | 1       | 100        | 80        | 0
    """
    found = run("CRD", "BEN", "MNY", XML1=drawn, XML3=lines)
    assert {f.claim for f in found.findings} == {"C"}
    assert found.at("CRD-004") == {"C"}


def test_no_paper_that_the_facility_issues_proves_an_incoming_referral() -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | MA_LOAI_KCB | MA_LOAI_RV | MA_NOI_DI | GIAY_CHUYEN_TUYEN | {CARD}
        A     | 1.3             | 01          | 1          | 01002     | 15/2025/GCT       | GD4010000000001 | 01002 | 20250101 | 20251231
        B     | 1.3             | 01          | 1          |           | 15/2025/GCT       | GD4010000000001 | 01002 | 20250101 | 20251231
    """
    found = run("CRD", "LNK-021", "LNK-023", "LNK-024", "DOCU", XML1=drawn)
    assert found.codes() == {"CRD-019"}
    assert found.at("CRD-019") == {"B"}


def test_a_missing_number_of_the_referral_is_never_an_error() -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | MA_NOI_DI | GIAY_CHUYEN_TUYEN | {CARD}
        A     | 1.3             | 01002     |                   | GD4010000000001 | 01002 | 20250101 | 20251231
        B     | 1.5             |           |                   | GD4010000000001 | 01002 | 20250101 | 20251231
        C     | 1.3             | 01002     | 15/2025/GCT       | GD4010000000001 | 01002 | 20250101 | 20251231
    """
    found = run("CRD", "LNK-024", XML1=drawn)
    assert found.codes("error") == set()
    assert found.at("LNK-024") == {"A"}
    judges = [r for r in RULES.rules if r.fields.get("XML1") == "GIAY_CHUYEN_TUYEN"]
    assert judges
    assert not [r.code for r in judges if r.severity == "error"]


def test_a_follow_up_slip_needs_no_sending_facility() -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | MA_NOI_DI | GIAY_CHUYEN_TUYEN | {CARD}
        A     | 1.5             |           | 15/2025/HKL       | GD4010000000001 | 01002 | 20250101 | 20251231
        B     | 1.3             |           | 15/2025/GCT       | GD4010000000001 | 01002 | 20250101 | 20251231
    """
    found = run("CRD", "LNK-024", XML1=drawn)
    assert {(f.rule, f.claim) for f in found.findings} == {("CRD-019", "B")}


def test_the_parts_of_several_cards_are_taken_together() -> None:
    two = "GD4010000000001;HT3010000000001 | 01001;01001 | {} | {}"
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | MA_LOAI_KCB | T_TONGCHI_BH | NGAY_VAO     | NGAY_RA      | {CARD}
        A     | 1.1             | 03          | 900000       | 202503080800 | 202503150900 | {two.format("20250101;20250312", "20250311;20251231")}
        B     | 1.1             | 03          | 900000       | 202503080800 | 202503150900 | {two.format("20250101;20250301", "20251231;20251231")}
        C     | 1.1             | 03          | 900000       | 202503080800 | 202503150900 | {two.format("20250101", "20251231")}
    """
    lines = """
        MA_LK | STT | MUC_HUONG | NGAY_YL      | T_BHTT
        A     | 1   | 80        | 202503110900 | 90000
        A     | 2   | 95        | 202503120900 | 90000
        A     | 3   | 95        | 202503110900 | 90000
        B     | 1   | 95        | 202503110900 | 90000
        C     | 1   | 95        | 202503110900 | 90000
    """
    found = run("BEN", "CRD", XML1=drawn, XML2=lines)
    assert found.at("BEN-001") == {"XML2:A/3"}
    assert found.at("CRD-003") == {"C"}
    assert {f.claim for f in found.findings} == {"A", "C"}


def test_a_temporary_card_of_a_newborn_is_a_valid_card() -> None:
    drawn = f"""
        MA_LK | MA_DOITUONG_KCB | NGAY_SINH    | NGAY_VAO     | T_BHTT | {CARD}
        A     | 1.1             | 202503100100 | 202503100200 | 90000  | TE101KT0000001  | 01000 | 20250310 | 20310331
        B     | 1.1             | 202503100100 | 202503100200 | 90000  | TE1010000000001 | 01000 | 20250310 |
        C     | 1.1             | 202503100100 | 202503100200 | 90000  | TE101XX         | 0100  | 20250310 | 20310331
    """
    found = run("CRD", "MNY-033", XML1=drawn)
    assert found.at("CRD-001") == {"C"}
    assert found.at("CRD-008") == {"C"}
    assert {f.claim for f in found.findings} == {"C"}


def test_cards_of_the_forces_and_temporary_cards_are_not_looked_up() -> None:
    drawn = f"""
        MA_LK | {CARD}
        A     | QN5970000000009 | 97001 | 20250101 | 20251231
        B     | TE1010000000009 | 01000 | 20250101 | 20251231
        C     | GD4010000000009 | 01001 | 20250101 | 20251231
        D     | {GOOD}
    """
    found = run("CRD-012", XML1=drawn, lists={"the_bhyt": REGISTRY.format("010")})
    assert found.at("CRD-012") == {"C"}


@pytest.mark.parametrize(("status", "found"), [("401", set()), ("lỗi", set()), ("010", {"A"})])
def test_a_look_up_that_failed_is_no_evidence(status: str, found: set[str]) -> None:
    drawn = f"MA_LK | {CARD}\nA | GD4010000000002 | 01001 | 20240101 | 20251231"
    registry = {"the_bhyt": REGISTRY.format(status)}
    result = run("CRD-012", "CRD-013", "CRD-014", "CRD-016", XML1=drawn, lists=registry)
    assert result.at("CRD-013") == found
    assert result.codes() <= {"CRD-013"}


def test_without_a_registry_no_card_is_judged_by_it_and_the_run_says_so() -> None:
    drawn = f"MA_LK | {CARD}\nA | {GOOD}"
    for code in ("CRD-012", "CRD-013", "CRD-014", "CRD-015", "CRD-016"):
        outcome = run(code, XML1=drawn).ended[code]
        assert (outcome.status, outcome.rows_hit) == ("not_checkable", 0)
        assert "the_bhyt" in outcome.reason


def test_a_category_belongs_to_the_list_of_its_day() -> None:
    drawn = """
        MA_LK | MA_DOITUONG_KCB | NGAY_RA
        A     | 7.1             | 202503101600
        B     | 7.1             | 202512311600
        C     | 7.1             | 202601011600
        D     | 1.18            | 202410101600
        E     | 1.18            | 202509101600
    """
    assert hits("STR-032", XML1=drawn) == {"XML1:C", "XML1:D"}
