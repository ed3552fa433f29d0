"""BED: bed days of one claim, and beds beside departments and operations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction

from giamdinh.tables.codelists import code_list, pattern
from tests.oracle.twins import Card, Claim, Found, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import approved
from tests.oracle.twins.doc_times import clock
from tests.oracle.twins.exm import of_department
from tests.oracle.twins.helpers import (
    ABSENT,
    CLOSED,
    days,
    folded,
    minutes,
    paid,
    parts,
    said,
    share,
    state,
    unmarked,
)

NEVER = datetime(1970, 1, 1)  # noqa: DTZ001


def bed_lines(card: Card, claim: Claim) -> list[Row]:
    """Paid bed lines in the order of their order times, those without one first."""
    lines = [
        row
        for row in claim.rows("XML3")
        if row["MA_NHOM"] in card.texts("NHOM_GIUONG", row)
        and paid(row)
        and (row["SO_LUONG"] or 0) > 0
    ]
    return sorted(lines, key=lambda row: row["NGAY_YL"] or NEVER)


def beyond(card: Card, claim: Claim, allowed: Fraction, tolerance: Fraction) -> Found:
    """The last bed lines give way until the claim has no more days than allowed."""
    lines = bed_lines(card, claim)
    if sum(row["SO_LUONG"] for row in lines) <= allowed + tolerance:
        return
    left = allowed
    for row in lines:
        kept = max(min(row["SO_LUONG"], left), Fraction(0))
        left -= kept
        if kept < row["SO_LUONG"]:
            over = share(row["T_BHTT"], row["SO_LUONG"] - kept, row["SO_LUONG"])
            yield Hit(row, expected=said(kept), amount=over)


def kind_in(card: Card, claim: Claim, name: str) -> bool:
    return claim["MA_LOAI_KCB"] in card.texts(name, claim.head)


def stay(claim: Claim) -> int | None:
    """Minutes from admission to discharge."""
    start, end = claim["NGAY_VAO_NOI_TRU"], claim["NGAY_RA"]
    return minutes(start, end) if start and end and start <= end else None


@twin
def ngay_giuong_luu_duoi_mot_ngay(card: Card, claim: Claim) -> Found:
    long = stay(claim)
    if long is None or not kind_in(card, claim, "NOI_TRU"):
        return
    least = card.number("GIO_NOI_TRU_TOI_THIEU", claim.head)
    if least < long < card.number("PHUT_MOT_NGAY", claim.head):
        yield from beyond(card, claim, Fraction(1), Fraction(0))


def long_stay(card: Card, claim: Claim) -> int | None:
    """Calendar days of a stay with beds of more than a day."""
    long = stay(claim)
    if long is None or long <= card.number("PHUT_MOT_NGAY", claim.head):
        return None
    if not kind_in(card, claim, "NOI_TRU_GIUONG"):
        return None
    return days(claim["NGAY_VAO_NOI_TRU"], claim["NGAY_RA"])


@twin
def ngay_giuong_vuot_ca_ngay_cong_them(card: Card, claim: Claim) -> Found:
    nights = long_stay(card, claim)
    if nights is not None:
        extra = card.number("SO_NGAY_GIUONG_THEM", claim.head)
        slack = card.number("SAI_SO_NGAY_GIUONG", claim.head)
        yield from beyond(card, claim, nights + extra, slack)


@twin
def ngay_giuong_thua_mot_ngay(card: Card, claim: Claim) -> Found:
    """The extra day needs its reason; more than that day is another card's."""
    nights, head = long_stay(card, claim), claim.head
    result, leave = claim["KET_QUA_DTRI"], claim["MA_LOAI_RV"]
    if nights is None or not kind_in(card, claim, "NOI_TRU_QUA_DEM") or not result or not leave:
        return
    reason = result in card.texts("KET_QUA_THEM_NGAY", head)
    if reason or leave in card.texts("LOAI_RV_THEM_NGAY", head):
        return
    slack = card.number("SAI_SO_NGAY_GIUONG", head)
    total = sum(row["SO_LUONG"] for row in bed_lines(card, claim))
    if total <= nights + card.number("SO_NGAY_GIUONG_THEM", head) + slack:
        yield from beyond(card, claim, Fraction(nights), slack)


