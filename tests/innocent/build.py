"""Whole claims from short drawings: usual values are filled in, money and totals are computed."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from giamdinh import yamlio
from giamdinh.rules.examples import pipe_table
from giamdinh.tables.specs import table_specs

Row = dict[str, str]
Tables = dict[str, list[Row]]

MONTHS = ("2023-11", "2024-08", "2025-03", "2026-09")
_HERE = Path(__file__).parent
_DRAWN_DAY = re.compile(r"=?([0-9]{2})(?: ([0-9]{4}))?")
_PARTS = ("NSNN", "VTNN", "VTTN", "CL")
_MONEY = ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")
_LAB, _SUPPLY, _TRANSPORT, _BEDS = "1", "10", "12", ("14", "15", "16")
_LICENCE = "0000001/HNO-GPHN"
_TENDER = "123/QĐ-SYT;G1;{};2023"
_HEAD = {
    "MA_BN": "BN01", "HO_TEN": "NGUYỄN VĂN A", "SO_CCCD": "001080000001",
    "NGAY_SINH": "198001010000", "GIOI_TINH": "1", "MA_QUOCTICH": "000", "MA_DANTOC": "01",
    "DIA_CHI": "Xã A", "MATINH_CU_TRU": "01", "MAXA_CU_TRU": "00001",
    "MA_THE_BHYT": "GD4010000000001", "MA_DKBD": "01001", "GT_THE_TU": "20220101",
    "GT_THE_DEN": "20281231", "LY_DO_VV": "Khám bệnh", "MA_DOITUONG_KCB": "1.1",
    "KET_QUA_DTRI": "1", "MA_LOAI_RV": "1", "MA_LOAI_KCB": "01", "MA_KHOA": "K01",
    "MA_CSKCB": "01001", "CAN_NANG": "55.5", "NAM_NAM_LIEN_TUC": "20200101",
    "MA_HSBA": "HS01", "MA_TTDV": "0100000001", "MUC_HUONG": "80", "SO_NGAY": "0",
    "SO_NGAY_3176": "",
}  # fmt: skip
_PAPER = {
    "SO_LUU_TRU": "1", "MA_YTE": "1", "MA_KHOA_RV": "K01", "PP_DIEUTRI": "Nội khoa",
    "MA_TTDV": "0100000001", "MA_BS": "0100000002", "TEN_BS": "BS A", "HO_TEN_NND": "TRẦN THỊ B",
    "NGAYSINH_NND": "19900101", "MA_DANTOC_NND": "01", "SO_CCCD_NND": "001190000002",
    "NGAYCAP_CCCD_NND": "20210101", "NOICAP_CCCD_NND": "Cục C06", "NOI_CU_TRU_NND": "Xã A",
    "MA_QUOCTICH": "000", "MATINH_CU_TRU": "01", "MA_THE_TAM": "TE101KT0000001",
    "GIOI_TINH_CON": "1", "SO_CON": "1", "LAN_SINH": "1", "SO_CON_SONG": "1",
    "NOI_SINH_CON": "Bệnh viện A", "TINH_TRANG_CON": "Tốt", "SINHCON_PHAUTHUAT": "0",
    "SINHCON_DUOI32TUAN": "0", "NGUOI_DO_DE": "HS A", "NGUOI_GHI_PHIEU": "HS B", "SO": "1",
    "QUYEN_SO": "1", "SO_HOSO": "1", "SO_CHUYENTUYEN": "1", "GIAY_CHUYEN_TUYEN": "1/GCT",
    "DAU_HIEU_LS": "Đau ngực", "QT_BENHLY": "Diễn biến trong ngày",
    "HUONG_DIEU_TRI": "Can thiệp mạch vành", "PHUONGTIEN_VC": "Xe cứu thương",
    "MA_BAC_SI": _LICENCE, "SO_GIAYHEN_KL": "1", "MA_CSKCB": "01001",
}  # fmt: skip


@cache
def drawings() -> tuple[dict[str, Any], ...]:
    """All drawn claims, in the order of the files."""
    files = ("ordinary.yaml", "more.yaml")
    return tuple(claim for name in files for claim in yamlio.load(_HERE / name)[0])


def build(drawing: dict[str, Any], month: str, key: str) -> Tables:
    """The tables of one drawn claim in a month `yyyy-mm`; `key` is its MA_LK."""
    own = {**drawing["XML1"], **drawing.get("theo_thang", {}).get(month, {})}
    head = _dated("XML1", {"MA_LK": key, "STT": "1", **_HEAD, **own}, month)
    tables: Tables = {"XML1": [head]}
    for name in ("XML2", "XML3", "XML4", "XML5"):
        rows = pipe_table(drawing[name]) if name in drawing else []
        tables[name] = [
            _line(name, _dated(name, row, month), i, head) for i, row in enumerate(rows, 1)
        ]
    for name in ("XML7", "XML9", "XML13", "XML14"):
        if name in drawing and not (name in ("XML13", "XML14") and month < "2024"):
            tables[name] = [_paper(name, _dated(name, drawing[name], month), head)]
    for line in (*tables["XML2"], *tables["XML3"]):
        _settle(line, month)
    _total(tables, head, month)
    return tables


def _dated(table: str, row: Row, month: str) -> Row:
    """The row with days of the month written out, in time fields and after `=` in lists."""
    spec = table_specs()[table].by_name
    out = {}
    for name, text in row.items():
        timed = name in spec and spec[name].kind in ("date8", "datetime12")
        out[name] = ";".join(_day(p, month) for p in text.split(";")) if timed else text
    return out


def _day(text: str, month: str) -> str:
    match = _DRAWN_DAY.fullmatch(text.strip())
    return f"{month.replace('-', '')}{match[1]}{match[2] or ''}" if match else text.strip()


def _line(table: str, row: Row, number: int, head: Row) -> Row:
    usual: Row = {"MA_LK": head["MA_LK"], "STT": str(number), "MA_KHOA": "K01"}
    usual |= {"MA_BAC_SI": _LICENCE}
    if table == "XML2":
        usual |= {
            "MA_NHOM": "4", "DON_VI_TINH": "Gói" if "gói" in row["LIEU_DUNG"] else "Viên",
            "DUONG_DUNG": "1.01", "HAM_LUONG": "500mg", "SO_DANG_KY": f"VD-{number}-20",
            "TT_THAU": _TENDER.format("N2"), "NGUON_CTRA": "1", "NGAY_TH_YL": "",
        }  # fmt: skip
    elif table == "XML3":
        service = row["MA_NHOM"] not in (_SUPPLY, _TRANSPORT, *_BEDS)
        usual |= {"NGUOI_THUC_HIEN": _LICENCE if service else "", "DON_VI_TINH": "Lần"}
        usual |= {"TT_THAU": _TENDER.format("N0") if row["MA_NHOM"] == _SUPPLY else ""}
    elif table == "XML4":
        usual |= {"MA_BS_DOC_KQ": "0000003/HNO-GPHN"}
    else:
        usual |= {"NGUOI_THUC_HIEN": _LICENCE}
    usual |= {"PHAM_VI": "1", "MA_PTTT": "1", "SO_LUONG": "1", "TYLE_TT_DV": "100"}
    usual["MUC_HUONG"] = head["MUC_HUONG"]
    filled = {**usual, **{name: text for name, text in row.items() if text}}
    known = {*table_specs()[table].by_name, "DON_GIA", "SAN_BH"}
    return {k: "" if text == "-" else text for k, text in filled.items() if k in known}


def _paper(table: str, row: Row, head: Row) -> Row:
    spec = table_specs()[table].by_name
    shared = {k: v for k, v in {**_PAPER, **{
        k: head[k] for k in ("MA_LK", "NGAY_VAO", "NGAY_RA", "HO_TEN", "NGAY_SINH", "GIOI_TINH",
                             "MA_THE_BHYT", "MA_DOITUONG_KCB")}}.items() if k in spec}  # fmt: skip
    return {**shared, **row}


def _settle(line: Row, month: str) -> None:
    """The amounts of a line by the decision of the month; another source is used up in order."""
    quantity, rate = Decimal(line["SO_LUONG"]), Decimal(line.get("TYLE_TT_DV", "100")) / 100
    price = Decimal(line.pop("DON_GIA"))
    insured = Decimal(line.get("DON_GIA_BH") or price)
    outside = line["PHAM_VI"] == "2"
    ratio = Decimal(0) if outside else Decimal(1)
    drug = "NGUON_CTRA" in line
    if drug:
        line["DON_GIA"] = str(price)
        full, share = _round(quantity * price), _round(quantity * price * ratio)
    else:
        line |= {"DON_GIA_BV": str(price), "DON_GIA_BH": str(insured)}
        full = _round(quantity * price * (rate if month >= "2024" else 1))
        share = _round(quantity * insured * rate * ratio)
    if outside:
        line["MUC_HUONG"] = "0"
    percent = Decimal(100) if line["MA_NHOM"] == _TRANSPORT else Decimal(line["MUC_HUONG"])
    fund = _round(share * percent / 100)
    other = full if line.get("NGUON_CTRA", "1") != "1" else Decimal(0)
    left, shares = other, []
    for part in (full - share, share - fund, fund):
        used = min(left, part)
        left -= used
        shares.append(part - used)
    line |= {
        "TYLE_TT_BH": str(int(ratio * 100)), "THANH_TIEN_BV": str(full),
        "THANH_TIEN_BH": line.pop("SAN_BH", "") or str(share), "T_NGUONKHAC": str(other),
        **{f"T_NGUONKHAC_{part}": "0" for part in _PARTS}, "T_NGUONKHAC_NSNN": str(other),
        **dict(zip(("T_BNTT", "T_BNCCT", "T_BHTT"), map(str, shares), strict=True)),
    }  # fmt: skip


def _total(tables: Tables, head: Row, month: str) -> None:
    lines = [*tables["XML2"], *tables["XML3"]]

    def total(name: str, rows: list[Row]) -> str:
        return str(sum((Decimal(row[name]) for row in rows), Decimal(0)))

    insured = [row for row in lines if row["PHAM_VI"] != "2"]
    supplies = [row for row in lines if row["MA_NHOM"] == _SUPPLY]
    newer = month >= "2025"
    days = head.pop("SO_NGAY_3176")
    older = head.pop("SO_NGAY")
    one = "1" if head["MA_LOAI_KCB"] == "01" and older == "0" else older
    head.pop("MUC_HUONG")
    head |= {
        "SO_NGAY_DTRI": (days or one) if newer else _older_days(head, older),
        "CHAN_DOAN_RV": head["CHAN_DOAN_VAO"], "NAM_QT": month[:4],
        "THANG_QT": str(int(month[5:])), "MA_NGHE_NGHIEP": "00" if newer else "00000",
        "T_THUOC": total("THANH_TIEN_BV", tables["XML2"]),
        "T_VTYT": total("THANH_TIEN_BV", supplies),
        "T_TONGCHI_BV": total("THANH_TIEN_BV", lines),
        "T_TONGCHI_BH": total("THANH_TIEN_BH", insured), "T_BHTT_GDV": total("T_BHTT", lines),
        **{name: total(name, lines) for name in _MONEY},
    }  # fmt: skip


def _older_days(head: Row, days: str) -> str:
    """Before 2025 an exam has no days of treatment."""
    return "0" if head["MA_LOAI_KCB"] in ("01", "07", "09") else days


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
