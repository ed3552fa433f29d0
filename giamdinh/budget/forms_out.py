"""The forms as workbooks and XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from giamdinh.budget.forms import MONTHLY, OTHER, QUARTERLY, TOTAL, VISITS, leaf
from giamdinh.budget.refusals import ADJUSTMENT, MANUAL, adjustment_spec
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
    from giamdinh.budget.refusals import Over, Refusal
    from giamdinh.growth.formspec import ColumnKind, FormColumn, FormSpec
    from giamdinh.report.grid import Cell, Kind

_LOOK: dict[ColumnKind, tuple[Kind, float]] = {
    "money": ("money", 16),
    "count": ("count", 9),
    "time": ("typed", 15),
    "wrap": ("wrap", 36),
    "text": ("text", 13),
    "birth": ("text", 13),
}
_VISITS = Column(VISITS, 9, "count")


def write_monthly(form: Monthly, folder: Path) -> list[Path]:
    """01/BH as workbook and XML.

    Raises:
        OSError: the folder cannot be written.
    """
    stem = f"{_stem(MONTHLY)}_{_safe(form.facility)}_{form.month}"
    spec = form.spec
    rows = [{c.name: _plain(row.values.get(c.name), c) for c in spec.columns} for row in form.rows]
    named = [
        ("01BH", _claims(form)),
        ("TongHop", _totals(form)),
        ("SaiLech", _broken(form.broken)),
        ("GhiChu", _notes(spec, form.notes)),
    ]
    return [
        write_sheets(folder / f"{stem}.xlsx", f"Mẫu {spec.code} {month_vi(form.month)}", named),
        _xml(folder / f"{stem}.xml", spec, rows),
    ]


def write_quarterly(form: Quarterly, folder: Path) -> list[Path]:
    """02/BH as workbook and XML.

    Raises:
        OSError: the folder cannot be written.
    """
    stem = f"{_stem(QUARTERLY)}_{_safe(form.facility)}_{form.year}Q{form.quarter}"
    spec = form.spec
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
    columns = tuple(map(_column, spec.columns))
    sheet = Sheet("02BH", columns, [[line[name] for name in spec.names] for line in lines], fixed=3)
    named = [
        ("02BH", sheet),
        ("TheoThang", _by_month(form)),
        ("HoSo", _behind(form)),
        ("SaiLech", _broken(form.broken)),
        ("GhiChu", _notes(spec, list(dict.fromkeys(n for m in form.months for n in m.notes)))),
    ]
    title = f"Mẫu {spec.code} quý {form.quarter}/{form.year}"
    rows = [{c.name: _plain(line[c.name], c) for c in spec.columns} for line in lines]
    return [
        write_sheets(folder / f"{stem}.xlsx", title, named),
        _xml(folder / f"{stem}.xml", spec, rows),
    ]


def write_refusals(
    rows: Sequence[Refusal], over: Sequence[Over], facility: str, folder: Path
) -> list[Path]:
    """09/BH as workbook and XML; the columns of the facility's answer are empty.

    Raises:
        OSError: the folder cannot be written.
    """
    spec = adjustment_spec()
    stem = f"{_stem(ADJUSTMENT)}_{_safe(facility)}"
    lines = [_refusal(row, number, spec) for number, row in enumerate(rows, start=1)]
    columns = tuple(map(_column, spec.columns))
    named = [
        ("09BH", Sheet("09BH", columns, lines, fixed=3)),
        ("VuotTBHTT", _over(over)),
        ("GhiChu", _notes(spec, ())),
    ]
    texts = [
        {c.name: _plain(cell, c) for c, cell in zip(spec.columns, line, strict=True)}
        for line in lines
    ]
    return [
        write_sheets(folder / f"{stem}.xlsx", f"Mẫu {spec.code}", named),
        _xml(folder / f"{stem}.xml", spec, texts),
    ]


def _refusal(row: Refusal, number: int, spec: FormSpec) -> list[Cell]:
    cells = iter(row.cells)
    return [
        str(number) if c.source == "STT" else "" if c.source == MANUAL else next(cells)
        for c in spec.columns
    ]


def _stem(code: str) -> str:
    return code.replace("/", "")


def _safe(facility: str) -> str:
    """A facility as part of a file name, whatever was written as its code."""
    return "".join(c if c.isalnum() else "_" for c in facility) or "KHONG_RO"


def _column(column: FormColumn) -> Column:
    kind, width = _LOOK[column.kind]
    return Column(column.name, column.width or width, kind)


def _sums(spec: FormSpec) -> tuple[Column, ...]:
    return (_VISITS, *(_column(column) for column in spec.columns if column.kind == "money"))


def _claims(form: Monthly) -> Sheet:
    """The form, each section with its sum, and MA_LK behind it to find the claim."""
    spec = form.spec
    columns = (*map(_column, spec.columns), Column("MA_LK (đối chiếu)", 18))
    rows: list[list[Cell]] = []
    totals = form.totals()
    for section, title in spec.titles.items():
        own = [row for row in form.rows if row.section == section]
        if not own:
            continue
        sums = totals[section]
        head: dict[str, Cell] = {"STT": section or OTHER, "HO_TEN": title}
        head |= {name: sums[name] for name in spec.amounts}
        rows.append([*(head.get(name, "") for name in spec.names), f"{sums[VISITS]} hồ sơ"])
        rows += [[*(_cell(row.values.get(c.name), c) for c in spec.columns), row.claim]
                 for row in own]  # fmt: skip
    return Sheet("01BH", columns, rows, fixed=2)


def _totals(form: Monthly) -> Sheet:
    totals, names = form.totals(), (VISITS, *form.spec.amounts)
    columns = (Column("Phần", 8), Column("Tên", 40, "wrap"), *_sums(form.spec))
    rows: list[list[Cell]] = [
        [section or OTHER, title, *(totals[section][name] for name in names)]
        for section, title in form.spec.titles.items()
        if section in totals
    ]
    rows.append([TOTAL, "", *(sum(sums[n] for sums in totals.values()) for n in names)])
    return Sheet("TongHop", columns, rows)


def _by_month(form: Quarterly) -> Sheet:
    spec = form.months[0].spec
    columns = (Column("Tháng", 9), Column("Phần", 8), *_sums(spec))
    rows: list[list[Cell]] = [
        [
            month_vi(month.month),
            section or OTHER,
            *(sums[name] for name in (VISITS, *spec.amounts)),
        ]
        for month in form.months
        for section, sums in sorted(month.totals().items())
    ]
    return Sheet("TheoThang", columns, rows)


def _behind(form: Quarterly) -> Sheet:
    """HoSo: every claim with the line of the form that it is counted in."""
    spec = form.months[0].spec
    columns = (
        Column("STT (dòng của mẫu)", 12),
        Column("Tháng", 9),
        Column("MA_LK", 18),
        *(_column(column) for column in spec.columns if column.kind == "money"),
    )
    rows: list[list[Cell]] = [
        [
            leaf(row.section, row.values["MA_LOAI_KCB"] or ""),
            month_vi(month.month),
            row.claim,
            *row.amounts(spec).values(),
        ]
        for month in form.months
        for row in month.rows
    ]
    return Sheet("HoSo", columns, rows, fixed=3)


def _over(over: Sequence[Over]) -> Sheet:
    """VuotTBHTT: claims whose rows together ask for more than can be taken back."""
    columns = (
        Column("MA_LK", 18),
        Column("Số dòng", 9, "count"),
        Column("Tổng các dòng (đ)", 17, "money"),
        Column("Tính một lần, không quá T_BHTT (đ)", 17, "money"),
        Column("Không được trừ hai lần (đ)", 17, "money"),
    )
    rows = [(o.claim, o.rows, o.asked, o.counted, o.asked - o.counted) for o in over]
    return Sheet("VuotTBHTT", columns, rows)


def _notes(spec: FormSpec, notes: Sequence[str]) -> Sheet:
    rows: list[tuple[Cell, ...]] = [
        ("Mẫu", f"{spec.code} {spec.title}"),
        ("Bản có hiệu lực từ", f"{spec.since:%d/%m/%Y}"),
        ("Nguồn", spec.source),
        *(("Lưu ý", note) for note in notes),
    ]
    return Sheet("GhiChu", (Column("Mục", 20), Column("Nội dung", 90, "wrap")), rows)


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


def _cell(value: Any, column: FormColumn) -> Cell:  # noqa: ANN401 - what DuckDB gives
    """A value as a cell of its column; codes are texts also where they are numbers."""
    if value is None or column.kind in ("money", "time"):
        found: Cell = value
        return found
    if column.kind == "birth":
        return _birth(str(value))
    return int(value) if column.kind == "count" and column.name != "STT" else str(value)


def _birth(text: str) -> str:
    """A date of birth as people write it; unknown parts are left out."""
    year, month, day = text[:4], text[4:6], text[6:8]
    return "/".join(part for part in (day, month, year) if part.strip("0"))


def _plain(value: Any, column: FormColumn) -> str:  # noqa: ANN401 - what DuckDB gives
    """A value as the XML writes it: times as yyyymmddhhmm, amounts with a dot."""
    if value is None:
        return ""
    if column.kind == "money":
        return number_text(int(value), 2)
    return _moment(value) if hasattr(value, "hour") else str(value)


def _moment(value: datetime) -> str:
    return f"{value:%Y%m%d%H%M}"


def _xml(target: Path, spec: FormSpec, rows: Sequence[dict[str, str]]) -> Path:
    from lxml import etree

    root_tag, list_tag, row_tag, signature = spec.tags
    root = etree.Element(root_tag)
    listed = etree.SubElement(root, list_tag)
    for row in rows:
        element = etree.SubElement(listed, row_tag)
        for name, text in row.items():
            etree.SubElement(element, name).text = _legal(text)
    etree.SubElement(root, signature)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return write_whole(target, lambda path: _write(path, data))


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
