"""Errors in single lines and between lines of a claim: doses, supplies, operations, transport."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.lines import dose_text, price_text
from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, settle
from giamdinh.sample.plants import Hit, first, free, line_hit, plant, steady_stay

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_STENT = "N06.02.020"
_FUEL = "R954V1"
_TAKEN_HOME, _USUAL = 12, 10
_MANY = 21
_APART = 5
_EVENING = 19 * HOUR


def _copy(claim: Claim, table: str, row: Row) -> Row:
    return claim.add(table, {name: text for name, text in row.items() if name != "STT"})


def _later(row: Row, minutes: int) -> None:
    """Move every time of a line."""
    for name in ("NGAY_YL", "NGAY_TH_YL", "NGAY_KQ"):
        if row.get(name):
            row[name] = stamp(minutes_of(row[name]) + minutes)


@plant("STR-060")
def dose_in_words(claim: Claim, _: random.Random) -> Hit | None:
    """A dose in words."""
    row = first(claim.lines("XML2"), MA_NHOM="4")
    if claim.plan.care != "03" or row is None:
        return None
    row["LIEU_DUNG"] = "Dùng theo hướng dẫn"
    return free("XML2", "LIEU_DUNG", row["STT"])


@plant("SVC-003")
def local_price_of_a_full_anaesthesia(claim: Claim, _: random.Random) -> Hit | None:
    """An operation in full anaesthesia with the price code of a local one."""
    row = first(claim.lines("XML3"), MA_NHOM="8", PP_VO_CAM="1")
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["MA_DICH_VU"] += "_GT"
    return free("XML3", "PP_VO_CAM", row["STT"])


@plant("SVC-010")
def two_stents(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Two coronary stents of one session, both paid in full; the list has none."""
    row = next((r for r in claim.lines("XML3") if r.get("MA_VAT_TU")), None)
    if row is None or row["SO_LUONG"] != "2.000" or claim.head["MA_THE_BHYT"][2] in "15":
        return None
    if not amount(row, "T_BHTT"):
        return None
    row["MA_VAT_TU"] = _STENT
    over = line_hit("XML3", row, "TYLE_TT_BH", half_up(amount(row, "T_BHTT"), 4))
    return [over.right("50"), line_hit("XML3", row, "MA_VAT_TU").of("CAT-020")]


@plant("SVC-005")
def transport_elsewhere(claim: Claim, _: random.Random) -> Hit | None:
    """Transport to another facility than the patient was transferred to."""
    row = _transport(claim, content().places["refers_from"])
    return line_hit("XML3", row, "MA_DICH_VU") if row else None


@plant("SVC-006")
def transport_twice(claim: Claim, _: random.Random) -> Hit | None:
    """Transport charged twice."""
    row = _transport(claim, content().places["refers_to"])
    if row is None:
        return None
    again = _copy(claim, "XML3", row)
    again["SO_LUONG"] = "20.000"
    _later(again, HOUR)
    settle(claim)
    return line_hit("XML3", again, "MA_XANG_DAU")


def _transport(claim: Claim, place: str) -> Row | None:
    """Add transport of a transferred inpatient to a facility."""
    model = first(claim.lines("XML3"), MA_NHOM="13")
    if "transfer" not in claim.plan.flags or claim.plan.care != "03" or model is None:
        return None
    if not law.rule_in_force("SVC-006", minutes_of(claim.head["NGAY_RA"])):
        return None
    kept = ("PHAM_VI", "TYLE_TT_BH", "MA_KHOA", "MA_BAC_SI", "MA_BENH", "MA_PTTT")
    row = claim.add(
        "XML3",
        {
            **{name: model[name] for name in kept},
            "MA_DICH_VU": f"VC.{place}",
            "TEN_DICH_VU": "Vận chuyển người bệnh",
            "MA_NHOM": "12",
            "MA_XANG_DAU": _FUEL,
            "DON_VI_TINH": "Km",
            "SO_LUONG": "30.000",
            "DON_GIA_BV": "4400.000",
            "DON_GIA_BH": "4400.000",
            "TYLE_TT_DV": "100",
            "NGAY_YL": claim.head["NGAY_VAO_NOI_TRU"],
        },
    )
    settle(claim)
    return row if amount(row, "T_BHTT") else None


@plant("DOC-022")
def surgeon_alone(claim: Claim, _: random.Random) -> Hit | None:
    """An operation by the surgeon alone."""
    row = first(claim.lines("XML3"), MA_NHOM="8", PP_VO_CAM="1")
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["NGUOI_THUC_HIEN"] = row["NGUOI_THUC_HIEN"].partition(";")[0]
    return free("XML3", "NGUOI_THUC_HIEN", row["STT"])


