"""Checks of practitioners: who ordered, performed and read, against the staff list 02/DM.

Persons of another facility (telehealth, mobilised, technique transfer) whom the facility's list
does not have are not judged: their own facility's list would be needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among
from giamdinh.catalogues import ABSENT, CLOSED
from giamdinh.catalogues.cells import minutes_of
from giamdinh.catalogues.people import practitioners, staff_index, staff_keys
from giamdinh.catalogues.tables import OPEN_END, OPEN_START, placed, states_of
from giamdinh.checks.chung import Groups, claim_flag, home, in_set, persons, services
from giamdinh.checks.duoc_lam import allowed_in, barred, starting, widened
from giamdinh.rules.context import Hits, check
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from giamdinh.catalogues import Coded, DatedTable
    from giamdinh.catalogues.people import Mentions
    from giamdinh.catalogues.tables import Period, Timeline
    from giamdinh.checks.duoc_lam import Allowed
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

_DAYS = {
    "MA_BAC_SI": ("NGAY_YL",),
    "NGUOI_THUC_HIEN": ("NGAY_TH_YL", "NGAY_YL"),
    "MA_BS_DOC_KQ": ("NGAY_KQ",),
}
"""The day a person of each field acted: the first of these that is known."""
_SIGNED = (
    ("XML2", "MA_BAC_SI"),
    ("XML3", "MA_BAC_SI"),
    ("XML3", "NGUOI_THUC_HIEN"),
    ("XML4", "MA_BS_DOC_KQ"),
    ("XML5", "NGUOI_THUC_HIEN"),
)


@dataclass(frozen=True, slots=True)
class Acted:
    """The persons of a field with what the staff list says of them on the day they acted.

    Attributes:
        people: every person named.
        when: shape (n,), the day as minutes; `known` where there is one.
        periods, which: the list's word about each person, shape (n,) into `periods`.
    """

    people: Mentions
    when: IntArray
    known: BoolArray
    periods: Sequence[Period]
    which: IntArray


@check
def nguoi_hanh_nghe_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Practitioner codes that the facility's staff list never had."""
    staff = context.catalogues.tables["nhan_luc"]
    for table, field in _signed(context):
        people = persons(context, table, field)
        when = context.dates(table)[0][people.rows]
        states = states_of(*placed(*_timelines(context, staff, table, field), when))
        yield from _hits(table, field, people.take((states == ABSENT) & ~people.away))


@check
def nguoi_hanh_nghe_ngoai_thoi_gian(context: CheckContext) -> Iterable[Hits]:
    """Practitioners of the staff list without a row in force on the day they ordered or acted."""
    staff = context.catalogues.tables["nhan_luc"]
    for table, field in _signed(context):
        acted = acting(context, staff, table, field)
        closed = np.array([period.state == CLOSED for period in acted.periods], np.bool_)
        yield from _hits(table, field, acted.people.take(closed[acted.which] & acted.known))


@check
def giay_phep_cap_sau_ngay_thuc_hien(context: CheckContext) -> Iterable[Hits]:
    """Practitioners whose licence, by every row in force, was issued after the day they acted.

    Only the licence number itself is judged, and only where a row has a single one: a person
    named by an older number may have held an older licence.
    """
    staff = context.catalogues.tables["nhan_luc"]
    for table, field in _signed(context):
        acted = acting(context, staff, table, field)
        issued = np.array([staff.remembered(_issued, period[:2]) for period in acted.periods])
        late = issued.astype(np.int64)[acted.which] > acted.when
        yield from _hits(table, field, acted.people.take(late & acted.known))


@check
def nguoi_ke_don_khong_phai_bac_si(context: CheckContext) -> Iterable[Hits]:
    """Drug lines ordered by a person whose professional title may not prescribe.

    Silent when any row in force leaves the title open or names one that may. A pharmacist may
    hand out drugs on a pick-up visit, a traditional practitioner may prescribe herbs.
    """
    table, field = "XML2", "MA_BAC_SI"
    people, wrong = _wrong_titles(context, table, field, _allowed_titles(context, table))
    yield from _hits(table, field, people.take(wrong))


@check
def nguoi_kham_sai_chuc_danh(context: CheckContext) -> Iterable[Hits]:
    """Exam fees none of whose performers has a title that may examine."""
    table, field = "XML3", "NGUOI_THUC_HIEN"
    traditional = starting(context, table, "MA_DICH_VU", "DAU_MA_KHAM_YHCT")
    allowed = allowed_in(context, "CHUC_DANH_KHAM", table)
    allowed = widened(allowed, allowed_in(context, "CHUC_DANH_KHAM_YHCT", table), traditional)
    people, wrong = _wrong_titles(context, table, field, allowed)
    exams = in_set(context, table, "MA_NHOM", "NHOM_KHAM")
    exams = exams & ~context.claims[table]["MA_DICH_VU"].missing
    yield from _hits(table, field, people.take(nobody(people, wrong) & exams[people.rows]))


