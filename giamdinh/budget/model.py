"""What the budget report is made of; money in hundredths of a đồng everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from giamdinh.growth.effects import percent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from giamdinh.growth.effects import Effects
    from giamdinh.growth.model import GrowthReport

TOTAL = "TONG"
"""Stands for all facilities or all classes."""
OWN_PART = "-rieng"
"""Ends the code of a centre where it stands for itself alone, without its stations."""
Measure = Literal["SO_LUOT", "T_BHTT", "SO_TIEN", "SO_THE"]
Against = Literal["rows", "facilities", "kinds", "claims"]
SCALES: Mapping[Measure, int] = {"SO_LUOT": 0, "T_BHTT": 2, "SO_TIEN": 2, "SO_THE": 0}
"""Decimals of the figures that totals are declared for."""
SPENT: tuple[Measure, ...] = ("SO_LUOT", "T_BHTT")
"""The figures of a spending table."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands.

    Attributes:
        row: as a spreadsheet counts.
    """

    file: str
    sheet: str
    row: int

    def __str__(self) -> str:
        sheet = f", trang {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet}, dòng {self.row}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of the report must know.

    Attributes:
        kind: "rejected" the row is not counted; "warning" it is; "info" how it was understood.
        column: "" when it concerns the whole row or no row.
    """

    kind: Literal["rejected", "warning", "info"]
    text: str
    place: Place | None = None
    column: str = ""

    def __str__(self) -> str:
        column = f", cột {self.column}" if self.column else ""
        return f"{self.place}{column}: {self.text}" if self.place else self.text


@dataclass(slots=True)
class Counts:
    """Rows of one file: `read` = `used` + `declared` + `outside` + `rejected`.

    Attributes:
        used: counted as data.
        declared: total rows, compared and never added.
        outside: of years that are not asked for.
    """

    file: str
    read: int = 0
    used: int = 0
    declared: int = 0
    outside: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Spending:
    """One row of the spending table.

    Attributes:
        group: the centre the facility belongs to, "" when not said.
        kind: NOI_TRU, NGOAI_TRU…; `TOTAL` for a declared total.
        month: 0 when the row stands for the whole year.
    """

    facility: str
    name: str
    group: str
    kind: str
    year: int
    month: int
    visits: int
    cost: int
    place: Place

    @property
    def declared(self) -> bool:
        """Whether the row is a total, not data."""
        return TOTAL in (self.facility, self.kind)

    def measure(self, measure: Measure) -> int:
        """SO_LUOT, or T_BHTT in hundredths."""
        return self.visits if measure == "SO_LUOT" else self.cost


@dataclass(frozen=True, slots=True)
class Allocation:
    """One decision on a facility's budget of a year.

    Attributes:
        day: None when not said.
        status: "in_force", "replaced" by a later one, "future": its day is still to come.
    """

    facility: str
    year: int
    amount: int
    decision: str
    day: date | None
    place: Place
    status: Literal["in_force", "replaced", "future"] = "in_force"


