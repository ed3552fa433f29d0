"""Errors in care: diagnoses, drugs, operations, tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.catalogue_variants import OTHER_BRAND, TWO_BRANDS
from giamdinh.sample.content import content
from giamdinh.sample.lines import dose_text
from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, scaled, settle
from giamdinh.sample.plants import (
    WAS,
    Hit,
    first,
    free,
    head_hit,
    line_hit,
    on_row,
    one,
    plant,
    steady_stay,
)
from giamdinh.tables.specs import version_rank

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_LONG_DAYS = 45
_ADULT_YEARS = range(20, 50)
_PAPERS = ("XML7", "XML8", "XML13", "XML14")


@plant("ICD-001")
def no_diagnosis(claim: Claim, _: random.Random) -> list[Hit] | None:
    """No principal diagnosis."""
    if claim.lines("XML13", "XML14"):
        return None
    claim.head["MA_BENH_CHINH"] = ""
    return [head_hit(claim, "MA_BENH_CHINH"), Hit("XML1", "1", "MA_BENH_CHINH", rule="STR-006")]


@plant("ICD-006")
def traditional_as_main(claim: Claim, _: random.Random) -> Hit | None:
    """A traditional code as the principal diagnosis."""
    if claim.lines("XML13", "XML14"):
        return None
    claim.head["MA_BENH_CHINH"] = "U62.391"
    return free("XML1", "MA_BENH_CHINH")


@plant("ICD-018")
def pregnant_man(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A code of pregnancy for a man."""
    if claim.lines("XML13", "XML14") or claim.head["GIOI_TINH"] != "1":
        return None
    years = int(claim.head["NGAY_RA"][:4]) - int(claim.head["NGAY_SINH"][:4])
    if years not in _ADULT_YEARS or claim.head["MA_BENH_KT"]:
        return None
    claim.head["MA_BENH_CHINH"] = "O26.9"
    hit = head_hit(claim, "MA_BENH_CHINH")
    return [hit, replace(hit, rule="ICD-011")]


def _diagnosis(
    code: str, written: str, field: str = "MA_BENH_CHINH", *, new: bool, paid: bool = True
) -> None:
    """A plant that writes a wrong diagnosis, under the list of July 2026 or the one before."""

    @plant(code)
    def wrong_diagnosis(claim: Claim, _: random.Random) -> Hit | None:
        if claim.lines("XML13", "XML14") or _new_codes(claim) != new:
            return None
        claim.head[field] = written
        return head_hit(claim, field) if paid else free("XML1", field)


_diagnosis("ICD-002", "J97.0", new=False)
_diagnosis("ICD-007", "B95.0", new=True)
_diagnosis("ICD-009", "M54.5", new=True, paid=False)
_diagnosis("ICD-003", "J97.0", "MA_BENH_KT", new=False, paid=False)


@plant("ICD-016")
def cause_as_main_code(claim: Claim, _: random.Random) -> list[Hit] | None:
    """An external cause as the principal diagnosis."""
    if claim.lines("XML13", "XML14") or not _new_codes(claim):
        return None
    claim.head["MA_BENH_CHINH"] = "W01"
    hit = head_hit(claim, "MA_BENH_CHINH")
    return [hit, replace(hit, rule="ICD-007")]


@plant("ICD-012")
def male_code_of_a_woman(claim: Claim, _: random.Random) -> Hit | None:
    """A code of men for a woman."""
    if claim.lines("XML13", "XML14") or claim.head["GIOI_TINH"] != "2":
        return None
    if claim.plan.care not in {"01", "03"} or claim.head["MA_BENH_KT"]:
        return None
    claim.head["MA_BENH_CHINH"] = "N40"
    return head_hit(claim, "MA_BENH_CHINH")


def _new_codes(claim: Claim) -> bool:
    return version_rank(claim.version) >= version_rank("1931")


@plant("DRG-002")
def more_than_the_dose(claim: Claim, _: random.Random) -> Hit | None:
    """More tablets than dose and days give."""
    row = next((r for r in claim.lines("XML2") if r["DON_VI_TINH"] == "Viên"), None)
    if row is None or claim.plan.care != "03" or row["TYLE_TT_BH"] != "100":
        return None
    if row["PHAM_VI"] != "1" or row["NGUON_CTRA"] != "1" or row["MUC_HUONG"] == "100":
        return None
    right = scaled(row, "SO_LUONG", 3)
    row["SO_LUONG"] = f"{right // 1000 + 6}.000"
    settle(claim)
    over = half_up(amount(row, "T_BHTT") * 6000, right + 6000)
    return line_hit("XML2", row, "SO_LUONG", over).right(WAS)


@on_row("DRG-003", one("XML2", DON_VI_TINH="Viên"), ("XML2", "LIEU_DUNG"), paid=False)
def other_unit(_: Claim, row: Row) -> None:
    """The dose is in another unit than the line."""
    row["LIEU_DUNG"] = row["LIEU_DUNG"].replace("viên", "gói")


