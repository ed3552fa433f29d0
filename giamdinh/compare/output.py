"""A comparison on the screen and in a file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TextIO

from giamdinh import __version__
from giamdinh.compare import tables
from giamdinh.compare.difference import FATES, severities
from giamdinh.compare.warnings import warnings
from giamdinh.report.files import write_whole
from giamdinh.report.money_out import dong, dong_of
from giamdinh.report.terminal import print_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from giamdinh.compare.difference import Difference
    from giamdinh.compare.runs import Run

_RULES = 20
_CLAIM_COLUMNS = ("rule", "severity", "facility", "claim", "table", "row", "field", "value",
                  "expected", "message", "file")  # fmt: skip


def print_difference(
    difference: Difference, titles: Mapping[str, str], stream: TextIO | None = None
) -> None:
    """What is new, fixed and the same, and what to keep in mind."""
    stream = stream or sys.stdout
    print_tables(
        (
            tables.totals(difference),
            tables.by_severity(difference),
            tables.by_rule(difference, titles, _RULES),
        ),
        stream,
    )
    stream.writelines(f"Lưu ý: {text}\n" for text in warnings(difference.earlier, difference.later))


def write_json(difference: Difference, path: Path) -> Path:
    """Everything, for programs; amounts in đồng."""
    text = json.dumps(content(difference), ensure_ascii=False, indent=1) + "\n"
    return write_whole(path, lambda target: _write_text(target, text))


def write_xlsx(difference: Difference, titles: Mapping[str, str], path: Path) -> Path:
    """Everything, for people."""
    from giamdinh.report.workbook import write_sheets

    warned = warnings(difference.earlier, difference.later)
    totals, severity = tables.totals(difference), tables.by_severity(difference)
    rules = tables.by_rule(difference, titles)
    named = {"TongHop": totals, "TheoMucDo": severity, "TheoQuyTac": rules}
    sheets = [
        *((name, sheet) for name, sheet in named.items()),
        ("ChiTiet", tables.details(difference)),
        ("ThongTin", tables.notes(difference, warned)),
    ]
    return write_sheets(path, "So sánh hai lần giám định", sheets)


def content(difference: Difference) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "version": __version__,
        "earlier": _run(difference.earlier),
        "later": _run(difference.later),
        "warnings": warnings(difference.earlier, difference.later),
        "totals": dict(_totals(difference)),
        "by_severity": _groups(difference, "severity", severities(difference)),
        "by_rule": _groups(difference, "rule", None),
        "findings": [
            {
                "fate": fate,
                "why": why or None,
                "fingerprint": fingerprint,
                **{name: getattr(finding, name) or None for name in _CLAIM_COLUMNS},
                "amount": dong(finding.amount),
            }
            for fate, why, fingerprint, finding in difference.each()
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    said = run.said
    return {
        "name": run.name,
        "started": said.get("started"),
        "rules": said.get("rules"),
        "findings": len(run.findings),
        "claims": None if run.claims is None else int(run.claims.size),
    }


def _totals(difference: Difference) -> Iterator[tuple[str, dict[str, Any]]]:
    for fate in FATES:
        findings, claims, money = difference.total(fate)
        yield fate, {"findings": findings, "claims": claims, "money": dong_of(money)}


def _groups(difference: Difference, name: str, order: list[str] | None) -> dict[str, Any]:
    found = {fate: difference.groups(fate, name) for fate in FATES}
    keys = order or sorted({key for groups in found.values() for (key,) in groups})
    return {
        key: {
            fate: {
                "findings": group.findings,
                "claims": group.claims,
                "money": dong_of(group.money),
            }
            for fate in FATES
            if (group := found[fate].get((key,)))
        }
        for key in keys
    }


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
