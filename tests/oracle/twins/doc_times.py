"""Lines of all claims in their order of time: who did them, for how long, and to whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from tests.oracle.twins.cat_lists import sent_to
from tests.oracle.twins.helpers import DAY, folded, practitioners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.oracle.twins import Card, Claim, Row


def clock(row: Row, moment: datetime) -> tuple[datetime, str, str, int]:
    """Time, then facility, MA_LK and place in the claim: no order of the files changes it."""
    return moment, row.claim["MA_CSKCB"] or "", row.claim["MA_LK"] or "", row.at


def lines(claims: Iterable[Claim], wanted: Callable[[Row], bool]) -> list[Row]:
    """Lines with a time of execution, in that order."""
    found = [
        row
        for claim in claims
        for row in claim.rows("XML3")
        if row["NGAY_TH_YL"] is not None and wanted(row)
    ]
    return sorted(found, key=lambda row: clock(row, row["NGAY_TH_YL"]))


def busy(row: Row) -> bool:
    """A beginning and an end in order, not longer apart than a day."""
    start, end = row["NGAY_TH_YL"], row["NGAY_KQ"]
    return start is not None and end is not None and start < end <= start + DAY


def in_group(card: Card, row: Row, name: str) -> bool:
    return row["MA_NHOM"] in card.texts(name, row)


def side_by_side(card: Card, row: Row) -> bool:
    """Care that one person may give to several patients at once."""
    starts = tuple(card.texts("DAU_MA_LAM_SONG_SONG", row))
    name = folded(row["TEN_DICH_VU"] or "")
    words = card.texts("TU_LAM_SONG_SONG", row)
    return (row["MA_DICH_VU"] or "").startswith(starts) or any(word in name for word in words)


def minutes(card: Card, name: str, row: Row) -> timedelta:
    return timedelta(minutes=int(card.number(name, row)))


@cache
def people(text: str | None) -> list[tuple[str, str]]:
    """The persons of a field and the other facility that each is of, if any."""
    return practitioners(text or "")


@cache
def lead(text: str | None) -> str:
    """The first person named, where that one is of the facility."""
    named = people(text)
    return named[0][0] if named and not named[0][1] else ""


def elsewhere(row: Row) -> bool:
    return bool(sent_to(row["MA_DICH_VU"]))
