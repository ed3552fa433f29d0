"""What the growth report is made of; money in hundredths of a đồng everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Literal

from giamdinh.growth.effects import percent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from giamdinh.growth.effects import Cell, Effects
    from giamdinh.growth.periods import Period

Dimension = Literal[
    "co_so", "loai", "khoa", "bac_si", "benh", "nhom", "muc", "doi_tuong", "muc_huong"
]
DIMENSIONS: dict[Dimension, str] = {
    "co_so": "Cơ sở",
    "loai": "Loại KCB",
    "khoa": "Khoa",
    "bac_si": "Người hành nghề",
    "benh": "Nhóm bệnh",
    "nhom": "Nhóm chi phí",
    "muc": "Thuốc, dịch vụ, vật tư",
}
MIXES: dict[Dimension, str] = {"doi_tuong": "Đối tượng KCB", "muc_huong": "Mức hưởng"}
"""Dimensions whose structure is looked at, not the growth of each key."""
LEVELS = ("bình thường", "tăng thấp", "tăng cao", "tăng rất cao")
SMALL = "mẫu quá nhỏ"


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds in force at the end of the period; percentages are whole percents.

    Attributes:
        steps: from which growth each of the three levels begins.
        visits, peers, months: fewer are too small a sample.
        spreads: distance from a median in spreads, or from last year in standard errors, that is
            unusual.
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
        group: MA_NHOM of an item, else "".
        cases: visits, or lines of an item, in the period and the one before.
        squares: the squares of what each of them cost, added up.
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
    group: str = ""
    cases: tuple[int, int] = (0, 0)
    squares: tuple[int, int] = (0, 0)

    @property
    def chance(self) -> float:
        """The standard error of the change when visits come by chance, in hundredths."""
        return sqrt(sum(self.squares))

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
class Part:
    """A department, practitioner, disease, … beside a norm; `name` is what people read."""

    dimension: Dimension
    name: str
    against: Against


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of a facility's structure, such as the share of inpatient visits.

    Attributes:
        rule: code of the rule it belongs to.
        key: MA_DOITUONG_KCB for the share of that code, else "".
        percent: whether it is a share; else a mean.
        now, before: (part, whole) in the period and a year earlier.
        expected: what `before` makes expect now, as a figure; None without it.
        middle, spread, sample: of the months before, as figures; None when those are too few.
        level: 0–3; None when the sample is too small or there is nothing to compare with.
    """

    rule: str
    facility: str
    name: str
    key: str
    percent: bool
    now: tuple[int, int]
    before: tuple[int, int]
    expected: float | None
    middle: float | None
    spread: float
    sample: int
    level: int | None
    note: str = ""

    @property
    def value(self) -> float | None:
        """The figure now; None without visits."""
        part, whole = self.now
        return part / whole if whole else None

    @property
    def rise(self) -> float | None:
        """How far over what was expected, in percent."""
        if self.value is None or not self.expected:
            return None
        return round((self.value - self.expected) * 100 / self.expected, 2)


@dataclass(frozen=True, slots=True)
class PerCard:
    """A facility's visits and cost per insured person.

    Attributes:
        cards, before_cards: insured persons; None where not known.
        total: visits and cost in both periods.
        by_cards, by_visits, by_price: the change of cost by more cards, more visits per card, and
            cost per visit; they add up to it. None where the cards are not known.
    """

    facility: str
    cards: int | None
    before_cards: int | None
    total: Cell
    by_cards: int | None
    by_visits: int | None
    by_price: int | None
    level: int | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the sums could not count; `amount` in hundredths, as `what` says."""

    facility: str
    month: str
    what: str
    rows: int
    amount: int


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
        mixes: changes by category of patient and by benefit level.
        ratios: figures of structure, by facility.
        part_months, part_peers: parts that stand out among their own months, or their peers.
        cards: per insured person; empty without an enrolment table.
        card_peers: cost per card beside the facilities of the same level and type.
        faults: what the sums could not count.
        kinds: facility to (level, type).
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
    mixes: dict[Dimension, list[Change]] = field(default_factory=dict)
    ratios: list[Ratio] = field(default_factory=list)
    part_months: list[Part] = field(default_factory=list)
    part_peers: list[Part] = field(default_factory=list)
    cards: list[PerCard] = field(default_factory=list)
    card_peers: list[Against] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    kinds: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def _growth(now: int, before: int) -> float | None:
    return percent(now - before, before) if before > 0 else None
