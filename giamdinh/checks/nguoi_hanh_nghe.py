"""Checks of practitioners: who ordered, performed and read, against the staff list 02/DM.

Persons of another facility (telehealth, mobilised, technique transfer) whom the facility's list
does not have are not judged: their own facility's list would be needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, Coded
from giamdinh.catalogues.cells import minutes_of
from giamdinh.catalogues.people import Mentions, mentions, practitioners, staff_index, staff_keys
from giamdinh.catalogues.tables import OPEN_END, OPEN_START
from giamdinh.checks.chung import claim_flag, in_set
from giamdinh.rules.context import Hits, check
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

_SIGNED = (
    ("XML2", "MA_BAC_SI"),
    ("XML3", "MA_BAC_SI"),
    ("XML3", "NGUOI_THUC_HIEN"),
    ("XML4", "MA_BS_DOC_KQ"),
    ("XML5", "NGUOI_THUC_HIEN"),
)


@check
def nguoi_hanh_nghe_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Practitioner codes that the facility's staff list never had."""
    staff = context.catalogues.table("nhan_luc")
    for table, field in _SIGNED:
        if staff is None or table not in context.rule.fields:
            continue
        people = mentions(context.claims[table][field])
        when = context.dates(table)[0][people.rows]
        states = staff_index(staff).states(_facility(context, table, people), people.key, when)
        yield from _hits(table, field, people.take((states == ABSENT) & ~people.away))


@check
def nguoi_hanh_nghe_ngoai_thoi_gian(context: CheckContext) -> Iterable[Hits]:
    """Practitioners of the staff list without a row in force on the day they ordered or acted."""
    staff = context.catalogues.table("nhan_luc")
    for table, field in _SIGNED:
        if staff is None or table not in context.rule.fields:
            continue
        people, when = _acting(context, table, field)
        states = staff_index(staff).states(_facility(context, table, people), people.key, when)
        yield from _hits(table, field, people.take(states == CLOSED))


@check
def giay_phep_cap_sau_ngay_thuc_hien(context: CheckContext) -> Iterable[Hits]:
    """Practitioners whose licence, by every row in force, was issued after the day they acted.

    Only the licence number itself is judged, and only where a row has a single one: a person
    named by an older number may have held an older licence.
    """
    staff = context.catalogues.table("nhan_luc")
    for table, field in _SIGNED:
        if staff is None or table not in context.rule.fields:
            continue
        people, when = _acting(context, table, field)
        groups, which = staff_index(staff).rows_in_force(
            _facility(context, table, people), people.key, when
        )
        issued = np.array([_issued(staff, key, rows) for key, rows in groups], np.int64)
        late = issued[which] > when
        yield from _hits(table, field, people.take(late))


@check
def nguoi_ke_don_khong_phai_bac_si(context: CheckContext) -> Iterable[Hits]:
    """Drug lines ordered by a person whose professional title may not prescribe.

    Silent when any row in force leaves the title open or names one that may. A pharmacist may
    hand out drugs on a pick-up visit, a traditional practitioner may prescribe herbs.
    """
    staff = context.catalogues.table("nhan_luc")
    if staff is None:
        return
    table, field = "XML2", "MA_BAC_SI"
    people, when = _acting(context, table, field)
    groups, which = staff_index(staff).rows_in_force(
        _facility(context, table, people), people.key, when
    )
    titles = [_titles(staff, rows) for _, rows in groups]
    allowed = _allowed_titles(context, table)
    wrong = [
        bool(titles[group]) and titles[group].isdisjoint(allowed[row])
        for group, row in zip(which.tolist(), people.rows.tolist(), strict=True)
    ]
    yield from _hits(table, field, people.take(np.array(wrong, np.bool_)))


@check
def mot_nguoi_chi_dinh_thuc_hien_doc(context: CheckContext) -> Iterable[Hits]:
    """Lab and imaging lines whose only orderer, performer and reader is one and the same person."""
    lines, results = context.claims["XML3"], context.claims["XML4"]
    numbers: dict[str, int] = {}
    ordered = _only_person(lines["MA_BAC_SI"], numbers)
    performed = _only_person(lines["NGUOI_THUC_HIEN"], numbers)
    read = _only_person(results["MA_BS_DOC_KQ"], numbers)
    concerned = in_set(context, "XML3", "MA_NHOM", "NHOM_CLS")
    concerned &= (ordered >= 0) & (ordered == performed)
    hits = []
    for row in np.flatnonzero(concerned).tolist():
        claim, service = lines.parent[row], lines["MA_DICH_VU"].text(row)
        low, high = results.offsets[claim], results.offsets[claim + 1]
        readers = {
            int(read[i])
            for i in range(low, high)
            if service and results["MA_DICH_VU"].text(i) == service
        }
        if readers == {int(ordered[row])}:
            hits.append(row)
    yield Hits("XML3", np.array(hits, np.int64))


