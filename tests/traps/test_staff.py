"""Traps about staff, the staff list 02/DM and the facility list."""
# ruff: noqa: E501 - a drawn table stays in one piece

from __future__ import annotations

from tests.traps.drawing import hits, run

STAFF = """
    HO_TEN | MACCHN                         | SO_DINH_DANH | CHUCDANH_NN | TU_NGAY  | DEN_NGAY | MA_CSKCB
    NV 1   | 0000001/HNO-GPHN;00001/HN-CCHN | 001000000001 | 1           | 20240101 |          | 01001
    NV 2   | 0000002/HNO-GPHN               |              | 2           | 20240101 |          | 01001
    NV 3   | 0000003/HNO-GPHN               |              | 3           | 20240101 |          | 01001
    NV 8   | 0000008/HNO-GPHN               |              | 8           | 20240101 |          | 01001
"""
LISTED = ("DOC-004", "DOC-005", "DOC-006", "DOC-008")


def test_every_person_of_a_list_is_looked_up_alone() -> None:
    drawn = """
        MA_LK | STT | MA_BAC_SI        | NGUOI_THUC_HIEN
        A     | 1   | 0000001/HNO-GPHN | 0000001/HNO-GPHN; 0000002/HNO-GPHN
        A     | 2   | 0000001/HNO-GPHN | 0000001/HNO-GPHN;0000009/HNO-GPHN
    """
    found = run("STR-057", *LISTED, XML3=drawn, lists={"nhan_luc": STAFF})
    assert found.codes() == {"DOC-004"}
    assert found.at("DOC-004") == {"XML3:A/2"}


def test_helpers_and_suffixes_are_no_part_of_a_code() -> None:
    drawn = """
        MA_LK | STT | MA_BAC_SI                  | NGUOI_THUC_HIEN
        A     | 1   | 0000001/HNO-GPHN.C.01001   | 0000001/HNO-GPHN (phụ mổ 0000009)
        A     | 2   | 0000002/HNO-GPHN(0000009)  | 0000001/HNO-GPHN.TX.79001
        A     | 3   | 0000009/HNO-GPHN (chính)   | 0000001/HNO-GPHN
    """
    found = run("STR-057", "DOC-021", *LISTED, XML3=drawn, lists={"nhan_luc": STAFF})
    assert found.codes() == {"DOC-004"}
    assert found.at("DOC-004") == {"XML3:A/3"}


def test_each_field_has_its_own_kind_of_number() -> None:
    claims = """
        MA_LK | MA_TTDV          | NGAY_RA
        A     | 0123456789       | 202408101600
        B     | 0000001/HNO-GPHN | 202503101600
    """
    lines = """
        MA_LK | STT | MA_BAC_SI
        A     | 1   | 0000001/HNO-GPHN
        B     | 1   | 0123456789
    """
    papers = """
        MA_LK | MA_BS            | NGAY_RA
        A     | 0123456789       | 202408101600
        B     | 0000001/HNO-GPHN | 202503101600
    """
    found = run("DOC-021", "STR-057", "STR-058", XML1=claims, XML2=lines, XML7=papers)
    assert found.at("DOC-021") == {"XML2:B/1"}
    assert found.codes() == {"DOC-021"}


def test_an_older_staff_list_still_knows_people_by_their_insurance_number() -> None:
    staff = """
        HO_TEN | MACCHN           | MA_BHXH    | TU_NGAY  | MA_CSKCB
        NV 1   | 0000001/HNO-GPHN | 0123456789 | 20240101 | 01001
    """
    notes = """
        MA_LK | STT | NGUOI_THUC_HIEN
        A     | 1   | 0123456789
        A     | 2   | 0123456780
    """
    assert hits("DOC-004", XML5=notes, lists={"nhan_luc": staff}) == {"XML5:A/2"}


def test_who_hands_out_drugs_on_a_pick_up_is_the_pharmacist() -> None:
    claims = "MA_LK | MA_LOAI_KCB\nA | 07\nB | 01"
    drawn = """
        MA_LK | STT | MA_BAC_SI        | MA_THUOC
        A     | 1   | 0000008/HNO-GPHN | 40.154
        A     | 2   | 0000003/HNO-GPHN | 40.154
        B     | 1   | 0000008/HNO-GPHN | 40.154
        B     | 2   | 0000002/HNO-GPHN | 40.154
    """
    found = run(*LISTED, XML1=claims, XML2=drawn, lists={"nhan_luc": STAFF})
    assert found.at("DOC-008") == {"A/2", "B/1"}
    assert found.codes() == {"DOC-008"}


def test_one_machine_account_may_carry_out_many_tests_at_once() -> None:
    lab = [
        f"A | {i} | 1 | 23.{i:04d}.1000 | Xét nghiệm {i} | 0000002/HNO-GPHN | 100 | 20000 | 20000"
        for i in range(1, 31)
    ]
    surgery = [
        f"B | {i} | 8 | 10.{i:04d}.0500 | Phẫu thuật {i} | 0000001/HNO-GPHN | 100 | 900000 | 900000"
        for i in (1, 2)
    ]
    head = "MA_LK | STT | MA_NHOM | MA_DICH_VU | TEN_DICH_VU | NGUOI_THUC_HIEN | TYLE_TT_DV | DON_GIA_BH | T_BHTT"
    drawn = "\n".join([head, *lab, *surgery])
    found = run("CLN", "SVC-001", "SVC-018", "TIM", "DOC", XML3=drawn)
    about_the_team = {"DOC-001", "DOC-022"}
    told = {(f.rule, f.claim) for f in found.findings if f.rule not in about_the_team}
    assert told == {("SVC-001", "B")}


