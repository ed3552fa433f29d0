"""Rules that look at earlier months: co-payments, papers, quantities, dialysis, suspensions."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.oracle import slow
from tests.oracle.twins import Card, Claim, Found, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import amount, approved, compact, share, tender
from tests.oracle.twins.doc_across import group_of, performed
from tests.oracle.twins.helpers import folded, grouped, icd_codes, in_order, paid, parts, years
from tests.oracle.twins.helpers import persons as people
from tests.oracle.twins.mny_docu import start, stays

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator


def right_way(card: Card, claim: Claim) -> bool:
    return claim["MA_DOITUONG_KCB"] not in card.texts("MA_DOI_TUONG_TU_DEN", claim.head)


def months(card: Card, claims: list[Claim]) -> Fraction:
    """Co-payments in months of the base salary of each claim's own time."""
    total = Fraction(0)
    for claim in claims:
        salary = card.number("LUONG_CO_SO", claim.head)
        if right_way(card, claim) and salary:
            total += max(claim["T_BNCCT"] or Fraction(0), Fraction(0)) / salary
    return total


@twin
def du_mien_van_thu_cct(card: Card, claims: list[Claim]) -> Found:
    for own in stays(claims):
        for claim in own:
            since = claim["NAM_NAM_LIEN_TUC"]
            if not (claim["T_BNCCT"] or 0) > 0 or since is None or not right_way(card, claim):
                continue
            # Across claims a day that cannot be read is as if nothing was written.
            if claim["NGAY_MIEN_CCT"] is not None or since > claim["NGAY_VAO"]:
                continue
            year = claim["NGAY_RA"].year
            before = [c for c in own if c["NGAY_RA"] <= start(claim) and c["NGAY_RA"].year == year]
            if before and months(card, before) > card.number("SO_THANG_MIEN_CCT", claim.head):
                yield Hit(claim.head)


@twin
def mien_cct_chua_du_nguong(card: Card, claims: list[Claim]) -> Found:
    for own in stays(claims):
        for claim in own:
            free, left = claim["NGAY_MIEN_CCT"], claim["NGAY_RA"]
            if free is None or free > left or free.year != left.year or not paid(claim.head):
                continue
            until = [c for c in own if c["NGAY_RA"] <= left and c["NGAY_RA"].year == left.year]
            if months(card, until) <= card.number("SO_THANG_MIEN_CCT", claim.head):
                yield Hit(claim.head)


def number(text: str) -> str:
    """The letters and digits of a paper's number; one without digits is none."""
    found = "".join(c for c in folded(text) if c.isalnum())
    return found if any(c.isdigit() for c in found) else ""


def with_paper(card: Card, claims: list[Claim], category: str) -> Iterator[list[Claim]]:
    """The claims of a person that give the number of one paper, at one facility."""

    def paper(claim: Claim) -> Hashable:
        own, place = number(claim.head.text("GIAY_CHUYEN_TUYEN")), claim["MA_CSKCB"]
        right = claim["MA_DOITUONG_KCB"] in card.texts(category, claim.head)
        return (
            (own, place, number(claim.head.text("MA_NOI_DI"))) if own and right and place else None
        )

    for own in stays(claims):
        yield from grouped(own, paper).values()


@twin
def giay_hen_dung_nhieu_lan(card: Card, claims: list[Claim]) -> Found:
    for first, *others in with_paper(card, claims, "MA_DOI_TUONG_CO_GIAY_HEN"):
        for claim in others:
            if start(claim).date() > first["NGAY_RA"].date():
                yield Hit(claim.head, other=first.head)


def late(card: Card, claim: Claim, made: datetime) -> bool:
    """Whether a paper made then has run out, for a disease that it does not hold a year for."""
    if slow._workdays(made, start(claim)) <= card.number("SO_NGAY_GIAY_CHUYEN", claim.head):
        return False
    if not claim.head.text("MA_BENH_CHINH"):
        return False
    codes = parts(claim.head.text("MA_BENH_CHINH")) + parts(claim.head.text("MA_BENH_KT"))
    return not any(named(item, claim, codes) for item in card.items(card.rule.needs[0]))


def named(item: Item, claim: Claim, codes: list[str]) -> bool:
    born, came = claim["NGAY_SINH"], claim["NGAY_VAO"]
    age = years(born, came) if born and came and born <= came else 0
    limit = Fraction(item["TUOI_DUOI"] or 0)
    if (0 < limit <= age) or not (item.on(start(claim)) or not item.readable):
        return False
    has, barred = icd_codes(item["MA_BENH"]), icd_codes(item["MA_BENH_LOAI_TRU"])
    return any(has(code) and not barred(code) for code in codes)


@twin
def giay_chuyen_sai_benh(card: Card, claims: list[Claim]) -> Found:
    for first, *others in with_paper(card, claims, "MA_DOI_TUONG_CO_GIAY_CHUYEN"):
        for claim in others:
            if late(card, claim, first["NGAY_RA"]):
                yield Hit(claim.head, other=first.head)


