"""`growth.json`, `growth.xlsx`, `growth.html`, and what the terminal shows."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from giamdinh import __version__
from giamdinh.growth import page, tables
from giamdinh.growth.model import LEVELS
from giamdinh.report.money_out import dong
from giamdinh.report.plain import printable
from giamdinh.report.three_files import write_three
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from giamdinh.growth.effects import Effects
    from giamdinh.growth.model import (
        Against,
        Change,
        Finding,
        GrowthReport,
        Part,
        PerCard,
        Ratio,
    )
    from giamdinh.growth.periods import Period

_SHOWN = 15


def write(report: GrowthReport, folder: Path) -> list[Path]:
    """Writes the three files.

    Raises:
        OSError: the folder cannot be written.
    """
    title = f"Tăng trưởng chi {report.period}"
    said, sheets, html = as_json(report), tables.sheets(report), page.render(report)
    return write_three(folder / "growth", title, said, sheets, html)


def print_report(report: GrowthReport, written: Sequence[Path]) -> None:
    """Levels first, then the largest findings and what could not be compared."""
    out = sys.stdout
    out.write(f"Kỳ {report.period}, so với cùng kỳ năm trước {report.before}\n")
    for level in range(len(LEVELS) - 1, 0, -1):
        count = sum(finding.level == level for finding in report.findings)
        out.write(f"  {LEVELS[level]}: {count}\n")
    for finding in report.findings[:_SHOWN]:
        out.write(printable(f"{finding.code} {finding.facility} · {finding.message}") + "\n")
        out.writelines(printable(f"    {driver}") + "\n" for driver in finding.drivers)
    if len(report.findings) > _SHOWN:
        rest = number_vi(len(report.findings) - _SHOWN, 0)
        out.write(f"… còn {rest} phát hiện, xem trang TangTruong\n")
    out.writelines(printable(f"  {note}") + "\n" for note in report.notes)
    out.write("\nKết quả ghi tại:\n" + "".join(f"  {path}\n" for path in written))


def as_json(report: GrowthReport) -> dict[str, Any]:
    """The content of `growth.json`; amounts in đồng, percentages with two decimals."""
    found = report.policy
    return {
        "version": __version__,
        "started": report.started.isoformat(timespec="seconds"),
        "period": _period(report.period),
        "before": _period(report.before),
        "thresholds": {
            "levels_percent": list(report.limits.steps),
            "visits": report.limits.visits,
            "peers": report.limits.peers,
            "months": report.limits.months,
            "spreads": report.limits.spreads,
            "share_percent": report.limits.share,
        },
        "findings": [_finding(finding) for finding in report.findings],
        "changes": {
            dimension: [_change(change) for change in changes]
            for dimension, changes in report.changes.items()
        },
        "mixes": {
            dimension: [_change(change) for change in changes]
            for dimension, changes in report.mixes.items()
        },
        "structure": [_ratio(row) for row in report.ratios],
        "own_months": [_against(row) for row in report.own_months],
        "peers": [_against(row) for row in report.peers],
        "part_months": [_part(row) for row in report.part_months],
        "part_peers": [_part(row) for row in report.part_peers],
        "cards": [_card(one) for one in report.cards],
        "card_peers": [_against(row) for row in report.card_peers],
        "policy": found
        and {
            "day": found[0],
            "before": _period(found[1]),
            "after": _period(found[2]),
            "changes": [_change(change) for change in found[3]],
        },
        "not_counted": [{**asdict(fault), "amount": dong(fault.amount)} for fault in report.faults],
        "notes": list(report.notes),
    }


def _period(period: Period) -> dict[str, int]:
    return {"first": period.first, "last": period.last}


def _change(change: Change) -> dict[str, Any]:
    total = change.total
    by_quantity = change.dimension == "muc"
    return {
        "facility": change.facility,
        "key": change.key,
        "name": change.name,
        "spent": dong(total.cost),
        "spent_before": dong(total.before_cost),
        "quantity": tables.quantity(total.visits, by_quantity=by_quantity),
        "quantity_before": tables.quantity(total.before_visits, by_quantity=by_quantity),
        "days": change.days,
        "days_before": change.before_days,
        "growth_percent": change.growth,
        "quantity_growth_percent": change.visit_growth,
        "unit_growth_percent": change.price_growth,
        "level": change.level,
        "drivers": _effects(change.effects),
    }


def _effects(found: Effects) -> dict[str, int | float]:
    return {part: dong(amount) for part, amount in asdict(found).items()}


def _against(row: Against) -> dict[str, Any]:
    return {
        "facility": row.facility,
        "key": row.key,
        "value": dong(row.value),
        "median": dong(row.middle) if row.level is not None else None,
        "spread": round(row.spread / 100, 2),
        "sample": row.sample,
        "above_percent": row.above,
        "spreads": row.distance,
        "level": row.level,
        "note": row.note,
    }


def _part(row: Part) -> dict[str, Any]:
    return {"dimension": row.dimension, "name": row.name, **_against(row.against)}


def _ratio(row: Ratio) -> dict[str, Any]:
    scale = 100 if row.percent else 1

    def figure(value: float | None) -> float | None:
        return None if value is None else round(value * scale, 4)

    return {
        "rule": row.rule,
        "facility": row.facility,
        "name": row.name,
        "key": row.key or None,
        "percent": row.percent,
        "value": figure(row.value),
        "part": row.now[0],
        "whole": row.now[1],
        "part_before": row.before[0],
        "whole_before": row.before[1],
        "expected": figure(row.expected),
        "rise_percent": row.rise,
        "median": figure(row.middle),
        "spread": figure(row.spread),
        "sample": row.sample,
        "level": row.level,
    }


def _card(one: PerCard) -> dict[str, Any]:
    def part(amount: int | None) -> int | float | None:
        return None if amount is None else dong(amount)

    return {
        "facility": one.facility,
        "cards": one.cards,
        "cards_before": one.before_cards,
        "visits": one.total.visits,
        "visits_before": one.total.before_visits,
        "spent": dong(one.total.cost),
        "spent_before": dong(one.total.before_cost),
        "by_cards": part(one.by_cards),
        "by_visits_per_card": part(one.by_visits),
        "by_cost_per_visit": part(one.by_price),
        "level": one.level,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.code,
        "facility": finding.facility,
        "dimension": finding.dimension,
        "key": finding.key,
        "level": finding.level,
        "amount": dong(finding.amount),
        "message": finding.message,
        "drivers": list(finding.drivers),
    }
