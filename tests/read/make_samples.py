"""Writes data/bien_the: one small invented file for each official variant of the format.

Run `python -m tests.read.make_samples` from the root of the repository after a change here.
"""

from __future__ import annotations

from pathlib import Path

from .writer import (
    FACILITY,
    Envelope,
    Row,
    b64,
    claim,
    content,
    document,
    envelope,
    file_hoso,
    hoso,
)

FOLDER = Path(__file__).parent / "data" / "bien_the"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def base64_claim(key: str = "LK1") -> str:
    return hoso(claim(key))


def text_file(hosos: list[str], form: Envelope | None = None) -> bytes:
    return (DECLARATION + envelope(hosos, form)).encode()


def noi_dung_rong() -> bytes:
    tables = claim("LK1")
    files = [file_hoso(t, content(document(t, rows), "base64")) for t, rows in tables.items()]
    files += [
        file_hoso("XML4", ""),
        file_hoso("XML5", " \n "),
        "<FILEHOSO><LOAIHOSO>XML6</LOAIHOSO><NOIDUNGFILE/></FILEHOSO>\n",
    ]
    return text_file([f"<HOSO>{''.join(files)}</HOSO>"])


def danh_sach_rong() -> bytes:
    tables: dict[str, list[Row]] = {**claim("LK1"), "XML6": [], "XML9": [], "XML15": []}
    return text_file([hoso(tables)])


def khai_bao_va_bom() -> bytes:
    tables = claim("LK1")
    styles = dict(zip(tables, ("base64_declared", "base64_bom", "base64"), strict=True))
    files = [file_hoso(t, content(document(t, r), styles[t])) for t, r in tables.items()]
    return text_file([f"<HOSO>{''.join(files)}</HOSO>"])


def noi_dung_cdata() -> bytes:
    tables = claim("LK1")
    styles = dict(zip(tables, ("base64_cdata", "cdata", "escaped"), strict=True))
    files = [file_hoso(t, content(document(t, r), styles[t])) for t, r in tables.items()]
    return text_file([f"<HOSO>{''.join(files)}</HOSO>"])


def khong_gian_ten() -> bytes:
    names = (
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns="urn:thu"'
    )
    return text_file([hoso(claim("LK1"), "inline")], Envelope(namespace=names))


def xml0_rieng() -> bytes:
    rows = [
        {"MA_LK": f"LK{i}", "STT": str(i), "MA_CSKCB": FACILITY, "NGAY_VAO": "202503090800"}
        for i in (1, 2)
    ]
    table = document("XML0", rows, pretty=True)
    return (DECLARATION + table.replace("</CHI_TIEU", "<CHUKYDONVI/></CHI_TIEU")).encode()


def khoang_trang() -> bytes:
    tables = claim("LK1")
    tables["XML2"][0]["LIEU_DUNG"] = "  Ngày uống 2 lần \n"
    tables["XML2"][0]["MA_THUOC"] = " 40.48 "
    return text_file([hoso(tables, "inline_pretty")])


def so_le() -> bytes:
    tables = claim("LK1")
    for row, amount in zip(tables["XML2"], ("15000.5", "15000.25"), strict=True):
        row["THANH_TIEN_BV"] = amount
    return text_file([hoso(tables)])


def the_rong() -> bytes:
    row = "<CHI_TIET_THUOC><MA_LK>LK1</MA_LK><STT></STT><MA_THUOC/></CHI_TIET_THUOC>"
    table = f"<CHITIEU_CHITIET_THUOC><DSACH_CHI_TIET_THUOC>{row}</DSACH_CHI_TIET_THUOC>"
    xml1 = content(document("XML1", claim("LK1")["XML1"]), "base64")
    files = file_hoso("XML1", xml1) + file_hoso("XML2", f"{table}</CHITIEU_CHITIET_THUOC>")
    return text_file([f"<HOSO>{files}</HOSO>"])


