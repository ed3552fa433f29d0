"""`budget.json`, `budget.xlsx`, `budget.html`, and what the terminal shows."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from giamdinh import __version__
from giamdinh.budget import page, tables, tables_cards
from giamdinh.budget.words import conclusions
from giamdinh.growth.outputs import as_json as growth_json
from giamdinh.growth.tables import quantity
from giamdinh.report import money_out
from giamdinh.report.plain import printable
from giamdinh.report.terminal import print_tables
from giamdinh.report.three_files import write_three

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.budget.model import (
        Allocation,
        Area,
        BudgetReport,
        Forecast,
        Gap,
        Group,
        Line,
        Tender,
    )
    from giamdinh.growth.effects import Effects
    from giamdinh.growth.model import GrowthReport

_NOTICES = 20
_TITLE = "Dự toán và chi KCB BHYT"


def write(report: BudgetReport, folder: Path) -> list[Path]:
    """Writes the three files.

    Raises:
        OSError: the folder cannot be written.
    """
    title = f"{_TITLE} {report.year}"
    said, sheets, html = as_json(report), tables.sheets(report), page.render(report)
    return write_three(folder / "budget", title, said, sheets, html)


def print_report(report: BudgetReport, written: Sequence[Path]) -> None:
    """The conclusion first, then the gaps, then what was not plain."""
    stream = sys.stdout
    for counts in report.counts:
        stream.write(printable(f"{counts.file}: {tables.counted(counts)}") + "\n")
    stream.write("\n")
    for group in tables.everyone(report):
        stream.writelines(printable(line) + "\n" for line in conclusions(report, group))
    gaps = tables.reconciliation(report, gaps_only=True)
    shown = list(gaps.rows)[:_NOTICES]
    print_tables([replace(gaps, rows=shown)], stream)
    agreed = sum(not gap.gap for gap in report.reconciliation)
    stream.write(f"Đối soát tổng khai: {agreed} khớp, "
                 f"{len(report.reconciliation) - agreed} lệch (đủ ở trang DoiSoat)\n")  # fmt: skip
    doubts = [notice for notice in report.notices if notice.kind != "info"]
    stream.writelines(printable(f"  {notice}") + "\n" for notice in doubts[:_NOTICES])
    if len(doubts) > _NOTICES:
        stream.write(f"  … còn {len(doubts) - _NOTICES} dòng nữa, xem trang GhiChu\n")
    stream.write("\nKết quả ghi tại:\n" + "".join(f"  {path}\n" for path in written))


def as_json(report: BudgetReport) -> dict[str, Any]:
    """The content of `budget.json`; amounts in đồng, null where there is nothing to say."""
    return {
        "version": __version__,
        "year": report.year,
        "started": report.started.isoformat(timespec="seconds"),
        "groups": [_group(group) for group in report.groups],
        "total": _group(report.total) if report.total else None,
        "stations": [_group(group) for group in report.stations],
        "causes": causes_json(report.growth) if report.growth else None,
        "enrolment": [_area(area) for area in report.areas],
        "tenders": [_tender(one) for one in report.tenders],
        "reconciliation": [_gap(gap) for gap in report.reconciliation],
        "files": [
            {
                "file": counts.file,
                "read": counts.read,
                "used": counts.used,
                "declared_totals": counts.declared,
                "other_years": counts.outside,
                "rejected": counts.rejected,
            }
            for counts in report.counts
        ],
        "notices": [
            {
                "kind": notice.kind,
                "file": notice.place.file if notice.place else None,
                "sheet": (notice.place.sheet or None) if notice.place else None,
                "row": notice.place.row if notice.place else None,
                "column": notice.column or None,
                "text": notice.text,
            }
            for notice in report.notices
        ],
    }


def causes_json(growth: GrowthReport) -> dict[str, Any]:
    """Where the money of every group went, as `growth.json` writes it."""
    told = growth_json(growth)
    return {key: told[key] for key in ("period", "before", "changes")}


def dong(hundredths: int | None) -> int | float | None:
    """Hundredths as đồng, None where there are none."""
    return None if hundredths is None else money_out.dong(hundredths)


def _group(group: Group) -> dict[str, Any]:
    found = group.forecast
    return {
        "facility": group.line.code,
        "name": group.line.name,
        "members": list(group.members),
        "within": group.within or None,
        "allocated": dong(group.allocated),
        "spent": dong(group.line.cost),
        "visits": group.line.visits,
        "over": dong(group.over),
        "over_percent": group.over_percent,
        "used_percent": group.used_percent,
        "share_of_year_percent": group.share_of_year,
        "forecast": dong(found.year_end[1]) if found else None,
        "forecast_over": dong(tables.forecast_over(group)),
        "runs_out_in_month": group.runs_out,
        "forecast_detail": _forecast_detail(found) if found else {"reason": group.no_forecast},
        "unfunded": dong(group.unfunded),
        "cards": group.cards,
        "spent_per_card": dong(tables_cards.of_cards(group.line.cost, group.cards)),
        "taken_back": dong(group.taken_back),
        "last_year": _before(group.line),
        "drivers": _effects(group.line.effects),
        "kinds": [_line(line) for line in group.kinds],
        "facilities": [_line(line) for line in group.facilities],
        "months": [dong(cost) for cost in group.months],
        "decisions": [_decision(row) for row in group.history],
    }


def _area(area: Area) -> dict[str, Any]:
    return {
        "area": area.code,
        "name": area.name,
        "quarter": area.quarter,
        "cards": area.cards,
        "population": area.population,
        "coverage_percent": area.coverage,
        "target": area.target,
        "target_coverage_percent": area.target_coverage,
        "missing": area.missing,
        "progress_percent": area.progress,
        "path_percent": area.path,
        "behind": area.behind,
    }


def _tender(one: Tender) -> dict[str, Any]:
    return {
        "facility": one.facility,
        "kind": one.kind,
        "code": one.code,
        "name": one.name,
        "tender": one.tender,
        "unit": one.unit,
        "quantity": quantity(one.quantity, by_quantity=True),
        "used": quantity(one.used, by_quantity=True),
        "used_percent": one.used_percent,
        "time_gone_percent": one.gone_percent,
        "runs_out": one.runs_out,
        "status": one.status or None,
        "note": one.note or None,
    }


def _forecast_detail(found: Forecast) -> dict[str, Any]:
    def ends(values: tuple[int, int, int]) -> dict[str, Any]:
        low, expected, high = map(dong, values)
        return {"low": low, "expected": expected, "high": high}

    return {
        "method": found.method,
        "months": found.months,
        "quarter": found.quarter or None,
        "quarter_end": ends(found.quarter_end) if found.quarter else None,
        "year_end": ends(found.year_end),
        "back_test": [
            {
                "months": trial.months,
                "target": trial.target,
                "forecast": dong(trial.forecast),
                "actual": dong(trial.actual),
                "error_percent": round(trial.error_percent, 2),
                "inside_range": trial.inside,
            }
            for trial in found.trials
        ],
    }


def _before(line: Line) -> dict[str, Any] | None:
    if line.before_cost is None:
        return None
    return {
        "visits": line.before_visits,
        "spent": dong(line.before_cost),
        "visits_growth_percent": tables.growth(line.visits, line.before_visits),
        "spent_growth_percent": tables.growth(line.cost, line.before_cost),
    }


def _effects(found: Effects | None) -> dict[str, Any] | None:
    return {part: dong(amount) for part, amount in asdict(found).items()} if found else None


def _line(line: Line) -> dict[str, Any]:
    return {
        "code": line.code,
        "name": line.name,
        "spent": dong(line.cost),
        "visits": line.visits,
        "last_year": _before(line),
        "drivers": _effects(line.effects),
    }


def _decision(row: Allocation) -> dict[str, Any]:
    return {
        "decision": row.decision,
        "day": row.day.isoformat() if row.day else None,
        "amount": dong(row.amount),
        "status": row.status,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "scope": gap.scope,
        "year": gap.year,
        "month": gap.month or None,
        "measure": gap.measure,
        "declared": tables.plain_number(gap.declared, gap.measure),
        "sum": tables.plain_number(gap.sum, gap.measure),
        "gap": tables.plain_number(gap.gap, gap.measure),
        "against": gap.against,
        "where": gap.where or None,
        "file": gap.place.file if gap.place else None,
        "row": gap.place.row if gap.place else None,
    }
