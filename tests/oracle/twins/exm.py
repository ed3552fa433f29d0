"""EXM: exam fees, visits of a day, tables and opening hours."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.doc_times import clock, lead
from tests.oracle.twins.gio import open_week
from tests.oracle.twins.helpers import folded, grouped, paid, said, share
from tests.oracle.twins.his import Stay, episodes, same_claim
from tests.oracle.twins.the_bhyt import ever

SLOTS = [f"TY_LE_KHAM_{i}" for i in range(1, 7)]


@dataclass(frozen=True)
class Exam:
    """A paid exam: what it is worth at its rate, and the dearest price of its visit."""

    row: Row
    worth: Fraction
    top: Fraction
    slack: Fraction

    @property
    def when(self) -> datetime:
        found: datetime = self.row["NGAY_YL"]
        return found

    def above(self, percent: Fraction) -> bool:
        return self.worth > percent * self.top / 100 + self.slack


def is_exam(card: Card, row: Row) -> bool:
    return paid(row) and row["MA_NHOM"] in card.texts("NHOM_KHAM", row)


def visits(card: Card, claim: Claim, *, inpatient: bool) -> list[list[Exam]]:
    """The exams of a stay together, of other claims day by day; only those with rate and time."""
    kind = claim["MA_LOAI_KCB"]
    if not kind or (kind in card.texts("NOI_TRU", claim.head)) != inpatient:
        return []
    rows = [
        row
        for row in claim.rows("XML3")
        if is_exam(card, row) and None not in (row["TYLE_TT_DV"], row["NGAY_YL"])
    ]
    found = []
    for own in grouped(rows, lambda row: 0 if inpatient else row["NGAY_YL"].date()).values():
        top = max((row["DON_GIA_BH"] or 0 for row in own), default=0)
        exams = []
        for row in own:
            price = row["DON_GIA_BH"] or 0
            price = price if price > 0 else top if top > 0 else 10**6
            slack = card.number("SAI_SO_DONG", row)
            worth = row["TYLE_TT_DV"] * price / 100
            exams.append(Exam(row, worth, Fraction(top if top > 0 else 10**6), slack))
        found.append(exams)
    return found


def slot(card: Card, place: int, claim: Claim) -> Fraction:
    """The percent that a place in the order gives."""
    return card.number(SLOTS[min(place, 5)], claim.head)


def dearest_first(exams: list[Exam]) -> list[Exam]:
    return sorted(exams, key=lambda exam: (-exam.worth, exam.when))


def earliest_first(exams: list[Exam]) -> list[Exam]:
    return sorted(exams, key=lambda exam: (exam.when, -exam.worth))


def above_place(card: Card, claim: Claim, ordered: list[Exam]) -> Found:
    for place, exam in enumerate(ordered):
        percent = slot(card, place, claim)
        if exam.above(percent):
            over = exam.worth - percent * exam.top / 100
            yield Hit(exam.row, "", said(percent), share(exam.row["T_BHTT"], over, exam.worth))


@twin
def cong_kham_noi_tru_tren_mot(card: Card, claim: Claim) -> Found:
    for exams in visits(card, claim, inpatient=True):
        yield from above_place(card, claim, earliest_first(exams))


@twin
def cong_kham_ngoai_tru_vuot_ty_le(card: Card, claim: Claim) -> Found:
    for exams in visits(card, claim, inpatient=False):
        yield from above_place(card, claim, dearest_first(exams))


@twin
def cong_kham_ngoai_tru_sai_thu_tu(card: Card, claim: Claim) -> Found:
    """Right in some order, but not in that of time."""
    for exams in visits(card, claim, inpatient=False):
        fair = dearest_first(exams)
        for place, exam in enumerate(earliest_first(exams)):
            percent = slot(card, place, claim)
            if exam.above(percent) and not exam.above(slot(card, fair.index(exam), claim)):
                yield Hit(exam.row, "", said(percent))


def of_kind(card: Card, stay: Stay, name: str) -> bool:
    return stay.claim["MA_LOAI_KCB"] in card.texts(name, stay.claim.head)


@twin
def kham_lai_trong_ngay(card: Card, claims: list[Claim]) -> Found:
    """Two claims alike are another card's; where nobody wrote the facility it is not known."""
    seen = [
        stay
        for stay in episodes(claims)
        if of_kind(card, stay, "LOAI_KCB_KHAM_NGOAI_TRU")
        and stay.place
        and any(is_exam(card, row) for row in stay.claim.rows("XML3"))
    ]
    days = grouped(seen, lambda stay: (stay.person, stay.place, stay.start.date()))
    for own in days.values():
        for before, stay in itertools.pairwise(own):
            if not same_claim(before, stay):
                yield Hit(stay.claim.head, other=before.claim.head)


@twin
def kham_ngoai_tru_khi_dang_noi_tru(card: Card, claims: list[Claim]) -> Found:
    every = episodes(claims)
    for visit in every:
        if not of_kind(card, visit, "LOAI_KCB_KHAM_NGOAI_TRU"):
            continue
        slack = card.number("PHUT_GIAO_NHAU_CHUYEN_VIEN", visit.claim.head)
        room = timedelta(minutes=int(slack))
        for stay in every:
            mine = stay.person == visit.person and of_kind(card, stay, "NOI_TRU_QUA_DEM")
            inside = stay.start + room < visit.start < stay.end - room and visit.end < stay.end
            if mine and inside and stay.claim is not visit.claim:
                yield Hit(visit.claim.head)
                break


