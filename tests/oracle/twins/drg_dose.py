"""What follows from a dosage text for the quantity of a drug."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil
from typing import TYPE_CHECKING

from tests.oracle.twins import doses
from tests.oracle.twins.helpers import folded

if TYPE_CHECKING:
    from tests.oracle.twins.doses import Dose


@cache
def dose(text: str) -> Dose | None:
    return doses.dose(text)


def total(said: Dose) -> Fraction | None:
    """Units of the course to three decimals; None where the parts of the text do not agree."""
    exact = said.take * said.times * said.days
    whole = (exact * 1000).denominator == 1
    agrees = said.daily is None or said.daily == said.take * said.times
    return exact if whole and agrees else None


def rounded(said: Dose) -> Fraction:
    """The same with whole units in every take, cut to three decimals."""
    return Fraction(int(ceil(said.take) * said.times * said.days * 1000), 1000)


def first_word(text: str) -> str:
    return (folded(text).split() or [""])[0]
