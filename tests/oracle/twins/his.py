"""Twins of the checks of several claims of one person: every claim beside every other one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle.twins import Card, Claim, Hit, Row, twin
from tests.oracle.twins.helpers import persons

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


class Stay(NamedTuple):
    """A claim of a known person with both dates; it begins with the admission, if any."""

    claim: Claim
    person: Hashable
    start: datetime
    end: datetime

    @property
    def place(self) -> str | None:
        place: str | None = self.claim["MA_CSKCB"]
        return place


def episodes(claims: list[Claim]) -> list[Stay]:
    """By time, then by facility and MA_LK."""
    found = []
    for claim, person in zip(claims, persons(claims), strict=True):
        came, end = claim["NGAY_VAO"], claim["NGAY_RA"]
        start = claim["NGAY_VAO_NOI_TRU"] or came
        if person is not None and came is not None and end is not None and start <= end:
            found.append(Stay(claim, person, start, end))
    return sorted(found, key=lambda s: (s.start, s.place or "", s.claim["MA_LK"] or "", s.claim.at))


def among(card: Card, stay: Stay, field: str, name: str) -> bool:
    return stay.claim[field] in card.texts(name, stay.claim.head)


def same_claim(first: Stay, second: Stay) -> bool:
    """The same facility, person, times and total."""
    known = first.place is not None and first.claim["T_TONGCHI_BV"] is not None
    pairs = [
        (s.person, s.place, s.claim["NGAY_VAO"], s.end, s.claim["T_TONGCHI_BV"])
        for s in (first, second)
    ]
    return known and pairs[0] == pairs[1]


def copies(every: list[Stay]) -> list[Stay]:
    return [stay for at, stay in enumerate(every) if any(same_claim(stay, s) for s in every[:at])]


@twin
def ho_so_trung(_card: Card, claims: list[Claim]) -> Iterator[Hit]:
    for stay in copies(episodes(claims)):
        yield Hit(stay.claim.head)


def overlapping(card: Card, claims: list[Claim], *, same_place: bool) -> Iterator[Hit]:
    """Stays that begin while an earlier one still goes on; copies are left to another rule."""
    every = episodes(claims)
    copied = copies(every)
    stays = [
        stay
        for stay in every
        if among(card, stay, "MA_LOAI_KCB", "NOI_TRU") and stay.place and stay not in copied
    ]
    for at, stay in enumerate(stays):
        slack = card.number("PHUT_GIAO_NHAU_CHUYEN_VIEN", stay.claim.head)
        least = timedelta(minutes=int(slack))
        if any(
            other.person == stay.person
            and (other.place == stay.place) == same_place
            and other.end - stay.start > least
            for other in stays[:at]
        ):
            yield Hit(stay.claim.head)


@twin
def trung_dot_noi_tru_cung_co_so(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    return overlapping(card, claims, same_place=True)


@twin
def trung_dot_noi_tru_khac_co_so(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    return overlapping(card, claims, same_place=False)


@twin
def tai_nhap_vien_som(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Soon after the last one that had ended, of the same person, place and disease."""

    def kind(stay: Stay) -> tuple[object, ...]:
        return stay.person, stay.place, stay.claim["MA_BENH_CHINH"][:3]

    stays = [
        stay
        for stay in episodes(claims)
        if among(card, stay, "MA_LOAI_KCB", "NOI_TRU_QUA_DEM")
        and stay.place
        and stay.claim["MA_BENH_CHINH"] is not None
    ]
    for at, stay in enumerate(stays):
        before = [
            (other.end, number, other)
            for number, other in enumerate(stays)
            if number != at and kind(other) == kind(stay) and other.end <= stay.start
        ]
        hours = timedelta(hours=int(card.number("GIO_TAI_NHAP_VIEN", stay.claim.head)))
        last = max(before, default=None, key=lambda found: found[:2])
        if last is None or stay.start - last[0] >= hours:
            continue
        if not among(card, last[2], "MA_LOAI_RV", "LOAI_RV_CHUYEN"):
            yield Hit(stay.claim.head)


@twin
def kham_nhieu_co_so_trong_ngay(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """The first visit of the day at a facility, when there were enough others before."""
    visits = [
        stay
        for stay in episodes(claims)
        if among(card, stay, "MA_LOAI_KCB", "LOAI_KCB_KHAM_NGOAI_TRU") and stay.place
    ]
    for at, stay in enumerate(visits):
        before = {
            other.place
            for other in visits[:at]
            if other.person == stay.person and other.start.date() == stay.start.date()
        }
        most = card.number("SO_CO_SO_KHAM_MOT_NGAY", stay.claim.head)
        if stay.place not in before and len(before) >= most:
            yield Hit(stay.claim.head)


@twin
def so_luot_kham_bat_thuong(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """The exam that makes too many claims of a specialty within a year; one line of each claim."""
    rows: list[tuple[datetime, str, str, int, Row, tuple[object, ...]]] = []
    for claim, person in zip(claims, persons(claims), strict=True):
        outpatient = card.texts("LOAI_KCB_KHAM_NGOAI_TRU", claim.head)
        for row in claim.rows("XML3") if claim["MA_LOAI_KCB"] in outpatient else ():
            exam = row["MA_NHOM"] in card.texts("NHOM_KHAM", row)
            when, code = row["NGAY_YL"], row["MA_DICH_VU"]
            if person is not None and exam and when is not None and code is not None:
                place, key = claim["MA_CSKCB"] or "", (person, code.split(".")[0])
                rows.append((when, place, claim["MA_LK"] or "", row.at, row, key))
    rows.sort(key=lambda found: found[:4])
    over: dict[int, Row] = {}
    for at, (when, *_, row, key) in enumerate(rows):
        seen = {
            other.claim.at
            for earlier, *_, other, its in rows[: at + 1]
            if its == key and earlier >= when - timedelta(days=365)
        }
        if len(seen) > card.number("SO_LUOT_KHAM_NAM", row):
            first = over.setdefault(row.claim.at, row)
            if row.at < first.at:
                over[row.claim.at] = row
    for row in over.values():
        yield Hit(row)


@twin
def chuoi_chuyen_tuyen_mau_thuan(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Referred by a facility whose last claim of the person ended just before, not by referral."""
    every = episodes(claims)
    for at, stay in enumerate(every):
        sender = stay.claim["MA_NOI_DI"]
        if sender is None or sender == stay.place:
            continue
        there = [s for s in every[:at] if s.person == stay.person and s.place == sender]
        if not there:
            continue
        last = there[-1]
        days = (stay.start.date() - last.end.date()).days
        left = last.claim["MA_LOAI_RV"]
        moved = among(card, last, "MA_LOAI_RV", "LOAI_RV_CHUYEN") or last.claim.rows("XML13")
        near = 0 <= days <= card.number("SO_NGAY_CHUYEN_DEN", stay.claim.head)
        if near and left is not None and not moved:
            yield Hit(stay.claim.head)
