from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pytest

from giamdinh.catalogues import Catalogues, load_catalogues
from giamdinh.catalogues.lists import list_specs
from giamdinh.errors import InputError
from tests.catalogues.files import STAFF, STAFF_ROW, delimited, workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OFFICIAL = {
    "khoa": "STT MA_KHOA TEN_KHOA BAN_KHAM GIUONG_PD GIUONG_TK GIUONG_HSTC GIUONG_HSCC TU_NGAY "
    "DEN_NGAY MA_CSKCB",
    "nhan_luc": "STT MA_KHOA TEN_KHOA HO_TEN GIOI_TINH SO_DINH_DANH CHUCDANH_NN VI_TRI MACCHN "
    "NGAYCAP_CCHN NOICAP_CCHN PHAMVI_CM PHAMVI_CMBS DVKT_KHAC VB_PHANCONG THOIGIAN_DK "
    "THOIGIAN_NGAY THOIGIAN_TUAN CSKCB_KHAC CSKCB_CGKT QD_CGKT TU_NGAY DEN_NGAY MA_CSKCB",
    "thuoc": "STT MA_THUOC TEN_HOAT_CHAT TEN_THUOC DON_VI_TINH HAM_LUONG DUONG_DUNG MA_DUONG_DUNG "
    "DANG_BAO_CHE SO_DANG_KY SO_LUONG DON_GIA DON_GIA_BH QUY_CACH NHA_SX NUOC_SX NHA_THAU TT_THAU "
    "TU_NGAY_HD DEN_NGAY_HD MA_CSKCB LOAI_THUOC LOAI_THAU HT_THAU MA_DVKT TCCL BO_PHAN_VT "
    "TEN_KHOA_HOC NGUON_GOC PP_CHEBIEN MA_DL_NHAP MA_DL_CB TLHH_CB TLHH_BQ MA_CSKCB_THUOC TU_NGAY "
    "DEN_NGAY",
    "vat_tu": "STT MA_VAT_TU NHOM_VAT_TU TEN_VAT_TU MA_HIEU SO_LUU_HANH TINHNANG_KT QUY_CACH "
    "HANG_SX NUOC_SX DON_VI_TINH DON_GIA DON_GIA_BH TYLE_TT_BH SO_LUONG DINH_MUC NHA_THAU TT_THAU "
    "TU_NGAY_HD DEN_NGAY_HD MA_CSKCB LOAI_THAU HT_THAU MA_CSKCB_TBYT TU_NGAY DEN_NGAY",
    "dich_vu": "STT MA_DICH_VU TEN_DICH_VU TEN_DVKT_GIA DON_GIA QUY_TRINH SO_LUONG_CGKT CSKCB_CGKT "
    "CSKCB_CLS QD_DVKT QD_PD_GIA GHI_CHU TU_NGAY DEN_NGAY MA_CSKCB GIA_THANH_TOAN",
    "thiet_bi": "STT TEN_TB KY_HIEU CONGTY_SX NUOC_SX NAM_SX NAM_SD MA_MAY SO_LUU_HANH HD_TU "
    "HD_DEN TU_NGAY DEN_NGAY MA_CSKCB",
    "the_bhyt": "MA_THE_BHYT SO_CCCD HO_TEN NGAY_SINH GIOI_TINH MA_DKBD GT_THE_TU GT_THE_DEN "
    "MUC_HUONG_SO NAM_NAM_LIEN_TUC LUY_KE_CCT TRANG_THAI NGAY_TRA_CUU",
    "co_so": "MA_CSKCB TEN_CSKCB CAP_CMKT DIEM_XEP_CAP TUYEN_TRUOC_2025 LOAI_HINH GIO_HOAT_DONG "
    "TU_NGAY DEN_NGAY",
    "pham_vi": "PREFIX_DVKT PHAMVI_CM_OK CHUCDANH_NN_OK NHOM_DVKT",
}  # fmt: skip


def _official_row(kind: str) -> list[str]:
    """A row of the official columns whose cells fit their kind."""
    values = {"date": "20260401", "number": "5", "facility": "01001", "partial": "20260401"}
    spec = list_specs()[kind]
    return [
        ""
        if name in ("DEN_NGAY", "GT_THE_DEN")
        else values.get(spec.by_name[name].kind, f"{name}x")
        for name in OFFICIAL[kind].split()
    ]


