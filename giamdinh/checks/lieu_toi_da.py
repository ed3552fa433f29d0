"""Dosage texts against the largest dose, number of takes and number of days of a reference list."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import first_of_each, numbered
from giamdinh.checks.chung import in_set, share
from giamdinh.checks.danh_muc_chu import milligrams
from giamdinh.checks.danh_muc_chung import PRICE_SCALE, numbers_of
from giamdinh.checks.dieu_kien import Conditions, condition_columns
from giamdinh.checks.tham_chieu import by_rows, entries, listed_lines, running_sums
from giamdinh.checks.thuoc import dose_of, first_word
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_text, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.danh_muc_chung import Lines
    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _KEY = "XML2", "MA_THUOC"
_ONE = 10**PRICE_SCALE
_LIMIT = "SO_NGAY_TOI_DA"
_WORDS = ("LIEU_DUNG", "HAM_LUONG", "DON_VI_TINH")
_MOST = 2**62
"""What a course of a drug cannot weigh, in millionths of a milligram."""


@check
def vuot_lieu_toi_da(context: CheckContext) -> Iterable[Hits]:
    """Drugs with which the milligrams of an ingredient on one day go over the list's limit."""
    doses = _Doses(context)
    lines, limit = doses.lines, doses.limit("LIEU_NGAY_MG")
    per_kg, weight = doses.limit("LIEU_NGAY_MG_KG"), doses.weight
    by_weight = np.where((per_kg > 0) & (weight > 0), per_kg * weight // 100, -1)
    limit = np.maximum(limit, by_weight)
    # A row without a number for this patient cannot tell; another row may still allow more.
    asked = (limit > 0) & (doses.daily_mg > 0)
    asked &= ~((per_kg > 0) & (weight <= 0))
    at = np.flatnonzero(asked)
    order = at[np.argsort(lines.rows[at], kind="stable")]
    owner = _owners(lines, order, lines.when[order] // DAY)
    total = running_sums(owner, doses.daily_mg[order])
    over = total > limit[order]
    hits, most, total = order[over], limit[order[over]], total[over]
    rows, own = lines.rows[hits], doses.daily_mg[hits]
    yield Hits(
        _TABLE,
        rows,
        expected=[number_text(value, PRICE_SCALE) for value in most.tolist()],
        amount=share(doses.money(hits), np.minimum(total - most, own), own),
        detail=[number_vi(value, PRICE_SCALE) for value in total.tolist()],
    )


@check
def qua_so_lan_dung(context: CheckContext) -> Iterable[Hits]:
    """Drugs taken more often a day than the list allows."""
    doses = _Doses(context)
    limit = doses.limit("SO_LAN_NGAY")
    hits = np.flatnonzero((limit > 0) & (doses.times > limit))
    yield Hits(
        _TABLE,
        doses.lines.rows[hits],
        expected=[number_text(value, PRICE_SCALE) for value in limit[hits].tolist()],
        detail=[number_vi(value, PRICE_SCALE) for value in doses.times[hits].tolist()],
    )


@check
def qua_so_ngay_dung(context: CheckContext) -> Iterable[Hits]:
    """Drugs with which the days of use of an ingredient in a claim go over the list's limit.

    Lines ordered on one day run side by side and count as the longest of them.
    """
    doses = _Doses(context)
    yield _too_long(doses, doses.limit(_LIMIT))


@check
def thuoc_kiem_soat_qua_so_ngay(context: CheckContext) -> Iterable[Hits]:
    """Controlled drugs prescribed to outpatients for more days than the list allows."""
    doses = _Doses(context, "MA_HOAT_CHAT")
    head = context.claims[CLAIM_TABLE]
    stays = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU") | head["MA_LOAI_KCB"].missing
    home = ~stays[doses.lines.table.parent[doses.lines.rows]]
    yield _too_long(doses, np.where(home, doses.limit("SO_NGAY_KE"), -1))


def _too_long(doses: _Doses, limit: IntArray) -> Hits:
    """Lines with which the days of an ingredient in the claim go over `limit` (thousandths)."""
    lines = doses.lines
    at = np.flatnonzero((limit > 0) & (doses.days > 0))
    day = lines.when[at] // DAY
    order = np.lexsort((-doses.days[at], day, _owners(lines, at, np.zeros(at.size, np.int64))))
    at, day = at[order], day[order]
    owner = _owners(lines, at, np.zeros(at.size, np.int64))
    longest = np.diff(day, prepend=-1) != 0
    longest |= np.diff(owner, prepend=-1) != 0
    total = running_sums(owner, np.where(longest, doses.days[at], 0)) * _ONE
    over = longest & (total > limit[at])
    hits, most, total = at[over], limit[at[over]], total[over]
    own = doses.days[hits] * _ONE
    return Hits(
        _TABLE,
        lines.rows[hits],
        expected=[number_text(value, PRICE_SCALE) for value in most.tolist()],
        amount=share(doses.money(hits), np.minimum(total - most, own), own),
        detail=[number_vi(value, PRICE_SCALE) for value in total.tolist()],
    )


class _Said(NamedTuple):
    """What a dosage text says; 0 where it cannot be read.

    Attributes:
        unit_mg: milligrams of one unit, in thousandths.
        units: units of the whole course, in thousandths.
        times: takes a day, in thousandths.
    """

    unit_mg: int
    units: int
    times: int
    days: int


class _Doses:
    """The drug lines beside the card's list with what their dosage texts say."""

    def __init__(self, context: CheckContext, key: str = _KEY) -> None:
        self.context = context
        self.lines = listed_lines(context, key)
        self.conditions = Conditions(context, self.lines)
        self.daily_mg, self.times, self.days = self._read()

    @cached_property
    def weight(self) -> IntArray:
        """The weight of each line's patient in hundredths of a kilogram, 0 where unknown."""
        column = self.context.claims[CLAIM_TABLE]["CAN_NANG"]
        known = np.where(column.valid, column.values, 0)
        scale = 10 ** (2 - column.spec.scale)
        weight: IntArray = known[self.lines.table.parent[self.lines.rows]] * scale
        return weight

    def limit(self, name: str) -> IntArray:
        """The largest number of the rows that apply to each line in thousandths, -1 for none.

        Where it is not known whether a row applies, or a row that applies sets no limit, there is
        none.
        """
        listed = self.lines.listed
        known = listed.remembered(numbers_of, name)
        columns = [c for c in condition_columns(listed.kind) if c != "HANG_BV"]
        limit = np.full(self.lines.rows.size, -1, np.int64)
        for found, at in by_rows(self.lines):
            free = np.zeros(at.size, np.bool_)
            for row in found:
                broken, sure = self.conditions.all_of(columns, row, at)
                free |= ~sure & ~broken
                mine = at[sure & ~broken]
                limit[mine] = np.maximum(limit[mine], known[row])
            limit[at[free]] = -1
        return limit

    def money(self, at: IntArray) -> IntArray:
        """What the fund pays for the lines at some positions."""
        return np.maximum(self.lines.table["T_BHTT"].values[self.lines.rows[at]], 0)

    def _read(self) -> tuple[IntArray, IntArray, IntArray]:
        """Milligrams and takes a day in thousandths, and days, of each line; 0 where unread."""
        table, rows = self.lines.table, self.lines.rows
        group = np.zeros(rows.size, np.int64)
        for name in _WORDS:
            column = table[name]
            group = numbered(group * (len(column.texts) + 1) + column.codes[rows] + 1)[1]
        first = first_of_each(group, rows).tolist()
        said = [_said(*(table[name].text(row) for name in _WORDS)) for row in first]
        columns = np.array([*said, _Said(0, 0, 0, 0)], np.int64).T
        unit_mg, units, times, days = (column[group] for column in columns)
        quantity = np.where(table["SO_LUONG"].valid, table["SO_LUONG"].values, 0)[rows]
        # A prescription split over two lots repeats its dosage text on both lines.
        used = np.minimum(units, quantity)
        return unit_mg * used // np.maximum(days * _ONE, 1), times, days


def _said(dosage: str, strength: str, unit: str) -> _Said:
    dose, one = dose_of(dosage), milligrams(strength)
    if dose is None or dose.days <= 0:
        return _Said(0, 0, 0, 0)
    times = int(dose.times * _ONE)
    if one is None or dose.unit not in ("", first_word(unit)) or dose.total <= 0:
        return _Said(0, 0, times, dose.days)
    if one * _ONE * dose.total >= _MOST:
        return _Said(0, 0, times, dose.days)
    return _Said(int(one * _ONE), dose.total, times, dose.days)


def _owners(lines: Lines, at: IntArray, more: IntArray) -> IntArray:
    """A number for each (claim, entry of the list, more) of the lines at some positions."""
    entry = entries(lines)[at]
    owner = lines.table.parent[lines.rows[at]] * (int(entry.max(initial=0)) + 1) + entry
    width = int(more.max(initial=0)) + 1
    return numbered(numbered(owner)[1] * width + more)[1]
