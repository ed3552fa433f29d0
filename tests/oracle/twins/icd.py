"""Twins of the checks of diagnosis codes."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import code_list, plain_icd
from tests.oracle import slow
from tests.oracle.twins import Card, Claim, Hit, Row, twin
from tests.oracle.twins.cat_lists import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAIN, OTHERS, TRADITIONAL = "MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH_YHCT"


@cache
def whole_list(name: str) -> Mapping[str, Mapping[str, str]]:
    """A list at any time, by code without its dot."""
    return {row.code: row.attributes for row in code_list(name).rows if "." not in row.code}


def known_part(code: str) -> str:
    """The longest code of either list that a code begins with; a hospital may write more."""
    plain = plain_icd(code)
    for size in range(len(plain), 2, -1):
        if plain[:size] in whole_list("icd10") or plain[:size] in whole_list("icd10_tt06"):
            return plain[:size]
    return ""


def says(name: str, code: str) -> Mapping[str, str]:
    return whole_list(name).get(known_part(code), {})


def traditional(card: Card, code: str) -> bool:
    return plain_icd(code).startswith(tuple(card.parameters["DAU_MA_YHCT"].sets[-1]))


def well_formed(code: str) -> bool:
    return re.match("[A-Z][0-9][0-9A-Z]", plain_icd(code)) is not None


@cache
def subdivided(part: str) -> bool:
    """Whether a list has codes below a code."""
    lists = (whole_list("icd10"), whole_list("icd10_tt06"))
    return any(c.startswith(part) and len(c) > len(part) for codes in lists for c in codes)


def longer(code: str) -> bool:
    return len(plain_icd(code)) > len(known_part(code))


def by_new_list(card: Card, claim: Claim) -> bool:
    """Whether the list of TT 06/2026 decides on a claim."""
    return slow.minutes(card.day(claim.head)) >= first_of_new_list()


@cache
def first_of_new_list() -> int:
    return min(row.since for row in code_list("icd10_tt06").rows)


def first_wrong(row: Row, fields: tuple[str, ...], wrong: Callable[[str], bool]) -> Iterator[Hit]:
    """One hit, at the first field with a wrong code."""
    for field in fields:
        if any(wrong(code) for code in split(row[field])):
            yield Hit(row, field)
            return


def not_in_lists(card: Card, claim: Claim, field: str) -> Iterator[Hit]:
    def wrong(code: str) -> bool:
        if by_new_list(card, claim):
            return not well_formed(code)
        return not known_part(code) and not traditional(card, code)

    return first_wrong(claim.head, (field,), wrong)


@twin
def ma_benh_chinh_khong_co(card: Card, claim: Claim) -> Iterator[Hit]:
    return not_in_lists(card, claim, MAIN)


@twin
def ma_benh_kem_khong_co(card: Card, claim: Claim) -> Iterator[Hit]:
    return not_in_lists(card, claim, OTHERS)


@twin
def ma_benh_chinh_nhom_la(card: Card, claim: Claim) -> Iterator[Hit]:
    def strange(code: str) -> bool:
        return not known_part(code) and not traditional(card, code) and well_formed(code)

    return first_wrong(claim.head, (MAIN,), strange)


@twin
def ma_benh_con_khong_co(_card: Card, claim: Claim) -> Iterator[Hit]:
    return first_wrong(
        claim.head,
        (MAIN,),
        lambda code: bool(known_part(code)) and subdivided(known_part(code)) and longer(code),
    )


@twin
def ma_yhct_lan_voi_icd(card: Card, claim: Claim) -> Iterator[Hit]:
    yield from first_wrong(claim.head, (MAIN, OTHERS), lambda code: traditional(card, code))
    yield from first_wrong(claim.head, (TRADITIONAL,), lambda code: known_part(code) != "")
    for row in claim.rows("XML3"):
        yield from first_wrong(row, ("MA_BENH",), lambda code: traditional(card, code))
        yield from first_wrong(row, (TRADITIONAL,), lambda code: known_part(code) != "")


@twin
def benh_chinh_khong_duoc_dung(_card: Card, claim: Claim) -> Iterator[Hit]:
    return first_wrong(
        claim.head, (MAIN,), lambda code: says("icd10_tt06", code).get("khong_benh_chinh") == "1"
    )


@twin
def benh_chinh_khong_nen_dung(_card: Card, claim: Claim) -> Iterator[Hit]:
    return first_wrong(
        claim.head, (MAIN,), lambda code: says("icd10", code).get("khong_benh_chinh") == "1"
    )


@twin
def benh_chinh_han_che_dung(_card: Card, claim: Claim) -> Iterator[Hit]:
    return first_wrong(
        claim.head, (MAIN,), lambda code: says("icd10_tt06", code).get("han_che_benh_chinh") == "1"
    )


@twin
def ma_benh_con_ma_chi_tiet(_card: Card, claim: Claim) -> Iterator[Hit]:
    def short(code: str) -> bool:
        return says("icd10_tt06", code).get("co_ma_chi_tiet") == "1" and not longer(code)

    return first_wrong(claim.head, (MAIN, OTHERS), short)


@twin
def ma_benh_chi_dung_khi_tu_vong(card: Card, claim: Claim) -> Iterator[Hit]:
    result = claim["KET_QUA_DTRI"]
    if result is None or result in card.texts("KET_QUA_TU_VONG", claim.head):
        return
    if any(row["NGAY_CONCHET"] is not None for row in claim.rows("XML8")):
        return
    yield from first_wrong(
        claim.head,
        (MAIN, OTHERS),
        lambda code: says("icd10_tt06", code).get("chi_tu_vong") == "1",
    )


@cache
def only_of(part: str, sex: str) -> bool:
    """Whether the former list gives a code, or all codes below it, to one sex."""
    codes = whole_list("icd10")
    below = [c for c in codes if c.startswith(part) and len(c) > len(part)]
    own = codes.get(part, {}).get("gioi") == sex
    return own or (bool(below) and all(codes[c].get("gioi") == sex for c in below))


def mainly_of(code: str, sex: str) -> bool:
    return says("icd10_tt06", code).get("gioi_chu_yeu") == sex


def of_other_sex(card: Card, claim: Claim, sex: str) -> Iterator[Hit]:
    if claim["GIOI_TINH"] != {"1": "2", "2": "1"}[sex]:
        return
    new = by_new_list(card, claim)
    yield from first_wrong(
        claim.head,
        (MAIN, OTHERS),
        lambda code: (
            known_part(code) != ""
            and only_of(known_part(code), sex)
            and (not new or mainly_of(code, sex))
        ),
    )


@twin
def benh_nu_o_nam(card: Card, claim: Claim) -> Iterator[Hit]:
    return of_other_sex(card, claim, "2")


@twin
def benh_nam_o_nu(card: Card, claim: Claim) -> Iterator[Hit]:
    return of_other_sex(card, claim, "1")


@twin
def benh_chu_yeu_o_gioi_khac(_card: Card, claim: Claim) -> Iterator[Hit]:
    for sex, other in (("1", "2"), ("2", "1")):
        if claim["GIOI_TINH"] == other:
            yield from first_wrong(
                claim.head,
                (MAIN, OTHERS),
                lambda code, sex=sex: mainly_of(code, sex) and not only_of(known_part(code), sex),
            )


@twin
def ma_benh_sai_tuoi(_card: Card, claim: Claim) -> Iterator[Hit]:
    """Completed years, or days; only where the birth is known to the day."""
    born, came, text = claim["NGAY_SINH"], claim["NGAY_VAO"], claim.head.text("NGAY_SINH")
    main = claim[MAIN]
    if None in (born, came, main) or "00" in (text[4:6], text[6:8]) or came < born:
        return
    limits = says("icd10", main)
    days = (came.date() - born.date()).days
    years = came.year - born.year - ((came.month, came.day) < (born.month, born.day))

    def broken(name: str, value: int, sign: int) -> bool:
        return bool(limits.get(name)) and (value - int(limits[name])) * sign > 0

    if (
        broken("tuoi_tu_ngay", days, -1)
        or broken("tuoi_den_ngay", days, 1)
        or broken("tuoi_tu_nam", years, -1)
        or broken("tuoi_den_nam", years, 1)
    ):
        yield Hit(claim.head)


@cache
def daggers(star: str) -> tuple[str, ...]:
    """The dagger codes that an asterisk code of the former list goes with."""
    if whole_list("icd10").get(star, {}).get("dau_sao") != "1":
        return ()
    pairs = code_list("icd10_cap").rows
    return tuple(
        row.code
        for row in pairs
        if "." not in row.code and star in row.attributes["sao"].split(";")
    )


@twin
def dau_sao_thieu_chu_thap(_card: Card, claim: Claim) -> Iterator[Hit]:
    main, others = split(claim[MAIN]), split(claim[OTHERS])

    def alone(code: str) -> bool:
        needed = daggers(known_part(code)) if known_part(code) else ()
        there = [plain_icd(one) for one in main + others]
        return bool(needed) and not any(one.startswith(needed) for one in there)

    if any(map(alone, main + others)):
        # The field of the main diagnosis as soon as the code stands there too.
        lone = {code for code in main + others if alone(code)}
        yield Hit(claim.head, MAIN if lone & set(main) else OTHERS)


@twin
def ma_benh_khong_co_trong_danh_muc_nhap(card: Card, claim: Claim) -> Iterator[Hit]:
    items, day = card.items("icd10"), card.day(claim.head)
    readable = [item for item in items if item.readable]
    spoken = any(i.since <= day for i in readable) and any(i.until >= day for i in readable)
    codes = {plain_icd(item["MA_BENH"]) for item in items}

    def unknown(code: str) -> bool:
        plain = plain_icd(code)
        if traditional(card, code) or not well_formed(code):
            return False
        return not any(plain[:size] in codes for size in range(3, len(plain) + 1))

    if spoken:
        yield from first_wrong(claim.head, (MAIN, OTHERS), unknown)