@plant("DRG-001")
def paid_without_quantity(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A paid drug without a quantity."""
    row = first(claim.lines("XML2"), PHAM_VI="1", NGUON_CTRA="1")
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["SO_LUONG"] = ""
    return [line_hit("XML2", row, "SO_LUONG"), Hit("XML2", row["STT"], "SO_LUONG", rule="STR-006")]


@plant("DRG-004")
def too_many_days(claim: Claim, _: random.Random) -> Hit | None:
    """Six weeks of a drug for a disease that allows thirty days."""
    row = first(claim.lines("XML2"), MA_THUOC="40.48")
    if claim.disease.key != "viem_hong" or row is None:
        return None
    drug = content().drugs["paracetamol"]
    row["LIEU_DUNG"] = dose_text(drug, _LONG_DAYS)
    row["SO_LUONG"] = f"{drug.take * drug.times * _LONG_DAYS}.000"
    settle(claim)
    allowed = law.number("SO_NGAY_DON_NGOAI_TRU", minutes_of(claim.head["NGAY_RA"]))
    over = half_up(amount(row, "T_BHTT") * (_LONG_DAYS - allowed), _LONG_DAYS)
    return line_hit("XML2", row, "LIEU_DUNG", over)


@plant("SVC-001")
def second_operation_in_full(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The second operation of a session at its full price."""
    rows = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "8"]
    if len(rows) != 2:  # noqa: PLR2004
        return None
    right = int(rows[1]["TYLE_TT_DV"])
    rows[1]["TYLE_TT_DV"] = "100"
    settle(claim)
    over = half_up(amount(rows[1], "T_BHTT") * (100 - right), 100)
    return [line_hit("XML3", rows[1], "TYLE_TT_DV", over).right(WAS)]


@plant("CLN-008")
def same_test_twice(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The same test twice at the same minute, read by others."""
    row = first(claim.lines("XML3"), MA_NHOM="1")
    if row is None or not steady_stay(claim):
        return None
    twin = claim.add("XML3", {k: v for k, v in row.items() if k != "STT"})
    others = claim.place.people("K47", "ktv")
    twin["NGUOI_THUC_HIEN"] = next(p.licence for p in others if p.licence != row["NGUOI_THUC_HIEN"])
    settle(claim)
    return [line_hit("XML3", twin, "MA_DICH_VU")]


@plant("CLN-016")
def scanned_twice(claim: Claim, _: random.Random) -> Hit | None:
    """The same scan twice in one day."""
    row = first(claim.lines("XML3"), MA_MAY=f"CL.1.{claim.place.code}.M01")
    if row is None or claim.plan.care != "03" or not amount(row, "T_BHTT"):
        return None
    twin = claim.add("XML3", {k: v for k, v in row.items() if k != "STT"})
    evening = minutes_of(row["NGAY_YL"]) // DAY * DAY + 20 * HOUR
    twin |= {"NGAY_YL": stamp(evening), "NGAY_TH_YL": stamp(evening + 10)}
    twin["NGAY_KQ"] = stamp(evening + 55)
    result = first(claim.lines("XML4"), MA_DICH_VU=row["MA_DICH_VU"])
    if result:
        claim.add("XML4", {**{k: v for k, v in result.items() if k != "STT"}})
        claim.rows["XML4"][-1]["NGAY_KQ"] = twin["NGAY_KQ"]
    settle(claim)
    return line_hit("XML3", twin, "MA_DICH_VU")


@plant("CLN-021")
def same_ingredient_twice(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The same ingredient under two brands on one day."""
    row = first(claim.lines("XML2"), MA_THUOC=TWO_BRANDS, PHAM_VI="1")
    if row is None or claim.plan.care != "03" or row["MUC_HUONG"] == "100":
        return None
    twin = claim.add("XML2", {k: v for k, v in row.items() if k != "STT"})
    twin |= OTHER_BRAND
    settle(claim)
    return [line_hit("XML2", twin, "MA_THUOC")]


@plant("SVC-002")
def three_operations(claim: Claim, _: random.Random) -> Hit | None:
    """One operation charged three times in one line."""
    rows = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "8"]
    if len(rows) != 1:
        return None
    rows[0]["SO_LUONG"] = "3.000"
    settle(claim)
    return line_hit("XML3", rows[0], "SO_LUONG", half_up(amount(rows[0], "T_BHTT"), 3))


@plant("SVC-007")
def transport_of_nobody(claim: Claim, _: random.Random) -> Hit | None:
    """Transport charged for a patient who was not transferred."""
    if claim.plan.category != "dung_tuyen" or claim.plan.flags or not _new_codes(claim):
        return None
    row = _transport(claim, "R954V1")
    return line_hit("XML3", row, "MA_DICH_VU") if row else None


@plant("STR-074")
def transport_without_fuel(claim: Claim, _: random.Random) -> Hit | None:
    """Transport charged without the kind of fuel."""
    if "transfer" not in claim.plan.flags:
        return None
    row = _transport(claim, "")
    return line_hit("XML3", row, "MA_XANG_DAU") if row else None


def _transport(claim: Claim, fuel: str) -> Row | None:
    """Add a transport line to a stay."""
    model = first(claim.lines("XML3"), MA_NHOM="13")
    if claim.plan.care != "03" or model is None:
        return None
    kept = ("PHAM_VI", "TYLE_TT_BH", "MA_KHOA", "MA_BAC_SI", "MA_BENH", "MA_PTTT")
    row = claim.add(
        "XML3",
        {
            **{name: model[name] for name in kept},
            "MA_DICH_VU": f"VC.{content().places['refers_to']}",
            "TEN_DICH_VU": "Vận chuyển người bệnh",
            "MA_NHOM": "12",
            "MA_XANG_DAU": fuel,
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
