"""The monthly form 01/BH and the quarterly form 02/BH from the claims of a store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from giamdinh.errors import InputError
from giamdinh.growth.formspec import form_spec
from giamdinh.growth.periods import month_vi
from giamdinh.store.reading import make_views, open_store
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import DAY, day_minutes, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from giamdinh.growth.formspec import FormSpec
    from giamdinh.store.catalogue import Catalogue

MONTHLY, QUARTERLY = "01/BH", "02/BH"
VISITS, TOTAL, OTHER = "SO_LUOT", "TONG", "KHAC"
_MARK, _RAW = "MA_LK", "KHO_GOC"


@dataclass(frozen=True, slots=True)
class FormRow:
    """A claim in 01/BH.

    Attributes:
        values: by column, texts, numbers and moments; amounts in hundredths.
        claim: MA_LK, by which the row is found again.
        unread: amounts that are missing or could not be read, with what was written; they count 0.
    """

    section: str
    claim: str
    values: dict[str, Any]
    unread: tuple[tuple[str, str], ...] = ()

    def amounts(self, spec: FormSpec) -> dict[str, int]:
        """Hundredths of each column with money."""
        return {name: int(self.values[name] or 0) for name in spec.amounts}


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
    """01/BH of one facility and month; rows by section, each in order of NGAY_RA.

    Attributes:
        notes: what the form leaves out or could not follow.
    """

    facility: str
    month: int
    spec: FormSpec
    rows: list[FormRow] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def totals(self) -> dict[str, dict[str, int]]:
        """Section to its number of rows (SO_LUOT) and sums."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self.rows:
            _count(found[row.section], row.amounts(self.spec))
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
    spec: FormSpec
    rows: list[QuarterRow]
    months: list[Monthly]
    broken: list[Broken]


def sections(day: date) -> dict[str, str]:
    """MA_LOAI_KCB to its section of the form on a day; "" where none is published."""
    minute = day_minutes(day)
    rows = [row for row in code_list("ma_loai_kcb").rows if row.since <= minute < row.until + DAY]
    known = form_spec(MONTHLY, day).titles
    found = {row.code: row.attributes.get("form_01bh", "") for row in rows}
    return {code: section if section in known else "" for code, section in found.items()}


def leaf(section: str, kind: str) -> str:
    """The number of the line of 02/BH that a claim is counted in."""
    return f"{section or OTHER}.{kind}"


def monthly(store: Path, facility: str, months: Sequence[int], day: date) -> list[Monthly]:
    """The monthly forms of a facility.

    Args:
        store: the folder of the store.
        facility: MA_CSKCB.
        months: as yyyymm.
        day: whose forms and list of kinds of care decide.

    Raises:
        InputError: there is no store, or it has no claim of the facility in these months.
    """
    spec = form_spec(MONTHLY, day)
    forms = {month: Monthly(facility, month, spec) for month in months}
    with open_store(store) as own:
        make_views(own, ("XML1",))
        for month, row in _claims(own, spec, facility, (min(months), max(months))):
            section = sections(day).get(row.values["MA_LOAI_KCB"] or "", "")
            found = FormRow(section, row.claim, row.values, row.unread)
            forms[month].rows.append(found)
        undated = own.number(
            "SELECT count(*) FROM XML1 WHERE KHO_CSKCB = ? AND KHO_THANG = 0", facility
        )
    if not any(form.rows for form in forms.values()):
        listed = ", ".join(map(month_vi, months))
        raise InputError(f"kho không có hồ sơ nào của cơ sở {facility} trong tháng {listed}")
    for form in forms.values():
        _number(form)
        form.broken = [fault for row in form.rows for fault in _row_faults(row, spec)]
        form.notes = list(_notes(form, day, undated))
    return list(forms.values())


def _claims(
    own: Catalogue, spec: FormSpec, facility: str, months: tuple[int, int]
) -> Iterable[tuple[int, FormRow]]:
    """(month, row) of every claim, its section not yet known."""
    columns = [column for column in spec.columns if column.name != "STT"]
    listed = ", ".join(
        f"({c.source} * 100)::BIGINT" if c.kind == "money" else c.source for c in columns
    )
    raw = ", ".join(f"json_extract_string({_RAW}, '$.{name}')" for name in spec.amounts)
    query = (
        f"SELECT {_MARK}, KHO_THANG, {listed}, {raw} FROM XML1 WHERE KHO_CSKCB = ? "  # noqa: S608
        "AND KHO_THANG BETWEEN ? AND ? ORDER BY NGAY_RA, MA_LK"
    )
    for claim, month, *values in own.rows(query, facility, *months):
        row = {c.name: value for c, value in zip(columns, values, strict=False)}
        written = dict(zip(spec.amounts, values[len(columns) :], strict=True))
        unread = tuple((name, written[name] or "") for name in written if row[name] is None)
        yield month, FormRow("", claim or "", row, unread)