@twin
def giay_chuyen_het_han(card: Card, claims: list[Claim]) -> Found:
    for own in stays(claims):
        for claim in own:
            paper = number(claim.head.text("GIAY_CHUYEN_TUYEN"))
            right = claim["MA_DOITUONG_KCB"] in card.texts(
                "MA_DOI_TUONG_CO_GIAY_CHUYEN", claim.head
            )
            sender = claim.head.text("MA_NOI_DI")
            if not paper or not right:
                continue
            issued = [
                c
                for c in own
                if c.head.text("MA_CSKCB") == sender
                and [number(r.text("GIAY_CHUYEN_TUYEN")) for r in c.rows("XML13")] == [paper]
            ]
            if issued and late(card, claim, issued[-1]["NGAY_RA"]):
                yield Hit(claim.head, other=issued[-1].head)


@twin
def kham_lai_sai_ngay_hen(card: Card, claims: list[Claim]) -> Found:
    for own in stays(claims):
        planned: dict[str, list[tuple[datetime, Claim]]] = defaultdict(list)
        for claim in own:
            place = claim["MA_CSKCB"]
            asked = claim["MA_DOITUONG_KCB"] in card.texts("MA_DOI_TUONG_CO_GIAY_HEN", claim.head)
            if not place:
                continue
            if asked and planned[place]:
                near = [(abs(slow._workdays(w, start(claim))), c) for w, c in planned[place]]
                apart, other = min(near, key=lambda pair: pair[0])
                if apart > card.number("SO_NGAY_QUANH_HEN", claim.head):
                    yield Hit(claim.head, other=other.head)
            slips = claim.rows("XML14")
            if slips and slips[0]["NGAY_HEN_KL"] is not None:
                planned[place].append((slips[0]["NGAY_HEN_KL"], claim))


@twin
def than_nhan_tao_qua_so_lan(card: Card, claims: list[Claim]) -> Found:
    who = dict(zip(map(id, claims), people(claims), strict=True))

    def person(row: Row) -> Hashable:
        kind = row.claim["MA_LOAI_KCB"]
        name = folded(row.text("TEN_DICH_VU"))
        session = any(word in name for word in card.texts("TU_LOC_MAU_DINH_KY", row))
        outside = kind is not None and kind not in card.texts("NOI_TRU", row.claim.head)
        right = row["MA_NHOM"] in card.texts("NHOM_PTTT", row) and paid(row)
        return who[id(row.claim)] if session and outside and right and row["NGAY_YL"] else None

    for rows in grouped([r for c in claims for r in c.rows("XML3")], person).values():
        ordered = in_order(rows, lambda row: row["NGAY_YL"])
        for i, row in enumerate(ordered):
            since = row["NGAY_YL"].date() - timedelta(days=29)
            times = {r["NGAY_YL"] for r in ordered[: i + 1] if r["NGAY_YL"].date() >= since}
            if len(times) > card.number("SO_LAN_LOC_MAU_30_NGAY", row):
                yield Hit(row)


@twin
def co_so_dang_tam_ngung(card: Card, claim: Claim) -> Found:
    came = claim["NGAY_VAO"]
    if came is None or claim["MA_DOITUONG_KCB"] in card.texts("MA_DOI_TUONG_CAP_CUU", claim.head):
        return
    for item in card.items("co_so.NGUNG_TU"):
        if item["MA_CSKCB"] == claim["MA_CSKCB"]:
            last = item["NGUNG_DEN"] or "99991231"
            if item["NGUNG_TU"] <= f"{came:%Y%m%d}" <= last:
                yield Hit(claim.head)
                return


def beyond(
    card: Card,
    claims: list[Claim],
    kind: str,
    group: Callable[[Row], Hashable],
    stated: Callable[[Item, Row], Fraction | None],
) -> Found:
    """Lines beyond what the facility's own rows of the list state for their item.

    `stated` gives 0 for a row of the list that speaks of something else, None where it is silent.
    """
    lines = {id(line.row): line for c in claims for line in approved(card, c, kind)}

    def item(row: Row) -> Hashable:
        line = lines.get(id(row))
        if line is None or not line.known or not line.facility or not (row["SO_LUONG"] or 0) > 0:
            return None
        own = group(row)
        return None if own is None else (line.facility, line.key, own)

    rows = [r for c in claims for name in card.tables for r in c.rows(name)]
    for same in grouped(rows, item).values():
        line = lines[id(same[0])]
        numbers = [(i, stated(i, same[0])) for i in line.every]
        numbers = [(i, n) for i, n in numbers if n != 0]
        if not numbers or any(n is None or i.facility != line.facility for i, n in numbers):
            continue
        percent = Fraction(100)
        used = Fraction(0)
        allowed = sum((n for _, n in numbers if n is not None), Fraction(0))
        for row in in_order(same, lambda row: row["NGAY_YL"]):
            used += row["SO_LUONG"]
            if kind != "dich_vu":
                percent = card.number("PHAN_TRAM_SO_LUONG_THAU", row)
            over = used - allowed * percent / 100
            if over > 0:
                yield Hit(row, amount=share(row, min(over, row["SO_LUONG"]), row["SO_LUONG"]))


