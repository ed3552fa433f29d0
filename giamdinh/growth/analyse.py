"""The growth report: every dimension against last year, own months, peers, before and after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from giamdinh.errors import UsageError
from giamdinh.growth.compare import against_months, against_peers
from giamdinh.growth.effects import effects
from giamdinh.growth.facts import Facts
from giamdinh.growth.findings import findings_of
from giamdinh.growth.formspec import class_names
from giamdinh.growth.grades import Grades, add_grades
from giamdinh.growth.measures import faults
from giamdinh.growth.model import DIMENSIONS, MIXES, Change, GrowthReport, Limits
from giamdinh.growth.parts import add_parts
from giamdinh.growth.periods import YEAR, Period, in_force, index, month_vi, shifted
from giamdinh.growth.structure import ratios
from giamdinh.store.reading import open_store
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from giamdinh.growth.facts import Sums
    from giamdinh.growth.model import Dimension, Fault

_WHOLE = "co_so"
"""What a facility spends in all counts as it is; its parts must rise more than chance explains."""
_STEPS = ("TANG_THAP", "TANG_CAO", "TANG_RAT_CAO")
_POLICY: tuple[Dimension, Dimension] = ("co_so", "loai")
"""What is compared before and after a policy."""


@dataclass(frozen=True, slots=True)
class Norms:
    """What a period is compared with.

    Attributes:
        kinds: facility to (level, type), for peers; may be empty.
        policy: compare the months before and after this day too.
        changed: thresholds that a facility or office set itself, by parameter.
        grades: classes of operations; may know none.
    """

    kinds: Mapping[str, tuple[str, str]]
    policy: date | None = None
    changed: Mapping[str, float] = field(default_factory=dict)
    grades: Grades = field(default_factory=Grades)


def build_report(
    store: Path,
    asked: tuple[int, int] | None,
    started: datetime,
    kinds: Mapping[str, tuple[str, str]],
    policy: date | None = None,
) -> GrowthReport:
    """The report on a period.

    Args:
        store: the folder of the store.
        asked: first and last month as yyyymm; None: the last month in the store.
        started: local time.
        kinds: facility to (level, type), for peers; may be empty.
        policy: compare the months before and after this day too.

    Raises:
        InputError: there is no store.
        UsageError: the period has no claims.
    """
    return report_with(store, asked, started, Norms(kinds, policy))


def report_with(
    store: Path, asked: tuple[int, int] | None, started: datetime, norms: Norms
) -> GrowthReport:
    """The report on a period, beside norms.

    Args:
        store: the folder of the store.
        asked: first and last month as yyyymm; None: the last month in the store.
        started: local time.
        norms: what it is compared with, and from where a rise is one.

    Raises:
        InputError: there is no store.
        UsageError: the period has no claims.
    """
    with open_store(store) as own:
        facts = Facts(own)
        facts.open()
        months = facts.months()
        period = _period(asked, months)
        before = period.earlier(YEAR)
        limits = limits_under(norms.changed, limits_at(period.last))
        report = GrowthReport(started, period, before, months, limits)
        facts.choose_lines(period, before)
        report.kinds = norms.kinds
        for dimension in DIMENSIONS:
            report.changes[dimension] = _changes(facts, report, dimension)
        for dimension in MIXES:
            report.mixes[dimension] = _changes(facts, report, dimension)
        rows = facts.by_month()
        _compare(report, rows, norms.kinds)
        if sum(month < period.first for month in months) >= report.limits.months:
            report.seen = facts.seen_before(period.first)
        report.ratios = ratios(own, period, before, report.limits)
        add_grades(own, report, norms.grades)
        add_parts(own, report)
        if norms.policy is not None:
            _before_and_after(facts, report, norms.policy)
        _note_missing(facts, report)
        report.faults = list(faults(own, period, before))
    report.notes += fault_notes(report.faults)
    report.findings = findings_of(report)
    return report


def _period(asked: tuple[int, int] | None, months: list[int]) -> Period:
    if not months:
        raise UsageError("kho không có hồ sơ nào ghi tháng; nạp bằng giamdinh store add")
    first, last = asked or (months[-1], months[-1])
    if first > last:
        raise UsageError("tháng đầu sau tháng cuối")
    if not any(first <= month <= last for month in months):
        raise UsageError(
            f"kho không có hồ sơ trong kỳ {Period(first, last)}; "
            f"có từ {month_vi(months[0])} đến {month_vi(months[-1])}"
        )
    if index(last) - index(first) >= YEAR:
        raise UsageError("kỳ dài hơn 12 tháng thì không có cùng kỳ năm trước; chọn kỳ ngắn hơn")
    return Period(first, last)


def limits_at(month: int) -> Limits:
    """The thresholds in force in a month."""

    def value(name: str) -> float:
        return in_force(name, month)

    return Limits(
        steps=(value(_STEPS[0]), value(_STEPS[1]), value(_STEPS[2])),
        visits=int(value("LUOT_TOI_THIEU_SO_SANH")),
        peers=int(value("CO_SO_TOI_THIEU_SO_SANH")),
        months=int(value("THANG_TOI_THIEU_SO_SANH")),
        spreads=value("SO_MAD_BAT_THUONG"),
        share=value("TY_TRONG_TOI_THIEU"),
    )


def _changes(facts: Facts, report: GrowthReport, dimension: Dimension) -> list[Change]:
    """Every facility and key, largest rise first."""
    names = names_of(dimension)
    changes = [
        change_of(sums, dimension, report.limits, names)
        for sums in facts.sums(dimension, report.period, report.before)
    ]
    return sorted(changes, key=lambda c: (-c.effects.change, c.facility, c.key))


def limits_under(changed: Mapping[str, float], limits: Limits) -> Limits:
    """The thresholds with those that were set otherwise.

    Raises:
        UsageError: the three levels do not rise.
    """
    steps = tuple(
        changed.get(name, known) for name, known in zip(_STEPS, limits.steps, strict=True)
    )
    low, high, highest = steps
    if not low < high < highest:
        raise UsageError(
            f"ba mức tăng phải tăng dần, nay là {low:g}, {high:g}, {highest:g} %: sửa "
            + ", ".join(_STEPS)
        )
    return Limits(
        steps=(low, high, highest),
        visits=int(changed.get("LUOT_TOI_THIEU_SO_SANH", limits.visits)),
        peers=int(changed.get("CO_SO_TOI_THIEU_SO_SANH", limits.peers)),
        months=int(changed.get("THANG_TOI_THIEU_SO_SANH", limits.months)),
        spreads=changed.get("SO_MAD_BAT_THUONG", limits.spreads),
        share=changed.get("TY_TRONG_TOI_THIEU", limits.share),
    )


def change_of(sums: Sums, dimension: Dimension, limits: Limits, names: Mapping[str, str]) -> Change:
    """A facility's key with its effects and level; `names_of` the dimension."""
    total = sums.total
    found = Change(
        dimension=dimension,
        facility=sums.facility,
        key=sums.key,
        name=names.get(sums.key, sums.name),
        total=total,
        days=sums.days,
        before_days=sums.before_days,
        effects=effects(sums.cells.values()),
        level=None,
        group=sums.group,
        cases=(sums.cases[0], sums.cases[1]),
        squares=(sums.squares[0], sums.squares[1]),
    )
    growth = found.growth
    if growth is None or min(found.cases) < limits.visits:
        return found
    if dimension != _WHOLE and found.effects.change < limits.spreads * found.chance:
        return replace(found, level=0)
    return replace(found, level=limits.level(growth))


