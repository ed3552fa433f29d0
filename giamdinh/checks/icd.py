"""Diagnosis codes: codes outside the lists, and codes the lists mark as unfit for a use.

A hospital code may be more detailed than the list; it then stands for the longest code of the list
that it begins with.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.catalogues.cells import plain
from giamdinh.checks.chung import by_text, in_set
from giamdinh.kept import kept
from giamdinh.rules.calendars import months_between
from giamdinh.rules.context import Hits, check
from giamdinh.rules.params import parameters
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import code_list, plain_icd
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

    CodeTest = Callable[[str], bool]

LINES = "XML3"
MAIN, OTHERS, TRADITIONAL = "MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH_YHCT"
BOTH = (MAIN, OTHERS)
OLD, NEW = "icd10", "icd10_tt06"
_CATEGORY = 3
_SEXES = ("1", "2")
_IMPORTED = "icd10"
_IMPORTED_COLUMNS = {
    ("khong_benh_chinh", "1"): "KHONG_BENH_CHINH",
    ("han_che_benh_chinh", "1"): "HAN_CHE_BENH_CHINH",
    ("co_ma_chi_tiet", "1"): "CO_MA_CHI_TIET",
    ("chi_tu_vong", "1"): "CHI_TU_VONG",
    ("gioi_chu_yeu", "2"): "CHU_YEU_NU",
    ("gioi_chu_yeu", "1"): "CHU_YEU_NAM",
}
_NO_MARK = frozenset(map(plain, ("", "0", "-", "không")))
_AGES = ("tuoi_tu_ngay", "tuoi_den_ngay", "tuoi_tu_nam", "tuoi_den_nam")
_REMEMBERED = 2**16
_SHAPE = re.compile(r"[A-Z][0-9][0-9A-Z]")


@check
def ma_benh_chinh_khong_co(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that are in no list; by shape alone while the list in force is not whole."""
    yield from _not_listed(context, MAIN)


@check
def ma_benh_kem_khong_co(context: CheckContext) -> Iterable[Hits]:
    """Other diagnoses that are in no list; by shape alone while the list in force is not whole."""
    yield from _not_listed(context, OTHERS)


