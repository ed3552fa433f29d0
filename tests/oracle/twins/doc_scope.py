"""Twins of the checks of what a practitioner may do by the facility's list of scopes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.oracle.twins import Card, Claim, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import Shelf
from tests.oracle.twins.doc import day_acted, rows_of, staff
from tests.oracle.twins.doc_times import in_group, people
from tests.oracle.twins.helpers import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELD = "NGUOI_THUC_HIEN"


def words(text: str) -> set[str]:
    return {folded(part) for part in re.split(r"[;,\r\n]", text)} - {""}


def titles(text: str) -> set[str]:
    return {word.lstrip("0") for word in words(text)}


def coded(texts: set[str]) -> bool:
    return bool(texts) and all(text.isdigit() for text in texts)


def beginnings(text: str) -> list[str]:
    """First parts of service codes; a spreadsheet eats the leading zero of the chapter."""
    parts = ["".join(part.split()).upper() for part in re.split(r"[;,\r\n]", text)]
    return ["0" + p if re.fullmatch(r"[0-9](\..*)?", p) else p for p in parts if p]


def ways(shelf: Shelf, place: str, service: str, row: Row) -> list[Item]:
    """The rows in force of the longest beginning of a service."""
    day = day_acted(row, FIELD)
    for size in range(len(service), 0, -1):
        found = [item for item in shelf.rows(place, service[:size]) if day and item.on(day)]
        if found:
            return found
    return []


def lacks(mine: list[Item], way: Item, named: set[str]) -> bool:
    """Whether a person surely lacks the title or the scope of one way to qualify.

    Codes compare with codes; words only with words that the list of scopes itself uses.
    """
    own = [titles(item["CHUCDANH_NN"]) for item in mine]
    asked = titles(way["CHUCDANH_NN_OK"])
    if all(map(coded, own)) and coded(asked) and not asked & set().union(*own):
        return True
    scopes, wanted = set(), words(way["PHAMVI_CM_OK"])
    for item in mine:
        if not item["PHAMVI_CM"]:
            return False
        scopes |= words(item["PHAMVI_CM"])
        scopes |= words(re.sub("[0-9]{8}_", "", item["PHAMVI_CMBS"]))
    comparable = all(s in named or (s.isdigit() and coded(wanted)) for s in scopes)
    return comparable and bool(wanted and scopes) and not wanted & scopes


def assigned(mine: list[Item], service: str) -> bool:
    """Whether a paper lets the person do it: the service, or work that it does not name."""
    codes = [code for item in mine for code in beginnings(item["DVKT_KHAC"])]
    if not codes:
        return any(item["VB_PHANCONG"] or item["QD_CGKT"] for item in mine)
    named = all(re.fullmatch(r"(?=.*[0-9])[0-9A-Z._-]+", code) for code in codes)
    return not named or service.startswith(tuple(codes))


def outside(card: Card, claim: Claim, group: str) -> Iterator[Hit]:
    shelf = Shelf(card.items("pham_vi"), lambda item: beginnings(item["PREFIX_DVKT"]))
    list_of_staff = staff(card)
    named = {word for item in shelf.items for word in words(item["PHAMVI_CM_OK"])}
    for row in claim.rows("XML3"):
        service, day = (row["MA_DICH_VU"] or "").upper(), day_acted(row, FIELD)
        team = [code for code, _ in people(row[FIELD])]
        asked = ways(shelf, claim["MA_CSKCB"] or "", service, row)
        if day is None or not team or not asked or not in_group(card, row, group):
            continue
        wrong = []
        for code in team:
            mine = rows_of(list_of_staff, row, code, day)
            unfit = bool(mine) and all(lacks(mine, way, named) for way in asked)
            wrong.append(unfit and not assigned(mine, service))
        if all(wrong):
            yield Hit(row)


@twin
def dich_vu_ngoai_pham_vi(card: Card, claim: Claim) -> Iterator[Hit]:
    return outside(card, claim, "NHOM_DVKT")


@twin
def kham_ngoai_pham_vi(card: Card, claim: Claim) -> Iterator[Hit]:
    return outside(card, claim, "NHOM_KHAM")
