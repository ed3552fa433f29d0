"""Errors of form: empty or impossible values, codes outside their lists, wrong notation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, stamp
from giamdinh.sample.money import LINES, amount, minutes_of, settle, share_line, total_up
from giamdinh.sample.plants import (
    WAS,
    Hit,
    bare_procedure,
    filled,
    first,
    free,
    head_hit,
    line_hit,
    on_row,
    one,
    plant,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from giamdinh.sample.model import Claim, Row

_TESTS = ("1", "2", "3")
_PAPERS = ("XML7", "XML8", "XML13", "XML14")
_ADULT = 20
_NO_RATE = 750


def _head_value(code: str, field: str, value: str, *, paid: bool = False) -> None:
    """A plant that writes a wrong value into XML1 of a claim without papers that repeat it."""

    @plant(code)
    def wrong_value(claim: Claim, _: random.Random) -> Hit | None:
        if claim.lines(*_PAPERS) or "transfer" in claim.plan.flags:
            return None
        if field == "MA_LOAI_KCB" and claim.plan.care == "07":
            return None
        claim.head[field] = value
        for row in claim.register:
            if field in row:
                row[field] = value
        return head_hit(claim, field) if paid else free("XML1", field)


def _line_value(
    code: str, where: tuple[str, str], value: str, fits: Callable[[Row], bool] | None = None
) -> None:
    """A plant that writes a wrong value into one paid line; `where` is table and field."""
    table, field = where

    def find(claim: Claim) -> Row | None:
        paid = (row for row in claim.lines(table) if amount(row, "T_BHTT"))
        return next((row for row in paid if fits is None or fits(row)), None)

    @on_row(code, find, where)
    def wrong_value(_: Claim, row: Row) -> None:
        row[field] = value


_head_value("STR-006", "DIA_CHI", "")
_head_value("STR-008", "DIEN_THOAI", "0900000000-0911111111")
_head_value("STR-011", "NAM_NAM_LIEN_TUC", "20191399")
_head_value("STR-012", "NGAY_TTOAN", "202609312561")
_head_value("STR-024", "GIOI_TINH", "9")
_head_value("STR-020", "HO_TEN", "NGUYỄN VĂN MẪU 123")
_head_value("STR-021", "SO_CCCD", "03812")
_head_value("STR-028", "MATINH_CU_TRU", "03")
_head_value("STR-031", "MA_LOAI_KCB", "88", paid=True)
_head_value("STR-033", "KET_QUA_DTRI", "9")
_head_value("STR-034", "MA_LOAI_RV", "7")
_head_value("STR-035", "MA_TAI_NAN", "9")
_head_value("STR-036", "MA_KHUVUC", "K9")
_head_value("STR-038", "CAN_NANG", "560")
_head_value("STR-058", "MA_TTDV", "0000000000")
_head_value("STR-068", "CHAN_DOAN_RV", ".")
_line_value("STR-009", ("XML2", "SO_LUONG"), "10,5")
_line_value("STR-043", ("XML2", "PHAM_VI"), "5")
_line_value("STR-040", ("XML2", "MA_NHOM"), "6")
_line_value("STR-044", ("XML2", "TYLE_TT_BH"), "101")
_line_value("STR-048", ("XML2", "NGUON_CTRA"), "8")
_line_value("STR-052", ("XML3", "GOI_VTYT"), "GX", lambda row: bool(row.get("GOI_VTYT")))
_line_value("STR-053", ("XML3", "MA_GIUONG"), "G12", lambda row: bool(row.get("MA_GIUONG")))
_line_value("STR-051", ("XML3", "PP_VO_CAM"), "7", lambda row: row["MA_NHOM"] == "8")
_line_value("STR-042", ("XML3", "TEN_DICH_VU"), "", lambda row: not row.get("MA_VAT_TU"))


@plant("STR-032")
def unknown_category(claim: Claim, _: random.Random) -> Hit | None:
    """A visit category outside the list."""
    if claim.lines("XML14") or claim.plan.category != "dung_tuyen":
        return None
    claim.head["MA_DOITUONG_KCB"] = "4.7"
    return head_hit(claim, "MA_DOITUONG_KCB")


@plant("STR-010")
def long_fraction(claim: Claim, _: random.Random) -> Hit | None:
    """An amount with more decimals than it may have."""
    if not amount(claim.head, "T_THUOC"):
        return None
    claim.head["T_THUOC"] = f"{amount(claim.head, 'T_THUOC') // 100}.0004"
    return free("XML1", "T_THUOC")


@plant("STR-014")
def blank_in_key(claim: Claim, _: random.Random) -> Hit:
    """MA_LK holds a blank."""
    key = f"{claim.key[:9]} {claim.key[9:]}"
    for rows in claim.rows.values():
        for row in rows:
            row["MA_LK"] = key
    return head_hit(claim, "MA_LK")


@plant("STR-016")
def number_twice(claim: Claim, _: random.Random) -> Hit | None:
    """Two drug lines have the same number."""
    rows = claim.lines("XML2")
    if not rows[1:]:
        return None
    rows[1]["STT"] = rows[0]["STT"]
    return free("XML2", "STT", rows[1]["STT"])


@plant("STR-017")
def line_twice(claim: Claim, _: random.Random) -> Hit | None:
    """A drug line stands twice."""
    row = claim.lines("XML2")[-1] if claim.lines("XML2") else None
    if row is None or not amount(row, "T_BHTT") or not _steady(claim):
        return None
    twin = claim.add("XML2", {k: v for k, v in row.items() if k != "STT"})
    total_up(claim)
    return line_hit("XML2", twin, "MA_THUOC")


def _steady(claim: Claim) -> bool:
    """Whether more cost would leave the claim's benefit percent as it is."""
    return claim.plan.stay[1] > 0 and claim.lines("XML2")[-1]["MUC_HUONG"] != "100"


