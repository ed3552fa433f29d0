"""Dated parameters: the numbers and sets of the law, each with the days it is in force."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh import yamlio
from giamdinh.arrays import reached
from giamdinh.errors import CardError
from giamdinh.kept import kept
from giamdinh.model import Rebuilt
from giamdinh.resources import data_dir
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import DAY, day_minutes, parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from giamdinh.model import IntArray

_REQUIRED = ("name", "title", "unit", "checked_on", "confidence", "values")
_KEYS = frozenset({*_REQUIRED, "note"})
_VALUE_KEYS = frozenset({"from", "through", "value", "legal"})
_CONFIDENCE = ("high", "medium", "low")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Rebuilt):
    """A number or a set of texts that changes with time.

    Attributes:
        scale: decimals of `numbers`; 0 for a set.
        starts, ends: shape (values,), minutes; value i is in force while starts <= t < ends.
        numbers: shape (values,), scaled integers; empty for a set.
        sets: one set per value; empty for a number.
        legal: one legal text per value.
    """

    name: str
    title: str
    unit: str
    confidence: str
    note: str
    scale: int
    is_set: bool
    starts: IntArray
    ends: IntArray
    numbers: IntArray
    sets: tuple[frozenset[str], ...]
    legal: tuple[str, ...]

    def epoch_of(self, minutes: IntArray) -> IntArray:
        """Index of the value in force at each moment, same shape; -1 where there is none."""
        found = reached(self.starts, minutes)
        inside = (found >= 0) & (minutes < self.ends[found])
        return found if inside.all() else np.where(inside, found, -1)

    def covers(self, start: int, end: int) -> bool:
        """Whether there is a value at every minute from `start` to `end`, both included."""
        reached = start
        for since, until in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            if since <= reached < until:
                reached = until
        return reached > end or reached == _NEVER


@cache
def parameters() -> dict[str, Parameter]:
    """The project's parameters by name, read once.

    Raises:
        CardError: a file in `rules/tham_so/` is wrong.
    """
    return kept("tham_so", lambda: load_parameters(data_dir("rules") / "tham_so"))


def load_parameters(folder: Path) -> dict[str, Parameter]:
    """The parameters of all YAML files of `folder`, by name.

    Raises:
        CardError: every fault found, one line each with file, line and what to write.
    """
    problems: list[str] = []
    found: dict[str, Parameter] = {}
    for path in sorted(folder.glob("*.yaml")):
        entries, lines = yamlio.load(path)
        if not isinstance(entries, list):
            problems.append(f"{path}:1: tệp tham số phải là một danh sách")
            continue
        for i, entry in enumerate(entries):
            lint = _Lint(path, lines, str(i))
            parameter = lint.parameter(entry)
            if parameter is not None and parameter.name in found:
                lint.fail("name", f"tham số {parameter.name} khai hai lần; xóa một lần")
            elif parameter is not None:
                found[parameter.name] = parameter
            problems += lint.problems
    if problems:
        raise CardError(problems)
    return found


@cache
def _taken_names() -> frozenset[str]:
    """Names that an expression already understands: fields and tables."""
    specs = table_specs()
    return frozenset(specs) | {name for spec in specs.values() for name in spec.by_name}


class _Lint:
    """Turns one entry of a file into a Parameter, or into problems."""

    def __init__(self, path: Path, lines: yamlio.Lines, prefix: str) -> None:
        self.path = path
        self.lines = lines
        self.prefix = prefix
        self.problems: list[str] = []

    def fail(self, key: str, reason: str) -> None:
        """One problem at `key` of this entry."""
        where = f"{self.prefix}.{key}" if key else self.prefix
        self.problems.append(f"{self.path}:{self.lines.at(where)}: {reason}")

    def parameter(self, entry: object) -> Parameter | None:
        """The parameter, None when something is wrong."""
        if not isinstance(entry, dict):
            self.fail("", "mỗi tham số phải là bảng khóa: giá trị")
            return None
        self._head(entry)
        if self.problems:
            return None
        rows = [self._row(i, row) for i, row in enumerate(entry["values"])]
        if self.problems:
            return None
        return self._built(entry, [row for row in rows if row is not None])

    def _head(self, entry: Mapping[str, Any]) -> None:
        for key in sorted(set(entry) - _KEYS):
            self.fail(key, f"khóa lạ '{key}'; chỉ dùng {', '.join(sorted(_KEYS))}")
        for key in _REQUIRED:
            if not entry.get(key):
                self.fail("", f"thiếu '{key}'")
        name = str(entry.get("name", ""))
        if name and not _NAME.fullmatch(name):
            self.fail("name", f"tên '{name}' phải viết hoa không dấu, ví dụ LUONG_CO_SO")
        if name in _taken_names():
            self.fail("name", f"'{name}' là tên một trường hoặc bảng; đặt tên khác")
        if entry.get("confidence", "high") not in _CONFIDENCE:
            self.fail("confidence", f"confidence phải là một trong {', '.join(_CONFIDENCE)}")
        if "checked_on" in entry and _minutes(entry["checked_on"]) is None:
            self.fail("checked_on", "checked_on phải là ngày dạng yyyy-mm-dd")
        if not isinstance(entry.get("values", []), list):
            self.fail("values", "values phải là danh sách các giá trị có ngày")

    def _row(self, index: int, row: object) -> tuple[int, int, Any, str] | None:
        """(start, end, value, legal) of one dated value; end -1 where it is open."""
        key = f"values.{index}"
        if not isinstance(row, dict) or set(row) - _VALUE_KEYS or not row.get("legal"):
            self.fail(key, "giá trị phải có from, value, legal và tùy chọn through")
            return None
        start = _minutes(row.get("from", ""))
        last = _minutes(row["through"]) if "through" in row else -1
        if start is None or last is None:
            self.fail(key, "from và through phải là ngày dạng yyyy-mm-dd")
            return None
        if last != -1 and last < start:
            self.fail(key, "'from' sau 'through'")
        value = row.get("value", "")
        texts = value if isinstance(value, list) else []
        if texts and not all(isinstance(text, str) and text for text in texts):
            self.fail(key, "tập giá trị chỉ gồm các chuỗi khác rỗng")
        if not texts and not (isinstance(value, str) and _NUMBER.fullmatch(value)):
            self.fail(key, "value phải là số thập phân viết bằng dấu chấm, hoặc danh sách chuỗi")
        return start, last if last == -1 else last + DAY, value, str(row["legal"])

    def _built(
        self, entry: Mapping[str, Any], rows: list[tuple[int, int, Any, str]]
    ) -> Parameter | None:
        starts = [row[0] for row in rows]
        following = [*starts[1:], _NEVER]
        for i, (row, after) in enumerate(zip(rows, following, strict=True)):
            if after <= row[0] or (row[1] != -1 and row[1] > after):
                self.fail(f"values.{i}", "giá trị chồng ngày hoặc không xếp theo ngày")
        values = [row[2] for row in rows]
        sets = [frozenset(value) for value in values if isinstance(value, list)]
        scales = {len(v.partition(".")[2]) for v in values if isinstance(v, str)}
        if (sets and scales) or len(scales) > 1:
            self.fail("values", "các giá trị phải cùng kiểu và cùng số chữ số lẻ")
        if self.problems:
            return None
        scale = next(iter(scales), 0)
        numbers = [parse_number(value, scale) or 0 for value in values] if scales else []
        ends = [
            after if row[1] == -1 else row[1] for row, after in zip(rows, following, strict=True)
        ]
        return Parameter(
            name=entry["name"],
            title=entry["title"],
            unit=entry["unit"],
            confidence=entry["confidence"],
            note=entry.get("note", ""),
            scale=scale,
            is_set=bool(sets),
            starts=np.array(starts, np.int64),
            ends=np.array(ends, np.int64),
            numbers=np.array(numbers, np.int64),
            sets=tuple(sets),
            legal=tuple(row[3] for row in rows),
        )


def _minutes(text: object) -> int | None:
    try:
        return day_minutes(yamlio.as_date(str(text)))
    except ValueError:
        return None
