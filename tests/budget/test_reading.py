from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from giamdinh.budget import values
from giamdinh.budget.spending import read_spending
from giamdinh.errors import InputError
from tests.budget.reports import HEAD, gaps, groups, notices, report
from tests.commands import run, told

if TYPE_CHECKING:
    from pathlib import Path

ROW = "38901,Trạm A,,NGOAI_TRU,2023,,10,1000"
BUDGET = "38901,2023,900,QD1,2023-01-05"


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [
        ("1234567", 123456700),
        ("1.234.567", 123456700),
        ("1,234,567", 123456700),
        ("1.234.567,5", 123456750),
        ("1,234,567.05", 123456705),
        ("1.234", 123400),
        ("1,234", 123400),
        ("1234.5", 123450),
        ("1 234 567 đ", 123456700),
        ("1.234.567 VNĐ", 123456700),
        ("(1.000)", -100000),
        ("-1.000", -100000),
        ("-", 0),
        ("23.934.250.859", 2393425085900),
    ],
)
def test_money_is_read_as_people_write_it(text: str, hundredths: int) -> None:
    assert values.money(text) == hundredths


@pytest.mark.parametrize("text", ["", "abc", "2,27E+10", "1.234,567", "1..2", "12.34.5", "#REF!"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(values.CellError):
        values.money(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters_and_encodings_of_spreadsheets(tmp_path: Path, mark: str, encoding: str) -> None:
    path = tmp_path / "chi.csv"
    text = f"Bảng chi năm 2023\n{HEAD}\n{ROW}".replace(",", mark)
    path.write_text(text, encoding=encoding)
    table = read_spending(path, 2023)
    assert [(row.facility, row.name, row.cost) for row in table.rows] == [
        ("38901", "Trạm A", 100000)
    ]


def test_workbook_cells_keep_their_codes_and_exact_amounts(tmp_path: Path) -> None:
    path = tmp_path / "chi.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("Chi")
    page.write_row(1, 0, ["Mã CSKCB", "Loại", "Năm", "Số lượt", "T_BHTT"])
    page.write_row(2, 0, [1001, "Nội trú", 2023, 154809, 23934250859])
    page.write_row(3, 0, [1001, "Ngoại trú", 2023.0, "1.234", 0.1 + 0.2])
    page.write_row(4, 0, [1001, "Khác", 2023, 1, 123.456])
    book.close()
    table = read_spending(path, 2023)
    assert [(row.facility, row.kind, row.visits, row.cost) for row in table.rows] == [
        ("01001", "NOI_TRU", 154809, 2393425085900),
        ("01001", "NGOAI_TRU", 1234, 30),
    ]
    (refused,) = table.notices
    assert "chi.xlsx, trang Chi, dòng 5, cột T_BHTT" in str(refused)


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    rows = [
        ROW,
        "38901,Trạm A,,NOI_TRU,hai nghìn,,10,1000",
        "38901,Trạm A,,NOI_TRU,2023,13,10,1000",
        ",Cộng,,NOI_TRU,2023,,10,1000",
        "38901,Trạm A,,,2023,,10,1000",
        "38901,Trạm A,,NOI_TRU,2023,,1.5x,1000",
        "38901,Trạm A,,NOI_TRU,2023,,10,",
        "38901,Trạm A,,NOI_TRU,2019,,10,1000",
        "TONG,,,TONG,2023,,10,1000",
        "",
    ]
    made = report(tmp_path, rows, [BUDGET])
    counts = made.counts[0]
    assert (counts.read, counts.used, counts.declared, counts.outside, counts.rejected) == (
        9, 1, 1, 1, 6
    )  # fmt: skip
    refused = notices(made, "rejected")
    assert [text.split(": ")[0] for text in refused] == [
        "chi.csv, dòng 3, cột NAM",
        "chi.csv, dòng 4, cột THANG",
        "chi.csv, dòng 5, cột MA_CSKCB",
        "chi.csv, dòng 6, cột LOAI",
        "chi.csv, dòng 7, cột SO_LUOT",
        "chi.csv, dòng 8, cột T_BHTT",
    ]
    assert groups(made)["38901"]["spent"] == 1000


def test_repeated_rows_are_counted_and_said(tmp_path: Path) -> None:
    made = report(tmp_path, [ROW, ROW, ROW.replace("1000", "7")], [BUDGET])
    said = notices(made, "warning")
    assert groups(made)["38901"]["spent"] == 2007
    assert any("giống hệt dòng 2" in text and "1.000 đ" in text for text in said)
    assert any("khác số với dòng 2" in text for text in said)


def test_a_year_row_beside_months_is_a_declared_total(tmp_path: Path) -> None:
    months = [ROW.replace("2023,,", f"2023,{m},") for m in range(1, 13)]
    made = report(tmp_path, [*months, ROW.replace("1000", "12500")], [BUDGET])
    assert groups(made)["38901"]["spent"] == 12_000
    assert gaps(made)["38901/NGOAI_TRU", "T_BHTT"]["gap"] == 500


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEAD.replace("T_BHTT", "TIEN") + "\n" + ROW, "thiếu cột T_BHTT"),
        (HEAD + "\n" + ROW.replace("2023", "2021"), "không có dòng nào của năm 2023"),
        (HEAD + ",T_BHTT\n" + ROW, "hai cột T_BHTT"),
        ("", "tệp rỗng"),
    ],
)
def test_files_that_cannot_be_used_say_why(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "chi.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_spending(path, 2023)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    done = run("budget", "--spending", tmp_path / "x.csv", "--allocations", tmp_path / "y.csv",
               "--year", "2023", "--out", tmp_path / "out")  # fmt: skip
    assert done.returncode == 3
    assert "không có tệp" in told(done)
    assert "Traceback" not in told(done)
