"""The monthly form 01/BH and the quarterly form 02/BH from the claims of a store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from giamdinh.errors import InputError
from giamdinh.growth.periods import month_vi
from giamdinh.store.reading import make_views, open_store
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import DAY, day_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

PEOPLE = ("HO_TEN", "NGAY_SINH", "GIOI_TINH", "MA_THE_BHYT", "MA_BENH_CHINH")
TIMES = ("NGAY_VAO", "NGAY_VAO_NOI_TRU", "NGAY_RA")
AMOUNTS = ("T_TONGCHI_BV", "T_TONGCHI_BH", "T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC")
SUMS = ("SO_LUOT", *AMOUNTS)
FIELDS = (
    "STT", *PEOPLE, *TIMES, "SO_NGAY_DTRI", "MA_LOAI_KCB", *AMOUNTS, "MA_CSKCB", "NAM_QT",
    "THANG_QT",
)  # fmt: skip
"""The columns of 01/BH, in order."""
TITLES = {
    "I": "Khám bệnh",
    "II": "Điều trị ngoại trú",
    "III": "Điều trị ban ngày, nội trú dưới 04 giờ",
    "IV": "Điều trị nội trú",
    "": "Loại KCB chưa được xếp vào phần nào",
}
_MARK, _NO_SECTION = "MA_LK", ""
_COVERED = "T_TONGCHI_BH = T_BHTT + T_BNCCT (+ phần nguồn khác trả thay)"
_WHOLE = "T_TONGCHI_BV = T_TONGCHI_BH + T_BNTT + T_NGUONKHAC (- phần nguồn khác trả thay)"


@dataclass(frozen=True, slots=True)
class FormRow:
    """A claim in 01/BH.

    Attributes:
        values: by column, texts, numbers and moments; amounts in hundredths.
        claim: MA_LK, by which the row is found again.
    """

    section: str
    claim: str
    values: dict[str, Any]

    def amount(self, name: str) -> int:
        """Hundredths of one of `AMOUNTS`."""
        return int(self.values[name] or 0)

    def add_to(self, sums: dict[str, int]) -> None:
        """Counts the row and its amounts in `SUMS`."""
        sums["SO_LUOT"] += 1
        for name in AMOUNTS:
            sums[name] += self.amount(name)


@dataclass(frozen=True, slots=True)
class Broken:
    """A relation between columns that does not hold, in hundredths."""

    place: str
    relation: str
    left: int
    right: int

    @property
    def gap(self) -> int:
        """Left less right."""
        return self.left - self.right


@dataclass(slots=True)
class Monthly:
    """01/BH of one facility and month; rows by section, each in order of NGAY_RA."""

    facility: str
    month: int
    rows: list[FormRow] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def totals(self) -> dict[str, dict[str, int]]:
        """Section to its number of rows (SO_LUOT) and sums."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self.rows:
            row.add_to(found[row.section])
        return {section: dict(sums) for section, sums in found.items()}


@dataclass(frozen=True, slots=True)
class QuarterRow:
    """A line of 02/BH; `sums` are SO_LUOT and the amounts in hundredths."""

    number: str
    parent: str
    title: str
    sums: dict[str, int]


@dataclass(slots=True)
class Quarterly:
    """02/BH of one facility and quarter; `months` are its monthly forms."""

    facility: str
    year: int
    quarter: int
    rows: list[QuarterRow]
    months: list[Monthly]
    broken: list[Broken]


def sections(day: date) -> dict[str, str]:
    """MA_LOAI_KCB to its section of the form on a day; "" where none is published."""
    minute = day_minutes(day)
    rows = [row for row in code_list("ma_loai_kcb").rows if row.since <= minute < row.until + DAY]
    return {row.code: row.attributes.get("form_01bh", _NO_SECTION) for row in rows}


