"""Pairs of drugs and services: those that exclude or include each other, and those that need one.

Drugs of XML2 and services of XML3 are looked at together, as items of one claim. A row of the list
is in force by the order date of the item that it decides on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among
from giamdinh.checks.chung import numbers, share
from giamdinh.checks.danh_muc_chung import PRICE_SCALE, compact, numbers_of
from giamdinh.checks.dieu_kien import claim_has, fits
from giamdinh.checks.dong_theo_ma import SOURCES, Side, at_rows, items_of, joined, number_of
from giamdinh.checks.tham_chieu import are_codes, codes_in, icd_set, reference
from giamdinh.rules.context import Hits, check, frozen
from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from giamdinh.catalogues import DatedTable
    from giamdinh.checks.dong_theo_ma import Items
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_PRICES = {"XML2": "DON_GIA", "XML3": "DON_GIA_BH"}
_SPAN = re.compile(r"([0-9]{1,4}) ?(phut|phút|gio|giờ|h|ngay|ngày)")
_MINUTES = {"phut": 1, "phút": 1, "gio": 60, "giờ": 60, "h": 60, "ngay": DAY, "ngày": DAY}
_SAME_DAY, _WHOLE_STAY, _UNREAD = -1, -2, -3
_MILD = ("nhe", "trung_binh")
_WHERE, _TOPIC = "CUA_SO", "CHUYEN_DE"


@check
def hai_ma_cung_co(context: CheckContext) -> Iterable[Hits]:
    """Items that are not paid beside another item within the list's stretch of time."""
    items, listed = items_of(context), reference(context)
    found = _pairs(context, items, listed)
    if not found.refused.size:
        return
    here = _of_card(context, items)[found.refused]
    first = _first_of(found.refused, here)
    yield from _hits(items, listed, found.take(first))


@check
def thieu_ma_di_kem(context: CheckContext) -> Iterable[Hits]:
    """Items of which the claim has none of the things that they need.

    Drugs that another facility sent are left alone: what they need may have been done there.
    """
    items, listed = items_of(context), reference(context)
    side = Side(items, listed, "A")
    wanted = items.paid & ~items.from_elsewhere
    rows, at = side.in_force(wanted & _of_card(context, items))
    asks = np.array([_asks_anything(listed, row) for row in range(len(listed))], np.bool_)
    rows, at = rows[asks[rows]], at[asks[rows]]
    if not rows.size:
        return
    there = _present(context, items, listed, (rows, at))
    missing = np.ones(items.claim.size, np.bool_)
    missing[at[there]] = False
    first = _first_of(at, missing[at])
    yield from _lacking(items, listed, rows[first], at[first])


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A row of the list, the item refused by it and the item beside it; shape (pairs,)."""

    listed: IntArray
    refused: IntArray
    beside: IntArray

    def take(self, at: IntArray) -> _Pairs:
        return _Pairs(self.listed[at], self.refused[at], self.beside[at])


def _of_card(context: CheckContext, items: Items) -> BoolArray:
    """The items of the card's own tables."""
    tables = (*context.rule.fields,)

    def found() -> BoolArray:
        return frozen(among(items.table, np.array([*map(number_of, tables)], np.int64)))

    return context.batch.once(("items of", tables), found)


def _pairs(context: CheckContext, items: Items, listed: DatedTable) -> _Pairs:
    """Every pair of paid items that a row of the list names, the refused one told apart."""
    first = Side(items, listed, "A")
    if not first.rows.size:
        return _Pairs(first.rows, first.at, first.at)
    second = Side(items, listed, "B")
    mild = [row for row in range(len(listed)) if listed.text("MUC_DO", row) in _MILD]
    strict = ~among(second.rows, np.array(mild, np.int64))
    b_keep = strict & items.paid[second.at]
    a_keep = items.paid[first.at]
    rows, a, b = joined(
        items, (first.rows[a_keep], first.at[a_keep]), (second.rows[b_keep], second.at[b_keep])
    )
    keep = (a != b) & _near(items, listed, rows, (a, b)) & ~_other_place(context, items, a, b)
    rows, a, b = rows[keep], a[keep], b[keep]
    refused, beside = _refused(items, listed, rows, (a, b))
    when = items.ordered[refused]
    keep = (listed.start[rows] <= when) & (when <= listed.end[rows])
    order = np.lexsort((beside[keep], refused[keep]))
    return _Pairs(rows[keep][order], refused[keep][order], beside[keep][order])


def _near(
    items: Items, listed: DatedTable, rows: IntArray, pair: tuple[IntArray, IntArray]
) -> BoolArray:
    """Pairs within the stretch of time that the row of the list says; unknown times are not."""
    span, (a, b) = _spans(listed)[rows], pair
    known = items.known[a] & items.known[b]
    apart = np.abs(items.done[a] - items.done[b])
    same_day = items.done[a] // DAY == items.done[b] // DAY
    close = np.where(span == _SAME_DAY, same_day, apart <= span)
    near: BoolArray = (span == _WHOLE_STAY) | (known & close)
    return near


