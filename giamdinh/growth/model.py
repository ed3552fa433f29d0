"""What the growth report is made of; money in hundredths of a đồng everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from giamdinh.growth.effects import percent

if TYPE_CHECKING:
    from datetime import datetime

    from giamdinh.growth.effects import Cell, Effects
    from giamdinh.growth.periods import Period

Dimension = Literal["co_so", "loai", "khoa", "bac_si", "benh", "nhom", "muc"]
DIMENSIONS: dict[Dimension, str] = {
    "co_so": "Cơ sở",
    "loai": "Loại KCB",
    "khoa": "Khoa",
    "bac_si": "Người hành nghề",
    "benh": "Nhóm bệnh",
    "nhom": "Nhóm chi phí",
    "muc": "Thuốc, dịch vụ, vật tư",
}
LEVELS = ("bình thường", "tăng thấp", "tăng cao", "tăng rất cao")
SMALL = "mẫu quá nhỏ"


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds in force at the end of the period; percentages are whole percents.

    Attributes:
        steps: from which growth each of the three levels begins.
        visits, peers, months: fewer are too small a sample.
        spreads: distance from the median, in spreads, that is unusual.
        share: percent of the facility's cost that a part's rise must reach to be named.
    """

    steps: tuple[float, float, float]
    visits: int
    peers: int
    months: int
    spreads: float
    share: float

    def level(self, growth: float) -> int:
        """0–3, an index into `LEVELS`."""
        return sum(growth >= step for step in self.steps)


@dataclass(frozen=True, slots=True)
class Change:
    """One facility, department, … in the period and in the one it is compared with.

    Attributes:
        key: what within the facility; "" for all of it.
        total: visits (quantity for an item) and cost in both periods.
        days, before_days: of treatment; 0 where that has no meaning.
        level: 0–3; None when the sample is too small or there is nothing to compare with.
    """

    dimension: Dimension
    facility: str
    key: str
    name: str
    total: Cell
    days: int
    before_days: int
    effects: Effects
    level: int | None

    @property
    def growth(self) -> float | None:
        """Growth of cost in percent, None without a base."""
        return _growth(self.total.cost, self.total.before_cost)

    @property
    def visit_growth(self) -> float | None:
        """Growth of visits in percent."""
        return _growth(self.total.visits, self.total.before_visits)

    @property
    def price_growth(self) -> float | None:
        """Growth of the cost per visit in percent."""
        total = self.total
        if not (total.visits and total.before_visits and total.before_cost):
            return None
        now = total.cost * total.before_visits
        before = total.before_cost * total.visits
        return percent(now - before, before)


@dataclass(frozen=True, slots=True)
class Against:
    """A facility beside a norm: its own months before, or its peers.

    Attributes:
        key: the class of care that is compared, "" for all.
        value, middle, spread: in hundredths; the spread is the scaled median deviation.
        sample: months or facilities behind the norm.
        above: percent over the middle.
        distance: in spreads; None when there is no spread.
        level: None when the sample is too small.
    """

    facility: str
    key: str
    value: int
    middle: int
    spread: float
    sample: int
    above: float | None
    distance: float | None
    level: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that grew abnormally, with what drives it."""

    code: str
    facility: str
    dimension: str
    key: str
    level: int
    amount: int
    message: str
    drivers: tuple[str, ...] = ()


@dataclass(slots=True)
class GrowthReport:
    """Everything the outputs show.

    Attributes:
        months: all months of the store.
        changes: by dimension, against the same period last year.
        policy: before and after a date: the two periods and the changes.
        seen: (facility, item) of all months before the period; None when those are too few.
        notes: what could not be compared, and why.
    """

    started: datetime
    period: Period
    before: Period
    months: list[int]
    limits: Limits
    changes: dict[Dimension, list[Change]] = field(default_factory=dict)
    own_months: list[Against] = field(default_factory=list)
    peers: list[Against] = field(default_factory=list)
    series: dict[str, dict[int, int]] = field(default_factory=dict)
    policy: tuple[str, Period, Period, list[Change]] | None = None
    seen: set[tuple[str, str]] | None = None
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _growth(now: int, before: int) -> float | None:
    return percent(now - before, before) if before > 0 else None
