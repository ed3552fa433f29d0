"""Diagnosis codes: codes outside the lists, and codes the lists mark as unfit for a use.

A hospital code may be more detailed than the list; it then stands for the longest code of the list
that it begins with.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import by_text, in_set
from giamdinh.rules.calendars import months_between
from giamdinh.rules.context import Hits, check
from giamdinh.rules.params import parameters
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import code_list, plain_icd
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from giamdinh.model import BoolArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

    CodeTest = Callable[[str], bool]

LINES = "XML3"
MAIN, OTHERS, TRADITIONAL = "MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH_YHCT"
BOTH = (MAIN, OTHERS)
OLD, NEW = "icd10", "icd10_tt06"
_CATEGORY = 3
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
    yield from _hits(context, (MAIN,), lambda code: _unknown(code) and _well_formed(code))


@check
def ma_benh_con_khong_co(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses with a subdivision that their subdivided category does not have."""
    parents = _parents()
    yield from _hits(context, (MAIN,), lambda code: listed(code) in parents and _longer(code))


@check
def ma_yhct_lan_voi_icd(context: CheckContext) -> Iterable[Hits]:
    """Codes of traditional medicine in an ICD field, or ICD codes in the traditional field."""
    for table, fields in ((CLAIM_TABLE, BOTH), (LINES, ("MA_BENH",))):
        yield from _hits(context, fields, _traditional, table=table)
    for table in (CLAIM_TABLE, LINES):
        yield from _hits(context, (TRADITIONAL,), lambda code: bool(listed(code)), table=table)


@check
def benh_chinh_khong_duoc_dung(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that the list in force forbids as such."""
    yield from _hits(context, (MAIN,), _marked(NEW, "khong_benh_chinh", "1"))


@check
def benh_chinh_khong_nen_dung(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that the former list calls unfit as such."""
    yield from _hits(context, (MAIN,), _marked(OLD, "khong_benh_chinh", "1"))


@check
def benh_chinh_han_che_dung(context: CheckContext) -> Iterable[Hits]:
    """Main diagnoses that the list in force discourages as such."""
    yield from _hits(context, (MAIN,), _marked(NEW, "han_che_benh_chinh", "1"))


@check
def ma_benh_con_ma_chi_tiet(context: CheckContext) -> Iterable[Hits]:
    """Diagnoses written with a code that has more detailed ones."""
    marked = _marked(NEW, "co_ma_chi_tiet", "1")
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
    yield from _hits(context, BOTH, _marked(NEW, "chi_tu_vong", "1"), alive)


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
    for sex in ("1", "2"):
        mainly, only = _marked(NEW, "gioi_chu_yeu", sex), _only_of(sex)

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
    limits = _age_limits()
    rows = np.flatnonzero(known & by_text(main, lambda text: listed(text) in limits))
    days = came.values[rows] // DAY - born.values[rows] // DAY
    years = months_between(born.values[rows], came.values[rows]) // 12
    wrong = [
        i
        for i, row in enumerate(rows.tolist())
        if _outside(limits[listed(main.text(row))], int(days[i]), int(years[i]))
    ]
    yield Hits(CLAIM_TABLE, rows[wrong], detail=[main.text(r) for r in rows[wrong].tolist()])


@lru_cache(_REMEMBERED)
def listed(text: str) -> str:
    """The longest code of the lists, without its dot, that `text` begins with; "" for none."""
    code, known = plain_icd(text), _known()
    for end in range(len(code), _CATEGORY - 1, -1):
        if code[:end] in known:
            return code[:end]
    return ""


@lru_cache(_REMEMBERED)
def _codes(text: str) -> tuple[str, ...]:
    return tuple(split(text))


@cache
def _known() -> frozenset[str]:
    rows = (*code_list(OLD).rows, *code_list(NEW).rows)
    return frozenset(row.code for row in rows if "." not in row.code)


@cache
def _parents() -> frozenset[str]:
    """Codes that have subdivisions."""
    return frozenset(code[:i] for code in _known() for i in range(_CATEGORY, len(code)))


@cache
def _attribute(name: str, attribute: str) -> dict[str, str]:
    """Code → attribute in a list, at any time."""
    rows = code_list(name).rows
    return {r.code: r.attributes[attribute] for r in rows if attribute in r.attributes}


@cache
def _age_limits() -> dict[str, tuple[int, int, int, int]]:
    """Code → youngest and oldest age in days, youngest and oldest in completed years."""
    found: dict[str, tuple[int, int, int, int]] = {}
    keys = ("tuoi_tu_ngay", "tuoi_den_ngay", "tuoi_tu_nam", "tuoi_den_nam")
    for row in code_list(OLD).rows:
        if any(key in row.attributes for key in keys):
            low_day, low_year = (int(row.attributes.get(k, "0")) for k in keys[::2])
            high_day, high_year = (int(row.attributes.get(k, "999999")) for k in keys[1::2])
            found[row.code] = (low_day, high_day, low_year, high_year)
    return found


def _outside(limits: tuple[int, int, int, int], days: int, years: int) -> bool:
    low_day, high_day, low_year, high_year = limits
    return not (low_day <= days <= high_day and low_year <= years <= high_year)


@lru_cache(_REMEMBERED)
def _traditional(text: str) -> bool:
    """Whether it begins as only codes of traditional medicine do."""
    return plain_icd(text).startswith(tuple(parameters()["DAU_MA_YHCT"].sets[-1]))


def _unknown(text: str) -> bool:
    """Whether no list knows the code; codes of traditional medicine are another rule's matter."""
    return not listed(text) and not _traditional(text)


def _well_formed(text: str) -> bool:
    return _SHAPE.match(plain_icd(text)) is not None


def _longer(text: str) -> bool:
    return len(plain_icd(text)) > len(listed(text))


def _marked(name: str, attribute: str, value: str) -> CodeTest:
    marks = _attribute(name, attribute)
    return lambda text: marks.get(listed(text)) == value


@cache
def _only_of(sex: str) -> CodeTest:
    """Codes that the former list gives to one sex only: themselves or all their subdivisions."""
    marks = {code for code, value in _attribute(OLD, "gioi").items() if value == sex}
    below: dict[str, list[bool]] = {}
    for row in code_list(OLD).rows:
        for end in range(_CATEGORY, len(row.code)):
            below.setdefault(row.code[:end], []).append(row.code in marks)

    def only(text: str) -> bool:
        code = listed(text)
        return code in marks or all(below.get(code, [False]))

    return only


def _under_new_list(context: CheckContext) -> BoolArray:
    """Claims decided by the list that is known only in part."""
    when, dated = context.dates(CLAIM_TABLE)
    return dated & (code_list(NEW).epoch_of(when) >= 0)


def _not_listed(context: CheckContext, field: str) -> Iterable[Hits]:
    new = _under_new_list(context)
    yield from _hits(context, (field,), _unknown, ~new)
    yield from _hits(context, (field,), lambda code: not _well_formed(code), new)


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
        _marked(NEW, "gioi_chu_yeu", sex),
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
    for code in np.unique(column.codes[among & ~column.missing]).tolist():
        lut[code] = any(map(wrong, _codes(column.texts[code])))
    return lut[column.codes]


def _wrong_codes(column: Column, rows: Sequence[int], wrong: CodeTest) -> Sequence[str]:
    return [", ".join(filter(wrong, _codes(column.text(row)))) for row in rows]
