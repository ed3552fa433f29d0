"""What the rows of a reference list ask of a line and its claim: sex, age, diagnosis and the like.

A condition is broken only when everything it needs is known; it is met only when it is known and
not broken. A cell that cannot be read breaks nothing.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.catalogues.cells import plain
from giamdinh.catalogues.lists import list_specs
from giamdinh.checks.chung import by_text, in_set
from giamdinh.checks.danh_muc_chung import compact
from giamdinh.checks.tham_chieu import KEYS, are_codes, codes_in, icd_set
from giamdinh.rules.calendars import months_between
from giamdinh.rules.texts import fold, split
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_vi, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.checks.danh_muc_chung import Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

AGES = ("TUOI_TU", "TUOI_DEN")
EXCLUDED = "MA_BENH_LOAI_TRU"
_DIAGNOSES = ("MA_BENH_CHINH", "MA_BENH_KT")
_TEXTS = ("CHAN_DOAN_RV", "CHAN_DOAN_VAO")
_SEXES = ("1", "2")
_YEAR = 12
_CARE_CODE = re.compile(r"[0-9]{1,2}")
_DEPARTMENT = re.compile(r"K[0-9]{2}.*|TYT|LKV|GKV")
_CLASSES = frozenset("01234")
_CARE = {"noi tru": True, "nội trú": True, "ngoai tru": False, "ngoại trú": False}


class Verdict(NamedTuple):
    """What a condition says of some lines: `broken` where surely so, `known` where it can tell."""

    broken: BoolArray
    known: BoolArray


class Conditions:
    """The conditions of a list on the lines beside it."""

    def __init__(self, context: CheckContext, lines: Lines) -> None:
        self.context = context
        self.lines = lines
        self.claims = context.claims
        self.head = context.claims[CLAIM_TABLE]

    def judge(self, column: str, row: int, at: IntArray) -> Verdict:
        """One condition of a row of the list on the lines at some positions."""
        wanted = self.lines.listed.text(column, row)
        if not wanted:
            return _met(at)
        rows = self.lines.rows[at]
        if column in AGES:
            return self._age(column, row, at)
        return _CONDITIONS[column](self, wanted, rows, row)

    def all_of(self, columns: Sequence[str], row: int, at: IntArray) -> Verdict:
        """All conditions of a row: broken when one is, met when every one is known and not."""
        broken, known = np.zeros(at.size, np.bool_), np.ones(at.size, np.bool_)
        for column in columns:
            one = self.judge(column, row, at)
            broken |= one.broken
            known &= one.known
        return Verdict(broken, known)

    def describe(self, columns: Sequence[str], row: int) -> str:
        """The conditions of a row as people read them."""
        listed = self.lines.listed
        names = list_specs()[listed.kind].by_name
        said = [
            f"{names[c].title.lower()} {_shown(c, text)}"
            for c in columns
            if (text := listed.text(c, row))
        ]
        unit = listed.text("DON_VI_TUOI", row)
        if unit not in ("", "nam") and any(listed.text(c, row) for c in AGES):
            said.append(f"(tuổi tính theo {_UNITS.get(unit, unit)})")
        return ", ".join(said)

    def parents(self, rows: IntArray) -> IntArray:
        """The claim of each line."""
        return self.lines.table.parent[rows]

    def _age(self, column: str, row: int, at: IntArray) -> Verdict:
        """Completed years, months or days on the order date; births known to the day only."""
        limit = parse_number(self.lines.listed.text(column, row), 0)
        born, claim = self.head["NGAY_SINH"], self.parents(self.lines.rows[at])
        when = self.lines.when[at]
        known = self._born_known[claim] & (born.values[claim] <= when)
        unit = self.lines.listed.text("DON_VI_TUOI", row)
        if limit is None or unit not in ("", "nam", *_UNITS):
            return _unread(at)
        since = np.where(known, born.values[claim], when)
        match unit:
            case "ngay":
                age = when // DAY - since // DAY
            case "thang":
                age = months_between(since, when)
            case _:
                age = months_between(since, when) // _YEAR
        outside = age < limit if column == "TUOI_TU" else age > limit
        return Verdict(known & outside, known)

    @cached_property
    def _born_known(self) -> BoolArray:
        """Claims whose birth is known to the day."""
        born = self.head["NGAY_SINH"]
        return born.valid & by_text(born, lambda text: "00" not in (text[4:6], text[6:8]))

    def sex(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """A patient of the one sex or the other."""
        column, claim = self.head["GIOI_TINH"], self.parents(rows)
        if wanted not in _SEXES:
            return _unread(rows)
        known = by_text(column, lambda text: text in _SEXES)[claim]
        return Verdict(known & ~by_text(column, lambda text: text == wanted)[claim], known)

    def diagnosis(self, wanted: str, rows: IntArray, row: int) -> Verdict:
        """A diagnosis of the claim or the line among some codes, or a word in its text."""
        if not icd_set(wanted).readable:
            return _unread(rows)
        words = [fold(word) for word in split(self.lines.listed.text("TU_KHOA", row))]
        there, claim = self._any_diagnosis(wanted, rows), self.parents(rows)
        for name in _TEXTS if words else ():
            there |= _asked(self.head[name], claim, lambda t: any(w in fold(t) for w in words))
        known = ~self.head["MA_BENH_CHINH"].missing[claim]
        return Verdict(known & ~there, known | there)

    def excluded(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """No diagnosis of the claim or the line among some codes."""
        there = self._any_diagnosis(wanted, rows)
        return Verdict(there, there | ~self.head["MA_BENH_CHINH"].missing[self.parents(rows)])

    def _any_diagnosis(self, wanted: str, rows: IntArray) -> BoolArray:
        codes = icd_set(wanted)

        def fits(text: str) -> bool:
            return any(map(codes.has, split(text)))

        claim, table = self.parents(rows), self.lines.table
        there = np.zeros(rows.size, np.bool_)
        for name in _DIAGNOSES:
            there |= _asked(self.head[name], claim, fits)
        if "MA_BENH" in table.columns:
            there |= _asked(table["MA_BENH"], rows, fits)
        return there

    def care(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """A form of care: its codes, or inpatient, or outpatient."""
        column, claim = self.head["MA_LOAI_KCB"], self.parents(rows)
        inpatient = in_set(self.context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")[claim]
        inside = np.zeros(rows.size, np.bool_)
        words = split(wanted.replace(",", ";"))
        if not all(fold(word) in _CARE or _CARE_CODE.fullmatch(word) for word in words):
            return _unread(rows)
        for word in words:
            stays = _CARE.get(fold(word))
            if stays is None:
                inside |= by_text(column, lambda text, w=word: text == w.zfill(2))[claim]  # type: ignore[misc]
            else:
                inside |= inpatient == stays
        known = ~column.missing[claim]
        return Verdict(known & ~inside, known)

    def department(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """The line's department, or a department that its joint code is made of."""
        column = self.lines.table["MA_KHOA"]
        codes = set(codes_in(wanted))
        if not all(map(_DEPARTMENT.fullmatch, codes)):
            return _unread(rows)
        inside = _asked(column, rows, lambda text: not codes.isdisjoint(departments(text)))
        known = ~column.missing[rows]
        return Verdict(known & ~inside, known)

    def rank(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """A facility of one of some hospital classes, by the list of facilities."""
        claim = self.parents(rows)
        column = self.head["MA_CSKCB"]
        words = list_specs()["co_so"].by_name["HANG_BV"].values
        classes = {words.get(plain(part), part) for part in split(wanted.replace(",", ";"))}
        if not classes <= _CLASSES:
            return _unread(rows)
        of = {text: self._rank(text) for text in column.texts}
        known = by_text(column, lambda text: bool(of[text]))[claim]
        inside = by_text(column, lambda text: of[text] in classes)[claim]
        return Verdict(known & ~inside, known)

    def _rank(self, facility: str) -> str:
        """The class of a facility when all rows about it agree on one, "" for none."""
        places = self.context.catalogues.table("co_so")
        rows = places.index("MA_CSKCB").rows("", facility) if places is not None else []
        ranks = {compact(places.text("HANG_BV", row)) for row in rows} if places else set()
        return ranks.pop() if len(ranks) == 1 and ranks <= _CLASSES else ""

    def together(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """Another drug or service of the claim."""
        codes = set(codes_in(wanted))
        if not are_codes(wanted):
            return _unread(rows)
        there = np.zeros(len(self.head), np.bool_)
        for name, field in (("XML2", "MA_THUOC"), ("XML3", "MA_DICH_VU")):
            table, keys = self.claims[name], KEYS[field]
            found = by_text(table[field], lambda t, k=keys: not codes.isdisjoint(k(t)))  # type: ignore[misc]
            there[table.parent[found & (table.parent >= 0)]] = True
        inside = there[self.parents(rows)]
        return Verdict(~inside, np.ones(rows.size, np.bool_))

    def anaesthesia(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """A service done under one of some anaesthesias."""
        if "PP_VO_CAM" not in self.lines.table.columns:
            return _met(rows)
        column, codes = self.lines.table["PP_VO_CAM"], set(codes_in(wanted))
        if not all(code.isdigit() for code in codes):
            return _unread(rows)
        known = ~column.missing[rows]
        return Verdict(known & ~_asked(column, rows, codes.__contains__), known)

    def ratio(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """A payment ratio up to a limit."""
        column, limit = self.lines.table["TYLE_TT_BH"], parse_number(wanted, 0)
        known = column.valid[rows] & (limit is not None)
        return Verdict(known & (column.values[rows] > (limit or 0)), known)

    def route(self, wanted: str, rows: IntArray, _: int) -> Verdict:
        """A route of administration; a code with "*" stands for all that begin so."""
        column, codes = self.lines.table["DUONG_DUNG"], codes_in(wanted)
        inside = _asked(column, rows, lambda text: any(fits(text, code) for code in codes))
        known = ~column.missing[rows]
        return Verdict(known & ~inside, known)


def fits(text: str, code: str) -> bool:
    """Whether a text is a code, or begins as a code with "*" behind it."""
    return text.startswith(code[:-1]) if code.endswith("*") else text == code


def condition_columns(kind: str) -> tuple[str, ...]:
    """The columns of a list that are conditions, in their order."""
    columns = list_specs()[kind].columns
    return tuple(c.name for c in columns if c.name in _CONDITIONS or c.name in AGES)


def claim_has(context: CheckContext, wanted: str) -> BoolArray:
    """Claims with a diagnosis among the codes of a cell."""
    head, codes = context.claims[CLAIM_TABLE], icd_set(wanted)
    found = np.zeros(len(head), np.bool_)
    for name in _DIAGNOSES:
        found |= by_text(head[name], lambda text: any(map(codes.has, split(text))))
    return found


def _asked(column: Column, rows: IntArray, test: Callable[[str], bool]) -> BoolArray:
    """Which rows pass a test, asked once per distinct text of these rows."""
    codes = column.codes[rows]
    lut = np.zeros(len(column.texts) + 1, np.bool_)
    for code in distinct(codes[codes >= 0]):
        lut[code] = test(column.texts[code])
    return lut[codes]


def _met(at: IntArray) -> Verdict:
    return Verdict(np.zeros(at.size, np.bool_), np.ones(at.size, np.bool_))


def _unread(at: IntArray) -> Verdict:
    return Verdict(np.zeros(at.size, np.bool_), np.zeros(at.size, np.bool_))


def departments(text: str) -> set[str]:
    """The departments of a field, joint codes also by their parts."""
    out = set()
    for code in codes_in(text):
        digits = code[1:].partition(".")[0]
        out |= {code, *(f"K{digits[i : i + 2]}" for i in range(0, len(digits), 2))}
    return out


def _shown(column: str, text: str) -> str:
    if column == "GIOI_TINH":
        return {"1": "nam", "2": "nữ"}.get(text, text)
    if column in AGES:
        value = parse_number(text, 3)
        return text if value is None else number_vi(value, 3)
    return text


_UNITS = {"thang": "tháng", "ngay": "ngày"}
_CONDITIONS: dict[str, Callable[[Conditions, str, IntArray, int], Verdict]] = {
    "GIOI_TINH": Conditions.sex,
    "MA_BENH": Conditions.diagnosis,
    EXCLUDED: Conditions.excluded,
    "LOAI_KCB": Conditions.care,
    "MA_KHOA": Conditions.department,
    "HANG_BV": Conditions.rank,
    "KEM_MA": Conditions.together,
    "PP_VO_CAM": Conditions.anaesthesia,
    "TYLE_TT_BH": Conditions.ratio,
    "DUONG_DUNG": Conditions.route,
}
