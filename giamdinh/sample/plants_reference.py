"""Errors that imported reference lists show: lines are changed to marked twins of theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample import reference_lists as lists
from giamdinh.sample.catalogue_variants import twin
from giamdinh.sample.content import content
from giamdinh.sample.facilities import machine_codes
from giamdinh.sample.money import amount, minutes_of, scaled
from giamdinh.sample.plants import WAS, Hit, free, line_hit, plant
from giamdinh.tables.values import number_text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from giamdinh.sample.model import Claim, Row


def _drugs(claim: Claim) -> list[Row]:
    """Drugs with a marked twin that the fund pays for."""
    codes = {code.rpartition(".")[0] for code in lists.drugs_of(lists.FIT).split(";")}
    rows = [r for r in claim.lines("XML2") if r["MA_THUOC"] in codes and r["PHAM_VI"] == "1"]
    return [row for row in rows if amount(row, "T_BHTT")]


def _procedures(claim: Claim) -> list[Row]:
    """Procedures with no supply, drug or second line tied to them."""
    codes = [row.get("MA_DICH_VU") for row in claim.lines("XML2", "XML3", "XML4")]
    return [
        row
        for row in claim.lines("XML3")
        if row["MA_NHOM"] == "18"
        and row["PHAM_VI"] == "1"
        and codes.count(row["MA_DICH_VU"]) == 1
        and amount(row, "T_BHTT")
    ]


def _exam_paid(claim: Claim) -> bool:
    return any(row["MA_NHOM"] == "13" and amount(row, "T_BHTT") for row in claim.lines("XML3"))


def _man(claim: Claim) -> bool:
    return claim.head["GIOI_TINH"] == "1"


def _inpatient(claim: Claim) -> bool:
    return law.is_inpatient(claim.head["MA_LOAI_KCB"], minutes_of(claim.head["NGAY_RA"]))


def _outpatient(claim: Claim) -> bool:
    return not _inpatient(claim)


def _noted(claim: Claim) -> bool:
    return _inpatient(claim) and bool(claim.lines("XML5"))


def _anyone(_: Claim) -> bool:
    return True


def _marked(code: str, mark: int, fits: Callable[[Claim], bool] = _anyone) -> None:
    """A plant that turns the first drug into its twin with a mark."""
    _changed(code, mark, fits, ("XML2", "MA_THUOC", _drugs))


def _marked_service(
    code: str, mark: int, fits: Callable[[Claim], bool] = _anyone, right: str = ""
) -> None:
    """A plant that turns the first procedure into its twin with a mark."""
    _changed(code, mark, fits, ("XML3", "MA_DICH_VU", _procedures), right)


def _changed(
    code: str,
    mark: int,
    fits: Callable[[Claim], bool],
    place: tuple[str, str, Callable[[Claim], list[Row]]],
    right: str = "",
) -> None:
    table, field, find = place

    @plant(code)
    def changed(claim: Claim, _: random.Random) -> Hit | None:
        rows = find(claim) if fits(claim) else []
        if not rows:
            return None
        rows[0][field] = twin(rows[0][field], mark)
        return line_hit(table, rows[0], field).right(right)


_marked_service("CLN-001", lists.SEX, _man)
_marked_service("CLN-002", lists.AGE)
_marked_service("CLN-004", lists.NEEDS_DISEASE)
_marked_service("CLN-005", lists.BARRED)
_marked_service("CLN-006", lists.ALONE)
_marked_service("CLN-007", lists.UNMET)
_marked_service("CLN-009", lists.DAILY, right=lists.NEVER)
_marked_service("CLN-011", lists.APART, _exam_paid)
_marked_service("CLN-012", lists.PART, _exam_paid)
_marked_service("CLN-014", lists.PANEL, _exam_paid)
_marked_service("CLN-015", lists.FILMS, _exam_paid)
_marked_service("CLN-017", lists.CONTRAST)
_marked_service("CLN-019", lists.INJECTION)
_marked_service("SVC-013", lists.COURSE, right=lists.NEVER)
_marked_service("SVC-015", lists.LISTED)
_marked("CLN-003", lists.FIT, _man)
_marked("CLN-018", lists.NO_MATCH)
_marked("DRG-005", lists.CONDITION)
_marked("DRG-006", lists.INDICATED)
_marked("DRG-007", lists.EXCLUDED)
_marked("DRG-011", lists.INSIDE, _exam_paid)
_marked("DRG-013", lists.STAR, _noted)
_marked("DRG-017", lists.TOPIC)
_marked("CAT-016", lists.RANK)
_marked("CAT-052", lists.CANCER)


def _part(row: Row, part: int, whole: int) -> int:
    """A share of the line's T_BHTT, rounded half up."""
    return (2 * amount(row, "T_BHTT") * part + whole) // (2 * whole)


