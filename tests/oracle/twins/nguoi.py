"""CRD and BEN across claims: what claims say about one person."""

from __future__ import annotations

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Found, Hit, twin
from tests.oracle.twins.helpers import filler, folded, grouped, in_order


@twin
def mot_cccd_nhieu_nguoi(card: Card, claims: list[Claim]) -> Found:
    del card

    def identity(claim: Claim) -> str | None:
        text = claim.head.text("SO_CCCD")
        return text if pattern("SO_CCCD").fullmatch(text) and not filler(text) else None

    for same in grouped(claims, identity).values():
        heads = [c.head for c in same if c.head.text("HO_TEN") and c.head.text("NGAY_SINH")]
        first, *others = in_order(heads, lambda row: row["NGAY_VAO"]) or [None]
        for head in others:
            name = folded(head.text("HO_TEN")) != folded(first.text("HO_TEN"))
            if name and head.text("NGAY_SINH")[:8] != first.text("NGAY_SINH")[:8]:
                yield Hit(head, other=first)
