"""Figures of a facility's structure beside last year's and those of its own months before."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from math import sqrt
from statistics import median, mode
from typing import TYPE_CHECKING, TypeVar

from giamdinh.growth.compare import NORMAL
from giamdinh.growth.measures import Counted, counted, patients
from giamdinh.growth.model import SMALL, Ratio
from giamdinh.growth.periods import YEAR, shifted
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import day_minutes

T = TypeVar("T")
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from giamdinh.growth.model import Limits
    from giamdinh.growth.periods import Period
    from giamdinh.store.catalogue import Catalogue

_SATURDAY, _LAST_DAYS = 5, 5
_PATIENTS = "GRW-013"
_OTHER_MEANING = "danh mục đổi nghĩa mã này, không so được"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: `part` per `whole`.

    Attributes:
        days: share of a month's days that the part falls on by chance; None where that is no share
            of days.
    """

    rule: str
    name: str
    percent: bool
    part: Callable[[Counted], int]
    whole: Callable[[Counted], int]
    days: Callable[[int], tuple[int, int]] | None = None
    key: str = ""


def _weekend(month: int) -> tuple[int, int]:
    """(Saturdays and Sundays, days) of a month."""
    year, number = divmod(month, 100)
    days = monthrange(year, number)[1]
    ends = (date(year, number, day).weekday() >= _SATURDAY for day in range(1, days + 1))
    return sum(ends), days


def _month_end(month: int) -> tuple[int, int]:
    """(last days, days) of a month."""
    return _LAST_DAYS, monthrange(*divmod(month, 100))[1]


_FIGURES = (
    Figure("GRW-005", "Tỷ lệ lượt nội trú", percent=True,
            part=lambda c: c.inpatients, whole=lambda c: c.visits),
    Figure("GRW-006", "Ngày điều trị nội trú bình quân", percent=False,
            part=lambda c: c.inpatient_days, whole=lambda c: c.inpatients),
    Figure("GRW-007", "Số dòng xét nghiệm, chẩn đoán hình ảnh một lượt", percent=False,
            part=lambda c: c.tests, whole=lambda c: c.visits),
    Figure("GRW-011", "Tỷ lệ hồ sơ nội trú có phẫu thuật", percent=True,
            part=lambda c: c.operated, whole=lambda c: c.inpatients),
    Figure("GRW-012", "Tỷ lệ lượt vào ngày thứ bảy, chủ nhật", percent=True,
            part=lambda c: c.weekend, whole=lambda c: c.dated, days=_weekend),
    Figure("GRW-012", "Tỷ lệ lượt vào năm ngày cuối tháng", percent=True,
            part=lambda c: c.month_end, whole=lambda c: c.dated, days=_month_end),
    Figure(_PATIENTS, "Tỷ lệ lượt không phải cùng chi trả", percent=True,
            part=lambda c: c.free, whole=lambda c: c.paid),
)  # fmt: skip


def ratios(own: Catalogue, period: Period, before: Period, limits: Limits) -> list[Ratio]:
    """Every figure of every facility with claims in the period."""
    first = min(shifted(period.first, -YEAR), before.first)
    months = counted(own, first, period.last)
    found: list[Ratio] = []
    for facility, counts in _by_facility(months).items():
        for figure in _FIGURES:
            parts = {month: (figure.part(one), figure.whole(one)) for month, one in counts.items()}
            found += ratio_of(figure, facility, parts, (period, before, limits))
    found += _of_patients(own, (period, before, limits))
    return sorted(found, key=lambda one: (one.facility, one.rule, one.name, one.key))


def _of_patients(own: Catalogue, asked: tuple[Period, Period, Limits]) -> Iterator[Ratio]:
    """The share of each category of patient."""
    period, before, limits = asked
    names = {r.code: r.attributes.get("name", "") for r in code_list("ma_doituong_kcb").rows}
    months = patients(own, min(shifted(period.first, -YEAR), before.first), period.last)
    for facility, counts in _by_facility(months).items():
        for code in sorted({code for own_month in counts.values() for code in own_month}):
            name = f"Tỷ lệ lượt đối tượng {code or '(không ghi)'} {names.get(code, '')}".rstrip()
            figure = Figure(_PATIENTS, name, percent=True, part=nothing, whole=nothing, key=code)
            known = [m for m in counts if _meant_from(code, m) == _meant_from(code, period.first)]
            parts = {
                month: (of_month.get(code, 0), sum(of_month.values()))
                for month, of_month in counts.items()
                if month in known or month >= period.first
            }
            for found in ratio_of(figure, facility, parts, (period, before, limits)):
                changed = found.level is None and len(known) < len(counts)
                yield replace(found, note=_OTHER_MEANING) if changed else found