def thu_tu_filehoso() -> bytes:
    tables = claim("LK1")
    paper = [{"MA_LK": "LK1", "SO_LUU_TRU": "1"}]
    other = [{"MA_LK": "LK1", "SO_LUU_TRU": "2"}]
    order = [("XML7", paper), *reversed(tables.items()), ("XML7", other)]
    files = [file_hoso(t, content(document(t, rows), "base64")) for t, rows in order]
    return text_file([f"<HOSO>{''.join(files)}</HOSO>"])


def thu_tu_truong() -> bytes:
    tables = claim("LK1")
    turned = {t: [dict(reversed(row.items())) for row in rows] for t, rows in tables.items()}
    return text_file([hoso(turned)])


def xml13_cu() -> bytes:
    old = {
        "MA_LK": "LK1",
        "MA_NOI_DI": "79001",
        "MA_NOI_DEN": "79002",
        "PP_DIEUTRI": "Nội khoa",
        "TEN_DICH_VU": "Dịch vụ thử",
        "TEN_THUOC": "Thuốc thử",
        "PP_DIEU_TRI": "Ổn định khi chuyển",
    }
    return text_file([hoso({**claim("LK1"), "XML13": [old]})])


def the_noi() -> bytes:
    tables = claim("LK1")
    tables["XML1"][0].update(
        MA_THE_BHYT="GD4790000000001;GD4790000000002",
        MA_DKBD="79001;79002",
        GT_THE_TU="20250101;20250305",
        GT_THE_DEN="20250304;20251231",
    )
    return text_file([hoso(tables)])


def doctype() -> bytes:
    bomb = '<!DOCTYPE GIAMDINHHS [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>\n'
    return (DECLARATION + bomb + envelope([base64_claim()])).encode()


def signed(tail: str) -> bytes:
    return text_file([base64_claim()], Envelope(tail=tail))


def samples() -> dict[str, bytes]:
    """File name → content."""
    lines = text_file([hoso(claim("LK1"), "base64_lines")])
    signature = "<CHUKYDONVI><Signature>" + b64(b"chu ky thu" * 9) + "</Signature></CHUKYDONVI>"
    return {
        "01_base64_xuong_dong.xml": lines,
        "02_base64_mot_dong.xml": text_file([base64_claim()]),
        "03_the_con.xml": text_file([hoso(claim("LK1"), "inline")]),
        "04_noi_dung_rong.xml": noi_dung_rong(),
        "05_vang_bang.xml": text_file([hoso({"XML1": claim("LK1")["XML1"]})]),
        "06_danh_sach_rong.xml": danh_sach_rong(),
        "07_khong_khai_bao.xml": envelope([base64_claim()]).encode(),
        "08_khai_bao_va_bom.xml": khai_bao_va_bom(),
        "09_bom_ngoai.xml": b"\xef\xbb\xbf" + text_file([base64_claim()]),
        "10_cdata_trong_bang.xml": text_file([hoso(claim("LK1"), cdata=True)]),
        "11_cdata_noi_dung.xml": noi_dung_cdata(),
        "12_khong_gian_ten.xml": khong_gian_ten(),
        "13_nhieu_hoso.xml": text_file([base64_claim("LK1"), base64_claim("LK2")]),
        "14_xml0_rieng.xml": xml0_rieng(),
        "15_khong_chu_ky.xml": signed(""),
        "15_chu_ky_trang.xml": signed("<CHUKYDONVI> </CHUKYDONVI>"),
        "15_co_chu_ky.xml": signed(signature),
        "16_khoang_trang.xml": khoang_trang(),
        "17_so_le.xml": so_le(),
        "18_the_rong.xml": the_rong(),
        "19_thu_tu_filehoso.xml": thu_tu_filehoso(),
        "20_thu_tu_truong.xml": thu_tu_truong(),
        "21_xml13_cu.xml": xml13_cu(),
        "22_the_noi.xml": the_noi(),
        "23_doctype.xml": doctype(),
    }


def main() -> None:
    """Writes all samples."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in samples().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
