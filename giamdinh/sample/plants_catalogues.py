"""Errors that the facility's approved lists show: codes, days, prices and texts of list rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import catalogue_variants as variants
from giamdinh.sample.catalogue_variants import twin
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.sample.money import amount, scaled, settle
from giamdinh.sample.plants import WAS, Hit, free, line_hit, on_row, plant
from giamdinh.tables.values import number_text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from giamdinh.sample.model import Claim, Row
    from giamdinh.sample.plants import Find

    Place = tuple[str, Find, str]

_OLD_PERCENT = 95
_FULL_RATIO = 100


def _drug(claim: Claim) -> Row | None:
    """A drug of the list that the fund pays for."""
    listed = {item.code for item in content().drugs.values()}
    for row in claim.lines("XML2"):
        if row["PHAM_VI"] == "1" and row["MA_THUOC"] in listed and amount(row, "T_BHTT"):
            return row
    return None


def _blood(claim: Claim) -> Row | None:
    """A drug that is called blood."""
    row = _drug(claim)
    if row is not None:
        row["MA_NHOM"] = "7"
    return row


def _supply(claim: Claim) -> Row | None:
    """A supply in full price that the fund pays for."""
    for row in claim.lines("XML3"):
        plain = row.get("MA_VAT_TU") and not row.get("T_TRANTT")
        if plain and row["PHAM_VI"] == "1" and amount(row, "T_BHTT"):
            return row
    return None


def _procedure(claim: Claim) -> Row | None:
    """A procedure with no supply, drug or second line tied to it."""
    lines = claim.lines("XML3")
    codes = [row.get("MA_DICH_VU") for row in lines]
    tied = [row.get("MA_DICH_VU") for row in claim.lines("XML2")]
    for row in lines:
        alone = codes.count(row.get("MA_DICH_VU")) == 1 and row["MA_DICH_VU"] not in tied
        if alone and row["MA_NHOM"] == "18" and row["PHAM_VI"] == "1" and amount(row, "T_BHTT"):
            return row
    return None


def _on_machine(claim: Claim) -> Row | None:
    lines = claim.lines("XML3")
    return next((row for row in lines if row.get("MA_MAY") and amount(row, "T_BHTT")), None)


def _written(code: str, place: Place, new: Callable[[Row], str],
             at: tuple[str, str] = ("", ""), *, unpaid: bool = False) -> None:  # fmt: skip
    """A plant that writes one field of a line.

    `at` is another field where it is found, and the right value there for rules that give one.
    """
    table, find, name = place
    field, right = at

    @on_row(code, find, (table, field or name), paid=not unpaid, right=right)
    def written(_: Claim, row: Row) -> None:
        row[name] = new(row)


def _part(row: Row, part: int, whole: int) -> int:
    """A share of the line's T_BHTT, rounded half up."""
    return (2 * amount(row, "T_BHTT") * part + whole) // (2 * whole)


