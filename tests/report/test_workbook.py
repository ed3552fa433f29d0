from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from giamdinh.masking import mask
from giamdinh.report import workbook
from giamdinh.report.grid import Column, Sheet, shown, typed
from tests.report.results import finding, ledger, month, result

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from giamdinh.report.model import AuditResult

SHEETS = [
    "TongQuan", "LoiChiTiet", "TheoQuyTac", "TheoKhoa", "TheoBacSi", "NguyenNhanGoc",
    "KhongKiemDuoc", "ThongTinChay",
]  # fmt: skip
DETAIL = [
    "STT", "Mã CSKCB", "Mã LK", "Mã BN/HSBA", "Họ tên", "Mã thẻ", "Khoa", "Bác sĩ", "Bảng",
    "Dòng STT", "Trường", "Giá trị khai", "Giá trị đúng/tham chiếu", "Chênh lệch",
    "Mã quy tắc", "Nội dung TT 12/2026 Đ10 k1", "Mức độ", "Mô tả", "Căn cứ pháp lý",
    "Số tiền đề nghị xem xét (đ)", "Hướng xử lý", "Trạng thái", "Ghi chú", "Mã đối chiếu",
]  # fmt: skip


def opened(audit: AuditResult, folder: Path, **options: Any) -> Workbook:
    (path,) = workbook.write(audit, folder, **options)
    return load_workbook(path)


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_workbook_has_its_sheets_and_the_agreed_columns(tmp_path: Path) -> None:
    book = opened(result(finding()), tmp_path)
    assert book.sheetnames == SHEETS
    assert [cell.value for cell in book["LoiChiTiet"][1]] == DETAIL
    assert book["LoiChiTiet"].dimensions == "A1:X2"


def test_numbers_and_times_are_real_and_codes_stay_text(tmp_path: Path) -> None:
    dated = {"field": "NGAY_YL", "value": "202609150830", "expected": "202609140700"}
    code = {"field": "MA_DICH_VU", "value": "0012345", "expected": "", "amount": 123_456}
    audit = result(finding(), finding("TIM-004", **dated), finding("TIM-004", **code))
    sheet = opened(audit, tmp_path)["LoiChiTiet"]
    first, second, third = table(sheet)
    assert (first["Giá trị khai"], first["Số tiền đề nghị xem xét (đ)"]) == (15002, 15000)
    assert sheet["T2"].number_format == "#,##0"
    assert second["Giá trị khai"] == datetime(2026, 9, 15, 8, 30)  # noqa: DTZ001 - local
    assert sheet["L3"].number_format == "dd/mm/yyyy hh:mm"
    assert third["Giá trị khai"] == "0012345"
    assert third["Số tiền đề nghị xem xét (đ)"] == 1234.56
    assert (first["Mã CSKCB"], sheet["B2"].number_format) == ("01001", "@")
    assert (first["Bảng"], first["Dòng STT"]) == ("XML3 – Chi tiết dịch vụ và vật tư", 3)
    assert first["Nội dung TT 12/2026 Đ10 k1"] == "k. Khớp nội dung kê khai"
    assert (first["Mức độ"], first["Trạng thái"], first["Ghi chú"]) == ("Xuất toán", "mới", None)
    assert first["Mã đối chiếu"] == audit.findings.fingerprint(0)


def test_severities_have_words_and_colours(tmp_path: Path) -> None:
    audit = result(finding(), finding("STF-002"), finding("FMT-010", amount=0))
    sheet = opened(audit, tmp_path)["LoiChiTiet"]
    shown_as = [(sheet.cell(row, 17).value, sheet.cell(row, 17).fill.fgColor.rgb) for row in (2, 3)]
    assert shown_as == [("Xuất toán", "FFFFC7CE"), ("Cảnh báo", "FFFFEB9C")]
    assert sheet.cell(4, 17).value == "Thông tin"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+84", "-5", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "http://x.vn",
     "<r>&</r>", "a & b < c", "_x0041_", " hai đầu ", "dòng 1\ndòng 2", "mailto:a@b.vn"],
)  # fmt: skip
def test_texts_never_become_formulas_links_or_markup(tmp_path: Path, text: str) -> None:
    columns = {"claim": text, "department": text, "message": text, "value": text, "name": text}
    (path,) = workbook.write(result(finding(**columns, field="MA_DICH_VU")), tmp_path)
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet2.xml").decode()
        assert not any(name.endswith(".rels") and "sheet" in name for name in archive.namelist())
    assert "<f>" not in xml
    assert "<hyperlink" not in xml
    row = load_workbook(path)["LoiChiTiet"][2]
    for column in ("Mã LK", "Khoa", "Mô tả", "Giá trị khai", "Họ tên"):
        cell = row[DETAIL.index(column)]
        assert cell.data_type == "s"
        assert text in (cell.value, unescaped(cell.value))