@dataclass(frozen=True, slots=True)
class Trial:
    """A forecast of something known by now.

    Attributes:
        months: known when it was made.
        target: what was forecast, such as "đến tháng 6/2023".
        error_percent: forecast against what came.
    """

    months: int
    target: str
    forecast: int
    actual: int
    inside: bool

    @property
    def error_percent(self) -> float:
        """How much too high the forecast was, in percent of what came."""
        return (self.forecast - self.actual) * 100 / self.actual if self.actual else 0.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Spending expected by the end of the quarter and of the year.

    Attributes:
        months: with data, from January without a hole.
        quarter: 1–4, the first quarter that ends after the last month with data; 0: none.
        quarter_end, year_end: (low, expected, high), from January on.
        method: named for the reader.
    """

    months: int
    quarter: int
    quarter_end: tuple[int, int, int]
    year_end: tuple[int, int, int]
    method: str
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """Figures of a facility, a class or a group in the year and the year before.

    Attributes:
        before_cost: None when the file has nothing of the year before.
    """

    code: str
    name: str
    visits: int
    cost: int
    before_visits: int | None
    before_cost: int | None
    effects: Effects | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A facility with a budget, or a centre with all its stations.

    Attributes:
        members: facilities whose spending counts here.
        within: the group above, whose budget also answers for this one; "" at the top.
        allocated: None when there is no allocation.
        share_of_year: percent of the year that the spending covers, None when not known.
        kinds, facilities: the same figures by class and by facility.
        months: cost by month, 12 values, empty without months; `months_before` last year's.
        taken_back: what findings propose to refuse, None when nobody audited.
        cards: insured persons of the group, None when not known; `cards_before` last year's.
        unfunded: spending of members without any budget, which is in no overrun.
        runs_out: month of the year in which the allocation is used up, None when it is not, or
            nothing can be said.
    """

    line: Line
    members: tuple[str, ...]
    within: str
    allocated: int | None
    history: tuple[Allocation, ...]
    share_of_year: float | None
    forecast: Forecast | None
    no_forecast: str
    kinds: tuple[Line, ...]
    facilities: tuple[Line, ...]
    months: tuple[int, ...] = ()
    months_before: tuple[int, ...] = ()
    taken_back: int | None = None
    unfunded: int = 0
    cards: int | None = None
    cards_before: int | None = None
    runs_out: int | None = None

    @property
    def over(self) -> int | None:
        """Spent less allocated: negative while money is left."""
        if self.allocated is None:
            return None
        return self.line.cost - self.unfunded - self.allocated

    @property
    def over_percent(self) -> float | None:
        """`over` in percent of the allocation, None without one or when it is zero."""
        return percent(self.over, self.allocated)

    @property
    def used_percent(self) -> float | None:
        """Spent in percent of the allocation."""
        return percent(self.line.cost - self.unfunded, self.allocated)


@dataclass(frozen=True, slots=True)
class Gap:
    """A declared total beside the sum that it should be.

    Attributes:
        scope: TONG, a facility, a class (TONG/NOI_TRU), a group (NHOM 01200), …
        against: what was summed: "rows", "facilities", "kinds" (declared lower totals), "claims".
        where: where the gap sits, "" when there is none.
    """

    scope: str
    year: int
    month: int
    measure: Measure
    declared: int
    sum: int
    against: Against
    where: str = ""
    place: Place | None = None

    @property
    def gap(self) -> int:
        """Declared less the sum."""
        return self.declared - self.sum


@dataclass(frozen=True, slots=True)
class Area:
    """Participants of an area or registration site at the end of a quarter.

    Attributes:
        population, target, cards_before: None where nothing is known.
        path: percent of the year's increase that should be reached by now.
        progress: percent that is, None without a target or last year's number.
    """

    code: str
    name: str
    quarter: int
    cards: int
    population: int | None
    target: int | None
    cards_before: int | None
    path: float
    progress: float | None

    @property
    def coverage(self) -> float | None:
        """Participants in percent of the population."""
        return percent(self.cards, self.population)

    @property
    def target_coverage(self) -> float | None:
        """The target in percent of the population."""
        return percent(self.target, self.population)

    @property
    def missing(self) -> int | None:
        """Participants still missing to the target, never negative."""
        return None if self.target is None else max(self.target - self.cards, 0)

    @property
    def behind(self) -> bool | None:
        """Whether progress is behind its path."""
        return None if self.progress is None else self.progress < self.path


@dataclass(frozen=True, slots=True)
class Tender:
    """A tendered item of a facility beside what was used of it; quantities in thousandths.

    Attributes:
        kind: drug or supply, as people read it.
        gone_percent: share of the contract's months that have passed; None when its end is open.
        runs_out: month as yyyymm in which nothing is left at the pace so far; None when that is
            not known, or is more than ten years away.
        status: what to look at, "" for nothing.
        note: what the figures leave out.
    """

    facility: str
    kind: str
    code: str
    name: str
    tender: str
    unit: str
    quantity: int
    used: int
    gone_percent: float | None
    runs_out: int | None
    status: str
    note: str = ""

    @property
    def used_percent(self) -> float | None:
        """Used in percent of the quantity."""
        return percent(self.used, self.quantity)


@dataclass(slots=True)
class BudgetReport:
    """Everything the outputs show.

    Attributes:
        tenders: tendered quantities that are used up first; empty without lists of them.
        stations: the members of groups with several, each by itself; `within` is the group.
        growth: what grew by every dimension, "facility" being the code of a group or station; None
            without claims to look into.
    """

    year: int
    started: datetime
    groups: list[Group] = field(default_factory=list)
    total: Group | None = None
    stations: list[Group] = field(default_factory=list)
    reconciliation: list[Gap] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    growth: GrowthReport | None = None
    tenders: list[Tender] = field(default_factory=list)