@twin
def vuot_so_luong_thau(card: Card, claims: list[Claim]) -> Found:
    def group(row: Row) -> Hashable:
        own, unit = tender(row.text("TT_THAU")), folded(row.text("DON_VI_TINH"))
        return (tuple(own), unit) if len(own) == 4 and all(own) and unit else None

    def stated(item: Item, row: Row) -> Fraction | None:
        same = tender(item["TT_THAU"]) == tender(row.text("TT_THAU"))
        if not same or folded(item["DON_VI_TINH"]) != folded(row.text("DON_VI_TINH")):
            return Fraction(0)
        return amount(item["SO_LUONG"])

    kind = card.rule.needs[0].partition(".")[0]
    yield from beyond(card, claims, kind, group, stated)


@twin
def vuot_so_luong_chuyen_giao(card: Card, claims: list[Claim]) -> Found:
    def stated(item: Item, _: Row) -> Fraction | None:
        return amount(item["SO_LUONG_CGKT"]) if item["CSKCB_CGKT"] else None

    def technique(row: Row) -> Hashable:
        return "" if row["MA_NHOM"] in card.texts("NHOM_DVKT", row) else None

    yield from beyond(card, claims, "dich_vu", technique, stated)


@twin
def tach_ho_so_nhieu_ngay(card: Card, claims: list[Claim]) -> Found:
    def split(claim: Claim) -> Hashable:
        head, cost = claim.head, claim["T_TONGCHI_BH"]
        limit = card.number("LUONG_CO_SO", head) * card.number("TY_LE_CHI_PHI_THAP", head) / 100
        small = cost is not None and 0 < cost < limit and claim["T_BNCCT"] == 0
        visit = claim["MA_LOAI_KCB"] in card.texts("LOAI_KCB_KHAM_NGOAI_TRU", head)
        planned = claim["MA_DOITUONG_KCB"] in card.texts("MA_DOI_TUONG_CO_GIAY_HEN", head)
        place, disease = claim["MA_CSKCB"], head.text("MA_BENH_CHINH")
        right = small and visit and not planned and place and disease
        return (place, disease) if right else None

    for own in stays(claims):
        for same in grouped(own, split).values():
            for last, claim in pairwise(same):
                days = (start(claim).date() - start(last).date()).days
                head, total = claim.head, claim["T_TONGCHI_BH"] + last["T_TONGCHI_BH"]
                limit = card.number("LUONG_CO_SO", head) * card.number("TY_LE_CHI_PHI_THAP", head)
                if 1 <= days <= card.number("SO_NGAY_TACH_HO_SO", head) and total * 100 >= limit:
                    yield Hit(head, other=last.head)


@twin
def qua_gio_lam_trong_ngay(card: Card, claims: list[Claim]) -> Found:
    def day(row: Row) -> Hashable:
        return group_of(row), row["NGAY_TH_YL"].date()

    for rows in grouped(performed(card, claims), day).values():
        spent, reached = timedelta(), min(row["NGAY_TH_YL"] for row in rows)
        for row in in_order(rows, lambda row: row["NGAY_TH_YL"]):
            spent += max(row["NGAY_KQ"] - max(row["NGAY_TH_YL"], reached), timedelta())
            reached = max(reached, row["NGAY_KQ"])
            hours = spent / timedelta(hours=1)
            if paid(row) and hours > card.number("GIO_LAM_VIEC_BAT_THUONG", row):
                yield Hit(row)


@twin
def don_gia_gap_nhieu_lan(card: Card, claims: list[Claim]) -> Found:
    def whole(row: Row) -> bool:
        return row["THANH_TIEN_BV"] is not None and (row["SO_LUONG"] or 0) > 0

    def item(row: Row) -> Hashable:
        codes = ["MA_THUOC"] if row.table == "XML2" else ["MA_VAT_TU", "MA_DICH_VU"]
        code = next(((n, compact(row.text(n))) for n in codes if row.text(n)), None)
        unit, place = folded(row.text("DON_VI_TINH")), row.claim["MA_CSKCB"]
        return (place, code, unit) if place and code and unit and whole(row) else None

    for table, field in (("XML2", "DON_GIA"), ("XML3", "DON_GIA_BV")):
        kept = [r for c in claims for r in c.rows(table) if dear(card, r, field)]
        for rows in grouped(kept, item).values():
            for row in rows:
                units = sum((r["SO_LUONG"] for r in rows), -row["SO_LUONG"])
                money = sum((r["THANH_TIEN_BV"] for r in rows), -row["THANH_TIEN_BV"])
                if units < card.number("SO_LUONG_DU_SO_SANH", row):
                    continue
                usual = Fraction(money * 1000 // units, 1000)
                if row[field] > card.number("LAN_DON_GIA_BAT_THUONG", row) * usual:
                    yield Hit(row, field, amount=share(row, row[field] - usual, row[field]))


def dear(card: Card, row: Row, field: str) -> bool:
    return paid(row) and (row[field] or 0) >= card.number("DON_GIA_SO_SANH", row)
