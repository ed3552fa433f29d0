"""Whose each claim is, as patients of practitioners and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.twins.helpers import persons

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from tests.oracle.twins import Claim


def person_of(claims: list[Claim]) -> Callable[[Claim], Hashable]:
    """The person of each claim; a claim of nobody known is a patient of its own."""
    who = {
        claim.at: person if person is not None else ("hồ sơ", claim.at)
        for claim, person in zip(claims, persons(claims), strict=True)
    }
    return lambda claim: who[claim.at]