def _too_long(code: str, mark: int, fits: Callable[[Claim], bool]) -> None:
    """A plant whose days of use are more than the half day that the list allows."""

    @plant(code)
    def too_long(claim: Claim, _: random.Random) -> Hit | None:
        rows = _drugs(claim) if fits(claim) else []
        if not rows:
            return None
        row = rows[0]
        row["MA_THUOC"] = twin(row["MA_THUOC"], mark)
        days = int(row["LIEU_DUNG"].partition("lần/ngày * ")[2].partition(" ")[0])
        over = _part(row, 2 * days - 1, 2 * days)
        return line_hit("XML2", row, "LIEU_DUNG", over).right(lists.HALF)


_too_long("DRG-026", lists.DAYS, _anyone)
_too_long("DRG-014", lists.CONTROLLED, _outpatient)


@plant("DRG-009")
def too_often(claim: Claim, _: random.Random) -> Hit | None:
    """A drug taken more often than the half time that the list allows."""
    rows = _drugs(claim)
    if not rows:
        return None
    rows[0]["MA_THUOC"] = twin(rows[0]["MA_THUOC"], lists.TIMES)
    return free("XML2", "LIEU_DUNG", rows[0]["STT"]).right(lists.HALF)


@plant("DRG-008")
def overdose(claim: Claim, _: random.Random) -> Hit | None:
    """A drug of which the list allows one milligram a day."""
    for row in _drugs(claim):
        if row["HAM_LUONG"].endswith("mg"):
            takes = row["LIEU_DUNG"].partition("[")[2].partition(" ")[0]
            daily = int(row["HAM_LUONG"].removesuffix("mg")) * int(takes)
            row["MA_THUOC"] = twin(row["MA_THUOC"], lists.DOSE)
            hit = line_hit("XML2", row, "LIEU_DUNG", _part(row, daily - 1, daily))
            return hit.right(lists.MILLIGRAM)
    return None


@plant("CLN-020")
def interacting(claim: Claim, _: random.Random) -> Hit | None:
    """Two drugs of one day that must not be taken together."""
    rows = [row for row in _drugs(claim) if row["NGAY_TH_YL"]]
    day = rows[0]["NGAY_TH_YL"][:8] if rows else ""
    pair = [row for row in rows if row["NGAY_TH_YL"][:8] == day][:2]
    if len(pair) == 1 or not pair:
        return None
    first, second = pair
    first["MA_THUOC"] = twin(first["MA_THUOC"], lists.FIRST)
    second["MA_THUOC"] = twin(second["MA_THUOC"], lists.SECOND)
    return free("XML2", "MA_THUOC", second["STT"])


@plant("DRG-020")
def unknown_blood(claim: Claim, _: random.Random) -> Hit | None:
    """Blood with a code that no list has."""
    rows = _drugs(claim)
    if not rows:
        return None
    rows[0]["MA_THUOC"] = twin(rows[0]["MA_THUOC"], lists.NO_BLOOD)
    rows[0]["MA_NHOM"] = "7"
    return line_hit("XML2", rows[0], "MA_THUOC")


