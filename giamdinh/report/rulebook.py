"""The page of one rule, as text for the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from giamdinh.report.scorecard import contents
from giamdinh.tables.values import number_vi, time_vi
from giamdinh.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from giamdinh.rules.cards import Rule
    from giamdinh.rules.params import Parameter

SEVERITY_VI = {"error": "Xuất toán", "warning": "Cảnh báo", "info": "Thông tin"}
_OPEN_END = 10**9
_SHOWN = 12


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


def page(
    rule: Rule, needs: Sequence[str] = (), parameters: Mapping[str, Parameter] | None = None
) -> str:
    """Everything a card says, for a reader who is no programmer.

    Args:
        rule: the rule.
        needs: its lists by their titles; by their kinds when empty.
        parameters: the dated numbers and sets whose values are shown where the rule uses them.
    """
    through = "" if rule.end > _OPEN_END else f" đến {time_vi(rule.end)[:10]}"
    lines = [
        f"{rule.code}  {rule.title}",
        "",
        f"Mức độ: {SEVERITY_VI[rule.severity]} · Nội dung TT 12/2026: {content_name(rule.tt12)}",
        f"Bảng và trường: {', '.join(places(rule))}",
        f"Hiệu lực: từ {time_vi(rule.start)}{through}, theo {rule.by}",
        f"Căn cứ: {rule.basis}",
    ]
    if rule.needs:
        lists = "; ".join(needs or rule.needs)
        lines.append(f"Cần danh mục: {lists} (thiếu thì ghi 'không kiểm được')")
    if rule.uncertain:
        lines.append(f"Điều chưa chắc: {rule.uncertain}")
    lines += ["", "Vi phạm khi:", *_logic(rule), *_values(rule, parameters or {}), ""]
    lines += ["Câu báo:", *_messages(rule), "", f"Cách sửa: {rule.fix}", "", "Ví dụ:"]
    for example in rule.examples:
        lines += [f"- {example['name']}", *_drawn(example)]
    return "\n".join(lines) + "\n"


def content_name(code: str) -> str:
    """What a content of the circular is about, with its place there."""
    found = next((content for content in contents() if content.code == code), None)
    return f"{found.at}, {found.title}" if found else code


def _values(rule: Rule, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    """The values now in force of the parameters that a rule or its messages name."""
    shown = [node for clause in rule.clauses for node in clause.shown.values()]
    said = {part.value[0] for node in shown for part in node.walk() if part.op == "param"}
    for name in sorted((rule.parameters | said) & set(parameters)):
        parameter = parameters[name]
        if parameter.is_set:
            texts = sorted(parameter.sets[-1])
            value = ", ".join(texts[:_SHOWN]) + (" …" if len(texts) > _SHOWN else "")
        else:
            value = number_vi(int(parameter.numbers[-1]), parameter.scale)
        yield f"  {name} = {value} ({parameter.title})"


def _messages(rule: Rule) -> Iterator[str]:
    """The sentences of the report, one per table where they differ."""
    said = rule.source.get("message", "")
    if isinstance(said, dict):
        yield from (f"  {table}: {text}" for table, text in said.items())
    elif said:
        yield f"  {said}"


def places(rule: Rule) -> list[str]:
    """`XML2.DON_GIA` for each table of a rule."""
    return [f"{table}.{field}" if field else table for table, field in rule.fields.items()]


def _logic(rule: Rule) -> list[str]:
    if rule.check:
        return [f"  {rule.title} (hàm {rule.check} trong giamdinh/checks)"]
    out = []
    for source in rule.source.get("versions") or [rule.source]:
        when = source.get("when", "")
        period = f"  từ {_vi(source['from'])}: " if "from" in source else "  "
        if isinstance(when, dict):
            out += [f"{period}{table}: {text}" for table, text in when.items()]
        else:
            out.append(period + str(when))
    return out


def _vi(day: object) -> str:
    """`2025-03-10` as a Vietnamese reader writes it."""
    return "/".join(reversed(str(day).split("-")))


def _drawn(example: Any) -> list[str]:  # noqa: ANN401 - a card's example
    out = []
    earlier = {f"{k} (kỳ trước)": v for k, v in example.get("earlier", {}).items()}
    lists = {f"danh mục {kind}": rows for kind, rows in example.get("danh_muc", {}).items()}
    for key, value in {**lists, **example, **earlier}.items():
        if (isinstance(value, str) and "|" in value) or (isinstance(value, str) and "\n" in value):
            out += [f"    {key}", *(f"      {row}" for row in value.splitlines())]
    hits = ", ".join(str(hit) for hit in example.get("hits", [])) or "không dòng nào"
    return [*out, f"    Bắt: {hits}"]
