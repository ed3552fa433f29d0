from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from giamdinh.catalogues import load_catalogues
from tests.catalogues.files import STAFF, STAFF_ROW, workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _reason(folder: Path) -> str:
    catalogues = load_catalogues(folder)
    assert catalogues.tables == {}
    (problem,) = catalogues.problems
    return problem.reason


def _edited(path: Path, edit: Callable[[str], str]) -> None:
    """The same workbook with its first sheet's XML changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = edit(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


@pytest.mark.parametrize("keep", [10, 300, 2000])
def test_a_workbook_cut_short_is_reported(keep: int, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"DATA": [STAFF, STAFF_ROW]})
    path.write_bytes(path.read_bytes()[:keep])
    assert _reason(tmp_path) == "tệp bảng tính hỏng; mở bằng Excel rồi lưu lại"


def test_a_workbook_with_a_damaged_part_is_reported(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"DATA": [STAFF, STAFF_ROW]})
    _edited(path, lambda text: text[: len(text) // 2])
    assert _reason(tmp_path) == "tệp bảng tính hỏng; mở bằng Excel rồi lưu lại"


@pytest.mark.parametrize("cell", [(0, 16_383), (1_048_575, 0), (600_000, 40)])
def test_a_stray_value_at_the_edge_is_refused_before_it_takes_all_memory(
    cell: tuple[int, int], tmp_path: Path
) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, STAFF)
        sheet.write_row(1, 0, STAFF_ROW)
        sheet.write(*cell, "x")
    assert "ngoài cột AZ hoặc sau dòng 500.000" in _reason(tmp_path)


def test_a_stray_format_at_the_edge_does_not_matter(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, STAFF)
        sheet.write_row(1, 0, STAFF_ROW)
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    assert load_catalogues(tmp_path).has("nhan_luc")


def test_cells_that_do_not_say_where_they_are_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"DATA": [STAFF, STAFF_ROW]})
    _edited(path, lambda text: re.sub(r'(<c) r="[A-Z]+[0-9]+"', r"\1", text))
    assert "không ghi vị trí" in _reason(tmp_path)


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (80 << 20))
    assert "quá lớn" in _reason(tmp_path)


def test_a_web_page_under_another_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text("<html><table></table></html>", encoding="utf-8")
    assert "trang web" in _reason(tmp_path)


def test_a_damaged_old_workbook_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert "bảng tính hỏng" in _reason(tmp_path)


def test_entities_and_document_types_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        "<a><DMDICHVUKBCB><MA_DICH_VU>&x;</MA_DICH_VU></DMDICHVUKBCB></a>",
        encoding="utf-8",
    )
    assert "DOCTYPE" in _reason(tmp_path)


def test_xml_cut_short_keeps_the_rows_before_and_says_so(tmp_path: Path) -> None:
    row = "<DM_TBYTTHDV><TEN_TB>Máy</TEN_TB><MA_MAY>XQ.1.1</MA_MAY></DM_TBYTTHDV>"
    (tmp_path / "a.xml").write_text(f"<DSACH_TBYTTHDV>{row}<DM_TB", encoding="utf-8")
    catalogues = load_catalogues(tmp_path)
    assert catalogues.has("thiet_bi")
    assert [p.reason for p in catalogues.problems] == ["tệp XML hỏng hoặc bị cắt"]


def test_bytes_that_are_no_text_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(128, 256)) * 4)
    assert "bảng mã" in _reason(tmp_path)


def test_a_quote_that_never_closes_is_reported(tmp_path: Path) -> None:
    rows = ",".join(STAFF) + "\n" + ",".join(STAFF_ROW) + '\n"' + "x" * 200_000
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    catalogues = load_catalogues(tmp_path)
    assert [p.reason.split(";")[0] for p in catalogues.problems] == [
        "tệp văn bản có ô không kết thúc"
    ]


def test_problems_never_show_what_a_personal_column_holds(tmp_path: Path) -> None:
    header = ("MA_THE_BHYT", "GT_THE_TU", "HO_TEN", "NGAY_SINH")
    rows = [header, ("DN4010123456789", "mai", "NGƯỜI BÍ MẬT", "ngày bí mật")]
    workbook(tmp_path / "a.xlsx", {"DATA": rows})
    catalogues = load_catalogues(tmp_path)
    assert len(catalogues.problems) == 1
    assert "BÍ MẬT" not in catalogues.problems[0].reason.upper()
    assert "DN401" not in catalogues.problems[0].reason
