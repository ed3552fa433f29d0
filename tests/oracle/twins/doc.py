"""Twins of the checks of practitioners against the facility's staff list."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import Shelf
from tests.oracle.twins.doc_times import in_group, people
from tests.oracle.twins.helpers import ABSENT, CLOSED, paid

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = ("MACCHN", "SO_DINH_DANH", "MA_BHXH", "SO_CCCD")
SIGNED = (
    ("XML2", "MA_BAC_SI"),
    ("XML3", "MA_BAC_SI"),
    ("XML3", "NGUOI_THUC_HIEN"),
    ("XML4", "MA_BS_DOC_KQ"),
    ("XML5", "NGUOI_THUC_HIEN"),
)
DAYS = {
    "MA_BAC_SI": ("NGAY_YL",),
    "NGUOI_THUC_HIEN": ("NGAY_TH_YL", "NGAY_YL"),
    "MA_BS_DOC_KQ": ("NGAY_KQ",),
}


def key_of(code: str) -> str:
    """A spreadsheet eats the leading zeros of a plain number."""
    return code.lstrip("0") if code.isdigit() else code


def numbers_of(text: str) -> list[str]:
    return [key_of(code) for code, _ in people(text)]


def staff(card: Card) -> Shelf:
    return Shelf(
        card.items("nhan_luc"), lambda item: [n for c in NUMBERS for n in numbers_of(item[c])]
    )


def day_acted(row: Row, field: str) -> datetime | None:
    moment = next((row[name] for name in DAYS[field] if row[name] is not None), None)
    return moment and datetime.combine(moment.date(), datetime.min.time())


def rows_of(shelf: Shelf, row: Row, code: str, day: datetime | None) -> list[Item]:
    """The rows of the staff list in force for a person on a day; none on an unknown day."""
    found = shelf.rows(row.claim["MA_CSKCB"] or "", key_of(code))
    return [item for item in found if item.on(day)] if day and row.claim["MA_CSKCB"] else []


def signed(card: Card, claim: Claim) -> Iterator[tuple[Row, str]]:
    for table, field in SIGNED:
        if table in card.tables:
            for row in claim.rows(table):
                if row[field] is not None:
                    yield row, field


@twin
def nguoi_hanh_nghe_khong_co_trong_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    shelf, place = staff(card), claim["MA_CSKCB"] or ""
    for row, field in signed(card, claim):
        for code, away in people(row[field]):
            if not away and shelf.state(place, key_of(code), card.day(row)) == ABSENT:
                yield Hit(row, field)
                break


@twin
def nguoi_hanh_nghe_ngoai_thoi_gian(card: Card, claim: Claim) -> Iterator[Hit]:
    shelf, place = staff(card), claim["MA_CSKCB"] or ""
    for row, field in signed(card, claim):
        day = day_acted(row, field)
        codes = [key_of(code) for code, _ in people(row[field])]
        if day is not None and any(shelf.state(place, c, day) == CLOSED for c in codes):
            yield Hit(row, field)


@twin
def giay_phep_cap_sau_ngay_thuc_hien(card: Card, claim: Claim) -> Iterator[Hit]:
    shelf = staff(card)
    for row, field in signed(card, claim):
        day = day_acted(row, field)
        for code, _ in people(row[field]):
            rows = rows_of(shelf, row, code, day)
            single = all(numbers_of(item["MACCHN"]) == [key_of(code)] for item in rows)
            issued = [item["NGAYCAP_CCHN"] for item in rows]
            if rows and single and all(issued) and day and min(issued) > f"{day:%Y%m%d}":
                yield Hit(row, field)
                break


def may_not(shelf: Shelf, row: Row, field: str, code: str, allowed: frozenset[str]) -> bool:
    """Whether none of a person's titles, all of them known, is an allowed one."""
    rows = rows_of(shelf, row, code, day_acted(row, field))
    titles = [item["CHUCDANH_NN"].lstrip("0") for item in rows]
    return bool(titles) and all(t.isdigit() and t not in allowed for t in titles)