@plant("CLN-013")
def screened_twice(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The same screening test twice in a stay, under a name that the list does not have."""
    row = first(claim.lines("XML3"), MA_NHOM="1")
    operations = [other for other in claim.lines("XML3") if other["MA_NHOM"] == "8"]
    if not steady_stay(claim) or row is None or len(operations) > 1:
        return None
    name = row["TEN_DICH_VU"]
    row["TEN_DICH_VU"] = "HBsAg test nhanh"
    twin = _copy(claim, "XML3", row)
    _later(twin, 6 * HOUR)
    settle(claim)
    wrong = [free("XML3", "TEN_DICH_VU", r["STT"]) for r in (row, twin)]
    return [line_hit("XML3", twin, "MA_DICH_VU"), *(h.of("CAT-034").right(name) for h in wrong)]


@plant("BED-022")
def emergency_bed_of_another_ward(claim: Claim, _: random.Random) -> Hit | None:
    """A bed in the emergency department at the price of a ward."""
    row = first(claim.lines("XML3"), MA_NHOM="15", MA_KHOA="K02", SO_LUONG="1.000")
    if row is None or claim.plan.care != "03" or not amount(row, "T_BHTT"):
        return None
    bed = content().services["K03"]
    row |= {"MA_DICH_VU": bed.codes[0][1], "TEN_DICH_VU": bed.name}
    row["DON_GIA_BV"] = row["DON_GIA_BH"] = price_text(bed.price)
    settle(claim)
    return free("XML3", "MA_DICH_VU", row["STT"])


@plant("DRG-019")
def weeks_of_drugs_to_take_home(claim: Claim, _: random.Random) -> Hit | None:
    """Twelve days of a drug on the day of discharge."""
    left = claim.head["NGAY_RA"][:8]
    rows = [r for r in claim.lines("XML2") if r["NGAY_YL"][:8] == left and r["MA_THUOC"] == "40.48"]
    if not steady_stay(claim) or claim.disease.key != "viem_phoi" or not rows:
        return None
    drug = content().drugs["paracetamol"]
    rows[0]["LIEU_DUNG"] = dose_text(drug, _TAKEN_HOME)
    rows[0]["SO_LUONG"] = f"{drug.take * drug.times * _TAKEN_HOME}.000"
    settle(claim)
    over = half_up(amount(rows[0], "T_BHTT") * (_TAKEN_HOME - _USUAL), _TAKEN_HOME)
    return line_hit("XML2", rows[0], "LIEU_DUNG", over)


@plant("DRG-023")
def one_strength_of_two(claim: Claim, _: random.Random) -> Hit | None:
    """A code of two ingredients with one strength."""
    row = first(claim.lines("XML2"), PHAM_VI="1", NGUON_CTRA="1")
    if row is None or not amount(row, "T_BHTT") or "+" in row["HAM_LUONG"]:
        return None
    row["MA_THUOC"] = "40.154+40.1021"
    return line_hit("XML2", row, "HAM_LUONG")


@plant("DRG-025")
def drug_of_the_clinic(claim: Claim, _: random.Random) -> Hit | None:
    """A drug of a self-referred stay that the clinic ordered."""
    row = first(claim.lines("XML2"), PHAM_VI="1", NGUON_CTRA="1")
    if claim.head["MA_DOITUONG_KCB"] not in {"3.1", "3.2"} or claim.plan.care != "03":
        return None
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["MA_KHOA"] = "K01"
    return line_hit("XML2", row, "MA_KHOA")


def _packaged(claim: Claim) -> Row | None:
    rows = claim.lines("XML3")
    return next((r for r in rows if r.get("GOI_VTYT") and amount(r, "T_BHTT")), None)


@plant("LNK-019")
def supply_of_another_day(claim: Claim, _: random.Random) -> Hit | None:
    """A supply ordered three days after the operation it was used in."""
    row = _packaged(claim)
    if row is None or minutes_of(row["NGAY_YL"]) + 3 * DAY > minutes_of(claim.head["NGAY_RA"]):
        return None
    _later(row, 3 * DAY)
    return line_hit("XML3", row, "NGAY_YL")


@plant("CAT-028")
def supply_beside_its_package(claim: Claim, _: random.Random) -> Hit | None:
    """A supply of a package is charged alone too."""
    row = _packaged(claim)
    if row is None:
        return None
    alone = _copy(claim, "XML3", row)
    alone |= {"GOI_VTYT": "", "SO_LUONG": "1.000"}
    _later(alone, 7)
    settle(claim)
    return line_hit("XML3", alone, "GOI_VTYT")


@plant("SVC-017")
def operated_again(claim: Claim, rng: random.Random) -> Hit | None:
    """The same operation again on an evening two days later, when the team has nothing else."""
    row = first(claim.lines("XML3"), MA_NHOM="8")
    if row is None or claim.plan.care != "03" or not amount(row, "T_BHTT"):
        return None
    started = minutes_of(row["NGAY_TH_YL"])
    later = 2 * DAY + _EVENING - started % DAY + rng.randint(0, HOUR)
    if minutes_of(row["NGAY_KQ"]) + later > minutes_of(claim.head["NGAY_RA"]) - HOUR:
        return None
    again = _copy(claim, "XML3", row)
    _later(again, later)
    settle(claim)
    return line_hit("XML3", again, "MA_DICH_VU")


@plant("TIM-017")
def everything_at_once(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Twenty-one procedures in less than two hours; the list has none of them."""
    model = first(claim.lines("XML3"), MA_NHOM="13")
    nurses = claim.place.people("K03", "dieu_duong")
    if not steady_stay(claim) or model is None or claim.plan.category == "tu_den":
        return None
    if first(claim.lines("XML3"), MA_NHOM=("8", "18")):
        return None
    start = minutes_of(claim.head["NGAY_VAO_NOI_TRU"]) + 3 * HOUR
    for number in range(_MANY):
        row = _copy(claim, "XML3", model)
        row |= {"MA_DICH_VU": f"03.80{number:02d}.0001", "TEN_DICH_VU": f"Thủ thuật mẫu {number}"}
        row |= {"MA_NHOM": "18", "NGUOI_THUC_HIEN": nurses[0].licence}
        row["DON_GIA_BV"] = row["DON_GIA_BH"] = "10000.000"
        at = start + number * _APART
        row |= {"NGAY_YL": stamp(at - 2), "NGAY_TH_YL": stamp(at), "NGAY_KQ": stamp(at + 4)}
    settle(claim)
    added = claim.lines("XML3")[-_MANY:]
    unknown = [replace(line_hit("XML3", row, "MA_DICH_VU"), rule="CAT-031") for row in added]
    return [line_hit("XML3", added[-1], "NGAY_TH_YL"), *unknown]
