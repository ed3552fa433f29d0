"""Errors in marks and texts of lines and papers, and in what belongs to which claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.catalogue_variants import new_doctor
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, HOUR, day8, stamp
from giamdinh.sample.money import amount, minutes_of, settle
from giamdinh.sample.plants import (
    WAS,
    Hit,
    first,
    free,
    head_hit,
    line_hit,
    on_row,
    one,
    one_paid,
    plant,
)

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_CONTROL = "\x85"
_FORCES = ("QN", "CA", "CY")
_NURSE, _SEWING = "dieu_duong", "khau_vet_thuong"


def _mark(code: str, table: str, field: str, value: str) -> None:
    @on_row(code, one_paid(table), (table, field), paid=False)
    def marked(_: Claim, row: Row) -> None:
        row[field] = value


_mark("STR-049", "XML2", "VET_THUONG_TP", "2")
_mark("STR-050", "XML3", "TAI_SU_DUNG", "1")


@on_row("STR-061", one("XML2", DON_VI_TINH="Viên"), ("XML2", "DON_VI_TINH"), paid=False)
def unit_with_strength(_: Claim, row: Row) -> None:
    """A unit with the strength behind it."""
    row["DON_VI_TINH"] = "Viên 500mg"


@on_row("STR-064", one("XML5"), ("XML5", "DIEN_BIEN_LS"), paid=False)
def control_character(_: Claim, row: Row) -> None:
    """A note with a character that nobody sees."""
    row["DIEN_BIEN_LS"] = row["DIEN_BIEN_LS"].replace(" ", f" {_CONTROL}", 1)


@on_row("STR-066", one("XML14"), ("XML14", "MA_CSKCB"), paid=False)
def nobodys_facility(_: Claim, row: Row) -> None:
    """An appointment paper of a facility that is in no list."""
    row["MA_CSKCB"] = "38979"


@on_row("LNK-001", one_paid("XML2"), ("XML2", "MA_LK"), right=WAS)
def of_another_claim(_: Claim, row: Row) -> None:
    """A drug line with the number of another claim."""
    row["MA_LK"] += "9"


@plant("LNK-003")
def services_not_sent(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The service lines of a visit that the fund pays in full are not sent."""
    gone = claim.lines("XML3")
    full = all(row["MUC_HUONG"] == "100" for row in claim.lines("XML2", "XML3"))
    if claim.plan.care != "01" or not claim.lines("XML2") or not full:
        return None
    force = claim.head["MA_THE_BHYT"].startswith(_FORCES)
    if claim.place.kind.capitation or claim.head["MA_PTTT_QT"] or force:
        return None
    lost = sum(amount(row, "T_BHTT") for row in gone)
    claim.rows["XML3"] = []
    claim.rows.pop("XML4", None)
    pairs = (("MNY-012", "T_TONGCHI_BV"), ("MNY-013", "T_TONGCHI_BH"), ("MNY-016", "T_BHTT"),
             ("MNY-019", "T_BHTT_GDV"))  # fmt: skip
    sent = {"T_TONGCHI_BV": "THANH_TIEN_BV", "T_TONGCHI_BH": "THANH_TIEN_BH"}
    sums = {
        field: sum(amount(row, sent.get(field, "T_BHTT")) for row in claim.lines("XML2"))
        for _, field in pairs
    }
    both = [head_hit(claim, field, lost).of(rule).right(sums[field]) for rule, field in pairs]
    return [head_hit(claim, "T_TONGCHI_BV"), *both]


@plant("LNK-032")
def operation_untold(claim: Claim, _: random.Random) -> list[Hit] | None:
    """No note tells of the operation."""
    operations = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "8"]
    if len(operations) != 1 or not amount(operations[0], "T_BHTT"):
        return None
    for row in claim.lines("XML5"):
        row["PHAU_THUAT"] = ""
    return [line_hit("XML3", operations[0], "MA_DICH_VU")]


@plant("DOC-010")
def one_for_the_whole_team(claim: Claim, _: random.Random) -> Hit | None:
    """The surgeon of an operation stands for the anaesthetist too."""
    row = first(claim.lines("XML3"), MA_NHOM="8", PP_VO_CAM="1")
    if row is None or not amount(row, "T_BHTT"):
        return None
    surgeon = row["NGUOI_THUC_HIEN"].partition(";")[0]
    row["NGUOI_THUC_HIEN"] = f"{surgeon};{surgeon}"
    return line_hit("XML3", row, "NGUOI_THUC_HIEN")


