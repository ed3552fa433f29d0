"""Insured persons by area or registration site: coverage, progress, and cost per card."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.budget import values
from giamdinh.budget.model import TOTAL, Area, Counts, Gap, Notice
from giamdinh.budget.tabular import Layout, read_into
from giamdinh.growth.effects import percent
from giamdinh.growth.periods import in_force

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from giamdinh.budget.model import Place
    from giamdinh.budget.tabular import Row

LAYOUT = Layout(
    "người tham gia (--enrolment)",
    ("MA_CSKCB", "NAM", "SO_THE"),
    ("TEN_CSKCB", "QUY", "DAN_SO", "CHI_TIEU"),
    {
        "KHUVUC": "MA_CSKCB",
        "MAKHUVUC": "MA_CSKCB",
        "MADKBD": "MA_CSKCB",
        "TENKHUVUC": "TEN_CSKCB",
        "SONGUOI": "SO_THE",
        "SONGUOITHAMGIA": "SO_THE",
        "SOTHEBHYT": "SO_THE",
    },
)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One row: participants of an area at the end of a quarter.

    Attributes:
        quarter: 4 where none is written.
        population, target: 0 where nothing is written.
    """

    code: str
    name: str
    year: int
    quarter: int
    cards: int
    population: int
    target: int
    place: Place


@dataclass(slots=True)
class EnrolmentTable:
    """The table of a year and the year before.

    Attributes:
        declared: its rows with TONG.
        years: all years of the file.
    """

    rows: dict[tuple[str, int, int], Enrolled] = field(default_factory=dict)
    declared: list[Enrolled] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)
    counts: Counts = field(default_factory=lambda: Counts(""))

    def latest(self, code: str, year: int) -> Enrolled | None:
        """The last quarter of a year."""
        found = [row for (own, when, _), row in self.rows.items() if (own, when) == (code, year)]
        return max(found, key=lambda row: row.quarter, default=None)

    def at(self, code: str, year: int, quarter: int) -> int | None:
        """Cards by the end of a quarter: of it, else the last one before it, else the next."""
        found = [row for (own, when, _), row in self.rows.items() if (own, when) == (code, year)]
        past = [row for row in found if row.quarter <= quarter]
        row = max(past, key=lambda row: row.quarter, default=None)
        row = row or min(found, key=lambda row: row.quarter, default=None)
        return row.cards if row else None

    def cards(self, code: str, members: Sequence[str], year: int) -> int | None:
        """Cards of a group: of its members, or of the area of the same code."""
        parts = [self.latest(member, year) for member in members if member != code]
        own = self.latest(code, year)
        found = [row.cards for row in (*parts, own) if row is not None]
        return sum(found) if found else None


def read_enrolment(path: Path, year: int) -> EnrolmentTable:
    """The participants of `year` and the year before; a later row of the same quarter wins.

    Raises:
        InputError: the file cannot be read.
    """
    table = EnrolmentTable(counts=Counts(path.name))
    for _, found in read_into(table, path, LAYOUT, _enrolled):
        table.years.add(found.year)
        if found.year not in (year, year - 1):
            table.counts.outside += 1
        elif found.code == TOTAL:
            table.counts.declared += 1
            table.declared.append(found)
        else:
            _keep(table, found)
    if not any(when == year for _, when, _ in table.rows):
        years = ", ".join(map(str, sorted(table.years))) or "không có dòng nào dùng được"
        text = f"{path.name}: không có số người tham gia của năm {year} (tệp có: {years})"
        table.notices.append(Notice("warning", text, column="NAM"))
    return table


def _enrolled(row: Row) -> Enrolled:
    return Enrolled(
        code=row.take("MA_CSKCB", values.facility),
        name=row["TEN_CSKCB"],
        year=row.take("NAM", values.year),
        quarter=row.take("QUY", values.quarter),
        cards=row.take("SO_THE", values.people),
        population=row.take("DAN_SO", values.visits),
        target=row.take("CHI_TIEU", values.visits),
        place=row.place,
    )


def _keep(table: EnrolmentTable, row: Enrolled) -> None:
    key = (row.code, row.year, row.quarter)
    table.counts.used += 1
    if key in table.rows:
        text = f"{row.code} quý {row.quarter}/{row.year} có hai dòng; dùng dòng sau"
        table.notices.append(Notice("warning", text, row.place))
    table.rows[key] = row


def areas(table: EnrolmentTable, year: int) -> list[Area]:
    """Each area at its last quarter of the year."""
    codes = sorted({code for code, when, _ in table.rows if when == year})
    found = []
    for code in codes:
        row = table.latest(code, year)
        if row is not None:
            found.append(_area(row, table.latest(code, year - 1)))
    return found


def _area(row: Enrolled, before: Enrolled | None) -> Area:
    path = path_percent(row.year, row.quarter)
    wanted = row.target - before.cards if before and row.target else None
    progress = percent(row.cards - before.cards, wanted) if before and wanted else None
    return Area(
        code=row.code,
        name=row.name or (before.name if before else ""),
        quarter=row.quarter,
        cards=row.cards,
        population=row.population or None,
        target=row.target or None,
        cards_before=before.cards if before else None,
        path=path,
        progress=progress,
    )


def path_percent(year: int, quarter: int) -> float:
    """Percent of the year's target that should be reached by the end of a quarter."""
    return in_force(f"TIEN_DO_QUY_{quarter}", year * 100 + quarter * 3)


def enrolment_gaps(table: EnrolmentTable) -> Iterator[Gap]:
    """Declared totals of participants against the sum of the areas of that quarter."""
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for (_, year, quarter), row in table.rows.items():
        sums[year, quarter] += row.cards
    for row in table.declared:
        total = sums[row.year, row.quarter]
        where = "" if total == row.cards else f"dòng tổng quý {row.quarter} khác tổng các khu vực"
        yield Gap(
            TOTAL, row.year, row.quarter * 3, "SO_THE", row.cards, total, "rows", where, row.place
        )
