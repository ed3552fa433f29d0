"""CRD and BEN share: the cards of a claim, their days and levels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from giamdinh.tables.specs import table_specs
from tests.oracle import slow
from tests.oracle.twins.helpers import parts

if TYPE_CHECKING:
    from tests.oracle.twins import Card, Claim


@dataclass(frozen=True)
class Paper:
    """One health-insurance card of a claim; its days are None where they cannot be split safely."""

    number: str
    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        return self.first is not None and self.last is not None and self.first <= day <= self.last


def day_of(field: str, text: str) -> date | None:
    found = slow.parse_moment(text, table_specs()["XML1"].by_name[field])
    return found.date() if found else None


def papers(claim: Claim) -> list[Paper]:
    """Number, first and last day, one part each; an empty last day is an open end."""
    numbers = parts(claim.head.text("MA_THE_BHYT"))
    first = [day_of("GT_THE_TU", part) for part in parts(claim.head.text("GT_THE_TU"))]
    ends = [part.strip() for part in claim.head.text("GT_THE_DEN").split(";")]
    last = [day_of("GT_THE_DEN", part) if part else date.max for part in ends]
    whole = len(numbers) == len(first) == len(last) and None not in (*first, *last)
    if not whole:
        return [Paper(number) for number in numbers]
    return [Paper(*own) for own in zip(numbers, first, last, strict=True)]


def ever(card: Card, name: str) -> frozenset[str]:
    """The members that a dated set ever had."""
    return frozenset().union(*card.parameters[name].sets)


def not_insured(card: Card, claim: Claim) -> bool:
    """The category asks nothing of the fund."""
    return claim["MA_DOITUONG_KCB"] in ever(card, "MA_DOI_TUONG_KHONG_THANH_TOAN")