def test_any_open_row_of_a_person_is_enough() -> None:
    staff = """
        HO_TEN | MACCHN           | CHUCDANH_NN | TU_NGAY  | DEN_NGAY | MA_CSKCB
        NV 1   | 0000001/HNO-GPHN | 3           | 20240101 | 20241231 | 01001
        NV 1   | 0000001/HNO-GPHN | 3           | 20250101 | 20250301 | 01001
        NV 1   | 0000001/HNO-GPHN | 1           | 20250110 |          | 01001
        NV 2   | 0000002/HNO-GPHN | 3           | 20240101 | 20241231 | 01001
    """
    drawn = """
        MA_LK | STT | MA_BAC_SI        | MA_THUOC
        A     | 1   | 0000001/HNO-GPHN | 40.154
        A     | 2   | 0000002/HNO-GPHN | 40.154
    """
    found = run(*LISTED, XML2=drawn, lists={"nhan_luc": staff})
    assert {(f.rule, f.row) for f in found.findings} == {("DOC-005", 2)}


def test_periods_of_a_person_may_overlap_and_leave_gaps() -> None:
    staff = """
        HO_TEN | MACCHN           | TU_NGAY  | DEN_NGAY | MA_CSKCB
        NV 1   | 0000001/HNO-GPHN | 20250301 |          | 01001
        NV 1   | 0000001/HNO-GPHN | 20240101 | 20241231 | 01001
        NV 1   | 0000001/HNO-GPHN | 20240601 | 20250131 | 01001
    """
    drawn = """
        MA_LK | STT | MA_BAC_SI        | NGAY_YL
        A     | 1   | 0000001/HNO-GPHN | 202501310900
        A     | 2   | 0000001/HNO-GPHN | 202502010900
        A     | 3   | 0000001/HNO-GPHN | 202503010000
    """
    assert hits("DOC-005", XML2=drawn, lists={"nhan_luc": staff}) == {"XML2:A/2"}


def test_a_list_is_asked_at_the_day_of_the_order_and_not_of_the_admission() -> None:
    staff = """
        HO_TEN | MACCHN           | TU_NGAY  | DEN_NGAY | MA_CSKCB
        NV 1   | 0000001/HNO-GPHN | 20250310 |          | 01001
        NV 2   | 0000002/HNO-GPHN | 20240101 | 20250309 | 01001
    """
    claims = "MA_LK | MA_LOAI_KCB | NGAY_VAO | NGAY_RA\nA | 03 | 202503080800 | 202503121000"
    drawn = """
        MA_LK | STT | MA_BAC_SI        | NGAY_YL
        A     | 1   | 0000001/HNO-GPHN | 202503100900
        A     | 2   | 0000002/HNO-GPHN | 202503100900
        A     | 3   | 0000002/HNO-GPHN | 202503090900
    """
    given = {"XML1": claims, "XML2": drawn, "lists": {"nhan_luc": staff}}
    assert hits("DOC-005", **given) == {"XML2:A/2"}


def test_without_a_staff_list_nothing_is_judged_and_the_run_says_so() -> None:
    drawn = "MA_LK | STT | MA_BAC_SI\nA | 1 | 0000009/HNO-GPHN"
    other = STAFF.replace("01001", "79001")
    for code in LISTED:
        for lists in ({}, {"nhan_luc": other}):
            outcome = run(code, XML2=drawn, lists=lists).ended[code]
            assert (outcome.status, outcome.rows_hit) == ("not_checkable", 0)
            assert "nhân lực" in outcome.reason


def test_a_row_without_facility_is_for_all_sites() -> None:
    shared = STAFF.replace("01001\n    NV 2", "\n    NV 2")
    drawn = """
        MA_LK | STT | MA_BAC_SI
        A     | 1   | 0000001/HNO-GPHN
        A     | 2   | 0000009/HNO-GPHN
    """
    assert hits("DOC-004", XML2=drawn, lists={"nhan_luc": shared}) == {"XML2:A/2"}


def test_a_facility_may_be_closed_and_opened_again() -> None:
    facilities = """
        MA_CSKCB | TEN_CSKCB | TU_NGAY  | DEN_NGAY
        01001    | Cơ sở 1   | 20240101 | 20250228
        01001    | Cơ sở 1   | 20250310 |
    """
    claims = """
        MA_LK | MA_CSKCB | NGAY_RA
        A     | 01001    | 202502280900
        B     | 01001    | 202503010900
        C     | 01001    | 202503100900
    """
    assert hits("STR-066", XML1=claims, lists={"co_so": facilities}) == {"XML1:B"}
