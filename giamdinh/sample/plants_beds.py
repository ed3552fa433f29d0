"""Errors in bed days and examinations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, settle
from giamdinh.sample.plants import WAS, Hit, first, free, head_hit, line_hit, plant, steady_stay

if TYPE_CHECKING:
    import random

    from giamdinh.sample.content import Service
    from giamdinh.sample.model import Claim, Row

_PAPERS = ("XML7", "XML8", "XML13", "XML14")


def _beds(claim: Claim) -> list[Row]:
    return [row for row in claim.lines("XML3") if row.get("MA_GIUONG")]


@plant("BED-001")
def bed_of_an_outpatient(claim: Claim, _: random.Random) -> Hit | None:
    """An outpatient visit with a bed day."""
    exam = first(claim.lines("XML3"), MA_NHOM="13")
    if claim.plan.care != "01" or claim.place.kind.key not in {"ttyt", "bvt"} or exam is None:
        return None
    if exam["MUC_HUONG"] == "100" and claim.head["MA_THE_BHYT"][2:3] not in "125":
        return None
    row = claim.add("XML3", _bed_row(claim, exam, content().services["K03"]))
    settle(claim)
    return line_hit("XML3", row, "MA_NHOM") if amount(row, "T_BHTT") else None


@plant("BED-002")
def bed_of_a_short_stay(claim: Claim, _: random.Random) -> Hit | None:
    """A stay of less than four hours with a bed day."""
    model = first(claim.lines("XML3"), MA_NHOM=("1", "18"))
    if claim.plan.care != "09" or model is None:
        return None
    bed = content().services["K02"]
    row = claim.add("XML3", _bed_row(claim, model, bed))
    settle(claim)
    return line_hit("XML3", row, "SO_LUONG").right("0")


def _bed_row(claim: Claim, model: Row, bed: Service) -> Row:
    """A bed line of the whole stay, ordered like `model`."""
    kept = ("PHAM_VI", "TYLE_TT_BH", "MA_KHOA", "MA_BAC_SI", "MA_BENH", "MA_PTTT")
    start = claim.head.get("NGAY_VAO_NOI_TRU") or claim.head["NGAY_VAO"]
    return {
        **{name: model[name] for name in kept},
        "MA_DICH_VU": bed.codes[0][1],
        "TEN_DICH_VU": bed.name,
        "MA_NHOM": bed.group,
        "DON_VI_TINH": "Ngày",
        "SO_LUONG": "1.000",
        "DON_GIA_BV": price_text(bed.price),
        "DON_GIA_BH": price_text(bed.price),
        "TYLE_TT_DV": "100",
        "MA_GIUONG": "T099",
        "NGAY_YL": start,
        "NGAY_TH_YL": start,
        "NGAY_KQ": claim.head["NGAY_RA"],
    }


@plant("BED-003")
def two_beds_of_a_day(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Two bed days for a day of treatment."""
    row = next(iter(_beds(claim)), None)
    if claim.plan.care != "04" or row is None:
        return None
    twin = claim.add("XML3", {k: v for k, v in row.items() if k != "STT"})
    later = stamp(minutes_of(row["NGAY_YL"]) + 2 * HOUR)
    twin |= {"NGAY_YL": later, "NGAY_TH_YL": later}
    settle(claim)
    return [line_hit("XML3", twin, "SO_LUONG").right("0")]


