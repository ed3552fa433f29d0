"""Checks of the health-insurance cards of a claim: groups, validity, days of cost.

A claim may carry several cards; MA_THE_BHYT, MA_DKBD, GT_THE_TU and GT_THE_DEN then hold one part
per card, joined by ";". Whatever cannot be split safely is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import coded, first_of_each, numbered
from giamdinh.checks.chung import by_text, claim_flag, paid
from giamdinh.rules.context import Hits, check, frozen
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, parse_time, time_vi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import ClaimSet, Column
    from giamdinh.tables.codelists import CodeList

LINES = ("XML2", "XML3")
NEVER = 2**60
"""The last day of a card without an end date."""

_FIELDS = ("MA_THE_BHYT", "GT_THE_TU", "GT_THE_DEN")
_UNSURE = "low"
_START = 3
"""Characters of a card number that law speaks of: its group and its benefit digit."""


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of every claim; claims whose cards differ in nothing of this share one group.

    Attributes:
        group: shape (claims,).
        starts: distinct first characters of card numbers.
        card: shape (groups, widest), index into `starts`, -1 where there is no further card.
        start, end: shape (groups, widest), first and last day as midnights; an empty interval
            where there is no card.
        dated: shape (groups,), there is a card and each has a readable start and end.
    """

    group: IntArray
    starts: Sequence[str]
    card: IntArray
    start: IntArray
    end: IntArray
    dated: BoolArray

    @property
    def there(self) -> BoolArray:
        """Cells that hold a card; shape (groups, widest)."""
        return np.greater_equal(self.card, 0)

    @property
    def reversed(self) -> BoolArray:
        """Groups with a card that ends before it starts."""
        return self.dated & (self.there & (self.start > self.end)).any(axis=1)

    def any(self, test: Callable[[str], bool]) -> BoolArray:
        """Claims with a card whose first characters pass `test`."""
        lut = np.array([*map(test, self.starts), False], np.bool_)
        of_group: BoolArray = np.any(lut[self.card], axis=1)
        return of_group[self.group]

    def covering(self, claim: IntArray, day: IntArray) -> BoolArray:
        """Which cards of a claim are in force on a day; shape (rows, widest)."""
        group, at = self.group[claim], day[:, None]
        return np.less_equal(self.start[group], at) & (at <= self.end[group])

    def first_day(self) -> IntArray:
        """First day of any card of each claim."""
        first = np.where(self.there, self.start, NEVER).min(axis=1, initial=NEVER)
        return np.asarray(first[self.group], np.int64)

    def last_day(self) -> IntArray:
        """Last day of any card of each claim, `NEVER` for an open end."""
        last = np.where(self.there, self.end, -NEVER).max(axis=1, initial=-NEVER)
        return np.asarray(last[self.group], np.int64)

    def validity(self, claim: int) -> str:
        """The periods of a claim's cards for people."""
        group = int(self.group[claim])
        periods = []
        for at in np.flatnonzero(self.there[group]).tolist():
            end = int(self.end[group, at])
            until = time_vi(end) if end < NEVER else "(không ghi ngày hết)"
            periods.append(f"{time_vi(int(self.start[group, at]))} đến {until}")
        return "; ".join(periods)


def cards_of(context: CheckContext) -> Cards:
    """The cards of the batch, split once for all checks."""
    return context.batch.once("cards", lambda: split_cards(context.claims))


def split_cards(claims: ClaimSet) -> Cards:
    """The cards of every claim; each distinct combination of the fields is put together once."""
    number, *dates = (claims[CLAIM_TABLE][name] for name in _FIELDS)
    own, which = _starts(number)
    key = numbered(which)[1]
    for column in dates:
        key = numbered(key * (len(column.texts) + 1) + column.codes + 1)[1]
    first = first_of_each(key, np.arange(key.size))
    kind, start, end = which[first], *(column.codes[first] for column in dates)
    starts, ends = ([*column.texts, ""] for column in dates)
    known = _known_days(dates)
    begins = [_days(split(text), known) for text in starts]
    finishes = [_days([part.strip() for part in text.split(";")], known) for text in ends]
    index = {start: i for i, start in enumerate(dict.fromkeys(chain.from_iterable(own)))}
    widest = max(map(len, own))
    card, size = _cells([[index[start] for start in some] for some in own], widest, -1)
    begin, begun = _cells(begins, widest, NEVER)
    finish, finished = _cells(finishes, widest, -NEVER)
    dated = (size[kind] > 0) & (begun[start] == size[kind]) & (finished[end] == size[kind])
    return Cards(
        group=key,
        starts=[*index],
        card=card[kind],
        start=np.where(dated[:, None], begin[start], NEVER),
        end=np.where(dated[:, None], finish[end], -NEVER),
        dated=dated,
    )