@cache
def _meant_from(code: str, month: int) -> int:
    """Since when a category of patient means what it means in a month; 0 when it is in no list.

    A code is not used before most of the codes that were decided together with it.
    """
    day = day_minutes(date(*divmod(month, 100), 1))
    rows = code_list("ma_doituong_kcb").rows
    starts = defaultdict(list)
    for row in rows:
        starts[row.attributes.get("danh_muc")].append(row.since)
    since = {
        max(row.since, mode(starts[row.attributes.get("danh_muc")]))
        for row in rows
        if row.code == code and day < row.until
    }
    return max((start for start in since if start <= day), default=0)


def nothing(_: Counted) -> int:
    """Stands for the part and whole of figures that do not come from `Counted`."""
    return 0


def _by_facility(months: Mapping[tuple[str, int], T]) -> dict[str, dict[int, T]]:
    found: dict[str, dict[int, T]] = defaultdict(dict)
    for (facility, month), counts in sorted(months.items(), key=lambda item: item[0]):
        found[facility][month] = counts
    return found


def ratio_of(
    figure: Figure,
    facility: str,
    parts: Mapping[int, tuple[int, int]],
    asked: tuple[Period, Period, Limits],
) -> Iterator[Ratio]:
    """A facility's figure, unless there is nothing to see.

    Args:
        figure: what it is.
        facility: whose.
        parts: (part, whole) by month.
        asked: the period, the one before and the thresholds.
    """
    period, before, limits = asked
    now, then = _sum(parts, period.months), _sum(parts, before.months)
    if not now[1] or not (now[0] or then[0]):
        return
    scale = _days(figure, period.months)
    expected = then[0] / then[1] if then[1] else None
    if expected is not None:
        expected = expected * scale / _days(figure, before.months)
    earlier = [shifted(period.first, -back) for back in range(1, YEAR + 1)]
    least = limits.visits / len(period.months)
    norm = [
        parts[m][0] / parts[m][1] * scale / _days(figure, [m])
        for m in earlier
        if m in parts and parts[m][1] >= max(least, 1)
    ]
    enough = len(norm) >= limits.months
    middle = median(norm) if enough else None
    spread = _spread(figure, norm, middle, now)
    level, note = _level(figure, (now, then), (expected, middle, spread), limits)
    yield Ratio(figure.rule, facility, figure.name, figure.key, figure.percent, now, then,
                expected, middle, spread, len(norm), level, note)  # fmt: skip


def _spread(
    figure: Figure, norm: Sequence[float], middle: float | None, now: tuple[int, int]
) -> float:
    """The scaled median deviation; of a share never less than chance makes of so many visits.

    That is taken halfway between the months and now, else one visit of a kind that never came
    before would be far away from nothing.
    """
    if middle is None:
        return 0.0
    part, whole = now
    share = (middle + part / whole) / 2
    chance = sqrt(max(share * (1 - share), 0) / whole) if figure.percent else 0.0
    return max(NORMAL * median(abs(one - middle) for one in norm), chance)


def _sum(parts: Mapping[int, tuple[int, int]], months: Sequence[int]) -> tuple[int, int]:
    held = [parts[month] for month in months if month in parts]
    return sum(part for part, _ in held), sum(whole for _, whole in held)


def _days(figure: Figure, months: Sequence[int]) -> float:
    """Share of the days of some months on which the part falls by chance; 1 for other figures."""
    if figure.days is None:
        return 1.0
    held = [figure.days(month) for month in months]
    return sum(part for part, _ in held) / sum(days for _, days in held)


def _level(
    figure: Figure,
    counts: tuple[tuple[int, int], tuple[int, int]],
    norms: tuple[float | None, float | None, float],
    limits: Limits,
) -> tuple[int | None, str]:
    """The higher of the levels against last year and against the months before, and remarks.

    A share must be further from last year's than chance explains; a mean, of which that cannot be
    said, further from the months before than they are from each other, where they are known.
    """
    (part, whole), (_, whole_before) = counts
    expected, middle, spread = norms
    value = part / whole
    if whole < limits.visits:
        return None, f"{SMALL}: {whole}"
    levels = []
    usual = middle is not None and value - middle < limits.spreads * spread
    if expected is not None and whole_before >= limits.visits:
        far = not usual
        if figure.percent:
            far = _chance(value, expected, whole, whole_before) >= limits.spreads
        levels.append(_step(value, expected, limits) if far and value > expected else 0)
    if middle is not None:
        levels.append(_step(value, middle, limits) if not usual and value > middle else 0)
    return (max(levels), "") if levels else (None, SMALL)


def _chance(value: float, expected: float, whole: int, whole_before: int) -> float:
    """How many standard errors two shares lie apart."""
    pooled = (value * whole + expected * whole_before) / (whole + whole_before)
    error = sqrt(max(pooled * (1 - pooled), 0) * (1 / whole + 1 / whole_before))
    return (value - expected) / error if error else 0.0


def _step(value: float, norm: float, limits: Limits) -> int:
    """The level of a rise; what was never there before is the highest."""
    return limits.level((value - norm) * 100 / norm) if norm else len(limits.steps)
