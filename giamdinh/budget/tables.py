"""The budget report as tables: the workbook, the page and the terminal draw the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.budget.model import OWN_PART, SCALES, TOTAL
from giamdinh.growth.effects import percent
from giamdinh.growth.formspec import class_names
from giamdinh.report.grid import Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.budget.model import BudgetReport, Counts, Gap, Group, Line, Measure
    from giamdinh.report.grid import Cell

ALL = "Toàn bộ"
_STATUS = {
    "in_force": "đang hiệu lực",
    "replaced": "đã được thay",
    "future": "chưa đến ngày",
}
_NOTICES = {"rejected": "Bị loại", "warning": "Cảnh báo", "info": "Ghi chú"}
_AGAINST = {
    "rows": "tổng các dòng",
    "facilities": "tổng khai của các cơ sở",
    "kinds": "tổng khai của các loại",
    "claims": "hồ sơ trong kho",
}
CODE = Column("Mã CSKCB", 10)
NAME = Column("Tên", 34, "wrap")


def sheets(report: BudgetReport) -> Iterator[Sheet]:
    """Every sheet of the workbook, in order."""
    from giamdinh.budget import tables_cards as cards
    from giamdinh.budget import tables_causes as causes
    from giamdinh.budget.tables_forecast import forecasts, trials
    from giamdinh.budget.tables_tenders import tenders

    yield summary(report)
    yield drivers(report)
    yield facilities(report)
    yield kinds(report)
    if report.growth:
        yield from causes.sheets(report.growth)
    yield months(report)
    yield forecasts(report)
    yield trials(report)
    yield reconciliation(report)
    yield decisions(report)
    if report.areas:
        yield cards.areas(report)
        yield cards.per_card(report)
    if report.tenders:
        yield tenders(report)
    yield notices(report)


def summary(report: BudgetReport) -> Sheet:
    """DuToan: budget, spending, overrun and forecast of every group."""
    columns = (
        CODE,
        NAME,
        Column("Thuộc", 9),
        Column("Dự toán (đ)", 17, "money"),
        Column("Đã chi T_BHTT (đ)", 17, "money"),
        Column("Sử dụng (%)", 9, "count"),
        Column("Phần năm đã có số (%)", 9, "count"),
        Column("Vượt (+), còn (-) (đ)", 17, "money"),
        Column("Vượt (%)", 9, "count"),
        Column("Số lượt", 11, "count"),
        Column("Chi một lượt (đ)", 12, "money"),
        Column("Lượt cùng kỳ năm trước", 11, "count"),
        Column("Chi cùng kỳ năm trước (đ)", 17, "money"),
        Column("Chi tăng (%)", 9, "count"),
        Column("Dự báo cả năm (đ)", 17, "money"),
        Column("Dự báo vượt (đ)", 17, "money"),
        Column("Hết dự toán vào tháng", 9, "count"),
        Column("Giám định có thể thu hồi (đ)", 15, "money"),
    )
    return Sheet("DuToan", columns, [_summary_row(group) for group in everyone(report)], fixed=2)


def drivers(report: BudgetReport) -> Sheet:
    """NguyenNhan: what the change against last year is made of; the parts add up to it."""
    rows: list[tuple[Cell, ...]] = []
    for group in everyone(report):
        rows.append((*who(group.line), "cả nhóm", *_effects_row(group.line)))
        rows += [(*who(group.line), kind(line), *_effects_row(line)) for line in group.kinds]
    columns = (CODE, NAME, Column("Loại", 20), *_EFFECTS)
    return Sheet("NguyenNhan", columns, [row for row in rows if row[-1] is not None], fixed=3)


_EFFECTS = (
    Column("Chi năm trước (đ)", 17, "money"),
    Column("Chi năm nay (đ)", 17, "money"),
    Column("Tăng, giảm (đ)", 17, "money"),
    Column("do số lượt (đ)", 17, "money"),
    Column("do cơ cấu cơ sở, loại (đ)", 17, "money"),
    Column("do chi một lượt (đ)", 17, "money"),
)


def facilities(report: BudgetReport, group: Group | None = None) -> Sheet:
    """TheoCoSo: each facility once, with what changed; those of a group by how much they rose."""
    whole = group or report.total
    lines: Sequence[Line] = whole.facilities if whole else ()
    if group:
        lines = sorted(lines, key=lambda line: (-_rise(line), line.code))
    group_of = {
        code: group.line.code
        for group in report.groups
        if not group.within
        for code in group.members
    }
    columns = (CODE, NAME, Column("Nhóm", 9), *_LINE, *_EFFECTS[2:])
    rows = [
        (
            line.code,
            line.name,
            group_of.get(line.code, ""),
            *_line_row(line),
            *_effects_row(line)[2:],
        )
        for line in lines
    ]
    return Sheet("TheoCoSo", columns, rows, fixed=2)


def _rise(line: Line) -> int:
    """The change of cost; all of it where nothing is known of the year before."""
    return line.effects.change if line.effects else line.cost


_LINE = (
    Column("Số lượt", 11, "count"),
    Column("Chi T_BHTT (đ)", 17, "money"),
    Column("Chi một lượt (đ)", 12, "money"),
    Column("Lượt năm trước", 11, "count"),
    Column("Chi năm trước (đ)", 17, "money"),
    Column("Lượt tăng (%)", 9, "count"),
    Column("Chi tăng (%)", 9, "count"),
)


def kinds(report: BudgetReport) -> Sheet:
    """TheoLoai: classes of care within each group, and each station of a centre."""
    columns = (CODE, NAME, Column("Loại", 20), *_LINE, *_EFFECTS[2:])
    rows = [
        (*who(group.line), kind(line), *_line_row(line), *_effects_row(line)[2:])
        for group in pages(report)
        for line in group.kinds
    ]
    return Sheet("TheoLoai", columns, rows, fixed=3)


def months(report: BudgetReport) -> Sheet:
    """TheoThang: cost by month beside last year's."""
    columns = (
        CODE,
        NAME,
        Column("Tháng", 7, "count"),
        Column("Chi (đ)", 17, "money"),
        Column("Chi cùng tháng năm trước (đ)", 17, "money"),
        Column("Lũy kế (đ)", 17, "money"),
        Column("Lũy kế so dự toán (%)", 10, "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for group in pages(report):
        spent = 0
        for month, cost in enumerate(group.months, start=1):
            spent += cost
            before = group.months_before[month - 1] if month <= len(group.months_before) else None
            used = None if group.unfunded else percent(spent, group.allocated)
            rows.append((*who(group.line), month, cost, before, spent, used))
    return Sheet("TheoThang", columns, rows, fixed=3)


def reconciliation(report: BudgetReport, *, gaps_only: bool = False) -> Sheet:
    """DoiSoat: declared totals against sums; differences first."""
    columns = (
        Column("Phạm vi", 26, "wrap"),
        Column("Năm", 7),
        Column("Tháng", 7, "count"),
        Column("Số liệu", 11),
        Column("Khai báo", 18, "count"),
        Column("Cộng lại", 18, "count"),
        Column("Chênh lệch", 16, "count"),
        Column("So với", 18),
        Column("Dòng", 8, "count"),
        Column("Chênh ở đâu", 60, "wrap"),
    )
    found = [gap for gap in report.reconciliation if gap.gap or not gaps_only]
    return Sheet("DoiSoat", columns, [_gap_row(gap) for gap in found], fixed=1)


def decisions(report: BudgetReport) -> Sheet:
    """QuyetDinh: every decision on a budget, and which one is in force."""
    columns = (
        CODE,
        Column("Năm", 7),
        Column("Quyết định", 24, "wrap"),
        Column("Ngày", 12),
        Column("Số tiền (đ)", 18, "money"),
        Column("Tình trạng", 16),
        Column("Nguồn", 34, "wrap"),
    )
    rows = [
        (
            row.facility,
            str(row.year),
            row.decision,
            f"{row.day:%d/%m/%Y}" if row.day else "",
            row.amount,
            _STATUS[row.status],
            str(row.place),
        )
        for group in report.groups
        for row in group.history
    ]
    return Sheet("QuyetDinh", columns, rows, fixed=1)


def notices(report: BudgetReport) -> Sheet:
    """GhiChu: rows read, and everything that was not plain."""
    columns = (Column("Loại", 12), Column("Nơi", 40, "wrap"), Column("Nội dung", 90, "wrap"))
    rows: list[tuple[Cell, ...]] = [("Đối soát", c.file, counted(c)) for c in report.counts]
    for notice in report.notices:
        column = f", cột {notice.column}" if notice.column else ""
        place = f"{notice.place}{column}" if notice.place else notice.column
        rows.append((_NOTICES[notice.kind], place, notice.text))
    return Sheet("GhiChu", columns, rows)


def counted(counts: Counts) -> str:
    """How the rows of a file were used; the parts add up."""
    return (
        f"đọc {counts.read} dòng = {counts.used} dòng số liệu + {counts.declared} dòng tổng khai "
        f"+ {counts.outside} dòng năm khác + {counts.rejected} dòng bị loại"
    )


def everyone(report: BudgetReport) -> Sequence[Group]:
    """The groups, and all together where there are several."""
    tops = [group for group in report.groups if not group.within]
    return [*report.groups, report.total] if report.total and len(tops) > 1 else report.groups


def pages(report: BudgetReport) -> Sequence[Group]:
    """Everybody with a page: the groups, all together, and the stations of centres."""
    return [*everyone(report), *report.stations]


def forecast_over(group: Group) -> int | None:
    """Expected overrun at the end of the year."""
    if group.forecast is None or group.allocated is None or group.unfunded:
        return None
    return group.forecast.year_end[1] - group.allocated


def plain_number(value: int, measure: Measure) -> int | float:
    """A figure in its own unit: visits or đồng."""
    unit: int = 10 ** SCALES[measure]
    return value // unit if value % unit == 0 else value / unit


def per_visit(line: Line) -> int | None:
    """Cost per visit in hundredths, whole đồng."""
    return round(line.cost / line.visits / 100) * 100 if line.visits else None


def growth(now: int, before: int | None) -> float | None:
    """Growth in percent; None without a base."""
    return percent(now - before, before) if before else None


def kind(line: Line) -> str:
    """A class of care as people call it; one that is not ours as it was written."""
    return class_names().get(line.code, line.code)


def who(line: Line) -> tuple[str, str]:
    """Code and name, or that all are meant, or a centre without its stations."""
    if line.code == TOTAL:
        return ALL, ""
    if line.code.endswith(OWN_PART):
        return line.code, f"{line.name} (phần riêng, không gồm các trạm)".lstrip()
    return line.code, line.name


def _summary_row(group: Group) -> tuple[Cell, ...]:
    line = group.line
    return (
        *who(line),
        group.within,
        group.allocated,
        line.cost,
        group.used_percent,
        group.share_of_year,
        group.over,
        group.over_percent,
        line.visits,
        per_visit(line),
        line.before_visits,
        line.before_cost,
        growth(line.cost, line.before_cost),
        group.forecast.year_end[1] if group.forecast else None,
        forecast_over(group),
        group.runs_out,
        group.taken_back,
    )


def _line_row(line: Line) -> tuple[Cell, ...]:
    return (
        line.visits,
        line.cost,
        per_visit(line),
        line.before_visits,
        line.before_cost,
        growth(line.visits, line.before_visits),
        growth(line.cost, line.before_cost),
    )


def _effects_row(line: Line) -> tuple[Cell, ...]:
    found = line.effects
    if found is None:
        return (None,) * len(_EFFECTS)
    return (line.before_cost, line.cost, found.change, found.volume, found.mix, found.price)


def _gap_row(gap: Gap) -> tuple[Cell, ...]:
    return (
        gap.scope,
        str(gap.year),
        gap.month or None,
        gap.measure,
        plain_number(gap.declared, gap.measure),
        plain_number(gap.sum, gap.measure),
        plain_number(gap.gap, gap.measure),
        _AGAINST[gap.against],
        gap.place.row if gap.place else None,
        gap.where or "khớp",
    )
