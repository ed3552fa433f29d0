"""What generated checkers call: exact arithmetic, calendars, and what is in force on a day."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.rules import calendars, texts
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import EPOCH, minutes, moment, number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from giamdinh.rules.params import Parameter


class Dated(dict[int, Any]):
    """Minute → what is in force then; looked up once per distinct minute.

    Attributes:
        key: equal for equal contents.
    """

    def __init__(self, key: tuple[str, ...], find: Callable[[int], Any]) -> None:
        super().__init__()
        self.key = key
        self._find = find

    def __missing__(self, day: int) -> Any:  # noqa: ANN401 - a number, a set or a dict
        found = self[day] = self._find(day)
        return found


def number_on(parameter: Parameter) -> Dated:
    """The number of a parameter, None where it has none."""

    def find(day: int) -> int | None:
        epoch = _epoch(parameter, day)
        return None if epoch < 0 else int(parameter.numbers[epoch])

    return Dated(("number", parameter.name), find)


def set_on(parameter: Parameter) -> Dated:
    """The set of a parameter, None where it has none."""

    def find(day: int) -> frozenset[str] | None:
        epoch = _epoch(parameter, day)
        return None if epoch < 0 else parameter.sets[epoch]

    return Dated(("set", parameter.name), find)


def codes_on(name: str) -> Dated:
    """The codes of a list."""
    return Dated(("codes", name), code_list(name).codes_on)


def attributes_on(name: str, attribute: str, *, number: bool) -> Dated:
    """Code → attribute of a list, as a whole number or as text."""
    codes = code_list(name)

    def find(day: int) -> dict[str, Any]:
        epoch = int(codes.epoch_of(np.array([day], np.int64))[0])
        words = codes.attribute(attribute, epoch).items()
        return {code: int(word) if number else word for code, word in words if word}

    return Dated(("attribute", name, attribute, str(number)), find)


def half_up(value: int, divisor: int) -> int:
    """Value / divisor rounded half away from zero."""
    size = (2 * abs(value) + divisor) // (2 * divisor)
    return -size if value < 0 else size


def ratio(a: int, b: int, c: int, b_unit: int, c_unit: int) -> int | None:
    """A * b / c at the scale of a; None for c = 0."""
    if c == 0:
        return None
    top, bottom = a * b * c_unit, c * b_unit
    return half_up(-top if bottom < 0 else top, abs(bottom))


def repeats(rows: Iterable[tuple[Any, ...]]) -> set[int]:
    """Positions of rows that equal an earlier one."""
    seen: set[tuple[Any, ...]] = set()
    found = set()
    for i, row in enumerate(rows):
        if row in seen:
            found.add(i)
        seen.add(row)
    return found


@cache
def year(when: int) -> int:
    """Calendar year."""
    return moment(when).year


@cache
def month(when: int) -> int:
    """Calendar month."""
    return moment(when).month


@cache
def next_month(when: int) -> int:
    """Midnight of the first day of the following month."""
    now = moment(when)
    years, months = divmod(now.month, 12)
    return minutes(EPOCH.replace(year=now.year + years, month=months + 1))


@cache
def months(a: int, b: int) -> int:
    """Completed months from a to b."""
    first, last = moment(a), moment(b)
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def years(a: int, b: int) -> int:
    """Completed years from a to b."""
    return months(a, b) // 12


@cache
def workdays(a: int, b: int) -> int:
    """Working days after the day of a up to the day of b."""
    return int(calendars.workdays_between(np.array([a]), np.array([b]))[0])


@cache
def add_workdays(when: int, days: int) -> int:
    """Midnight of the working day that many days later."""
    return int(calendars.add_workdays(np.array([when]), np.array([days]))[0])


def _epoch(parameter: Parameter, day: int) -> int:
    return int(parameter.epoch_of(np.array([day], np.int64))[0])


CALLS: dict[str, Any] = {
    "half_up": half_up,
    "ratio": ratio,
    "repeats": repeats,
    "number_text": number_text,
    "split": texts.split,
    "parts_in": texts.parts_in,
    "year": year,
    "month": month,
    "next_month": next_month,
    "months": months,
    "years": years,
    "workdays": workdays,
    "add_workdays": add_workdays,
}
