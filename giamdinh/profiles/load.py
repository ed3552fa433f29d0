"""Reads a profile and says in words what is wrong with it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from giamdinh.errors import CardError, UsageError
from giamdinh.findings import SEVERITIES
from giamdinh.profiles.model import SECTIONS, Entry, Profile, Section
from giamdinh.profiles.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.rules.cards import RuleSet

_HEAD = ("name", "author", "date")
_COMMON = ("reason", "author", "date")
_KEYS: dict[Section, tuple[str, ...]] = {
    "select": ("rules", "facilities"),
    "ignore": ("rules", "facilities"),
    "severity": ("rules", "severity", "facilities"),
    "parameter": ("name", "value", "facilities"),
    "suppress": ("rule", "facility", "claim", "table", "row", "field", "code", "fingerprint",
                 "expires"),
    "release": ("rules",),
}  # fmt: skip
_MATCHED = ("facility", "claim", "table", "row", "field", "code", "fingerprint")
_FACILITY = re.compile(r"[0-9A-Z]{5}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_AT_LINE = re.compile(r"at line (\d+)")


def load_profile(path: Path, rules: RuleSet) -> Profile:
    """The profile in `path`, all its decisions possible under `rules`.

    Raises:
        UsageError: there is no such file.
        CardError: every fault found, one line each with file, line and what to write.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise UsageError(f"không đọc được tệp cấu hình '{path}'") from None
    try:
        text = content.decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        raise CardError([f"{path}:1: tệp cấu hình phải lưu dạng UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        raise CardError([f"{path}:{line.group(1) if line else 1}: {_SYNTAX}"]) from None
    lint = _Lint(path, text, rules)
    entries = lint.entries(data)
    if lint.problems:
        raise CardError(lint.problems)
    name = str(data.get("profile", {}).get("name", ""))
    return Profile(name, str(path), hashlib.sha256(content).hexdigest(), entries)


_SYNTAX = (
    "viết sai cú pháp TOML; chữ và mã phải trong ngoặc kép, ngày thì không: "
    'rules = ["MNY-001"], reason = "vì sao", date = 2026-11-22'
)


class _Lint:
    """Turns the content of a file into entries, or into problems."""

    def __init__(self, path: Path, text: str, rules: RuleSet) -> None:
        self.path = path
        self.rules = rules
        self.problems: list[str] = []
        self._lines = text.splitlines()
        self._where = ""
        self._line = 1

    def entries(self, data: dict[str, Any]) -> tuple[Entry, ...]:
        """All decisions of the file."""
        head = data.get("profile", {})
        self._at("profile", 0)
        if not isinstance(head, dict) or set(head) - {*_HEAD}:
            self.fail(f"[profile] chỉ gồm {', '.join(_HEAD)}")
            head = {}
        found: list[Entry | None] = []
        for key, rows in data.items():
            if key == "profile":
                continue
            self._at(key, 0)
            if key not in SECTIONS:
                known = ", ".join(f"[[{name}]]" for name in SECTIONS)
                self.fail(f"không có mục '{key}'; các mục dùng được: [profile], {known}")
            elif not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                self.fail(f"mục '{key}' viết với hai ngoặc vuông: [[{key}]]")
            else:
                found += [self._entry(key, i, {**_inherited(head), **row})
                          for i, row in enumerate(rows)]  # fmt: skip
        return tuple(entry for entry in found if entry is not None)

    def fail(self, reason: str) -> None:
        """One problem of the entry at hand."""
        self.problems.append(f"{self.path}:{self._line}: {self._where}{reason}")

    def _at(self, section: str, index: int) -> None:
        """Says which entry the next problems are about."""
        header = re.compile(rf"\s*\[+\s*{re.escape(section)}\s*\]+")
        lines = [i for i, line in enumerate(self._lines, 1) if header.match(line)]
        self._line = lines[index] if index < len(lines) else 1
        self._where = f"[[{section}]] thứ {index + 1}: " if section in SECTIONS else ""

    def _entry(self, section: Section, index: int, row: dict[str, Any]) -> Entry | None:
        self._at(section, index)
        before = len(self.problems)
        allowed = (*_KEYS[section], *_COMMON)
        for key in row:
            if key not in allowed:
                self.fail(f"khóa lạ '{key}'; dùng được: {', '.join(allowed)}")
        common: dict[str, Any] = {
            "section": section,
            "reason": self._text(row, "reason", "vì sao"),
            "author": self._text(row, "author", "ai quyết định"),
            "day": self._day(row, "date", "ngày quyết định") or date.min,
        }
        own: dict[str, Any] = getattr(self, f"_{section}")(row)
        return Entry(**common, **own) if len(self.problems) == before else None

    def _select(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"rules": self._rules(row), "facilities": self._facilities(row)}

    _ignore = _select

    def _release(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"rules": self._rules(row)}

    def _severity(self, row: dict[str, Any]) -> dict[str, Any]:
        severity = row.get("severity")
        rules = self._rules(row)
        if severity not in SEVERITIES:
            self.fail(f"severity phải là một trong: {', '.join(SEVERITIES)}")
        elif severity == "error":
            unsure = [r.code for r in self.rules.rules
                      if rules and r.code.startswith(rules) and r.confidence == "low"]  # fmt: skip
            if unsure:
                self.fail(f"{unsure[0]} chưa chắc chắn (confidence: low) nên không được là error")
        return {"rules": rules, "severity": severity, "facilities": self._facilities(row)}

    def _parameter(self, row: dict[str, Any]) -> dict[str, Any]:
        name = self._text(row, "name", "tên tham số")
        value = row.get("value")
        bounds = settings().adjustable.get(name)
        if name and name not in self.rules.parameters:
            self.fail(f"không có tham số '{name}'")
        elif name and bounds is None:
            self.fail(
                f"tham số {name} là số của luật hoặc danh mục mã, không đổi được bằng cấu hình"
            )
        elif bounds is not None:
            self._bounded(name, value, bounds)
        return {"name": name, "value": str(value), "facilities": self._facilities(row)}

    def _bounded(self, name: str, value: object, bounds: tuple[str, str]) -> None:
        scale = self.rules.parameters[name].scale
        least, most = map(Decimal, bounds)
        try:
            given = Decimal(str(value))
            exact = given == given.quantize(Decimal(1).scaleb(-scale))
        except InvalidOperation:
            self.fail(f"value của {name} phải là số, ví dụ value = {bounds[0]}")
            return
        if isinstance(value, bool) or not exact:
            self.fail(f"value của {name} nhận nhiều nhất {scale} chữ số lẻ")
        elif not least <= given <= most:
            self.fail(f"value của {name} phải từ {bounds[0]} đến {bounds[1]}")

    def _suppress(self, row: dict[str, Any]) -> dict[str, Any]:
        match = [(key, str(row[key])) for key in _MATCHED if row.get(key) not in (None, "")]
        keys = {key for key, _ in match}
        rule = row.get("rule")
        if not str(row.get("row", 1)).isdigit():
            self.fail("row là số thứ tự dòng (STT), ví dụ row = 3")
        if "fingerprint" in keys:
            if not _FINGERPRINT.fullmatch(dict(match)["fingerprint"]):
                self.fail("fingerprint là 16 ký tự ở cột 'Mã đối chiếu' của LoiChiTiet")
        elif not rule:
            self.fail("cần rule (mã quy tắc) hoặc fingerprint (Mã đối chiếu của phát hiện)")
        elif not match:
            self.fail(
                "cần thêm facility, claim, table, row, field hoặc code; "
                "muốn tắt cả quy tắc thì dùng [[ignore]]"
            )
        if rule and str(rule) not in self.rules.by_code:
            self.fail(f"không có quy tắc '{rule}'")
        expires = self._day(row, "expires", "ngày cuối còn bỏ qua")
        decided = row.get("date")
        if expires and isinstance(decided, date) and expires < decided:
            self.fail("expires trước date")
        return {"rules": (str(rule),) if rule else (), "match": tuple(match), "expires": expires}

    def _text(self, row: dict[str, Any], key: str, what: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(f'thiếu {key} ({what}); viết: {key} = "…"')
            return ""
        return value.strip()

    def _day(self, row: dict[str, Any], key: str, what: str) -> date | None:
        value = row.get(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                value = None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.fail(f"thiếu {key} ({what}); viết: {key} = 2026-12-31")
        return None

    def _rules(self, row: dict[str, Any]) -> tuple[str, ...]:
        given = row.get("rules")
        prefixes = [given] if isinstance(given, str) else given
        if (
            not isinstance(prefixes, list)
            or not prefixes
            or not all(isinstance(prefix, str) and prefix for prefix in prefixes)
        ):
            self.fail('thiếu rules; viết: rules = ["MNY-001", "ICD"]')
            return ()
        for prefix in prefixes:
            if not any(rule.code.startswith(prefix) for rule in self.rules.rules):
                self.fail(f"không có quy tắc nào bắt đầu bằng '{prefix}'")
        return tuple(prefixes)

    def _facilities(self, row: dict[str, Any]) -> tuple[str, ...]:
        given = row.get("facilities", [])
        codes = [given] if isinstance(given, str) else given
        if not isinstance(codes, list) or not all(
            isinstance(code, str) and _FACILITY.fullmatch(code) for code in codes
        ):
            self.fail('facilities là các mã cơ sở 5 ký tự; viết: facilities = ["01001"]')
            return ()
        return tuple(codes)


def _inherited(head: dict[str, Any]) -> dict[str, Any]:
    """What entries need not say again."""
    return {key: head[key] for key in ("author", "date") if key in head}