@check
def phau_thuat_khong_co_bac_si(context: CheckContext) -> Iterable[Hits]:
    """Operations none of whose performers is a doctor."""
    table, field = "XML3", "NGUOI_THUC_HIEN"
    allowed = allowed_in(context, "CHUC_DANH_PHAU_THUAT", table)
    people, wrong = _wrong_titles(context, table, field, allowed)
    operations = in_set(context, table, "MA_NHOM", "NHOM_PT")
    yield from _hits(table, field, people.take(nobody(people, wrong) & operations[people.rows]))


@check
def nguoi_doc_khong_phai_bac_si(context: CheckContext) -> Iterable[Hits]:
    """Imaging and functional tests none of whose results was read by a doctor.

    A result belongs to the lines of its claim with the same service.
    """
    allowed = allowed_in(context, "CHUC_DANH_DOC_KET_QUA", "XML4")
    people, wrong = _wrong_titles(context, "XML4", "MA_BS_DOC_KQ", allowed)
    by_service = services(context)
    key = by_service.given[people.rows]
    concerned = among(key, key[wrong])
    people, wrong, readers = people.take(concerned), wrong[concerned], Groups.of(key[concerned])
    imaging = in_set(context, "XML3", "MA_NHOM", "NHOM_CDHA")
    imaging = imaging | in_set(context, "XML3", "MA_NHOM", "NHOM_TDCN")
    asked = readers.find(by_service.asked)
    bad = readers.lowest(wrong.astype(np.int64), asked, otherwise=0) == 1
    hits = np.flatnonzero(imaging & bad)
    codes = people.codes()
    details = [
        "; ".join(dict.fromkeys(codes[i] for i in readers.members(group)))
        for group in asked[hits].tolist()
    ]
    yield Hits("XML3", hits, detail=details)


@check
def mot_nguoi_chi_dinh_thuc_hien_doc(context: CheckContext) -> Iterable[Hits]:
    """Lab and imaging lines whose only orderer, performer and reader is one and the same person."""
    lines, results, by_service = context.claims["XML3"], context.claims["XML4"], services(context)
    numbers: dict[str, int] = {}
    ordered = _only_person(lines["MA_BAC_SI"], numbers)
    performed = _only_person(lines["NGUOI_THUC_HIEN"], numbers)
    read = _only_person(results["MA_BS_DOC_KQ"], numbers)
    readers, asked = by_service.results, by_service.result_of
    alone = (ordered >= 0) & (ordered == performed) & (asked >= 0)
    alone &= in_set(context, "XML3", "MA_NHOM", "NHOM_CLS")
    alone &= readers.lowest(read, asked, otherwise=-1) == ordered
    alone &= -readers.lowest(-read, asked, otherwise=1) == ordered
    yield Hits("XML3", np.flatnonzero(alone))


@check
def lan_giay_phep_va_so_dinh_danh(context: CheckContext) -> Iterable[Hits]:
    """Licence fields that hold an insurance or identity number, and the reverse."""
    for table, field in _signed(context):
        people = persons(context, table, field)
        yield from _hits(table, field, people.take(_each(people.code, _is_plain)))
    for table in ("XML7", "XML11"):
        name = f"{table}.MA_BS"
        epochs, sets = context.text_sets("TRUONG_GHI_SO_BHXH", table)
        asked = np.array([name in fields for fields in sets], np.bool_)[epochs]
        people = persons(context, table, "MA_BS")
        wrong = _each(people.code, lambda code: not code.isdigit()) & asked[people.rows]
        yield from _hits(table, "MA_BS", people.take(wrong))


@lru_cache(2**14)
def _is_plain(code: str) -> bool:
    """Whether a code is an insurance or identity number."""
    shapes = (pattern("MA_BHXH_10"), pattern("CCCD_12"))
    return any(shape.fullmatch(code) for shape in shapes)


def _signed(context: CheckContext) -> Iterator[tuple[str, str]]:
    """The fields of the card's tables that name practitioners."""
    return ((table, field) for table, field in _SIGNED if table in context.rule.fields)


def acting(context: CheckContext, staff: DatedTable, table: str, field: str) -> Acted:
    """The persons of a field and the staff list's word about them, once per batch."""

    def found() -> Acted:
        people = persons(context, table, field)
        when, known = _day_acted(context, table, field)
        day = when[people.rows]
        periods, which = placed(*_timelines(context, staff, table, field), day)
        return Acted(people, day, known[people.rows], periods, which)

    return context.batch.once(("acting", table, field), found)


