"""Drug and blood lines of XML2 against the facility's approved list 03/DM.

Of several rows in force any may match. Prices and contracts are compared with the rows that have
the registration number and the tender of the line, when there are such rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.checks.chung import in_set, paid
from giamdinh.checks.danh_muc_chu import route_agrees, same_strength
from giamdinh.checks.danh_muc_chung import (
    approved_lines,
    beside,
    closed,
    compact,
    differing,
    drug_keys,
    listed_keys,
    prices,
    starting_with,
)
from giamdinh.checks.danh_muc_so_sanh import (
    PRODUCT,
    above_tender,
    cells,
    dearer,
    either,
    highest_price,
    name_keys,
    other_text,
    outside_contracts,
    price_slack,
    product,
    registrations,
)
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.checks.danh_muc_chung import Found, Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _KIND = "XML2", "thuoc"
_APPROVED = ("DON_GIA_BH", "DON_GIA")


@check
def thuoc_ngoai_thoi_gian_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Drug codes of the list without a row in force on the order date."""
    lines = approved_lines(context, _KIND)
    yield closed(lines, np.ones(lines.rows.size, np.bool_))


@check
def thuoc_ngoai_hop_dong(context: CheckContext) -> Iterable[Hits]:
    """Orders outside the contracts of every row; stock may be used up for some days after."""
    lines = approved_lines(context, _KIND)
    grace = context.number("SO_NGAY_TON_SAU_HOP_DONG", _TABLE)
    yield outside_contracts(lines, grace * DAY)


@check
def thuoc_sai_so_dang_ky(context: CheckContext) -> Iterable[Hits]:
    """Registration numbers that no row in force has."""
    lines = approved_lines(context, _KIND)
    yield other_text(lines, "SO_DANG_KY", registrations)


@check
def thuoc_sai_ham_luong(context: CheckContext) -> Iterable[Hits]:
    """Strengths that no row in force has, units and sums of strengths allowed for."""
    lines = approved_lines(context, _KIND)

    def judge(found: Found, row: int) -> str:
        mine = lines.table["HAM_LUONG"].text(row)
        texts = cells(lines.listed, "HAM_LUONG", found)
        fits = not mine or not all(texts) or any(same_strength(mine, text) for text in texts)
        return "" if fits else either(texts)

    yield differing(lines, ["HAM_LUONG"], judge)


@check
def thuoc_sai_ten(context: CheckContext) -> Iterable[Hits]:
    """Drug names that no row in force has."""
    lines = approved_lines(context, _KIND)
    yield other_text(lines, "TEN_THUOC", name_keys)


@check
def thuoc_sai_duong_dung(context: CheckContext) -> Iterable[Hits]:
    """Routes that no row in force has, by code or by name."""
    lines = approved_lines(context, _KIND)
    routes = {
        row.code: row.attributes.get("name", "") for row in context.code_list("duong_dung").rows
    }

    def judge(found: Found, row: int) -> str:
        mine = lines.table["DUONG_DUNG"].text(row)
        codes = cells(lines.listed, "MA_DUONG_DUNG", found)
        names = cells(lines.listed, "DUONG_DUNG", found)
        pairs = list(zip(codes, names, strict=True))
        known = bool(mine) and all(code or name for code, name in pairs)
        fits = any(route_agrees(mine, pair, routes) for pair in pairs)
        return "" if fits or not known else either([code or name for code, name in pairs])

    yield differing(lines, ["DUONG_DUNG"], judge)


@check
def don_gia_thuoc_vuot_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Drug prices above every fitting row; another unit of measure is told apart first."""
    lines = approved_lines(context, _KIND)
    blood = in_set(context, _TABLE, "MA_NHOM", "NHOM_MAU_CHE_PHAM")[lines.rows[lines.in_force]]
    compared = _prices(context, lines)
    over = compared.over & ~compared.switched & ~blood
    yield dearer(lines, lines.table["DON_GIA"], compared.allowed, over)


@check
def thuoc_khac_don_vi_tinh(context: CheckContext) -> Iterable[Hits]:
    """Units that no fitting row has, with a price that looks like another unit's."""
    lines = approved_lines(context, _KIND)
    compared = _prices(context, lines)
    hits = dearer(lines, lines.table["DON_GIA"], compared.allowed, compared.switched)
    yield replace(hits, expected=compared.units)


