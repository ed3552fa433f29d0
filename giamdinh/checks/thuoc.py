"""Drugs: what the dosage text says against what is billed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.checks.chung import claim_flag, in_set, numbers, share
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold, split
from giamdinh.tables.codelists import code_list, plain_icd
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

LINES = "XML2"
_LONG_COURSES = "icd10_tren_30_ngay"
_CATEGORY = 3
_NUMBER = r"[0-9]{1,6}(?:[.,][0-9]{1,6})?(?:/[0-9]{1,6})?"
"""Six digits: the product of a take, its times and its days stays a 64-bit integer."""
_DOSE = re.compile(
    rf"(?P<take>{_NUMBER}) ?(?P<unit>[^\W\d_][^/*\[\]]*?)? ?(?:/ ?lần)? ?[*x×] ?"
    rf"(?P<times>{_NUMBER}) ?(?:lần)? ?(?:/ ?ngày)? ?[*x×] ?"
    r"(?P<days>[0-9]{1,3}) ?(?:ngày)? ?"
    rf"(?:\[ ?(?P<daily>{_NUMBER})? ?(?P<unit_day>[^\W\d_][^/*\[\]]*?)? ?(?:/ ?ngày)? ?\])?\.?"
)


@dataclass(frozen=True, slots=True)
class Dose:
    """What a dosage text in the official form says.

    Attributes:
        total: units for the whole course at the scale of SO_LUONG; -1 when its parts disagree.
        whole_takes: the same when every take is rounded up to whole units.
        unit: first word of the unit, "" when none is written.
        times: takes a day.
    """

    total: int
    whole_takes: int
    days: int
    unit: str
    times: Fraction


@check
def so_luong_khac_lieu_nhan_ngay(context: CheckContext) -> Iterable[Hits]:
    """Countable drugs whose quantity is not the dose times days, nor that rounded up."""
    lines = context.claims[LINES]
    quantity = lines["SO_LUONG"]
    doses = _Doses.of(lines["LIEU_DUNG"])
    total, one = doses.total, 10**quantity.spec.scale
    wrong = _drugs(context) & quantity.valid & (total >= 0)
    wrong &= _unit_in(context, lines["DON_VI_TINH"], "DON_VI_NHAN_LIEU")
    wrong &= doses.same_unit(lines["DON_VI_TINH"])
    wrong &= np.abs(quantity.values - total) > _slack(context)
    wrong &= quantity.values != -(-total // one) * one
    wrong &= quantity.values != doses.whole_takes
    rows = np.flatnonzero(wrong)
    billed, right = quantity.values[rows], total[rows]
    money = np.maximum(lines["T_BHTT"].values[rows], 0)
    yield Hits(
        LINES,
        rows,
        expected=numbers(right, quantity.spec.scale),
        amount=share(money, np.maximum(billed - right, 0), np.maximum(billed, 1)),
        detail=[number_vi(value, quantity.spec.scale) for value in right.tolist()],
    )


@check
def don_vi_lieu_khac_don_vi_tinh(context: CheckContext) -> Iterable[Hits]:
    """Drugs whose dose counts one kind of unit and whose quantity counts another."""
    lines = context.claims[LINES]
    unit, dosage = lines["DON_VI_TINH"], lines["LIEU_DUNG"]
    wrong = _drugs(context) & _unit_in(context, unit, "DON_VI_DEM")
    wrong &= _unit_in(context, dosage, "DON_VI_DEM")
    rows = np.flatnonzero(wrong & ~_Doses.of(dosage).same_unit(unit))
    yield Hits(LINES, rows, detail=[unit_word(dosage.text(row)) for row in rows.tolist()])


@check
def don_ngoai_tru_qua_so_ngay(context: CheckContext) -> Iterable[Hits]:
    """Outpatient drugs for more days than the patient's diseases allow."""
    lines = context.claims[LINES]
    kind = context.claims[CLAIM_TABLE]["MA_LOAI_KCB"]
    outpatient = ~kind.missing & ~in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    wrong = _drugs(context) & claim_flag(context.claims, LINES, outpatient)
    days = _Doses.of(lines["LIEU_DUNG"]).days
    long = claim_flag(context.claims, LINES, long_course_disease(context))
    ordinary = context.number("SO_NGAY_DON_NGOAI_TRU", LINES)
    limit = np.where(long, context.number("SO_NGAY_DON_DAI_NGAY", LINES), ordinary)
    rows = np.flatnonzero(wrong & (limit > 0) & (days > limit))
    money = np.maximum(lines["T_BHTT"].values[rows], 0)
    yield Hits(
        LINES,
        rows,
        amount=share(money, days[rows] - limit[rows], days[rows]),
        detail=[f"{d} ngày, tối đa {m} ngày" for d, m in zip(days[rows], limit[rows], strict=True)],
    )


