"""The whole ICD-10 list of the ministry, imported: its notes decide in place of those kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.catalogues import Catalogues, load_catalogues
from giamdinh.findings import Findings
from giamdinh.rules.cards import load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from tests.catalogues.files import delimited
from tests.commands import run, told

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules()
CODES = ("J02.9", "Z99.1", "B95.0", "F84.2", "C61", "J18")
TITLES = (
    "Không được dùng làm bệnh chính", "Không khuyến khích dùng làm bệnh chính",
    "Có mã chi tiết hơn", "Chỉ dùng khi tử vong", "Chủ yếu gặp ở nữ", "Chủ yếu gặp ở nam",
)  # fmt: skip
BEFORE = ("STT", "Số TT chương", "Mã loại", "Mã bệnh", "Disease name", "Tên bệnh")
RULE_OF = {0: "ICD-007", 1: "ICD-008", 2: "ICD-009", 3: "ICD-010", 4: "ICD-022", 5: "ICD-022"}


def listed(folder: Path, marked: str = "", column: int = -1, columns: int = 6) -> Catalogues:
    """The list with one mark for one code."""
    rows = [
        ["1", "I", code[:3], code, "Disease", "Bệnh mẫu",
         *("x" if (code, i) == (marked, column) else "" for i in range(columns))]
        for code in CODES
    ]  # fmt: skip
    folder.mkdir(exist_ok=True)
    delimited(folder / "icd.csv", [[*BEFORE, *TITLES[:columns]], *rows])
    return load_catalogues(folder)


def found(catalogues: Catalogues, code: str, sex: str) -> set[str]:
    """Rules of the family that find something in a claim with that main diagnosis."""
    builder = ClaimSetBuilder()
    head = {"MA_LK": "A", "MA_CSKCB": "01001", "NGAY_VAO": "202609100700", "KET_QUA_DTRI": "1",
            "NGAY_RA": "202609100800", "MA_BENH_CHINH": code, "GIOI_TINH": sex}  # fmt: skip
    builder.add_claim("a.xml", 1, {"MACSKCB": "01001", "NGAYLAP": "20260911"}, head)
    findings = Findings()
    runner = Runner(RULES.chosen(["ICD"]), catalogues, findings, pandera=False)
    runner.run(builder.build())
    return {finding.rule for finding in findings}


@pytest.mark.parametrize("column", range(6))
def test_a_mark_of_the_imported_list_decides(tmp_path: Path, column: int) -> None:
    catalogues = listed(tmp_path, "J02.9", column)
    assert not catalogues.problems
    sex = "1" if TITLES[column].endswith("nữ") else "2"
    assert RULE_OF[column] in found(catalogues, "J02.9", sex)
    assert RULE_OF[column] not in found(catalogues, "J18", sex)


def test_a_code_that_only_the_kept_list_marks_is_not_found_beside_an_imported_one(
    tmp_path: Path,
) -> None:
    without, other = listed(tmp_path / "a", columns=0), listed(tmp_path / "b", "J18", 0)
    assert "ICD-007" in found(without, "B95.0", "1")
    assert "ICD-007" not in found(other, "B95.0", "1")
    assert "ICD-007" in found(other, "J18.9", "1")  # a detailed code stands for its parent


def test_columns_of_notes_that_are_not_there_are_named(tmp_path: Path) -> None:
    listed(tmp_path, "J18", 0, columns=3)
    done = run("catalogue", "status", tmp_path)
    (line,) = [row for row in told(done).splitlines() if "không thấy cột" in row]
    assert "Chỉ dùng khi tử vong (CHI_TU_VONG)" in line
    assert "KHONG_BENH_CHINH" not in line


def test_a_list_without_names_is_none_and_says_what_it_lacks(tmp_path: Path) -> None:
    delimited(tmp_path / "icd.csv", [["STT", "Mã chương", "Mã loại", "Mã bệnh"], ["1"] * 4])
    (problem,) = load_catalogues(tmp_path).problems
    assert problem.reason.endswith("thiếu cột TEN_BENH")
