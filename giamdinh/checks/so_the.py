"""The cards of claims beside the rows that the card registry has of them.

Cards of the forces, temporary cards and numbers not in the usual form are never looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import coded
from giamdinh.checks.the_bhyt import not_insured
from giamdinh.rules.texts import fold, split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from giamdinh.catalogues import DatedTable
    from giamdinh.catalogues.tables import PeriodIndex
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

    _Cards = tuple[tuple[int, ...], ...]
    _Words = tuple[tuple[str, frozenset[str]], ...]

NUMBER, SITE = "MA_THE_BHYT", "MA_DKBD"
_SHARED = "so_the"
_STATUS_DIGITS = 3
_NONE, _UNCLEAR = -1, -2
_MEANINGS = (
    ("loi", "TRA_CUU_LOI"),
    ("khong_co", "TRA_CUU_KHONG_CO_THE"),
    ("het_han", "TRA_CUU_HET_HAN"),
    ("sai_nhan_than", "TRA_CUU_SAI_NHAN_THAN"),
    ("thu_hoi", "TRA_CUU_THU_HOI"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A claim with the cards that the registry can know.

    Attributes:
        arrival: minute of NGAY_VAO.
        cards: registry rows of each card that can be looked up; empty for an unknown card.
    """

    claim: int
    arrival: int
    cards: _Cards


def registry_beside(context: CheckContext) -> Registry:
    """The registry beside the claims of the batch, worked out once for all its cards."""
    return context.batch.once(_SHARED, lambda: Registry(context))


@dataclass(frozen=True, slots=True)
class Visits:
    """Every claim with a card that can be looked up and a day of arrival.

    Most claims agree with the registry; the arrays show which ones need a closer look.

    Attributes:
        claim, arrival, certain: shape (visits,); certain when no other card is written beside.
        alone: shape (visits,), the registry row of a visit's only card, -1 for none.
        several: the cards of the claims that are less simple than that.
        unknown: shape (visits,), a card has no row.
        owner, row: shape (pairs,), a visit and a registry row of one of its cards.
        valid, doubtful: shape (pairs,), see `Registry`.
        has: shape (pairs,) each, see `Registry.has`.
    """

    claim: IntArray
    arrival: IntArray
    certain: BoolArray
    alone: IntArray
    several: Mapping[int, _Cards]
    unknown: BoolArray
    owner: IntArray
    row: IntArray
    valid: BoolArray
    doubtful: BoolArray
    has: Mapping[str, BoolArray]

    def some(self, pairs: BoolArray) -> BoolArray:
        """Visits with a pair for which `pairs` is true."""
        found = np.zeros(self.claim.size, np.bool_)
        found[self.owner[pairs]] = True
        return found

    def cards(self, visit: int) -> _Cards:
        """Registry rows of each card of a visit."""
        row = int(self.alone[visit])
        simple = ((row,) if row >= 0 else (),)
        return self.several.get(int(self.claim[visit]), simple)


