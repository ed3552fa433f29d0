"""One card's YAML to a `Rule`, with a message in Vietnamese for every fault."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any, NoReturn, cast

from giamdinh import yamlio
from giamdinh.catalogues.parts import unknown_part
from giamdinh.errors import CardError
from giamdinh.model import MONEY_SCALE, LegalText
from giamdinh.rules import expr
from giamdinh.rules.cards import Clause, Rule
from giamdinh.rules.context import FILE_TABLE, checks
from giamdinh.rules.nodes import ExpressionError, Node, rounded, shared
from giamdinh.rules.recall import recall_of
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE
from giamdinh.tables.values import DAY, day_minutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from giamdinh.rules.expr import Symbols
    from giamdinh.rules.recall import Recall

FOREVER = 2**62
SEVERITIES = ("error", "warning", "info")
CONTENTS = ("a", "b", "c", "d", "đ", "e", "g", "h", "i", "k", "l", "Đ9")
CATALOGUES = ("khoa", "nhan_luc", "thuoc", "vat_tu", "dich_vu", "thiet_bi", "the_bhyt", "co_so",
              "pham_vi", "cap_ma", "dieu_kien", "gia_tran", "hoat_chat", "lieu_toi_da",
              "ma_dung_chung", "may_bat_buoc", "may_dich_vu", "phu_hop", "so_lan", "khoang_cach",
              "benh_tu_den", "icd10")  # fmt: skip
ALL_TABLES = "tat_ca"
_REQUIRED = ("code", "title", "title_en", "severity", "tt12", "legal", "effective", "field",
             "message", "fix", "examples")  # fmt: skip
_OPTIONAL = ("confidence", "uncertain", "needs", "table", "tables", "when", "check", "expected",
             "amount", "reads", "versions", "across", "rows", "history")  # fmt: skip
_VERSION_KEYS = ("from", "through", "when", "expected", "amount", "message")
_SPECIAL = ("expected", "detail")


def compile_card(
    path: Path,
    card: object,
    lines: yamlio.Lines,
    symbols: Symbols,
) -> Rule:
    """The rule that a card states.

    Raises:
        CardError: the first fault of the card, with its line.
    """
    return _Compiler(path, card, lines, symbols).rule()


class _Compiler:
    def __init__(
        self,
        path: Path,
        card: object,
        lines: yamlio.Lines,
        symbols: Symbols,
    ) -> None:
        self.path = path
        self.card: dict[str, Any] = card if isinstance(card, dict) else {}
        self.lines = lines
        self.symbols = symbols
        self.by = "NGAY_RA"

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raises the error for one key of the card."""
        raise CardError([f"{self.path}:{self.lines.at(key)}: {problem}"])

    def rule(self) -> Rule:
        """The whole card."""
        self._check_keys()
        card = self.card
        start, end = self._effective()
        fields = self._fields()
        return Rule(
            code=self._code(),
            title=self._title("title"),
            title_en=self._title("title_en"),
            severity=self._one_of("severity", SEVERITIES),
            tt12=self._one_of("tt12", CONTENTS),
            confidence=self._confidence(),
            uncertain=card.get("uncertain", ""),
            legal=self._legal(),
            start=start,
            end=end,
            by=self.by,
            needs=self._needs(),
            across=self._across(),
            rows=self._rows(),
            fields=fields,
            clauses=tuple(self._clauses(fields, start, end)),
            check=self._check(),
            fix=self._fix(),
            examples=self._examples(),
            path=str(self.path),
            source=card,
            recall=self._recall(),
        )

    def _check_keys(self) -> None:
        missing = [key for key in _REQUIRED if not self.card.get(key)]
        if missing:
            self.fail("", f"thẻ thiếu khóa '{missing[0]}'")
        for key in self.card:
            if key not in _REQUIRED and key not in _OPTIONAL:
                known = ", ".join((*_REQUIRED, *_OPTIONAL))
                self.fail(key, f"khóa lạ '{key}'; các khóa dùng được: {known}")
        logic = [key for key in ("when", "check", "versions") if self.card.get(key)]
        if len(logic) != 1:
            self.fail("when", "cần đúng một trong ba khóa: when, check, versions")

    def _code(self) -> str:
        code = self._text("code")
        if not re.fullmatch(r"[A-Z]{3,4}-[0-9]{3}", code):
            self.fail("code", f"mã '{code}' phải có dạng ABC-001")
        if not self.path.name.startswith(f"{code}_") or self.path.parent.name != code[:-4]:
            self.fail("code", f"tệp phải đặt là {code[:-4]}/{code}_<tên_không_dấu>.yaml")
        return code

    def _text(self, key: str) -> str:
        value = self.card.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"'{key}' phải là một dòng chữ")
        return value.strip()

    def _fix(self) -> str:
        fix = self._text("fix")
        if "{" in fix:
            self.fail(
                "fix", "'fix' in nguyên văn, không thay {…} như message; viết giá trị bằng lời"
            )
        return fix

    def _title(self, key: str) -> str:
        title = self._text(key)
        if title.endswith(".") or "\n" in title:
            self.fail(key, f"'{key}' là một câu ngắn, không có dấu chấm cuối")
        return title

    def _one_of(self, key: str, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 - a Literal
        value = self._text(key)
        if value not in allowed:
            self.fail(key, f"'{key}' là '{value}'; chỉ nhận: {', '.join(allowed)}")
        return value

    def _confidence(self) -> Any:  # noqa: ANN401 - a Literal
        confidence = self.card.get("confidence", "high")
        if confidence not in ("high", "medium", "low"):
            self.fail("confidence", "'confidence' chỉ nhận: high, medium, low")
        if confidence == "low" and self.card["severity"] == "error":
            self.fail("severity", "quy tắc chưa chắc chắn (confidence: low) không được là error")
        if confidence == "low" and not self.card.get("uncertain"):
            self.fail("confidence", "confidence: low cần khóa 'uncertain' nói điều chưa chắc")
        return confidence

    def _legal(self) -> tuple[LegalText, ...]:
        legal = self.card["legal"]
        if not isinstance(legal, list) or not all(
            isinstance(item, dict) and item.get("text") for item in legal
        ):
            self.fail("legal", 'viết: legal: [{text: "QĐ 3176/QĐ-BYT", at: "Bảng 1, NGAY_RA"}]')
        return tuple(
            LegalText(item["text"], item.get("at", ""), item.get("href", "")) for item in legal
        )

    def _day(self, key: str, text: str) -> date:
        try:
            return yamlio.as_date(text)
        except ValueError:
            self.fail(key, f"'{text}' không phải ngày yyyy-mm-dd")

    def _period(self, key: str, source: Mapping[str, str]) -> tuple[int, int]:
        start = day_minutes(self._day(key, source.get("from", "")))
        through = source.get("through")
        end = day_minutes(self._day(key, through)) + DAY - 1 if through else FOREVER
        if end < start:
            self.fail(key, "ngày hết hiệu lực trước ngày có hiệu lực")
        return start, end

    def _effective(self) -> tuple[int, int]:
        effective = self.card["effective"]
        if not isinstance(effective, dict) or set(effective) - {"from", "through", "by"}:
            self.fail("effective", "viết: effective: {from: 2025-01-01, by: NGAY_RA}")
        self.by = effective.get("by", "NGAY_RA")
        return self._period("effective", effective)

    def _table_names(self) -> list[str]:
        named = self.card.get("tables") or [self.card.get("table", "")]
        if named in ([ALL_TABLES], ALL_TABLES):
            return [t for t in self.symbols.tables if t != ENVELOPE_TABLE]
        for table in named:
            if table != FILE_TABLE and table not in self.symbols.tables:
                self.fail("table", f"không có bảng '{table}'; viết XML1 … XML15")
        return list(named)

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for table in self._table_names():
            field = self._for_table("field", table)
            if table == FILE_TABLE:
                fields[table] = field
                continue
            spec = self.symbols.tables[table]
            owners = (spec, self.symbols.tables[CLAIM_TABLE])
            dated = [owner.by_name[self.by] for owner in owners if self.by in owner.by_name]
            if not any(found.temporal for found in dated):
                self.fail("effective", f"'{self.by}' không phải trường ngày của {table} hay XML1")
            if field != "*" and field not in spec.by_name:
                self.fail("field", f"{table} không có trường '{field}'")
            fields[table] = "" if field == "*" else field
        return fields

    def _needs(self) -> tuple[str, ...]:
        needs = tuple(self.card.get("needs", ()))
        for kind in needs:
            if kind.partition(".")[0] not in CATALOGUES:
                self.fail("needs", f"không có loại danh mục '{kind}': {', '.join(CATALOGUES)}")
            if "." in kind and (part := unknown_part(kind)):
                self.fail("needs", f"danh mục '{kind}' không có cột hay phần '{part}'")
        return needs

    def _across(self) -> bool:
        across = self.card.get("across", "no")
        if across not in ("yes", "no"):
            self.fail("across", "'across' chỉ nhận: yes, no")
        if across == "yes" and not (self.card.get("check") and self.card.get("reads")):
            self.fail("across", "quy tắc so nhiều hồ sơ (across: yes) cần khóa 'check' và 'reads'")
        return bool(across == "yes")

    def _rows(self) -> dict[str, Node]:
        out = {}
        for table, text in self.card.get("rows", {}).items():
            if self.card.get("across") != "yes" or table not in self.card.get("reads", {}):
                self.fail("rows", "'rows' chỉ dùng với across: yes, cho bảng có trong 'reads'")
            out[table] = self._expression(f"rows.{table}", text, table, ("bool",))
        return out

    def _recall(self) -> Recall | None:
        said = self.card.get("history")
        if said is None:
            return None
        if self.card.get("across") != "yes":
            self.fail("history", "'history' chỉ dùng với across: yes")
        try:
            return recall_of(said, self.symbols.parameters)
        except ValueError as error:
            self.fail("history", str(error))

    def _check(self) -> str:
        name = cast("str", self.card.get("check", ""))
        if name and name not in checks():
            self.fail("check", f"không có hàm '{name}' trong giamdinh/checks")
        for table, fields in self.card.get("reads", {}).items():
            for field in fields:
                if field not in self.symbols.tables[table].by_name:
                    self.fail("reads", f"{table} không có trường '{field}'")
        return name

    def _examples(self) -> tuple[Mapping[str, Any], ...]:
        examples = self.card["examples"]
        if not isinstance(examples, list) or not all(
            isinstance(item, dict) and item.get("name") for item in examples
        ):
            self.fail("examples", "mỗi ví dụ cần `name:`, bảng dữ liệu và `hits:`")
        if not any(item.get("hits") for item in examples):
            self.fail("examples", "cần ít nhất một ví dụ có dòng vi phạm trong `hits:`")
        return tuple(examples)

    def _for_table(self, key: str, table: str, source: Mapping[str, Any] | None = None) -> str:
        value = (source or self.card).get(key, self.card.get(key, ""))
        if isinstance(value, dict):
            if table not in value:
                self.fail(key, f"'{key}' chưa có dòng cho {table}")
            value = value[table]
        return str(value).strip()

    def _clauses(self, fields: Mapping[str, str], start: int, end: int) -> list[Clause]:
        versions = self.card.get("versions")
        if not versions:
            return [self._clause(table, start, end, "", self.card) for table in fields]
        clauses = []
        last = start - 1
        for i, version in enumerate(versions):
            key = f"versions.{i}"
            for word in version:
                if word not in _VERSION_KEYS:
                    self.fail(f"{key}.{word}", f"khóa lạ '{word}' trong versions")
            first, through = self._period(key, version)
            if first <= last:
                self.fail(key, "các giai đoạn phải nối nhau theo thời gian, không chồng lên nhau")
            last = through
            clauses += [
                self._clause(table, first, min(through, end), key, version) for table in fields
            ]
        return clauses

    def _clause(
        self, table: str, start: int, end: int, prefix: str, source: Mapping[str, Any]
    ) -> Clause:
        message = self._for_table("message", table, source)
        if table == FILE_TABLE:
            return Clause(table, start, end, None, None, None, message, {})
        nodes: dict[str, Node | None] = {}
        for key, kinds in (
            ("when", ("bool",)),
            ("amount", ("number",)),
            ("expected", ("number", "time", "text")),
        ):
            text = self._for_table(key, table, source)
            at = f"{prefix}.{key}" if prefix and key in source else key
            nodes[key] = self._expression(at, text, table, kinds) if text else None
        for node in nodes.values():
            if node is not None:
                self._covers(node, start, end)
        amount = nodes["amount"]
        return Clause(
            table,
            start,
            end,
            nodes["when"],
            self._shared(rounded(amount, MONEY_SCALE, "round")) if amount else None,
            nodes["expected"],
            message,
            self._shown(message, table, has_expected=nodes["expected"] is not None),
        )

    def _expression(self, key: str, text: str, table: str, kinds: tuple[str, ...]) -> Node:
        try:
            node = expr.parse(text, table, self.by, self.symbols)
        except ExpressionError as error:
            self.fail(key, str(error))
        if node.kind not in kinds:
            self.fail(key, f"`{text}` không phải {' / '.join(kinds)}")
        return self._shared(node)

    def _shared(self, node: Node) -> Node:
        return shared(node, self.symbols.nodes)

    def _covers(self, node: Node, start: int, end: int) -> None:
        """A parameter must have a value on every day the clause is in force."""
        for part in node.walk():
            name = ""
            if part.op == "param":
                name = part.value[0]
            elif isinstance(part.value, tuple):
                names = [v for v in part.value if isinstance(v, tuple) and v[:1] == ("param",)]
                source = part.value if part.value[:1] == ("param",) else (names or [()])[0]
                name = source[1] if source else ""
            if name and not self.symbols.parameters[name].covers(start, end):
                self.fail("effective", f"tham số {name} chưa có giá trị cho cả thời gian hiệu lực")

    def _shown(self, message: str, table: str, *, has_expected: bool) -> dict[str, Node]:
        shown = {}
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(message) if name]
        except ValueError:
            self.fail("message", "ngoặc nhọn trong message không khớp")
        for name in names:
            if name == "expected" and not has_expected and not self.card.get("check"):
                self.fail("message", "{expected} cần khóa 'expected' trong thẻ")
            if name in _SPECIAL:
                continue
            node = self._expression("message", name, table, ("number", "time", "text"))
            self._not_personal(node)
            shown[name] = node
        return shown

    def _not_personal(self, node: Node) -> None:
        for part in node.walk():
            if (
                part.op == "field"
                and self.symbols.tables[part.value[0]].by_name[part.value[1]].personal
            ):
                self.fail("message", f"message không được in dữ liệu cá nhân ({part.value[1]})")