def _timelines(
    context: CheckContext, staff: DatedTable, table: str, field: str
) -> tuple[IntArray, list[Timeline[Period]]]:
    """What the staff list says at all times of the persons of a field, once per batch."""

    def found() -> tuple[IntArray, list[Timeline[Period]]]:
        people = persons(context, table, field)
        facility = home(context, table, people.rows)
        return staff_index(staff).timelines(facility, people.key)

    return context.batch.once(("staff", table, field), found)


def _day_acted(context: CheckContext, table: str, field: str) -> tuple[IntArray, BoolArray]:
    """The day, as minutes, on which the persons of each row acted, and where it is known."""
    rows = len(context.claims[table])
    when, valid = np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    for name in _DAYS[field]:
        day = context.claims[table][name]
        when, valid = np.where(valid, when, day.values), valid | day.valid
    return when // DAY * DAY, valid


def _each(codes: Coded, test: Callable[[str], bool]) -> BoolArray:
    """Whether each element passes `test`, asked once per distinct code."""
    return np.array([*map(test, codes.texts), False], np.bool_)[codes.codes]


def _hits(table: str, field: str, people: Mentions) -> Iterable[Hits]:
    """One hit per row, its detail naming every person concerned."""
    found = named(people)
    yield Hits(table, np.array(list(found), np.int64), field, detail=list(found.values()))


def named(people: Mentions) -> dict[int, str]:
    """The persons of each row as one text."""
    found: dict[int, dict[str, None]] = {}
    for row, code in zip(people.rows.tolist(), people.codes(), strict=True):
        found.setdefault(row, {})[code] = None
    return {row: "; ".join(codes) for row, codes in found.items()}


def _issued(staff: DatedTable, licence: tuple[str, tuple[int, ...]]) -> int:
    """The earliest moment a licence may have been issued, given its key and a person's rows."""
    key, rows = licence
    earliest = OPEN_END
    for row in rows:
        day = staff.text("NGAYCAP_CCHN", row)
        if not day or staff_keys(staff.text("MACCHN", row)) != [key]:
            return OPEN_START
        earliest = min(earliest, minutes_of(day))
    return earliest if rows else OPEN_START


def nobody(people: Mentions, wrong: BoolArray) -> BoolArray:
    """Persons, shape (n,), of the rows where each and every person is `wrong`."""
    if not wrong.any():
        return wrong
    right = np.zeros(int(people.rows.max(initial=-1)) + 1, np.bool_)
    right[people.rows[~wrong]] = True
    return ~right[people.rows]


def _wrong_titles(
    context: CheckContext, table: str, field: str, allowed: Allowed
) -> tuple[Mentions, BoolArray]:
    """The persons of a field, and who of them, by every title in force, may not act.

    Somebody whose day, row in the list or title is not known is not wrong.

    Args:
        context: the rule and its batch.
        table: table of the field.
        field: where the persons are named.
        allowed: the titles that may act, for each row of the table.
    """
    staff = context.catalogues.tables["nhan_luc"]
    acted = acting(context, staff, table, field)
    forbidden = barred(staff, acted.periods, allowed)
    wrong = forbidden[acted.which, allowed.which[acted.people.rows]]
    return acted.people, wrong & acted.known


def _allowed_titles(context: CheckContext, table: str) -> Allowed:
    """The titles that may order each drug line."""
    allowed = allowed_in(context, "CHUC_DANH_KE_DON", table)
    handing = allowed_in(context, "CHUC_DANH_CAP_THUOC", table)
    allowed = widened(allowed, handing, _pick_up(context, table))
    herbs = starting(context, table, "MA_THUOC", "DAU_MA_THUOC_YHCT")
    return widened(allowed, allowed_in(context, "CHUC_DANH_LUONG_Y", table), herbs)


def _pick_up(context: CheckContext, table: str) -> BoolArray:
    visits = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_LINH_THUOC")
    visits = visits | in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_LINH_THUOC")
    return claim_flag(context.claims, table, visits)


def _only_person(column: Column, numbers: dict[str, int]) -> IntArray:
    """A number for the one person each row names, shape (rows,); -1 for none or several."""
    lut = [-1] * (len(column.texts) + 1)
    for i, text in enumerate(column.texts):
        codes = {person.code for person in practitioners(text)}
        if len(codes) == 1:
            lut[i] = numbers.setdefault(codes.pop(), len(numbers))
    return np.array(lut, np.int64)[column.codes]
