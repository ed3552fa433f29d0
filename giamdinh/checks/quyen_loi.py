"""Checks of the benefit percent: what card, category, cost of the visit and exemption allow.

Percents are integers, MUC_HUONG is in tenths. Lines of transport are left alone: practice
multiplies no percent there. A line whose card is ambiguous on its day is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.checks.chung import claim_flag, in_set, listed, numbers, paid, share
from giamdinh.checks.the_bhyt import LINES, cards_of, not_insured
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.codelists import CodeList

FULL = 100
TENTHS = 10
_WITH_TRANSPORT = "XML3"
_UNSURE, _OTHER = "low", "other"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a claim's category and cost say, one value per claim.

    Attributes:
        part: percent of the card's level that the category gives; -1 where the list says nothing.
        low: the cost of the visit is below the share of the base salary that frees from co-pay, or
            would be without lines that the patient pays alone.
        costed: whether that is known.
        commune: the category of full benefit at a commune station.
        exempt: a date of exemption is written.
    """

    part: IntArray
    low: BoolArray
    costed: BoolArray
    commune: BoolArray
    exempt: BoolArray


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one table for which the fund is asked to pay, as a mask over its rows.

    Attributes:
        level: percent of the card in force on the line's day; -1 where it is not certain.
        percent: MUC_HUONG in tenths; -1 where it is missing or not between 0 and 100.
        money: T_BHTT in hundredths.
        several: the claim's cards give different percents on that day.
    """

    table: str
    asked: BoolArray
    level: IntArray
    percent: IntArray
    money: IntArray
    several: BoolArray


def entitlement(context: CheckContext) -> Entitlement:
    """The claim side of the benefit, on the rule's deciding date; worked out once per batch."""
    return context.batch.once(("entitlement", context.rule.by), lambda: _entitlement(context))


def _entitlement(context: CheckContext) -> Entitlement:
    when, dated = context.dates(CLAIM_TABLE)
    cost = context.claims[CLAIM_TABLE]["T_TONGCHI_BH"]
    limit = _low_cost_limit(context, when)
    insured, left_over = _insured(context)
    low = (cost.values < limit) | (left_over & (insured < limit))
    return Entitlement(
        part=_part(context),
        low=cost.valid & dated & low,
        costed=cost.valid & dated,
        commune=in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TRAM_Y_TE"),
        exempt=~context.claims[CLAIM_TABLE]["NGAY_MIEN_CCT"].missing,
    )


def paid_lines(context: CheckContext) -> Iterator[Lines]:
    """The lines of each table that the rule looks at."""
    for table in LINES:
        if table in context.rule.fields:
            question = ("paid lines", table, context.rule.by)
            yield context.batch.once(question, partial(_paid_lines, context, table))


def _paid_lines(context: CheckContext, table: str) -> Lines:
    lines = context.claims[table]
    percent = lines["MUC_HUONG"]
    known = percent.valid & (percent.values >= 0) & (percent.values <= FULL * TENTHS)
    asked = paid(context.claims, table)
    if table == _WITH_TRANSPORT:
        asked &= ~in_set(context, table, "MA_NHOM", "NHOM_VC")
    lowest, highest, several = _levels(context, table)
    return Lines(
        table=table,
        asked=asked & ~claim_flag(context.claims, table, not_insured(context)),
        level=np.where(lowest == highest, lowest, -1),
        percent=np.where(known, percent.values, -1),
        money=lines["T_BHTT"].values,
        several=several,
    )


@check
def muc_huong_cao_hon_the(context: CheckContext) -> Iterable[Hits]:
    """Lines above the card's level where category, cost and exemption give no more than that."""
    claim = entitlement(context)
    concerned = (claim.part == FULL) & claim.costed & ~claim.low & ~claim.commune
    for lines in paid_lines(context):
        hit = _of(context, lines, concerned) & (lines.level >= 0)
        hit &= lines.percent > lines.level * TENTHS
        hit &= ~_maybe_exempt(context, lines, claim)
        yield _above_card(lines, hit)


@check
def muc_huong_khac_the(context: CheckContext) -> Iterable[Hits]:
    """Lines of a self-referral with full level whose percent is not the card's."""
    claim = entitlement(context)
    named = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TU_DEN_DU_MUC")
    concerned = named & (claim.part == FULL) & claim.costed & ~claim.low
    yield from _different(context, claim, concerned, several_cards=False)


