"""Checks of the health-insurance cards of a claim: groups, validity, days of cost.

A claim may carry several cards; MA_THE_BHYT, MA_DKBD, GT_THE_TU and GT_THE_DEN then hold one part
per card, joined by ";". Whatever cannot be split safely is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from giamdinh.checks.chung import by_text, claim_flag, paid
from giamdinh.rules.context import Batch, Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, parse_time, time_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import ClaimSet, Column
    from giamdinh.tables.codelists import CodeList

LINES = ("XML2", "XML3")
NEVER = 2**60
"""The last day of a card without an end date."""

_FIELDS = ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")
_UNSURE = "low"


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of every claim; claims with the same four fields share one group.

    Attributes:
        group: shape (claims,).
        texts: distinct card numbers.
        card: shape (groups, widest), index into `texts`, -1 where there is no further card.
        start, end: shape (groups, widest), first and last day as midnights; an empty interval
            where there is no card.
        dated: shape (groups,), there is a card and each has a readable start and end.
        sites: registration sites by group.
    """

    group: IntArray
    texts: Sequence[str]
    card: IntArray
    start: IntArray
    end: IntArray
    dated: BoolArray
    sites: Sequence[Sequence[str]]

    @property
    def there(self) -> BoolArray:
        """Cells that hold a card; shape (groups, widest)."""
        return np.greater_equal(self.card, 0)

    @property
    def reversed(self) -> BoolArray:
        """Groups with a card that ends before it starts."""
        return self.dated & (self.there & (self.start > self.end)).any(axis=1)

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


_cards: WeakKeyDictionary[Batch, Cards] = WeakKeyDictionary()


def cards_of(context: CheckContext) -> Cards:
    """The cards of the batch, split once for all checks."""
    found = _cards.get(context.batch)
    if found is None:
        found = _cards[context.batch] = split_cards(context.claims)
    return found


def split_cards(claims: ClaimSet) -> Cards:
    """The cards of every claim; each distinct combination of the four fields is split once."""
    columns = [claims[CLAIM_TABLE][name] for name in _FIELDS]
    unique, group = np.unique(
        np.stack([column.codes for column in columns]), axis=1, return_inverse=True
    )
    written = [
        [c.texts[code] if code >= 0 else "" for c, code in zip(columns, key, strict=True)]
        for key in unique.T.tolist()
    ]
    numbers = [split(texts[0]) for texts in written]
    everyone = dict.fromkeys(text for own in numbers for text in own)
    index = {text: i for i, text in enumerate(everyone)}
    shape = (len(written), max(map(len, numbers), default=0))
    card, start, end = np.full(shape, -1), np.full(shape, NEVER), np.full(shape, -NEVER)
    dated = np.zeros(len(written), np.bool_)
    known = _known_days(columns[2:])
    for i, (own, texts) in enumerate(zip(numbers, written, strict=True)):
        card[i, : len(own)] = [index[text] for text in own]
        ends = [part.strip() for part in texts[3].split(";")]
        days = _days(len(own), split(texts[2]), ends, known)
        if days:
            start[i, : len(own)], end[i, : len(own)] = zip(*days, strict=True)
            dated[i] = True
    sites = [split(texts[1]) for texts in written]
    return Cards(group.ravel(), list(index), card, start, end, dated, sites)


def _known_days(columns: Sequence[Column]) -> dict[str, int]:
    """Every part of some date fields that is a date, as its midnight; "" is no end date."""
    days = {"": NEVER}
    for column in columns:
        for part in {part for text in column.texts for part in split(text)}:
            day = parse_time(part, column.spec)
            if day is not None:
                days[part] = day
    return days


def _days(
    cards: int, starts: list[str], ends: list[str], known: Mapping[str, int]
) -> list[tuple[int, int]]:
    """First and last day of each card; none when a part is missing or no date."""
    if not len(starts) == len(ends) == cards:
        return []
    if not all(part in known for part in (*starts, *ends)):
        return []
    return [(known[a], known[b]) for a, b in zip(starts, ends, strict=True)]


def not_insured(context: CheckContext) -> BoolArray:
    """Claims that ask nothing of the fund by their category (8, 9); shape (claims,)."""
    return _category_in(context, "MA_DOI_TUONG_KHONG_THANH_TOAN")


def _category_in(context: CheckContext, parameter: str) -> BoolArray:
    """Claims whose category was in a set at any time; these sets do not change meaning."""
    members = frozenset[str]().union(*context.evaluator.parameters[parameter].sets)
    column = context.claims[CLAIM_TABLE]["MA_DOITUONG_KCB"]
    return by_text(column, members.__contains__)


@check
def ky_hieu_the_sai(context: CheckContext) -> Iterable[Hits]:
    """Cards whose group letters are unknown or never went with the benefit digit."""
    column = context.claims[CLAIM_TABLE]["MA_THE_BHYT"]
    groups, shape = context.code_list("doi_tuong_the"), pattern("MA_THE_15")
    sound = {text: [c for c in split(text) if shape.fullmatch(c)] for text in column.texts}
    starts = {card[:3] for cards in sound.values() for card in cards}
    wrong = {start for start in starts if _never_together(start, groups)}
    hit = by_text(column, lambda text: any(card[:3] in wrong for card in sound[text]))
    rows = np.flatnonzero(hit & ~not_insured(context))
    named = [dict.fromkeys(card[:3] for card in sound[column.text(r)]) for r in rows.tolist()]
    detail = [", ".join(start for start in starts if start in wrong) for starts in named]
    yield Hits(CLAIM_TABLE, rows, detail=detail)


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
    suffixes = context.evaluator.parameters["DUOI_NOI_DANG_KY_TAM"].sets
    temporary = tuple(suffix for members in suffixes for suffix in members)
    of_group = [any(site.endswith(temporary) for site in sites) for sites in cards.sites]
    clear = cards.dated & ~cards.reversed & ~np.array(of_group, np.bool_)
    without = _category_in(context, "MA_DOI_TUONG_KHONG_THE")
    return np.asarray(clear[cards.group] & ~without & ~not_insured(context))


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
