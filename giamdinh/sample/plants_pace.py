"""Errors in how long things take: results, visits, beds, oxygen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.facilities import machine_codes
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, scaled, settle
from giamdinh.sample.plants import WAS, Hit, first, free, head_hit, line_hit, plant, steady_stay
from giamdinh.sample.plants_times import _move_result

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_LABS = "1"
_IMAGING = ("2", "3")
_MANY, _SHORT, _LONG = 3, 4, 40
_OXYGEN = "40.17"


def _tested(claim: Claim, groups: str | tuple[str, ...]) -> Row | None:
    row = first(claim.lines("XML3"), MA_NHOM=groups)
    return row if row is not None and amount(row, "T_BHTT") else None


@plant("TIM-009")
def ended_after_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """A procedure that ends two hours after the patient left."""
    row = _tested(claim, "18")
    if row is None or "dies" in claim.plan.flags or claim.plan.care not in {"01", "03", "09"}:
        return None
    late = minutes_of(claim.head["NGAY_RA"]) + 2 * HOUR
    row["NGAY_KQ"] = stamp(late)
    return line_hit("XML3", row, "NGAY_KQ")


@plant("TIM-011")
def result_in_a_minute(claim: Claim, _: random.Random) -> Hit | None:
    """An image taken and described within a minute."""
    row = _tested(claim, _IMAGING)
    if row is None:
        return None
    _move_result(claim, row, minutes_of(row["NGAY_TH_YL"]) + 1)
    return line_hit("XML3", row, "NGAY_KQ")


@plant("TIM-029")
def result_at_once(claim: Claim, _: random.Random) -> Hit | None:
    """A laboratory result in the minute in which the test began."""
    row = _tested(claim, _LABS)
    if row is None:
        return None
    _move_result(claim, row, minutes_of(row["NGAY_TH_YL"]))
    return free("XML3", "NGAY_KQ", row["STT"])


def _more_tests(claim: Claim, count: int) -> None:
    """Further laboratory tests like the first one, each with its result."""
    model = first(claim.lines("XML3"), MA_NHOM=_LABS)
    used = {row["MA_DICH_VU"] for row in claim.lines("XML3")}
    others = [s for s in content().services.values() if s.machine == "SH"]
    unused = [s for s in others if s.codes[-1][1] not in used][:count]
    if model is None:
        return
    result = first(claim.lines("XML4"), MA_DICH_VU=model["MA_DICH_VU"]) or {}
    for service in unused:
        code, price = service.codes[-1][1], price_text(service.price)
        kept = {key: value for key, value in model.items() if key != "STT"}
        named = {"MA_DICH_VU": code, "TEN_DICH_VU": service.name}
        machine = machine_codes(claim.place, service.machine)[0]
        claim.add(
            "XML3",
            {**kept, **named, "DON_GIA_BV": price, "DON_GIA_BH": price, "MA_MAY": machine},
        )
        item = service.items[0]
        told = {"MA_CHI_SO": item.code, "TEN_CHI_SO": item.name, "DON_VI_DO": item.unit}
        shared = {key: value for key, value in result.items() if key != "STT"}
        claim.add("XML4", {**shared, **told, "GIA_TRI": item.low, "MA_DICH_VU": code})


@plant("TIM-016")
def whole_visit_in_minutes(claim: Claim, _: random.Random) -> Hit | None:
    """A visit with many tests that is over before the first of them."""
    lines = [row for row in claim.lines("XML3") if row["MA_NHOM"] in {_LABS, *_IMAGING}]
    if claim.plan.key not in {"kham_mot", "kham_dong_chi_tra"} or not lines:
        return None
    came = minutes_of(claim.head["NGAY_VAO"])
    if minutes_of(claim.lines("XML3")[0]["NGAY_KQ"]) > came + 20:
        return None
    claim.rows.pop("XML2", None)
    _more_tests(claim, _MANY + 1 - len(lines))
    settle(claim)
    claim.head["NGAY_RA"] = stamp(came + _SHORT)
    return head_hit(claim, "NGAY_RA")


@plant("TIM-028")
def bed_for_months(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A bed line that ends a month after the patient left."""
    row = next((r for r in claim.lines("XML3") if r.get("MA_GIUONG")), None)
    if row is None or claim.plan.care != "03" or not amount(row, "T_BHTT"):
        return None
    start = minutes_of(row["NGAY_YL"])
    row |= {"NGAY_KQ": stamp(start + _LONG * DAY), "MA_GIUONG": "T098"}
    beyond = start // DAY + _LONG - minutes_of(claim.head["NGAY_RA"]) // DAY
    late = line_hit("XML3", row, "NGAY_YL", half_up(amount(row, "T_BHTT") * beyond, _LONG))
    return [
        free("XML3", "NGAY_KQ", row["STT"]),
        replace(late, rule="BED-021"),
        replace(line_hit("XML3", row, "NGAY_KQ"), rule="STR-013"),
    ]


