"""Tendered quantities of the facilities' lists beside what claims of the store have used of them.

No claim is at fault here: it is a report for whoever buys. What was used counts as in the rule on
quantities beyond a tender: lines that insurance paid, of the same item, tender and unit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from giamdinh.budget.model import Notice, Tender
from giamdinh.catalogues.cells import day_of, minutes_of
from giamdinh.catalogues.tables import OPEN_END, OPEN_START
from giamdinh.checks.danh_muc_chu import TENDER_PARTS, tender
from giamdinh.checks.danh_muc_chung import compact, numbers_of
from giamdinh.growth.effects import percent
from giamdinh.growth.periods import YEAR, in_force, index, shifted
from giamdinh.rules.texts import fold
from giamdinh.store.reading import make_views, open_store
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from giamdinh.budget.model import BudgetReport
    from giamdinh.catalogues.catalogues import Catalogues
    from giamdinh.catalogues.tables import DatedTable
    from giamdinh.store.catalogue import Catalogue

_NEARLY = "TY_LE_THAU_SAP_HET"
_WHOLE = 100


class _Kind(NamedTuple):
    """A list with tendered quantities, and where claims use its items."""

    name: str
    words: str
    table: str
    code: str
    mark: str
    source: str


_KINDS = (
    _Kind("thuoc", "Thuốc", "XML2", "MA_THUOC", "SO_DANG_KY", "MA_CSKCB_THUOC"),
    _Kind("vat_tu", "Vật tư", "XML3", "MA_VAT_TU", "''", "''"),
)
_USED = """
SELECT KHO_CSKCB, {code}, coalesce({mark}, ''), TT_THAU, coalesce(DON_VI_TINH, ''), count(*),
    sum(SO_LUONG * 1000)::BIGINT
FROM {table} WHERE T_BHTT > 0 AND SO_LUONG > 0 AND {code} <> '' AND TT_THAU <> ''
    AND (coalesce({source}, '') = '' OR ends_with({source}, KHO_CSKCB))
GROUP BY ALL ORDER BY ALL
"""
_MONTHS = """
SELECT KHO_CSKCB, min(KHO_THANG), max(KHO_THANG) FROM XML1 WHERE KHO_THANG > 0 GROUP BY 1
"""
_Key = tuple[str, ...]


@dataclass(slots=True)
class _Listed:
    """Rows of a list for one item: their names, quantities in thousandths and periods.

    Attributes:
        unknown: a row states no quantity, or one of all facilities speaks of the item too.
    """

    name: str
    tender: str
    unit: str
    quantity: int = 0
    rows: int = 0
    start: int = OPEN_END
    end: int = OPEN_START
    unknown: bool = False

    def in_force(self, year: int) -> bool:
        """Whether any of its rows may be."""
        begun = self.start == OPEN_START or day_of(self.start).year <= year
        return begun and (self.end == OPEN_END or day_of(self.end).year >= year)


def add_tenders(report: BudgetReport, store: Path, catalogues: Catalogues) -> None:
    """Adds every tendered item of the year with what was used of it, and says what had no item.

    Raises:
        InputError: there is no store.
    """
    with open_store(store) as own:
        make_views(own, ("XML1", "XML2", "XML3"))
        spans = {facility: (first, last) for facility, first, last in own.rows(_MONTHS)}
        for kind in _KINDS:
            table = catalogues.table(kind.name)
            if table is None:
                text = f"không có danh mục {kind.words.lower()} nên không xét số lượng thầu"
                report.notices.append(Notice("info", text, column="TT_THAU"))
                continue
            listed = _listed(table, kind)
            used, strange = _used(own, kind, listed)
            here = {key: item for key, item in listed.items()
                    if key[0] in spans and item.in_force(report.year)}  # fmt: skip
            known = {key: item for key, item in here.items() if not item.unknown}
            report.notices += _left_out(kind, strange, len(here) - len(known))
            for key, item in known.items():
                report.tenders.append(_tender(kind, key, item, used[key], spans[key[0]]))
    report.tenders.sort(key=lambda one: (-(one.used_percent or 0), one.facility, one.code))


def _left_out(kind: _Kind, strange: int, unknown: int) -> Iterator[Notice]:
    """What the table does not say: lines without an item, and items without a quantity."""
    what = kind.words.lower()
    if strange:
        text = (
            f"{number_vi(strange, 0)} dòng {what} ghi TT_THAU không khớp mặt hàng, gói thầu và đơn "
            "vị tính nào trong danh mục của cơ sở"
        )
        yield Notice("info", text, column="TT_THAU")
    if unknown:
        text = (
            f"không xét số lượng thầu của {number_vi(unknown, 0)} mặt hàng {what}: có dòng danh "
            "mục không ghi SO_LUONG hoặc không ghi MA_CSKCB"
        )
        yield Notice("info", text, column="SO_LUONG")


def _whole(text: str) -> str:
    """A tender with all of its parts in one spelling, "" for any other text."""
    found = tender(text)
    return ";".join(found) if len(found) == TENDER_PARTS and all(found) else ""


def _key(facility: str, code: str, mark: str, text: str, unit: str) -> _Key:
    return facility, compact(code), compact(mark), _whole(text), fold(unit)


def _listed(table: DatedTable, kind: _Kind) -> dict[_Key, _Listed]:
    """The tendered items of the facilities' own rows."""
    found: dict[_Key, _Listed] = {}
    general: set[_Key] = set()
    quantities = table.remembered(numbers_of, "SO_LUONG")
    for row, quantity in enumerate(quantities):
        text, unit = table.text("TT_THAU", row), table.text("DON_VI_TINH", row)
        start, end = _period(table, row)
        if quantity == 0 or not _whole(text) or start > end:
            continue
        mark = table.text(kind.mark, row)
        key = _key(table.facility[row], table.text(kind.code, row), mark, text, unit)
        if not table.facility[row]:
            general.add(key[1:])
            continue
        name = table.text(f"TEN_{kind.name.upper()}", row)
        item = found.setdefault(key, _Listed(name, text, unit))
        item.quantity += max(quantity, 0)
        item.unknown |= quantity < 0
        item.rows += 1
        item.start, item.end = min(item.start, start), max(item.end, end)
    for key, item in found.items():
        item.unknown |= key[1:] in general
    return found


