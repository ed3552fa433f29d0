"""Twins of the checks of drugs and services against imported reference lists."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Hit, Row, twin
from tests.oracle.twins.cat_lists import Line, amount, compact, sent_to, share, split, written
from tests.oracle.twins.cln_lists import CONDITIONS, cell, listed, meets_all, named
from tests.oracle.twins.helpers import folded, persons

if TYPE_CHECKING:
    from collections.abc import Iterator


def refused(card: Card, lines: Iterator[Line], columns: list[str]) -> Iterator[Hit]:
    """Lines that every row of the list refuses; of contraindications one is enough."""
    for line in lines:
        if not line.judged:
            continue
        broken = [meets_all(card, line, item, columns) is False for item in line.found]
        if any(broken) if columns == ["MA_BENH_LOAI_TRU"] else all(broken):
            yield Hit(line.row)


@twin
def khong_phu_hop(card: Card, claim: Claim) -> Iterator[Hit]:
    key, columns = named(card)
    lines = (
        line
        for line in listed(card, claim, key)
        if line.row["MA_NHOM"] not in card.texts("NHOM_KHAM", line.row)
    )
    return refused(card, lines, columns)


@twin
def kham_khong_phu_hop(card: Card, claim: Claim) -> Iterator[Hit]:
    key, columns = named(card)
    lines = (
        line
        for line in listed(card, claim, key)
        if line.row["MA_NHOM"] in card.texts("NHOM_KHAM", line.row)
    )
    return refused(card, lines, columns)


@twin
def khong_dat_dieu_kien(card: Card, claim: Claim) -> Iterator[Hit]:
    key, columns = named(card)
    return refused(card, listed(card, claim, key), columns or list(CONDITIONS))


@twin
def qua_so_lan(card: Card, claim: Claim) -> Iterator[Hit]:
    """In the order of time; of several limits that apply the most generous one counts."""
    used: dict[tuple[str, date | None], Fraction] = {}
    lines = [line for line in listed(card, claim, named(card)[0]) if line.judged]
    of_day = card.rule.needs[0].endswith(".ngay")
    for line in sorted(lines, key=lambda line: (line.when, line.row.at)):
        limits = [
            amount(item["SO_LAN_TOI_DA"])
            for item in line.found
            if meets_all(card, line, item, ["MA_BENH", "LOAI_KCB"])
        ]
        most = max((one for one in limits if one is not None), default=Fraction(-1))
        quantity = line.row["SO_LUONG"]
        if quantity is None or quantity <= 0 or most < 0:
            continue
        key = (line.key, line.when.date() if of_day else None)
        used[key] = used.get(key, Fraction(0)) + quantity
        over = min(used[key] - most, quantity)
        if over > 0:
            yield Hit(line.row, "", written(most), share(line.row, over, quantity))


@twin
def thieu_ma_may(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in listed(card, claim, "MA_DICH_VU"):
        if line.judged and line.row["MA_MAY"] is None and not sent_to(line.row["MA_DICH_VU"]):
            yield Hit(line.row)


@twin
def loai_may_khong_hop_dich_vu(card: Card, claim: Claim) -> Iterator[Hit]:
    shape = pattern("MA_MAY")
    for line in listed(card, claim, "PREFIX_DVKT"):
        groups = sorted({code for item in line.found for code in cell(item["MA_MAY_PREFIX"])})
        machines = [compact(part) for part in split(line.row["MA_MAY"])]
        wrong = [m for m in machines if shape.fullmatch(m) and not _of_group(m, groups)]
        if line.judged and groups and wrong and not sent_to(line.row["MA_DICH_VU"]):
            yield Hit(line.row, expected=", ".join(groups))


def _of_group(machine: str, groups: list[str]) -> bool:
    return any(f"{machine}.".startswith(group.rstrip(".") + ".") for group in groups)


@twin
def gia_vuot_tran(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in listed(card, claim, named(card)[0]):
        row = line.row
        asked = row["DON_GIA" if row.table == "XML2" else "DON_GIA_BH"]
        units = {_first(item["DON_VI_TINH"]) for item in line.found} - {""}
        limits = [amount(item["GIA_TOI_DA"]) or Fraction(0) for item in line.found]
        if not line.judged or asked is None or min(limits) <= 0:
            continue
        if units - {_first(row["DON_VI_TINH"] or "")}:
            continue
        most = max(limits)
        if asked > most + card.number("SAI_SO_GIA", row):
            yield Hit(row, "", written(most), share(row, asked - most, asked))


def _first(text: str) -> str:
    """The word that names a unit."""
    return (folded(text).split() or [""])[0]


Done = tuple[Line, int]


def repeated(card: Card, claims: list[Claim]) -> list[tuple[Line, int]]:
    """Lines of the list by day, facility and claim, with the days that must pass after each."""
    out = []
    for claim in claims:
        for line in listed(card, claim, "MA_DICH_VU"):
            group = line.row["MA_NHOM"] in card.texts("NHOM_DVKT", line.row)
            days = [amount(item["SO_NGAY"]) for item in line.found]
            least = min((-1 if day is None else int(day) for day in days), default=-1)
            if line.judged and group and least >= 0:
                out.append((line, least))

    def order(done: Done) -> tuple[date, str, str, int]:
        row = done[0].row
        return done[0].when.date(), row.claim["MA_CSKCB"] or "", row.claim["MA_LK"] or "", row.at

    return sorted(out, key=order)


def too_soon(card: Card, claims: list[Claim], *, once: bool = False) -> Iterator[tuple[Row, Row]]:
    """Pairs of lines of one person and entry of the list, the later one before its time."""
    people = {c.at: p for c, p in zip(claims, persons(claims), strict=True) if p is not None}
    done = repeated(card, claims)
    for at, (line, _) in enumerate(done):
        for before, days in done[:at]:
            who = people.get(line.row.claim.at)
            if who is None or people.get(before.row.claim.at) != who or before.key != line.key:
                continue
            wait = timedelta(days=200 * 365 if once else days)
            if line.when.date() < before.when.date() + wait:
                yield line.row, before.row


def first_each(rows: Iterator[Row]) -> Iterator[Hit]:
    seen = set()
    for row in rows:
        if (row.claim.at, row.at) not in seen:
            seen.add((row.claim.at, row.at))
            yield Hit(row)


@twin
def lap_lai_qua_som(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    return first_each(
        row
        for row, before in too_soon(card, claims)
        if row.claim is not before.claim
        and row.claim["MA_CSKCB"] is not None
        and row.claim["MA_CSKCB"] == before.claim["MA_CSKCB"]
    )


@twin
def lap_lai_o_co_so_khac(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    return first_each(
        row
        for row, before in too_soon(card, claims)
        if None not in (row.claim["MA_CSKCB"], before.claim["MA_CSKCB"])
        and row.claim["MA_CSKCB"] != before.claim["MA_CSKCB"]
    )


@twin
def chi_lam_mot_lan(card: Card, claims: list[Claim]) -> Iterator[Hit]:
    return first_each(
        row
        for row, before in too_soon(card, claims, once=True)
        if row.claim is not before.claim and row["VI_TRI_TH_DVKT"] == before["VI_TRI_TH_DVKT"]
    )