def _text(catalogues: Catalogues, kind: str, name: str, row: int = 0) -> str:
    table = catalogues.table(kind)
    assert table is not None
    return table.text(name, row)


@pytest.mark.parametrize("kind", OFFICIAL)
def test_each_official_list_is_recognised_by_its_columns(kind: str, tmp_path: Path) -> None:
    workbook(tmp_path / "x.xlsx", {"DATA": [OFFICIAL[kind].split(), _official_row(kind)]})
    catalogues = load_catalogues(tmp_path)
    assert catalogues.problems == ()
    assert [status.kind for status in catalogues.statuses] == [kind]
    for name, cell in zip(OFFICIAL[kind].split(), _official_row(kind), strict=True):
        assert _text(catalogues, kind, name) == cell


def test_the_status_says_what_was_recognised_for_whom_and_when(tmp_path: Path) -> None:
    rows = [
        STAFF,
        STAFF_ROW,
        ("NGƯỜI MẪU HAI", "0000002/HNO-GPHN", "20250101", "20251231", "01001"),
        ("NGƯỜI MẪU BA", "0000003/HNO-GPHN", "20260101", "20260131", "79001"),
    ]
    (tmp_path / "con").mkdir()
    workbook(tmp_path / "con" / "bat_ky.xlsx", {"DATA": rows})
    first, second = load_catalogues(tmp_path).statuses
    assert (first.kind, first.facility, first.rows) == ("nhan_luc", "01001", 2)
    assert (first.first, first.through) == (date(2025, 1, 1), None)
    assert (second.facility, second.through) == ("79001", date(2026, 1, 31))
    assert first.file == str((tmp_path / "con" / "bat_ky.xlsx").relative_to(tmp_path))


def test_real_numbers_and_days_of_a_workbook_become_text(tmp_path: Path) -> None:
    rows = [STAFF, ("NGƯỜI MẪU", 123456789.0, date(2026, 4, 1), date(2026, 4, 30), 1001)]
    workbook(tmp_path / "a.xlsx", {"DATA": rows})
    catalogues = load_catalogues(tmp_path)
    assert _text(catalogues, "nhan_luc", "MACCHN") == "123456789"
    assert _text(catalogues, "nhan_luc", "TU_NGAY") == "20260401"
    assert _text(catalogues, "nhan_luc", "MA_CSKCB") == "01001"
    assert catalogues.covers("nhan_luc", "01001")


def test_a_formula_counts_with_its_stored_value(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, STAFF)
        sheet.write_row(1, 0, STAFF_ROW)
        sheet.write_formula(1, 1, '="0000001"&"/HNO-GPHN"', None, "0000001/HNO-GPHN")
    assert _text(load_catalogues(tmp_path), "nhan_luc", "MACCHN") == "0000001/HNO-GPHN"


def test_a_workbook_of_another_program_reads_the_same(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (STAFF, STAFF_ROW):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    book.close()
    assert _text(load_catalogues(tmp_path), "nhan_luc", "HO_TEN") == "NGƯỜI MẪU MỘT"


def test_titles_above_labels_below_and_extra_columns_do_not_matter(tmp_path: Path) -> None:
    rows = [
        ("DANH MỤC NHÂN LỰC", "", "", "", "", ""),
        ("", "", "", "", "", ""),
        ("ghi chú riêng", "Họ và tên", "Số chứng chỉ hành nghề", "Từ ngày", "Đến ngày", "Mã CSKCB"),
        ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)"),
        ("x", *STAFF_ROW),
        ("", "", "", "", "", ""),
    ]
    workbook(tmp_path / "a.xlsx", {"DATA": rows})
    catalogues = load_catalogues(tmp_path)
    table = catalogues.table("nhan_luc")
    assert table is not None
    assert len(table) == 1
    assert catalogues.problems == ()


def test_older_headers_are_mapped(tmp_path: Path) -> None:
    header = ("MA_TUONG_DUONG", "TEN_DVKT_PHEDUYET", "DON_GIA", "QUYET_DINH", "TUNGAY", "DENNGAY")
    rows = [header, ("18.0001.0001", "Siêu âm", "1.234.500", "QĐ 1", "01/04/2026", "30/04/2026")]
    workbook(tmp_path / "a.xlsx", {"DATA": rows})
    catalogues = load_catalogues(tmp_path)
    assert _text(catalogues, "dich_vu", "MA_DICH_VU") == "18.0001.0001"
    assert _text(catalogues, "dich_vu", "QD_DVKT") == "QĐ 1"
    assert _text(catalogues, "dich_vu", "DON_GIA") == "1234500"
    assert catalogues.statuses[0].through == date(2026, 4, 30)


