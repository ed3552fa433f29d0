"""Amounts of a claim in exact integers, by the formulas of its format version.

Quantities and unit prices are thousandths, amounts hundredths of a đồng, rates tenths of a percent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.tables.specs import CLAIM_TABLE, table_specs, version_rank
from giamdinh.tables.values import number_text, parse, parse_number

if TYPE_CHECKING:
    from giamdinh.sample.model import Claim, Row

LINES = ("XML2", "XML3")
SOURCES = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")
_SHARES = ("THANH_TIEN_BV", "THANH_TIEN_BH", "T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")
_FULL = 1000
_OUT_OF_SCOPE = "2"
_SUPPLY = "10"
_REMEMBERED = 2**15
"""The same few texts are read again and again."""


def settle(claim: Claim) -> None:
    """Write every amount of the claim: lines first, then rates, shares and totals."""
    for line in claim.lines(*LINES):
        price_line(claim, line)
    total = sum(amount(line, "THANH_TIEN_BH") for line in claim.lines(*LINES))
    for line in claim.lines(*LINES):
        share_line(line, rate_of(claim, line, total))
    total_up(claim)


def price_line(claim: Claim, line: Row) -> None:
    """THANH_TIEN_BV and THANH_TIEN_BH of a line from quantity, price and ratios."""
    quantity = scaled(line, "SO_LUONG", 3)
    ratio = int(line["TYLE_TT_BH"])
    if "DON_GIA" in line:
        price = scaled(line, "DON_GIA", 3)
        put(line, "THANH_TIEN_BV", half_up(quantity * price, 10**4))
        put(line, "THANH_TIEN_BH", half_up(quantity * price * ratio, 10**6))
        return
    charged, insured = scaled(line, "DON_GIA_BV", 3), scaled(line, "DON_GIA_BH", 3)
    part = int(line["TYLE_TT_DV"])
    whole = part if version_rank(claim.version) > version_rank("130") else 100
    put(line, "THANH_TIEN_BV", half_up(quantity * charged * whole, 10**6))
    put(line, "THANH_TIEN_BH", half_up(quantity * insured * part * ratio, 10**8))


def rate_of(claim: Claim, line: Row, total: int) -> int:
    """MUC_HUONG of a line in tenths of a percent; `total` is the visit's in-scope cost."""
    head = claim.head
    left = minutes_of(head["NGAY_RA"])
    exempt = head.get("NGAY_MIEN_CCT", "")
    if exempt and line["NGAY_YL"] >= exempt:
        return _FULL
    category = head["MA_DOITUONG_KCB"]
    if law.full_scope(category, left):
        return _FULL
    factor = law.multiplier(category, head["MA_LOAI_KCB"], left)
    chosen_here = claim.plan.category == "tu_den"
    if factor == 100 and not chosen_here and total < law.small_visit_limit(left):  # noqa: PLR2004
        return _FULL
    return law.card_percent(card_on(head, line["NGAY_YL"][:8]), left) * factor // 10


def card_on(head: Row, day: str) -> str:
    """The card of MA_THE_BHYT that is in force on a day (yyyymmdd); the first when none is."""
    cards = head["MA_THE_BHYT"].split(";")
    since = head["GT_THE_TU"].split(";")
    fitting = [card for card, start in zip(cards, since, strict=False) if start <= day]
    return fitting[-1] if fitting else cards[0]


def share_line(line: Row, rate: int) -> None:
    """Split a priced line between patient, fund and other source at `rate` (tenths of a percent).

    The other source is taken from what the patient pays himself, then from his co-payment, then
    from the fund's part.
    """
    full, insured = amount(line, "THANH_TIEN_BV"), amount(line, "THANH_TIEN_BH")
    fund = half_up(insured * rate, _FULL)
    parts = [full - insured, insured - fund, fund]
    left = sum(amount(line, name) for name in SOURCES)
    put(line, "T_NGUONKHAC", left)
    for i, part in enumerate(parts):
        taken = min(left, max(part, 0))
        parts[i] -= taken
        left -= taken
    line["MUC_HUONG"] = number_text(rate, 1)
    for name, value in zip(("T_BNTT", "T_BNCCT", "T_BHTT"), parts, strict=True):
        put(line, name, value)
    for name in SOURCES:
        line.setdefault(name, "0")


def total_up(claim: Claim) -> None:
    """The totals of XML1 from the lines as they stand."""
    head, lines = claim.head, claim.lines(*LINES)
    sums = {name: sum(amount(line, name) for line in lines) for name in _SHARES}
    put(head, "T_THUOC", sum(amount(line, "THANH_TIEN_BV") for line in claim.lines("XML2")))
    supplies = [line for line in claim.lines("XML3") if line["MA_NHOM"] == _SUPPLY]
    put(head, "T_VTYT", sum(amount(line, "THANH_TIEN_BV") for line in supplies))
    put(head, "T_TONGCHI_BV", sums["THANH_TIEN_BV"])
    put(head, "T_TONGCHI_BH", sums["THANH_TIEN_BH"])
    for name in ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC"):
        put(head, name, sums[name])
    by_fee = [line for line in lines if line["MA_PTTT"] == "1"]
    put(head, "T_BHTT_GDV", sum(amount(line, "T_BHTT") for line in by_fee))


def amount(row: Row, name: str) -> int:
    """An amount of a row in 1/100 đồng; 0 when it is empty or no number."""
    return scaled(row, name, 2)


def scaled(row: Row, name: str, scale: int) -> int:
    """A number of a row as an integer of 10**-scale; 0 when it is empty or no number."""
    return _number(row.get(name, ""), scale)


def put(row: Row, name: str, value: int) -> None:
    """Write an amount in 1/100 đồng."""
    row[name] = number_text(value, 2)


def half_up(value: int, unit: int) -> int:
    """`value / unit` rounded half away from zero."""
    sign = -1 if value < 0 else 1
    return sign * ((abs(value) * 2 + unit) // (2 * unit))


@lru_cache(_REMEMBERED)
def minutes_of(text: str) -> int:
    """Minutes since 1970 of a stamp written by this package."""
    return parse(text, table_specs()[CLAIM_TABLE].by_name["NGAY_RA"]) or 0


@lru_cache(_REMEMBERED)
def _number(text: str, scale: int) -> int:
    return parse_number(text, scale) or 0
