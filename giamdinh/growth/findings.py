"""Growth worth a look, in words: what, how much, and what drives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.growth.model import DIMENSIONS, LEVELS, Finding
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.growth.model import Against, Change, Dimension, GrowthReport

_CODES: dict[Dimension, str] = {
    "co_so": "GRW-001",
    "loai": "GRW-001",
    "khoa": "GRW-002",
    "bac_si": "GRW-003",
    "benh": "GRW-004",
    "nhom": "GRW-007",
    "muc": "GRW-009",
}
_DRUG, _PEERS, _OWN = "GRW-008", "GRW-014", "GRW-001"
_SHARE, _STAY, _NEW = "GRW-005", "GRW-006", "GRW-009"
_DRIVERS = 3
_INPATIENT = "NOI_TRU"


def findings_of(report: GrowthReport) -> list[Finding]:
    """All findings, most money first."""
    found = [
        *_of_changes(report),
        *_of_months(report),
        *_of_peers(report),
        *_of_inpatients(report),
        *_of_new_items(report),
    ]
    return sorted(found, key=lambda f: (-f.level, -f.amount, f.code, f.facility, f.key))


def _of_changes(report: GrowthReport) -> Iterator[Finding]:
    costs = {change.facility: change.total.cost for change in report.changes["co_so"]}
    for dimension, changes in report.changes.items():
        for change in changes:
            rise = change.effects.change
            least = costs.get(change.facility, 0) * report.limits.share / 100
            if change.level and rise >= least:
                yield Finding(
                    code=_code(change),
                    facility=change.facility,
                    dimension=dimension,
                    key=change.key,
                    level=change.level,
                    amount=rise,
                    message=_message(change, report),
                    drivers=tuple(_drivers(change, report)),
                )


def _code(change: Change) -> str:
    drug = change.dimension == "muc" and change.key.startswith("XML2/")
    return _DRUG if drug else _CODES[change.dimension]


def _message(change: Change, report: GrowthReport) -> str:
    what = DIMENSIONS[change.dimension]
    name = f" {shown_key(change.key)} {change.name}".rstrip() if change.key else ""
    found = change.effects
    return (
        f"{what}{name}: chi kỳ {report.period} {_dong(change.total.cost)}, tăng "
        f"{percent_vi(change.growth)} so với {report.before} ({LEVELS[change.level or 0]}); thay "
        f"đổi {_dong(found.change)} = số lượng {_dong(found.volume)} + cơ cấu {_dong(found.mix)} + "
        f"đơn giá {_dong(found.price)}"
    )


def _drivers(change: Change, report: GrowthReport) -> Iterator[str]:
    """What rose most within a facility; parts name their largest effect."""
    if change.dimension == "co_so":
        for dimension in ("loai", "khoa", "benh", "nhom", "muc"):
            yield from _top(report.changes.get(dimension, ()), change.facility)
        return
    parts = (
        (change.effects.volume, "số lượng"),
        (change.effects.mix, "cơ cấu"),
        (change.effects.price, "đơn giá"),
    )
    amount, name = max(parts)
    yield f"chủ yếu do {name}: {_dong(amount)}"


def _top(changes: Sequence[Change], facility: str) -> Iterator[str]:
    own = [c for c in changes if c.facility == facility and c.effects.change > 0]
    for change in own[:_DRIVERS]:
        what = DIMENSIONS[change.dimension]
        name = f"{shown_key(change.key)} {change.name}".strip()
        yield f"{what} {name}: +{_dong(change.effects.change)}"


def _of_months(report: GrowthReport) -> Iterator[Finding]:
    for row in report.own_months:
        if row.level:
            above = f"{percent_vi(row.above)} ({LEVELS[row.level]})"
            text = (
                f"Chi bình quân tháng của kỳ {report.period} {_dong(row.value)}, cao hơn "
                f"trung vị {row.sample} tháng trước {above}; {row.note}"
            )
            yield _finding(_OWN, row, "thang_truoc", text)


def _of_peers(report: GrowthReport) -> Iterator[Finding]:
    for row in report.peers:
        if row.level:
            text = (
                f"{row.key}: chi bình quân lượt {_dong(row.value)}, cao hơn trung vị "
                f"{_dong(row.middle)} là {percent_vi(row.above)} ({LEVELS[row.level]}); {row.note}"
            )
            yield _finding(_PEERS, row, "cung_cap", text)


def _of_inpatients(report: GrowthReport) -> Iterator[Finding]:
    """More of the visits are inpatient, or they stay longer."""
    whole = {change.facility: change.total for change in report.changes["co_so"]}
    for change in report.changes["loai"]:
        own, total = change.total, whole[change.facility]
        least = min(own.visits, own.before_visits)
        if change.key != _INPATIENT or least < report.limits.visits:
            continue
        share, share_before = own.visits / total.visits, own.before_visits / total.before_visits
        stay, stay_before = change.days / own.visits, change.before_days / own.before_visits
        for code, what, now, before, scale, unit in (
            (_SHARE, "Tỷ lệ lượt nội trú", share, share_before, 100, "%"),
            (_STAY, "Ngày điều trị nội trú bình quân", stay, stay_before, 1, "ngày"),
        ):
            rise = (now - before) * 100 / before if before else 0.0
            level = report.limits.level(rise)
            if level:
                text = (
                    f"{what} {_two(now * scale)} {unit}, {report.before} là "
                    f"{_two(before * scale)} {unit}: tăng {percent_vi(rise)} ({LEVELS[level]})"
                )
                yield Finding(code, change.facility, "loai", change.key, level, 0, text)


def _of_new_items(report: GrowthReport) -> Iterator[Finding]:
    """Items that no month before had, with a share of the facility's cost."""
    if report.seen is None:
        return
    costs = {change.facility: change.total.cost for change in report.changes["co_so"]}
    for change in report.changes["muc"]:
        cost = change.total.cost
        least = costs.get(change.facility, 0) * report.limits.share / 100
        if cost >= max(least, 1) and (change.facility, change.key) not in report.seen:
            text = (
                f"{shown_key(change.key)} {change.name}: mới phát sinh, các tháng trước kỳ "
                f"{report.period} trong kho không có; chi {_dong(cost)}"
            )
            yield Finding(_NEW, change.facility, "muc", change.key, 1, cost, text)


def _two(value: float) -> str:
    return number_vi(round(value * 100), 2)


def _finding(code: str, row: Against, dimension: str, text: str) -> Finding:
    amount = row.value - row.middle
    return Finding(code, row.facility, dimension, row.key, row.level or 0, amount, text)


def shown_key(key: str) -> str:
    """A key as people know it: items carry the table they stand in."""
    return key.partition("/")[2] if key.startswith("XML") else key


def percent_vi(value: float | None) -> str:
    """A percentage with one decimal."""
    return "không rõ" if value is None else f"{value:.1f} %".replace(".", ",")


def _dong(amount: int) -> str:
    return f"{number_vi(amount, 2)} đ"