def test_an_official_name_wins_over_an_alias_of_the_same_column(tmp_path: Path) -> None:
    header = ("MA_DVKT", "MA_DICH_VU", "TEN_DICH_VU", "DON_GIA")
    delimited(tmp_path / "a.csv", [header, ("cũ", "18.0001.0001", "Siêu âm", "5")])
    assert _text(load_catalogues(tmp_path), "dich_vu", "MA_DICH_VU") == "18.0001.0001"


def test_every_sheet_of_a_workbook_is_looked_at(tmp_path: Path) -> None:
    sheets: dict[str, Sequence[Sequence[object]]] = {
        "NHAN_SU": [STAFF, STAFF_ROW],
        "M06": [("TEN_TB", "MA_MAY", "MA_CSKCB"), ("Máy X quang", "XQ.1.0001", "01001")],
        "GHI_CHU": [("linh tinh",)],
        "TRONG": [],
    }
    workbook(tmp_path / "a.xlsx", sheets)
    catalogues = load_catalogues(tmp_path)
    assert set(catalogues.tables) == {"nhan_luc", "thiet_bi"}
    assert [p.file for p in catalogues.problems] == ["a.xlsx [GHI_CHU]"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_read_in_any_delimiter_and_unicode_form(
    delimiter: str, encoding: str, tmp_path: Path
) -> None:
    row = ("NGƯỜI MẪU MỘT", "0000001/HNO-GPHN;00009/HN-CCHN", "20260401", "", "01001")
    delimited(tmp_path / "a.csv", [STAFF, row], delimiter, encoding)
    catalogues = load_catalogues(tmp_path)
    assert _text(catalogues, "nhan_luc", "HO_TEN") == "NGƯỜI MẪU MỘT"
    assert _text(catalogues, "nhan_luc", "MACCHN") == row[1]


def test_text_in_the_old_windows_code_page_is_read(tmp_path: Path) -> None:
    name = "Tr\u00e2\u0300n Va\u0306n".replace("a\u0306", "\u0103")
    rows = [STAFF, (name, *STAFF_ROW[1:])]
    delimited(tmp_path / "a.csv", rows, encoding="cp1258")
    assert _text(load_catalogues(tmp_path), "nhan_luc", "HO_TEN") == "Trần Văn"


def test_the_xml_form_of_the_gateway_is_read(tmp_path: Path) -> None:
    (tmp_path / "05.xml").write_text(
        "<?xml version='1.0' encoding='utf-8'?><DANHSACH_DMDICHVUKBCB>"
        "<DMDICHVUKBCB><STT>1</STT><MA_DICH_VU>18.0001.0001</MA_DICH_VU>"
        "<TEN_DICH_VU>Siêu âm</TEN_DICH_VU><DON_GIA>50000</DON_GIA><TU_NGAY>20260401</TU_NGAY>"
        "<DEN_NGAY/><MA_CSKCB>01001</MA_CSKCB><DS_THUOCPX><TT_THUOCPX><STT>1</STT>"
        "<MA_THUOC>X</MA_THUOC></TT_THUOCPX></DS_THUOCPX></DMDICHVUKBCB>"
        "<DMDICHVUKBCB><STT>2</STT><MA_DICH_VU>18.0002.0001</MA_DICH_VU>"
        "<TU_NGAY>20260431</TU_NGAY></DMDICHVUKBCB></DANHSACH_DMDICHVUKBCB>",
        encoding="utf-8",
    )
    catalogues = load_catalogues(tmp_path)
    assert _text(catalogues, "dich_vu", "DON_GIA") == "50000"
    assert [(p.file, p.reason) for p in catalogues.problems] == [
        ("05.xml", "TU_NGAY '20260431' không phải ngày")
    ]


def test_refused_rows_approve_nothing(tmp_path: Path) -> None:
    header = ("MA_DVKT", "TEN_DVKT", "DON_GIA", "HIEULUC", "KETQUA", "LYDOTUCHOI")
    rows = [
        header,
        ("01.0001", "a", "1", "1", "1", ""),
        ("01.0002", "b", "1", "Hết hiệu lực", "1", ""),
        ("01.0003", "c", "1", "1", "Từ chối", "sai giá"),
        ("01.0004", "d", "1", "", "", "sai giá"),
        ("01.0005", "e", "1", "1", "1", "đã sửa"),
    ]
    delimited(tmp_path / "a.csv", rows)
    catalogues = load_catalogues(tmp_path)
    table = catalogues.table("dich_vu")
    assert table is not None
    assert table.columns["MA_DICH_VU"] == ["01.0001", "01.0005"]
    assert [(s.rows, s.refused) for s in catalogues.statuses] == [(2, 3)]


def test_a_row_with_an_unreadable_day_is_reported_and_neither_approves_nor_accuses(
    tmp_path: Path,
) -> None:
    import numpy as np

    from giamdinh.catalogues import ABSENT, UNKNOWN, Coded
    from giamdinh.catalogues.people import staff_index

    rows = [
        STAFF,
        STAFF_ROW,
        ("NGƯỜI MẪU", "0000002/HNO-GPHN", "31/02/2026", "", "01001"),
        ("NGƯỜI MẪU", "0000003/HNO-GPHN", "20260501", "20260401", "01001"),
        ("NGƯỜI MẪU", "", "20260501", "", "01001"),
    ]
    workbook(tmp_path / "a.xlsx", {"DATA": rows})
    catalogues = load_catalogues(tmp_path)
    assert [(p.row, p.reason) for p in catalogues.problems] == [
        (3, "TU_NGAY '31/02/2026' không phải ngày"),
        (4, "DEN_NGAY trước TU_NGAY"),
        (5, "thiếu MACCHN hoặc SO_DINH_DANH hoặc MA_BHXH hoặc SO_CCCD"),
    ]
    assert catalogues.statuses[0].rows == 1
    staff = catalogues.table("nhan_luc")
    assert staff is not None
    codes = ["0000002/HNO-GPHN", "0000003/HNO-GPHN", "0000004/HNO-GPHN"]
    states = staff_index(staff).states(
        Coded(np.zeros(3, np.int32), ["01001"]),
        Coded(np.arange(3, dtype=np.int32), codes),
        np.full(3, 40_000_000, np.int64),
    )
    assert states.tolist() == [UNKNOWN, UNKNOWN, ABSENT]


def test_what_is_not_a_list_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "huong_dan.pdf").write_bytes(b"%PDF")
    (tmp_path / "~$a.xlsx").write_bytes(b"lock")
    (tmp_path / "rong.csv").write_bytes(b"")
    delimited(tmp_path / "gan.csv", [("HO_TEN", "MA_KHOA", "TEN_KHOA", "CHUCDANH_NN"), ("a",) * 4])
    delimited(tmp_path / "khac.csv", [("x", "y"), ("1", "2")])
    (tmp_path / "ho_so.xml").write_text("<GIAMDINHHS/>", encoding="utf-8")
    reasons = {p.file: p.reason for p in load_catalogues(tmp_path).problems}
    assert reasons["huong_dan.pdf"] == "không đọc tệp đuôi '.pdf'"
    assert reasons["rong.csv"] == "tệp rỗng"
    assert reasons["gan.csv"].endswith("nhưng thiếu cột MACCHN")
    assert "không thấy dòng tiêu đề" in reasons["khac.csv"]
    assert "không có dòng danh mục" in reasons["ho_so.xml"]
    assert "~$a.xlsx" not in reasons


def test_no_folder_is_no_catalogue_and_a_wrong_folder_is_an_error(tmp_path: Path) -> None:
    assert load_catalogues(None) == Catalogues()
    with pytest.raises(InputError, match="không có thư mục"):
        load_catalogues(tmp_path / "khong_co")
    path = workbook(tmp_path / "a.xlsx", {"DATA": [STAFF, STAFF_ROW]})
    assert load_catalogues(path).has("nhan_luc")


def test_every_list_can_be_recognised_by_what_it_asks_for() -> None:
    for spec in list_specs().values():
        asked = {*spec.needed, *spec.any_of, *spec.identified_by, *spec.start, *spec.end}
        assert asked <= set(spec.by_name)
        official = OFFICIAL[spec.kind].split() if spec.kind in OFFICIAL else spec.needed
        assert set(official) <= set(spec.by_name)
        if spec.form:
            assert [column.name for column in spec.columns][: len(official)] == official
