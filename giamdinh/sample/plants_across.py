"""Errors that no claim shows alone: each adds a claim beside a valid one, or changes a pair.

A plant is a function `(maker, claim) -> findings`, each the claim where it stands and the hit. It
returns nothing when the claim is of no use to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample import plants_across_lines as lines
from giamdinh.sample import plants_again as again
from giamdinh.sample.days import is_workday, month_days
from giamdinh.sample.model import DAY, HOUR, dice
from giamdinh.sample.money import amount, half_up, minutes_of
from giamdinh.sample.pairs import (
    Maker,
    alone,
    midnight,
    offered,
    plan,
    without_drugs,
)
from giamdinh.sample.plants import Hit, free, head_hit, key_row, line_hit, steady_stay
from giamdinh.sample.returns import LINKED, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.sample.model import Claim, KeyRow, Request
    from giamdinh.sample.pairs import Found

_CLAIMS_PER_PAIR = 12
_TRIED = 60
_EARLY = 20
_REFILL = 3


def plant_pairs(claims: list[Claim], request: Request) -> list[KeyRow]:
    """Plants errors across claims, as many kinds as the number of claims allows.

    The new claims are added to `claims`; those concerned are marked as touched.
    """
    last = max(int(claim.key[-6:]) for claim in claims)
    maker = Maker(claims, month_days(request.month), last)
    key: list[KeyRow] = []
    room = max(len(claims) // _CLAIMS_PER_PAIR, 1)
    for code, plant in _PLANTS:
        if not room or not law.rule_in_force(code, month_days(request.month)[0]):
            continue
        tried = [claim for claim in claims if not claim.touched or claim.touched == {LINKED}]
        dice("pair", request.seed, code).shuffle(tried)
        attempts = 0
        for claim in tried:
            maker.made.clear()
            found = plant(maker, claim) if attempts < _TRIED else None
            attempts += bool(maker.made)
            if found:
                for one in (claim, *maker.made, *(owner for owner, _ in found)):
                    one.touched |= {code, LINKED}
                claims += maker.made
                key += [key_row(owner, code, hit) for owner, hit in found]
                room -= 1
                break
    return key


def copied(maker: Maker, claim: Claim) -> Found | None:
    """The same stay under two numbers."""
    if not (alone(claim) and steady_stay(claim)) or claim.lines("XML10", "XML11"):
        return None
    twin = maker.copy(claim)
    return [(twin, head_hit(twin, "MA_LK"))]


def stay_in_stay(maker: Maker, claim: Claim) -> Found | None:
    """A second stay begins on the day after the first did."""
    if not (alone(claim) and steady_stay(claim)):
        return None
    twin = maker.again(claim, midnight(claim) + DAY)
    if twin is None or not _inside(twin, claim):
        return None
    return [(twin, head_hit(twin, "NGAY_VAO"))]


def stay_elsewhere(maker: Maker, claim: Claim) -> Found | None:
    """The same at another facility."""
    if not (alone(claim) and steady_stay(claim)) or not claim.plan.category.startswith("cap_cuu"):
        return None
    for place in offered(maker, claim.plan, but=claim.place):
        maker.made.clear()
        twin = maker.again(claim, midnight(claim) + DAY, place=place)
        if twin is not None and _inside(twin, claim):
            return [(twin, head_hit(twin, "NGAY_VAO"))]
    return None


def _inside(twin: Claim, claim: Claim) -> bool:
    """Whether a stay begins well before the end of another."""
    begins = minutes_of(twin.head["NGAY_VAO_NOI_TRU"])
    return begins + 2 * HOUR < minutes_of(claim.head["NGAY_RA"])


def back_the_next_day(maker: Maker, claim: Claim) -> Found | None:
    """A new stay with the same disease on the day after leaving."""
    if not (alone(claim) and steady_stay(claim)):
        return None
    twin = maker.again(claim, midnight(claim, "NGAY_RA") + DAY)
    return None if twin is None else [(twin, head_hit(twin, "NGAY_VAO"))]


def visit_in_stay(maker: Maker, claim: Claim) -> Found | None:
    """An outpatient visit at the facility where the patient lies."""
    visit, day = plan("kham_mot"), midnight(claim) + DAY
    if not (alone(claim) and claim.plan.key == "noi_tru") or not is_workday(day):
        return None
    twin = maker.again(claim, day, visit)
    if twin is None or not fits(claim.patient, visit, twin.disease, day):
        return None
    inside = twin.head["NGAY_RA"] < claim.head["NGAY_RA"]
    return [(twin, head_hit(twin, "NGAY_VAO"))] if inside else None


def twice_a_day(maker: Maker, claim: Claim) -> Found | None:
    """A second visit on the day, dear enough not to look like a split one."""
    return _second_visit(maker, claim, split=False)


def split_visit(maker: Maker, claim: Claim) -> Found | None:
    """Two visits on a day that only together are above the limit without co-payment."""
    return _second_visit(maker, claim, split=True)


def _second_visit(maker: Maker, claim: Claim, *, split: bool) -> Found | None:
    if not alone(claim) or claim.plan.key not in {"kham_mot", "kham_dong_chi_tra"}:
        return None
    twin = maker.again(claim, midnight(claim))
    if twin is None:
        return None
    without_drugs(twin)
    pair = sorted((claim, twin), key=lambda c: (c.head["NGAY_VAO"], c.key))
    costs = [amount(c.head, "T_TONGCHI_BH") for c in pair]
    limit = law.small_visit_limit(midnight(claim))
    small = all(cost < limit and not amount(c.head, "T_BNCCT")
                for c, cost in zip(pair, costs, strict=True))  # fmt: skip
    if (small and sum(costs) >= limit) != split:
        return None
    later = (pair[1], head_hit(pair[1], "NGAY_VAO"))
    if not split:
        return [later]
    percent = law.card_percent(claim.head["MA_THE_BHYT"], midnight(claim))
    lost = [half_up(cost * (100 - percent), 10**4) * 100 for cost in costs]
    found = [(c, head_hit(c, "T_TONGCHI_BH", part)) for c, part in zip(pair, lost, strict=True)]
    return [*found, (later[0], _of(later[1], "EXM-005"))]


def _of(hit: Hit, rule: str) -> Hit:
    return Hit(hit.table, hit.row, hit.field, hit.amount, rule)


def three_places(maker: Maker, claim: Claim) -> Found | None:
    """Three facilities see the patient on one day."""
    if not alone(claim) or claim.plan.key != "chuyen_den_ngoai_tru":
        return None
    visits = [claim]
    for place in offered(maker, claim.plan, but=claim.place)[:2]:
        twin = maker.again(claim, midnight(claim), place=place)
        if twin is not None:
            without_drugs(twin)
            visits.append(twin)
    starts = [{row["NGAY_TH_YL"] for row in c.lines("XML3")} for c in visits]
    if len(visits) != 3 or sum(map(len, starts)) != len(set().union(*starts)):  # noqa: PLR2004
        return None
    last = max(visits, key=lambda c: (c.head["NGAY_VAO"], c.place.code))
    return [(last, head_hit(last, "NGAY_VAO"))]


def after_death(maker: Maker, claim: Claim) -> Found | None:
    """The dead come back three days later."""
    if "dies" not in claim.plan.flags:
        return None
    twin = maker.again(claim, midnight(claim, "NGAY_RA") + 3 * DAY, plan("noi_tru_cap_cuu"))
    return None if twin is None else [(twin, head_hit(twin, "NGAY_VAO"))]


def early_refill(maker: Maker, claim: Claim) -> Found | None:
    """The same drugs on the next working day."""
    day = midnight(claim) + DAY
    if not alone(claim) or claim.plan.key != "kham_mot" or not is_workday(day):
        return None
    twin = maker.again(claim, day)
    if twin is None or again.small_parts(claim, twin):
        return None
    had = {row["MA_THUOC"]: row for row in claim.lines("XML2")}
    days = claim.disease.days
    early = min(days - 1, days)
    found = []
    for row in twin.lines("XML2"):
        if row["MA_THUOC"] in had and early > _REFILL and amount(row, "T_BHTT"):
            part = half_up(amount(row, "T_BHTT") * early, days)
            found.append((twin, line_hit("XML2", row, "NGAY_YL", part)))
    return found or None


def same_serial(maker: Maker, claim: Claim) -> Found | None:
    """Two certificates of sick leave with one serial number."""
    papers = claim.lines("XML11")
    if not alone(claim) or not papers:
        return None
    twin = maker.other(claim)
    if twin is None or not twin.lines("XML11"):
        return None
    twin.lines("XML11")[0]["SO_SERI"] = papers[0]["SO_SERI"]
    later = max((claim, twin), key=lambda c: (c.head["NGAY_RA"], c.key))
    return [(later, free("XML11", "SO_SERI"))]


def never_referred(maker: Maker, claim: Claim) -> Found | None:
    """The destination names a sender that sent nobody."""
    way = plan("chuyen_den_ngoai_tru")
    if not alone(claim) or claim.plan.key != "tram_kham":
        return None
    left = minutes_of(claim.head["NGAY_RA"])
    for place in offered(maker, way):
        maker.made.clear()
        twin = maker.again(claim, left + _EARLY, way, place)
        if twin is not None and fits(claim.patient, way, twin.disease, midnight(claim)):
            without_drugs(twin)
            twin.head["MA_NOI_DI"] = claim.place.code
            return [(twin, free("XML1", "MA_NOI_DI"))]
    return None


def other_paper(maker: Maker, claim: Claim) -> Found | None:
    """The number of the referral is not the one that the sender issued."""
    known = {place.code for place in maker.places}
    if LINKED not in claim.touched or claim.head.get("MA_NOI_DI") not in known:
        return None
    claim.head["GIAY_CHUYEN_TUYEN"] = f"999/{claim.head['NAM_QT']}/GCT"
    return [(claim, free("XML1", "GIAY_CHUYEN_TUYEN"))]


_PLANTS: Sequence[tuple[str, Callable[[Maker, Claim], Found | None]]] = (
    ("HIS-001", stay_in_stay),
    ("EXM-005", twice_a_day),
    ("DOC-013", lines.two_patients_at_once),
    ("DRG-012", early_refill),
    ("BED-009", lines.bed_twice),
    ("HIS-006", copied),
    ("CRD-040", after_death),
    ("EXM-006", visit_in_stay),
    ("BED-008", lines.bed_shared_by_one),
    ("HIS-002", stay_elsewhere),
    ("BEN-005", split_visit),
    ("TIM-019", lines.same_times),
    ("HIS-003", back_the_next_day),
    ("CAT-043", lines.one_machine),
    ("DOC-016", lines.exams_too_close),
    ("HIS-009", never_referred),
    ("DOCU-012", same_serial),
    ("DOCU-019", other_paper),
    ("SVC-016", lines.two_places_at_once),
    ("HIS-005", three_places),
    ("DOC-014", lines.exam_in_operation),
    ("DOC-012", lines.doctor_elsewhere),
    ("TIM-020", lines.exam_and_procedure),
    ("CRD-039", again.same_identity),
    ("CLN-010", again.soon_again),
    ("HIS-011", again.once_in_a_life),
    ("HIS-007", again.soon_elsewhere),
    ("SVC-009", again.too_many_sessions),
    ("BEN-020", again.split_over_days),
)
"""The plants by rule, those that a small month shall have first."""
