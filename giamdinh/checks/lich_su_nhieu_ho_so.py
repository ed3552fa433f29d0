"""What a claim says of earlier visits, against these: co-payments of the year, referrals, slips."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.benh_tu_den import has_listed_disease
from giamdinh.checks.chung import in_set, text_numbers
from giamdinh.checks.khoang_nhieu_ho_so import keyed
from giamdinh.checks.nhieu_ho_so import Episodes, claim_pairs, episodes
from giamdinh.rules import calendars
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_HUNDREDTHS = 100


@check
def du_mien_van_thu_cct(context: CheckContext) -> Iterable[Hits]:
    """Co-payments taken although those of the year before had passed the limit already."""
    found, claims = episodes(context), context.claims[CLAIM_TABLE]
    copay, since = claims["T_BNCCT"], claims["NAM_NAM_LIEN_TUC"]
    asked = copay.valid & (copay.values > 0) & since.valid & claims["NGAY_MIEN_CCT"].missing
    asked &= ~in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TU_DEN")
    asked &= since.values <= claims["NGAY_VAO"].values
    at, months = _months_paid(context, found, asked, itself=False)
    most = context.number("SO_THANG_MIEN_CCT", CLAIM_TABLE)[found.rows[at]].tolist()
    over = [i for i, (paid, limit) in enumerate(zip(months, most, strict=True)) if paid > limit]
    detail = [number_vi(int(months[i] * _HUNDREDTHS), 2) for i in over]
    yield Hits(CLAIM_TABLE, found.rows[at[over]], detail=detail)


@check
def mien_cct_chua_du_nguong(context: CheckContext) -> Iterable[Hits]:
    """Claims that name a day of exemption although the year's co-payments stay below the limit."""
    found, claims = episodes(context), context.claims[CLAIM_TABLE]
    free, left = claims["NGAY_MIEN_CCT"], claims["NGAY_RA"].values
    asked = free.valid & (free.values <= left) & (claims["T_BHTT"].values > 0)
    asked &= calendars.year(np.where(asked, free.values, left)) == calendars.year(left)
    at, months = _months_paid(context, found, asked, itself=True)
    most = context.number("SO_THANG_MIEN_CCT", CLAIM_TABLE)[found.rows[at]].tolist()
    below = [i for i, (paid, limit) in enumerate(zip(months, most, strict=True)) if paid <= limit]
    detail = [number_vi(int(months[i] * _HUNDREDTHS), 2) for i in below]
    yield Hits(CLAIM_TABLE, found.rows[at[below]], detail=detail)


def _months_paid(
    context: CheckContext, found: Episodes, asked: BoolArray, *, itself: bool
) -> tuple[IntArray, list[Fraction]]:
    """The co-payments of the year in months of base salary, for some claims of known persons.

    A claim counts by the salary of its own time. What a person pays who came without a referral
    does not count.

    Args:
        context: the rule and its claims.
        found: all episodes.
        asked: shape (claims,), which claims are asked about.
        itself: whether all claims that ended by the end of the claim count, itself among them;
            else those that ended before it began.

    Returns:
        The episodes asked about, and the months of each.
    """
    claims = context.claims[CLAIM_TABLE]
    year = calendars.year(found.end)
    group = keyed(found.person, year)
    wanted = asked[found.rows]
    inside = np.zeros(int(group.max(initial=-1)) + 1, np.bool_)
    inside[group[wanted]] = True
    here = np.flatnonzero(inside[group])
    here = here[np.lexsort((found.end[here], group[here]))]
    salary = context.number("LUONG_CO_SO", CLAIM_TABLE)[found.rows[here]].tolist()
    copay = claims["T_BNCCT"].values[found.rows[here]]
    owed = ~in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_TU_DEN")[found.rows[here]]
    paid = np.where(owed, np.maximum(copay, 0), 0).tolist()
    at, months = [], []
    edges = np.flatnonzero(np.diff(group[here], prepend=-1)).tolist()
    for start, end in pairwise([*edges, here.size]):
        members = here[start:end].tolist()
        ends = found.end[here[start:end]].tolist()
        parts = [
            Fraction(p, _HUNDREDTHS * s) if s else Fraction(0)
            for p, s in zip(paid[start:end], salary[start:end], strict=True)
        ]
        sums = list(accumulate(parts, initial=Fraction(0)))
        for one in members:
            if wanted[one]:
                moment = found.end[one] if itself else found.start[one]
                at.append(one)
                months.append(sums[bisect_right(ends, moment)])
    return np.array(at, np.int64), months


@check
def giay_hen_dung_nhieu_lan(context: CheckContext) -> Iterable[Hits]:
    """Visits by a follow-up slip that was used for a visit of an earlier day."""
    found = episodes(context)
    found = _with_paper(context, found, "MA_DOI_TUONG_CO_GIAY_HEN")
    first = _first_use(context, found)
    again = found.start // DAY > found.end[first] // DAY
    yield claim_pairs(context, found, again, first)


@check
def giay_chuyen_sai_benh(context: CheckContext) -> Iterable[Hits]:
    """Visits by a referral used first long ago, for a disease that it does not hold so long for."""
    found = _with_paper(context, episodes(context), "MA_DOI_TUONG_CO_GIAY_CHUYEN")
    first = _first_use(context, found)
    yield claim_pairs(context, found, _late(context, found, found.end[first]), first)


