"""Root causes for people and programs: sheet, terminal and manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from giamdinh.causes import Cause, Causes, causes
from giamdinh.report.grid import COUNTS, Column, Sheet
from giamdinh.report.money_out import dong_of
from giamdinh.report.summary import RISK, counted, listed
from giamdinh.text import word

if TYPE_CHECKING:
    from giamdinh.report.grid import Cell
    from giamdinh.report.model import AuditResult
    from giamdinh.text import Lang

_KINDS = {
    "catalogue": ("Một dòng danh mục", "A row of the facility's list"),
    "empty": ("Một trường để trống", "A field left empty"),
    "code": ("Một mã", "A code"),
    "parameter": ("Một số của luật", "A number of the law"),
    "item": ("Một thuốc, dịch vụ, vật tư", "A drug, service or material"),
    "person": ("Một người hành nghề", "A practitioner"),
}
_NAMED = 200
"""Causes that the manifest lists; the counts and the sheet hold all."""


def causes_of(result: AuditResult) -> Causes:
    """The root causes of a run, worked out once."""
    if "causes" not in result.memo:
        result.memo["causes"] = causes(result.findings, result.rules)
    return cast("Causes", result.memo["causes"])


def causes_sheet(result: AuditResult) -> Sheet:
    """NguyenNhanGoc: one thing to repair per row, most money first, then all of them together."""
    columns = (
        Column("Nguyên nhân chung", 20),
        Column("Mã CSKCB", 9),
        Column("Trường", 18),
        Column("Mã, giá trị, người hành nghề", 28, "wrap"),
        Column("Quy tắc", 14, "wrap"),
        Column("Tên quy tắc", 40, "wrap"),
        *COUNTS,
        Column("Hướng xử lý", 44, "wrap"),
    )
    found = causes_of(result)
    rows: list[tuple[Cell, ...]] = [_row(result, cause) for cause in found.each]
    if rows:
        nothing = [None] * 3
        total = ("Tổng cộng", *nothing, "", "mỗi đồng tính một lần", found.findings)
        rows.append((*total, *nothing, found.money.error, found.money.warning, ""))
    return Sheet("NguyenNhanGoc", columns, rows, fixed=4)


def causes_table(result: AuditResult, lang: Lang = "vi", most: int = 5) -> Sheet:
    """The causes with most money; the last row says how many more there are."""
    found = causes_of(result)
    rows: list[tuple[Cell, ...]] = []
    for cause in found.each[:most]:
        group = cause.group
        counts = (group.findings, group.claims, group.money.error, group.money.warning)
        rows.append((cause_name(cause, lang), listed(cause.rules), *counts))
    if len(found.each) > most:
        more = word("more", lang).format(len(found.each) - most)
        rows.append((more, "", None, None, None, None))
    columns = (
        Column(word("cause", lang), 52, "wrap"),
        Column(word("rules", lang), 30, "wrap"),
        *counted("findings", "claims", *RISK, lang=lang),
    )
    return Sheet(word("causes", lang), columns, rows)


def causes_said(result: AuditResult) -> dict[str, Any]:
    """`root_causes` of the manifest: what all explain together, and the first ones by money."""
    found = causes_of(result)
    return {
        "causes": len(found.each),
        "findings": found.findings,
        "money": dong_of(found.money),
        "first": [
            {
                "kind": cause.kind,
                "facility": cause.facility,
                "field": cause.field,
                "code": cause.code,
                "rules": list(cause.rules),
                "findings": cause.group.findings,
                "claims": cause.group.claims,
                "money": dong_of(cause.group.money),
            }
            for cause in found.each[:_NAMED]
        ],
    }


def _row(result: AuditResult, cause: Cause) -> tuple[Cell, ...]:
    rule = result.rules.get(cause.rules[0])
    group = cause.group
    return (
        _KINDS[cause.kind][0],
        cause.facility,
        cause.field,
        cause.code or "(để trống)",
        listed(cause.rules),
        rule.title if rule else "",
        group.findings,
        group.errors,
        group.warnings,
        group.claims,
        group.money.error,
        group.money.warning,
        rule.fix if rule else "",
    )


def cause_name(cause: Cause, lang: Lang = "vi") -> str:
    """What is to be repaired, on one line."""
    parts = (_KINDS[cause.kind][lang == "en"] + ":", cause.field, cause.code, f"({cause.facility})")
    return " ".join(part for part in parts if part and part != "()")
