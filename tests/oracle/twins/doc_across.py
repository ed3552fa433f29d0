"""Twins of the checks of one practitioner with several patients: every line beside every other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Hit, Row, twin
from tests.oracle.twins.doc import key_of, staff
from tests.oracle.twins.doc_times import (
    busy,
    clock,
    in_group,
    lead,
    lines,
    minutes,
    side_by_side,
)
from tests.oracle.twins.helpers import paid
from tests.oracle.twins.his_people import person_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.twins.cat_lists import Shelf

Group = tuple[str, str]


def group_of(row: Row) -> Group | None:
    """The facility and the first performer."""
    place, who = row.claim["MA_CSKCB"], lead(row["NGUOI_THUC_HIEN"])
    return (place, who) if place and who else None


def start(row: Row) -> datetime:
    moment: datetime = row["NGAY_TH_YL"]
    return moment


def end(row: Row) -> datetime:
    return max(row["NGAY_KQ"] or start(row), start(row))


def alone(card: Card, row: Row) -> bool:
    return in_group(card, row, "NHOM_LAM_MOT_NGUOI") and not side_by_side(card, row)


def no_doctor(card: Card, row: Row, shelf: Shelf) -> bool:
    """Whether the staff list knows the performer's titles, and none is a doctor's."""
    place, who = row.claim["MA_CSKCB"], lead(row["NGUOI_THUC_HIEN"])
    mine = [item for item in shelf.rows(place, key_of(who)) if item.on(start(row))]
    doctors = card.texts("CHUC_DANH_PHAU_THUAT", row)
    own = [item["CHUCDANH_NN"].lstrip("0") for item in mine]
    return bool(own) and all(title.isdigit() and title not in doctors for title in own)


def performed(card: Card, claims: list[Claim]) -> list[Row]:
    """What doctors do with one patient at a time; shared accounts are left out."""
    shelf = staff(card)

    def counts(row: Row) -> bool:
        if group_of(row) is None or not busy(row) or not alone(card, row):
            return False
        return not no_doctor(card, row, shelf)

    rows = lines(claims, counts)
    shared = set()
    for row in rows:
        group = group_of(row)
        there = [r for r in rows if group_of(r) == group and start(r) <= start(row) < end(r)]
        if len(there) >= card.number("SO_NGUOI_TAI_KHOAN_CHUNG", row):
            shared.add(group)
    return [row for row in rows if group_of(row) not in shared]


def exams(card: Card, claims: list[Claim]) -> list[Row]:
    return lines(claims, lambda row: group_of(row) is not None and in_group(card, row, "NHOM_KHAM"))


@twin
def mot_nguoi_hai_benh_nhan(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    who, rows = person_of(claims), performed(card, claims)
    for at, row in enumerate(rows):
        slack = minutes(card, "PHUT_LAM_CHONG", row)
        if paid(row) and any(
            group_of(other) == group_of(row)
            and who(other.claim) != who(row.claim)
            and end(other) - start(row) > slack
            and (start(other), end(other)) != (start(row), end(row))
            for other in rows[:at]
        ):
            yield Hit(row)


@twin
def trung_het_thoi_gian_thuc_hien(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Lines of other patients than that of the first one with the same times."""
    who, first = person_of(claims), {}
    for row in performed(card, claims):
        if in_group(card, row, "NHOM_PTTT"):
            earliest = first.setdefault((group_of(row), start(row), end(row)), row)
            if paid(row) and who(earliest.claim) != who(row.claim):
                yield Hit(row)


