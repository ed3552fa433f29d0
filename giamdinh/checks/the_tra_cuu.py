"""Checks of insurance cards against the card registry.

Cards of the forces, temporary cards and numbers not in the usual form are never looked up; a
claim that has one of them beside others is only judged where that card cannot matter. Claims that
ask nothing of the fund by their category are left alone. Messages and expected values never carry
what the registry knows about a person.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set
from giamdinh.checks.so_the import NUMBER, SITE, registry_beside
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold, split
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from giamdinh.rules.context import CheckContext

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_DAY_DIGITS = 8


@check
def the_khong_co_trong_so(context: CheckContext) -> Iterable[Hits]:
    """Claims with a card that the registry does not have, or has as not found."""
    visits = registry_beside(context).visits
    yield Hits(CLAIM_TABLE, visits.claim[visits.unknown])


@check
def the_het_han_theo_so(context: CheckContext) -> Iterable[Hits]:
    """Claims none of whose cards, all known to the registry, is valid on the day of arrival.

    A row whose period cannot be read may be the valid one.
    """
    visits = registry_beside(context).visits
    valid = visits.some(visits.valid | visits.doubtful)
    yield Hits(CLAIM_TABLE, visits.claim[visits.certain & ~visits.unknown & ~valid])


@check
def the_khac_nhan_than(context: CheckContext) -> Iterable[Hits]:
    """Claims whose name, birth date or sex no registry row of their cards agrees with."""
    registry = registry_beside(context)
    visits = registry.visits
    compared: tuple[tuple[str, int | None, Callable[[str, str], bool]], ...] = (
        ("HO_TEN", None, _same_name),
        ("NGAY_SINH", _DAY_DIGITS, _same_birth),
        ("GIOI_TINH", None, str.__eq__),
    )
    agreeing = np.ones(visits.claim.size, np.bool_)
    for field, size, same in compared:
        asked = visits.certain & ~visits.some(registry.equal(field, field, size))
        hits = [i for i in np.flatnonzero(asked).tolist() if registry.differs(field, i, same)]
        agreeing[hits] = False
        yield Hits(CLAIM_TABLE, visits.claim[hits], field)
    other = ~visits.some(~visits.has["sai_nhan_than"]) & visits.some(visits.has["sai_nhan_than"])
    yield Hits(CLAIM_TABLE, visits.claim[agreeing & other], NUMBER)


@check
def the_khac_noi_dang_ky(context: CheckContext) -> Iterable[Hits]:
    """Claims none of whose MA_DKBD is where the registry has a card valid on arrival."""
    registry = registry_beside(context)
    visits = registry.visits
    asked = visits.certain & ~visits.some(visits.valid & registry.equal(SITE, SITE))
    asked &= ~visits.some(visits.doubtful)
    hits, expected = [], []
    for visit in registry.among(asked & visits.some(visits.valid)):
        valid = [row for rows in visit.cards for row in rows if registry.valid(row, visit.arrival)]
        sites = {registry.text(SITE, row) for row in valid} - {""}
        declared = set(split(context.claims[CLAIM_TABLE][SITE].text(visit.claim)))
        if sites and declared and sites.isdisjoint(declared):
            hits.append(visit.claim)
            expected.append(";".join(sorted(sites)))
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64), expected=expected)


@check
def dung_noi_dang_ky_khac_so_the(context: CheckContext) -> Iterable[Hits]:
    """Claims of registered patients whose cards are registered elsewhere on arrival.

    Silent where the claim itself declares another place, and where the place of any card in force
    is not known. A sender of several sites is one facility.
    """
    registry = registry_beside(context)
    visits = registry.visits
    registered = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_NOI_DANG_KY")
    xml1, sender = context.claims[CLAIM_TABLE], context.claims[ENVELOPE_TABLE]["MACSKCB"]
    asked = visits.certain & registered[visits.claim] & ~xml1["MA_CSKCB"].missing[visits.claim]
    asked &= ~visits.some(visits.doubtful | (visits.valid & registry.equal(SITE, "MA_CSKCB")))
    hits, details = [], []
    for visit in registry.among(asked & visits.some(visits.valid)):
        here = {xml1["MA_CSKCB"].text(visit.claim), sender.text(visit.claim)}
        declared = split(xml1[SITE].text(visit.claim))
        sites = registry.sites(visit)
        if sites and here.isdisjoint(sites) and not (declared and here.isdisjoint(declared)):
            hits.append(visit.claim)
            details.append(", ".join(sorted(sites)))
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64), detail=details)


@check
def the_bi_thu_hoi(context: CheckContext) -> Iterable[Hits]:
    """Claims with a card that the registry has as withdrawn, and no other card that is good."""
    registry = registry_beside(context)
    visits = registry.visits
    hits = []
    for visit in registry.among(visits.certain & visits.some(visits.has["thu_hoi"])):
        revoked = [registry.all_revoked(rows, visit.arrival) for rows in visit.cards]
        good = [
            (registry.valid(row, visit.arrival) or registry.doubtful(row))
            and not registry.has(row, "thu_hoi")
            for rows in visit.cards
            for row in rows
        ]
        if any(revoked) and not any(good):
            hits.append(visit.claim)
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64))


def _same_name(a: str, b: str) -> bool:
    return fold(a) == fold(b) or _name_key(a) == _name_key(b)


def _name_key(name: str) -> list[tuple[str, str]]:
    """Words without case, the tone apart: `Hoà` and `Hòa` are one name."""
    words = []
    for word in fold(name).split():
        spread = unicodedata.normalize("NFD", word)
        letters = "".join(c for c in spread if c not in _TONES)
        words.append((letters, "".join(c for c in spread if c in _TONES)))
    return words


def _same_birth(a: str, b: str) -> bool:
    """Whether two days of birth agree as far as both are known; 00 is an unknown part."""
    return a[:4] == b[:4] and all(
        a[i : i + 2] == b[i : i + 2] or "00" in (a[i : i + 2], b[i : i + 2]) for i in (4, 6)
    )