@check
def muc_huong_khong_theo_the_doi(context: CheckContext) -> Iterable[Hits]:
    """Lines of a claim with cards of different levels whose percent is not that of their day."""
    claim = entitlement(context)
    concerned = (claim.part == FULL) & claim.costed & ~claim.low & ~claim.commune
    yield from _different(context, claim, concerned, several_cards=True)


@check
def muc_huong_tu_den_trung_uong(context: CheckContext) -> Iterable[Hits]:
    """Lines of a self-referral to a former central hospital above their part of the level."""
    claim = entitlement(context)
    named = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TU_DEN_TW")
    yield from _above_part(context, claim, named)


@check
def muc_huong_tu_den_ngoai_tru(context: CheckContext) -> Iterable[Hits]:
    """Lines of an outpatient self-referral above their part; unsettled low costs left alone."""
    claim = entitlement(context)
    named = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TU_DEN_NGOAI_TRU")
    yield from _above_part(context, claim, named & ~(_unsettled(context) & claim.low))


@check
def muc_huong_chi_phi_thap_chua_ro(context: CheckContext) -> Iterable[Hits]:
    """Low-cost self-referrals whose percent is not the part alone; the other reading is 100."""
    claim = entitlement(context)
    concerned = _unsettled(context) & claim.low & (claim.part >= 0)
    for lines in paid_lines(context):
        alone = claim.part[context.claims[lines.table].parent]
        hit = _of(context, lines, concerned) & (lines.percent >= 0)
        hit &= lines.percent != alone * TENTHS
        rows = np.flatnonzero(hit)
        both = [f"{a} hoặc {FULL}" if a != FULL else str(a) for a in alone[rows].tolist()]
        amount = _excess(lines, rows, alone[rows] * TENTHS)
        yield Hits(lines.table, rows, expected=both, amount=amount)


@check
def luong_co_so_doi_trong_dot(context: CheckContext) -> Iterable[Hits]:
    """Claims whose low-cost test differs between the base salary at arrival and at discharge."""
    claims = context.claims[CLAIM_TABLE]
    cost, arrival, leaving = claims["T_TONGCHI_BH"], claims["NGAY_VAO"], claims["NGAY_RA"]
    before = _low_cost_limit(context, arrival.values)
    after = _low_cost_limit(context, leaving.values)
    hit = cost.valid & arrival.valid & leaving.valid & (before > 0) & (after > 0)
    hit &= (cost.values < before) != (cost.values < after)
    hit &= paid(context.claims, CLAIM_TABLE) & (_part(context) == FULL)
    hit &= ~in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TRAM_Y_TE")
    lowest, _, _ = _levels(context, CLAIM_TABLE)
    rows = np.flatnonzero(hit & (lowest >= 0) & (lowest < FULL))
    limits = zip(before[rows].tolist(), after[rows].tolist(), strict=True)
    detail = [f"{number_vi(a, 2)} đồng theo ngày vào, {number_vi(b, 2)} đồng theo ngày ra"
              for a, b in limits]  # fmt: skip
    shared = share(claims["T_BHTT"].values[rows], FULL - lowest[rows], np.full(rows.size, FULL))
    free = claims["T_BNCCT"].valid[rows] & (claims["T_BNCCT"].values[rows] == 0)
    yield Hits(CLAIM_TABLE, rows, amount=np.where(free, shared, 0), detail=detail)


def _different(
    context: CheckContext, claim: Entitlement, concerned: BoolArray, *, several_cards: bool
) -> Iterable[Hits]:
    """Lines whose percent is not the level of the card in force on their day."""
    for lines in paid_lines(context):
        hit = _of(context, lines, concerned) & (lines.level >= 0) & (lines.percent >= 0)
        hit &= lines.percent != lines.level * TENTHS
        hit &= ~_maybe_exempt(context, lines, claim)
        if several_cards:
            hit &= lines.several
        yield _above_card(lines, hit)