def names_of(dimension: Dimension) -> Mapping[str, str]:
    """Key to what people read, where a list of codes says it."""
    lists = {"nhom": "ma_nhom", "khoa": "ma_khoa", "doi_tuong": "ma_doituong_kcb"}
    if dimension == "loai":
        return class_names()
    if dimension not in lists:
        return {}
    return {row.code: row.attributes.get("name", "") for row in code_list(lists[dimension]).rows}


def _compare(
    report: GrowthReport,
    rows: list[tuple[str, str, int, int, int]],
    kinds: Mapping[str, tuple[str, str]],
) -> None:
    series: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    now: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for facility, kind, month, visits, cost in rows:
        series[facility][month] += cost
        if report.period.first <= month <= report.period.last:
            now[facility, kind][0] += visits
            now[facility, kind][1] += cost
    report.series = {facility: dict(costs) for facility, costs in sorted(series.items())}
    report.own_months = against_months(report.series, report.period, report.limits)
    found = [(facility, kind, sums[0], sums[1]) for (facility, kind), sums in sorted(now.items())]
    report.peers = against_peers(found, kinds, report.limits)
    unknown = sorted({facility for facility, *_ in found} - set(kinds))
    if unknown:
        listed = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")  # noqa: PLR2004
        report.notes.append(
            f"Không so được với cơ sở cùng cấp, cùng loại: {len(unknown)} cơ sở ({listed}) không "
            "có CAP_CMKT, LOAI_HINH trong danh sách cơ sở (--catalogues)"
        )


def _before_and_after(facts: Facts, report: GrowthReport, policy: date) -> None:
    """Whole months after the day against the same calendar months a year earlier."""
    first = policy.year * 100 + policy.month
    first = first if policy.day == 1 else shifted(first, 1)
    last = min(report.months[-1], shifted(first, YEAR - 1))
    if last < first or report.months[0] > shifted(last, -YEAR):
        report.notes.append(
            f"Không so được trước và sau {policy:%d/%m/%Y}: kho có từ "
            f"{month_vi(report.months[0])} đến {month_vi(report.months[-1])}"
        )
        return
    after = Period(first, last)
    before = after.earlier(YEAR)
    changes = [
        change_of(sums, dimension, report.limits, names_of(dimension))
        for dimension in _POLICY
        for sums in facts.sums(dimension, after, before)
    ]
    changes.sort(key=lambda c: (c.facility, c.key))
    report.policy = (f"{policy:%d/%m/%Y}", before, after, changes)


def _note_missing(facts: Facts, report: GrowthReport) -> None:
    undated = facts.undated()
    if undated:
        cost = number_vi(facts.undated_cost(), 2)
        report.notes.append(
            f"{number_vi(undated, 0)} hồ sơ, {cost} đ không có tháng nên không vào kỳ nào"
        )
    for period, what in ((report.period, "kỳ này"), (report.before, "cùng kỳ năm trước")):
        missing = [month for month in period.months if month not in report.months]
        if missing:
            listed = ", ".join(map(month_vi, missing))
            report.notes.append(f"Kho không có tháng {listed} của {what}")


def fault_notes(faults: Iterable[Fault]) -> list[str]:
    """Each kind of fault once, with its rows and money; facility by facility in the workbook."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for fault in faults:
        kind = sums[fault.what.partition(" (")[0] if fault.rows else fault.what]
        kind[0] += 1
        kind[1] += fault.rows
        kind[2] += abs(fault.amount)
    notes = []
    for what, (places, rows, amount) in sums.items():
        counted = f"{number_vi(rows, 0)} dòng, " if rows else ""
        notes.append(
            f"{what}: {counted}{number_vi(amount, 2)} đ ở {places} cơ sở-tháng, xem trang "
            "ChuaTinhDuoc"
        )
    return notes