@check
def giay_chuyen_het_han(context: CheckContext) -> Iterable[Hits]:
    """Visits by a referral that the sender made out longer ago than it holds."""
    everyone = episodes(context)
    papers = context.claims["XML13"]
    issued: dict[tuple[int, str, str], int] = {}
    place = context.claims[CLAIM_TABLE]["MA_CSKCB"]
    number = papers["GIAY_CHUYEN_TUYEN"]
    of_claim = np.flatnonzero(np.diff(papers.offsets) == 1)
    row_of = dict(zip(of_claim.tolist(), papers.offsets[of_claim].tolist(), strict=True))
    for i, claim in enumerate(everyone.rows.tolist()):
        if claim in row_of:
            key = (int(everyone.person[i]), place.text(claim), plain(number.text(row_of[claim])))
            issued[key] = i  # the last one: the most time
    found = _with_paper(context, everyone, "MA_DOI_TUONG_CO_GIAY_CHUYEN")
    sender = context.claims[CLAIM_TABLE]["MA_NOI_DI"]
    own = context.claims[CLAIM_TABLE]["GIAY_CHUYEN_TUYEN"]
    keys = zip(found.person.tolist(), found.rows.tolist(), strict=True)
    partner = np.array(
        [issued.get((who, sender.text(row), plain(own.text(row))), -1) for who, row in keys],
        np.int64,
    )
    made = np.where(partner >= 0, everyone.end[partner], found.start)
    late = _late(context, found, made) & (partner >= 0)
    rows = Episodes(*(np.concatenate(pair) for pair in zip(found, everyone, strict=True)))
    wanted = np.append(late, np.zeros(everyone.rows.size, np.bool_))
    behind = np.append(partner + found.rows.size, np.zeros(everyone.rows.size, np.int64))
    yield claim_pairs(context, rows, wanted, behind)


@check
def kham_lai_sai_ngay_hen(context: CheckContext) -> Iterable[Hits]:
    """Visits by a follow-up slip far from every appointment that the facility gave before."""
    found, claims = episodes(context), context.claims[CLAIM_TABLE]
    slips = context.claims["XML14"]
    place = claims["MA_CSKCB"].codes[found.rows].astype(np.int64)
    group = keyed(found.person, place)
    asked = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_CO_GIAY_HEN")[found.rows]
    most = context.number("SO_NGAY_QUANH_HEN", CLAIM_TABLE)[found.rows]
    given = np.diff(slips.offsets)[found.rows] > 0
    planned = slips["NGAY_HEN_KL"]
    row = np.minimum(slips.offsets[:-1][found.rows], max(len(slips) - 1, 0))
    known: dict[int, list[tuple[int, int]]] = {}
    wrong = np.zeros(found.rows.size, np.bool_)
    partner = np.full(found.rows.size, -1, np.int64)
    for i in np.flatnonzero((group >= 0) & (asked | given)).tolist():
        before = known.setdefault(int(group[i]), [])
        if asked[i] and before:
            days = [when for when, _ in before]
            apart = calendars.workdays_between(np.array(days), np.full(len(days), found.start[i]))
            nearest = int(np.argmin(np.abs(apart)))
            wrong[i] = abs(int(apart[nearest])) > most[i]
            partner[i] = before[nearest][1]
        if given[i] and planned.valid[row[i]]:
            before.append((int(planned.values[row[i]]), i))
    yield claim_pairs(context, found, wrong, partner)


def _with_paper(context: CheckContext, found: Episodes, parameter: str) -> Episodes:
    """Episodes of some categories whose claim gives a number of the paper."""
    number = text_numbers(context.claims[CLAIM_TABLE]["GIAY_CHUYEN_TUYEN"], plain)
    wanted = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", parameter) & (number >= 0)
    return Episodes(*(values[wanted[found.rows]] for values in found))


def _first_use(context: CheckContext, found: Episodes) -> IntArray:
    """For each episode the first one of the person at the facility with the same paper.

    Itself where the facility is not known.
    """
    claims = context.claims[CLAIM_TABLE]
    numbers = (text_numbers(claims[n], plain) + 1 for n in ("GIAY_CHUYEN_TUYEN", "MA_NOI_DI"))
    place = claims["MA_CSKCB"].codes.astype(np.int64)
    parts: Sequence[IntArray] = [part[found.rows] for part in (*numbers, place)]
    group = keyed(found.person, *parts)
    known = np.flatnonzero(group >= 0)
    lowest = np.zeros(int(group.max(initial=-1)) + 1, np.int64)
    lowest[group[known[::-1]]] = known[::-1]
    first = np.arange(group.size)
    first[known] = lowest[group[known]]
    return first


def _late(context: CheckContext, found: Episodes, made: IntArray) -> BoolArray:
    """Episodes that begin after a paper's time, without a disease that it holds longer for."""
    most = context.number("SO_NGAY_GIAY_CHUYEN", CLAIM_TABLE)[found.rows]
    late: BoolArray = calendars.workdays_between(made, found.start) > most
    at = np.flatnonzero(late)
    named = has_listed_disease(context, found.rows[at], found.start[at])
    diagnosed = ~context.claims[CLAIM_TABLE]["MA_BENH_CHINH"].missing[found.rows[at]]
    late[at] = ~named & diagnosed
    return late


def plain(text: str) -> str:
    """A number of a paper without case and marks; "" for one without any digit."""
    found = "".join(c for c in fold(text) if c.isalnum())
    return found if any(c.isdigit() for c in found) else ""