def _starts(column: Column) -> tuple[list[tuple[str, ...]], IntArray]:
    """The first characters of the cards of a claim, and which of them each claim has."""
    cards = [text[:_START] if ";" not in text else text for text in column.texts]
    index, which = coded([*cards, ""])  # a claim without a card is the last
    starts = [
        tuple(card[:_START] for card in split(text)) if ";" in text else (text,) for text in index
    ]
    starts[-1] = ()
    return starts, which[column.codes]


def _cells(parts: Sequence[list[int]], widest: int, nothing: int) -> tuple[IntArray, IntArray]:
    """The parts of each text, shape (texts, widest), and how many there are, shape (texts,).

    The row of a text with more than `widest` parts is left empty: no claim has as many cards.
    """
    size = np.array([*map(len, parts)], np.int64)
    cells = np.full((size.size, widest), nothing)
    there = np.arange(widest) < np.where(size > widest, 0, size)[:, None]
    cells[there] = [part for own in parts if len(own) <= widest for part in own]
    return cells, size


def _known_days(columns: Sequence[Column]) -> dict[str, int]:
    """Every part of some date fields that is a date, as its midnight; "" is no end date."""
    days = {"": NEVER}
    for column in columns:
        for part in {part for text in column.texts for part in split(text)}:
            day = parse_time(part, column.spec)
            if day is not None:
                days[part] = day
    return days


def _days(parts: Sequence[str], known: Mapping[str, int]) -> list[int]:
    """The parts as midnights; none when one of them is no date."""
    found = [known[part] for part in parts if part in known]
    return found if len(found) == len(parts) else []


def not_insured(context: CheckContext) -> BoolArray:
    """Claims that ask nothing of the fund by their category (8, 9); shape (claims,)."""
    return _category_in(context, "MA_DOI_TUONG_KHONG_THANH_TOAN")


def _category_in(context: CheckContext, parameter: str) -> BoolArray:
    """Claims whose category was in a set at any time; these sets do not change meaning."""

    def found() -> BoolArray:
        members = frozenset[str]().union(*context.evaluator.parameters[parameter].sets)
        column = context.claims[CLAIM_TABLE]["MA_DOITUONG_KCB"]
        return frozen(by_text(column, members.__contains__))

    return context.batch.once(("category", parameter), found)


@check
def ky_hieu_the_sai(context: CheckContext) -> Iterable[Hits]:
    """Cards whose group letters are unknown or never went with the benefit digit."""
    column = context.claims[CLAIM_TABLE]["MA_THE_BHYT"]
    groups, shape = context.code_list("doi_tuong_the"), pattern("MA_THE_15")

    def wrong(card: str) -> bool:
        return bool(shape.fullmatch(card)) and _never_together(card[:_START], groups)

    def odd(start: str) -> bool:
        return len(start) == _START and _never_together(start, groups)

    rows = np.flatnonzero(cards_of(context).any(odd) & ~not_insured(context))
    named = [
        dict.fromkeys(card[:_START] for card in split(column.text(row)) if wrong(card))
        for row in rows.tolist()
    ]
    details = [", ".join(starts) for starts in named]
    yield Hits(CLAIM_TABLE, rows[[*map(bool, details)]], detail=[*filter(None, details)])


@lru_cache(2**12)
def _never_together(start: str, groups: CodeList) -> bool:
    """Whether no list ever had a card's two letters with its digit; unsure groups are left out."""
    rows = [row for row in groups.rows if row.code == start[:2]]
    allowed = {d for row in rows for d in split(row.attributes.get("digits", ""))}
    unsure = any(row.attributes.get("confidence") == _UNSURE for row in rows)
    return not unsure and start[2] not in allowed


