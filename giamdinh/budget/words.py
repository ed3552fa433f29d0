"""What the report says of a group, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.budget import tables
from giamdinh.growth.effects import percent
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from giamdinh.budget.model import BudgetReport, Group, Line


def conclusions(report: BudgetReport, group: Group) -> list[str]:
    """What the report says of a group, in sentences."""
    line = group.line
    who = " ".join(tables.who(line)).strip()
    count = len(group.members)
    stations = f" (gồm {count} cơ sở)" if count > 1 else ""
    found = [f"{who}{stations}: {_verdict(report, group)}"]
    if group.history:
        found.append(f"  Dự toán theo {_decision(group)}")
    if line.before_cost is not None and line.before_visits is not None:
        found.append(f"  So cùng kỳ năm trước: {_change(line)}")
    if line.effects:
        effects = line.effects
        found.append(
            f"  Chi thay đổi {_dong(effects.change)} = do số lượt {_dong(effects.volume)} "
            f"+ do cơ cấu {_dong(effects.mix)} + do chi một lượt {_dong(effects.price)}"
        )
    found.append(f"  Dự báo: {_forecast(group)}")
    if group.runs_out:
        known = group.runs_out <= len(group.months)
        when = "đã hết" if known else "dự báo hết"
        found.append(f"  Dự toán {when} trong tháng {group.runs_out}/{report.year}")
    if group.taken_back is not None:
        found.append(f"  Giám định có thể thu hồi: {_dong(group.taken_back)}")
    return [*found, ""]


def _verdict(report: BudgetReport, group: Group) -> str:
    spent = f"đã chi {_dong(group.line.cost)}, {number_vi(group.line.visits, 0)} lượt"
    over, share = group.over, group.over_percent
    if group.within and group.allocated is None:
        whole = next(other.line.cost for other in report.groups if other.line.code == group.within)
        part = percent(group.line.cost, whole)
        of_whole = f", {_one(part)} % chi của {group.within}" if part is not None else ""
        return f"{spent}{of_whole}; dự toán tính chung trong {group.within}"
    if group.allocated is None or over is None:
        return f"không có dự toán năm {report.year}; {spent}"
    parts = f" ({_one(share)} %)" if share is not None else ""
    result = f"VƯỢT {_dong(over)}{parts}" if over > 0 else f"còn {_dong(-over)}"
    used = group.used_percent
    use = f" ({_one(used)} % dự toán)" if used is not None else ""
    found = f"{result}; dự toán {_dong(group.allocated)}, {spent}{use}"
    if group.unfunded:
        found += f"; {_dong(group.unfunded)} của nơi không có dự toán không tính vào phần vượt"
    return found


def _decision(group: Group) -> str:
    """The decision in force, and how many it replaced: they are never added up."""
    row = next((row for row in group.history if row.status == "in_force"), None)
    if row is None:
        return "quyết định chưa đến ngày hiệu lực"
    named = f"quyết định {row.decision}" if row.decision else f"dòng {row.place.row}"
    day = f" ngày {row.day:%d/%m/%Y}" if row.day else " (không ghi ngày)"
    replaced = sum(other.status == "replaced" for other in group.history)
    return f"{named}{day}" + (f", thay {replaced} quyết định trước" if replaced else "")


def _change(line: Line) -> str:
    visits = _growth(line.visits, line.before_visits)
    cost = _growth(line.cost, line.before_cost)
    before = number_vi(line.before_visits or 0, 0)
    return f"{before} lượt{visits}, {_dong(line.before_cost or 0)}{cost}"


def _growth(now: int, before: int | None) -> str:
    found = tables.growth(now, before)
    return f" (nay {'+' if found >= 0 else ''}{_one(found)} %)" if found is not None else ""


def _forecast(group: Group) -> str:
    found = group.forecast
    if found is None:
        return f"không có; {group.no_forecast}"
    low, expected, high = found.year_end
    over = tables.forecast_over(group)
    against = ""
    if over is not None:
        against = f", {'vượt' if over > 0 else 'dưới'} dự toán {_dong(abs(over))}"
    return f"cả năm {_dong(expected)} (từ {_dong(low)} đến {_dong(high)}){against}; {found.method}"


def _dong(amount: int) -> str:
    return f"{number_vi(amount, 2)} đ"


def _one(value: float) -> str:
    """A percentage with one decimal."""
    return f"{value:.1f}".replace(".", ",")
