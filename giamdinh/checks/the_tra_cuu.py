"""Checks of insurance cards against the card registry.

Cards of the forces, temporary cards and numbers not in the usual form are never looked up; a
claim that has one of them beside others is only judged where that card cannot matter. Claims that
ask nothing of the fund by their category are left alone. Messages and expected values never carry
what the registry knows about a person.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import in_set
from giamdinh.checks.the_bhyt import not_insured
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold, split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_NUMBER, _SITE = "MA_THE_BHYT", "MA_DKBD"
_SHARED = "so_the"
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STATUS_DIGITS = 3
_DAY_DIGITS = 8
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
    """

    claim: int
    arrival: int
    cards: tuple[tuple[int, ...], ...]


@check
def the_khong_co_trong_so(context: CheckContext) -> Iterable[Hits]:
    """Claims with a card that the registry does not have, or has as not found."""
    visits = _registry(context).visits
    yield Hits(CLAIM_TABLE, visits.claim[visits.unknown])


@check
def the_het_han_theo_so(context: CheckContext) -> Iterable[Hits]:
    """Claims none of whose cards, all known to the registry, is valid on the day of arrival."""
    visits = _registry(context).visits
    valid = visits.some(visits.valid)
    yield Hits(CLAIM_TABLE, visits.claim[visits.certain & ~visits.unknown & ~valid])


@check
def the_khac_nhan_than(context: CheckContext) -> Iterable[Hits]:
    """Claims whose name, birth date or sex no registry row of their cards agrees with."""
    registry = _registry(context)
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
    yield Hits(CLAIM_TABLE, visits.claim[agreeing & other], _NUMBER)


@check
def the_khac_noi_dang_ky(context: CheckContext) -> Iterable[Hits]:
    """Claims none of whose MA_DKBD is where the registry has a card valid on arrival."""
    registry = _registry(context)
    visits = registry.visits
    asked = visits.certain & ~visits.some(visits.valid & registry.equal(_SITE, _SITE))
    hits, expected = [], []
    for visit in registry.among(asked & visits.some(visits.valid)):
        valid = [row for rows in visit.cards for row in rows if registry.valid(row, visit.arrival)]
        sites = {registry.text(_SITE, row) for row in valid} - {""}
        declared = set(split(context.claims[CLAIM_TABLE][_SITE].text(visit.claim)))
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
    registry = _registry(context)
    visits = registry.visits
    registered = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_NOI_DANG_KY")
    xml1, sender = context.claims[CLAIM_TABLE], context.claims[ENVELOPE_TABLE]["MACSKCB"]
    asked = visits.certain & registered[visits.claim] & ~xml1["MA_CSKCB"].missing[visits.claim]
    asked &= ~visits.some(visits.valid & registry.equal(_SITE, "MA_CSKCB"))
    hits, details = [], []
    for visit in registry.among(asked & visits.some(visits.valid)):
        here = {xml1["MA_CSKCB"].text(visit.claim), sender.text(visit.claim)}
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
    visits = registry.visits
    hits = []
    for visit in registry.among(visits.certain & visits.some(visits.has["thu_hoi"])):
        revoked = [registry.all_revoked(rows, visit.arrival) for rows in visit.cards]
        good = [
            registry.valid(row, visit.arrival) and not registry.has(row, "thu_hoi")
            for rows in visit.cards
            for row in rows
        ]
        if any(revoked) and not any(good):
            hits.append(visit.claim)
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64))


def _registry(context: CheckContext) -> _Registry:
    """The registry beside the claims of the batch, worked out once for all its cards."""
    return context.batch.once(_SHARED, lambda: _Registry(context))


@dataclass(frozen=True, slots=True)
class _Visits:
    """Every claim with a card that can be looked up and a day of arrival.

    Most claims agree with the registry; the arrays show which ones need a closer look.

    Attributes:
        claim, arrival, certain: shape (visits,); certain when no other card is written beside.
        cards: registry rows of each card of each visit.
        unknown: shape (visits,), a card has no row.
        owner, row: shape (pairs,), a visit and a registry row of one of its cards.
        valid: shape (pairs,), see `_Registry.valid`.
        has: shape (pairs,) each, see `_Registry.has`.
    """

    claim: IntArray
    arrival: IntArray
    certain: BoolArray
    cards: Sequence[tuple[tuple[int, ...], ...]]
    unknown: BoolArray
    owner: IntArray
    row: IntArray
    valid: BoolArray
    has: Mapping[str, BoolArray]

    def some(self, pairs: BoolArray) -> BoolArray:
        """Visits with a pair for which `pairs` is true."""
        found = np.zeros(self.claim.size, np.bool_)
        found[self.owner[pairs]] = True
        return found