def _spans(listed: DatedTable) -> IntArray:
    """The stretch of time of each row of the list, see `span_of`."""
    texts = [_said(listed, row, _WHERE) for row in range(len(listed))]
    return np.array([span_of(text) for text in texts], np.int64)


@lru_cache(1 << 10)
def span_of(text: str) -> int:
    """Minutes between two items, or a mark: one day, also when unsaid; a whole stay; unread."""
    match text:
        case "":
            return _SAME_DAY
        case "ngay":
            return _SAME_DAY
        case "luc":
            return 0
        case "dot":
            return _WHOLE_STAY
    found = _SPAN.fullmatch(text.casefold())
    return int(found.group(1)) * _MINUTES[found.group(2)] if found else _UNREAD


def _other_place(context: CheckContext, items: Items, a: IntArray, b: IntArray) -> BoolArray:
    """Pairs of services at two different places of the body."""
    column = context.claims["XML3"]["VI_TRI_TH_DVKT"]
    first, second = (
        np.where(items.table[one] == 1, at_rows(column.codes, items.row[one]), -1) for one in (a, b)
    )
    apart: BoolArray = (first >= 0) & (second >= 0) & (first != second)
    return apart


def _refused(
    items: Items, listed: DatedTable, rows: IntArray, pair: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray]:
    """Which item of each pair is refused, B unless the row says otherwise, and the other one.

    Where a row names both items on both sides, or both cost the same, the later one is.
    """
    a, b = pair
    ways = [_said(listed, row, "XU_LY") for row in range(len(listed))]
    first = np.array([way == "bo_a" for way in ways], np.bool_)[rows]
    cheaper = np.array([way == "bo_re" for way in ways], np.bool_)[rows]
    later = np.array([way == "bo_sau" for way in ways], np.bool_)[rows]
    after = (items.done[a] > items.done[b]) | ((items.done[a] == items.done[b]) & (a > b))
    width = items.claim.size + 1
    either = among((rows * width + a) * width + b, (rows * width + b) * width + a)
    even = items.money[a] == items.money[b]
    by_time = later | (cheaper & even) | (either & ~cheaper)
    swap = np.where(by_time, after, first | (cheaper & (items.money[a] < items.money[b])))
    return np.where(swap, a, b), np.where(swap, b, a)


def _hits(items: Items, listed: DatedTable, pairs: _Pairs) -> Iterator[Hits]:
    """The refused items by table, with the item beside them."""
    same_table = items.table[pairs.refused] == items.table[pairs.beside]
    priced = _replacing(listed)[pairs.listed] > 0
    for number, (name, field) in enumerate(SOURCES):
        here = items.table[pairs.refused] == number
        for same, one_price in product((True, False), (True, False)):
            one = pairs.take(np.flatnonzero(here & (same_table == same) & (priced == one_price)))
            yield Hits(
                name,
                items.row[one.refused],
                field,
                amount=_worth(items, listed, one) if one_price else None,
                other_rows=items.row[one.beside] if same else None,
                detail=[
                    items.text(b) + _why(listed, row)
                    for b, row in zip(one.beside.tolist(), one.listed.tolist(), strict=True)
                ],
            )


def _worth(items: Items, listed: DatedTable, pairs: _Pairs) -> IntArray:
    """What two cost above the list's one price for both."""
    own, other = _price(items, pairs.refused), _price(items, pairs.beside)
    excess = np.clip(own + other - _replacing(listed)[pairs.listed], 0, own)
    return share(items.money[pairs.refused], excess, np.maximum(own, 1))


def _lacking(items: Items, listed: DatedTable, rows: IntArray, at: IntArray) -> Iterator[Hits]:
    """Items that lack something: all of their money, or what is above the price without it."""
    for number, (name, field) in enumerate(SOURCES):
        here = np.flatnonzero(items.table[at] == number)
        mine, own = at[here], rows[here]
        price, instead = _price(items, mine), _replacing(listed)[own]
        excess = np.clip(price - instead, 0, price)
        money = items.money[mine]
        yield Hits(
            name,
            items.row[mine],
            field,
            expected=["" if v <= 0 else numbers(np.array([v]), PRICE_SCALE)[0] for v in instead],
            amount=np.where(instead > 0, share(money, excess, np.maximum(price, 1)), money),
            detail=[_needed(listed, row) for row in own.tolist()],
        )


def _replacing(listed: DatedTable) -> IntArray:
    """The price to be paid instead by each row of the list, in thousandths; -1 where none."""
    return np.array([*listed.remembered(numbers_of, "GIA_THAY"), -1], np.int64)