def monthly(store: Path, facility: str, months: Sequence[int], day: date) -> list[Monthly]:
    """The monthly forms of a facility.

    Args:
        store: the folder of the store.
        facility: MA_CSKCB.
        months: as yyyymm.
        day: whose list of kinds of care decides the sections.

    Raises:
        InputError: there is no store, or it has no claim of the facility in these months.
    """
    section = sections(day)
    names = [name for name in FIELDS if name != "STT"]
    columns = ", ".join(
        f"({name} * 100)::BIGINT AS {name}" if name in AMOUNTS else name for name in names
    )
    forms = {month: Monthly(facility, month) for month in months}
    with open_store(store) as own:
        make_views(own, ("XML1",))
        query = (
            f"SELECT {_MARK}, KHO_THANG, {columns} FROM XML1 WHERE KHO_CSKCB = ? "  # noqa: S608
            "AND KHO_THANG BETWEEN ? AND ? ORDER BY NGAY_RA, MA_LK"
        )
        for claim, month, *values in own.rows(query, facility, min(months), max(months)):
            row = dict(zip(names, values, strict=True))
            found = FormRow(section.get(row["MA_LOAI_KCB"] or "", ""), claim or "", row)
            forms[month].rows.append(found)
    if not any(form.rows for form in forms.values()):
        listed = ", ".join(map(month_vi, months))
        raise InputError(f"kho không có hồ sơ nào của cơ sở {facility} trong tháng {listed}")
    for form in forms.values():
        _number(form)
        form.broken = [fault for row in form.rows for fault in _relations(row)]
    return list(forms.values())


def _number(form: Monthly) -> None:
    order = list(TITLES)
    form.rows.sort(key=lambda row: order.index(row.section))
    for number, row in enumerate(form.rows, start=1):
        row.values["STT"] = number


def _relations(row: FormRow) -> Iterable[Broken]:
    """The relations of a row that do not hold."""
    sums = {name: row.amount(name) for name in AMOUNTS}
    return _broken(f"STT {row.values['STT']}, MA_LK {row.claim}", sums)


def _broken(place: str, sums: dict[str, int]) -> Iterable[Broken]:
    """The relations between columns.

    Another source pays first what the patient would, and the rest of it lowers what the fund and
    the co-payment bear: both relations may differ by that rest.
    """
    paid = sums["T_BHTT"] + sums["T_BNCCT"]
    other = sums["T_NGUONKHAC"]
    if not 0 <= sums["T_TONGCHI_BH"] - paid <= other:
        yield Broken(place, _COVERED, sums["T_TONGCHI_BH"], paid)
    whole = sums["T_TONGCHI_BH"] + sums["T_BNTT"] + other
    if not 0 <= whole - sums["T_TONGCHI_BV"] <= other:
        yield Broken(place, _WHOLE, sums["T_TONGCHI_BV"], whole)


def quarterly(months: list[Monthly], year: int, quarter: int) -> Quarterly:
    """The quarterly form from its three monthly ones: total, sections, kinds of care."""
    leaves: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for form in months:
        for row in form.rows:
            row.add_to(leaves[row.section, row.values["MA_LOAI_KCB"] or ""])
    found = [QuarterRow("TONG", "", "Tổng cộng", _added(leaves.values()))]
    order = list(TITLES)
    for section in sorted({section for section, _ in leaves}, key=order.index):
        own = {kind: sums for (part, kind), sums in sorted(leaves.items()) if part == section}
        number = section or "KHAC"
        found.append(QuarterRow(number, "TONG", TITLES[section], _added(own.values())))
        found += [
            QuarterRow(f"{number}.{kind}", number, f"MA_LOAI_KCB {kind or '(không ghi)'}", sums)
            for kind, sums in own.items()
        ]
    faults = [*_tree_faults(found), *_month_faults(found[0], months)]
    return Quarterly(months[0].facility, year, quarter, found, months, faults)


def _added(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    listed = list(parts)
    return {name: sum(part[name] for part in listed) for name in SUMS}


def _tree_faults(rows: Sequence[QuarterRow]) -> Iterable[Broken]:
    """Relations of the lines, and each parent against the sum of its children."""
    for row in rows:
        yield from _broken(f"dòng {row.number}", row.sums)
        children = [child for child in rows if child.parent == row.number]
        for name, total in row.sums.items():
            below = sum(child.sums[name] for child in children)
            if children and below != total:
                yield Broken(f"dòng {row.number}", f"{name} = tổng các dòng con", total, below)


def _month_faults(total: QuarterRow, months: Sequence[Monthly]) -> Iterable[Broken]:
    """The total against the totals of the three monthly forms."""
    parts = [sums for form in months for sums in form.totals().values()]
    for name, by_month in _added(parts).items():
        if by_month != total.sums[name]:
            yield Broken("dòng TONG", f"{name} = tổng ba mẫu tháng", total.sums[name], by_month)
