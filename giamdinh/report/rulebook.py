"""The page of one rule, as text for the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from giamdinh.tables.values import time_vi
from giamdinh.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.rules.cards import Rule

SEVERITY_VI = {"error": "Xuất toán", "warning": "Cảnh báo", "info": "Thông tin"}
_OPEN_END = 10**9


def line(rule: Rule) -> str:
    """`MNY-001  Xuất toán  XML2  title`."""
    tables = ",".join(rule.tables) if len(rule.tables) <= 3 else "nhiều bảng"  # noqa: PLR2004
    return f"{rule.code}  {SEVERITY_VI[rule.severity]:<9}  {tables:<10}  {rule.title}"


def search(rules: Iterable[Rule], words: Sequence[str]) -> list[Rule]:
    """The rules that say all of `words` somewhere, without regard to diacritics.

    Those that say them in their title come first.
    """
    wanted = [re.compile(rf"\b{re.escape(part)}") for word in words for part in bare(word).split()]
    found = []
    for rule in rules:
        title = bare(f"{rule.code} {rule.title}")
        messages = " ".join(clause.message for clause in rule.clauses)
        text = f"{title} {bare(f'{rule.title_en} {messages} {rule.fix} {rule.basis}')}"
        if all(word.search(text) for word in wanted):
            found.append((not all(word.search(title) for word in wanted), rule.code, rule))
    return [rule for _, _, rule in sorted(found, key=lambda item: item[:2])]


def page(rule: Rule) -> str:
    """Everything a card says, for a reader who is no programmer."""
    through = "" if rule.end > _OPEN_END else f" đến {time_vi(rule.end)[:10]}"
    lines = [
        f"{rule.code}  {rule.title}",
        "",
        f"Mức độ: {SEVERITY_VI[rule.severity]} · Nội dung TT 12/2026 Đ10: {rule.tt12}",
        f"Bảng và trường: {', '.join(places(rule))}",
        f"Hiệu lực: từ {time_vi(rule.start)}{through}, theo {rule.by}",
        f"Căn cứ: {rule.basis}",
    ]
    if rule.needs:
        lines.append(f"Cần danh mục: {', '.join(rule.needs)} (thiếu thì ghi 'không kiểm được')")
    if rule.uncertain:
        lines.append(f"Điều chưa chắc: {rule.uncertain}")
    lines += ["", "Vi phạm khi:", *_logic(rule), "", f"Cách sửa: {rule.fix}", "", "Ví dụ:"]
    for example in rule.examples:
        lines += [f"- {example['name']}", *_drawn(example)]
    return "\n".join(lines) + "\n"


def places(rule: Rule) -> list[str]:
    """`XML2.DON_GIA` for each table of a rule."""
    return [f"{table}.{field}" if field else table for table, field in rule.fields.items()]


def _logic(rule: Rule) -> list[str]:
    if rule.check:
        return [f"  hàm {rule.check} (giamdinh/checks)"]
    out = []
    for source in rule.source.get("versions") or [rule.source]:
        when = source.get("when", "")
        period = f"  từ {source['from']}: " if "from" in source else "  "
        if isinstance(when, dict):
            out += [f"{period}{table}: {text}" for table, text in when.items()]
        else:
            out.append(period + str(when))
    return out


def _drawn(example: Any) -> list[str]:  # noqa: ANN401 - a card's example
    out = []
    for key, value in example.items():
        if (isinstance(value, str) and "|" in value) or (isinstance(value, str) and "\n" in value):
            out += [f"    {key}", *(f"      {row}" for row in value.splitlines())]
    hits = ", ".join(str(hit) for hit in example.get("hits", [])) or "không dòng nào"
    return [*out, f"    Bắt: {hits}"]