def _price(items: Items, at: IntArray) -> IntArray:
    """The price of some items in thousandths, 0 where there is none."""
    found = np.zeros(at.size, np.int64)
    for number, (name, _) in enumerate(SOURCES):
        values = items.context.claims[name][_PRICES[name]].values
        found = np.where(items.table[at] == number, at_rows(values, items.row[at]), found)
    return np.maximum(found, 0)


def _present(
    context: CheckContext, items: Items, listed: DatedTable, asked_for: tuple[IntArray, IntArray]
) -> BoolArray:
    """Which (row of the list, item) have a B in the claim within the row's stretch of time.

    What cannot be read, in the list or in the claim, is taken to be there.
    """
    rows, at = asked_for
    side = Side(items, listed, "B")
    routes = _by_route(context, items, listed)
    second = np.concatenate([side.rows, routes[0]]), np.concatenate([side.at, routes[1]])
    found, a, b = joined(items, (rows, at), second)
    unsure = ~(items.known[a] & items.known[b]) | (_spans(listed)[found] == _UNREAD)
    keep = (a != b) & (_near(items, listed, found, (a, b)) | unsure)
    width = items.claim.size + 1
    there = among(rows * width + at, found[keep] * width + a[keep])
    for row in set(rows.tolist()):
        if codes := listed.text("MA_BENH_B", row):
            there |= (rows == row) & claim_has(context, codes)[items.claim[at]]
    unknown = context.claims[CLAIM_TABLE]["MA_BENH_CHINH"].missing[items.claim[at]]
    by_icd = np.array([bool(listed.text("MA_BENH_B", row)) for row in range(len(listed))], np.bool_)
    unread = np.array([not _readable(listed, row) for row in range(len(listed))], np.bool_)
    return there | (unknown & by_icd[rows]) | unread[rows]


def _by_route(context: CheckContext, items: Items, listed: DatedTable) -> tuple[IntArray, IntArray]:
    """Rows of the list and the drugs of a route that they name as B."""
    column = context.claims["XML2"]["DUONG_DUNG"]
    drugs = np.flatnonzero(items.table == 0)
    rows, at = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for row in range(len(listed)):
        if codes := codes_in(listed.text("DUONG_DUNG_B", row)):
            lut = [any(fits(text, code) for code in codes) for text in (*column.texts, "")]
            mine = drugs[np.array(lut, np.bool_)[column.codes[items.row[drugs]]]]
            rows.append(np.full(mine.size, row))
            at.append(mine)
    return np.concatenate(rows), np.concatenate(at)


def _readable(listed: DatedTable, row: int) -> bool:
    """Whether what a row asks for can be looked up at all."""
    diseases = listed.text("MA_BENH_B", row)
    cells = [listed.text(name, row) for name in ("MA_B", "NHOM_B", "DUONG_DUNG_B")]
    return all(map(are_codes, cells)) and (not diseases or icd_set(diseases).readable)


def _asks_anything(listed: DatedTable, row: int) -> bool:
    names = ("MA_B", "NHOM_B", "DUONG_DUNG_B", "MA_BENH_B")
    return any(listed.text(name, row) for name in names)


def _said(listed: DatedTable, row: int, name: str) -> str:
    """What a row has in a column, else what its topic of the assessors says."""
    return listed.text(name, row) or _topic(listed, row).get(name.lower(), "")


def _topic(listed: DatedTable, row: int) -> Mapping[str, str]:
    return _topics().get(compact(listed.text(_TOPIC, row)), {})


@cache
def _topics() -> dict[str, Mapping[str, str]]:
    """What is known of each topic, by its code."""
    return {compact(row.code): row.attributes for row in code_list("chuyen_de_giam_dinh").rows}


def _why(listed: DatedTable, row: int) -> str:
    topic = [_topic(listed, row).get(side, "") for side in ("a", "b")]
    code = listed.text(_TOPIC, row)
    named = f"{code}: {topic[0]} và {topic[1].lower()}" if all(topic) else code
    words = [named, listed.text("GHI_CHU", row), listed.text("NGUON", row)]
    return f" ({'; '.join(filter(None, words))})" if any(words) else ""


def _needed(listed: DatedTable, row: int) -> str:
    """What a row of the list asks for, in its own words where it has any."""
    titles = (("MA_B", "mã"), ("NHOM_B", "nhóm"), ("DUONG_DUNG_B", "thuốc đường dùng"))
    said = [f"{word} {listed.text(name, row)}" for name, word in titles if listed.text(name, row)]
    if listed.text("MA_BENH_B", row):
        said.append(f"mã bệnh {listed.text('MA_BENH_B', row)}")
    return (listed.text("TEN_B", row) or " hoặc ".join(said)) + _why(listed, row)


def _first_of(values: IntArray, wanted: BoolArray) -> IntArray:
    """The first position of each distinct wanted value, in the order of the values."""
    at = np.flatnonzero(wanted)
    at = at[np.argsort(values[at], kind="stable")]
    return at[np.flatnonzero(np.diff(values[at], prepend=-1))]
