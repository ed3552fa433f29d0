"""The slow oracle: the same expression trees, one row at a time, without numpy.

Numbers are exact fractions in real units, times are datetimes, a missing value is None. Nothing of
the fast evaluator is used, so that both are unlikely to share a mistake.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from giamdinh.rules.calendars import holidays
from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from giamdinh.model import Field
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.params import Parameter

Row = dict[str, str]
Value = Any
NEVER = datetime(9000, 1, 1)  # noqa: DTZ001
FIRST = datetime(2023, 1, 18)  # noqa: DTZ001
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")


def half_away(value: Fraction, digits: int) -> Fraction:
    scaled = abs(value) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def parse_value(text: str, field: Field) -> Value:
    text = text.strip()
    if not text:
        return None
    if len(text) < field.pad and text.isdigit():
        text = text.zfill(field.pad)
    if field.numeric:
        return half_away(Fraction(text), field.scale) if _NUMBER.fullmatch(text) else None
    if field.temporal:
        return parse_moment(text, field)
    return text


def parse_moment(text: str, field: Field) -> datetime | None:
    if len(text) not in field.widths or re.fullmatch("[0-9]+", text) is None:
        return None
    if field.partial and text[4:6] == "00":
        text = text[:4] + "0101" + text[8:]
    if field.partial and text[6:8] == "00":
        text = text[:6] + "01" + text[8:]
    try:
        return datetime.strptime(text, "%Y%m%d%H%M" if len(text) > 8 else "%Y%m%d")  # noqa: DTZ007
    except ValueError:
        return None


@dataclass(frozen=True)
class Claim:
    """One claim: its envelope, its XML1 row and the rows of its other tables."""

    tables: Mapping[str, list[Row]]


@cache
def cell(table: str, field: str, text: str) -> Value:
    """The value of what is written in a field."""
    return parse_value(text, table_specs()[table].by_name[field])


class Slow:
    """Evaluates nodes for the rows of one claim."""

    def __init__(self, claim: Claim, parameters: Mapping[str, Parameter]) -> None:
        self.claim = claim
        self.parameters = parameters

    def value(self, node: Node, row: int) -> Value:
        """The value of `node` in a row of `node.table`; None is missing or unknown."""
        method = getattr(self, f"op_{node.op}", None)
        if method is not None:
            return method(node, row)
        values = [self.value(arg, row) for arg in node.args]
        if any(v is None for v in values):
            return None
        return _SIMPLE[node.op](node, *values)

    def rows(self, table: str) -> list[Row]:
        return self.claim.tables.get(table, [])

    def raw(self, table: str, row: int, field: str) -> Value:
        return cell(table, field, self.rows(table)[row].get(field, ""))

    def day(self, table: str, row: int, by: str) -> datetime | None:
        if by != "NGAY_RA":
            for place, at in ((table, row), ("XML1", 0)):
                field = table_specs()[place].by_name.get(by)
                if field is not None and field.temporal:
                    found: datetime | None = self.raw(place, at, by)
                    if found is not None:
                        return found
        leave, arrive = self.raw("XML1", 0, "NGAY_RA"), self.raw("XML1", 0, "NGAY_VAO")
        made = self.raw("HOSO", 0, "NGAYLAP") if self.rows("HOSO") else None
        ordered = None if leave and arrive and leave < arrive else leave
        known = [when for when in (leave, arrive, made) if when]
        sound = [when for when in (ordered, arrive, made) if when and when >= FIRST]
        for when in (*sound, *known):
            return when
        return NEVER

    def op_field(self, node: Node, row: int) -> Value:
        table, name = node.value
        return self.raw(table, 0 if table == "HOSO" else row, name)

    def op_written(self, node: Node, row: int) -> Value:
        inner = node.args[0]
        if inner.op == "lift":
            inner, row = inner.args[0], 0
        table, name = inner.value
        return bool(self.claim.tables[table][row].get(name, "").strip())

    def op_lift(self, node: Node, _row: int) -> Value:
        return self.value(node.args[0], 0)

    def op_param(self, node: Node, row: int) -> Value:
        name, by = node.value
        when = self.day(node.table, row, by)
        return None if when is None else number_on(self.parameters[name], when)

    def op_if(self, node: Node, row: int) -> Value:
        test = self.value(node.args[0], row)
        if test is None:
            return None
        return self.value(node.args[1 if test else 2], row)

    def op_coalesce(self, node: Node, row: int) -> Value:
        first = self.value(node.args[0], row)
        return first if first is not None else self.value(node.args[1], row)

    def op_present(self, node: Node, row: int) -> Value:
        return self.value(node.args[0], row) is not None

    def op_missing(self, node: Node, row: int) -> Value:
        return self.value(node.args[0], row) is None

    def op_and(self, node: Node, row: int) -> Value:
        values = [self.value(arg, row) for arg in node.args]
        return False if False in values else None if None in values else True

    def op_or(self, node: Node, row: int) -> Value:
        values = [self.value(arg, row) for arg in node.args]
        return True if True in values else None if None in values else False

    def op_in_parts(self, node: Node, row: int) -> Value:
        text = self.value(node.args[0], row)
        listed = self.value(node.args[1].args[0], row)
        if text is None or listed is None:
            return None
        return text in split(listed, node.args[1].value)

    def members(self, source: Any, table: str, row: int) -> frozenset[str] | None:
        if source[0] == "literal":
            return source[1]
        when = self.day(table, row, source[2])
        if when is None:
            return None
        if source[0] == "param":
            return set_on(self.parameters[source[1]], when)
        return frozenset(
            code.code
            for code in code_list(source[1]).rows
            if code.since <= minutes(when) < code.until
        )

    def op_in(self, node: Node, row: int) -> Value:
        text = self.value(node.args[0], row)
        members = self.members(node.value, node.table, row)
        return None if text is None or members is None else text in members

    def op_parts_in(self, node: Node, row: int) -> Value:
        mode, separator, source = node.value
        text = self.value(node.args[0], row)
        members = self.members(source, node.table, row)
        if text is None or members is None:
            return None
        inside = [part in members for part in split(text, separator)]
        return all(inside) if mode == "all" else any(inside)

    def op_lookup(self, node: Node, row: int) -> Value:
        word = self.attribute(node, row)
        return Fraction(word) if word else None

    def op_attr(self, node: Node, row: int) -> Value:
        return self.attribute(node, row) or None

    def attribute(self, node: Node, row: int) -> str:
        name, attribute, by = node.value
        key, when = self.value(node.args[0], row), self.day(node.table, row, by)
        if key is None or when is None:
            return ""
        found = [
            code
            for code in code_list(name).rows
            if code.code == key and code.since <= minutes(when) < code.until
        ]
        newest = max(found, key=lambda code: code.since, default=None)
        return newest.attributes.get(attribute, "") if newest else ""

    def wanted(self, node: Node, at: int) -> Iterator[int]:
        for row in range(len(self.rows(node.value))):
            if len(node.args) <= at or self.value(node.args[at], row) is True:
                yield row

    def child_values(self, node: Node, of: Node, at: int) -> list[Value]:
        values = (self.value(of, row) for row in self.wanted(node, at))
        return [value for value in values if value is not None]

    def op_sum(self, node: Node, _row: int) -> Value:
        return sum(self.child_values(node, node.args[0], 1), Fraction(0))

    def op_count(self, node: Node, _row: int) -> Value:
        return Fraction(sum(1 for _ in self.wanted(node, 0)))

    def op_any(self, node: Node, _row: int) -> Value:
        return any(True for _ in self.wanted(node, 0))

    def op_lowest(self, node: Node, _row: int) -> Value:
        return min(self.child_values(node, node.args[0], 1), default=None)

    def op_highest(self, node: Node, _row: int) -> Value:
        return max(self.child_values(node, node.args[0], 1), default=None)

    def op_distinct(self, node: Node, _row: int) -> Value:
        return Fraction(len(set(self.child_values(node, node.args[0], 1))))

    def op_among(self, node: Node, row: int) -> Value:
        value = self.value(node.args[0], row)
        if value is None:
            return None
        return value in self.child_values(node, node.args[1], 2)

    def op_repeated(self, node: Node, row: int) -> Value:
        own = [self.value(arg, row) for arg in node.args]
        return any(own == [self.value(arg, r) for arg in node.args] for r in range(row))


def split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def minutes(when: datetime) -> int:
    return int((when - datetime(1970, 1, 1)).total_seconds() // 60)  # noqa: DTZ001


def _epoch(parameter: Parameter, when: datetime) -> int:
    now = minutes(when)
    spans = zip(parameter.starts.tolist(), parameter.ends.tolist(), strict=True)
    return next((i for i, (start, end) in enumerate(spans) if start <= now < end), -1)


def number_on(parameter: Parameter, when: datetime) -> Fraction | None:
    epoch = _epoch(parameter, when)
    return None if epoch < 0 else Fraction(int(parameter.numbers[epoch]), 10**parameter.scale)


def set_on(parameter: Parameter, when: datetime) -> frozenset[str] | None:
    epoch = _epoch(parameter, when)
    return None if epoch < 0 else parameter.sets[epoch]


def _midnight(when: datetime) -> datetime:
    return datetime(when.year, when.month, when.day)  # noqa: DTZ001


def _months(a: datetime, b: datetime) -> int:
    return (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day)


_OFF = {day.item() for day in holidays()}


def _works(day: date) -> bool:
    return day.weekday() < calendar.SATURDAY and day not in _OFF


def _workdays(a: datetime, b: datetime) -> int:
    first, last = sorted([a.date(), b.date()])
    days = (first + timedelta(days=i) for i in range(1, (last - first).days + 1))
    if a.date() <= b.date():
        return sum(map(_works, days))
    days = (first + timedelta(days=i) for i in range(1, (last - first).days + 1))
    return -sum(map(_works, days))


def _add_workdays(when: datetime, count: int) -> datetime:
    day, step = _midnight(when), timedelta(days=1)
    if count == 0:
        while not _works(day.date()):
            day += step
    if count < 0:
        while not _works(day.date()):
            day -= step
    while count:
        day += step if count > 0 else -step
        if _works(day.date()):
            count -= 1 if count > 0 else -1
    return day


def _test(value: tuple[Any, ...], text: str) -> bool:
    match value:
        case ("matches", pattern):
            return re.fullmatch(pattern, text) is not None
        case ("starts", word):
            return text[: len(word)] == word
        case ("ends", word):
            return not word or text[-len(word) :] == word
        case ("contains", word):
            return text.find(word) >= 0
        case ("every", pattern, separator):
            return not [p for p in split(text, separator) if not re.fullmatch(pattern, p)]
        case ("some", pattern, separator):
            return bool([p for p in split(text, separator) if re.fullmatch(pattern, p)])
    raise AssertionError(value)


def _map(value: tuple[Any, ...], text: str) -> str | None:
    match value:
        case ("slice", start, stop):
            out = text[start:stop]
        case ("before", word):
            out = text.split(word, 1)[0]
        case ("after", word):
            out = text.split(word, 1)[1] if word in text else ""
        case ("fold",):
            out = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).casefold()).strip()
        case ("nth", index, separator):
            parts = split(text, separator)
            out = parts[index] if -len(parts) <= index < len(parts) else ""
        case _:
            raise AssertionError(value)
    return out or None


def _plain(value: Fraction, digits: int) -> str:
    sign, whole = "-" if value < 0 else "", abs(value)
    text = f"{int(whole)}.{int(whole * 10**digits) % 10**digits:0{digits}d}" if digits else ""
    return sign + (text.rstrip("0").rstrip(".") if digits else str(int(whole)))


_SIMPLE: dict[str, Any] = {
    "number": lambda n: Fraction(n.value, 10**n.scale),
    "text": lambda n: n.value,
    "rescale": lambda _, x: x,
    "as": lambda n, x: x / 10 ** (n.scale - n.args[0].scale),
    "as_text": lambda n, x: _plain(x, n.value),
    "neg": lambda _, x: -x,
    "abs": lambda _, x: abs(x),
    "add": lambda n, a, b: a + timedelta(minutes=int(b)) if n.kind == "time" else a + b,
    "sub": lambda n, a, b: a - timedelta(minutes=int(b)) if n.kind == "time" else a - b,
    "mul": lambda _, a, b: a * b,
    "round": lambda n, x: half_away(x, n.scale),
    "floor": lambda n, x: Fraction((x * 10**n.scale).__floor__(), 10**n.scale),
    "ratio": lambda n, a, b, c: half_away(a * b / c, n.scale) if c else None,
    "least": lambda _, *xs: min(xs),
    "greatest": lambda _, *xs: max(xs),
    "not": lambda _, x: not x,
    "eq": lambda _, a, b: a == b,
    "ne": lambda _, a, b: a != b,
    "lt": lambda _, a, b: a < b,
    "le": lambda _, a, b: a <= b,
    "gt": lambda _, a, b: a > b,
    "ge": lambda _, a, b: a >= b,
    "text_eq": lambda _, a, b: a == b,
    "text_ne": lambda _, a, b: a != b,
    "test": lambda n, x: _test(n.value, x),
    "map": lambda n, x: _map(n.value, x),
    "measure": lambda n, x: Fraction(len(x) if n.value[0] == "len" else len(split(x, n.value[1]))),
    "date": lambda _, x: _midnight(x),
    "next_month": lambda _, x: (_midnight(x).replace(day=1) + timedelta(days=32)).replace(day=1),
    "year": lambda _, x: Fraction(x.year),
    "month": lambda _, x: Fraction(x.month),
    "days": lambda _, a, b: Fraction((b.date() - a.date()).days),
    "minutes": lambda _, a, b: Fraction(minutes(b) - minutes(a)),
    "months": lambda _, a, b: Fraction(_months(a, b)),
    "years": lambda _, a, b: Fraction(_months(a, b) // 12),
    "workdays": lambda _, a, b: Fraction(_workdays(a, b)),
    "add_days": lambda _, a, n: a + timedelta(days=int(n)),
    "add_workdays": lambda _, a, n: _add_workdays(a, int(n)),
}
OPERATIONS = frozenset(_SIMPLE) | {
    name.removeprefix("op_") for name in vars(Slow) if name.startswith("op_")
}