@twin
def cong_kham_khong_phai_tram(card: Card, claim: Claim) -> Found:
    words = ever(card, "LOAI_HINH_TRAM_Y_TE")
    place = claim.head.text("MA_CSKCB")
    rows = [item for item in card.items("co_so") if item["MA_CSKCB"] == place]
    rows = [item for item in rows if item.on(card.day(claim.head))]
    station = [any(word in folded(item["LOAI_HINH"]) for word in words) for item in rows]
    if not station or not all(station):
        return
    for row in claim.rows("XML3"):
        code = "".join(row.text("MA_DICH_VU").split()).upper()
        if is_exam(card, row) and code and not code.startswith("TYT."):
            yield Hit(row)


@twin
def kham_ngoai_gio_co_so(card: Card, claim: Claim) -> Found:
    """A facility with several rows in force is open whenever one of them says so."""
    if claim["MA_DOITUONG_KCB"] in card.texts("MA_DOI_TUONG_CAP_CUU", claim.head):
        return
    place = claim.head.text("MA_CSKCB")
    rows = [item for item in card.items("co_so") if item["MA_CSKCB"] == place]
    weeks = [open_week("", i["GIO_HOAT_DONG"]) for i in rows if i.on(card.day(claim.head))]
    if not weeks or None in weeks:
        return
    for row in claim.rows("XML3"):
        when = row["NGAY_TH_YL"] or row["NGAY_YL"]
        urgent = row.text("MA_KHOA")[:3] in card.texts("KHOA_CAP_CUU", row)
        if not is_exam(card, row) or urgent or when is None:
            continue
        room = int(card.number("PHUT_LECH_GIO_LAM_VIEC", row))
        near = (when + timedelta(minutes=i) for i in range(-room, room + 1))
        minutes = {(m.weekday(), m.hour * 60 + m.minute) for m in near}
        if not any(minutes & week for week in weeks):
            yield Hit(row)


def day_exams(card: Card, claims: list[Claim]) -> list[Row]:
    """Paid exams with a time, in its order."""
    rows = [row for claim in claims for row in claim.rows("XML3")]
    rows = [row for row in rows if is_exam(card, row) and row["NGAY_TH_YL"] is not None]
    return sorted(rows, key=lambda row: clock(row, row["NGAY_TH_YL"]))


def of_department(card: Card, row: Row, when: datetime, column: str) -> Fraction:
    """The most that the rows of a department say, 0 where any of them does not say."""
    place = row.claim.head.text("MA_CSKCB")
    code = "".join(row.text("MA_KHOA").split()).upper()
    if not place or not code:
        return Fraction(0)
    own = [
        item
        for item in card.items("khoa")
        if item.facility in (place, "")
        and "".join(item["MA_KHOA"].split()).upper() == code
        and item.on(when)
    ]
    values = [Fraction(item[column]) if item[column] else None for item in own]
    return max(values) if values and None not in values else Fraction(0)


def room_of(row: Row) -> tuple[str, str, object] | None:
    place, ward = row.claim.head.text("MA_CSKCB"), row.text("MA_KHOA")
    return (place, ward, row["NGAY_TH_YL"].date()) if place and ward else None


def doctor_of(row: Row) -> tuple[str, str, object] | None:
    place, doctor = row.claim.head.text("MA_CSKCB"), lead(row["NGUOI_THUC_HIEN"])
    return (place, doctor, row["NGAY_TH_YL"].date()) if place and doctor else None


def reduced(card: Card, row: Row) -> Found:
    """A line that still asks for more than the share that is left beyond the limit."""
    percent = card.number("TY_LE_KHAM_VUOT_BAN", row)
    if row["TYLE_TT_DV"] is not None and row["TYLE_TT_DV"] > percent:
        yield Hit(row, amount=share(row["T_BHTT"], 100 - percent, Fraction(100)))


@twin
def vuot_so_luot_mot_ban_kham(card: Card, claims: list[Claim]) -> Found:
    counts: dict[object, int] = {}
    for row in day_exams(card, claims):
        tables = int(of_department(card, row, row["NGAY_TH_YL"], "BAN_KHAM")) if room_of(row) else 0
        key = ("room", room_of(row)) if tables > 0 else ("doctor", doctor_of(row))
        if key[1] is None:
            continue
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > card.number("SO_LUOT_KHAM_MOT_BAN", row) * max(tables, 1):
            yield from reduced(card, row)


@twin
def so_nguoi_kham_it_hon_ban_kham(card: Card, claims: list[Claim]) -> Found:
    for rows in grouped(day_exams(card, claims), room_of).values():
        people = len({doctor_of(row) for row in rows} - {None})
        for place, row in enumerate(rows, start=1):
            tables = int(of_department(card, row, row["NGAY_TH_YL"], "BAN_KHAM"))
            most = card.number("SO_LUOT_KHAM_MOT_BAN", row)
            short = people < tables and most * people < place <= most * tables
            if doctor_of(row) and short:
                yield from reduced(card, row)