def unescaped(text: str) -> str:
    """What Excel shows for a text with _xHHHH_ escapes."""
    return re.sub("_x([0-9A-F]{4})_", lambda match: chr(int(match.group(1), 16)), text)


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    rows = table(opened(result(finding(message="x" * 40_000)), tmp_path)["LoiChiTiet"])
    assert rows[0]["Mô tả"].endswith("… (còn 24000 ký tự, xem findings.jsonl)")


def test_tables_are_frozen_filtered_and_ready_to_print(tmp_path: Path) -> None:
    book = opened(month(30), tmp_path)
    for sheet in book:
        setup = sheet.page_setup
        assert (setup.orientation, setup.paperSize) == ("landscape", 9)
        assert setup.fitToWidth in (None, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        if sheet.title != "TongQuan":
            assert sheet.freeze_panes is not None
            assert sheet.auto_filter.ref == sheet.dimensions
            assert sheet.print_title_rows == "$1:$1"
            assert setup.fitToHeight == 0
    assert book["LoiChiTiet"].freeze_panes == "D2"


def test_findings_are_sorted_by_money(tmp_path: Path) -> None:
    rows = table(opened(month(200), tmp_path)["LoiChiTiet"])
    amounts = [row["Số tiền đề nghị xem xét (đ)"] for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert [row["STT"] for row in rows] == list(range(1, 201))


def test_long_tables_go_on_in_further_sheets_without_losing_a_row(tmp_path: Path) -> None:
    audit = month(2_500)
    book = opened(audit, tmp_path, rows=1_000)
    parts = ["LoiChiTiet", "LoiChiTiet_2", "LoiChiTiet_3"]
    assert [name for name in book.sheetnames if name.startswith("LoiChiTiet")] == parts
    assert [book[name].max_row for name in parts] == [1_000, 1_000, 503]
    prints = [row["Mã đối chiếu"] for name in parts for row in table(book[name])]
    assert sorted(prints) == sorted(audit.findings.fingerprint(row) for row in range(2_500))


def test_a_table_that_just_fits_needs_no_second_sheet(tmp_path: Path) -> None:
    assert "LoiChiTiet_2" not in opened(month(99), tmp_path, rows=100).sheetnames


def test_the_first_page_tells_ledger_numbers_money_rules_and_scorecard(tmp_path: Path) -> None:
    book = opened(month(60), tmp_path)
    sheet = book["TongQuan"]
    cells: dict[Any, Any] = {}
    for cell in (cell for column in sheet.iter_cols() for cell in column):
        cells.setdefault(cell.value, cell)

    def beside(label: str) -> Any:
        return sheet.cell(cells[label].row, cells[label].column + 1).value

    assert beside("Hồ sơ khai báo") == 1_200
    assert beside("Hồ sơ không đọc được") == 2
    assert beside("Đối soát") == "KHỚP"
    assert beside("Đề nghị xuất toán (đ)") > 0
    assert {"Kết quả", "Đối soát dữ liệu", "Quy tắc có nhiều tiền nhất"} <= cells.keys()
    assert cells["Khoảng cách giữa các lần KCB"].column == cells["Thẻ BHYT"].column
    assert sheet.page_setup.fitToHeight in (None, 1)
    assert "01001, 01002, 01003 (3 cơ sở)" in sheet["A2"].value


def test_a_run_that_does_not_balance_says_so(tmp_path: Path) -> None:
    audit = result(finding(), ledger=ledger(claims_read=1_100))
    values = [cell.value for row in opened(audit, tmp_path)["TongQuan"].iter_rows() for cell in row]
    assert "KHÔNG KHỚP" in values


def test_every_rule_of_the_run_is_listed_with_its_outcome(tmp_path: Path) -> None:
    rows = table(opened(month(60), tmp_path)["TheoQuyTac"])
    found = {row["Mã quy tắc"]: row for row in rows}
    assert len(rows) == len(found) == 8
    assert rows[0]["Đề nghị xuất toán (đ)"] == max(row["Đề nghị xuất toán (đ)"] for row in rows)
    assert sum(row["Phát hiện"] for row in rows) == 60
    assert found["PRC-001"]["Kết cục"] == "Không kiểm được"
    assert found["PRC-001"]["Lý do"] == "thiếu danh mục thuoc của cơ sở 01001"
    assert found["ITV-001"]["Kết cục"] == "Không áp dụng"


def test_group_sheets_count_every_finding(tmp_path: Path) -> None:
    book = opened(month(300), tmp_path)
    for name in ("TheoKhoa", "TheoBacSi", "TheoQuyTac"):
        assert sum(row["Phát hiện"] for row in table(book[name])) == 300
    assert [row["Mã CSKCB"] for row in table(book["TheoCoSo"])][-1] == "Tổng cộng"


def test_root_causes_name_the_value_and_the_repair(tmp_path: Path) -> None:
    rows = [finding("FMT-010", field="MA_PTTT_QT", value="", line_seq=i) for i in range(3)]
    causes = table(opened(result(*rows), tmp_path)["NguyenNhanGoc"])
    assert [row["Nguyên nhân chung"] for row in causes] == ["Một trường để trống", "Tổng cộng"]
    assert causes[0]["Mã, giá trị, người hành nghề"] == "(để trống)"
    assert (causes[0]["Phát hiện"], causes[0]["Trường"]) == (3, "MA_PTTT_QT")
    assert (causes[0]["Quy tắc"], causes[0]["Mã CSKCB"]) == ("FMT-010", "01001")
    assert causes[0]["Hướng xử lý"].startswith("Tính lại")


def test_declared_expected_and_their_difference_stand_side_by_side(tmp_path: Path) -> None:
    dated = {"field": "NGAY_YL", "value": "202609150830", "expected": "202609140700"}
    exact = {"field": "SO_LUONG", "value": "1.1", "expected": "1.000"}
    rows = [
        finding(), finding(**exact, amount=2), finding("TIM-004", **dated, amount=1),
        finding(expected="", amount=0),
    ]  # fmt: skip
    found = table(opened(result(*rows), tmp_path)["LoiChiTiet"])
    assert [row["Chênh lệch"] for row in found] == [2, 0.1, None, None]


def test_what_could_not_be_checked_or_read_is_listed(tmp_path: Path) -> None:
    rows = table(opened(result(finding()), tmp_path)["KhongKiemDuoc"])
    assert [row["Loại"] for row in rows] == ["Quy tắc hỏng", "Không kiểm được", "Dữ liệu đầu vào"]
    assert rows[2]["Tên quy tắc, vị trí"] == "hồ sơ thứ 2, MA_LK HS9, XML2"


def test_run_information_holds_hashes_catalogues_and_counts(tmp_path: Path) -> None:
    rows = table(opened(result(finding()), tmp_path)["ThongTinChay"])
    info = {(row["Mục"], row["Tên"]): row for row in rows}
    assert info["Tệp đầu vào", "thang9.xml"]["Giá trị"] == "ab" * 32
    assert info["Bộ quy tắc", "Mã băm"]["Giá trị"] == "0123456789abcdef"
    assert "01/01/2026" in info["Danh mục", "Nhân lực · 01001"]["Ghi chú"]
    assert info["Dòng đọc được", "XML3"]["Ghi chú"] == "bỏ lại 4 dòng"
    assert ("Danh mục không nhận", "la.xlsx") in info
    assert ("Thẻ lạ", "XML3/MA_LA") in info


def test_other_reports_can_add_their_sheets(tmp_path: Path) -> None:
    extra = Sheet("DuToan", (Column("Cơ sở", 12), Column("Dự toán (đ)", 20, "money")), [("A", 150)])
    book = opened(result(finding()), tmp_path, extra=[extra])
    assert book.sheetnames[-2:] == ["DuToan", "ThongTinChay"]
    assert table(book["DuToan"]) == [{"Cơ sở": "A", "Dự toán (đ)": 1.5}]


def test_a_run_without_findings_gives_a_whole_workbook(tmp_path: Path) -> None:
    book = opened(result(), tmp_path)
    assert book.sheetnames == SHEETS
    assert book["LoiChiTiet"].max_row == 1


def test_file_names_tell_facility_month_and_day(tmp_path: Path) -> None:
    assert workbook.file_name(result()) == "GIAMDINH_01001_202609_20261005.xlsx"
    assert workbook.file_name(month(3)) == "GIAMDINH_NHIEU_CS_202609_20261005.xlsx"
    odd = result(claims_by_facility={"../x": (1, 1)}, period="")
    assert workbook.file_name(odd) == "GIAMDINH____x_202610_20261005.xlsx"
    assert opened(result(), tmp_path) is not None


def test_a_target_that_cannot_be_replaced_is_left_alone(tmp_path: Path) -> None:
    taken = tmp_path / "GIAMDINH_01001_202609_20261005.xlsx"
    taken.mkdir()
    (path,) = workbook.write(result(finding()), tmp_path)
    assert path.name == "GIAMDINH_01001_202609_20261005_2.xlsx"
    assert taken.is_dir()
    assert sorted(tmp_path.iterdir()) == [taken, path]


def test_a_second_run_replaces_the_first_and_leaves_nothing_else(tmp_path: Path) -> None:
    workbook.write(result(finding()), tmp_path)
    (path,) = workbook.write(result(finding(), finding(row=9)), tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    assert load_workbook(path)["LoiChiTiet"].max_row == 3


def test_a_masked_run_shows_no_patient_anywhere(tmp_path: Path) -> None:
    audit = result(finding("CRD-003", table="XML1", field="HO_TEN", value="Nguyễn Thị Mẫu"))
    hidden = result(*mask(audit.findings))
    (path,) = workbook.write(hidden, tmp_path)
    with zipfile.ZipFile(path) as archive:
        text = "".join(archive.read(name).decode("utf-8", "ignore") for name in archive.namelist())
    assert "DN4**********89" in text
    assert not [marker for marker in ("Thị Mẫu", "4010123456789", "BN00017") if marker in text]


@pytest.mark.parametrize(
    ("table_name", "field", "text", "value"),
    [
        ("XML3", "SO_LUONG", "1.5", 1.5),
        ("XML3", "SO_LUONG", "-2", -2),
        ("XML3", "SO_LUONG", "007", "007"),
        ("XML3", "SO_LUONG", "1,5", "1,5"),
        ("XML3", "SO_LUONG", "1.", "1."),
        ("XML3", "SO_LUONG", "1234567890123456", "1234567890123456"),
        ("XML3", "NGAY_YL", "202613010000", "202613010000"),
        ("XML3", "NGAY_YL", "180001010000", "180001010000"),
        ("XML1", "NGAY_SINH", "199000000000", "199000000000"),
        ("XML3", "KHONG_CO", "12", "12"),
        ("", "", "12", "12"),
        ("XML3", "SO_LUONG", "", None),
    ],
)
def test_values_are_typed_only_when_written_the_plain_way(
    table_name: str, field: str, text: str, value: object
) -> None:
    assert typed(table_name, field, text) == value


def test_cells_are_shown_to_people_the_vietnamese_way() -> None:
    assert shown(123_456_789, "money") == "1.234.567,89"
    assert shown(1_200, "count") == "1.200"
    assert shown(datetime(2026, 9, 1, 8, 0), "typed") == "01/09/2026 08:00"  # noqa: DTZ001
    assert shown(None, "text") == ""


def test_two_hundred_thousand_findings_need_little_memory(tmp_path: Path) -> None:
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from tests.report.results import month\n"
        "from giamdinh.report import workbook\n"
        "audit, more = month(10_000), month(10_000, seed=2).findings\n"
        "for _ in range(19): audit.findings.extend(more)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"workbook.write(audit, Path({str(tmp_path)!r}))\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 150
    (path,) = tmp_path.iterdir()
    with zipfile.ZipFile(path) as archive, archive.open("xl/worksheets/sheet2.xml") as stream:
        assert (
            sum(line.count(b"<row ") for line in iter(lambda: stream.read(1 << 20), b"")) > 199_000
        )