@plant("STR-076")
def times_of_long_ago(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A progress note of ten years ago."""
    rows = claim.lines("XML5")
    young = int(claim.head["NGAY_SINH"][:4]) + 16 > int(claim.head["NGAY_RA"][:4])
    if young or len(rows) < 2 or rows[0].get("PHAU_THUAT"):  # noqa: PLR2004
        return None
    early = rows[0]["THOI_DIEM_DBLS"]
    rows[0]["THOI_DIEM_DBLS"] = f"{int(early[:4]) - 10}{early[4:]}"
    fund = amount(claim.head, "T_BHTT")
    hit = Hit("XML5", rows[0]["STT"], "THOI_DIEM_DBLS", fund)
    return [hit, replace(hit, amount=0, rule="TIM-023")]


@plant("DRG-015")
def oxygen_beyond_the_stay(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Oxygen for twice as many minutes as the patient stayed."""
    model = next((row for row in claim.lines("XML2") if amount(row, "T_BHTT")), None)
    if not steady_stay(claim) or model is None:
        return None
    stay = minutes_of(claim.head["NGAY_RA"]) - minutes_of(claim.head["NGAY_VAO"])
    row = claim.add("XML2", {key: value for key, value in model.items() if key != "STT"})
    row |= {
        "MA_THUOC": _OXYGEN,
        "TEN_THUOC": "Oxy y tế mẫu",
        "DON_VI_TINH": "Phút",
        "SO_LUONG": f"{2 * stay}.000",
        "DON_GIA": "20.000",
    }
    settle(claim)
    over = half_up(amount(row, "T_BHTT") * (20 * stay - 11 * stay), 20 * stay)
    return [line_hit("XML2", row, "SO_LUONG", over)]


@plant("BED-006")
def two_kinds_of_bed(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Two kinds of bed for the whole of one day."""
    beds = [row for row in claim.lines("XML3") if row.get("MA_GIUONG")]
    if not steady_stay(claim) or len(beds) < 3:  # noqa: PLR2004
        return None
    price = {key: content().services[key] for key in ("K03", "K18", "K19", "K27", "K02")}
    twins = {"K03": "K18", "K18": "K03", "K19": "K27"}
    mine = next(key for key, bed in price.items() if bed.codes[-1][1] == beds[0]["MA_DICH_VU"])
    if mine not in twins:
        return None
    other = price[twins[mine]]
    same = {name: beds[0][name] for name in ("NGAY_YL", "NGAY_TH_YL", "NGAY_KQ")}
    beds[1].update(same | {"MA_DICH_VU": other.codes[-1][1], "TEN_DICH_VU": other.name})
    hit = line_hit("XML3", beds[1], "MA_DICH_VU")
    return [hit, replace(hit, amount=0, rule="BED-010")] if hit.amount else None


@plant("BED-012")
def surgical_bed_without_surgery(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A bed of the surgical ward for a patient who was not operated on."""
    rows = [row for row in claim.lines("XML3") if row.get("MA_GIUONG")]
    if not steady_stay(claim) or claim.head.get("MA_NOI_DI"):
        return None
    if first(claim.lines("XML3"), MA_NHOM="8") or not amount(rows[0], "T_BHTT"):
        return None
    rows[0]["TEN_DICH_VU"] = "Giường Ngoại khoa loại 3"
    hit = free("XML3", "MA_DICH_VU", rows[0]["STT"])
    return [hit, free("XML3", "TEN_DICH_VU", hit.row).of("CAT-034").right(WAS)]


@plant("BED-014")
def long_observation(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Six days of observation at a commune station."""
    rows = [row for row in claim.lines("XML3") if row.get("MA_GIUONG")]
    if claim.plan.care != "06" or not rows or not amount(rows[0], "T_BHTT"):
        return None
    rows[0]["SO_LUONG"] = "6.000"
    settle(claim)
    days = sum(scaled(row, "SO_LUONG", 3) for row in rows)
    fund = sum(amount(row, "T_BHTT") for row in rows)
    over = line_hit("XML3", rows[0], "SO_LUONG", half_up(fund * 4, 6))
    both = [over.of(code).right("2") for code in ("BED-004", "BED-007")]
    return [head_hit(claim, "", half_up(fund * (days - 3000), days)), *both]


@plant("BED-023")
def one_day_more(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The day of leaving is charged although nothing grants it."""
    rows = [row for row in claim.lines("XML3") if row.get("MA_GIUONG")]
    if not steady_stay(claim) or not amount(rows[-1], "T_BHTT"):
        return None
    left, night = minutes_of(claim.head["NGAY_RA"]), rows[-1]
    last = claim.add("XML3", {key: value for key, value in night.items() if key != "STT"})
    start = left - left % DAY + 5
    night["NGAY_KQ"] = stamp(start)
    last |= {"NGAY_YL": stamp(start), "NGAY_TH_YL": stamp(start)}
    settle(claim)
    return [line_hit("XML3", last, "SO_LUONG").right("0")]