def _notes(form: Monthly, day: date, undated: int) -> Iterable[str]:
    if undated:
        yield f"{number_vi(undated, 0)} hồ sơ của cơ sở không có tháng nên không vào mẫu nào"
    if form.spec.since > day:
        yield (
            f"mẫu {form.spec.code} có hiệu lực từ {form.spec.since:%d/%m/%Y}; kỳ "
            f"{month_vi(form.month)} có trước, dùng tạm mẫu này"
        )
    other = [row for row in form.rows if not row.section]
    if other:
        kinds = ", ".join(sorted({row.values["MA_LOAI_KCB"] or "(trống)" for row in other}))
        yield f"{len(other)} hồ sơ có MA_LOAI_KCB {kinds} chưa được xếp phần, để ở phần {OTHER}"
    unread = [row for row in form.rows if row.unread]
    if unread:
        yield f"{len(unread)} hồ sơ có số tiền trống hoặc không đọc được, tính 0 đ: trang SaiLech"


def _number(form: Monthly) -> None:
    order = [*form.spec.titles, ""]
    form.rows.sort(key=lambda row: order.index(row.section))
    for number, row in enumerate(form.rows, start=1):
        row.values["STT"] = number


def _row_faults(row: FormRow, spec: FormSpec) -> Iterable[Broken]:
    """The relations of a row that do not hold, and its amounts that could not be read."""
    place = f"STT {row.values['STT']}, MA_LK {row.claim}"
    for name, written in row.unread:
        said = f"không đọc được '{written}'" if written else "để trống"
        yield Broken(place, f"{name} {said}, tính 0 đ", 0, 0)
    yield from _relations(place, row.amounts(spec), spec)


def _relations(place: str, sums: dict[str, int], spec: FormSpec) -> Iterable[Broken]:
    """The relations between columns that do not hold."""
    for relation in spec.relations:
        left, right, holds = relation.sides(sums)
        if not holds:
            yield Broken(place, relation.words, left, right)


def quarterly(months: list[Monthly], year: int, quarter: int) -> Quarterly:
    """The quarterly form from its three monthly ones: total, sections, kinds of care."""
    monthly_spec, day = months[0].spec, _last_day(year, quarter)
    spec = form_spec(QUARTERLY, day)
    leaves: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for form in months:
        for row in form.rows:
            key = (row.section, row.values["MA_LOAI_KCB"] or "")
            _count(leaves[key], row.amounts(monthly_spec))
    names = (VISITS, *spec.amounts)
    found = [QuarterRow(TOTAL, "", "Tổng cộng", _added(leaves.values(), names))]
    order = [*monthly_spec.titles, ""]
    for section in sorted({section for section, _ in leaves}, key=order.index):
        own = {kind: sums for (part, kind), sums in sorted(leaves.items()) if part == section}
        number = section or OTHER
        title = monthly_spec.titles.get(section, number)
        found.append(QuarterRow(number, TOTAL, title, _added(own.values(), names)))
        found += [
            QuarterRow(leaf(section, kind), number, f"MA_LOAI_KCB {kind or '(không ghi)'}",
                       _added([sums], names))
            for kind, sums in own.items()
        ]  # fmt: skip
    faults = [*_tree_faults(found, spec), *_month_faults(found[0], months)]
    return Quarterly(months[0].facility, year, quarter, spec, found, months, faults)


def _last_day(year: int, quarter: int) -> date:
    from datetime import date

    return date(year, quarter * 3, 28)


def _count(sums: dict[str, int], amounts: dict[str, int]) -> None:
    sums[VISITS] += 1
    for name, amount in amounts.items():
        sums[name] += amount


def _added(parts: Iterable[dict[str, int]], names: Sequence[str]) -> dict[str, int]:
    listed = list(parts)
    return {name: sum(part.get(name, 0) for part in listed) for name in names}


def _tree_faults(rows: Sequence[QuarterRow], spec: FormSpec) -> Iterable[Broken]:
    """Relations of the lines, and each parent against the sum of its children."""
    for row in rows:
        yield from _relations(f"dòng {row.number}", row.sums, spec)
        children = [child for child in rows if child.parent == row.number]
        for name, total in row.sums.items():
            below = sum(child.sums[name] for child in children)
            if children and below != total:
                yield Broken(f"dòng {row.number}", f"{name} = tổng các dòng con", total, below)


def _month_faults(total: QuarterRow, months: Sequence[Monthly]) -> Iterable[Broken]:
    """The total against the totals of the three monthly forms."""
    parts = [sums for form in months for sums in form.totals().values()]
    for name, by_month in _added(parts, tuple(total.sums)).items():
        if by_month != total.sums[name]:
            yield Broken(f"dòng {TOTAL}", f"{name} = tổng ba mẫu tháng", total.sums[name], by_month)
