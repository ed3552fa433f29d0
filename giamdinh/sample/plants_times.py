"""Errors in times: order of events, days of treatment, late sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample.model import DAY, HOUR, stamp
from giamdinh.sample.money import amount, minutes_of
from giamdinh.sample.plants import WAS, Hit, filled, first, free, head_hit, line_hit, on_row, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_TESTS = ("1", "2", "3")
_REPEATED = ("XML7", "XML8", "XML11", "XML13", "XML14")


def _shift(row: Row, field: str, by: int) -> None:
    row[field] = stamp(minutes_of(row[field]) + by)


@plant("TIM-001")
def left_before_arriving(claim: Claim, _: random.Random) -> Hit | None:
    """The discharge is before the arrival."""
    if claim.lines(*_REPEATED) or claim.plan.care != "01" or claim.head.get("NGAY_TAI_KHAM"):
        return None
    claim.head["NGAY_RA"] = stamp(minutes_of(claim.head["NGAY_VAO"]) - 20)
    return head_hit(claim, "NGAY_RA")


@plant("TIM-002")
def admitted_before_arriving(claim: Claim, _: random.Random) -> Hit | None:
    """The admission is before the arrival."""
    if claim.plan.care != "03" or claim.lines("XML13"):
        return None
    claim.head["NGAY_VAO_NOI_TRU"] = stamp(minutes_of(claim.head["NGAY_VAO"]) - 30)
    beds = sum(amount(r, "T_BHTT") for r in claim.lines("XML3") if r.get("MA_GIUONG"))
    return head_hit(claim, "NGAY_VAO_NOI_TRU", beds)


@plant("TIM-003")
def paid_before_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """An inpatient paid before he left."""
    if claim.plan.care != "03":
        return None
    claim.head["NGAY_TTOAN"] = stamp(minutes_of(claim.head["NGAY_RA"]) - DAY)
    return free("XML1", "NGAY_TTOAN")


@plant("TIM-005")
def ordered_after_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """A drug ordered two hours after the patient left."""
    row = claim.lines("XML2")[-1] if claim.lines("XML2") else None
    late = minutes_of(claim.head["NGAY_RA"]) + 2 * HOUR
    if row is None or not amount(row, "T_BHTT") or late % DAY < 4 * HOUR:
        return None
    if claim.plan.care in {"05", "07"} or "dies" in claim.plan.flags:
        return None
    row |= {"NGAY_YL": stamp(late), "NGAY_TH_YL": stamp(late + 5)}
    return line_hit("XML2", row, "NGAY_YL")


@plant("TIM-006")
def done_before_ordered(claim: Claim, rng: random.Random) -> Hit | None:
    """A drug given before it was ordered."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None or claim.version == "130":
        return None
    row["NGAY_TH_YL"] = stamp(minutes_of(row["NGAY_YL"]) - rng.randint(3, 9))
    return line_hit("XML2", row, "NGAY_TH_YL")


def _move_result(claim: Claim, row: Row, at: int) -> list[str]:
    """Set the result time of a test in XML3 and XML4; returns the XML4 rows that moved."""
    row["NGAY_KQ"] = stamp(at)
    moved = [r for r in claim.lines("XML4") if r["MA_DICH_VU"] == row["MA_DICH_VU"]]
    for result in moved:
        result["NGAY_KQ"] = row["NGAY_KQ"]
    return [result["STT"] for result in moved]