def _above_part(context: CheckContext, claim: Entitlement, named: BoolArray) -> Iterable[Hits]:
    """Lines above their part of the level, or above the part alone where the cost is low.

    A fraction may be written rounded up to a whole percent. A part of 0 leaves nothing to pay; a
    line that says 0 % and is paid all the same is for the rule about the fund's amount.
    """
    for lines in paid_lines(context):
        rows = np.flatnonzero(_of(context, lines, named))
        parent = context.claims[lines.table].parent[rows]
        part, level, percent = claim.part[parent], lines.level[rows], lines.percent[rows]
        small = (claim.low | ~claim.costed)[parent]
        entitled = np.where(small, part * TENTHS, level * part * TENTHS // FULL)
        allowed = -(-entitled // TENTHS) * TENTHS
        nothing = (part == 0) & (percent != 0)
        hit = (part > 0) & (small | (level >= 0)) & (percent > allowed)
        hit |= nothing
        yield _against(lines, rows[hit], np.where(nothing, 0, entitled)[hit])


def _of(context: CheckContext, lines: Lines, concerned: BoolArray) -> BoolArray:
    return np.asarray(lines.asked & claim_flag(context.claims, lines.table, concerned))


def _maybe_exempt(context: CheckContext, lines: Lines, claim: Entitlement) -> BoolArray:
    """Lines at 100 % of a claim with a date of exemption: the rules about that date judge them."""
    full = lines.percent == FULL * TENTHS
    return np.asarray(full & claim_flag(context.claims, lines.table, claim.exempt))


def _against(lines: Lines, rows: IntArray, entitled: IntArray) -> Hits:
    """Lines with the percent each is entitled to, and the fund's money beyond it."""
    amount = _excess(lines, rows, entitled)
    return Hits(lines.table, rows, expected=numbers(entitled, 1), amount=amount)


def _above_card(lines: Lines, hit: BoolArray) -> Hits:
    """Lines that are entitled to the percent of their card."""
    rows = np.flatnonzero(hit)
    return _against(lines, rows, lines.level[rows] * TENTHS)


def _excess(lines: Lines, rows: IntArray, entitled: IntArray) -> IntArray:
    """T_BHTT * (1 - entitled / percent), nothing where the percent is not above; all for 0.

    `entitled` has one percent per row of `rows`.
    """
    percent, money = lines.percent[rows], lines.money[rows]
    whole = np.maximum(percent, 1)
    over = np.clip(percent - entitled, 0, whole)
    return np.where(entitled == 0, money, share(money, over, whole))


def _unsettled(context: CheckContext) -> BoolArray:
    return in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_CHI_PHI_THAP_CHUA_RO")


def _insured(context: CheckContext) -> tuple[IntArray, BoolArray]:
    """THANH_TIEN_BH of the lines in scope per claim, and whether others carry any of it."""
    insured = np.zeros(len(context.claims), np.int64)
    left_over = np.zeros(len(context.claims), np.bool_)
    for table in LINES:
        lines = context.claims[table]
        amount = lines["THANH_TIEN_BH"]
        alone = in_set(context, table, "PHAM_VI", "PHAM_VI_TU_TRA")
        counted = amount.valid & (amount.values > 0) & (lines.parent >= 0)
        kept, other = counted & ~alone, counted & alone
        np.add.at(insured, lines.parent[kept], amount.values[kept])
        left_over[lines.parent[other]] = True
    return insured, left_over


def _low_cost_limit(context: CheckContext, when: IntArray) -> IntArray:
    """Cost in hundredths of a đồng below which there is no co-pay on a day; 0 where unknown."""
    salary = _number_on(context, "LUONG_CO_SO", when)
    percent = _number_on(context, "TY_LE_CHI_PHI_THAP", when)
    return salary * percent


def _number_on(context: CheckContext, name: str, when: IntArray) -> IntArray:
    """A whole-number parameter at any moments; 0 where it has no value."""
    parameter = context.evaluator.parameters[name]
    epoch = parameter.epoch_of(when)
    return np.where(epoch >= 0, parameter.numbers[epoch], 0)


def _part(context: CheckContext) -> IntArray:
    """Percent of the card's level by category and setting per claim; -1 where not stated.

    A setting that is neither in- nor outpatient (10, unknown codes) matters only where the two
    differ.
    """
    setting = context.claims[CLAIM_TABLE]["MA_LOAI_KCB"]
    inside = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    stay = _percents(context, "mult_inpatient")
    visit = _percents(context, "mult_outpatient")
    kinds = listed(context, "ma_loai_kcb", "MA_LOAI_KCB", "inpatient_class")
    clear = np.array([kind not in ("", _OTHER) for kind in kinds.texts], np.bool_)[kinds.codes]
    found = np.where(inside, stay, visit)
    return np.where(~setting.missing & (clear | (stay == visit)), found, -1)


def _percents(context: CheckContext, attribute: str) -> IntArray:
    """A percent that the list of visit categories gives each claim; -1 where it gives none."""
    words = listed(context, "ma_doituong_kcb", "MA_DOITUONG_KCB", attribute)
    return np.array([int(word or -1) for word in words.texts], np.int64)[words.codes]


def _levels(context: CheckContext, table: str) -> tuple[IntArray, IntArray, BoolArray]:
    """Lowest and highest percent of the cards that may apply to each row, -1 where unknown.

    One card applies always; of several those in force on the day, else all of them. The third
    array says where the claim's cards differ at all.
    """
    cards, owner = cards_of(context), context.claims[table].parent
    when, dated = _row_day(context, table)
    group = cards.group[owner]
    lowest = _level_of(context, cards.card[group, :1], when).max(axis=1, initial=-1)
    highest, several = lowest.copy(), np.zeros(lowest.size, np.bool_)
    rows = np.flatnonzero((cards.there.sum(axis=1) > 1)[group])
    card = cards.card[group[rows]]
    levels = _level_of(context, card, when[rows])
    inside = cards.covering(owner[rows], when[rows]) * dated[rows][:, None]
    applies = np.where(inside.any(axis=1, keepdims=True), inside, card >= 0)
    lowest[rows], highest[rows] = _range(levels, applies)
    least, most = _range(levels, card >= 0)
    several[rows] = (least >= 0) & (least != most)
    return lowest, highest, several


def _range(levels: IntArray, chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Smallest and largest chosen level per row; -1 where none is chosen or one is unknown."""
    high = np.where(chosen, levels, -1).max(axis=1, initial=-1)
    low = np.where(chosen, levels, FULL + 1).min(axis=1, initial=FULL + 1)
    low = np.where(low > FULL, -1, low)
    return low, np.where(low < 0, -1, high)


def _row_day(context: CheckContext, table: str) -> tuple[IntArray, BoolArray]:
    """The day that chooses the card and whether it is certain: NGAY_YL, else the deciding date."""
    when, dated = context.dates(table)
    own = context.claims[table].columns.get("NGAY_YL")
    if own is None:
        return when // DAY * DAY, dated
    return np.where(own.valid, own.values, when) // DAY * DAY, own.valid


def _level_of(context: CheckContext, card: IntArray, when: IntArray) -> IntArray:
    """Percent of each card on its row's day, -1 where unknown; both shapes (rows, widest)."""
    starts = cards_of(context).starts
    groups, levels = context.code_list("doi_tuong_the"), context.code_list("muc_huong_the")
    epochs = groups.epoch_of(when)
    found = {
        epoch: np.array([*(_percent(start, groups, levels, epoch) for start in starts), -1])
        for epoch in distinct(epochs)
    }
    if len(found) == 1:
        (percents,) = found.values()
        return percents[card]
    out = np.full(card.shape, -1, np.int64)
    for epoch, percents in found.items():
        there = epochs == epoch
        out[there] = percents[card[there]]
    return out


@lru_cache(2**12)
def _percent(card: str, groups: CodeList, levels: CodeList, epoch: int) -> int:
    """Percent that the start of a card number gives in an epoch of the group list.

    A digit that its group has since exchanged for another counts as the newer one, so that a card
    printed before the change has the new level. Where the change itself is not certain, the level
    is unknown.
    """
    if epoch < 0:
        return -1
    since = int(groups.epochs[epoch])
    digit = card[2:3]
    current = split(groups.attribute("digits", epoch).get(card[:2], ""))
    own = [row for row in groups.rows if row.code == card[:2]]
    if len(own) > 1 and any(row.attributes.get("confidence") == _UNSURE for row in own):
        return -1
    past = [row for row in own if row.until <= since]
    if len(current) == 1 and any(digit in split(row.attributes["digits"]) for row in past):
        digit = current[0]
    when = levels.epoch_of(np.array([since], np.int64))
    return int(levels.attribute("benefit_percent", int(when[0])).get(digit, "-1"))