@check
def don_gia_mau_khac_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Blood whose price is none of those in force for exactly its code."""
    lines = approved_lines(context, _KIND)
    price = lines.table["DON_GIA"]
    slack = price_slack(context, _TABLE)

    def judge(found: Found, row: int) -> tuple[int, ...]:
        exact = compact(lines.table["MA_THUOC"].text(row))
        column = lines.listed.columns["MA_THUOC"]
        known = lines.listed.remembered(prices, _APPROVED)
        mine = [known[i] for i in found if compact(column[i]) == exact]
        return tuple(sorted(mine)) if mine and all(mine) else ()

    answers, group = lines.ask(["MA_THUOC"], judge)
    here = lines.rows[lines.in_force]
    blood = in_set(context, _TABLE, "MA_NHOM", "NHOM_MAU_CHE_PHAM")[here] & price.valid[here]
    highest = np.array([max(known, default=0) for known in answers], np.int64)[group]
    wrong = blood & (highest > 0)
    for i in np.flatnonzero(wrong).tolist():
        asked, room = int(price.values[here[i]]), int(slack[here[i]])
        wrong[i] = all(abs(asked - known) > room for known in answers[group[i]])
    yield dearer(lines, price, highest, wrong)


@check
def vi_thuoc_thieu_che_bien(context: CheckContext) -> Iterable[Hits]:
    """Herbs, by their code or by the list, without a processing code."""
    lines = context.claims[_TABLE]
    bare = (
        lines["MA_PP_CHEBIEN"].missing & ~lines["MA_THUOC"].missing & paid(context.claims, _TABLE)
    )
    herb = starting_with(context, lines["MA_THUOC"], "DAU_MA_VI_THUOC")
    made = starting_with(context, lines["MA_THUOC"], "DAU_MA_CHE_PHAM_YHCT")
    rows = np.flatnonzero(bare & ~made)
    index = context.catalogues.tables[_KIND].index("MA_THUOC", listed_keys)
    beside_list = beside(context, (_TABLE, "MA_THUOC"), index, rows, drug_keys)
    herb[rows] |= _traditional(context, beside_list)
    yield Hits(_TABLE, np.flatnonzero(bare & herb & ~made))


def _traditional(context: CheckContext, lines: Lines) -> BoolArray:
    """Lines all of whose rows in force the list calls traditional."""
    kinds = frozenset().union(*context.evaluator.parameters["LOAI_THUOC_YHCT"].sets)
    answers, group = lines.ask(
        [], lambda found, _: all(k in kinds for k in cells(lines.listed, "LOAI_THUOC", found))
    )
    out = np.zeros(lines.rows.size, np.bool_)
    out[lines.in_force] = np.array(answers, np.bool_)[group]
    return out


class _Prices(NamedTuple):
    """The prices of the lines in force beside their fitting rows.

    Attributes:
        allowed: the highest price of the rows in thousandths, 0 where it is not known.
        over: lines above it.
        switched: lines that are priced by another unit of measure than the rows.
        units: the unit in the rows of each line that is `switched`.
    """

    allowed: IntArray
    over: BoolArray
    switched: BoolArray
    units: Sequence[str]


def _prices(context: CheckContext, lines: Lines) -> _Prices:
    """The prices, once per batch."""
    return context.batch.once(("gia_thuoc", context.rule.by), lambda: _compared(context, lines))


def _compared(context: CheckContext, lines: Lines) -> _Prices:
    def judge(found: Found, row: int) -> str:
        mine = fold(lines.table["DON_VI_TINH"].text(row))
        texts = cells(lines.listed, "DON_VI_TINH", product(lines, found, row))
        fits = not mine or not all(texts) or mine in map(fold, texts)
        return "" if fits else either(texts)

    allowed = highest_price(lines, _APPROVED, of_product=True)
    price, here = lines.table["DON_GIA"], lines.rows[lines.in_force]
    units, group = lines.ask(["DON_VI_TINH", *PRODUCT], judge)
    other = np.array([bool(unit) for unit in units], np.bool_)[group]
    times = context.number("SO_LAN_GIA_KHAC_DON_VI", _TABLE)[here]
    asked = price.values[here]
    far = (asked >= times * allowed) | (asked * times <= allowed)
    switched = price.valid[here] & (allowed > 0) & other & far & (asked > 0)
    over = above_tender(context, lines, price, allowed)
    return _Prices(allowed, over, switched, [units[i] for i in group[switched].tolist()])