@plant("TIM-007")
def result_before_test(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A result before the test was done, but after it was ordered."""
    row = first(claim.lines("XML3"), MA_NHOM=_TESTS)
    if row is None or not amount(row, "T_BHTT"):
        return None
    moved = _move_result(claim, row, minutes_of(row["NGAY_TH_YL"]) - 4)
    return [
        line_hit("XML3", row, "NGAY_KQ"),
        *(free("XML4", "NGAY_KQ", stt) for stt in moved),
    ]


@plant("TIM-008")
def result_before_order(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A result before the test was ordered; the time of execution is not known."""
    row = first(claim.lines("XML3"), MA_NHOM="13")
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["NGAY_TH_YL"] = row["NGAY_YL"]
    row["NGAY_KQ"] = stamp(minutes_of(row["NGAY_YL"]) - 2)
    return [
        line_hit("XML3", row, "NGAY_KQ"),
        Hit("XML3", row["STT"], "NGAY_KQ", amount(row, "T_BHTT"), "TIM-007"),
    ]


@plant("TIM-010")
def done_after_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """A procedure done two hours after the patient left."""
    row = first(claim.lines("XML3"), MA_NHOM="13")
    if row is None or not amount(row, "T_BHTT") or claim.plan.care != "01":
        return None
    late = minutes_of(claim.head["NGAY_RA"]) + 2 * HOUR
    row |= {"NGAY_TH_YL": stamp(late), "NGAY_KQ": stamp(late + 8)}
    return line_hit("XML3", row, "NGAY_TH_YL")


@plant("TIM-012")
def bed_not_started(claim: Claim, _: random.Random) -> Hit | None:
    """A bed line without its time of execution."""
    row = next((r for r in claim.lines("XML3") if r.get("MA_GIUONG")), None)
    if row is None or not amount(row, "T_BHTT"):
        return None
    row["NGAY_TH_YL"] = ""
    return free("XML3", "NGAY_TH_YL", row["STT"])


@plant("TIM-013")
def too_many_days(claim: Claim, _: random.Random) -> Hit | None:
    """More days of treatment than the rule counts."""
    if claim.plan.care != "01":
        return None
    claim.head["SO_NGAY_DTRI"] = str(int(claim.head["SO_NGAY_DTRI"]) + 2)
    return free("XML1", "SO_NGAY_DTRI").right(WAS)


@plant("TIM-021")
def ordered_for_the_dead(claim: Claim, _: random.Random) -> Hit | None:
    """A drug ordered after the patient died."""
    row = claim.lines("XML2")[-1] if claim.lines("XML2") else None
    if row is None or "dies" not in claim.plan.flags:
        return None
    died = minutes_of(claim.head["NGAY_RA"])
    row |= {"NGAY_YL": stamp(died + 20), "NGAY_TH_YL": stamp(died + 25)}
    return line_hit("XML2", row, "NGAY_YL")


@plant("TIM-022")
def before_birth(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A note written before the child was born."""
    row = next(iter(claim.lines("XML5")), None)
    if row is None or "newborn" not in claim.plan.flags:
        return None
    born = minutes_of(claim.head["NGAY_SINH"])
    row["THOI_DIEM_DBLS"] = stamp(born - 30)
    early = minutes_of(claim.head["NGAY_VAO"]) - born + 30
    hits = [free("XML5", "THOI_DIEM_DBLS", row["STT"])]
    if early > HOUR:
        hits.append(Hit("XML5", row["STT"], "THOI_DIEM_DBLS", rule="TIM-023"))
    return hits


@plant("TIM-023")
def note_after_leaving(claim: Claim, _: random.Random) -> Hit | None:
    """A note written after the patient left."""
    row = claim.lines("XML5")[-1] if claim.lines("XML5") else None
    if row is None:
        return None
    row["THOI_DIEM_DBLS"] = stamp(minutes_of(claim.head["NGAY_RA"]) + 2 * HOUR)
    return free("XML5", "THOI_DIEM_DBLS", row["STT"])


@on_row("TIM-025", filled("XML3", "MA_GIUONG"), ("XML3", "NGAY_KQ"))
def bed_backwards(_: Claim, row: Row) -> None:
    """A bed line that ends before it begins."""
    row["NGAY_KQ"] = stamp(minutes_of(row["NGAY_YL"]) - 30)


@plant("TIM-027")
def short_stay_as_inpatient(claim: Claim, _: random.Random) -> Hit | None:
    """A stay of less than four hours is sent as an inpatient stay."""
    if claim.plan.care != "09":
        return None
    claim.head.update({"MA_LOAI_KCB": "03", "SO_NGAY_DTRI": "1"})
    return free("XML1", "MA_LOAI_KCB")


@plant("TIM-015")
def visit_overnight(claim: Claim, _: random.Random) -> Hit | None:
    """An outpatient visit that lasts until the next day."""
    head = claim.head
    if claim.plan.care != "01" or claim.lines(*_REPEATED, "XML10") or head.get("NGAY_TAI_KHAM"):
        return None
    _shift(head, "NGAY_RA", DAY)
    _shift(head, "NGAY_TTOAN", DAY)
    if head["SO_NGAY_DTRI"] != "0":
        head["SO_NGAY_DTRI"] = "2"
    month = minutes_of(head["NGAY_RA"])
    same = f"{int(stamp(month)[4:6])}" == head["THANG_QT"]
    return free("XML1", "NGAY_RA") if same and minutes_of(head["NGAY_RA"]) else None


@plant("TIM-026")
def operation_without_end(claim: Claim, _: random.Random) -> Hit | None:
    """An operation that lasts for more than a day."""
    row = first(claim.lines("XML3"), MA_NHOM="8")
    if row is None or not amount(row, "T_BHTT") or claim.plan.stay[0] < 3:  # noqa: PLR2004
        return None
    _shift(row, "NGAY_KQ", DAY)
    return line_hit("XML3", row, "NGAY_KQ")


@plant("TIM-030")
def other_days_than_drugs(claim: Claim, _: random.Random) -> Hit | None:
    """The days of treatment are not the days of the drugs."""
    if claim.plan.care != "05":
        return None
    claim.head["SO_NGAY_DTRI"] = str(int(claim.head["SO_NGAY_DTRI"]) + 6)
    return free("XML1", "SO_NGAY_DTRI").right(WAS)