def _period(table: DatedTable, row: int) -> tuple[int, int]:
    """The days of the contract where the list states them, else those of the row."""
    first, last = table.text("TU_NGAY_HD", row), table.text("DEN_NGAY_HD", row)
    start = minutes_of(first) if first else int(table.start[row])
    return start, minutes_of(last) if last else int(table.end[row])


def _used(own: Catalogue, kind: _Kind, listed: dict[_Key, _Listed]) -> tuple[dict[_Key, int], int]:
    """Thousandths used of each item, and lines that no item of the lists stands for."""
    query = _USED.format(**kind._asdict())
    used: dict[_Key, int] = defaultdict(int)
    strange = 0
    for facility, code, mark, text, unit, lines, quantity in own.rows(query):
        key = _key(facility, code, mark, text, unit)
        if key in listed:
            used[key] += quantity
        else:
            strange += lines
    return used, strange


def _tender(kind: _Kind, key: _Key, item: _Listed, used: int, span: tuple[int, int]) -> Tender:
    first, last = span
    start = _month(item.start) if item.start != OPEN_START else None
    end = _month(item.end) if item.end != OPEN_END else None
    months = index(last) - index(max(start or first, first)) + 1
    left = item.quantity - used
    runs_out = None
    if used and left > 0 and months > 0:
        ahead = -(-left * months // used)
        runs_out = shifted(last, ahead) if ahead <= 10 * YEAR else None
    gone = None
    if start is not None and end is not None:
        done = min(max(index(last) - index(start) + 1, 0), index(end) - index(start) + 1)
        gone = percent(done, index(end) - index(start) + 1)
    notes = [f"cộng {item.rows} dòng danh mục"] if item.rows > 1 else []
    if start is None or start < first:
        notes.append(f"kho chỉ có từ {first % 100:02d}/{first // 100}: số đã dùng có thể thiếu")
    status = _status(item.quantity, left, (runs_out, end), last)
    return Tender(key[0], kind.words, key[1], item.name, item.tender, item.unit, item.quantity,
                  used, gone, runs_out, status, "; ".join(notes))  # fmt: skip


def _status(quantity: int, left: int, ends: tuple[int | None, int | None], last: int) -> str:
    runs_out, end = ends
    if left <= 0:
        return "đã vượt" if left < 0 else "đã hết"
    if left * _WHOLE <= quantity * in_force(_NEARLY, last):
        return "sắp hết"
    early = runs_out is not None and end is not None and runs_out < end
    return "hết trước hạn" if early else ""


def _month(minute: int) -> int:
    day = day_of(minute)
    return day.year * 100 + day.month
