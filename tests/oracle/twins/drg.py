"""Twins of the checks of drugs: doses, days, ingredients, blood."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import plain_icd
from tests.oracle.twins import Card, Claim, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import (
    Line,
    Shelf,
    amount,
    approved,
    asked,
    bare,
    beside,
    compact,
    drug_keys,
    ever,
    share,
    split,
    written,
)
from tests.oracle.twins.cat_strength import milligrams
from tests.oracle.twins.cln_lists import cell, departments, keys_of, listed, meets_all
from tests.oracle.twins.doc_times import clock
from tests.oracle.twins.drg_dose import dose, first_word, rounded, total
from tests.oracle.twins.helpers import ABSENT, CLOSED, folded, paid, persons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.twins.doses import Dose

FOR_WHOM = ["TUOI_TU", "TUOI_DEN", "MA_BENH", "LOAI_KCB", "DUONG_DUNG"]
ZERO = Fraction(0)
MOST = Fraction(2**62, 10**6)
"""Milligrams that no course of a drug weighs; a strength that says so is none."""


def dose_of(row: Row) -> Dose | None:
    return dose(row["LIEU_DUNG"]) if row["LIEU_DUNG"] is not None else None


def drugs(card: Card, claim: Claim) -> Iterator[tuple[Row, Dose]]:
    for row in claim.rows("XML2"):
        said = dose_of(row)
        if said is not None and row["MA_NHOM"] in card.texts("NHOM_THUOC", row):
            yield row, said


def part(row: Row, some: Fraction, whole: Fraction) -> Fraction:
    """A share of what the fund pays, if anything."""
    return share(row, some, whole) if paid(row) else ZERO


@twin
def so_luong_khac_lieu_nhan_ngay(card: Card, claim: Claim) -> Iterator[Hit]:
    for row, said in drugs(card, claim):
        billed, right = row["SO_LUONG"], total(said)
        unit = first_word(row["DON_VI_TINH"] or "")
        counted = unit in card.texts("DON_VI_NHAN_LIEU", row)
        if billed is None or right is None or not counted or said.unit != unit:
            continue
        close = abs(billed - right) <= card.number("SAI_SO_LIEU_DUNG", row)
        if not close and billed not in (ceil(right), rounded(said)):
            over = part(row, billed - right, billed) if billed > right else ZERO
            yield Hit(row, "", written(right), over)


@twin
def don_vi_lieu_khac_don_vi_tinh(card: Card, claim: Claim) -> Iterator[Hit]:
    for row, said in drugs(card, claim):
        unit, counted = first_word(row["DON_VI_TINH"] or ""), card.texts("DON_VI_DEM", row)
        if {unit, said.unit} <= counted and unit != said.unit:
            yield Hit(row)


def long_course(card: Card, claim: Claim) -> bool:
    """Whether a disease of the claim allows a prescription of more than 30 days."""
    codes = card.codes("icd10_tren_30_ngay", claim.head)
    mine = split(claim["MA_BENH_CHINH"]) + split(claim["MA_BENH_KT"])
    plain = [plain_icd(code) for code in mine]
    return any(one[:size] in codes for one in plain for size in range(3, len(one) + 1))


def outpatient(card: Card, claim: Claim) -> bool:
    kind = claim["MA_LOAI_KCB"]
    return kind is not None and kind not in card.texts("NOI_TRU", claim.head)


@twin
def don_ngoai_tru_qua_so_ngay(card: Card, claim: Claim) -> Iterator[Hit]:
    if not outpatient(card, claim):
        return
    name = "SO_NGAY_DON_DAI_NGAY" if long_course(card, claim) else "SO_NGAY_DON_NGOAI_TRU"
    for row, said in drugs(card, claim):
        most = card.number(name, row)
        if 0 < most < said.days:
            yield Hit(row, amount=part(row, said.days - most, Fraction(said.days)))


@twin
def thuoc_ra_vien_qua_so_ngay(card: Card, claim: Claim) -> Iterator[Hit]:
    stays = claim["MA_LOAI_KCB"] in card.texts("NOI_TRU_QUA_DEM", claim.head)
    if not stays or claim["NGAY_RA"] is None or long_course(card, claim):
        return
    for row, said in drugs(card, claim):
        most, ordered = card.number("SO_NGAY_THUOC_RA_VIEN", row), row["NGAY_YL"]
        home = ordered is not None and ordered.date() == claim["NGAY_RA"].date()
        if home and paid(row) and 0 < most < said.days:
            yield Hit(row, amount=part(row, said.days - most, Fraction(said.days)))


def limit(card: Card, line: Line, column: str) -> Fraction:
    """The most generous limit that surely applies; -1 where one may apply or there is none."""
    answers = [meets_all(card, line, item, FOR_WHOM) for item in line.found]
    if None in answers:
        return Fraction(-1)
    known = [amount(i[column]) for i, yes in zip(line.found, answers, strict=True) if yes]
    return max((one for one in known if one is not None), default=Fraction(-1))


def daily_mg(line: Line) -> Fraction:
    """Milligrams a day, cut to three decimals; 0 where that cannot be read."""
    row, said = line.row, dose_of(line.row)
    one = milligrams(row["HAM_LUONG"] or "")
    if said is None or one is None or not total(said) or said.days <= 0:
        return ZERO
    if said.unit not in ("", first_word(row["DON_VI_TINH"] or "")):
        return ZERO
    if one * total(said) >= MOST:
        return ZERO
    used = min(total(said), row["SO_LUONG"] or ZERO)
    return Fraction(floor(floor(one * 1000) * used / said.days), 1000)


@twin
def vuot_lieu_toi_da(card: Card, claim: Claim) -> Iterator[Hit]:
    taken: dict[tuple[str, date], Fraction] = {}
    for line in listed(card, claim, "MA_THUOC"):
        if not line.judged or daily_mg(line) <= 0:
            continue
        most, per_kg = limit(card, line, "LIEU_NGAY_MG"), limit(card, line, "LIEU_NGAY_MG_KG")
        weight = claim["CAN_NANG"] or ZERO
        if per_kg > 0 and weight <= 0:
            continue
        if per_kg > 0:
            most = max(most, Fraction(floor(per_kg * weight * 1000), 1000))
        if most <= 0:
            continue
        key = (line.key, line.when.date())
        taken[key] = taken.get(key, ZERO) + daily_mg(line)
        over = min(taken[key] - most, daily_mg(line))
        if over > 0:
            yield Hit(line.row, "", written(most), part(line.row, over, daily_mg(line)))


@twin
def qua_so_lan_dung(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in listed(card, claim, "MA_THUOC"):
        said, most = dose_of(line.row), limit(card, line, "SO_LAN_NGAY")
        if line.judged and said and said.days > 0 and 0 < most < cut(said.times):
            yield Hit(line.row, expected=written(most))


def cut(value: Fraction) -> Fraction:
    return Fraction(floor(value * 1000), 1000)


def too_many_days(lines: list[tuple[Line, Fraction]]) -> Iterator[Hit]:
    """Lines by ingredient and day; those of one day run side by side, the longest one counts."""
    longest: dict[tuple[str, date], tuple[Line, Fraction]] = {}
    for line, most in lines:
        key = (line.key, line.when.date())
        if key not in longest or days_of(line) > days_of(longest[key][0]):
            longest[key] = (line, most)
    taken: dict[str, int] = {}
    for (ingredient, _), (line, most) in sorted(longest.items(), key=lambda pair: pair[0][1]):
        own = days_of(line)
        taken[ingredient] = taken.get(ingredient, 0) + own
        if taken[ingredient] > most:
            over = min(taken[ingredient] - most, Fraction(own))
            yield Hit(line.row, "", written(most), part(line.row, over, Fraction(own)))


def days_of(line: Line) -> int:
    said = dose_of(line.row)
    return said.days if said else 0


@twin
def qua_so_ngay_dung(card: Card, claim: Claim) -> Iterator[Hit]:
    lines = [
        (line, limit(card, line, "SO_NGAY_TOI_DA")) for line in listed(card, claim, "MA_THUOC")
    ]
    return too_many_days([(x, n) for x, n in lines if x.judged and n > 0 and days_of(x) > 0])


@twin
def thuoc_kiem_soat_qua_so_ngay(card: Card, claim: Claim) -> Iterator[Hit]:
    found = []
    for line in listed(card, claim, "MA_HOAT_CHAT") if outpatient(card, claim) else ():
        known = [amount(item["SO_NGAY_KE"]) or Fraction(-1) for item in line.found]
        if line.judged and max(known) > 0 and days_of(line) > 0:
            found.append((line, max(known)))
    return too_many_days(found)


@twin
def linh_thuoc_chong_ngay(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Drugs handed out while those of an earlier claim last for more than some days."""
    given: list[tuple[Row, object, date, int]] = []
    for claim, person in zip(claims, persons(claims), strict=True):
        for row, said in drugs(card, claim) if outpatient(card, claim) else ():
            known = row["NGAY_YL"] is not None and row["MA_THUOC"] is not None
            if known and person is not None and paid(row) and said.days > 0:
                given.append((row, (person, row["MA_THUOC"]), row["NGAY_YL"].date(), said.days))
    given.sort(key=lambda one: clock(one[0], datetime.combine(one[2], datetime.min.time())))
    for at, (row, key, start, days) in enumerate(given):
        ends = [
            begun + timedelta(days=n)
            for other, its, begun, n in given[:at]
            if its == key and other.claim is not row.claim
        ]
        early = (max(ends, default=start) - start).days
        if early > card.number("SO_NGAY_LINH_THUOC_SOM", row):
            yield Hit(row, amount=part(row, Fraction(min(early, days)), Fraction(days)))