@twin
def nguoi_ke_don_khong_phai_bac_si(card: Card, claim: Claim) -> Iterator[Hit]:
    shelf = staff(card)
    pick_up = claim["MA_LOAI_KCB"] in card.texts("LOAI_KCB_LINH_THUOC", claim.head) or claim[
        "MA_DOITUONG_KCB"
    ] in card.texts("MA_DOI_TUONG_LINH_THUOC", claim.head)
    for row in claim.rows("XML2"):
        allowed = card.texts("CHUC_DANH_KE_DON", row)
        if pick_up:
            allowed |= card.texts("CHUC_DANH_CAP_THUOC", row)
        if (row["MA_THUOC"] or "").startswith(tuple(card.texts("DAU_MA_THUOC_YHCT", row))):
            allowed |= card.texts("CHUC_DANH_LUONG_Y", row)
        codes = [code for code, _ in people(row["MA_BAC_SI"])]
        if any(may_not(shelf, row, "MA_BAC_SI", code, allowed) for code in codes):
            yield Hit(row, "MA_BAC_SI")


@twin
def phau_thuat_khong_co_bac_si(card: Card, claim: Claim) -> Iterator[Hit]:
    field, shelf = "NGUOI_THUC_HIEN", staff(card)
    for row in claim.rows("XML3"):
        doctors = card.texts("CHUC_DANH_PHAU_THUAT", row)
        team = [code for code, _ in people(row[field])]
        wrong = all(may_not(shelf, row, field, code, doctors) for code in team)
        if team and wrong and in_group(card, row, "NHOM_PT"):
            yield Hit(row, field)


@twin
def nguoi_kham_sai_chuc_danh(card: Card, claim: Claim) -> Iterator[Hit]:
    field, shelf = "NGUOI_THUC_HIEN", staff(card)
    for row in claim.rows("XML3"):
        code, allowed = row["MA_DICH_VU"], card.texts("CHUC_DANH_KHAM", row)
        if code is None or not in_group(card, row, "NHOM_KHAM"):
            continue
        if code.startswith(tuple(card.texts("DAU_MA_KHAM_YHCT", row))):
            allowed |= card.texts("CHUC_DANH_KHAM_YHCT", row)
        team = [one for one, _ in people(row[field])]
        if team and all(may_not(shelf, row, field, one, allowed) for one in team):
            yield Hit(row)


def results_of(row: Row) -> list[Row]:
    """The results of the claim for the service of a line."""
    code = row["MA_DICH_VU"]
    return [r for r in row.claim.rows("XML4") if code is not None and r["MA_DICH_VU"] == code]


@twin
def nguoi_doc_khong_phai_bac_si(card: Card, claim: Claim) -> Iterator[Hit]:
    field, shelf = "MA_BS_DOC_KQ", staff(card)
    for row in claim.rows("XML3"):
        readers = [(r, code) for r in results_of(row) for code, _ in people(r[field])]
        imaging = in_group(card, row, "NHOM_CDHA") or in_group(card, row, "NHOM_TDCN")
        wrong = all(
            may_not(shelf, r, field, code, card.texts("CHUC_DANH_DOC_KET_QUA", r))
            for r, code in readers
        )
        if imaging and readers and wrong:
            yield Hit(row)


@twin
def mot_nguoi_chi_dinh_thuc_hien_doc(card: Card, claim: Claim) -> Iterator[Hit]:
    def only(text: str | None) -> str:
        codes = {code for code, _ in people(text)}
        return codes.pop() if len(codes) == 1 else ""

    for row in claim.rows("XML3"):
        who = only(row["MA_BAC_SI"])
        readers = [only(result["MA_BS_DOC_KQ"]) for result in results_of(row)]
        if not who or not readers or not in_group(card, row, "NHOM_CLS"):
            continue
        if {who} == {only(row["NGUOI_THUC_HIEN"]), *readers}:
            yield Hit(row)


@twin
def lan_giay_phep_va_so_dinh_danh(card: Card, claim: Claim) -> Iterator[Hit]:
    shapes = [pattern(name) for name in ("MA_BHXH_10", "CCCD_12")]
    for row, field in signed(card, claim):
        codes = [code for code, _ in people(row[field])]
        if any(shape.fullmatch(code) for shape in shapes for code in codes):
            yield Hit(row, field)
    for table in ("XML7", "XML11"):
        for row in claim.rows(table):
            number = f"{table}.MA_BS" in card.texts("TRUONG_GHI_SO_BHXH", row)
            if number and any(not code.isdigit() for code, _ in people(row["MA_BS"])):
                yield Hit(row, "MA_BS")