def departments(text: str) -> list[str]:
    """The plain departments in a cell: `K0809` is K08 and K09."""
    found = []
    for part in parts(text):
        match = re.match("K([0-9]+)", "".join(part.split()).upper())
        digits = match[1] if match else ""
        found += [f"K{digits[i : i + 2]}" for i in range(0, len(digits), 2)]
    return found


@twin
def ma_gia_giuong_khac_khoa(card: Card, claim: Claim) -> Found:
    if not kind_in(card, claim, "NOI_TRU_GIUONG"):
        return
    for row in claim.rows("XML3"):
        code = "".join(row.text("MA_DICH_VU").split()).upper()
        bed = paid(row) and row["MA_NHOM"] in card.texts("NHOM_GIUONG", row)
        if not bed or not pattern("MA_DICH_VU_GIUONG").fullmatch(code):
            continue
        own, ordered = code[:3], row["NGAY_YL"]

        def of_price(item: Item, own: str = own) -> bool:
            return own in departments(item["MA_KHOA"])

        place = claim.head.text("MA_CSKCB")
        known = state(card.items("khoa"), place, of_price, ordered or card.day(row))
        mine = departments(row.text("MA_KHOA"))
        emergency = row.text("MA_KHOA")[:3] in card.texts("KHOA_CAP_CUU", row)
        other = bool(mine) and own not in mine and not emergency
        if (known in (ABSENT, CLOSED) and ordered is not None) or other:
            yield Hit(row)


def operation_class(items: list[Item]) -> int | None:
    """The highest class in some rows of the list, 0 the special one; None when any has none."""
    found = []
    for item in items:
        word = re.sub("^(LOAI|PT|P|TT|T)", "", unmarked(item["PHAN_LOAI_PTTT"]))
        classes = {"DB": 0, "DACBIET": 0, "1": 1, "2": 2, "3": 3, "I": 1, "II": 2, "III": 3}
        if word not in classes:
            return None
        found.append(classes[word])
    return min(found, default=None)


@twin
def giuong_cao_hon_loai_phau_thuat(card: Card, claim: Claim) -> Found:
    """Only where the class of every operation is known."""
    lines = {line.row.at: line for line in approved(card, claim, "dich_vu")}
    done = []
    for row in claim.rows("XML3"):
        if row["MA_NHOM"] in card.texts("NHOM_PT", row):
            line = lines.get(row.at)
            done.append(operation_class(line.found) if line and line.judged else None)
    if not done or None in done:
        return
    kinds = {row.code: row.attributes["phan_loai"] for row in code_list("giuong_ngoai_khoa").rows}
    for row in claim.rows("XML3"):
        bed = paid(row) and row["MA_NHOM"] in card.texts("NHOM_GIUONG_NOI_TRU", row)
        match = re.fullmatch(
            r".*ngoại khoa.*loại ([1-4])(?![0-9]).*", folded(row.text("TEN_DICH_VU"))
        )
        if bed and match and min(done) > int(kinds[match[1]]):
            yield Hit(row)


@twin
def vuot_so_giuong_khoa(card: Card, claims: list[Claim]) -> Found:
    """Who came last is beyond; a line of several days stands for each, the last may be a part."""
    lines = [
        row
        for claim in claims
        for row in claim.rows("XML3")
        if row["MA_NHOM"] in card.texts("NHOM_GIUONG_NOI_TRU", row)
        and paid(row)
        and (row["SO_LUONG"] or 0) > 0
        and row["NGAY_YL"] is not None
    ]
    totals: dict[object, Fraction] = {}
    for row in sorted(lines, key=lambda row: clock(row, row.claim["NGAY_VAO"] or NEVER)):
        left, day, over = row["SO_LUONG"], row["NGAY_YL"].date(), False
        place, ward, ratio = row.claim["MA_CSKCB"], row.text("MA_KHOA"), row["TYLE_TT_DV"]
        for _ in range(366):
            if left <= 0:
                break
            part = min(left, Fraction(1)) * min(100 if ratio is None else ratio, 100) / 100
            key = (place, ward, day)
            totals[key] = totals.get(key, Fraction(0)) + Fraction(part * 1000 // 1, 1000)
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
            beds = of_department(card, row, midnight, "GIUONG_PD")
            room = beds * (100 + card.number("PHAN_TRAM_GIUONG_TAM", row)) / 100
            over |= bool(place and ward and beds > 0 and totals[key] > room)
            left, day = left - 1, day + timedelta(days=1)
        if over:
            yield Hit(row)