@twin
def thuoc_dau_sao_khong_hoi_chan(card: Card, claim: Claim) -> Iterator[Hit]:
    notes = claim.rows("XML5")
    stays = claim["MA_LOAI_KCB"] in card.texts("NOI_TRU", claim.head)
    words = ever(card, "TU_HOI_CHAN")

    def consulted(note: Row) -> bool:
        text = folded(note["DIEN_BIEN_LS"] or "")
        return note["HOI_CHAN"] is not None or any(word in text for word in words)

    for line in listed(card, claim, "MA_HOAT_CHAT") if notes and stays else ():
        most = card.number("SO_NGAY_HOI_CHAN", line.row)
        moments = [note["THOI_DIEM_DBLS"] for note in notes if consulted(note)]
        near = any(m is None or abs((m.date() - line.when.date()).days) <= most for m in moments)
        if line.judged and not near:
            yield Hit(line.row)


@twin
def thuoc_ung_thu_khong_co_khoa(card: Card, claim: Claim) -> Iterator[Hit]:
    wards, place = ever(card, "KHOA_UNG_BUOU"), claim["MA_CSKCB"]
    mine = [i for i in card.items("khoa") if i.facility in (place, "")]
    if place is None or any(departments(item["MA_KHOA"]) & wards for item in mine):
        return
    for line in listed(card, claim, "MA_HOAT_CHAT"):
        if line.judged:
            yield Hit(line.row)


