"""The rule book: one page of Markdown per family, and a first page that lists them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from giamdinh.report.rulebook import SEVERITY_VI, places
from giamdinh.report.scorecard import content_label
from giamdinh.tables.values import moment, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from giamdinh.rules.cards import Rule, RuleSet
    from giamdinh.rules.params import Parameter

INDEX = "README.md"
MARK = "<!-- Sinh bằng `giamdinh rules book`; đừng sửa tay. -->"
_CONFIDENCE = {"high": "cao", "medium": "vừa", "low": "thấp"}
_OPEN_END = 10**9
_MOST_TEXTS = 12


def pages(rules: RuleSet) -> dict[str, str]:
    """File name → content of every page."""
    families = [(name, list(own)) for name, own in groupby(rules.rules, lambda rule: rule.family)]
    out = {INDEX: _text(_index(families))}
    for name, own in families:
        out[f"{name}.md"] = _text(_family(name, own, rules.parameters))
    return out


def write(rules: RuleSet, folder: Path) -> list[Path]:
    """Writes the pages to `folder` and removes generated pages that no family has any more."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages(rules).items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    for path in sorted(folder.glob("*.md")):
        if path not in written and MARK in path.read_text(encoding="utf-8"):
            path.unlink()
    return written


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _index(families: list[tuple[str, list[Rule]]]) -> Iterator[str]:
    total = sum(len(own) for _, own in families)
    yield from ("# Sổ quy tắc", "", MARK, "")
    yield f"{total} quy tắc. Mỗi quy tắc: căn cứ, thời gian, logic, ví dụ, cách sửa."
    yield 'Tìm theo chữ, không cần dấu: `giamdinh rules search "gia giuong"`.'
    for name, own in families:
        yield from ("", f"## [{name}]({name}.md)", "")
        yield from _listed(own, f"{name}.md")


def _family(name: str, own: list[Rule], parameters: Mapping[str, Parameter]) -> Iterator[str]:
    yield from (f"# {name}", "", MARK, "")
    yield from _listed(own, "")
    for rule in own:
        yield from _rule(rule, parameters)


def _listed(own: list[Rule], page: str) -> Iterator[str]:
    yield from ("| Mã | Mức độ | Điều sai |", "|---|---|---|")
    for rule in own:
        link = f"[{rule.code}]({page}#{rule.code.lower()})"
        yield f"| {link} | {SEVERITY_VI[rule.severity]} | {_cell(rule.title)} |"


def _rule(rule: Rule, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    yield from ("", f"## {rule.code}", "", f"**{rule.title}**", "")
    yield f"- Mức độ: {SEVERITY_VI[rule.severity]}; độ tin cậy {_CONFIDENCE[rule.confidence]}"
    if rule.uncertain:
        yield f"- Điều chưa chắc: {rule.uncertain}"
    yield f"- Nội dung giám định: {content_label(rule.tt12)}"
    yield f"- Xét: {', '.join(places(rule))}"
    yield f"- Hiệu lực: {_period(rule.start, rule.end)}, theo {rule.by}"
    if rule.needs:
        yield f"- Cần danh mục: {', '.join(rule.needs)}; thiếu thì ghi 'không kiểm được'"
    yield "- Căn cứ:"
    for text in rule.legal:
        yield f"  - [{text}]({text.href})" if text.href else f"  - {text}"
    yield from _logic(rule)
    yield from _numbers(rule, parameters)
    yield from ("", f"**Cách sửa.** {rule.fix}", "", "**Ví dụ**")
    for example in rule.examples:
        yield from _example(example)


def _logic(rule: Rule) -> Iterator[str]:
    for source in rule.source.get("versions") or [rule.source]:
        when = f" từ {_day(source['from'])}" if "from" in source else ""
        yield from ("", f"**Vi phạm khi{when}**", "", "```text")
        if rule.check:
            yield f"hàm {rule.check} của giamdinh/checks"
            for table, fields in rule.source.get("reads", {}).items():
                yield f"đọc {table}: {', '.join(fields)}"
        else:
            yield from _expressions(source.get("when", rule.source.get("when", "")))
        yield "```"
        for key, label in (("expected", "Giá trị đúng"), ("amount", "Số tiền liên quan")):
            given = source.get(key, rule.source.get(key, ""))
            if given and given != "0":
                yield from ("", f"{label}:", "", "```text", *_expressions(given), "```")
        message = source.get("message", rule.source.get("message", ""))
        yield from ("", "Câu báo:", "", "```text", *_expressions(message), "```")


def _expressions(given: Any) -> Iterator[str]:  # noqa: ANN401 - a card's value
    """An expression, or one for each table."""
    if isinstance(given, dict):
        yield from (f"{table}: {' '.join(str(text).split())}" for table, text in given.items())
    else:
        yield " ".join(str(given).split())


def _numbers(rule: Rule, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    """The dated numbers that the rule takes from the law."""
    names = sorted(rule.parameters)
    if names:
        yield from ("", "Tham số:", "")
    for name in names:
        parameter = parameters[name]
        values = "; ".join(_values(parameter))
        yield f"- `{name}` ({parameter.title}, {parameter.unit}): {values}"


def _values(parameter: Parameter) -> Iterator[str]:
    periods = zip(parameter.starts.tolist(), parameter.ends.tolist(), strict=True)
    for i, (start, end) in enumerate(periods):
        if parameter.is_set:
            texts = sorted(parameter.sets[i])
            more = f", … ({len(texts)} mã)" if len(texts) > _MOST_TEXTS else ""
            value = ", ".join(texts[:_MOST_TEXTS]) + more
        else:
            value = number_vi(int(parameter.numbers[i]), parameter.scale)
        yield f"{value} {_period(start, end - 1)}"


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"- {example['name']}", "", "  ```text")
    if example.get("day"):
        yield f"  ngày {_day(str(example['day']))}"
    earlier = {f"{k} (kỳ trước)": v for k, v in example.get("earlier", {}).items()}
    drawn = {**example, **earlier, **example.get("danh_muc", {})}
    for key, value in drawn.items():
        if isinstance(value, str) and "|" in value:
            yield f"  {key}"
            yield from (f"    {row.rstrip()}" for row in value.splitlines() if row.strip())
    hits = ", ".join(str(hit) for hit in example.get("hits", []))
    yield f"  Bắt: {hits or 'không dòng nào'}"
    for key, word in (("expected", "Giá trị đúng"), ("amounts", "Số tiền")):
        if example.get(key):
            yield f"  {word}: " + ", ".join(f"{k} → {v}" for k, v in example[key].items())
    yield "  ```"


def _period(start: int, end: int) -> str:
    through = "" if end > _OPEN_END else f" đến {_minute_day(end)}"
    return f"từ {_minute_day(start)}{through}"


def _minute_day(minutes: int) -> str:
    return f"{moment(minutes):%d/%m/%Y}"


def _day(text: str) -> str:
    return "/".join(reversed(text.split("-")))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
