"""The forms as workbooks and XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from giamdinh.budget.forms import AMOUNTS, FIELDS, SUMS, TIMES, TITLES
from giamdinh.growth.periods import month_vi
from giamdinh.report.files import write_whole
from giamdinh.report.grid import Column, Sheet
from giamdinh.report.workbook import write_sheets
from giamdinh.tables.values import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from giamdinh.budget.forms import Broken, Monthly, Quarterly
    from giamdinh.budget.refusals import Refusal
    from giamdinh.report.grid import Cell

_WIDTHS = {"MA_THE_BHYT": 17}
_QUARTER = (
    "STT", "STT_CHA", "CHI_TIEU", "SO_LUOT", "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BHTT", "T_BNCCT",
    "T_NGUONKHAC", "T_BNTT", "MA_CSKCB",
)  # fmt: skip
REFUSALS = (
    "STT", "MA_CSKCB", "MA_LK", "BANG", "STT_DONG", "TRUONG", "GIA_TRI", "GIA_TRI_DUNG",
    "SO_TIEN_DE_NGHI", "MA_QUY_TAC", "NOI_DUNG", "CAN_CU", "TRANG_THAI_DONG_Y", "LY_DO",
)  # fmt: skip


def write_monthly(form: Monthly, folder: Path) -> list[Path]:
    """01/BH as workbook and XML.

    Raises:
        OSError: the folder cannot be written.
    """
    stem = f"01BH_{form.facility}_{form.month}"
    rows = [{name: _plain(row.values.get(name), name) for name in FIELDS} for row in form.rows]
    named = [("01BH", _claims(form)), ("TongHop", _totals(form)), ("SaiLech", _broken(form.broken))]
    return [
        write_sheets(folder / f"{stem}.xlsx", f"Mẫu 01/BH {month_vi(form.month)}", named),
        _xml(folder / f"{stem}.xml", ("HSTH01BH", "DS_CHITIET", "CHITIET_HS01BH"), rows),
    ]


def write_quarterly(form: Quarterly, folder: Path) -> list[Path]:
    """02/BH as workbook and XML.

    Raises:
        OSError: the folder cannot be written.
    """
    stem = f"02BH_{form.facility}_{form.year}Q{form.quarter}"
    lines: list[dict[str, Cell]] = [
        {
            "STT": row.number,
            "STT_CHA": row.parent,
            "CHI_TIEU": row.title,
            "MA_CSKCB": form.facility,
            **row.sums,
        }
        for row in form.rows
    ]
    columns = tuple(_column(name) for name in _QUARTER)
    sheet = Sheet("02BH", columns, [[line[name] for name in _QUARTER] for line in lines], fixed=3)
    named = [("02BH", sheet), ("TheoThang", _by_month(form)), ("SaiLech", _broken(form.broken))]
    title = f"Mẫu 02/BH quý {form.quarter}/{form.year}"
    rows = [{name: _plain(line[name], name) for name in _QUARTER} for line in lines]
    return [
        write_sheets(folder / f"{stem}.xlsx", title, named),
        _xml(folder / f"{stem}.xml", ("HSTH02BH", "DS_CHITIET", "CHITIET_HS02BH"), rows),
    ]


def write_refusals(rows: Sequence[Refusal], facility: str, folder: Path) -> list[Path]:
    """09/BH as workbook and XML; the last two columns are for the facility's answer.

    Raises:
        OSError: the folder cannot be written.
    """
    stem = f"09BH_{facility}"
    columns = tuple(_column(name) for name in REFUSALS)
    lines: list[tuple[Cell, ...]] = [
        (str(number), *row.cells, "", "") for number, row in enumerate(rows, start=1)
    ]
    named = [("09BH", Sheet("09BH", columns, lines, fixed=3))]
    texts = [
        {name: _plain(cell, name) for name, cell in zip(REFUSALS, line, strict=True)}
        for line in lines
    ]
    return [
        write_sheets(folder / f"{stem}.xlsx", "Mẫu 09/BH", named),
        _xml(folder / f"{stem}.xml", ("HS09BH", "DS_CHITIET", "CHITIET_HS09BH"), texts),
    ]


def _column(name: str) -> Column:
    if name in AMOUNTS or name == "SO_TIEN_DE_NGHI":
        return Column(name, 16, "money")
    if name in ("SO_LUOT", "SO_NGAY_DTRI", "STT_DONG"):
        return Column(name, 9, "count")
    if name in TIMES:
        return Column(name, 15, "typed")
    long = name in ("NOI_DUNG", "CAN_CU", "LY_DO", "CHI_TIEU", "HO_TEN", "GIA_TRI", "GIA_TRI_DUNG")
    return Column(name, 36 if long else _WIDTHS.get(name, 13), "wrap" if long else "text")


def _claims(form: Monthly) -> Sheet:
    """The form, each section with its sum, and MA_LK behind it to find the claim."""
    columns = (*(_column(name) for name in FIELDS), Column("MA_LK (đối chiếu)", 18))
    rows: list[list[Cell]] = []
    totals = form.totals()
    for section, title in TITLES.items():
        own = [row for row in form.rows if row.section == section]
        if not own:
            continue
        sums = totals[section]
        head: dict[str, Cell] = {"STT": section or "KHAC", "HO_TEN": title}
        head |= {name: sums[name] for name in AMOUNTS}
        rows.append([*(head.get(name, "") for name in FIELDS), f"{sums['SO_LUOT']} hồ sơ"])
        rows += [
            [*(_cell(row.values.get(name), name) for name in FIELDS), row.claim] for row in own
        ]
    return Sheet("01BH", columns, rows, fixed=2)


def _totals(form: Monthly) -> Sheet:
    totals = form.totals()
    columns = (Column("Phần", 8), Column("Tên", 40, "wrap"), *map(_column, SUMS))
    rows: list[list[Cell]] = [
        [section or "KHAC", title, *(totals[section][name] for name in SUMS)]
        for section, title in TITLES.items()
        if section in totals
    ]
    rows.append(["TONG", "", *(sum(sums[n] for sums in totals.values()) for n in SUMS)])
    return Sheet("TongHop", columns, rows)


def _by_month(form: Quarterly) -> Sheet:
    columns = (Column("Tháng", 9), Column("Phần", 8), *map(_column, SUMS))
    rows: list[list[Cell]] = [
        [month_vi(month.month), section or "KHAC", *(sums[name] for name in SUMS)]
        for month in form.months
        for section, sums in sorted(month.totals().items())
    ]
    return Sheet("TheoThang", columns, rows)


def _broken(faults: Sequence[Broken]) -> Sheet:
    columns = (
        Column("Nơi", 30),
        Column("Quan hệ", 54, "wrap"),
        Column("Vế trái (đ)", 17, "money"),
        Column("Vế phải (đ)", 17, "money"),
        Column("Chênh (đ)", 17, "money"),
    )
    rows = [(f.place, f.relation, f.left, f.right, f.gap) for f in faults]
    return Sheet("SaiLech", columns, rows)


def _cell(value: Any, name: str) -> Cell:  # noqa: ANN401 - what DuckDB gives
    """A value as a cell of its column; codes are texts also where they are numbers."""
    if value is None or name in AMOUNTS or name in TIMES:
        found: Cell = value
        return found
    if name == "NGAY_SINH":
        return _birth(str(value))
    return int(value) if name == "SO_NGAY_DTRI" else str(value)


def _birth(text: str) -> str:
    """A date of birth as people write it; unknown parts are left out."""
    year, month, day = text[:4], text[4:6], text[6:8]
    return "/".join(part for part in (day, month, year) if part.strip("0"))


def _plain(value: Any, name: str) -> str:  # noqa: ANN401 - what DuckDB gives
    """A value as the XML writes it: times as yyyymmddhhmm, amounts with a dot."""
    if value is None:
        return ""
    if name in AMOUNTS or name == "SO_TIEN_DE_NGHI":
        return number_text(int(value), 2)
    return _moment(value) if hasattr(value, "hour") else str(value)


def _moment(value: datetime) -> str:
    return f"{value:%Y%m%d%H%M}"


def _xml(target: Path, tags: tuple[str, str, str], rows: Sequence[dict[str, str]]) -> Path:
    from lxml import etree

    root_tag, list_tag, row_tag = tags
    root = etree.Element(root_tag)
    listed = etree.SubElement(root, list_tag)
    for row in rows:
        element = etree.SubElement(listed, row_tag)
        for name, text in row.items():
            etree.SubElement(element, name).text = _legal(text)
    etree.SubElement(root, "CHUKYDONVI")
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return write_whole(target, lambda path: _write(path, data))


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