def _dear(
    code: str, place: Place, price: str, other: tuple[int, int], at: tuple[str, str] = ("", "")
) -> None:
    """A plant that asks more than the list has for a twin, found at its price.

    `other` is the mark of the twin and what part of the price the list has for it; `at` is another
    field where it is found, and the right value there.
    """
    table, find, name = place
    mark, part = other

    @plant(code)
    def dear(claim: Claim, _: random.Random) -> Hit | None:
        row = find(claim)
        if row is None:
            return None
        row[name] = twin(row[name], mark)
        asked = scaled(row, price, 3)
        field, right = at
        hit = line_hit(table, row, field or price, _part(row, asked - asked // part, asked))
        return hit.right(right or number_text(asked // part, 3))


def _high_ratio(code: str, place: Place) -> None:
    """A plant paid in full where the list has a lower ratio."""
    table, find, name = place

    @plant(code)
    def high_ratio(claim: Claim, _: random.Random) -> Hit | None:
        row = find(claim)
        if row is None or row["TYLE_TT_BH"] != str(_FULL_RATIO):
            return None
        row[name] = twin(row[name], variants.RATIO)
        more = _FULL_RATIO - int(variants.HALF_RATIO)
        hit = line_hit(table, row, "TYLE_TT_BH", _part(row, more, _FULL_RATIO))
        return hit.right(variants.HALF_RATIO)


_DRUG = ("XML2", _drug, "MA_THUOC")
_SUPPLY = ("XML3", _supply, "MA_VAT_TU")
_SERVICE = ("XML3", _procedure, "MA_DICH_VU")
_CHEAP = (variants.CHEAP, 2)
_WAS = ("", WAS)

_written("CAT-001", _DRUG, lambda _: "40.9999")
_written("CAT-003", _DRUG, lambda row: twin(row["MA_THUOC"], variants.CLOSED))
_written("CAT-004", _DRUG, lambda row: twin(row["MA_THUOC"], variants.CONTRACT), ("TT_THAU", ""))
_written("CAT-005", ("XML2", _drug, "TT_THAU"), lambda row: f"{row['TT_THAU'][:-4]}2019", _WAS)
_written("CAT-006", ("XML2", _drug, "SO_DANG_KY"), lambda _: "VD-99999-19", _WAS)
_written("CAT-007", ("XML2", _drug, "HAM_LUONG"), lambda _: "777mg", _WAS)
_written("CAT-011", ("XML2", _drug, "DUONG_DUNG"), lambda _: "3.05", _WAS)
_written("CAT-014", _DRUG, lambda _: "05V.101", ("MA_PP_CHEBIEN", ""), unpaid=True)
_written("CAT-020", _SUPPLY, lambda _: "N99.01.001")
_written("CAT-021", _SUPPLY, lambda row: twin(row["MA_VAT_TU"], variants.CLOSED))
_written("CAT-022", ("XML3", _supply, "TT_THAU"), lambda row: f"{row['TT_THAU'][:-4]}2019", _WAS)
_written("CAT-029", ("XML3", _supply, "TEN_VAT_TU"), lambda _: "Vật tư mẫu khác", _WAS, unpaid=True)
_written("CAT-031", _SERVICE, lambda row: f"{row['MA_DICH_VU'][:2]}.7777{row['MA_DICH_VU'][-5:]}")
_written("CAT-032", _SERVICE, lambda row: twin(row["MA_DICH_VU"], variants.CLOSED))
_written(
    "CAT-034", ("XML3", _procedure, "TEN_DICH_VU"), lambda _: "Dịch vụ mẫu khác", _WAS, unpaid=True
)
_written(
    "CAT-035", _SERVICE,
    lambda row: f"{twin(row['MA_DICH_VU'], variants.ELSEWHERE)}.K.{content().places['refers_to']}",
    ("", content().places["refers_from"]),
)  # fmt: skip
_written("CAT-036", _SERVICE, lambda row: twin(row["MA_DICH_VU"], variants.HELD))
_written(
    "CAT-051", _SERVICE, lambda row: twin(row["MA_DICH_VU"], variants.GROUP),
    ("MA_NHOM", variants.OTHER_GROUP), unpaid=True,
)  # fmt: skip
_written(
    "CAT-040",
    ("XML3", _on_machine, "MA_MAY"),
    lambda row: f"{row['MA_MAY'].rpartition('.')[0]}.M99",
)
_written(
    "CAT-041", ("XML3", _on_machine, "MA_MAY"), lambda row: variants.closed_machine(row["MA_MAY"])
)
_written("CAT-045", ("XML2", _drug, "MA_KHOA"), lambda _: "K16", unpaid=True)

_dear("CAT-009", _DRUG, "DON_GIA", _CHEAP)
_high_ratio("CAT-010", _DRUG)
_dear("CAT-012", _DRUG, "DON_GIA", (variants.UNIT, 10), ("DON_VI_TINH", variants.OTHER_UNIT))
_dear("CAT-015", ("XML2", _blood, "MA_THUOC"), "DON_GIA", (variants.BLOOD, 2))
_dear("CAT-023", _SUPPLY, "DON_GIA_BH", _CHEAP)
_high_ratio("CAT-024", _SUPPLY)
_dear("CAT-033", _SERVICE, "DON_GIA_BH", _CHEAP)


@plant("CAT-008")
def other_name(claim: Claim, _: random.Random) -> Hit | None:
    """A drug under a name that the list does not have; of one code it has two brands."""
    row = _drug(claim)
    if row is None:
        return None
    names = {row["TEN_THUOC"]}
    if row["MA_THUOC"] == variants.TWO_BRANDS:
        names.add(variants.OTHER_BRAND["TEN_THUOC"])
    row["TEN_THUOC"] = "Tên thuốc mẫu khác"
    return free("XML2", "TEN_THUOC", row["STT"]).right(" | ".join(sorted(names)))


@plant("CAT-025")
def above_norm(claim: Claim, _: random.Random) -> Hit | None:
    """More of a supply than the norm of the list."""
    for row in claim.lines("XML3"):
        if row.get("MA_VAT_TU") and row["SO_LUONG"] == "2.000" and amount(row, "T_BHTT"):
            row["MA_VAT_TU"] = twin(row["MA_VAT_TU"], variants.NORM)
            return line_hit("XML3", row, "SO_LUONG", _part(row, 1, 2)).right(variants.SUPPLY_NORM)
    return None


@plant("CAT-038")
def old_price(claim: Claim, _: random.Random) -> Hit | None:
    """A service still at the price before the change."""
    row = _procedure(claim)
    if row is None or claim.head.get("T_BNTT", "0") not in {"0", "0.00", ""}:
        return None
    price = scaled(row, "DON_GIA_BH", 3) * _OLD_PERCENT // 100
    row["DON_GIA_BV"] = row["DON_GIA_BH"] = price_text(price)
    settle(claim)
    hit = free("XML3", "DON_GIA_BH", row["STT"]).right(WAS)
    return hit if amount(row, "T_BHTT") else None
