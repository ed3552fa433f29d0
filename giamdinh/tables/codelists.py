"""Code lists with dates: which codes are in force on a day, and what each of them means.

One YAML file per list in `schemas/danh_muc/`; long lists keep their rows in a CSV beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from giamdinh import yamlio
from giamdinh.arrays import reached
from giamdinh.errors import CardError
from giamdinh.kept import kept
from giamdinh.model import Rebuilt
from giamdinh.resources import data_dir
from giamdinh.tables.values import DAY, day_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from giamdinh.model import IntArray

_HEAD = {"list", "title", "source", "checked_on"}
_DEFAULTS = ("from", "through", "source", "confidence")
_LIST_KEYS = _HEAD | {*_DEFAULTS, "codes", "rows", "dot_after", "flags"}
_NOT_ATTRIBUTES = {"code", "from", "through"}
_ALWAYS = day_minutes(date.min)
_NEVER = np.iinfo(np.int64).max
_PATTERNS = "mau_ma"


class CodeRow(NamedTuple):
    """One dated row of a list: in force while since <= minutes < until."""

    code: str
    since: int
    until: int
    attributes: Mapping[str, str]


@dataclass(slots=True, eq=False)
class CodeList(Rebuilt):
    """A code list over time.

    An epoch is a stretch of time in which nothing changes; epoch -1 is the time before the first
    row. A code is a member while any of its rows is in force; its attributes are those of the row
    in force that began last.

    Attributes:
        epochs: minutes at which the list changes, ascending.
    """

    name: str
    title: str
    source: str
    rows: tuple[CodeRow, ...]
    epochs: IntArray = field(init=False)
    _in_force: dict[int, dict[str, CodeRow]] = field(init=False, default_factory=dict)
    _codes: dict[int, frozenset[str]] = field(init=False, default_factory=dict)
    _attributes: dict[tuple[str, int], dict[str, str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        edges = {row.since for row in self.rows} | {row.until for row in self.rows}
        self.epochs = np.array(sorted(edges - {_NEVER}), np.int64)

    @property
    def names(self) -> frozenset[str]:
        """Names of the attributes that any row carries."""
        return frozenset(name for row in self.rows for name in row.attributes)

    def epoch_of(self, minutes: IntArray) -> IntArray:
        """The epoch of each moment, same shape; -1 before the first row."""
        return reached(self.epochs, minutes)

    def codes_in_epoch(self, epoch: int) -> frozenset[str]:
        """The codes in force during an epoch; none for -1."""
        if epoch not in self._codes:
            self._codes[epoch] = frozenset(self._rows_in_epoch(epoch))
        return self._codes[epoch]

    def codes_on(self, minutes: int) -> frozenset[str]:
        """The codes in force at a moment."""
        return self.codes_in_epoch(int(self.epoch_of(np.array([minutes], np.int64))[0]))

    def attribute(self, name: str, epoch: int) -> dict[str, str]:
        """Code → attribute during an epoch, without the codes that have no such attribute."""
        key = (name, epoch)
        if key not in self._attributes:
            self._attributes[key] = {
                code: row.attributes[name]
                for code, row in self._rows_in_epoch(epoch).items()
                if name in row.attributes
            }
        return self._attributes[key]

    def _rows_in_epoch(self, epoch: int) -> dict[str, CodeRow]:
        if epoch < 0:
            return {}
        if epoch not in self._in_force:
            start = int(self.epochs[epoch])
            rows = [row for row in self.rows if row.since <= start < row.until]
            rows.sort(key=lambda row: row.since)
            self._in_force[epoch] = {row.code: row for row in rows}
        return self._in_force[epoch]


@cache
def code_list(name: str) -> CodeList:
    """The list in `schemas/danh_muc/<name>.yaml`, read once.

    Raises:
        CardError: no such list, or its file is wrong.
    """
    path = data_dir("schemas") / "danh_muc" / f"{name}.yaml"
    if not path.is_file():
        raise CardError([f"{path}:1: không có danh mục '{name}'; xem tên tệp trong thư mục này"])
    return kept(f"danh_muc_{name}", lambda: load_code_list(path))


def code_list_names() -> tuple[str, ...]:
    """The names of all lists, sorted."""
    return tuple(sorted(path.stem for path in (data_dir("schemas") / "danh_muc").glob("*.yaml")))


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The newest regular expression of list `mau_ma` for a kind of code; use `fullmatch`.

    Raises:
        CardError: no such pattern, or it is not a regular expression.
    """
    patterns = code_list(_PATTERNS)
    text = patterns.attribute("pattern", len(patterns.epochs) - 1).get(name)
    where = data_dir("schemas") / "danh_muc" / f"{_PATTERNS}.yaml"
    if text is None:
        raise CardError([f"{where}:1: không có mẫu '{name}'"])
    try:
        return re.compile(text)
    except re.error as error:
        raise CardError([f"{where}:1: mẫu '{name}' sai: {error}"]) from None


def plain_icd(text: str) -> str:
    """An ICD code without its dot and its dagger or asterisk, in upper case."""
    return text.replace(".", "").rstrip("+*†").upper()