def spoken_of(items: list[Item], when: datetime) -> bool:
    """Whether a day lies between the first and the last day of a list."""
    good = [item for item in items if item.readable]
    return any(i.since <= when for i in good) and any(i.until >= when for i in good)


def not_listed(items: list[Item], column: str, keys: list[str], when: datetime) -> bool:
    """Whether a whole list of everybody has a code at no time, or not on a day it speaks of."""
    shelf = Shelf(items, lambda item: cell(item[column]), everybody=True)
    key = next((k for k in keys if shelf.rows("", k)), keys[-1])
    return shelf.state("", key, when) in (ABSENT, CLOSED) and spoken_of(items, when)


@twin
def ma_mau_sai(card: Card, claim: Claim) -> Iterator[Hit]:
    items = card.items(card.rule.needs[0])

    def starts(row: Row, name: str) -> bool:
        return compact(row["MA_THUOC"]).startswith(tuple(ever(card, name)))

    blood = [
        row
        for row in claim.rows("XML2")
        if row["MA_NHOM"] in card.texts("NHOM_MAU_CHE_PHAM", row)
        and not (row["MA_THUOC"] is not None and starts(row, "DAU_MA_DI_KEM_MAU"))
    ]
    shelf = Shelf(items, lambda item: cell(item["MA"]), everybody=True)
    for row in blood:
        if row["MA_THUOC"] is not None and asked(card, row):
            line = beside(card, row, shelf, drug_keys(row["MA_THUOC"]))
            gone = line.state in (ABSENT, CLOSED) and spoken_of(items, line.when)
            if gone and line.known:
                yield Hit(row)
    for row in claim.rows("XML2"):
        brought = row["MA_THUOC"] is not None and starts(row, "DAU_MA_VAN_CHUYEN_MAU")
        if brought and asked(card, row) and not blood:
            yield Hit(row)


@twin
def ma_hoat_chat_khong_co(card: Card, claim: Claim) -> Iterator[Hit]:
    items = card.items(card.rule.needs[0])
    for row in claim.rows("XML2"):
        code, drug = row["MA_THUOC"], row["MA_NHOM"] in card.texts("NHOM_THUOC", row)
        if code is None or not drug or not asked(card, row) or row["NGAY_YL"] is None:
            continue
        if compact(code).startswith(tuple(ever(card, "DAU_MA_THUOC_KHONG_THAU"))):
            continue
        year, _, rest = drug_keys(code)[0].partition(".")
        if len(year) == 4 and year.isdigit() and rest:
            continue
        parts = [compact(one) for one in split(code.replace("+", ";"))]
        if any(
            not_listed(items, "MA_HOAT_CHAT", keys_of("MA_HOAT_CHAT", one), row["NGAY_YL"])
            for one in parts
        ):
            yield Hit(row)


@twin
def vitamin_phoi_hop_ngoai_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    names = {bare(item["TEN_HOAT_CHAT"]) for item in card.items(card.rule.needs[0])}
    whole = card.items("hoat_chat")
    for line in approved(card, claim, "thuoc"):
        parts = [folded(item["TEN_HOAT_CHAT"]).split("+") for item in line.found]
        mixed = all(len(own) > 1 and all(bare(p) in names for p in own) for own in parts)
        code = line.row["MA_THUOC"]
        if line.judged and mixed:
            keys = keys_of("MA_HOAT_CHAT", code)
            if not_listed(whole, "MA_HOAT_CHAT", keys, line.when):
                yield Hit(line.row)
