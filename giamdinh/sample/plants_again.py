"""Services done again too soon, and one identity for two persons: plants across two claims.

As in `plants_across`, a plant is a function `(maker, claim) -> findings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample import reference_lists as lists
from giamdinh.sample.catalogue_variants import twin
from giamdinh.sample.days import is_workday
from giamdinh.sample.model import DAY
from giamdinh.sample.money import amount
from giamdinh.sample.pairs import alone, midnight, offered, without_drugs
from giamdinh.sample.plants import first, free, head_hit, line_hit

if TYPE_CHECKING:
    from giamdinh.sample.model import Claim, Facility, Row
    from giamdinh.sample.pairs import Found, Maker

_DAYS_LATER = (6, 7, 8, 9, 10)


def same_identity(maker: Maker, claim: Claim) -> Found | None:
    """Two persons of other names and births with one identity number."""
    if not alone(claim) or claim.lines("XML9") or claim.plan.key not in {"kham_mot", "tai_nan"}:
        return None
    other = maker.other(claim)
    names = ("HO_TEN", "NGAY_SINH")
    if other is None or any(other.head[name] == claim.head[name] for name in names):
        return None
    for row in (other.head, *other.register):
        row["SO_CCCD"] = claim.head["SO_CCCD"]
    later = max((claim, other), key=lambda c: (c.head["NGAY_VAO"], c.key))
    return [(later, head_hit(later, "SO_CCCD"))]


def split_over_days(maker: Maker, claim: Claim) -> Found | None:
    """Visits on two days for one disease that only together are above the limit."""
    day = midnight(claim) + DAY
    if not alone(claim) or claim.plan.key not in {"kham_mot", "kham_dong_chi_tra"}:
        return None
    later = maker.again(claim, day) if is_workday(day) else None
    if later is None:
        return None
    without_drugs(later)
    return [(later, free("XML1", "T_TONGCHI_BH"))] if small_parts(claim, later) else None


def small_parts(*claims: Claim) -> bool:
    """Whether claims are each below the limit without co-payment, but not together."""
    costs = [amount(claim.head, "T_TONGCHI_BH") for claim in claims]
    shared = any(amount(claim.head, "T_BNCCT") for claim in claims)
    limit = law.small_visit_limit(midnight(claims[0]))
    return not shared and max(costs) < limit <= sum(costs)


def soon_again(maker: Maker, claim: Claim) -> Found | None:
    """A service that must not be repeated for months, again after a week."""
    found = _again(maker, claim, lists.REPEATED, claim.place)
    return [(found[0], line_hit("XML3", found[1], "NGAY_YL"))] if found else None


def soon_elsewhere(maker: Maker, claim: Claim) -> Found | None:
    """The same at another facility."""
    for place in offered(maker, claim.plan, but=claim.place):
        maker.made.clear()
        found = _again(maker, claim, lists.REPEATED, place)
        if found:
            return [(found[0], line_hit("XML3", found[1], "NGAY_YL"))]
    return None


def once_in_a_life(maker: Maker, claim: Claim) -> Found | None:
    """A service that can be done once only, done again."""
    found = _again(maker, claim, lists.ONCE, claim.place)
    return [(found[0], line_hit("XML3", found[1], "MA_DICH_VU"))] if found else None


def too_many_sessions(maker: Maker, claim: Claim) -> Found | None:
    """Two treatments of one patient with more sessions of dialysis than three a week."""
    day = midnight(claim, "NGAY_RA") + DAY
    if not alone(claim) or claim.plan.sessions == 1 or not is_workday(day):
        return None
    later = maker.again(claim, day)
    if later is None:
        return None
    without_drugs(later)
    return over_sessions(claim, later)


def over_sessions(*claims: Claim) -> Found | None:
    """Turns the procedures of a patient's claims into sessions of dialysis; those too many."""
    sessions = []
    for one in claims:
        for row in one.lines("XML3"):
            if row["MA_NHOM"] != "18":
                continue
            if not amount(row, "T_BHTT"):
                return None
            sessions.append((one, row))
    for _, row in sessions:
        row["MA_DICH_VU"] = twin(row["MA_DICH_VU"], lists.DIALYSIS)
        row["TEN_DICH_VU"] = lists.DIALYSIS_NAME
    most = law.number("SO_LAN_LOC_MAU_30_NGAY", midnight(claims[0]))
    return [(one, line_hit("XML3", row, "NGAY_YL")) for one, row in sessions[most:]] or None


def _again(maker: Maker, claim: Claim, mark: int, place: Facility) -> tuple[Claim, Row] | None:
    """The second claim of the patient and its marked procedure."""
    if not alone(claim) or claim.plan.key != "tai_nan":
        return None
    days = (midnight(claim) + number * DAY for number in _DAYS_LATER)
    later = maker.again(claim, next(day for day in days if is_workday(day)), place=place)
    if later is None:
        return None
    without_drugs(later)
    rows = [first(c.lines("XML3"), MA_NHOM="18") for c in (claim, later)]
    if any(row is None or not amount(row, "T_BHTT") for row in rows):
        return None
    for one, row in zip((claim, later), rows, strict=True):
        marked(one, row or {}, mark)
    return later, rows[1] or {}


def marked(claim: Claim, row: Row, mark: int) -> None:
    """The procedure and its supplies under the code of a twin."""
    old = row["MA_DICH_VU"]
    for line in claim.lines("XML3"):
        if line["MA_DICH_VU"] == old:
            line["MA_DICH_VU"] = twin(old, mark)