@plant("DRG-022")
def vitamins(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A mixture of vitamins without a code of its own."""
    rows = _drugs(claim)
    if not rows:
        return None
    rows[0]["MA_THUOC"] = twin(rows[0]["MA_THUOC"], lists.VITAMIN)
    hit = line_hit("XML2", rows[0], "MA_THUOC")
    return [hit, replace(hit, rule="DRG-024", amount=0)]


@plant("DRG-024")
def no_ingredient(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A code that is no ingredient, so it is not approved either."""
    rows = _drugs(claim)
    if not rows:
        return None
    rows[0]["MA_THUOC"] = lists.NO_INGREDIENT
    hit = line_hit("XML2", rows[0], "MA_THUOC")
    return [replace(hit, amount=0), replace(hit, rule="CAT-001")]


@plant("CAT-050")
def above_declared(claim: Claim, _: random.Random) -> Hit | None:
    """A drug at twice its declared price."""
    rows = _drugs(claim)
    if not rows:
        return None
    row = rows[0]
    row["MA_THUOC"] = twin(row["MA_THUOC"], lists.DECLARED)
    row["SO_DANG_KY"] = lists.other_registration(row["SO_DANG_KY"])
    asked = scaled(row, "DON_GIA", 3)
    hit = line_hit("XML2", row, "DON_GIA", _part(row, asked - asked // 2, asked))
    return hit.right(number_text(asked // 2, 3))


@plant("SVC-011")
def above_cap(claim: Claim, _: random.Random) -> Hit | None:
    """A supply at twice the price of its group."""
    for row in claim.lines("XML3"):
        plain = row.get("MA_VAT_TU") and not row.get("T_TRANTT") and row["PHAM_VI"] == "1"
        if plain and amount(row, "T_BHTT"):
            row["MA_VAT_TU"] = twin(row["MA_VAT_TU"], lists.CAP)
            asked = scaled(row, "DON_GIA_BH", 3)
            hit = line_hit("XML3", row, "DON_GIA_BH", _part(row, asked - asked // 2, asked))
            return hit.right(number_text(asked // 2, 3))
    return None


@plant("STR-062")
def unknown_route(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A route that no list has, so it is not the approved one either."""
    rows = _drugs(claim)
    if not rows:
        return None
    rows[0]["DUONG_DUNG"] = lists.WRONG_ROUTE
    hit = line_hit("XML2", rows[0], "DUONG_DUNG")
    return [hit, hit.of("CAT-011").right(WAS)]


@plant("STR-025")
def unknown_nation(claim: Claim, _: random.Random) -> Hit:
    """A nationality that the list does not have."""
    claim.head["MA_QUOCTICH"] = "999"
    return free("XML1", "MA_QUOCTICH")


@plant("STR-029")
def unknown_ward(claim: Claim, _: random.Random) -> Hit:
    """A ward that the list does not have."""
    claim.head["MAXA_CU_TRU"] = "88888"
    return free("XML1", "MAXA_CU_TRU")


@plant("ICD-014")
def lone_asterisk(claim: Claim, _: random.Random) -> Hit | None:
    """An asterisk code without the disease that it is a part of."""
    if claim.head.get("MA_BENH_KT"):
        return None
    claim.head["MA_BENH_KT"] = "M01.3"
    return free("XML1", "MA_BENH_KT")


@plant("ICD-026")
def unknown_disease(claim: Claim, _: random.Random) -> Hit | None:
    """A well-formed code that the list does not have."""
    if claim.head.get("MA_BENH_KT"):
        return None
    claim.head["MA_BENH_KT"] = lists.NO_DISEASE
    return free("XML1", "MA_BENH_KT")


def _on_machine(claim: Claim) -> Row | None:
    lines = claim.lines("XML3")
    return next((row for row in lines if row.get("MA_MAY") and amount(row, "T_BHTT")), None)


@plant("CAT-039")
def no_machine(claim: Claim, _: random.Random) -> Hit | None:
    """A service that needs a machine code, without one."""
    row = _on_machine(claim)
    if row is None:
        return None
    row["MA_MAY"] = ""
    return line_hit("XML3", row, "MA_MAY")


@plant("CAT-042")
def other_machine(claim: Claim, _: random.Random) -> Hit | None:
    """A service on a machine of another kind."""
    row = _on_machine(claim)
    if row is None:
        return None
    mine = row["MA_MAY"].partition(".")[0]
    kinds = [group for group in claim.place.kind.machines if group != mine]
    if not kinds:
        return None
    row["MA_MAY"] = machine_codes(claim.place, kinds[-1])[0]
    return line_hit("XML3", row, "MA_MAY").right(mine)


@plant("BED-011")
def not_severe(claim: Claim, _: random.Random) -> list[Hit] | None:
    """Intensive care for a disease that does not ask for it."""
    beds = [row for row in claim.lines("XML3") if row.get("MA_DICH_VU") == lists.intensive_bed()]
    if claim.lines("XML13", "XML14") or claim.head["MA_BENH_KT"]:
        return None
    claim.head["MA_BENH_CHINH"] = lists.MILD
    return [line_hit("XML3", row, "MA_DICH_VU") for row in beds if amount(row, "T_BHTT")]


@plant("EXM-010")
def children_only(claim: Claim, _: random.Random) -> Hit | None:
    """A grown-up seen by the children's clinic."""
    exams = [row for row in claim.lines("XML3") if row["MA_NHOM"] == "13"]
    if len(exams) != 1 or not amount(exams[0], "T_BHTT") or "nhi" not in claim.place.kind.exams:
        return None
    when = minutes_of(claim.head["NGAY_VAO"])
    grown = int(claim.head["NGAY_SINH"][:4]) + 16 < int(claim.head["NGAY_VAO"][:4])
    if not grown or "00" in (claim.head["NGAY_SINH"][4:6], claim.head["NGAY_SINH"][6:8]):
        return None
    service = content().services["nhi"]
    exams[0] |= {"MA_DICH_VU": service.code(when), "TEN_DICH_VU": service.name}
    return line_hit("XML3", exams[0], "MA_DICH_VU")