@on_row("STR-018", one("XML3", MA_NHOM="10", T_TRANTT=""), ("XML3", "T_TRANTT"))
def below_zero(_: Claim, row: Row) -> None:
    """A negative ceiling."""
    row["T_TRANTT"] = "-1000"


def _test_of_stay(claim: Claim) -> Row | None:
    """A test of an inpatient."""
    return first(claim.lines("XML3"), MA_NHOM=_TESTS) if claim.plan.stay[1] else None


@on_row("STR-019", _test_of_stay, ("XML3", "SO_LUONG"), paid=False)
def nothing_used(claim: Claim, row: Row) -> None:
    """A service line with quantity 0."""
    row["SO_LUONG"] = "0.000"
    settle(claim)


@plant("STR-037")
def early_settlement(claim: Claim, _: random.Random) -> Hit:
    """The month of settlement is before the month of discharge."""
    month = int(claim.head["THANG_QT"])
    claim.head["THANG_QT"] = str(month - 1 or 13)
    return head_hit(claim, "THANG_QT")


@on_row("STR-041", bare_procedure, ("XML3", "MA_DICH_VU"))
def no_code(_: Claim, row: Row) -> None:
    """A service line without any code."""
    row["MA_DICH_VU"] = ""


@on_row("STR-045", _test_of_stay, ("XML3", "TYLE_TT_DV"), paid=False)
def odd_service_percent(claim: Claim, row: Row) -> None:
    """A test is charged at a part of its price that no rule knows."""
    row["TYLE_TT_DV"] = "70"
    settle(claim)