@check
def the_khong_co_gia_tri_khi_vao(context: CheckContext) -> Iterable[Hits]:
    """Claims whose cards do not cover the day of arrival.

    A card that begins during the stay is held against the lines before it only.
    """
    cards, claims = cards_of(context), context.claims[CLAIM_TABLE]
    arrival, leaving, money = claims["NGAY_VAO"], claims["NGAY_RA"], claims["T_BHTT"]
    day = arrival.values // DAY * DAY
    hit = arrival.valid & _judged(context, cards) & ~(money.valid & (money.values <= 0))
    hit &= ~cards.covering(np.arange(day.size), day).any(axis=1)
    lines, early = _lines_before(context, cards.first_day())
    first = cards.first_day()
    later = leaving.valid & (first > day) & (first <= leaving.values) & (lines > 0)
    rows = np.flatnonzero(hit & ~(later & (early == 0)))
    yield Hits(
        CLAIM_TABLE,
        rows,
        amount=np.where(later, early, money.values)[rows],
        detail=[cards.validity(row) for row in rows.tolist()],
    )


@check
def chi_phi_sau_khi_the_het_han(context: CheckContext) -> Iterable[Hits]:
    """Paid lines later than the days of grace after the last card of a stay that began in time."""
    cards, arrival = cards_of(context), context.claims[CLAIM_TABLE]["NGAY_VAO"]
    day = arrival.values // DAY * DAY
    began = arrival.valid & cards.covering(np.arange(day.size), day).any(axis=1)
    last = cards.last_day()
    concerned = began & _judged(context, cards) & (last < NEVER)
    for table in LINES:
        grace = context.number("SO_NGAY_THE_HET_HAN", table) * DAY
        ordered, known = _line_day(context, table)
        late = ordered > last[context.claims[table].parent] + grace
        rows = np.flatnonzero(_paid(context, table, concerned) & known & late)
        yield _line_hits(context, cards, table, rows)


@check
def chi_phi_truoc_khi_the_co_gia_tri(context: CheckContext) -> Iterable[Hits]:
    """Paid lines earlier than the first day of any card of the claim."""
    cards = cards_of(context)
    first = cards.first_day()
    for table in LINES:
        ordered, known = _line_day(context, table)
        early = ordered < first[context.claims[table].parent]
        rows = np.flatnonzero(_paid(context, table, _judged(context, cards)) & known & early)
        yield _line_hits(context, cards, table, rows)


@check
def the_het_han_truoc_khi_bat_dau(context: CheckContext) -> Iterable[Hits]:
    """Claims with a card that ends before it starts."""
    cards = cards_of(context)
    rows = np.flatnonzero(cards.reversed[cards.group] & ~not_insured(context))
    yield Hits(CLAIM_TABLE, rows, detail=[cards.validity(row) for row in rows.tolist()])


def _judged(context: CheckContext, cards: Cards) -> BoolArray:
    """Claims whose card dates can be held against them: no temporary card, no newborn or donor."""

    def judged() -> BoolArray:
        suffixes = context.evaluator.parameters["DUOI_NOI_DANG_KY_TAM"].sets
        temporary = tuple(suffix for members in suffixes for suffix in members)
        column = context.claims[CLAIM_TABLE]["MA_DKBD"]
        passing = by_text(column, lambda t: any(s.endswith(temporary) for s in split(t)))
        clear = cards.dated & ~cards.reversed
        without = _category_in(context, "MA_DOI_TUONG_KHONG_THE")
        return frozen(clear[cards.group] & ~passing & ~without & ~not_insured(context))

    return context.batch.once("cards judged", judged)


def _line_day(context: CheckContext, table: str) -> tuple[IntArray, BoolArray]:
    """The midnight of NGAY_YL per line, and where it is known."""
    ordered = context.claims[table]["NGAY_YL"]
    return ordered.values // DAY * DAY, ordered.valid


def _paid(context: CheckContext, table: str, concerned: BoolArray) -> BoolArray:
    """Paid lines of the claims concerned."""
    return paid(context.claims, table) & claim_flag(context.claims, table, concerned)


def _lines_before(context: CheckContext, first: IntArray) -> tuple[IntArray, IntArray]:
    """Lines per claim, and the fund's money on lines ordered before day `first`."""
    count, money = np.zeros(first.size, np.int64), np.zeros(first.size, np.int64)
    for table in LINES:
        lines = context.claims[table]
        count += np.diff(lines.offsets)
        day, known = _line_day(context, table)
        everyone = np.ones(first.size, np.bool_)
        early = _paid(context, table, everyone) & known & (day < first[lines.parent])
        np.add.at(money, lines.parent[early], lines["T_BHTT"].values[early])
    return count, money


def _line_hits(context: CheckContext, cards: Cards, table: str, rows: IntArray) -> Hits:
    claims = context.claims[table].parent[rows].tolist()
    return Hits(table, rows, detail=[cards.validity(claim) for claim in claims])
