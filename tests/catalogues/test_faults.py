"""Faults of the lists themselves, from real files, and what they do to the lines of claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.catalogues import load_catalogues
from giamdinh.catalogues.faults import list_faults
from giamdinh.findings import Findings
from giamdinh.rules.cards import load_rules
from giamdinh.rules.examples import example_claims
from giamdinh.rules.run import Runner
from tests.catalogues.files import delimited
from tests.traps.drawing import run

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = ("STT", "MA_DVKT", "TEN_DVKT", "DON_GIA", "TUNGAY", "MA_COSOKCB", "HIEULUC", "KETQUA",
            "LYDOTUCHOI")  # fmt: skip
PORTAL = (
    SERVICES,
    ("1", "10.0001.0500", "Dịch vụ 1", "100000", "20240101", "01001", "1", "Đạt", ""),
    (
        "2",
        "10.0002.0500",
        "Dịch vụ 2",
        "100000",
        "20240101",
        "01001",
        "1",
        "Từ chối",
        "thiếu hồ sơ",
    ),
    ("3", "10.0003.0500", "Dịch vụ 3", "100000", "20240101", "01001", "0", "Đạt", ""),
    ("4", "10.0004.0500", "Dịch vụ 4", "100000", "20240101", "01001", "", "", "sai mã"),
)
LINES = """
MA_LK | STT | MA_NHOM | MA_DICH_VU   | DON_GIA_BH | T_BHTT
A     | 1   | 8       | 10.0001.0500 | 100000     | 100000
A     | 2   | 8       | 10.0002.0500 | 100000     | 100000
A     | 3   | 8       | 10.0003.0500 | 100000     | 100000
A     | 4   | 8       | 10.0004.0500 | 100000     | 100000
A     | 5   | 8       | 10.0005.0500 | 100000     | 100000
"""


def test_rows_that_the_portal_refused_approve_nothing(tmp_path: Path) -> None:
    delimited(tmp_path / "cong.csv", PORTAL)
    rules, findings = load_rules().chosen(("CAT-03",)), Findings()
    runner = Runner(rules, load_catalogues(tmp_path), findings, pandera=False)
    runner.run(example_claims(rules.rules[0], {"XML3": LINES}))
    hits = {(finding.rule, finding.row) for finding in findings}
    assert hits == {("CAT-036", 2), ("CAT-036", 3), ("CAT-036", 4), ("CAT-031", 5)}


def test_files_with_refused_rows_or_several_facilities_are_named(tmp_path: Path) -> None:
    more = ("5", "10.0005.0500", "Dịch vụ 5", "100000", "20240101", "01002", "1", "Đạt", "")
    delimited(tmp_path / "cong.csv", (*PORTAL, more))
    found = list_faults(load_catalogues(tmp_path))
    assert [(fault.kind, fault.file) for fault in found] == [
        ("dm_tu_choi", "cong.csv"),
        ("dm_nhieu_cskcb", "cong.csv"),
    ]
    assert "3 dòng" in found[0].reason
    assert "01001, 01002" in found[1].reason


def test_a_file_with_nothing_but_refused_rows_is_of_their_facility(tmp_path: Path) -> None:
    delimited(tmp_path / "cong.csv", (SERVICES, *PORTAL[2:]))
    (fault,) = list_faults(load_catalogues(tmp_path))
    assert (fault.kind, fault.facility) == ("dm_tu_choi", "01001")


def test_a_file_of_several_facilities_is_of_the_one_that_has_most_of_it(tmp_path: Path) -> None:
    row = ("10.0009.0500", "Dịch vụ 9", "100000", "20240101", "01002", "1", "Đạt", "")
    delimited(tmp_path / "cong.csv", (*PORTAL[:2], ("2", *row)))
    (fault,) = list_faults(load_catalogues(tmp_path))
    assert (fault.kind, fault.facility) == ("dm_nhieu_cskcb", "")
    other = ("3", "10.0003.0500", *PORTAL[1][2:])
    delimited(tmp_path / "cong.csv", (*PORTAL[:2], ("2", *row), other))
    (fault,) = list_faults(load_catalogues(tmp_path))
    assert (fault.kind, fault.facility) == ("dm_nhieu_cskcb", "01001")


def test_overlaps_and_days_in_the_wrong_order_name_code_and_number(tmp_path: Path) -> None:
    header = ("STT", "MA_KHOA", "TEN_KHOA", "BAN_KHAM", "TU_NGAY", "DEN_NGAY", "MA_CSKCB")
    rows = (
        header,
        ("1", "K01", "Khám", "4", "20240101", "20250301", "01001"),
        ("2", "K01", "Khám", "5", "20250301", "", "01001"),
        ("3", "K03", "Nội", "0", "20250301", "20250201", "01001"),
        ("4", "K19", "Ngoại", "0", "20240101", "20250228", "01001"),
        ("5", "K19", "Ngoại", "0", "20250301", "", "01001"),
    )
    delimited(tmp_path / "01dm.csv", rows)
    found = [fault.reason for fault in list_faults(load_catalogues(tmp_path))]
    assert found == [
        "01/DM 01001: các dòng mã K01 (STT 1, 2) cùng hiệu lực từ 01/03/2025",
        "01/DM 01001: dòng mã K03 (STT 3) có DEN_NGAY trước TU_NGAY",
    ]


def test_faults_of_the_staff_list_name_nobody(tmp_path: Path) -> None:
    header = ("STT", "HO_TEN", "SO_DINH_DANH", "MACCHN", "MA_KHOA", "TU_NGAY", "MA_CSKCB")
    row = ("NGƯỜI MẪU MỘT", "001000000001", "0000001/HNO-GPHN", "K01", "20240101", "01001")
    delimited(tmp_path / "02dm.csv", (header, ("1", *row), ("2", *row)))
    (fault,) = list_faults(load_catalogues(tmp_path))
    assert fault.reason == "02/DM 01001: các dòng (STT 1, 2) cùng hiệu lực từ 01/01/2024"


def test_the_faults_become_findings_beside_those_of_the_files(tmp_path: Path) -> None:
    delimited(tmp_path / "cong.csv", PORTAL)
    rules, findings = load_rules().chosen(("CAT-0",)), Findings()
    runner = Runner(rules, load_catalogues(tmp_path), findings, pandera=False)
    runner.run_files((), example_claims(rules.rules[0], {}))
    (finding,) = findings
    assert (finding.rule, finding.table, finding.file, finding.facility) == (
        "CAT-049", "TEP", "cong.csv", "01001",
    )  # fmt: skip


def test_lines_of_a_facility_whose_list_has_no_ratios_are_counted_as_not_checked() -> None:
    header = "MA_THUOC | TEN_THUOC | SO_DANG_KY | DON_GIA | TYLE_TT_BH | TU_NGAY | MA_CSKCB"
    without = f"{header}\n40.48 | Thuốc 1 | VD-1 | 1000 | | 20240101 | 01001"
    given = {
        "XML1": "MA_LK | MA_CSKCB\nA | 01001\nB | 01002",
        "XML2": "MA_LK | STT | MA_THUOC | TYLE_TT_BH\nA | 1 | 40.48 | 100\nB | 1 | 40.48 | 100",
    }
    alone = run("CAT-010", lists={"thuoc": without}, **given).ended["CAT-010"]
    assert (alone.status, alone.rows_in_force) == ("not_checkable", 0)
    assert "TYLE_TT_BH" in alone.reason
    both = f"{without}\n40.48 | Thuốc 1 | VD-1 | 1000 | 50 | 20240101 | 01002"
    ended = run("CAT-010", lists={"thuoc": both}, **given).ended["CAT-010"]
    assert (ended.status, ended.rows_in_force, ended.rows_hit) == ("ran", 1, 1)
    assert "TYLE_TT_BH (1 dòng không kiểm được)" in ended.reason