def load_code_list(path: Path) -> CodeList:
    """One list from its file.

    Raises:
        CardError: unknown or missing keys, bad dates, rows written twice; one line each.
    """
    data, lines = yamlio.load(path)
    if not isinstance(data, dict):
        raise CardError([f"{path}:1: danh mục phải là bảng khóa: giá trị"])
    problems = [
        f"{path}:{lines.at(key)}: khóa lạ '{key}'" for key in sorted(set(data) - _LIST_KEYS)
    ]
    problems += [f"{path}:1: thiếu '{key}'" for key in sorted(_HEAD - set(data))]
    if data.get("list", path.stem) != path.stem:
        problems.append(f"{path}:{lines.at('list')}: 'list' phải là '{path.stem}' như tên tệp")
    if "rows" in data and not path.with_name(data["rows"]).is_file():
        problems.append(f"{path}:{lines.at('rows')}: không có tệp '{data['rows']}' bên cạnh")
    problems += _bad_dates(path, lines, data, "")
    if problems:
        raise CardError(problems)
    rows = _rows_of_csv(path, data) if "rows" in data else _rows_of_yaml(path, data, lines)
    return CodeList(data["list"], data["title"], data["source"], tuple(rows))


def _rows_of_yaml(path: Path, data: dict[str, Any], lines: yamlio.Lines) -> list[CodeRow]:
    defaults = {key: data[key] for key in _DEFAULTS if key in data}
    problems: list[str] = []
    rows: list[CodeRow] = []
    seen: set[tuple[str, int]] = set()
    for i, written in enumerate(data.get("codes", ())):
        where = f"{path}:{lines.at(f'codes.{i}')}"
        faults = _row_faults(where, written) or _bad_dates(path, lines, written, f"codes.{i}")
        if faults:
            problems += faults
            continue
        row = _row({**defaults, **written})
        if row.since >= row.until:
            problems.append(f"{where}: 'from' sau 'through' ở mã '{row.code}'")
        if (row.code, row.since) in seen:
            problems.append(f"{where}: mã '{row.code}' viết hai lần với cùng 'from'; xóa một dòng")
        seen.add((row.code, row.since))
        rows.append(row)
    if not rows and not problems:
        problems.append(f"{path}:1: danh mục không có mã nào")
    if problems:
        raise CardError(problems)
    return rows


def _row_faults(where: str, written: object) -> list[str]:
    if not isinstance(written, dict) or not written.get("code"):
        return [f"{where}: dòng phải có 'code' khác rỗng"]
    nested = sorted(key for key, value in written.items() if not isinstance(value, str))
    return [f"{where}: '{key}' phải là một giá trị" for key in nested]


def _bad_dates(path: Path, lines: yamlio.Lines, written: dict[str, Any], prefix: str) -> list[str]:
    problems = []
    for key in ("from", "through", "checked_on"):
        if key not in written:
            continue
        try:
            yamlio.as_date(written[key])
        except (TypeError, ValueError):
            at = lines.at(f"{prefix}.{key}" if prefix else key)
            problems.append(f"{path}:{at}: '{key}' phải là ngày dạng yyyy-mm-dd")
    return problems


def _row(written: Mapping[str, str]) -> CodeRow:
    since, until = _span(written)
    kept = {key: value for key, value in written.items() if key not in _NOT_ATTRIBUTES}
    return CodeRow(written["code"], since, until, kept)


def _span(written: Mapping[str, str]) -> tuple[int, int]:
    since = day_minutes(yamlio.as_date(written["from"])) if "from" in written else _ALWAYS
    if "through" not in written:
        return since, _NEVER
    return since, day_minutes(yamlio.as_date(written["through"])) + DAY


def _rows_of_csv(path: Path, data: dict[str, Any]) -> Iterable[CodeRow]:
    """Rows of the CSV named by `rows`; `flags` become attributes, ICD codes get both spellings."""
    source = path.with_name(data["rows"])
    since, until = _span(data)
    shared = {key: data[key] for key in ("source", "confidence") if key in data}
    dot = int(data.get("dot_after", "0"))
    rows: dict[str, CodeRow] = {}
    attributes: dict[str, dict[str, str]] = {}
    problems = []
    with source.open(encoding="utf-8", newline="") as file:
        column = file.readline().rstrip("\n").partition(",")[2]
        for number, line in enumerate(file, start=2):
            code, _, rest = line.rstrip("\n").partition(",")
            if rest not in attributes:
                attributes[rest] = shared | _csv_attributes(column, rest, data.get("flags", {}))
            if not code or code in rows or "?" in attributes[rest]:
                problems.append(f"{source}:{number}: mã rỗng, mã lặp hoặc dấu lạ")
                continue
            rows[code] = CodeRow(code, since, until, attributes[rest])
            if dot and len(code) > dot:
                dotted = f"{code[:dot]}.{code[dot:]}"
                rows[dotted] = CodeRow(dotted, since, until, attributes[rest])
    if problems:
        raise CardError(problems)
    return rows.values()


def _csv_attributes(
    column: str, written: str, flags: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """What the second column of a CSV says; "?" among the keys when a flag is unknown."""
    if column != "flags":
        return {column: written} if written else {}
    out: dict[str, str] = {}
    for mark in written.split():
        out.update(flags.get(mark, {"?": mark}))
    return out
