"""Errors in the benefit that need a special card, day or list: exemption, two cards, low costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.days import is_workday
from giamdinh.sample.lines import nights
from giamdinh.sample.model import DAY, HOUR, day8
from giamdinh.sample.money import (
    LINES,
    amount,
    card_on,
    half_up,
    minutes_of,
    settle,
    share_line,
    total_up,
)
from giamdinh.sample.pairs import move
from giamdinh.sample.plants import WAS, Hit, free, head_hit, line_hit, plant

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

from giamdinh.sample.model import Claim, Row

_FULL = 1000
_BY_CALENDAR = "ra_tru_vao_cong_1"
_COPIES = ("XML7", "XML8", "XML9", "XML11", "XML13", "XML14")
_GRACE, _NOON = 17, 4 * HOUR + 30
_UNSETTLED, _IMAGES = ("1.12", "1.18", "3.3"), "18."


def _paid(claim: Claim) -> Iterator[tuple[str, Row]]:
    for table in LINES:
        for row in claim.lines(table):
            if amount(row, "T_BHTT"):
                yield table, row


def _recoded(claim: Claim, prefix: str) -> None:
    """Another card group on the card, in the registry too."""
    card = prefix + claim.head["MA_THE_BHYT"][3:]
    claim.head["MA_THE_BHYT"] = card
    for row in claim.register:
        row |= {"MA_THE_BHYT": card, "MUC_HUONG_SO": card[2]}


def _at_full(claim: Claim, prefix: str, level: int) -> int | None:
    """A claim at 100 percent with a card of a lower level; the fund's money beyond it."""
    simple = len(claim.patient.cards) == 1 and not claim.lines(*_COPIES)
    plain = claim.plan.category in {"dung_tuyen", "cap_cuu"} and not claim.plan.flags
    large = amount(claim.head, "T_TONGCHI_BH") >= law.small_visit_limit(_left(claim))
    at_station = claim.place.kind.key == "tyt"
    if not (simple and plain and large) or claim.head["MA_THE_BHYT"][2] in "15" or at_station:
        return None
    _recoded(claim, prefix)
    for table in LINES:
        for row in claim.lines(table):
            share_line(row, _FULL)
    total_up(claim)
    fund = sum(amount(row, "T_BHTT") for _, row in _paid(claim))
    return half_up(fund * (100 - level), 100)


def _left(claim: Claim) -> int:
    return minutes_of(claim.head["NGAY_RA"])


def _beyond(table: str, row: Row, level: int) -> Hit:
    over = amount(row, "T_BHTT") * (100 - level)
    return line_hit(table, row, "MUC_HUONG", half_up(over, 100))


