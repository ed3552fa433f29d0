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


@check
def nguoi_hanh_nghe_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Practitioner codes that the facility's staff list never had."""
    staff = context.catalogues.table("nhan_luc")
    for table, field in _SIGNED:
        if staff is None or table not in context.rule.fields:
            continue
        people = mentions(context.claims[table][field])
        when = context.dates(table)[0][people.rows]
        states = staff_index(staff).states(facility_of(context, table, people), people.key, when)
        yield from _hits(table, field, people.take((states == ABSENT) & ~people.away))


@check
def nguoi_hanh_nghe_ngoai_thoi_gian(context: CheckContext) -> Iterable[Hits]:
    """Practitioners of the staff list without a row in force on the day they ordered or acted."""
    staff = context.catalogues.table("nhan_luc")
    for table, field in _SIGNED:
        if staff is None or table not in context.rule.fields:
            continue
        people, when = acting(context, table, field)
        states = staff_index(staff).states(facility_of(context, table, people), people.key, when)
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
        people, when = acting(context, table, field)
        groups, which = staff_index(staff).rows_in_force(
            facility_of(context, table, people), people.key, when
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
    table, field = "XML2", "MA_BAC_SI"
    people, wrong = _wrong_titles(context, table, field, _allowed_titles(context, table))
    yield from _hits(table, field, people.take(wrong))


@check
def nguoi_kham_sai_chuc_danh(context: CheckContext) -> Iterable[Hits]:
    """Exam fees none of whose performers has a title that may examine."""
    table, field = "XML3", "NGUOI_THUC_HIEN"
    services = context.claims[table]["MA_DICH_VU"]
    allowed = context.text_set("CHUC_DANH_KHAM", table)
    healers = context.text_set("CHUC_DANH_KHAM_YHCT", table)
    prefixes = context.text_set("DAU_MA_KHAM_YHCT", table)
    allowed = [
        a | healers[row] if services.text(row).startswith(tuple(prefixes[row])) else a
        for row, a in enumerate(allowed)
    ]
    people, wrong = _wrong_titles(context, table, field, allowed)
    exams = in_set(context, table, "MA_NHOM", "NHOM_KHAM") & ~services.missing
    yield from _hits(table, field, people.take(nobody(people, wrong) & exams[people.rows]))


@check
def phau_thuat_khong_co_bac_si(context: CheckContext) -> Iterable[Hits]:
    """Operations none of whose performers is a doctor."""
    table, field = "XML3", "NGUOI_THUC_HIEN"
    allowed = context.text_set("CHUC_DANH_PHAU_THUAT", table)
    people, wrong = _wrong_titles(context, table, field, allowed)
    operations = in_set(context, table, "MA_NHOM", "NHOM_PT")
    yield from _hits(table, field, people.take(nobody(people, wrong) & operations[people.rows]))


@check
def nguoi_doc_khong_phai_bac_si(context: CheckContext) -> Iterable[Hits]:
    """Imaging and functional tests none of whose results was read by a doctor.

    A result belongs to the lines of its claim with the same service.
    """
    table, lines = "XML4", context.claims["XML3"]
    allowed = context.text_set("CHUC_DANH_DOC_KET_QUA", table)
    people, wrong = _wrong_titles(context, table, "MA_BS_DOC_KQ", allowed)
    results = context.claims[table]
    readers: dict[tuple[int, str], dict[str, bool]] = {}
    for row, code, bad in zip(people.rows.tolist(), people.codes(), wrong.tolist(), strict=True):
        service = int(results.parent[row]), results["MA_DICH_VU"].text(row)
        of_service = readers.setdefault(service, {})
        of_service[code] = of_service.get(code, True) and bad
    imaging = in_set(context, "XML3", "MA_NHOM", "NHOM_CDHA")
    imaging |= in_set(context, "XML3", "MA_NHOM", "NHOM_TDCN")
    hits, details = [], []
    for row in np.flatnonzero(imaging & ~lines["MA_DICH_VU"].missing).tolist():
        found = readers.get((int(lines.parent[row]), lines["MA_DICH_VU"].text(row)), {})
        if found and all(found.values()):
            hits.append(row)
            details.append("; ".join(found))
    yield Hits("XML3", np.array(hits, np.int64), detail=details)


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


def facility_of(context: CheckContext, table: str, people: Mentions) -> Coded:
    """The facility of the claim that each person is named in."""
    column = context.claims[CLAIM_TABLE]["MA_CSKCB"]
    return Coded(column.codes[context.claims[table].parent[people.rows]], column.texts)


def acting(context: CheckContext, table: str, field: str) -> tuple[Mentions, IntArray]:
    """The persons of a field with the day they acted, as minutes; without those of no day."""
    when, valid = _day_acted(context, table, field)
    people = mentions(context.claims[table][field])
    people = people.take(valid[people.rows])
    return people, when[people.rows]


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


def _issued(staff: DatedTable, key: str, rows: Sequence[int]) -> int:
    """The earliest moment the licence `key` may have been issued, by some rows of one person."""
    earliest = OPEN_END
    for row in rows:
        day = staff.text("NGAYCAP_CCHN", row)
        if not day or staff_keys(staff.text("MACCHN", row)) != [key]:
            return OPEN_START
        earliest = min(earliest, minutes_of(day))
    return earliest if rows else OPEN_START


def nobody(people: Mentions, wrong: BoolArray) -> BoolArray:
    """Persons, shape (n,), of the rows where each and every person is `wrong`."""
    right = np.zeros(int(people.rows.max(initial=-1)) + 1, np.bool_)
    right[people.rows[~wrong]] = True
    return ~right[people.rows]


def _wrong_titles(
    context: CheckContext, table: str, field: str, allowed: Sequence[frozenset[str]]
) -> tuple[Mentions, BoolArray]:
    """The persons of a field, and who of them, by every title in force, may not act.

    Somebody whose day, row in the list or title is not known is not wrong.

    Args:
        context: the rule and its batch.
        table: table of the field.
        field: where the persons are named.
        allowed: the titles that may act, for each row of the table.
    """
    people = mentions(context.claims[table][field])
    staff = context.catalogues.table("nhan_luc")
    if staff is None:
        return people, np.zeros(people.rows.size, np.bool_)
    when, known = _day_acted(context, table, field)
    groups, which = staff_index(staff).rows_in_force(
        facility_of(context, table, people), people.key, when[people.rows]
    )
    titles = [_titles(staff, rows) for _, rows in groups]
    wrong = [
        bool(titles[group]) and titles[group].isdisjoint(allowed[row])
        for group, row in zip(which.tolist(), people.rows.tolist(), strict=True)
    ]
    return people, np.array(wrong, np.bool_) & known[people.rows]


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
