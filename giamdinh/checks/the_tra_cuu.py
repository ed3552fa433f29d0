"""Checks of insurance cards against the card registry.

Cards of the forces, temporary cards and numbers not in the usual form are never looked up; a
claim that has one of them beside others is only judged where that card cannot matter. Claims that
ask nothing of the fund by their category are left alone. Messages and expected values never carry
what the registry knows about a person.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set
from giamdinh.checks.the_bhyt import not_insured
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold, split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.rules.context import CheckContext

_NUMBER, _SITE = "MA_THE_BHYT", "MA_DKBD"
_SHARED = "so_the"
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STATUS_DIGITS = 3
_MEANINGS = (
    ("loi", "TRA_CUU_LOI"),
    ("khong_co", "TRA_CUU_KHONG_CO_THE"),
    ("het_han", "TRA_CUU_HET_HAN"),
    ("sai_nhan_than", "TRA_CUU_SAI_NHAN_THAN"),
    ("thu_hoi", "TRA_CUU_THU_HOI"),
)


@dataclass(frozen=True, slots=True)
class _Visit:
    """A claim with the cards that the registry can know.

    Attributes:
        arrival: minute of NGAY_VAO.
        cards: registry rows of each card that can be looked up; empty for an unknown card.
        certain: no other card is written beside them.
    """

    claim: int
    arrival: int
    cards: tuple[tuple[int, ...], ...]
    certain: bool


@check
def the_khong_co_trong_so(context: CheckContext) -> Iterable[Hits]:
    """Claims with a card that the registry does not have, or has as not found."""
    registry = _registry(context)
    hits = [v.claim for v in registry.visits if any(not rows for rows in v.cards)]
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64))


@check
def the_het_han_theo_so(context: CheckContext) -> Iterable[Hits]:
    """Claims none of whose cards, all known to the registry, is valid on the day of arrival."""
    registry = _registry(context)
    hits = [
        visit.claim
        for visit in registry.visits
        if visit.certain
        and all(visit.cards)
        and not any(registry.valid(row, visit.arrival) for rows in visit.cards for row in rows)
    ]
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64))


@check
def the_khac_nhan_than(context: CheckContext) -> Iterable[Hits]:
    """Claims whose name, birth date or sex no registry row of their cards agrees with."""
    registry = _registry(context)
    compared: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
        ("HO_TEN", _same_name),
        ("NGAY_SINH", _same_birth),
        ("GIOI_TINH", str.__eq__),
    )
    found: dict[str, list[int]] = {field: [] for field, _ in compared}
    found[_NUMBER] = []
    for visit in registry.visits:
        rows = [row for rows in visit.cards for row in rows]
        different = [
            field
            for field, same in compared
            if visit.certain and registry.differs(field, visit.claim, rows, same)
        ]
        if not different and rows and all(registry.has(row, "sai_nhan_than") for row in rows):
            different = [_NUMBER]
        for field in different:
            found[field].append(visit.claim)
    for field, hits in found.items():
        yield Hits(CLAIM_TABLE, np.array(hits, np.int64), field)


@check
def the_khac_noi_dang_ky(context: CheckContext) -> Iterable[Hits]:
    """Claims none of whose MA_DKBD is where the registry has a card valid on arrival."""
    registry = _registry(context)
    hits, expected = [], []
    for visit in registry.visits:
        valid = [row for rows in visit.cards for row in rows if registry.valid(row, visit.arrival)]
        sites = {registry.text(_SITE, row) for row in valid} - {""}
        declared = set(split(context.claims[CLAIM_TABLE][_SITE].text(visit.claim)))
        if visit.certain and sites and declared and sites.isdisjoint(declared):
            hits.append(visit.claim)
            expected.append(";".join(sorted(sites)))
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64), expected=expected)


@check
def dung_noi_dang_ky_khac_so_the(context: CheckContext) -> Iterable[Hits]:
    """Claims of registered patients whose cards are registered elsewhere on arrival.

    Silent where the claim itself declares another place, and where the place of any card in force
    is not known. A sender of several sites is one facility.
    """
    registry = _registry(context)
    registered = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_NOI_DANG_KY")
    xml1, sender = context.claims[CLAIM_TABLE], context.claims[ENVELOPE_TABLE]["MACSKCB"]
    hits, details = [], []
    for visit in registry.visits:
        place = xml1["MA_CSKCB"].text(visit.claim)
        if not (visit.certain and registered[visit.claim] and place):
            continue
        here = {place, sender.text(visit.claim)}
        declared = split(xml1[_SITE].text(visit.claim))
        sites = registry.sites(visit)
        if sites and here.isdisjoint(sites) and not (declared and here.isdisjoint(declared)):
            hits.append(visit.claim)
            details.append(", ".join(sorted(sites)))
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64), detail=details)


@check
def the_bi_thu_hoi(context: CheckContext) -> Iterable[Hits]:
    """Claims with a card that the registry has as withdrawn, and no other card that is good."""
    registry = _registry(context)
    hits = []
    for visit in registry.visits:
        revoked = [registry.all_revoked(rows, visit.arrival) for rows in visit.cards]
        good = [
            registry.valid(row, visit.arrival) and not registry.has(row, "thu_hoi")
            for rows in visit.cards
            for row in rows
        ]
        if visit.certain and any(revoked) and not any(good):
            hits.append(visit.claim)
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64))


def _registry(context: CheckContext) -> _Registry:
    """The registry beside the claims of the batch, worked out once for all its cards."""
    found = context.batch.shared.get(_SHARED)
    if not isinstance(found, _Registry):
        found = context.batch.shared[_SHARED] = _Registry(context)
    return found


class _Registry:
    """The card registry with what its statuses mean."""

    def __init__(self, context: CheckContext) -> None:
        self.claims = context.claims
        self.insured = ~not_insured(context)
        self.table: DatedTable | None = context.catalogues.table("the_bhyt")
        self.statuses = self.table.columns.get("TRANG_THAI", []) if self.table else []
        self.meaning = {word: _words(context, name) for word, name in _MEANINGS}
        self.shape = pattern("MA_THE_15")
        self.forces = tuple(_words(context, "THE_LUC_LUONG", as_written=True))
        self.temporary = tuple(_words(context, "DUOI_DKBD_THE_TAM", as_written=True))

    @cached_property
    def visits(self) -> tuple[_Visit, ...]:
        """Every claim with a card that can be looked up and a day of arrival."""
        return tuple(self._visits())

    def _visits(self) -> Iterator[_Visit]:
        if self.table is None:
            return
        index = self.table.index(_NUMBER, _card_keys)
        xml1 = self.claims[CLAIM_TABLE]
        arrival = xml1["NGAY_VAO"]
        written = ~xml1[_NUMBER].missing & arrival.valid & self.insured
        for claim in np.flatnonzero(written).tolist():
            cards = []
            certain = True
            for number in self._lookups(xml1[_NUMBER].text(claim), xml1[_SITE].text(claim)):
                rows = index.rows("", number) if number else []
                if not number or any(self.has(row, "loi") for row in rows):
                    certain = False
                    continue
                cards.append(tuple(row for row in rows if not self.has(row, "khong_co")))
            if cards:
                yield _Visit(claim, int(arrival.values[claim]), tuple(cards), certain)

    def text(self, name: str, row: int) -> str:
        """A cell of the registry."""
        assert self.table is not None  # noqa: S101 - rows come from a table
        return self.table.text(name, row)

    def has(self, row: int, meaning: str) -> bool:
        """Whether the status of a row has a meaning."""
        status = fold(self.statuses[row]) if self.statuses else ""
        if status.isdigit():
            status = status.zfill(_STATUS_DIGITS)
        return status in self.meaning[meaning]

    def valid(self, row: int, minute: int) -> bool:
        """Whether a row's period covers a moment and its status does not say otherwise."""
        assert self.table is not None  # noqa: S101 - rows come from a table
        inside = self.table.start[row] <= minute <= self.table.end[row]
        return bool(inside) and not self.has(row, "het_han")

    def sites(self, visit: _Visit) -> set[str]:
        """Where the cards valid on arrival are registered; none when any of it is not known."""
        found = {
            self.text(_SITE, row)
            for rows in visit.cards
            for row in rows
            if self.valid(row, visit.arrival)
        }
        known = all(visit.cards) and all(s and not s.endswith(self.temporary) for s in found)
        return found if known else set()

    def all_revoked(self, rows: Sequence[int], minute: int) -> bool:
        """Whether the rows of a card, those in force first, all say it was withdrawn."""
        judged = [row for row in rows if self.valid(row, minute)] or rows
        return bool(judged) and all(self.has(row, "thu_hoi") for row in judged)

    def differs(
        self, field: str, claim: int, rows: Sequence[int], same: Callable[[str, str], bool]
    ) -> bool:
        """Whether a field of the claim agrees with none of what the rows have."""
        written = self.claims[CLAIM_TABLE][field].text(claim)
        known = {self.text(field, row) for row in rows} - {""}
        return bool(written and known) and not any(same(written, text) for text in known)

    def _lookups(self, cards: str, sites: str) -> list[str]:
        """The card numbers of a claim, "" for those that are never looked up."""
        numbers, places = cards.split(";"), sites.split(";")
        aligned = len(numbers) == len(places)
        out = []
        for i, raw in enumerate(numbers):
            number = _card_key(raw)
            near = [places[i]] if aligned else places
            skipped = (
                not self.shape.fullmatch(number)
                or number.startswith(self.forces)
                or any(place.strip().endswith(self.temporary) for place in near)
            )
            if number:
                out.append("" if skipped else number)
        return out


def _words(context: CheckContext, name: str, *, as_written: bool = False) -> frozenset[str]:
    """All texts that a set had at any time, folded: statuses are not dated by the visit."""
    texts = frozenset().union(*context.evaluator.parameters[name].sets)
    return texts if as_written else frozenset(map(fold, texts))


def _card_key(text: str) -> str:
    return "".join(text.split()).upper()


def _card_keys(text: str) -> list[str]:
    return [_card_key(part) for part in split(text)]


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
