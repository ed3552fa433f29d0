"""The growth report as tables: the workbook, the page and the terminal draw the same ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from giamdinh.growth.effects import Cell as Costs
from giamdinh.growth.effects import percent
from giamdinh.growth.findings import shown_key
from giamdinh.growth.formspec import class_names
from giamdinh.growth.model import DIMENSIONS, LEVELS, MIXES, SMALL
from giamdinh.report.grid import Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from giamdinh.growth.model import Against, Change, Dimension, GrowthReport
    from giamdinh.report.grid import Cell

SHEETS: dict[Dimension, str] = {
    "co_so": "TheoCoSo",
    "loai": "TheoLoai",
    "khoa": "TheoKhoa",
    "bac_si": "TheoNguoiHanhNghe",
    "benh": "TheoNhomBenh",
    "nhom": "TheoNhomChiPhi",
    "muc": "TheoMuc",
    "doi_tuong": "TheoDoiTuong",
    "muc_huong": "TheoMucHuong",
}
NORM = (
    Column("Trung vị (đ)", 17, "money"),
    Column("Cao hơn trung vị (%)", 10, "count"),
    Column("Cách trung vị (lần độ lệch)", 10, "count"),
    Column("Cỡ mẫu", 8, "count"),
    Column("Mức", 14),
    Column("Ghi chú", 54, "wrap"),
)
"""A figure beside its norm: the last columns of every such table."""
_QUANTITY = 1000
_NAME = 2
"""Column of names, where all of a table may be empty."""
_SLIM = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16)
_SPLIT = 13
_AMOUNTS = (
    Column("Chi kỳ này (đ)", 17, "money"),
    Column("Chi kỳ trước (đ)", 17, "money"),
    Column("Tăng, giảm (đ)", 17, "money"),
    Column("Tăng (%)", 9, "count"),
    Column("do số lượng (đ)", 17, "money"),
    Column("do cơ cấu (đ)", 17, "money"),
    Column("do đơn giá (đ)", 17, "money"),
    Column("Số lượng kỳ này", 12, "count"),
    Column("Số lượng kỳ trước", 12, "count"),
    Column("Số lượng tăng (%)", 9, "count"),
    Column("Chi một đơn vị kỳ này (đ)", 14, "money"),
    Column("Chi một đơn vị kỳ trước (đ)", 14, "money"),
    Column("Đơn vị tăng (%)", 9, "count"),
    Column("Tỷ trọng kỳ này (%)", 9, "count"),
    Column("Tỷ trọng kỳ trước (%)", 9, "count"),
    Column("Ngày điều trị kỳ này", 9, "count"),
    Column("Ngày điều trị kỳ trước", 9, "count"),
    Column("Mức", 14),
)


def sheets(report: GrowthReport) -> Iterator[Sheet]:
    """Every sheet of the workbook, in order."""
    from giamdinh.growth import tables_more as more

    yield findings(report)
    for dimension in DIMENSIONS:
        yield changes(report, dimension)
    for dimension in MIXES:
        yield changes(report, dimension)
    yield more.ratios(report)
    yield against("ThangTruoc", "Chi bình quân tháng (đ)", report.own_months)
    yield against("CungCap", "Chi bình quân lượt (đ)", [*report.peers, *report.card_peers])
    yield more.parts("ThangTruocTungPhan", "Chi bình quân tháng (đ)", report.part_months)
    yield more.parts("CungCapTungPhan", "Chi một lượt, một đơn vị (đ)", report.part_peers)
    if report.cards:
        yield more.cards(report)
    yield months(report)
    if report.policy:
        yield policy(report)
    yield more.faults(report)
    yield notes(report)


def findings(report: GrowthReport) -> Sheet:
    """TangTruong: what is worth a look, the highest level and most money first."""
    columns = (
        Column("Mã quy tắc", 10),
        Column("Mã CSKCB", 10),
        Column("Mức", 13),
        Column("Số tiền tăng (đ)", 17, "money"),
        Column("Nội dung", 80, "wrap"),
        Column("Yếu tố chính", 60, "wrap"),
    )
    rows = [
        (f.code, f.facility, LEVELS[f.level], f.amount, f.message, "; ".join(f.drivers))
        for f in report.findings
    ]
    return Sheet("TangTruong", columns, rows, fixed=2)


def changes(report: GrowthReport, dimension: Dimension, facility: str = "") -> Sheet:
    """Every key of a dimension; of one facility when it is named."""
    columns: tuple[Column, ...] = (Column("Mã CSKCB", 10),)
    if dimension != "co_so":
        title = {**DIMENSIONS, **MIXES}[dimension]
        columns += (Column(title, 16), Column("Tên", 34, "wrap"))
    known = report.mixes if dimension in MIXES else report.changes
    found = [c for c in known.get(dimension, ()) if facility in ("", c.facility)]
    wholes = {whole.facility: whole.total for whole in report.changes["co_so"]}
    rows = [_change_row(change, wholes.get(change.facility, Costs())) for change in found]
    return Sheet(SHEETS[dimension], (*columns, *_AMOUNTS), rows, fixed=len(columns))


def slim(sheet: Sheet, most: int | None = None) -> Sheet:
    """A table of changes of one facility: without its code, and the figures a page has no room for.

    Args:
        sheet: what `changes` gave.
        most: rows from the top; None for all.
    """
    last = len(sheet.columns) - 1
    wanted = [i for i in range(1, last + 1) if i in _SLIM or i == last]
    lines = list(islice(sheet.rows, most))
    if not any(row[_NAME] for row in lines):
        wanted.remove(_NAME)
    return picked(replace(sheet, rows=lines), wanted)


def picked(sheet: Sheet, wanted: Sequence[int], who: Cell = None, most: int | None = None) -> Sheet:
    """Some columns of a table; of the rows those that begin with `who`, the first ones."""
    rows = (row for row in sheet.rows if who is None or row[0] == who)
    lines = [[row[i] for i in wanted] for row in islice(rows, most)]
    return replace(sheet, columns=tuple(sheet.columns[i] for i in wanted), rows=lines)


def _change_row(change: Change, whole: Costs) -> tuple[Cell, ...]:
    who: tuple[Cell, ...] = (change.facility,)
    if change.dimension != "co_so":
        who += (shown_key(change.key) or "(không ghi)", change.name)
    total = change.total
    return (
        *who,
        *_amounts_row(change),
        percent(total.cost, whole.cost),
        percent(total.before_cost, whole.before_cost),
        change.days or None,
        change.before_days or None,
        level_vi(change.level),
    )


def _amounts_row(change: Change) -> tuple[Cell, ...]:
    """Cost, its parts, quantity and cost per unit: the columns up to `_SPLIT`."""
    total, found = change.total, change.effects
    by_quantity = change.dimension == "muc"
    return (
        total.cost,
        total.before_cost,
        found.change,
        change.growth,
        found.volume,
        found.mix,
        found.price,
        quantity(total.visits, by_quantity=by_quantity),
        quantity(total.before_visits, by_quantity=by_quantity),
        change.visit_growth,
        mean(total.cost, total.visits, by_quantity=by_quantity),
        mean(total.before_cost, total.before_visits, by_quantity=by_quantity),
        change.price_growth,
    )


def quantity(value: int, *, by_quantity: bool) -> int | float:
    """Visits, or the quantity of an item, which is kept in thousandths."""
    if not by_quantity:
        return value
    return value // _QUANTITY if value % _QUANTITY == 0 else value / _QUANTITY


def mean(cost: int, visits: int, *, by_quantity: bool) -> int | None:
    """Cost per visit or per unit, hundredths in whole đồng."""
    if not visits:
        return None
    return round(cost * (_QUANTITY if by_quantity else 1) / visits / 100) * 100


def level_vi(level: int | None) -> str:
    """A level in words."""
    return SMALL if level is None else LEVELS[level]


def against(name: str, what: str, rows: Sequence[Against], facility: str = "") -> Sheet:
    """Facilities beside a norm."""
    columns = (
        Column("Mã CSKCB", 10),
        Column("Loại KCB", 20),
        Column(what, 17, "money"),
        *NORM,
    )
    found: Iterable[Against] = (row for row in rows if facility in ("", row.facility))
    lines = [
        (
            row.facility,
            class_names().get(row.key, row.key),
            row.value,
            row.middle if row.level is not None else None,
            row.above,
            row.distance,
            row.sample,
            level_vi(row.level),
            row.note,
        )
        for row in found
    ]
    return Sheet(name, columns, lines, fixed=2)


def months(report: GrowthReport) -> Sheet:
    """TheoThang: cost of each facility in every month of the store."""
    columns = (Column("Mã CSKCB", 10), Column("Tháng", 9), Column("Chi (đ)", 17, "money"))
    rows = [
        (facility, f"{month // 100}-{month % 100:02d}", costs[month])
        for facility, costs in report.series.items()
        for month in sorted(costs)
    ]
    return Sheet("TheoThang", columns, rows, fixed=2)


def policy(report: GrowthReport) -> Sheet:
    """TruocSauChinhSach: the months after a day against the same months a year earlier."""
    found = report.policy[3] if report.policy else []
    columns = (Column("Mã CSKCB", 10), Column("Loại KCB", 20), *_AMOUNTS[:_SPLIT])
    rows = [
        (c.facility, class_names().get(c.key, c.key) or "tất cả", *_amounts_row(c)) for c in found
    ]
    return Sheet("TruocSauChinhSach", columns, rows, fixed=2)


def notes(report: GrowthReport) -> Sheet:
    """GhiChu: periods, thresholds, and what could not be compared."""
    low, high, highest = report.limits.steps
    rows: list[tuple[Cell, ...]] = [
        ("Kỳ này", str(report.period)),
        ("Kỳ so sánh", f"{report.before} (cùng kỳ năm trước)"),
        ("Mức tăng thấp, cao, rất cao (%)", f"{low:g} · {high:g} · {highest:g}"),
        ("Số lượt ít nhất; của một mục là số dòng", str(report.limits.visits)),
        ("Cơ sở cùng cấp, cùng loại ít nhất", str(report.limits.peers)),
        ("Tháng trước ít nhất", str(report.limits.months)),
        ("Lần độ lệch coi là bất thường", f"{report.limits.spreads:g}"),
        (
            "Khoa, người, bệnh, mục tăng trong số lần sai số ngẫu nhiên này thì không có mức",
            f"{report.limits.spreads:g}",
        ),
        ("Phần tăng ít nhất để nêu (% chi của cơ sở)", f"{report.limits.share:g}"),
        ("Nguồn ngưỡng", "rules/tham_so/tang_truong.yaml; văn bản không quy định tỷ lệ"),
    ]
    rows += [("Không so được", note) for note in report.notes]
    return Sheet("GhiChu", (Column("Mục", 40, "wrap"), Column("Nội dung", 90, "wrap")), rows)