@check
def so_ngay_dtri_khac_so_ngay_thuoc(context: CheckContext) -> Iterable[Hits]:
    """Claims counted by days of drugs whose SO_NGAY_DTRI is neither that, nor nearly, nor 0.

    A claim with a dosage text that cannot be read is left alone.
    """
    lines, claims = context.claims[LINES], context.claims[CLAIM_TABLE]
    written = claims["SO_NGAY_DTRI"]
    days = _Doses.of(lines["LIEU_DUNG"]).days
    drugs = _drugs(context) & (lines.parent >= 0)
    longest = np.zeros(len(claims), np.int64)
    np.maximum.at(longest, lines.parent[drugs], days[drugs])
    unread = np.zeros(len(claims), np.bool_)
    unread[lines.parent[drugs & (days < 0)]] = True
    counted = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_SO_NGAY_THUOC")
    free = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_LINH_THUOC")
    off = np.abs(written.values - longest) > context.number("SAI_SO_NGAY_THUOC", CLAIM_TABLE)
    off &= ~(free & (written.values == 0))
    rows = np.flatnonzero(counted & written.valid & ~unread & (longest > 0) & off)
    yield Hits(CLAIM_TABLE, rows, expected=numbers(longest[rows], 0))


def first_word(text: str) -> str:
    """The word that names a unit: `Viên nén` → `viên`."""
    return fold(text).partition(" ")[0]


@lru_cache(2**16)
def dose_of(text: str) -> Dose | None:
    """What a dosage text says, None when it is not in the official form."""
    match = _DOSE.fullmatch(fold(text))
    if match is None:
        return None
    take, times, days = _exact(match["take"]), _exact(match["times"]), int(match["days"])
    total = take * times * days * 1000
    agrees = not match["daily"] or _exact(match["daily"]) == take * times
    exact = total.denominator == 1 and agrees
    return Dose(
        int(total) if exact else -1,
        int(-(-take // 1) * times * days * 1000),
        days,
        first_word(match["unit"] or match["unit_day"] or ""),
        times,
    )


def _exact(text: str) -> Fraction:
    top, _, bottom = text.replace(",", ".").partition("/")
    parts = int(bottom or "1")
    return Fraction(top) / parts if parts else Fraction(0)


def unit_word(text: str) -> str:
    """The unit that a dosage text counts, "" when it cannot be read."""
    dose = dose_of(text)
    return dose.unit if dose else ""


@dataclass(frozen=True, slots=True)
class _Doses:
    """The doses of a LIEU_DUNG column; shape (rows,), -1 where there is none to read."""

    dosage: Column
    total: IntArray
    whole_takes: IntArray
    days: IntArray

    @classmethod
    def of(cls, dosage: Column) -> _Doses:
        """Each distinct text read once."""
        found = [dose_of(text) for text in dosage.texts]
        lut = [(d.total, d.whole_takes, d.days) if d else (-1, -1, -1) for d in found]
        columns = np.array([*lut, (-1, -1, -1)], np.int64).T
        total, whole_takes, days = (column[dosage.codes] for column in columns)
        return cls(dosage, total, whole_takes, days)

    def same_unit(self, unit: Column) -> BoolArray:
        """Rows whose dose counts the unit of `unit`."""
        words: dict[str, int] = {"": -1}
        first = [words.setdefault(unit_word(t), len(words)) for t in self.dosage.texts]
        second = [words.setdefault(first_word(t), len(words)) for t in unit.texts]
        left = np.array([*first, -1], np.int64)[self.dosage.codes]
        right = np.array([*second, -2], np.int64)[unit.codes]
        return np.equal(left, right)


def _drugs(context: CheckContext) -> BoolArray:
    return in_set(context, LINES, "MA_NHOM", "NHOM_THUOC")


def _unit_in(context: CheckContext, column: Column, parameter: str) -> BoolArray:
    """Rows whose unit, or the unit of whose dose, is in a dated set."""
    name = column.spec.name
    key = unit_word if name == "LIEU_DUNG" else first_word
    return in_set(context, LINES, name, parameter, key)


def _slack(context: CheckContext) -> IntArray:
    """SAI_SO_LIEU_DUNG per drug line at the scale of SO_LUONG."""
    shift = context.claims[LINES]["SO_LUONG"].spec.scale - context.number_scale("SAI_SO_LIEU_DUNG")
    return context.number("SAI_SO_LIEU_DUNG", LINES) * np.int64(10**shift)


def long_course_disease(context: CheckContext) -> BoolArray:
    """Claims with a disease whose prescription may be longer, on the deciding date."""
    claims = context.claims[CLAIM_TABLE]
    diseases = code_list(_LONG_COURSES)
    when, dated = context.dates(CLAIM_TABLE)
    epochs = np.where(dated, diseases.epoch_of(when), -1)
    found = np.zeros(len(claims), np.bool_)
    for epoch in distinct(epochs):
        codes = diseases.codes_in_epoch(epoch)
        for field in ("MA_BENH_CHINH", "MA_BENH_KT"):
            found |= (epochs == epoch) & _any_code(claims[field], codes)
    return found


def _any_code(column: Column, codes: frozenset[str]) -> BoolArray:
    lut = [any(_covered(part, codes) for part in split(text)) for text in column.texts]
    return np.array([*lut, False], np.bool_)[column.codes]


def _covered(text: str, codes: frozenset[str]) -> bool:
    code = plain_icd(text)
    return any(code[:end] in codes for end in range(_CATEGORY, len(code) + 1))