@twin
def kham_cung_phut_dich_vu(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    begun = {(group_of(row), start(row)) for row in performed(card, claims)}
    for row in exams(card, claims):
        if paid(row) and (group_of(row), start(row)) in begun:
            yield Hit(row)


@twin
def kham_trong_luc_dang_mo(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    who = person_of(claims)
    operations = [row for row in performed(card, claims) if in_group(card, row, "NHOM_PT")]
    for row in exams(card, claims):
        slack = minutes(card, "PHUT_LAM_CHONG", row)
        if paid(row) and any(
            group_of(other) == group_of(row)
            and who(other.claim) != who(row.claim)
            and start(row) - start(other) > slack
            and end(other) - start(row) > slack
            for other in operations
        ):
            yield Hit(row)


@twin
def hai_luot_kham_sat_nhau(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    who, rows = person_of(claims), exams(card, claims)
    for at, row in enumerate(rows):
        before = [other for other in rows[:at] if group_of(other) == group_of(row)]
        least = minutes(card, "PHUT_GIUA_HAI_LUOT_KHAM", row)
        other = before and who(before[-1].claim) != who(row.claim)
        if other and paid(row) and start(row) - start(before[-1]) < least:
            yield Hit(row)


@twin
def hanh_nghe_hai_co_so_cung_luc(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Only a licence number of the national form tells a person at every facility."""
    licence = pattern("SO_GIAY_PHEP_HANH_NGHE")

    def counts(row: Row) -> bool:
        group = alone(card, row) or in_group(card, row, "NHOM_KHAM")
        known = licence.fullmatch(lead(row["NGUOI_THUC_HIEN"]))
        return group and busy(row) and known is not None and row.claim["MA_CSKCB"] is not None

    rows = lines(claims, counts)
    for at, row in enumerate(rows):
        slack = minutes(card, "PHUT_LAM_CHONG", row)
        if paid(row) and any(
            lead(other["NGUOI_THUC_HIEN"]) == lead(row["NGUOI_THUC_HIEN"])
            and other.claim["MA_CSKCB"] != row.claim["MA_CSKCB"]
            and end(other) - start(row) > slack
            for other in rows[:at]
        ):
            yield Hit(row)


@twin
def phcn_song_song_qua_nhieu(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Overlapping lines on one patient are one session, which stands at the first of them."""
    who = person_of(claims)

    def counts(row: Row) -> bool:
        starts = tuple(card.texts("DAU_MA_PHCN", row))
        rehabilitation = (row["MA_DICH_VU"] or "").startswith(starts)
        group = in_group(card, row, "NHOM_LAM_MOT_NGUOI")
        return rehabilitation and group and busy(row) and group_of(row) is not None

    sessions: list[list[Row]] = []
    for row in lines(claims, counts):
        for own in sessions:
            same = group_of(own[0]) == group_of(row) and who(own[0].claim) == who(row.claim)
            if same and start(row) < max(map(end, own)):
                own.append(row)
                break
        else:
            sessions.append([row])
    for own in sessions:
        first = own[0]
        there = [
            other
            for other in sessions
            if group_of(other[0]) == group_of(first)
            and start(other[0]) <= start(first) < max(map(end, other))
        ]
        if len(there) > card.number("SO_PHCN_CUNG_LUC", first) and paid(first):
            yield Hit(first)


@twin
def doc_ket_qua_qua_nhanh(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Results of a reader in the hour up to each one; the same service of a claim is one."""

    def imaging(result: Row) -> bool:
        return any(
            row["MA_DICH_VU"] == result["MA_DICH_VU"] and in_group(card, row, "NHOM_CDHA")
            for row in result.claim.rows("XML3")
        )

    results = [
        row
        for claim in claims
        for row in claim.rows("XML4")
        if row["NGAY_KQ"] is not None
        and (row["KET_LUAN"] is not None or row["MO_TA"] is not None)
        and row["MA_DICH_VU"] is not None
        and claim["MA_CSKCB"] is not None
        and lead(row["MA_BS_DOC_KQ"])
        and imaging(row)
    ]
    results.sort(key=lambda row: clock(row, row["NGAY_KQ"]))
    for at, row in enumerate(results):
        hour = row["NGAY_KQ"] - timedelta(minutes=60)
        key = row.claim["MA_CSKCB"], lead(row["MA_BS_DOC_KQ"])
        read = {
            (other.claim.at, other["MA_DICH_VU"])
            for other in results[: at + 1]
            if (other.claim["MA_CSKCB"], lead(other["MA_BS_DOC_KQ"])) == key
            and other["NGAY_KQ"] >= hour
        }
        if len(read) > card.number("SO_KET_QUA_MOT_GIO", row):
            yield Hit(row)