@plant("STR-046")
def ratio_as_fraction(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The benefit percent of every line is one that no law gives."""
    rows = claim.lines(*LINES)
    plain = claim.plan.category != "tu_den" and not claim.plan.stay[1]
    if not plain or any(row["MUC_HUONG"] != "80" for row in rows):
        return None
    for row in rows:
        share_line(row, _NO_RATE)
    total_up(claim)
    return [
        line_hit("XML2" if "MA_THUOC" in row else "XML3", row, "MUC_HUONG")
        for row in rows
        if amount(row, "T_BHTT")
    ]


@on_row("STR-054", one("XML2", PHAM_VI="1", NGUON_CTRA="1"), ("XML2", "TT_THAU"))
def short_drug_tender(_: Claim, row: Row) -> None:
    """The tender data of a drug lack a part."""
    parts = row["TT_THAU"].split(";")
    row["TT_THAU"] = ";".join([*parts[:2], parts[3]])


@on_row("STR-055", one("XML3", MA_NHOM="10"), ("XML3", "TT_THAU"))
def short_supply_tender(_: Claim, row: Row) -> None:
    """The tender data of a supply lack a part."""
    row["TT_THAU"] = row["TT_THAU"].partition(";")[0]


@on_row("STR-007", one("XML2", PHAM_VI="1", NGUON_CTRA="1"), ("XML2", "TT_THAU"))
def drug_without_tender(_: Claim, row: Row) -> None:
    """A paid drug has no tender data."""
    row["TT_THAU"] = ""


@on_row("STR-056", filled("XML3", "MA_MAY"), ("XML3", "MA_MAY"))
def odd_machine(_: Claim, row: Row) -> None:
    """A machine code that is none."""
    row["MA_MAY"] = "000"


@plant("STR-057")
def odd_licence(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A practitioner code that is no licence number."""
    row = next(iter(claim.lines("XML5")), None)
    if row is None:
        return None
    row["NGUOI_THUC_HIEN"] = "BSMAU"
    stt = row["STT"]
    return [
        free("XML5", "NGUOI_THUC_HIEN", stt),
        Hit("XML5", stt, "NGUOI_THUC_HIEN", rule="DOC-004"),
    ]


@plant("STR-067")
def no_reason(claim: Claim, _: random.Random) -> Hit | None:
    """An inpatient stay without its reason."""
    if claim.plan.care != "03" or claim.lines("XML13"):
        return None
    claim.head["LY_DO_VNT"] = ""
    return free("XML1", "NGAY_VAO_NOI_TRU")


@on_row("STR-069", filled("XML4", "GIA_TRI"), ("XML4", "MA_CHI_SO"), paid=False)
def nameless_result(_: Claim, row: Row) -> None:
    """A test result without its indicator."""
    row["MA_CHI_SO"] = ""


@on_row("STR-075", filled("XML4", "GIA_TRI"), ("XML4", "NGAY_KQ"), paid=False)
def undated_result(_: Claim, row: Row) -> None:
    """A test value without the time of its result."""
    row["NGAY_KQ"] = ""


@plant("STR-013")
def later_than_the_file(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A result after the day the file was made."""
    row = first(claim.lines("XML3"), MA_NHOM="13")
    if row is None or claim.plan.care != "01":
        return None
    row["NGAY_KQ"] = stamp(minutes_of(claim.head["NGAY_RA"]) + 12 * DAY)
    return [line_hit("XML3", row, "NGAY_KQ")]


@plant("STR-065")
def other_sender(claim: Claim, _: random.Random) -> Hit | None:
    """The claim is of another facility than the one that sends the file."""
    if claim.plan.category != "chuyen_den" or claim.lines("XML13", "XML14"):
        return None
    claim.head["MA_CSKCB"] = content().places["refers_to"]
    return head_hit(claim, "MA_CSKCB").right(WAS)


@plant("STR-022")
def adult_without_number(claim: Claim, _: random.Random) -> Hit | None:
    """An adult without an identity number."""
    years = int(claim.head["NGAY_RA"][:4]) - int(claim.head["NGAY_SINH"][:4])
    if years < _ADULT or claim.lines("XML9"):
        return None
    for row in (claim.head, *claim.register):
        row["SO_CCCD"] = ""
    return free("XML1", "SO_CCCD")


@on_row("STR-047", one("XML2", MA_PTTT="1"), ("XML2", "MA_PTTT"))
def unknown_payment(claim: Claim, row: Row) -> None:
    """A line under a payment method that does not exist."""
    row["MA_PTTT"] = "5"
    total_up(claim)


@on_row("STR-059", bare_procedure, ("XML3", "MA_DICH_VU"))
def odd_suffix(_: Claim, row: Row) -> None:
    """A service code with a suffix that no decision knows."""
    row["MA_DICH_VU"] += "_XX"


@plant("STR-063")
def commas_between(claim: Claim, _: random.Random) -> Hit | None:
    """Secondary diagnoses separated by commas."""
    if claim.lines("XML13", "XML14") or not claim.head["MA_BENH_KT"]:
        return None
    claim.head["MA_BENH_KT"] += ",E78.0"
    return free("XML1", "MA_BENH_KT")
