"""Values that are not what their field says: the shape failures as hits of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.rules.context import CheckContext, Hits, check
from giamdinh.tables.specs import format_versions, size_in
from giamdinh.validate import row_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from giamdinh.model import Field, IntArray


@check
def thieu_truong_bat_buoc(context: CheckContext) -> Iterator[Hits]:
    """A field that must always be filled is empty; `{detail}` is what the field means."""
    return _hits(context, "thieu", _title)


@check
def gia_tri_qua_dai(context: CheckContext) -> Iterator[Hits]:
    """A value longer than its field in the claim's version; `{detail}` gives both lengths."""
    versions = format_versions()
    for table in context.rule.tables:
        ranks = row_versions(context.claims, table)
        for name, rows in context.shape.of(table, "qua_dai"):
            column = context.claims[table][name]
            detail = [
                f"dài {len(column.text(row))} ký tự, tối đa "
                f"{size_in(column.spec, versions[int(ranks[row])].code)}"
                for row in rows.tolist()
            ]
            yield Hits(table, rows, name, detail=detail)


@check
def truong_so_chua_chu(context: CheckContext) -> Iterator[Hits]:
    """A number field holds something else; `{detail}` is what the field means."""
    return _hits(context, "khong_phai_so", _title)


@check
def thua_chu_so_le(context: CheckContext) -> Iterator[Hits]:
    """A number with more decimals than its field has; `{detail}` gives how many it has."""
    return _hits(context, "thua_so_le", lambda field: f"tối đa {field.scale} số lẻ")


@check
def ngay_sai_dang(context: CheckContext) -> Iterator[Hits]:
    """Not a day written with 8 digits; `{detail}` is what the field means."""
    return _hits(context, "sai_ngay", _title)


@check
def ngay_gio_sai_dang(context: CheckContext) -> Iterator[Hits]:
    """Not a time written with 12 digits; `{detail}` is what the field means."""
    return _hits(context, "sai_ngay_gio", _title)


@check
def ky_tu_dieu_khien(context: CheckContext) -> Iterator[Hits]:
    """A text with control characters; `{detail}` is what the field means."""
    return _hits(context, "ky_tu_dieu_khien", _title)


def _hits(context: CheckContext, kind: str, describe: Callable[[Field], str]) -> Iterator[Hits]:
    for table in context.rule.tables:
        for name, rows in context.shape.of(table, kind):
            yield _described(context, table, name, rows, describe)


def _described(
    context: CheckContext, table: str, name: str, rows: IntArray, describe: Callable[[Field], str]
) -> Hits:
    text = describe(context.claims[table][name].spec)
    return Hits(table, rows, name, detail=[text] * rows.size)


def _title(field: Field) -> str:
    return field.title
