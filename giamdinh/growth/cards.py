"""Visits and cost per insured person, beside a year earlier and the facilities alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.growth.compare import against_peers
from giamdinh.growth.effects import whole
from giamdinh.growth.findings import findings_of
from giamdinh.growth.model import PerCard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.growth.model import Change, GrowthReport

CARD = "một thẻ"


def add_cards(report: GrowthReport, cards: Mapping[str, tuple[int | None, int | None]]) -> None:
    """Adds what the insured persons say of the growth.

    Args:
        report: gets `cards` and `card_peers`.
        cards: facility to its insured persons in the period and a year earlier.
    """
    changes = report.changes["co_so"]
    report.cards = [_per_card(report, change, *cards.get(change.facility, (None, None)))
                    for change in changes]  # fmt: skip
    known = [one for one in report.cards if one.cards]
    rows = [(one.facility, CARD, one.cards or 0, one.total.cost) for one in known]
    report.card_peers = against_peers(rows, report.kinds, report.limits)
    report.findings = findings_of(report)
    missing = [one.facility for one in report.cards if not (one.cards and one.before_cards)]
    if missing:
        most = 5
        listed = ", ".join(missing[:most]) + (" …" if len(missing) > most else "")
        report.notes.append(
            f"{len(missing)} cơ sở ({listed}) thiếu số thẻ kỳ này hoặc kỳ trước nên không quy được "
            "về một thẻ"
        )


def _per_card(
    report: GrowthReport, change: Change, cards: int | None, before: int | None
) -> PerCard:
    total = change.total
    if not cards or not before:
        return PerCard(change.facility, cards, before, total, None, None, None, None)
    by_cards = whole(cards - before, total.before_cost, before)
    by_price = total.cost
    if total.before_visits:
        by_price = total.cost - whole(total.visits, total.before_cost, total.before_visits)
    by_visits = total.cost - total.before_cost - by_cards - by_price
    level = None
    if min(total.visits, total.before_visits) >= report.limits.visits and total.before_cost > 0:
        grown = (total.cost * before - total.before_cost * cards) * 100
        level = report.limits.level(grown / (total.before_cost * cards))
    return PerCard(change.facility, cards, before, total, by_cards, by_visits, by_price, level)