@check
def ma_benh_chinh_nhom_la(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses of an unknown category that are well formed."""
    yield from _hits(context, (MAIN,), lambda code: _unknown(code) and well_formed(code))


@check
def ma_benh_con_khong_co(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses with a subdivision that their subdivided category does not have."""
    parents = lists().parents
    yield from _hits(context, (MAIN,), lambda code: listed(code) in parents and _longer(code))


@check
def ma_yhct_lan_voi_icd(context: CheckContext) -> Iterable[Hits]:
    """Codes of traditional medicine in an ICD field, or ICD codes in the traditional field."""
    for table, fields in ((CLAIM_TABLE, BOTH), (LINES, ("MA_BENH",))):
        yield from _hits(context, fields, traditional, table=table)
    for table in (CLAIM_TABLE, LINES):
        yield from _hits(context, (TRADITIONAL,), lambda code: bool(listed(code)), table=table)


@check
def benh_chinh_khong_duoc_dung(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that the list in force forbids as such."""
    yield from _hits(context, (MAIN,), _marked_now(context, "khong_benh_chinh", "1"))


@check
def benh_chinh_khong_nen_dung(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that the former list calls unfit as such."""
    yield from _hits(context, (MAIN,), _marked(OLD, "khong_benh_chinh", "1"))


@check
def benh_chinh_han_che_dung(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that the list in force discourages as such."""
    yield from _hits(context, (MAIN,), _marked_now(context, "han_che_benh_chinh", "1"))


@check
def ma_benh_con_ma_chi_tiet(context: CheckContext) -> Iterable[Hits]:
    """Diagnoses written with a code that has more detailed ones."""
    marked = _marked_now(context, "co_ma_chi_tiet", "1")
    yield from _hits(context, BOTH, lambda code: marked(code) and not _longer(code))


@check
def ma_benh_chi_dung_khi_tu_vong(context: CheckContext) -> Iterable[Hits]:
    """Codes of death on a patient who lives and whose papers name no dead child."""
    claims = context.claims
    papers = claims["XML8"]
    named = papers.parent[~papers["NGAY_CONCHET"].missing & (papers.parent >= 0)]
    alive = ~in_set(context, CLAIM_TABLE, "KET_QUA_DTRI", "KET_QUA_TU_VONG")
    alive &= ~claims[CLAIM_TABLE]["KET_QUA_DTRI"].missing
    alive[named] = False
    yield from _hits(context, BOTH, _marked_now(context, "chi_tu_vong", "1"), alive)


@check
def benh_nu_o_nam(context: CheckContext) -> Iterable[Hits]:
    """Diagnoses of women on a man."""
    yield from _of_other_sex(context, "2")


@check
def benh_nam_o_nu(context: CheckContext) -> Iterable[Hits]:
    """Diagnoses of men on a woman."""
    yield from _of_other_sex(context, "1")


@check
def benh_chu_yeu_o_gioi_khac(context: CheckContext) -> Iterable[Hits]:
    """Diagnoses that the list in force finds mainly, but not only, in the other sex."""
    for sex in _SEXES:
        mainly, only = _marked_now(context, "gioi_chu_yeu", sex), _only_of(sex)

        def rare(code: str, mainly: CodeTest = mainly, only: CodeTest = only) -> bool:
            return mainly(code) and not only(code)

        yield from _hits(context, BOTH, rare, _other_sex(context, sex))


@check
def ma_benh_sai_tuoi(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses outside the ages of the former list; births known to the day only."""
    claims = context.claims[CLAIM_TABLE]
    born, came, main = claims["NGAY_SINH"], claims["NGAY_VAO"], claims[MAIN]
    whole = by_text(born, lambda text: "00" not in (text[4:6], text[6:8]))
    known = born.valid & whole & came.valid & (came.values >= born.values)
    rows = np.flatnonzero(known & by_text(main, lambda text: any(map(_ages(text).get, _AGES))))
    days = came.values[rows] // DAY - born.values[rows] // DAY
    years = months_between(born.values[rows], came.values[rows]) // 12
    wrong = [
        i
        for i, row in enumerate(rows.tolist())
        if _outside(_ages(main.text(row)), int(days[i]), int(years[i]))
    ]
    yield Hits(CLAIM_TABLE, rows[wrong], detail=[main.text(r) for r in rows[wrong].tolist()])


@lru_cache(_REMEMBERED)
def listed(text: str) -> str:
    """The longest code of the lists, without its dot, that `text` begins with; "" for none."""
    code, known = plain_icd(text), lists()
    for end in range(len(code), _CATEGORY - 1, -1):
        if code[:end] in known.old or code[:end] in known.new:
            return code[:end]
    return ""


@lru_cache(_REMEMBERED)
def _codes(text: str) -> tuple[str, ...]:
    return tuple(split(text))


class Lists(NamedTuple):
    """What the two lists say, at any time, by code without its dot.

    Attributes:
        old, new: code → attributes in the former list and in the list in force.
        new_since: minute from which the latter decides.
        parents: codes that have subdivisions.
        only: sex → codes that the former list gives to it alone: themselves, or every subdivision.
    """

    old: dict[str, Mapping[str, str]]
    new: dict[str, Mapping[str, str]]
    new_since: int
    parents: frozenset[str]
    only: dict[str, frozenset[str]]


@cache
def lists() -> Lists:
    """The two lists by code."""
    return kept("icd", _read_lists)


def _read_lists() -> Lists:
    old, new = (
        {row.code: row.attributes for row in code_list(name).rows if "." not in row.code}
        for name in (OLD, NEW)
    )
    parents = frozenset(c[:i] for c in (*old, *new) for i in range(_CATEGORY, len(c)))
    only = {sex: _only(old, sex) for sex in _SEXES}
    return Lists(old, new, int(code_list(NEW).epochs[0]), parents, only)


def _only(codes: Mapping[str, Mapping[str, str]], sex: str) -> frozenset[str]:
    marked = {code for code, attributes in codes.items() if attributes.get("gioi") == sex}
    below: dict[str, list[bool]] = {}
    for code in codes:
        for end in range(_CATEGORY, len(code)):
            below.setdefault(code[:end], []).append(code in marked)
    return frozenset(marked | {code for code, found in below.items() if all(found)})


def _ages(text: str) -> Mapping[str, str]:
    """What the former list says of the code, ages among it."""
    return lists().old.get(listed(text), {})


def _outside(limits: Mapping[str, str], days: int, years: int) -> bool:
    """Whether an age breaks a limit: in days, or in completed years."""
    low_day, high_day, low_year, high_year = (limits.get(key) for key in _AGES)
    low = (low_day and days < int(low_day)) or (low_year and years < int(low_year))
    high = (high_day and days > int(high_day)) or (high_year and years > int(high_year))
    return bool(low or high)


@lru_cache(_REMEMBERED)
def traditional(text: str) -> bool:
    """Whether it begins as only codes of traditional medicine do."""
    return plain_icd(text).startswith(tuple(parameters()["DAU_MA_YHCT"].sets[-1]))


def _unknown(text: str) -> bool:
    """Whether no list knows the code; codes of traditional medicine are another rule's matter."""
    return not listed(text) and not traditional(text)


def well_formed(text: str) -> bool:
    """Whether it has the shape of an ICD-10 code."""
    return _SHAPE.match(plain_icd(text)) is not None


def _longer(text: str) -> bool:
    return len(plain_icd(text)) > len(listed(text))


def _marked(name: str, attribute: str, value: str) -> CodeTest:
    codes = lists().old if name == OLD else lists().new

    def marked(text: str) -> bool:
        found = codes.get(listed(text))
        return found is not None and found.get(attribute) == value

    return marked


def _marked_now(context: CheckContext, attribute: str, value: str) -> CodeTest:
    """What the list in force says: the imported one if it has that column, else the one kept here.

    A code more detailed than the imported list stands for the longest code that it begins with.
    """
    imported = context.catalogues.table(_IMPORTED)
    column = _IMPORTED_COLUMNS[attribute, value]
    if imported is None or not any(imported.columns.get(column, ())):
        return _marked(NEW, attribute, value)
    known, wrong = imported.remembered(_codes_with, ""), imported.remembered(_codes_with, column)

    def marked(text: str) -> bool:
        code = plain_icd(text)
        own = (code[:end] for end in range(len(code), _CATEGORY - 1, -1) if code[:end] in known)
        return next(own, "") in wrong

    return marked


def _codes_with(imported: DatedTable, column: str) -> frozenset[str]:
    """Codes of the imported list with a mark in a column; all of them for ""."""
    codes = map(plain_icd, imported.columns["MA_BENH"])
    if not column:
        return frozenset(codes)
    marks = (plain(text) not in _NO_MARK for text in imported.columns[column])
    return frozenset(code for code, marked in zip(codes, marks, strict=True) if marked)


def _only_of(sex: str) -> CodeTest:
    """Codes that the former list gives to one sex only."""
    only = lists().only[sex]
    return lambda text: listed(text) in only


def _under_new_list(context: CheckContext) -> BoolArray:
    """Claims decided by the list that is known only in part."""
    when, dated = context.dates(CLAIM_TABLE)
    return dated & (when >= lists().new_since)


def _not_listed(context: CheckContext, field: str) -> Iterable[Hits]:
    new = _under_new_list(context)
    yield from _hits(context, (field,), _unknown, ~new)
    yield from _hits(context, (field,), lambda code: not well_formed(code), new)


def _other_sex(context: CheckContext, sex: str) -> BoolArray:
    """Claims of the sex opposite to `sex`; False where it is unknown."""
    other = {"1": "2", "2": "1"}[sex]
    return by_text(context.claims[CLAIM_TABLE]["GIOI_TINH"], lambda text: text == other)


def _of_other_sex(context: CheckContext, sex: str) -> Iterable[Hits]:
    """Codes of one sex on the other: by the former list alone, then by both lists."""
    new = _under_new_list(context)
    people, only, mainly = (
        _other_sex(context, sex),
        _only_of(sex),
        _marked_now(context, "gioi_chu_yeu", sex),
    )
    yield from _hits(context, BOTH, only, people & ~new)
    yield from _hits(context, BOTH, lambda t: only(t) and mainly(t), people & new)


def _hits(
    context: CheckContext,
    fields: Sequence[str],
    wrong: CodeTest,
    among: BoolArray | None = None,
    *,
    table: str = CLAIM_TABLE,
) -> Iterable[Hits]:
    """One hit per row with a wrong code in one of `fields`, at the first such field."""
    rows_of = context.claims[table]
    left = np.ones(len(rows_of), np.bool_) if among is None else among.copy()
    for field in fields:
        column = rows_of[field]
        rows = np.flatnonzero(left & _any_code(column, left, wrong))
        left[rows] = False
        yield Hits(table, rows, field, detail=_wrong_codes(column, rows.tolist(), wrong))


def _any_code(column: Column, among: BoolArray, wrong: CodeTest) -> BoolArray:
    """Rows with a wrong code, asked once per distinct list of the rows concerned."""
    lut = np.zeros(len(column.texts) + 1, np.bool_)
    for code in distinct(column.codes[among & ~column.missing]):
        lut[code] = any(map(wrong, _codes(column.texts[code])))
    return lut[column.codes]


def _wrong_codes(column: Column, rows: Sequence[int], wrong: CodeTest) -> Sequence[str]:
    return [", ".join(filter(wrong, _codes(column.text(row)))) for row in rows]