class _Registry:
    """The card registry with what its statuses mean."""

    def __init__(self, context: CheckContext) -> None:
        self.claims = context.claims
        self.insured = ~not_insured(context)
        self.table: DatedTable | None = context.catalogues.table("the_bhyt")
        self.statuses = self.table.columns.get("TRANG_THAI", []) if self.table else []
        self.words = {word: _words(context, name) for word, name in _MEANINGS}
        self.meaning = cache(self._meaning)
        self.shape = pattern("MA_THE_15")
        self.forces = tuple(_words(context, "THE_LUC_LUONG", as_written=True))
        self.temporary = tuple(_words(context, "DUOI_DKBD_THE_TAM", as_written=True))

    @cached_property
    def visits(self) -> _Visits:
        """The visits of the batch."""
        found = list(self._visits())
        claim = np.array([claim for claim, _, _ in found], np.int64)
        arrival = self.claims[CLAIM_TABLE]["NGAY_VAO"].values[claim]
        cards = [cards for _, cards, _ in found]
        sizes = [sum(map(len, own)) for own in cards]
        owner = np.repeat(np.arange(claim.size), np.array(sizes, np.int64))
        row = np.array([row for own in cards for rows in own for row in rows], np.int64)
        meanings = [
            self.meaning(self.statuses[r]) if self.statuses else frozenset() for r in row.tolist()
        ]
        has = {word: np.array([word in own for own in meanings], np.bool_) for word, _ in _MEANINGS}
        inside = np.zeros(row.size, np.bool_)
        if self.table is not None:
            when = arrival[owner]
            inside = (self.table.start[row] <= when) & (when <= self.table.end[row])
        return _Visits(
            claim=claim,
            arrival=arrival,
            certain=np.array([certain for _, _, certain in found], np.bool_),
            cards=cards,
            unknown=np.array([not all(own) for own in cards], np.bool_),
            owner=owner,
            row=row,
            valid=inside & ~has["het_han"],
            has=has,
        )

    def _visits(self) -> Iterator[tuple[int, tuple[tuple[int, ...], ...], bool]]:
        """Claim, registry rows of its cards, and whether no other card is beside them."""
        if self.table is None:
            return
        index = self.table.index(_NUMBER, _card_keys)
        xml1 = self.claims[CLAIM_TABLE]
        number, site = xml1[_NUMBER], xml1[_SITE]
        written = np.flatnonzero(~number.missing & xml1["NGAY_VAO"].valid & self.insured)
        cards = [self._cards(text) for text in number.texts]
        temporary = [self._temporary(text) for text in (*site.texts, "")]
        for claim, card, place in zip(
            written.tolist(), number.codes[written].tolist(), site.codes[written].tolist(),
            strict=True,
        ):  # fmt: skip
            found, certain = [], True
            for key in _lookups(cards[card], temporary[place]):
                rows = index.rows("", key) if key else []
                if not key or any(self.has(row, "loi") for row in rows):
                    certain = False
                    continue
                found.append(tuple(row for row in rows if not self.has(row, "khong_co")))
            if found:
                yield claim, tuple(found), certain

    def among(self, wanted: BoolArray) -> Iterator[_Visit]:
        """Some of the visits, one by one."""
        visits = self.visits
        for i in np.flatnonzero(wanted).tolist():
            yield _Visit(int(visits.claim[i]), int(visits.arrival[i]), visits.cards[i])

    def equal(self, name: str, field: str, size: int | None = None) -> BoolArray:
        """Pairs whose registry cell `name` begins with the same `size` characters as `field`."""
        visits = self.visits
        column = self.claims[CLAIM_TABLE][field]
        texts = [text[:size] for text in (*column.texts, "")]
        codes = column.codes[visits.claim[visits.owner]].tolist()
        known = self.table.columns.get(name) if self.table else None
        if not known:
            return np.zeros(visits.row.size, np.bool_)
        same = [
            bool(texts[code]) and texts[code] == known[row][:size]
            for code, row in zip(codes, visits.row.tolist(), strict=True)
        ]
        return np.array(same, np.bool_)

    def text(self, name: str, row: int) -> str:
        """A cell of the registry."""
        assert self.table is not None  # noqa: S101 - rows come from a table
        return self.table.text(name, row)

    def has(self, row: int, meaning: str) -> bool:
        """Whether the status of a row has a meaning."""
        return bool(self.statuses) and meaning in self.meaning(self.statuses[row])

    def _meaning(self, text: str) -> frozenset[str]:
        """What a status says."""
        status = fold(text)
        if status.isdigit():
            status = status.zfill(_STATUS_DIGITS)
        return frozenset(word for word, texts in self.words.items() if status in texts)

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

    def differs(self, field: str, visit: int, same: Callable[[str, str], bool]) -> bool:
        """Whether a field of a visit agrees with none of what the rows of its cards have."""
        written = self.claims[CLAIM_TABLE][field].text(int(self.visits.claim[visit]))
        rows = [row for rows in self.visits.cards[visit] for row in rows]
        known = {self.text(field, row) for row in rows} - {""}
        return bool(written and known) and not any(same(written, text) for text in known)

    def _cards(self, text: str) -> list[tuple[str, bool]]:
        """Each card number of a text, and whether its form can be looked up."""
        keys = [_card_key(raw) for raw in text.split(";")]
        return [
            (key, bool(self.shape.fullmatch(key)) and not key.startswith(self.forces))
            for key in keys
        ]

    def _temporary(self, sites: str) -> list[bool]:
        """For each registration site whether it marks a temporary card."""
        return [site.strip().endswith(self.temporary) for site in sites.split(";")]


def _lookups(cards: Sequence[tuple[str, bool]], temporary: Sequence[bool]) -> list[str]:
    """The card numbers of a claim, "" for those that are never looked up.

    Without one site per card any temporary site may be that of any card.
    """
    flags = temporary if len(cards) == len(temporary) else [any(temporary)] * len(cards)
    return [
        key if known and not flag else ""
        for (key, known), flag in zip(cards, flags, strict=True)
        if key
    ]


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
