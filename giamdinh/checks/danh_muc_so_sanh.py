"""How lines compare with the rows of a list that are in force: any of them may match."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues.cells import minutes_of, plain
from giamdinh.catalogues.tables import OPEN_END, OPEN_START
from giamdinh.checks.chung import numbers, share
from giamdinh.checks.danh_muc_chu import TENDER_PARTS, tender, tender_fits
from giamdinh.checks.danh_muc_chung import (
    PRICE_SCALE,
    compact,
    differing,
    numbers_of,
    period_text,
    prices,
    within,
)
from giamdinh.rules.context import Hits
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.checks.danh_muc_chung import Found, Lines
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

PRODUCT = ("SO_DANG_KY", "TT_THAU")
"""The fields that tell one product of a code from another."""
_BETWEEN = re.compile(r"[;,\r\n]")
_NOTES = re.compile(r"\([^)]*(?:\)|$)")
_THOUSAND = 10**3
_PERCENT = 100
_FULL = _PERCENT * _THOUSAND


def outside_contracts(lines: Lines, grace: IntArray | None) -> Hits:
    """Orders outside the contracts of all fitting rows; without `grace` only those before them.

    `grace` is minutes after the end of a contract, one for each row of the claim table.
    """

    def judge(found: Found, row: int) -> tuple[tuple[int, int], ...]:
        fitting = product(lines, found, row)
        return tuple(
            (
                _minute(lines.listed.text("TU_NGAY_HD", i), OPEN_START),
                _minute(lines.listed.text("DEN_NGAY_HD", i), OPEN_END),
            )
            for i in fitting
        )

    answers, group = lines.ask(product_fields(lines), judge)
    here = lines.in_force
    rows = lines.rows[here]
    after = np.full(rows.size, OPEN_END) if grace is None else grace[rows]
    outside = ~within(group, answers, lines.when[here], after)
    texts = [", ".join(sorted({period_text(*span) for span in spans})) for spans in answers]
    return Hits(lines.name, rows[outside], detail=[texts[i] for i in group[outside].tolist()])


def other_tender(lines: Lines) -> Hits:
    """Whole tender strings that no row in force has; silent where a row has none."""

    def judge(found: Found, row: int) -> str:
        mine = tender(lines.table["TT_THAU"].text(row))
        texts = cells(lines.listed, "TT_THAU", found)
        whole = len(mine) == TENDER_PARTS and all(mine) and all(texts)
        fits = not whole or any(tender_fits(mine, tender(text)) for text in texts)
        return "" if fits else either(texts)

    return differing(lines, ["TT_THAU"], judge)


def other_text(
    lines: Lines, field: str, form: Callable[[str], frozenset[str]], column: str = ""
) -> Hits:
    """Texts that no row in force has, compared in a form that gives several accepted keys."""

    def judge(found: Found, row: int) -> str:
        mine = form(lines.table[field].text(row))
        texts = cells(lines.listed, column or field, found)
        known = [form(text) for text in texts]
        fits = not mine or not all(known) or any(mine & keys for keys in known)
        return "" if fits else either(texts)

    return differing(lines, [field], judge, field)


def higher_ratio(lines: Lines) -> Hits:
    """Payment ratios above that of every row in force: the excess as a share of T_BHTT."""

    def judge(found: Found, _: int) -> int:
        ratios = [lines.listed.remembered(numbers_of, "TYLE_TT_BH")[i] for i in found]
        return max(ratios) if all(0 <= ratio <= _FULL for ratio in ratios) else _FULL

    answers, group = lines.ask([], judge)
    here = lines.rows[lines.in_force]
    ratio = lines.table["TYLE_TT_BH"]
    limit = np.array(answers, np.int64)[group]
    asked = ratio.values[here] * _THOUSAND
    over = ratio.valid[here] & (asked > limit) & (asked <= _FULL)
    rows, limit, asked = here[over], limit[over], asked[over]
    amount = share(lines.table["T_BHTT"].values[rows], asked - limit, asked)
    return Hits(lines.name, rows, expected=numbers(limit, PRICE_SCALE), amount=amount)


def highest_price(lines: Lines, columns: tuple[str, ...], *, of_product: bool) -> IntArray:
    """What each line in force may cost in thousandths: the most in its rows, 0 where one has none.

    Args:
        lines: the lines.
        columns: the list's columns of prices; the first one filled counts.
        of_product: only rows with the registration number and the tender of the line count.
    """

    def judge(found: Found, row: int) -> int:
        known = lines.listed.remembered(prices, columns)
        fitting = [known[i] for i in (product(lines, found, row) if of_product else found)]
        return max(fitting) if all(fitting) else 0

    answers, group = lines.ask(product_fields(lines) if of_product else [], judge)
    return np.array(answers, np.int64)[group]


def above_tender(
    context: CheckContext, lines: Lines, price: Column, allowed: IntArray
) -> BoolArray:
    """Lines in force above the allowed price by more than the tolerated percentage."""
    here = lines.rows[lines.in_force]
    percent = context.number("SAI_SO_GIA_TRUNG_THAU", lines.name)[here]
    whole = _PERCENT * 10 ** context.number_scale("SAI_SO_GIA_TRUNG_THAU")
    limit = allowed + allowed * percent // whole
    over: BoolArray = price.valid[here] & (allowed > 0) & (price.values[here] > limit)
    return over


def price_slack(context: CheckContext, table: str) -> IntArray:
    """By how many thousandths two prices may differ, for each row of a claim table."""
    times: int = 10 ** (PRICE_SCALE - context.number_scale("SAI_SO_GIA"))
    return context.number("SAI_SO_GIA", table) * times


def dearer(lines: Lines, price: Column, allowed: IntArray, over: BoolArray) -> Hits:
    """The lines in force that are `over`: the excess as a share of what the fund pays.

    `allowed` is prices in thousandths, shape (lines in force,) like `over`.
    """
    right = allowed[over]
    rows = lines.rows[lines.in_force[over]]
    asked = price.values[rows]
    excess = np.maximum(asked - right, 0)
    amount = share(lines.table["T_BHTT"].values[rows], excess, np.maximum(asked, 1))
    return Hits(lines.name, rows, expected=numbers(right, PRICE_SCALE), amount=amount)


def product_fields(lines: Lines) -> list[str]:
    """The fields that `product` reads."""
    return [field for field in PRODUCT if field in lines.table.columns]


def product(lines: Lines, found: Found, row: int) -> Found:
    """The rows with the registration number and the tender of a line; all when none has them."""
    for field, form in zip(PRODUCT, (registrations, _tender_keys), strict=True):
        if field in lines.table.columns:
            mine = form(lines.table[field].text(row))
            same = tuple(i for i in found if mine & form(lines.listed.text(field, i)))
            found = same or found
    return found


def cells(listed: DatedTable, name: str, found: Found) -> list[str]:
    """What some rows of a list have in a column."""
    return [listed.text(name, i) for i in found]


def either(texts: Sequence[str]) -> str:
    """The distinct texts as one expected value."""
    return " | ".join(dict.fromkeys(texts))


def _minute(day: str, otherwise: int) -> int:
    if not day:
        return otherwise
    return minutes_of(day) + (DAY - 1 if otherwise == OPEN_END else 0)


def registrations(text: str) -> frozenset[str]:
    """Registration numbers of a cell, without spaces and dots; notes in brackets left out."""
    parts = (compact(part).replace(".", "") for part in _BETWEEN.split(_NOTES.sub(";", text)))
    return frozenset(filter(None, parts))


def _tender_keys(text: str) -> frozenset[tuple[str, ...]]:
    found = tender(text)
    return frozenset({found} if found else ())


def name_keys(text: str) -> frozenset[str]:
    """A name without case, marks and diacritics; none for no name."""
    return frozenset(filter(None, [plain(text)]))