@twin
def nguoi_ky_khong_co_trong_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    """Insurance numbers only where the facility's list has any."""
    shelf, place = staff(card), claim["MA_CSKCB"] or ""
    mine = [item for item in shelf.items if item.facility in (place, "")]
    numbered = any(
        re.fullmatch("[0-9]{9,10}", code)
        for item in mine
        for name in NUMBERS
        for code, _ in people(item[name])
    )
    for table, fields in card.reads.items():
        for field in fields if table != "XML1" else ["MA_TTDV"]:
            for row in claim.rows(table):
                for code, away in people(row[field]):
                    judged = numbered or not pattern("MA_BHXH_10").fullmatch(code)
                    gone = shelf.state(place, key_of(code), card.day(row)) == ABSENT
                    if judged and gone and not away:
                        yield Hit(row, field)
                        break


def days_of(text: str) -> set[int] | None:
    """Days of the week from Monday 0; all where nothing is written, None for other words."""
    if not text.strip():
        return set(range(7))
    match = re.fullmatch("([2-8])(?: ?- ?([2-8]))?", text.strip())
    if match is None:
        return None
    first, last = int(match[1]) - 2, int(match[2] or match[1]) - 2
    return {day % 7 for day in range(first, last + 1 if first <= last else last + 8)}


def spans_of(text: str) -> list[tuple[int, int]] | None:
    """Minutes of the day; a span that ends before it begins goes over midnight."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        hour = "(2[0-4]|[01]?[0-9])(?::([0-5][0-9]))?"
        match = re.fullmatch(f"{hour} ?- ?{hour}", part)
        if match is None:
            return None
        start, end = (int(match[i]) * 60 + int(match[i + 1] or 0) for i in (1, 3))
        found.append((start, end if start < end else end + 1440))
    return found or None


def works(item: Item, moment: datetime, slack: int) -> bool | None:
    """Whether a row of the list has a person at work near a moment; None for hours in words."""
    days, spans = days_of(item["THOIGIAN_TUAN"]), spans_of(item["THOIGIAN_NGAY"])
    if days is None and not item["THOIGIAN_NGAY"].strip():
        days, spans = set(range(7)), spans_of(item["THOIGIAN_TUAN"])
    if days is None or spans is None:
        return None
    for ago in range(-2, 3):
        day = moment.date() + timedelta(days=ago)
        midnight = datetime.combine(day, datetime.min.time())
        for start, end in spans if day.weekday() in days else ():
            first = midnight + timedelta(minutes=start - slack)
            if first <= moment <= midnight + timedelta(minutes=end + slack):
                return True
    return False


@twin
def ngoai_gio_dang_ky(card: Card, claim: Claim) -> Iterator[Hit]:
    kind, head, shelf = claim["MA_LOAI_KCB"], claim.head, staff(card)
    if kind is None or kind in card.texts("NOI_TRU", head):
        return
    if claim["MA_DOITUONG_KCB"] in card.texts("MA_DOI_TUONG_CAP_CUU", head):
        return
    fields = (("XML2", "MA_BAC_SI", "NGAY_YL"), ("XML3", "NGUOI_THUC_HIEN", "NGAY_TH_YL"))
    for table, field, time in fields:
        for row in claim.rows(table):
            moment, ward = row[time], (row["MA_KHOA"] or "").strip()[:3]
            if moment is None or not paid(row) or ward in card.texts("KHOA_CAP_CUU", row):
                continue
            slack = int(card.number("PHUT_LECH_GIO_LAM_VIEC", row))
            answers = []
            for code, _ in people(row[field]):
                rows = rows_of(shelf, row, code, day_acted(row, field))
                own = [works(item, moment, slack) for item in rows]
                answers.append(bool(own) and all(answer is False for answer in own))
            if answers and all(answers):
                yield Hit(row, field)
