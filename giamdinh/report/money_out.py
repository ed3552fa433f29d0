"""Amounts as programs read them: in đồng."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from giamdinh.money import Money


def dong(hundredths: int) -> int | float:
    """Hundredths as đồng, whole when they are."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def dong_of(money: Money) -> dict[str, int | float]:
    """Both sums in đồng."""
    return {"error": dong(money.error), "warning": dong(money.warning)}
