"""Errors between tables: rows, results, notes and papers that do not go together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.model import stamp
from giamdinh.sample.money import amount, minutes_of, put
from giamdinh.sample.plants import WAS, Hit, first, free, head_hit, line_hit, on_row, one, plant

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_TESTS = ("1", "2", "3")


@plant("LNK-002")
def drugs_not_totalled(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The claim has drugs, but its drug total is 0."""
    total = amount(claim.head, "T_THUOC")
    if not total or not claim.lines("XML3"):
        return None
    put(claim.head, "T_THUOC", 0)
    wrong = head_hit(claim, "T_THUOC", total)
    return [
        free("XML1", "T_THUOC").right(WAS),
        wrong.of("MNY-010").right(WAS),
    ]


@plant("LNK-004")
def nothing_charged(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The claim has lines, but its total is 0."""
    total = amount(claim.head, "T_TONGCHI_BV")
    put(claim.head, "T_TONGCHI_BV", 0)
    whole = head_hit(claim, "T_TONGCHI_BV").right(WAS)
    return [
        whole,
        head_hit(claim, "T_TONGCHI_BV", total).of("MNY-012").right(WAS),
        whole.of("MNY-020"),
        Hit("XML1", "1", "T_TONGCHI_BH", amount(claim.head, "T_BHTT"), "MNY-021"),
    ]


@on_row("LNK-005", one("XML3", MA_NHOM=_TESTS), ("XML3", "MA_DICH_VU"))
def no_result(claim: Claim, row: Row) -> None:
    """A paid test has no result."""
    code = row["MA_DICH_VU"]
    claim.rows["XML4"] = [r for r in claim.lines("XML4") if r["MA_DICH_VU"] != code]


@plant("LNK-006")
def result_of_nothing(claim: Claim, _: random.Random) -> Hit | None:
    """A result of a service that the claim does not have."""
    used = {row["MA_DICH_VU"] for row in claim.lines("XML3")}
    absent = next(
        s for s in content().services.values() if s.group == "1" and s.codes[0][1] not in used
    )
    row = next(iter(claim.lines("XML4")), None)
    if row is None:
        return None
    item = absent.items[0]
    kept = {name: row[name] for name in ("NGAY_KQ", "MA_BS_DOC_KQ")}
    named = {"MA_CHI_SO": item.code, "TEN_CHI_SO": item.name, "DON_VI_DO": item.unit}
    extra = claim.add(
        "XML4", {**kept, **named, "GIA_TRI": item.low, "MA_DICH_VU": absent.codes[0][1]}
    )
    return free("XML4", "MA_DICH_VU", extra["STT"])


@plant("LNK-007")
def empty_result(claim: Claim, _: random.Random) -> Hit | None:
    """A result row with nothing in it."""
    rows = claim.lines("XML4")
    alone = [r for r in rows if sum(o["MA_DICH_VU"] == r["MA_DICH_VU"] for o in rows) == 1]
    row = next((r for r in alone if r.get("GIA_TRI")), None)
    if row is None:
        return None
    row["GIA_TRI"] = ""
    return free("XML4", "GIA_TRI", row["STT"])


@plant("LNK-008")
def no_conclusion(claim: Claim, _: random.Random) -> Hit | None:
    """An imaging result without its conclusion."""
    imaged = {r["MA_DICH_VU"] for r in claim.lines("XML3") if r["MA_NHOM"] == "2"}
    row = next((r for r in claim.lines("XML4") if r["MA_DICH_VU"] in imaged), None)
    if row is None:
        return None
    row["KET_LUAN"] = ""
    return free("XML4", "KET_LUAN", row["STT"])


@plant("LNK-009")
def other_result_time(claim: Claim, rng: random.Random) -> Hit | None:
    """A result whose time differs from its service line."""
    row = next(iter(claim.lines("XML4")), None)
    if row is None:
        return None
    row["NGAY_KQ"] = stamp(minutes_of(row["NGAY_KQ"]) + rng.randint(2, 6))
    return free("XML4", "NGAY_KQ", row["STT"])


@plant("LNK-010")
def no_notes(claim: Claim, _: random.Random) -> Hit | None:
    """A stay without any progress note."""
    surgery = first(claim.lines("XML3"), MA_NHOM="8")
    if not claim.lines("XML5") or claim.plan.care == "02" or surgery:
        return None
    claim.rows["XML5"] = []
    return free("XML1", "MA_LOAI_KCB")


@plant("LNK-011")
def copied_note(claim: Claim, _: random.Random) -> Hit | None:
    """A progress note copied to the next day."""
    rows = claim.lines("XML5")
    if not rows[1:]:
        return None
    rows[-1]["DIEN_BIEN_LS"] = rows[0]["DIEN_BIEN_LS"]
    return free("XML5", "DIEN_BIEN_LS", rows[-1]["STT"])


@plant("LNK-012")
def nobody_wrote(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A progress note without its author."""
    row = next(iter(claim.lines("XML5")), None)
    if row is None:
        return None
    row["NGUOI_THUC_HIEN"] = ""
    hit = free("XML5", "NGUOI_THUC_HIEN", row["STT"])
    return [hit, replace(hit, rule="STR-006")]


@on_row("LNK-016", one("XML14"), ("XML14", "HO_TEN"), paid=False)
def other_name_on_paper(_: Claim, row: Row) -> None:
    """The appointment paper names somebody else."""
    row["HO_TEN"] = "HỌ TÊN MẪU KHÁC"


@plant("LNK-013")
def no_discharge_paper(claim: Claim, _: random.Random) -> Hit | None:
    """A discharge without its paper."""
    if claim.plan.care != "03" or claim.plan.flags & {"transfer", "dies"}:
        return None
    claim.rows["XML7"] = []
    return free("XML1", "MA_LOAI_RV")


@plant("LNK-014")
def summary_of_a_visit(claim: Claim, _: random.Random) -> Hit | None:
    """A record summary of an outpatient visit."""
    head = claim.head
    if law.is_inpatient(claim.plan.care, minutes_of(head["NGAY_RA"])):
        return None
    same = ("MA_LOAI_KCB", "NGAY_VAO", "NGAY_RA", "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "KET_QUA_DTRI")
    row: Row = {name: head[name] for name in same}
    row |= {
        "QT_BENHLY": f"Đến khám vì {claim.disease.reason.lower()}",
        "TOMTAT_KQ": "Khám lâm sàng không ghi nhận bất thường khác",
        "PP_DIEUTRI": head["PP_DIEU_TRI"],
        "MA_TTDV": claim.place.head.number,
        "NGAY_CT": head["NGAY_RA"][:8],
    }
    claim.add("XML8", row, numbered=False)
    return free("XML8", "MA_LOAI_KCB")


@plant("LNK-015")
def other_arrival(claim: Claim, _: random.Random) -> Hit | None:
    """The discharge paper has another time of arrival."""
    rows = claim.lines("XML7")
    if not rows:
        return None
    rows[0]["NGAY_VAO"] = stamp(minutes_of(rows[0]["NGAY_VAO"]) + 90)
    return free("XML7", "NGAY_VAO").right(WAS)


@plant("LNK-017")
def drug_of_nothing(claim: Claim, _: random.Random) -> Hit | None:
    """A drug of a service that the claim does not have."""
    row = next((r for r in claim.lines("XML2") if amount(r, "T_BHTT")), None)
    if row is None or not claim.lines("XML3"):
        return None
    row["MA_DICH_VU"] = "10.0808.0577"
    return line_hit("XML2", row, "MA_DICH_VU")


@plant("LNK-018")
def supply_of_nothing(claim: Claim, _: random.Random) -> Hit | None:
    """A supply of a service that the claim does not have."""
    supplies = [r for r in claim.lines("XML3") if r.get("MA_VAT_TU")]
    used = {r["MA_DICH_VU"] for r in claim.lines("XML3") if not r.get("MA_VAT_TU")}
    other = content().services["khau_vet_thuong"].codes[0][1]
    if not supplies or other in used or not amount(supplies[-1], "T_BHTT"):
        return None
    supplies[-1]["MA_DICH_VU"] = other
    return line_hit("XML3", supplies[-1], "MA_DICH_VU")


@plant("LNK-020")
def package_gap(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Supplies of package 2 of a service that has no package 1."""
    supplies = [r for r in claim.lines("XML3") if r.get("GOI_VTYT") and amount(r, "T_BHTT")]
    if not supplies:
        return None
    for row in supplies:
        row["GOI_VTYT"] = "G2"
    return [line_hit("XML3", row, "GOI_VTYT") for row in supplies]


def _no_paper(code: str, table: str, field: str) -> None:
    """A plant that leaves out the paper that a field of XML1 calls for."""

    @plant(code)
    def no_paper(claim: Claim, _: random.Random) -> Hit | None:
        if not claim.lines(table):
            return None
        claim.rows[table] = []
        return free("XML1", field)


_no_paper("LNK-021", "XML14", "NGAY_TAI_KHAM")
_no_paper("LNK-022", "XML9", "CAN_NANG_CON")
_no_paper("LNK-023", "XML13", "MA_NOI_DEN")


@plant("LNK-024")
def no_referral_number(claim: Claim, _: random.Random) -> Hit | None:
    """A referred patient without the number of the referral."""
    if not claim.head.get("MA_NOI_DI"):
        return None
    claim.head["GIAY_CHUYEN_TUYEN"] = ""
    return free("XML1", "GIAY_CHUYEN_TUYEN")


@plant("LNK-025")
def return_of_the_dead(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A patient who died is to come again."""
    if "dies" not in claim.plan.flags:
        return None
    claim.head["MA_LOAI_RV"] = "2"
    return [free("XML1", "KET_QUA_DTRI"), Hit("XML1", "1", "MA_NOI_DEN", rule="LNK-023")]
