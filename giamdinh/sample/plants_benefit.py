"""Errors in the benefit percent: card level, tier, small visits, exemption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.money import (
    LINES,
    amount,
    card_on,
    half_up,
    minutes_of,
    scaled,
    share_line,
    total_up,
)
from giamdinh.sample.plants import WAS, Hit, free, head_hit, plant

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from giamdinh.sample.model import Claim, Row

_FULL = 1000


def _rated(claim: Claim, rate: int) -> Iterator[tuple[str, Row]]:
    """Give every line the rate (tenths of a percent); yields those that the fund pays."""
    for table in LINES:
        for row in claim.lines(table):
            share_line(row, rate)
    total_up(claim)
    for table in LINES:
        for row in claim.lines(table):
            if amount(row, "T_BHTT"):
                yield table, row


def _over(claim: Claim, rate: int, right: int) -> list[Hit]:
    """Every line at a rate above the right one, with what is beyond it."""
    hits = []
    for table, row in _rated(claim, rate):
        fund = amount(row, "T_BHTT")
        beyond = fund - half_up(fund * right, rate)
        hits.append(Hit(table, row["STT"], "MUC_HUONG", beyond).right(WAS))
    return hits


def _card_rate(claim: Claim) -> int:
    head = claim.head
    card = card_on(head, head["NGAY_RA"][:8])
    return law.card_percent(card, minutes_of(head["NGAY_RA"])) * 10


def _plain(claim: Claim, *categories: str) -> bool:
    """Whether all lines carry one rate, for the visit categories given as plan words."""
    one_rate = len({row["MUC_HUONG"] for row in claim.lines(*LINES)}) == 1
    flags = claim.plan.flags & {"two_cards", "exempt", "payer"}
    return one_rate and not flags and claim.plan.category in categories


def _rate(claim: Claim) -> int:
    return scaled(claim.lines(*LINES)[0], "MUC_HUONG", 1)


@plant("BEN-001")
def above_card(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A card of 80 percent is paid 95."""
    if not _plain(claim, "dung_tuyen", "cap_cuu") or _rate(claim) != _card_rate(claim):
        return None
    if _rate(claim) != 800 or len(claim.lines(*LINES)) > 8:  # noqa: PLR2004
        return None
    return _over(claim, 950, 800)


@plant("BEN-003")
def small_but_shared(claim: Claim, _: random.Random) -> Hit | None:
    """A visit below the threshold with a co-payment."""
    card = _card_rate(claim)
    if not _plain(claim, "dung_tuyen") or _rate(claim) != _FULL or card == _FULL:
        return None
    if claim.place.kind.key == "tyt" or claim.plan.care == "07":
        return None
    for _row in _rated(claim, card):
        pass
    return free("XML1", "T_BNCCT").right(WAS)


@plant("BEN-004")
def large_but_free(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A visit above the threshold without a co-payment."""
    card = _card_rate(claim)
    if not _plain(claim, "dung_tuyen", "cap_cuu") or _rate(claim) != card or card == _FULL:
        return None
    lines = [hit.of("BEN-001") for hit in _over(claim, _FULL, card)]
    fund = sum(amount(row, "T_BHTT") for row in claim.lines(*LINES))
    beyond = half_up(fund * (_FULL - card), _FULL)
    return [head_hit(claim, "T_BHTT", beyond).right(WAS), *lines]


@plant("BEN-006")
def central_at_card_level(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A self-referred stay at a central hospital is paid at the card's level."""
    if claim.plan.category != "tu_den" or claim.head["MA_DOITUONG_KCB"] != "3.1":
        return None
    if not _rate(claim):
        return None
    return _over(claim, _card_rate(claim), _rate(claim))


@plant("BEN-007")
def below_card(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A self-referred stay at a province hospital is paid below the card's level."""
    if claim.head["MA_DOITUONG_KCB"] not in {"3.2", "3.3"} or _rate(claim) != _card_rate(claim):
        return None
    rated = _rated(claim, 400)
    return [free(table, "MUC_HUONG", row["STT"]).right(WAS) for table, row in rated]


@plant("BEN-008")
def outpatient_at_card_level(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A self-referred outpatient visit is paid at the card's level."""
    right = _rate(claim)
    if claim.head["MA_DOITUONG_KCB"] != "1.18" or right == _card_rate(claim):
        return None
    return _over(claim, _card_rate(claim), right)


@plant("BEN-009")
def shared_without_duty(claim: Claim, _: random.Random) -> Hit | None:
    """A child has a co-payment."""
    if not claim.head["MA_THE_BHYT"].startswith("TE") or not _plain(claim, "dung_tuyen"):
        return None
    for _row in _rated(claim, 800):
        pass
    return free("XML1", "T_BNCCT").right(WAS)


@plant("BEN-011")
def exempt_but_shared(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A patient exempt from co-payment pays one."""
    if "exempt" not in claim.plan.flags:
        return None
    paid = list(_rated(claim, _card_rate(claim)))
    return [
        free(table, "MUC_HUONG", row["STT"]).right(WAS)
        for table, row in paid
        if amount(row, "T_BNCCT") > 100  # noqa: PLR2004
    ]