@plant("BED-004")
def bed_days_too_many(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Two more bed days than the stay has."""
    if not steady_stay(claim):
        return None
    last = _beds(claim)[-1]
    end = minutes_of(last["NGAY_KQ"])
    for start in (end - 2 * HOUR, end - HOUR):
        row = claim.add("XML3", {k: v for k, v in last.items() if k != "STT"})
        row |= {"NGAY_YL": stamp(start), "NGAY_TH_YL": stamp(start), "NGAY_KQ": stamp(end)}
    settle(claim)
    return [line_hit("XML3", claim.lines("XML3")[-1], "SO_LUONG").right("0")]


@plant("BED-007")
def more_than_the_span(claim: Claim, _: random.Random) -> Hit | None:
    """A bed line with more days than it covers."""
    rows = _beds(claim)
    if not steady_stay(claim) or len(rows) < 4:  # noqa: PLR2004
        return None
    kept, gone = rows[0], rows[1:3]
    kept["SO_LUONG"] = "3.000"
    claim.rows["XML3"] = [r for r in claim.lines("XML3") if r not in gone]
    settle(claim)
    part = half_up(amount(kept, "T_BHTT") * 1, 3)
    return line_hit("XML3", kept, "SO_LUONG", part).right("2")


@plant("BED-005")
def bed_days_too_few(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A bed day less than the stay has."""
    rows = _beds(claim)
    if not steady_stay(claim):
        return None
    claim.rows["XML3"] = [row for row in claim.lines("XML3") if row is not rows[-1]]
    settle(claim)
    return [
        free("XML1", "").right(str(len(rows))),
        Hit("XML1", "1", "SO_NGAY_DTRI", rule="BED-018"),
    ]


@plant("BED-015")
def both_wards_in_full(claim: Claim, _: random.Random) -> Hit | None:
    """The day of a transfer between wards is charged in full in both."""
    rows = _beds(claim)
    halves = [row for row in rows if row["SO_LUONG"] == "0.500"]
    if claim.plan.wards == 1 or len(halves) != 2 or halves[0] is rows[0]:  # noqa: PLR2004
        return None
    for row in halves:
        row["SO_LUONG"] = "1.000"
    claim.rows["XML3"] = [row for row in claim.lines("XML3") if row is not rows[0]]
    settle(claim)
    beyond = half_up(amount(halves[1], "T_BHTT"), 2)
    return line_hit("XML3", halves[1], "SO_LUONG", beyond).right(WAS)


@plant("BED-019")
def day_bed_overnight(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A day-treatment bed that is used overnight."""
    row = next(iter(_beds(claim)), None)
    if row is None or claim.plan.care != "04" or not amount(row, "T_BHTT"):
        return None
    row["NGAY_KQ"] = stamp(minutes_of(row["NGAY_KQ"]) + DAY)
    beyond = line_hit("XML3", row, "NGAY_YL")
    return [line_hit("XML3", row, "NGAY_KQ"), replace(beyond, rule="BED-021")]


@plant("BED-021")
def bed_after_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """A bed day after the discharge."""
    rows = _beds(claim)
    if not rows or claim.plan.care != "03" or not amount(rows[-1], "T_BHTT"):
        return None
    if "dies" in claim.plan.flags:
        return None
    left = minutes_of(claim.head["NGAY_RA"])
    late = left - left % DAY + DAY + 8 * HOUR
    rows[-1].update(
        {"NGAY_YL": stamp(late), "NGAY_TH_YL": stamp(late), "NGAY_KQ": stamp(late + 4 * HOUR)}
    )
    rows[-1]["MA_GIUONG"] = "T097"
    return line_hit("XML3", rows[-1], "NGAY_YL")


@plant("EXM-001")
def same_exam_twice(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The same examination twice in one visit."""
    exams = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "13"]
    if len(exams) != 3:  # noqa: PLR2004
        return None
    for name in ("MA_DICH_VU", "TEN_DICH_VU"):
        exams[1][name] = exams[0][name]
    return [line_hit("XML3", exams[1], "MA_DICH_VU")]


@plant("EXM-003")
def second_exam_in_full(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The second examination of a visit at its full price."""
    exams = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "13"]
    if len(exams) != 3:  # noqa: PLR2004
        return None
    right = int(exams[1]["TYLE_TT_DV"])
    exams[1]["TYLE_TT_DV"] = "100"
    settle(claim)
    over = half_up(amount(exams[1], "T_BHTT") * (100 - right), 100)
    return [line_hit("XML3", exams[1], "TYLE_TT_DV", over).right(WAS)]


@plant("EXM-016")
def cheap_exam_first(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The full price is charged for the second examination instead of the first."""
    exams = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "13"]
    if len(exams) != 3:  # noqa: PLR2004
        return None
    exams[0]["TYLE_TT_DV"], exams[1]["TYLE_TT_DV"] = exams[1]["TYLE_TT_DV"], "100"
    settle(claim)
    return [free("XML3", "TYLE_TT_DV", exams[1]["STT"]).right(WAS)]


@plant("EXM-002")
def second_exam_of_a_stay(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """Two examinations at full price in one stay."""
    exam = first(claim.lines("XML3"), MA_NHOM="13")
    if not steady_stay(claim) or exam is None:
        return None
    row = claim.add("XML3", {k: v for k, v in exam.items() if k != "STT"})
    later = minutes_of(claim.head["NGAY_VAO_NOI_TRU"]) + 5 * HOUR + rng.randint(0, 9)
    row |= {"NGAY_YL": stamp(later), "NGAY_TH_YL": stamp(later + 4), "NGAY_KQ": stamp(later + 12)}
    settle(claim)
    percent = law.exam_percent(2, later)
    beyond = half_up(amount(row, "T_BHTT") * (100 - percent), 100)
    return [line_hit("XML3", row, "TYLE_TT_DV", beyond).right(str(percent))]


@plant("EXM-012")
def check_up(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A health check is charged to the fund."""
    if claim.lines(*_PAPERS) or claim.plan.care != "01" or not amount(claim.head, "T_BHTT"):
        return None
    claim.head["MA_BENH_CHINH"] = "Z00.0"
    return [head_hit(claim, "MA_BENH_CHINH"), Hit("XML1", "1", "MA_BENH_CHINH", rule="ICD-020")]


@plant("EXM-013")
def traditional_without_code(claim: Claim, _: random.Random) -> list[Hit] | None:
    """An examination in traditional medicine without a traditional diagnosis."""
    row = first(claim.lines("XML3"), MA_NHOM="13")
    if row is None or not amount(row, "T_BHTT") or claim.plan.exams != 1:
        return None
    if claim.place.kind.key == "tyt":
        return None
    row.update({"MA_DICH_VU": "08.16", "TEN_DICH_VU": "Khám Y học cổ truyền"})
    hit = line_hit("XML3", row, "MA_DICH_VU")
    return [hit, replace(hit, rule="CAT-031")]
