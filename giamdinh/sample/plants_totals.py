"""Errors in the totals of XML1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample.money import LINES, amount, put
from giamdinh.sample.plants import WAS, free, head_hit, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim
    from giamdinh.sample.plants import Hit

_DONG = 100


def _off(claim: Claim, field: str, by: int) -> None:
    put(claim.head, field, amount(claim.head, field) + by)


@plant("MNY-010")
def total_drugs(claim: Claim, rng: random.Random) -> Hit | None:
    """The drug total is not the sum of the drug lines."""
    if not claim.lines("XML2"):
        return None
    by = rng.randint(2, 20) * 1000 * _DONG
    _off(claim, "T_THUOC", by)
    return head_hit(claim, "T_THUOC", by).right(WAS)


@plant("MNY-011")
def total_supplies(claim: Claim, rng: random.Random) -> Hit | None:
    """The supply total counts more than the supply lines."""
    by = rng.randint(2, 20) * 1000 * _DONG
    _off(claim, "T_VTYT", by)
    return head_hit(claim, "T_VTYT", by).right(WAS)


@plant("MNY-012")
def total_charged(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The total at hospital prices is not the sum of the lines."""
    if not claim.lines("XML3"):
        return None
    by = rng.randint(2, 20) * 1000 * _DONG
    _off(claim, "T_TONGCHI_BV", by)
    return [
        head_hit(claim, "T_TONGCHI_BV", by).right(WAS),
        head_hit(claim, "T_TONGCHI_BV").of("MNY-020").right(WAS),
    ]


@plant("MNY-013")
def total_insured(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The in-scope total is less than the sum of the lines."""
    if other_paths(claim):
        return None
    by = rng.randint(2, 6) * 1000 * _DONG
    _off(claim, "T_TONGCHI_BH", -by)
    hits = [
        head_hit(claim, "T_TONGCHI_BH", by).right(WAS),
        left_to_fund(claim, -by, by),
    ]
    if amount(claim.head, "T_BHTT") > amount(claim.head, "T_TONGCHI_BH"):
        hits.append(head_hit(claim, "T_BHTT", by).of("MNY-023"))
    return hits


def other_paths(claim: Claim) -> bool:
    """Whether a claim has what the total's own formula leaves out."""
    return bool(amount(claim.head, "T_NGUONKHAC")) or any(
        row.get("GOI_VTYT") or row.get("T_TRANTT") or row["MUC_HUONG"] == "0"
        for row in claim.lines(*LINES)
    )


@plant("MNY-014")
def total_own(claim: Claim, rng: random.Random) -> list[Hit]:
    """The self-pay total is not the sum of the lines."""
    by = rng.randint(2, 20) * 1000 * _DONG
    _off(claim, "T_BNTT", by)
    return [free("XML1", "T_BNTT").right(WAS), total_balance(claim, by)]


@plant("MNY-015")
def total_copay(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The co-payment total is less than the sum of the lines."""
    by = rng.randint(2, 8) * 1000 * _DONG
    if other_paths(claim) or amount(claim.head, "T_BNCCT") < 2 * by:
        return None
    _off(claim, "T_BNCCT", -by)
    return [
        head_hit(claim, "T_BNCCT", by).right(WAS),
        left_to_fund(claim, by, 0),
        total_balance(claim, -by),
    ]


@plant("MNY-016")
def total_fund(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The amount claimed from the fund is more than the sum of the lines."""
    if other_paths(claim) or not amount(claim.head, "T_BNCCT"):
        return None
    by = min(rng.randint(2, 8) * 1000 * _DONG, amount(claim.head, "T_BNCCT"))
    _off(claim, "T_BHTT", by)
    return [
        head_hit(claim, "T_BHTT", by).right(WAS),
        head_hit(claim, "T_BHTT", by).of("MNY-017").right(WAS),
        total_balance(claim, by),
    ]


@plant("MNY-018")
def total_source(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The other source of the claim is not the sum of the lines."""
    by = rng.randint(2, 8) * 1000 * _DONG
    if not amount(claim.head, "T_NGUONKHAC"):
        return None
    _off(claim, "T_NGUONKHAC", by)
    return [
        head_hit(claim, "T_NGUONKHAC", by).right(WAS),
        total_balance(claim, by),
    ]


@plant("MNY-019")
def total_by_fee(claim: Claim, rng: random.Random) -> Hit | None:
    """The fee-for-service part is not the sum of its lines."""
    by = rng.randint(2, 8) * 1000 * _DONG
    if amount(claim.head, "T_BHTT_GDV") < 2 * by or claim.head["MA_THE_BHYT"].startswith("QN"):
        return None
    _off(claim, "T_BHTT_GDV", -by)
    return head_hit(claim, "T_BHTT_GDV", by).right(WAS)


@plant("MNY-020")
def claim_balance(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The patient's and the fund's parts of the claim exceed its total."""
    by = rng.randint(2, 8) * 1000 * _DONG
    if other_paths(claim) or not amount(claim.head, "T_BNCCT"):
        return None
    _off(claim, "T_BNCCT", by)
    return [
        total_balance(claim, by),
        head_hit(claim, "T_BNCCT", by).of("MNY-015").right(WAS),
        left_to_fund(claim, -by, by),
    ]


def total_balance(claim: Claim, more: int) -> Hit:
    """The parts of a claim are `more` than its total, which is right itself."""
    parts = amount(claim.head, "T_TONGCHI_BV") + more
    return head_hit(claim, "T_TONGCHI_BV").of("MNY-020").right(parts)


def left_to_fund(claim: Claim, more: int, at_risk: int) -> Hit:
    """What the other totals leave to the fund is `more` than its part, which is right itself."""
    right = amount(claim.head, "T_BHTT") + more
    return head_hit(claim, "T_BHTT", at_risk).of("MNY-017").right(right)