@plant("BEN-010")
def near_poor_too_early(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A card of a near-poor household is paid in full before its level was raised."""
    over = _at_full(claim, "CN2", 95)
    if over is None:
        return None
    return [head_hit(claim, "T_BHTT", over).right(amount(claim.head, "T_BHTT") - over)]


@plant("BEN-019")
def pension_too_early(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A social pension card is paid in full before its level was raised."""
    over = _at_full(claim, "LH2", 80)
    return None if over is None else [head_hit(claim, "T_BHTT", over)]


@plant("BEN-014")
def last_years_exemption(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The exemption from co-payment is of the year before."""
    card = claim.head["MA_THE_BHYT"]
    if "exempt" not in claim.plan.flags or card[2] not in "34":
        return None
    claim.head["NGAY_MIEN_CCT"] = f"{int(claim.head['NGAY_RA'][:4]) - 1}11150800"
    settle(claim)
    level = law.card_percent(card, _left(claim))
    hits = [_beyond(table, row, level).right(str(level)) for table, row in _paid(claim)]
    return [*hits, free("XML1", "NAM_NAM_LIEN_TUC").of("CRD-038")]


@plant("BEN-015")
def level_of_the_other_card(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A line after the change of cards has the level of the first one."""
    head = claim.head
    cards = head["MA_THE_BHYT"].split(";")
    if "two_cards" not in claim.plan.flags:
        return None
    levels = [law.card_percent(card, _left(claim)) for card in cards]
    late = [
        (table, row)
        for table, row in _paid(claim)
        if card_on(head, row["NGAY_YL"][:8]) == cards[1] and table == "XML2"
    ]
    if not late or levels[0] == levels[1]:
        return None
    table, row = late[0]
    share_line(row, levels[0] * 10)
    total_up(claim)
    fund, over = amount(row, "T_BHTT"), max(levels[0] - levels[1], 0)
    return [line_hit(table, row, "MUC_HUONG", half_up(fund * over, levels[0])).right(WAS)]


@plant("BEN-017")
def small_self_referral(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A cheap visit without a referral is paid in full where its category gives a part."""
    head, left = claim.head, _left(claim)
    if claim.plan.category != "tu_den" or claim.plan.care != "01":
        return None
    if head["MA_DOITUONG_KCB"] not in _UNSETTLED:
        return None
    for table in ("XML3", "XML4"):
        rows = claim.lines(table)
        claim.rows[table] = [row for row in rows if not row["MA_DICH_VU"].startswith(_IMAGES)]
    settle(claim)
    part = law.multiplier(head["MA_DOITUONG_KCB"], head["MA_LOAI_KCB"], left)
    if part == 100 or amount(head, "T_TONGCHI_BH") >= law.small_visit_limit(left):  # noqa: PLR2004
        return None
    for table in LINES:
        for row in claim.lines(table):
            share_line(row, _FULL)
    total_up(claim)
    either = f"{part} hoặc 100"
    return [_beyond(table, row, part).right(either) for table, row in _paid(claim)]


@plant("BEN-018")
def salary_changed_within(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A treatment of several sessions began before the month in which the base salary rose."""
    head = claim.head
    rose = minutes_of(f"{head['NGAY_RA'][:6]}010000")
    low, high = law.small_visit_limit(rose - DAY), law.small_visit_limit(rose)
    if claim.plan.sessions == 1 or claim.lines(*_COPIES) or low == high:
        return None
    _cheaper(claim, high)
    level = law.card_percent(head["MA_THE_BHYT"], _left(claim))
    if level == 100 or not low <= amount(head, "T_TONGCHI_BH") < high:  # noqa: PLR2004
        return None
    first = head["NGAY_VAO"][:8]
    before = next(d for d in range(1, 9) if is_workday(rose - d * DAY))
    earlier = minutes_of(f"{first}0000") - (rose - before * DAY)
    move(claim, -earlier, since=first, until=f"{first}2359")
    if law.stay_days_rule(head["MA_LOAI_KCB"], claim.version, _left(claim)) == _BY_CALENDAR:
        stay = nights(minutes_of(head["NGAY_VAO"]), _left(claim))
        head["SO_NGAY_DTRI"] = str(stay + 1)
    return [head_hit(claim, "T_TONGCHI_BH", _shared(claim, level))]


def _shared(claim: Claim, level: int) -> int:
    return half_up(amount(claim.head, "T_BHTT") * (100 - level), 100)


def _cheaper(claim: Claim, limit: int) -> None:
    """Leave out the last procedures until the visit costs less than the limit."""
    for row in reversed([r for r in claim.lines("XML3") if r["MA_NHOM"] == "18"][2:]):
        if amount(claim.head, "T_TONGCHI_BH") < limit:
            return
        claim.rows["XML3"].remove(row)
        settle(claim)
    for number, row in enumerate(claim.lines("XML3"), start=1):
        row["STT"] = str(number)


@plant("CRD-005")
def long_after_the_card(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The last session of a treatment is more than two weeks after the card ended."""
    head = claim.head
    simple = len(claim.patient.cards) == 1 and not claim.lines(*_COPIES)
    if claim.plan.sessions == 1 or not simple or head.get("NGAY_TAI_KHAM"):
        return None
    came = minutes_of(head["NGAY_VAO"])
    last = max(row["NGAY_YL"][:8] for row in claim.lines("XML3"))
    days = next(d for d in range(_GRACE, _GRACE + 9) if is_workday(came - came % DAY + d * DAY))
    later = came // DAY + days - minutes_of(f"{last}0000") // DAY
    move(claim, later * DAY + _NOON, since=last)
    head["GT_THE_DEN"] = claim.register[0]["GT_THE_DEN"] = day8(came)
    if head["NGAY_RA"][4:6] != f"{int(head['THANG_QT']):02d}":
        return None
    late = [(t, row) for t, row in _paid(claim) if row["NGAY_YL"] > f"{last}2359"]
    return [line_hit(table, row, "NGAY_YL") for table, row in late]


@plant("CRD-042")
def registered_elsewhere_by_then(claim: Claim, _: random.Random) -> list[Hit] | None:
    """By the portal the card of a patient registered here is registered elsewhere."""
    head = claim.head
    own = len(claim.patient.cards) == 1 and len(claim.register) == 1
    if head["MA_DOITUONG_KCB"] != "1.1" or not own or "newborn" in claim.plan.flags:
        return None
    if head["MA_THE_BHYT"].startswith("QN"):
        return None
    claim.register[0]["MA_DKBD"] = "38991"
    hit = head_hit(claim, "MA_DOITUONG_KCB")
    return [hit, free("XML1", "MA_DKBD").of("CRD-015").right("38991")]
