"""Who may do what: the list of scopes, titles in the staff list, places in the card registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.catalogues import Catalogues, load_catalogues
from giamdinh.rules.context import Batch, CheckContext, checks
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.examples import example_claims
from tests.catalogues.files import delimited, workbook
from tests.traps.drawing import RULES, hits, run

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ("PREFIX_DVKT", "PHAMVI_CM_OK", "CHUCDANH_NN_OK", "NHOM_DVKT")
STAFF = "HO_TEN | MACCHN | CHUCDANH_NN | PHAMVI_CM | PHAMVI_CMBS | DVKT_KHAC | TU_NGAY | MA_CSKCB"


def staff(*people: str) -> str:
    """A staff list: each person is `number | title | scope | added scope | other services`."""
    rows = [f"NV {p} | 20240101 | 01001".replace("NV ", "NV | ", 1) for p in people]
    return "\n".join([STAFF, *rows])


def scopes(*rows: str) -> str:
    return "\n".join(["PREFIX_DVKT | PHAMVI_CM_OK | CHUCDANH_NN_OK | TU_NGAY | DEN_NGAY", *rows])


def outside(
    people: str, wanted: str, performer: str = "1", service: str = "10.0500.0001"
) -> set[str]:
    """Where DOC-007 hits when `performer` does `service` on 10/03/2025."""
    line = (
        f"MA_LK | STT | MA_NHOM | MA_DICH_VU | NGUOI_THUC_HIEN\nA | 1 | 8 | {service} | {performer}"
    )
    return hits("DOC-007", XML3=line, lists={"nhan_luc": people, "pham_vi": wanted})


def test_the_list_is_recognised_by_its_header_whatever_the_file(tmp_path: Path) -> None:
    rows = [HEADER, ("18", "110; 111", "1,2", "Chẩn đoán hình ảnh"), (1, 101, 1, "Hồi sức")]
    workbook(tmp_path / "a.xlsx", {"DVKT_PHAMVI_MAPPING": rows})
    titles = ("Phần đầu mã dịch vụ", "Chức danh nghề nghiệp được làm", "Mã CSKCB")
    delimited(tmp_path / "b.csv", [titles, ("21", "1", "1001")])
    found = load_catalogues(tmp_path)
    assert found.problems == ()
    assert [(s.kind, s.facility, s.rows) for s in found.statuses] == [
        ("pham_vi", "", 2),
        ("pham_vi", "01001", 1),
    ]
    table = found.table("pham_vi")
    assert table is not None
    assert table.columns["PREFIX_DVKT"] == ["18", "1", "21"]


def test_a_list_of_prefixes_and_machines_is_not_a_list_of_scopes(tmp_path: Path) -> None:
    delimited(tmp_path / "may.csv", [("PREFIX_DVKT", "MA_MAY_PREFIX"), ("18", "SA")])
    found = load_catalogues(tmp_path)
    assert not found.has("pham_vi")
    assert [status.kind for status in found.statuses] == ["may_dich_vu"]


def test_without_the_list_no_scope_is_judged_and_the_run_says_so() -> None:
    line = "MA_LK | STT | MA_NHOM | MA_DICH_VU | NGUOI_THUC_HIEN\nA | 1 | 8 | 10.0500.0001 | 1"
    ended = run("DOC-007", XML3=line, lists={"nhan_luc": staff("1 | 3 | 301 | | ")}).ended
    assert (ended["DOC-007"].status, ended["DOC-007"].rows_hit) == ("not_checkable", 0)
    assert "pham_vi" in ended["DOC-007"].reason


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["10 | 101 | | |"], {"A/1"}),
        (["10 | 101 | | |", "10.05 | 102 | | |"], set()),
        (["10 | 102 | | |", "10.05 | 101 | | |"], {"A/1"}),
        (["10 | 101 | | |", "10.05 | 102 | | 20250310 |"], set()),
        (["10 | 101 | | |", "10.05 | 102 | | | 20250309"], {"A/1"}),
        (["10 | 101 | | |", "10 | 102 | | |"], set()),
        (["10 | 101 | | |", "10.06 | 102 | | |"], {"A/1"}),
        (["9; 10 | 101 | | |"], {"A/1"}),
        (["11 | 101 | | |"], set()),
        (["10 | | | |"], set()),
    ],
)
def test_the_longest_prefix_in_force_decides_and_its_rows_are_alternatives(
    rows: list[str], found: set[str]
) -> None:
    assert outside(staff("1 | 1 | 102 | | "), scopes(*rows)) == found


@pytest.mark.parametrize(
    ("performer", "found"),
    [
        ("1", {"A/1"}),
        ("1;2", set()),
        ("1;3", {"A/1"}),
        ("1;9", set()),
        ("1.TX.01001", {"A/1"}),
        ("9.TX.79001", set()),
        ("1(2)", {"A/1"}),
    ],
)
def test_one_qualified_or_unknown_performer_is_enough(performer: str, found: set[str]) -> None:
    people = staff("1 | 1 | 102 | | ", "2 | 1 | 101 | | ", "3 | 3 | 101 | | ")
    assert outside(people, scopes("10 | 101 | 1 | |"), performer) == found


@pytest.mark.parametrize(
    ("person", "found"),
    [
        ("1 | 1 | 102 | 20240601_101 | ", set()),
        ("1 | 1 | 102 | 20240601_103; 20240701_101 | ", set()),
        ("1 | 1 | 102 | 20240601_103 | ", {"A/1"}),
        ("1 | 1 | 102,101 | | ", set()),
        ("1 | 1 | 102 | | 10.0500", set()),
        ("1 | 1 | 102 | | 10.0501; 10.0500", set()),
        ("1 | 1 | 102 | | 10.0501", {"A/1"}),
        ("1 | 1 | 102 | | Nội soi khớp", set()),
        ("1 | 1 | Nội khoa | | ", set()),
        ("1 | 1 | 102 | 15/QĐ-BV | ", set()),
        ("1 | | 102 | | ", {"A/1"}),
        ("1 | 1 | | | ", set()),
        ("1 | Điều dưỡng | 101 | | ", set()),
        ("1 | 03 | 101 | | ", {"A/1"}),
    ],
)
def test_whatever_the_staff_list_leaves_open_is_not_judged(person: str, found: set[str]) -> None:
    assert outside(staff(person), scopes("10 | 101 | 1 | |")) == found


def test_scopes_in_words_compare_only_with_words_of_the_list() -> None:
    wanted = scopes("10 | Ngoại khoa | | |", "11 | Nội khoa | | |")
    assert outside(staff("1 | 1 | nội  khoa | | "), wanted) == {"A/1"}
    assert outside(staff("1 | 1 | NGOẠI KHOA | | "), wanted) == set()
    assert outside(staff("1 | 1 | Chuyên khoa ngoại | | "), wanted) == set()
    assert outside(staff("1 | 1 | 102 | | "), wanted) == set()


def test_the_zero_that_a_spreadsheet_eats_is_put_back() -> None:
    wanted = scopes("1 | 101 | | |")
    assert outside(staff("1 | 1 | 102 | | "), wanted, service="01.0001.0001") == {"A/1"}
    assert outside(staff("1 | 1 | 102 | | "), wanted, service="10.0001.0001") == set()


def test_suffixes_of_a_service_do_not_matter() -> None:
    for service in ("10.0500.0001_TB", "10.0500.0001_GT", "10.0500.0001.C.01002"):
        assert outside(staff("1 | 1 | 102 | | "), scopes("10.0500 | 101 | | |"), "1", service)


def test_a_list_of_one_facility_does_not_judge_another() -> None:
    line = "MA_LK | STT | MA_NHOM | MA_DICH_VU | NGUOI_THUC_HIEN\nA | 1 | 8 | 10.0500.0001 | 1"
    for facility, found in (("01001", {"A/1"}), ("79001", set())):
        wanted = f"PREFIX_DVKT | PHAMVI_CM_OK | MA_CSKCB\n10 | 101 | {facility}"
        lists = {"nhan_luc": staff("1 | 1 | 102 | | "), "pham_vi": wanted}
        assert hits("DOC-007", XML3=line, lists=lists) == found


def test_the_message_names_the_codes_and_what_is_asked_for() -> None:
    people = staff("1 | 1 | 102 | | ", "2 | 3 | 101 | | ")
    line = "MA_LK | STT | MA_NHOM | MA_DICH_VU | NGUOI_THUC_HIEN\nA | 1 | 8 | 10.0500.0001 | 1;2"
    wanted = scopes("10 | 101 | 1 | |", "10 | 103 | 1 | |", "10 | | 2 | |")
    lists = {"nhan_luc": people, "pham_vi": wanted}
    (found,) = run("DOC-007", XML3=line, lists=lists).findings
    assert "1; 2 (cần phạm vi 101, 103 và chức danh 1 hoặc chức danh 2)" in found.message


@pytest.mark.parametrize("code", ["EXM-015", "DOC-009"])
def test_titles_are_those_of_the_day_the_service_was_done(code: str) -> None:
    group = {"EXM-015": "13", "DOC-009": "8"}[code]
    people = """
        HO_TEN | MACCHN | CHUCDANH_NN | TU_NGAY  | DEN_NGAY | MA_CSKCB
        NV     | 1      | 3           | 20240101 | 20250309 | 01001
        NV     | 1      | 1           | 20250310 |          | 01001
    """
    lines = f"""
        MA_LK | STT | MA_NHOM | MA_DICH_VU | NGUOI_THUC_HIEN | NGAY_YL      | NGAY_TH_YL
        A     | 1   | {group} | 02.03      | 1               | 202503090800 | 202503092359
        A     | 2   | {group} | 02.03      | 1               | 202503090800 | 202503100000
        A     | 3   | {group} | 02.03      | 1               | 202503092359 |
        A     | 4   | {group} | 02.03      | 1               |              |
        A     | 5   | {group} | 02.03      | 1(9)            | 202503092359 |
        A     | 6   | {group} | 02.03      | 1;1.TX.01001    | 202503092359 |
    """
    assert hits(code, XML3=lines, lists={"nhan_luc": people}) == {"A/1", "A/3", "A/5", "A/6"}


def test_an_undated_result_of_a_doctor_clears_the_others() -> None:
    people = staff("1 | 1 | | | ", "5 | 5 | | | ")
    line = "MA_LK | STT | MA_NHOM | MA_DICH_VU\nA | 1 | 2 | 18.0001.0001"
    results = """
        MA_LK | STT | MA_DICH_VU   | NGAY_KQ      | MA_BS_DOC_KQ
        A     | 1   | 18.0001.0001 | 202503100900 | 5
        A     | 2   | 18.0001.0001 |              | {}
    """
    for reader, found in (("1", set()), ("", {"A/1"})):
        drawn = results.format(reader)
        assert hits("DOC-019", XML3=line, XML4=drawn, lists={"nhan_luc": people}) == found


def test_the_registry_is_read_once_for_all_its_rules() -> None:
    drawn = "MA_LK | MA_DOITUONG_KCB | MA_THE_BHYT | MA_DKBD\nA | 1.1 | DN4010123456789 | 01001"
    row = {"MA_THE_BHYT": "DN4010123456789", "MA_DKBD": "01002", "GT_THE_TU": "20250101"}
    claims = example_claims(RULES.rules[0], {"day": "2025-03-10", "XML1": drawn})
    evaluator = Evaluator(claims, RULES.parameters)
    catalogues = Catalogues.from_tables({"the_bhyt": [row]})
    batch = Batch(claims, pandera=False)
    held = []
    for code in ("CRD-015", "CRD-042"):
        rule = RULES.by_code[code]
        context = CheckContext(claims, rule, evaluator, catalogues, (), batch)
        assert [found.rows.tolist() for found in checks()[rule.check](context)] == [[0]]
        held.append(batch.shared["so_the"])
    assert held[0] is held[1]


def test_a_registry_of_another_place_is_told_of_the_category_and_of_the_card() -> None:
    drawn = "MA_LK | MA_DOITUONG_KCB | MA_THE_BHYT | MA_DKBD\nA | 1.1 | DN4010123456789 | 01001"
    registry = "MA_THE_BHYT | MA_DKBD | GT_THE_TU\nDN4010123456789 | 01002 | 20250101"
    found = run("CRD-015", "CRD-017", "CRD-042", XML1=drawn, lists={"the_bhyt": registry})
    assert found.codes() == {"CRD-015", "CRD-042"}


def test_the_declared_place_is_judged_by_the_other_rule_alone() -> None:
    drawn = "MA_LK | MA_DOITUONG_KCB | MA_THE_BHYT | MA_DKBD\nA | 1.1 | DN4010123456789 | 01002"
    registry = "MA_THE_BHYT | MA_DKBD | GT_THE_TU\nDN4010123456789 | 01002 | 20250101"
    found = run("CRD-015", "CRD-017", "CRD-042", XML1=drawn, lists={"the_bhyt": registry})
    assert found.codes() == {"CRD-017"}