class Registry:
    """The card registry with what its statuses mean."""

    def __init__(self, context: CheckContext) -> None:
        self.claims = context.claims
        self.insured = ~not_insured(context)
        self.table: DatedTable | None = context.catalogues.table("the_bhyt")
        self.words = {word: _words(context, name) for word, name in _MEANINGS}
        self.shape = pattern("MA_THE_15")
        self.forces = tuple(_words(context, "THE_LUC_LUONG", as_written=True))
        self.temporary = tuple(_words(context, "DUOI_DKBD_THE_TAM", as_written=True))

    @cached_property
    def visits(self) -> Visits:
        """The visits of the batch, by claim."""
        alone, several, uncertain = self._visits()
        asked = alone != _UNCLEAR
        asked[[*several]] = True
        claim = np.flatnonzero(asked)
        alone, others = alone[claim], np.searchsorted(claim, np.array([*several], np.int64))
        unknown, certain = alone == _NONE, np.ones(claim.size, np.bool_)
        unknown[others] = [not all(cards) for cards in several.values()]
        certain[others] = [claim not in uncertain for claim in several]
        owner, row = _pairs(alone, others, several.values())
        arrival = self.claims[CLAIM_TABLE]["NGAY_VAO"].values[claim]
        has = {word: marked[row] for word, marked in self.marked.items()}
        inside = never = np.zeros(row.size, np.bool_)
        if self.table is not None:
            when, start, end = arrival[owner], self.table.start[row], self.table.end[row]
            inside, never = (start <= when) & (when <= end), start > end
        return Visits(
            claim=claim,
            arrival=arrival,
            certain=certain,
            alone=alone,
            several=several,
            unknown=unknown,
            owner=owner,
            row=row,
            valid=inside & ~has["het_han"],
            doubtful=never & ~has["het_han"],
            has=has,
        )

    @cached_property
    def marked(self) -> dict[str, BoolArray]:
        """For each meaning the registry rows whose status has it, shape (rows,)."""
        if self.table is None:
            return {word: np.zeros(0, np.bool_) for word, _ in _MEANINGS}
        return self.table.remembered(_marked, tuple(self.words.items()))

    def _visits(self) -> tuple[IntArray, dict[int, _Cards], set[int]]:
        """What is known of the cards of each claim.

        Returns:
            The registry row of each claim's only card, -1 for none, -2 where more is to be said;
            the cards of the claims with -2 that have any to look up; those of them with others.
        """
        alone = np.full(len(self.claims), _UNCLEAR)
        if self.table is None:
            return alone, {}, set()
        xml1 = self.claims[CLAIM_TABLE]
        number, site = xml1[NUMBER], xml1[SITE]
        written = np.flatnonzero(~number.missing & xml1["NGAY_VAO"].valid & self.insured)
        temporary = [self._temporary(text) for text in (*site.texts, "")]
        index = self.table.index(NUMBER, _card_keys)
        row = self._only(index, number.texts)
        clear = ~np.array([*map(any, temporary)], np.bool_)[site.codes[written]]
        alone[written[clear]] = row[number.codes[written[clear]]]
        looked_into = written[alone[written] == _UNCLEAR]
        return alone, *self._looked_into(index, looked_into, temporary)

    def _only(self, index: PeriodIndex, texts: Sequence[str]) -> IntArray:
        """The only registry row of each text that is one card as the registry writes it.

        Returns:
            Shape (texts + 1,): -1 for no row, `_UNCLEAR` where more is to be said and at the end.
        """
        fits = self.shape.fullmatch
        known = [
            i for i, text in enumerate(texts) if fits(text) and not text.startswith(self.forces)
        ]
        rows = np.full(len(texts) + 1, _UNCLEAR)
        rows[known] = index.only([texts[i] for i in known])
        odd = np.append(self.marked["loi"] | self.marked["khong_co"], np.False_)
        return np.where(odd[np.maximum(rows, _NONE)], _UNCLEAR, rows)

    def _looked_into(
        self, index: PeriodIndex, claims: IntArray, temporary: Sequence[Sequence[bool]]
    ) -> tuple[dict[int, _Cards], set[int]]:
        """Cards of claims with several, with cards that are not looked up or that say more."""
        xml1 = self.claims[CLAIM_TABLE]
        number, site = xml1[NUMBER], xml1[SITE]
        found: dict[int, _Cards] = {}
        uncertain = set()
        for claim in claims.tolist():
            cards: list[tuple[int, ...]] = []
            own = self._cards(number.text(claim))
            for key in _lookups(own, temporary[site.codes[claim]]):
                rows = index.rows("", key) if key else []
                if not key or any(self.has(row, "loi") for row in rows):
                    uncertain.add(claim)
                    continue
                cards.append(tuple(row for row in rows if not self.has(row, "khong_co")))
            if cards:
                found[claim] = tuple(cards)
        return found, uncertain

    def among(self, wanted: BoolArray) -> Iterator[Visit]:
        """Some of the visits, one by one."""
        visits = self.visits
        for i in np.flatnonzero(wanted).tolist():
            yield Visit(int(visits.claim[i]), int(visits.arrival[i]), visits.cards(i))

    def equal(self, name: str, field: str, size: int | None = None) -> BoolArray:
        """Pairs whose registry cell `name` begins with the same `size` characters as `field`."""
        visits = self.visits
        if self.table is None or name not in self.table.columns:
            return np.zeros(visits.row.size, np.bool_)
        column = self.claims[CLAIM_TABLE][field]
        texts = np.array([*(text[:size] for text in column.texts), ""], np.object_)
        written = texts[column.codes[visits.claim[visits.owner]]]
        known = self.table.remembered(_cells, (name, size))[visits.row]
        return np.asarray((written == known) & (written != ""), np.bool_)

    def text(self, name: str, row: int) -> str:
        """A cell of the registry."""
        assert self.table is not None  # noqa: S101 - rows come from a table
        return self.table.text(name, row)

    def has(self, row: int, meaning: str) -> bool:
        """Whether the status of a row has a meaning."""
        return bool(self.marked[meaning][row])

    def valid(self, row: int, minute: int) -> bool:
        """Whether a row's period covers a moment and its status does not say otherwise."""
        assert self.table is not None  # noqa: S101 - rows come from a table
        inside = self.table.start[row] <= minute <= self.table.end[row]
        return bool(inside) and not self.has(row, "het_han")

    def doubtful(self, row: int) -> bool:
        """Whether a row's period cannot be read and its status does not say that it is over."""
        assert self.table is not None  # noqa: S101 - rows come from a table
        return bool(self.table.start[row] > self.table.end[row]) and not self.has(row, "het_han")

    def sites(self, visit: Visit) -> set[str]:
        """Where the cards valid on arrival are registered; none when any of it is not known."""
        found = {
            self.text(SITE, row)
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
        rows = [row for rows in self.visits.cards(visit) for row in rows]
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


def _marked(table: DatedTable, words: _Words) -> dict[str, BoolArray]:
    """For each meaning the rows of the registry whose status has it."""
    statuses = table.columns.get("TRANG_THAI", [""] * len(table))
    index, which = coded(statuses)
    said = [*map(_status, index)]
    return {
        word: np.array([status in texts for status in said], np.bool_)[which]
        for word, texts in words
    }


def _cells(table: DatedTable, asked: tuple[str, int | None]) -> npt.NDArray[np.object_]:
    """The first characters of each cell of a column, shape (rows,)."""
    name, size = asked
    return np.array([text[:size] for text in table.columns[name]], np.object_)


def _pairs(
    alone: IntArray, visits: IntArray, several: Iterable[_Cards]
) -> tuple[IntArray, IntArray]:
    """Every visit with a row of one of its cards: the only one, or one of some visits' cards."""
    pairs = [
        (at, row)
        for at, cards in zip(visits.tolist(), several, strict=True)
        for rows in cards
        for row in rows
    ]
    simple, others = np.flatnonzero(alone >= 0), np.array(pairs, np.int64).reshape(-1, 2)
    return np.append(simple, others[:, 0]), np.append(alone[simple], others[:, 1])


def _status(text: str) -> str:
    status = fold(text)
    return status.zfill(_STATUS_DIGITS) if status.isdigit() else status


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
    return [text.upper()] if text.isalnum() else [_card_key(part) for part in split(text)]