@plant("SVC-018")
def operated_again_at_night(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A second operation of the day by another team, hours later, at the full price."""
    operations = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "8"]
    if len(operations) != 2 or not all(amount(row, "T_BHTT") for row in operations):  # noqa: PLR2004
        return None
    row = operations[1]
    team = set(operations[0]["NGUOI_THUC_HIEN"].split(";"))
    ward = claim.place.people("K19", "bac_si")
    free_ones = [person.licence for person in ward if person.licence not in team]
    if len(free_ones) < 2:  # noqa: PLR2004
        return None
    for name in ("NGAY_YL", "NGAY_TH_YL", "NGAY_KQ"):
        row[name] = stamp(minutes_of(row[name]) + 3 * HOUR)
    row |= {"NGUOI_THUC_HIEN": ";".join(free_ones[:2]), "TYLE_TT_DV": "100"}
    settle(claim)
    return [free("XML3", "TYLE_TT_DV", row["STT"])]


@plant("DOCU-016")
def ended_before_it_began(claim: Claim, _: random.Random) -> Hit | None:
    """A tuberculosis table whose treatment ends before it begins."""
    if claim.plan.care != "01" or claim.version == "130":
        return None
    came = minutes_of(claim.head["NGAY_VAO"])
    row = {"NGAYBD_DTRI_LAO": day8(came), "NGAYKT_DTRI_LAO": day8(came - 9 * DAY)}
    coded = [f"PHANLOAI_LAO_{name}" for name in ("VITRI", "TS", "HIV", "VK", "KT")]
    row |= dict.fromkeys((*coded, "LOAI_DTRI_LAO", "PHACDO_DTRI_LAO", "KET_QUA_DTRI_LAO"), "1")
    claim.add("XML15", row | {"MA_BN": claim.head["MA_BN"]})
    return free("XML15", "NGAYKT_DTRI_LAO")


@plant("DOCU-017")
def referral_of_nobody(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A referral paper of a patient who was sent home."""
    if "transfer" not in claim.plan.flags or not claim.lines("XML13"):
        return None
    claim.head["MA_LOAI_RV"] = "1"
    others = (
        free("XML13", "MA_LOAI_RV").of("LNK-016").right(claim.head["MA_LOAI_RV"]),
        Hit("XML1", "1", "MA_NOI_DEN", rule="LNK-023"),
    )
    return [free("XML13", "MA_LK"), *others]


def _person(claim: Claim, ward: str, role: str) -> str:
    people = claim.place.staff.get((ward, role), ())
    return people[0].licence if people else ""


@plant("DOC-009")
def operated_by_a_nurse(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Only nurses did the operation."""
    row = first(claim.lines("XML3"), MA_NHOM="8")
    nurses = [p.licence for p in claim.place.staff.get(("K19", _NURSE), ())]
    if row is None or len(nurses) < 2 or not amount(row, "T_BHTT"):  # noqa: PLR2004
        return None
    row["NGUOI_THUC_HIEN"] = ";".join(nurses[:2])
    hit = line_hit("XML3", row, "NGUOI_THUC_HIEN")
    return [hit, replace(hit, rule="DOC-007")]


@plant("DOC-007")
def outside_the_scope(claim: Claim, _: random.Random) -> Hit | None:
    """A chemist's test done by somebody whose title is not among those of the scope."""
    row = next((r for r in claim.lines("XML3") if r["MA_DICH_VU"].startswith("23.")), None)
    nurse = _person(claim, "K01", _NURSE)
    if row is None or not nurse or not amount(row, "T_BHTT"):
        return None
    row["NGUOI_THUC_HIEN"] = nurse
    return line_hit("XML3", row, "NGUOI_THUC_HIEN")


@plant("DOC-019")
def read_by_a_technician(claim: Claim, _: random.Random) -> Hit | None:
    """An image described by a technician."""
    row = first(claim.lines("XML3"), MA_NHOM="2")
    other = _person(claim, "K47", "ktv")
    if row is None or not other or not amount(row, "T_BHTT"):
        return None
    results = [r for r in claim.lines("XML4") if r["MA_DICH_VU"] == row["MA_DICH_VU"]]
    for result in results:
        result["MA_BS_DOC_KQ"] = other
    return line_hit("XML3", row, "MA_DICH_VU") if results else None


@plant("TIM-018")
def sewn_during_the_operation(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Another doctor closes a wound of the patient in the middle of his operation."""
    operation, service = first(claim.lines("XML3"), MA_NHOM="8"), content().services[_SEWING]
    if operation is None or claim.plan.key != "noi_tru_phau_thuat":
        return None
    team = operation["NGUOI_THUC_HIEN"].split(";")
    ward = claim.place.people("K19", "bac_si")
    others = [person.licence for person in ward if person.licence not in team]
    start = minutes_of(operation["NGAY_TH_YL"]) + 15
    price = price_text(service.price)
    row = claim.add("XML3", {key: value for key, value in operation.items() if key != "STT"})
    row |= {
        "MA_DICH_VU": service.codes[-1][1],
        "TEN_DICH_VU": service.name,
        "MA_NHOM": service.group,
        "DON_GIA_BV": price,
        "DON_GIA_BH": price,
        "PP_VO_CAM": service.anaesthesia,
        "MA_PTTT_QT": service.qt,
        "NGUOI_THUC_HIEN": others[-1],
        "NGAY_TH_YL": stamp(start),
        "NGAY_KQ": stamp(start + service.minutes),
    }
    claim.head["MA_PTTT_QT"] += f";{service.qt}"
    settle(claim)
    return [line_hit("XML3", row, "NGAY_TH_YL")] if amount(row, "T_BHTT") else None


@on_row("DOC-006", one_paid("XML2"), ("XML2", "MA_BAC_SI"))
def licensed_later(claim: Claim, row: Row) -> None:
    """An ordering practitioner whose licence is younger than the order."""
    row["MA_BAC_SI"] = new_doctor(claim.place.retired).licence


@plant("DOC-015")
def operated_all_day(claim: Claim, _: random.Random) -> Hit | None:
    """An operation of more hours than anybody works in a day, by somebody who does no other."""
    row = first(claim.lines("XML3"), MA_NHOM="8")
    ward = claim.place.staff.get(("K19", "bac_si"), ())
    if row is None or not ward or not amount(row, "T_BHTT") or claim.plan.stay[0] < 3:  # noqa: PLR2004
        return None
    hours = law.number("GIO_LAM_VIEC_BAT_THUONG", minutes_of(row["NGAY_TH_YL"]))
    others = row["NGUOI_THUC_HIEN"].split(";")[1:]
    row["NGUOI_THUC_HIEN"] = ";".join([ward[0].licence, *others])
    row["NGAY_KQ"] = stamp(minutes_of(row["NGAY_TH_YL"]) + (hours + 1) * HOUR)
    return line_hit("XML3", row, "NGUOI_THUC_HIEN")
