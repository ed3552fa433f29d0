"""Twins of the checks of services, machines and departments against the facility's own lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from giamdinh.catalogues.cells import day_text
from giamdinh.tables.codelists import code_list, pattern
from tests.oracle.twins import Card, Claim, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import (
    Line,
    Shelf,
    approved,
    bare,
    compact,
    either,
    facilities,
    highest,
    listed_services,
    price,
    sent_to,
    service_keys,
    share,
    split,
    written,
)
from tests.oracle.twins.helpers import ABSENT, CLOSED, IN_FORCE, UNKNOWN, paid
from tests.oracle.twins.his_people import person_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

APPROVED_PRICES = ("GIA_THANH_TOAN", "DON_GIA")


def held(card: Card, line: Line) -> bool:
    """Whether the gateway did not accept a row of the service that was meant for that day."""
    shelf = Shelf(card.held("dich_vu"), lambda item: listed_services(item["MA_DICH_VU"]))
    keys = service_keys(line.row["MA_DICH_VU"])
    key = next((k for k in keys if shelf.rows(line.facility, k)), keys[-1])
    return shelf.state(line.facility, key, line.when) == IN_FORCE


@twin
def dich_vu_khong_co_trong_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "dich_vu"):
        if line.state == ABSENT and not held(card, line):
            yield Hit(line.row)


@twin
def dich_vu_ngoai_thoi_gian(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "dich_vu"):
        if line.state == CLOSED and line.known and not held(card, line):
            yield Hit(line.row)


@twin
def dich_vu_bi_tu_choi_hoac_tam_dung(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "dich_vu"):
        without = line.state == ABSENT or (line.state == CLOSED and line.known)
        if without and held(card, line):
            yield Hit(line.row)


def priced(card: Card, claim: Claim) -> Iterator[tuple[Line, Fraction, Fraction]]:
    """Services done here with their price and the highest one approved."""
    for line in approved(card, claim, "dich_vu"):
        asked = line.row["DON_GIA_BH"]
        if not line.judged or asked is None or asked <= 0 or sent_to(line.row["MA_DICH_VU"]):
            continue
        allowed = highest(line.found, APPROVED_PRICES)
        if allowed:
            yield line, asked, allowed


@twin
def gia_dich_vu_vuot_phe_duyet(card: Card, claim: Claim) -> Iterator[Hit]:
    for line, asked, allowed in priced(card, claim):
        if asked > allowed + card.number("SAI_SO_GIA", line.row):
            yield Hit(line.row, "", written(allowed), share(line.row, asked - allowed, asked))


@twin
def gia_dich_vu_theo_quyet_dinh_cu(card: Card, claim: Claim) -> Iterator[Hit]:
    for line, asked, allowed in priced(card, claim):
        slack = card.number("SAI_SO_GIA", line.row)
        before = [i for i in line.every if i.readable and i.until < line.when]

        def has(items: list[Item], asked: Fraction = asked, slack: Fraction = slack) -> bool:
            known = [price(item, APPROVED_PRICES) for item in items]
            return any(one and abs(asked - one) <= slack for one in known)

        if asked <= allowed + slack and has(before) and not has(line.found):
            yield Hit(line.row, "", written(allowed))


@twin
def ten_dich_vu_khong_khop(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "dich_vu"):
        mine = bare(line.row["TEN_DICH_VU"] or "")
        names = [item["TEN_DICH_VU"] for item in line.found]
        others = [item["TEN_DVKT_GIA"] for item in line.found]
        if line.judged and mine and all(names) and mine not in map(bare, names + others):
            yield Hit(line.row, expected=either(names))


@twin
def dich_vu_gui_noi_chua_phe_duyet(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "dich_vu"):
        place = sent_to(line.row["MA_DICH_VU"])
        named = [facilities(i[c]) for i in line.found for c in ("CSKCB_CLS", "CSKCB_CGKT")]
        allowed = {one for places in named for one in places}
        if line.judged and place and allowed and place not in allowed:
            yield Hit(line.row, expected=";".join(sorted(allowed)))


@twin
def dich_vu_sai_nhom_chi_phi(card: Card, claim: Claim) -> Iterator[Hit]:
    known = {row.code for row in code_list("ma_nhom").rows}
    for line in approved(card, claim, "dich_vu"):
        mine = line.row["MA_NHOM"]
        groups = [item["MA_NHOM"].strip().lstrip("0") for item in line.found]
        if not line.judged or mine is None or not known.issuperset(groups):
            continue
        if mine.lstrip("0") not in groups:
            yield Hit(line.row, expected=either(groups))


def used_at(card: Card, row: Row) -> tuple[datetime, bool]:
    """When a machine ran: at the execution, else the order; the deciding day where neither is."""
    known = row["NGAY_TH_YL"] or row["NGAY_YL"]
    return known or card.day(row), known is not None


def machines(card: Card, claim: Claim) -> Iterator[tuple[Row, str, list[Item], str]]:
    """Every machine of a paid line done here, with its rows in force and what the list says."""
    shelf = Shelf(card.items("thiet_bi"), lambda i: [compact(p) for p in split(i["MA_MAY"])])
    place = claim["MA_CSKCB"] or ""
    for row in claim.rows("XML3"):
        if not paid(row) or sent_to(row["MA_DICH_VU"]):
            continue
        when = used_at(card, row)[0]
        for code in map(compact, split(row["MA_MAY"])):
            found = [item for item in shelf.rows(place, code) if item.on(when)]
            yield row, code, found, shelf.state(place, code, when)


def once(rows: Iterator[Row]) -> Iterator[Hit]:
    """One hit per row."""
    seen: list[Row] = []
    for row in rows:
        if row not in seen:
            seen.append(row)
            yield Hit(row)


@twin
def may_khong_co_trong_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    shape = pattern("MA_MAY")
    return once(
        row
        for row, code, _, state in machines(card, claim)
        if state == ABSENT and shape.fullmatch(code)
    )


@twin
def may_ngoai_thoi_gian_su_dung(card: Card, claim: Claim) -> Iterator[Hit]:
    def wrong(row: Row, found: list[Item], state: str) -> bool:
        when, known = used_at(card, row)
        used = state == CLOSED or (
            state == IN_FORCE and all(in_use(item, when) is False for item in found)
        )
        unread = any(in_use(item, when) is None for item in found)
        return known and used and not unread

    return once(r for r, _, found, state in machines(card, claim) if wrong(r, found, state))


def in_use(item: Item, when: datetime) -> bool | None:
    """Whether a machine was in use by a row; None where its days of use are no days."""
    days = [day_text(item[name]) if item[name] else "" for name in ("HD_TU", "HD_DEN")]
    if None in days:
        return None
    first, last = (datetime.strptime(d, "%Y%m%d") if d else None for d in days)  # noqa: DTZ007
    return not (first and when < first) and not (last and when >= last + timedelta(days=1))


def parts_of(code: str) -> list[str]:
    """The departments that a joint code, or the code of a unit, is made of."""
    if unit := pattern("MA_KHOA_DON_VI").fullmatch(code):
        return parts_of(unit.group(1)) or [unit.group(1)]
    if joint := pattern("MA_KHOA_GHEP").fullmatch(code):
        digits = joint.group(1)
        return ["K" + digits[i : i + 2] for i in range(0, len(digits), 2)]
    return []


def listed_departments(item: Item) -> list[str]:
    codes = [compact(part) for part in split(item["MA_KHOA"])]
    return codes + [part for code in codes for part in parts_of(code)]


def department_state(shelf: Shelf, place: str, code: str, when: datetime) -> str:
    """A joint code is in the list as a whole, or by every one of its parts."""
    whole = shelf.state(place, code, when)
    parts = [shelf.state(place, part, when) for part in parts_of(code)]
    if whole == IN_FORCE or not parts:
        return whole
    for state in (UNKNOWN, ABSENT, CLOSED):
        if state in parts:
            return state
    return IN_FORCE


@twin
def khoa_khong_co_trong_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    """Wrong where a department surely is not in the list; of a stay, neither first nor last."""
    shelf = Shelf(card.items("khoa"), listed_departments)
    place = claim["MA_CSKCB"] or ""
    for table in ("XML1", "XML2", "XML3"):
        days = ("NGAY_VAO", "NGAY_RA") if table == "XML1" else ("NGAY_YL",)
        for row in claim.rows(table):
            moments = [row[day] for day in days]
            for code in map(compact, split(row["MA_KHOA"])):
                states = [m and department_state(shelf, place, code, m) for m in moments]
                if all(state in (ABSENT, CLOSED) for state in states):
                    yield Hit(row)
                    break


@twin
def mot_may_hai_nguoi_benh(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    """Images begun on a machine less than the least minutes after another patient's."""

    def counts(row: Row) -> bool:
        machine, image = row["MA_MAY"], row["MA_NHOM"] in card.texts("NHOM_CDHA", row)
        one = machine is not None and ";" not in machine
        return image and one and row["NGAY_TH_YL"] is not None and row.claim["MA_CSKCB"] is not None

    def order(row: Row) -> tuple[datetime, str, str, int]:
        return row["NGAY_TH_YL"], row.claim["MA_CSKCB"], row.claim["MA_LK"] or "", row.at

    rows = sorted((r for c in claims for r in c.rows("XML3") if counts(r)), key=order)
    who = person_of(claims)
    for at, row in enumerate(rows):
        for before in rows[:at]:
            same = all(
                (
                    before["MA_MAY"] == row["MA_MAY"],
                    before.claim["MA_CSKCB"] == row.claim["MA_CSKCB"],
                    who(before.claim) != who(row.claim),
                )
            )
            least = timedelta(minutes=int(card.number("PHUT_CDHA_TOI_THIEU", before)))
            if same and paid(row) and row["NGAY_TH_YL"] - before["NGAY_TH_YL"] < least:
                yield Hit(row)
                break