@check
def lan_giay_phep_va_so_dinh_danh(context: CheckContext) -> Iterable[Hits]:
    """Licence fields that hold an insurance or identity number, and the reverse."""
    plain = (pattern("MA_BHXH_10"), pattern("CCCD_12"))

    def is_plain(code: str) -> bool:
        return any(shape.fullmatch(code) for shape in plain)

    for table, field in _SIGNED:
        if table in context.rule.fields:
            people = mentions(context.claims[table][field])
            wrong = _each(people.code, is_plain)
            yield from _hits(table, field, people.take(wrong))
    for table in ("XML7", "XML11"):
        name = f"{table}.MA_BS"
        asked = [name in fields for fields in context.text_set("TRUONG_GHI_SO_BHXH", table)]
        people = mentions(context.claims[table]["MA_BS"])
        wrong = _each(people.code, lambda code: not code.isdigit())
        wrong &= np.array(asked, np.bool_)[people.rows]
        yield from _hits(table, "MA_BS", people.take(wrong))


def _facility(context: CheckContext, table: str, people: Mentions) -> Coded:
    """The facility of the claim that each person is named in."""
    column = context.claims[CLAIM_TABLE]["MA_CSKCB"]
    return Coded(column.codes[context.claims[table].parent[people.rows]], column.texts)


def _acting(context: CheckContext, table: str, field: str) -> tuple[Mentions, IntArray]:
    """The persons of a field with the day they acted, as minutes; without those of no day.

    The performer acts at NGAY_TH_YL, else like the orderer at NGAY_YL.
    """
    ordered = context.claims[table]["NGAY_YL"]
    when, valid = ordered.values, ordered.valid
    if field == "NGUOI_THUC_HIEN":
        done = context.claims[table]["NGAY_TH_YL"]
        when, valid = np.where(done.valid, done.values, when), valid | done.valid
    people = mentions(context.claims[table][field])
    people = people.take(valid[people.rows])
    return people, when[people.rows] // DAY * DAY


def _each(codes: Coded, test: Callable[[str], bool]) -> BoolArray:
    """Whether each element passes `test`, asked once per distinct code."""
    return np.array([*map(test, codes.texts), False], np.bool_)[codes.codes]


def _hits(table: str, field: str, people: Mentions) -> Iterable[Hits]:
    """One hit per row, its detail naming every person concerned."""
    if not people.rows.size:
        return
    named: dict[int, list[str]] = {}
    for row, code in zip(people.rows.tolist(), people.code.codes.tolist(), strict=True):
        named.setdefault(row, []).append(people.code.texts[code])
    rows = np.array(list(named), np.int64)
    details = ["; ".join(dict.fromkeys(codes)) for codes in named.values()]
    yield Hits(table, rows, field, detail=details)


def _issued(staff: DatedTable, key: str, rows: Sequence[int]) -> int:
    """The earliest moment the licence `key` may have been issued, by some rows of one person."""
    earliest = OPEN_END
    for row in rows:
        day = staff.text("NGAYCAP_CCHN", row)
        if not day or staff_keys(staff.text("MACCHN", row)) != [key]:
            return OPEN_START
        earliest = min(earliest, minutes_of(day))
    return earliest if rows else OPEN_START


def _titles(staff: DatedTable, rows: Sequence[int]) -> frozenset[str]:
    """The title codes of some rows; none when any row has none or writes it in words."""
    titles = [staff.text("CHUCDANH_NN", row).lstrip("0") for row in rows]
    return frozenset(titles) if all(title.isdigit() for title in titles) else frozenset()


def _allowed_titles(context: CheckContext, table: str) -> list[frozenset[str]]:
    """The titles that may order each drug line."""
    allowed = context.text_set("CHUC_DANH_KE_DON", table)
    pick_up = _pick_up(context, table)
    if pick_up.any():
        handing = context.text_set("CHUC_DANH_CAP_THUOC", table)
        allowed = [a | h if p else a for a, h, p in zip(allowed, handing, pick_up, strict=True)]
    drugs = context.claims[table]["MA_THUOC"]
    prefixes = context.text_set("DAU_MA_THUOC_YHCT", table)
    healers = context.text_set("CHUC_DANH_LUONG_Y", table)
    return [
        a | healers[row] if drugs.text(row).startswith(tuple(prefixes[row])) else a
        for row, a in enumerate(allowed)
    ]


def _pick_up(context: CheckContext, table: str) -> BoolArray:
    visits = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_LINH_THUOC")
    visits |= in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_LINH_THUOC")
    return claim_flag(context.claims, table, visits)


def _only_person(column: Column, numbers: dict[str, int]) -> IntArray:
    """A number for the one person each row names, shape (rows,); -1 for none or several."""
    lut = [-1] * (len(column.texts) + 1)
    for i, text in enumerate(column.texts):
        codes = {person.code for person in practitioners(text)}
        if len(codes) == 1:
            lut[i] = numbers.setdefault(codes.pop(), len(numbers))
    return np.array(lut, np.int64)[column.codes]
