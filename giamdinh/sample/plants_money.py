"""Errors in the amounts of lines: formulas, prices, ceilings, other sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.money import (
    LINES,
    amount,
    minutes_of,
    price_line,
    put,
    rate_of,
    scaled,
    settle,
    share_line,
    total_up,
)
from giamdinh.sample.plants import (
    WAS,
    Hit,
    bare_procedure,
    first,
    free,
    head_hit,
    line_hit,
    on_row,
    one,
    plant,
)
from giamdinh.sample.plants_totals import left_to_fund, other_paths, total_balance
from giamdinh.tables.specs import version_rank

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Claim, Row

_DONG = 100


def _paid(claim: Claim, table: str) -> Row | None:
    """A plain line of the table that the fund pays for in full price."""
    for row in claim.lines(table):
        plain = row["TYLE_TT_BH"] == "100" and not row.get("MA_VAT_TU")
        if plain and row["PHAM_VI"] == "1" and amount(row, "T_BHTT") > 10_000 * _DONG:
            return row
    return None


def _shared(claim: Claim, table: str) -> Row | None:
    """A line with a co-payment and no other source."""
    for row in claim.lines(table):
        plain = not row.get("MA_VAT_TU") and not amount(row, "T_NGUONKHAC")
        if plain and amount(row, "T_BNCCT") > 5_000 * _DONG and amount(row, "T_BHTT"):
            return row
    return None


def _charge_more(claim: Claim, table: str, by: int) -> Row | None:
    row = _paid(claim, table)
    if row is None:
        return None
    put(row, "THANH_TIEN_BV", amount(row, "THANH_TIEN_BV") + by)
    put(row, "T_BNTT", amount(row, "T_BNTT") + by)
    total_up(claim)
    return row


@plant("MNY-001")
def drug_total(claim: Claim, rng: random.Random) -> Hit | None:
    """The hospital amount of a drug line is not quantity times price."""
    row = _charge_more(claim, "XML2", rng.randint(5, 20) * 500 * _DONG)
    return line_hit("XML2", row, "THANH_TIEN_BV").right(WAS) if row else None


@plant("MNY-003")
def service_total(claim: Claim, rng: random.Random) -> Hit | None:
    """The hospital amount of a service line is not by the formula."""
    row = _charge_more(claim, "XML3", rng.randint(5, 20) * 1000 * _DONG)
    return line_hit("XML3", row, "THANH_TIEN_BV").right(WAS) if row else None


@plant("MNY-002")
def drug_insured(claim: Claim, rng: random.Random) -> Hit | None:
    """The in-scope amount of a drug with a ratio is more than the ratio gives."""
    row = next((r for r in claim.lines("XML2") if r["TYLE_TT_BH"] not in {"0", "100"}), None)
    if row is None:
        return None
    more = rng.randint(2, 8) * 1000 * _DONG
    _insure(claim, row, amount(row, "THANH_TIEN_BH") + more)
    return line_hit("XML2", row, "THANH_TIEN_BH", more).right(WAS)


@plant("MNY-004")
def service_insured(claim: Claim, rng: random.Random) -> Hit | None:
    """The in-scope amount of a service is less than the formula gives."""
    row = _shared(claim, "XML3")
    if row is None:
        return None
    less = rng.randint(2, 5) * 1000 * _DONG
    _insure(claim, row, amount(row, "THANH_TIEN_BH") - less)
    return line_hit("XML3", row, "THANH_TIEN_BH", 0).right(WAS)


def _insure(claim: Claim, row: Row, insured: int) -> None:
    rate = scaled(row, "MUC_HUONG", 1)
    put(row, "THANH_TIEN_BH", insured)
    share_line(row, rate)
    total_up(claim)


@plant("MNY-005")
def sources_of_line(claim: Claim, rng: random.Random) -> Hit | None:
    """The parts of the other source do not add up to it."""
    row = _paid(claim, "XML3")
    if row is None or amount(row, "T_NGUONKHAC"):
        return None
    part = rng.randint(2, 9) * 1000 * _DONG
    put(row, "T_NGUONKHAC_CL", part)
    return line_hit("XML3", row, "T_NGUONKHAC", part).right(part)


@plant("MNY-006")
def fund_part(claim: Claim, rng: random.Random) -> Hit | None:
    """The fund's part of a line is more than the benefit percent gives."""
    row = _shared(claim, "XML3")
    if row is None:
        return None
    more = min(rng.randint(2, 9) * 500 * _DONG, amount(row, "T_BNCCT"))
    put(row, "T_BHTT", amount(row, "T_BHTT") + more)
    put(row, "T_BNCCT", amount(row, "T_BNCCT") - more)
    total_up(claim)
    return line_hit("XML3", row, "T_BHTT", more).right(WAS)


@plant("MNY-007")
def copay_part(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The co-payment of a line is not what is left of the in-scope amount."""
    row = _shared(claim, "XML2") or _shared(claim, "XML3")
    if row is None:
        return None
    table = "XML2" if "MA_THUOC" in row else "XML3"
    more = rng.randint(2, 9) * 500 * _DONG
    put(row, "T_BNCCT", amount(row, "T_BNCCT") + more)
    total_up(claim)
    hits = [
        line_hit(table, row, "T_BNCCT", more).right(WAS),
        _balance(table, row, more),
        total_balance(claim, more),
    ]
    if not other_paths(claim):
        hits.append(left_to_fund(claim, -more, _beyond(claim)))
    return hits


def _beyond(claim: Claim) -> int:
    head = claim.head
    return amount(head, "T_BHTT") - amount(head, "T_TONGCHI_BH") + amount(head, "T_BNCCT")


def _balance(table: str, row: Row, more: int) -> Hit:
    """A line whose shares are more than its amount."""
    shares = amount(row, "THANH_TIEN_BV") + more
    return line_hit(table, row, "THANH_TIEN_BV").of("MNY-009").right(shares)


@plant("MNY-008")
def own_part(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The patient pays himself more than the out-of-scope amount."""
    row = _paid(claim, "XML3")
    if row is None or row.get("T_TRANTT"):
        return None
    more = rng.randint(2, 9) * 1000 * _DONG
    put(row, "T_BNTT", amount(row, "T_BNTT") + more)
    total_up(claim)
    return [
        free("XML3", "T_BNTT", row["STT"]).right(WAS),
        _balance("XML3", row, more),
        total_balance(claim, more),
    ]


@plant("MNY-009")
def line_balance(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """A line whose other source is in no share, so that the shares exceed the amount."""
    row = _paid(claim, "XML3")
    if row is None or amount(row, "T_NGUONKHAC") or amount(row, "T_BNCCT"):
        return None
    part = rng.randint(2, 9) * 1000 * _DONG
    put(row, "T_NGUONKHAC_NSNN", part)
    put(row, "T_NGUONKHAC", part)
    total_up(claim)
    hits = [_balance("XML3", row, part)]
    if version_rank(claim.version) >= version_rank("3176"):
        # Before, support given to the facility as a whole might leave the fund's part alone.
        right = amount(row, "T_BHTT") - part
        hits.append(line_hit("XML3", row, "T_BHTT", part).of("MNY-006").right(right))
    return [*hits, total_balance(claim, part)]


@plant("MNY-022")
def dearer_for_fund(claim: Claim, rng: random.Random) -> list[Hit] | None:
    """The insured price of a service is above the hospital price."""
    row = _paid(claim, "XML3")
    if version_rank(claim.version) < version_rank("3176") or row is None:
        return None
    if amount(row, "T_BNCCT") or amount(row, "T_NGUONKHAC") or row.get("MA_GIUONG"):
        return None
    less = rng.randint(1, 3) * 1000 * _DONG
    price = (scaled(row, "DON_GIA_BV", 3) - less * 10) // 1000
    row["DON_GIA_BV"] = f"{price}.000"
    settle(claim)
    put(row, "T_BNTT", 0)
    total_up(claim)
    return [
        line_hit("XML3", row, "DON_GIA_BH", less).right(str(price)),
        line_hit("XML3", row, "THANH_TIEN_BH", less).of("MNY-021"),
        _balance("XML3", row, less),
        total_balance(claim, less),
    ]


@plant("MNY-024")
def free_but_paid(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A drug with price 0 is charged to the fund."""
    row = _paid(claim, "XML2")
    if row is None:
        return None
    row["DON_GIA"] = "0.000"
    return [
        line_hit("XML2", row, "DON_GIA"),
        line_hit("XML2", row, "THANH_TIEN_BV").of("MNY-001").right(0),
        line_hit("XML2", row, "THANH_TIEN_BH", amount(row, "THANH_TIEN_BH")).of("MNY-002").right(0),
    ]


@plant("MNY-026")
def stopped_but_paid(claim: Claim, _: random.Random) -> Hit | None:
    """A service that was stopped still carries its price."""
    row = first(claim.lines("XML3"), MA_NHOM="18")
    if row is None or not amount(row, "T_BHTT") or len(claim.lines("XML3")) == 1:
        return None
    if first(claim.lines("XML3"), MA_NHOM="10"):
        return None
    row["MA_DICH_VU"] += "_TB"
    return line_hit("XML3", row, "MA_DICH_VU")


@on_row("MNY-027", bare_procedure, ("XML3", "DON_GIA_BH"), right="0")
def priced_without_price(_: Claim, row: Row) -> None:
    """A service that has no approved price is charged."""
    row["MA_DICH_VU"] = f"{row['MA_DICH_VU'].rpartition('.')[0]}.0000"


@plant("MNY-032")
def package_above_ceiling(claim: Claim, _: random.Random) -> list[Hit] | None:
    """The supplies of one service cost more than 45 base salaries."""
    row = first(claim.lines("XML3"), MA_VAT_TU="N06.04.053")
    if row is None:
        return None
    row["SO_LUONG"] = "3.000"
    settle(claim)
    package = [line for line in claim.lines("XML3") if line.get("GOI_VTYT") == row["GOI_VTYT"]]
    total = sum(amount(line, "THANH_TIEN_BH") for line in package)
    ceiling = law.package_ceiling(minutes_of(row["NGAY_YL"]))
    over = line_hit("XML3", row, "GOI_VTYT", total - ceiling)
    return [over.right(ceiling)] if total > ceiling else None


@on_row("MNY-028", lambda claim: _paid(claim, "XML2"), ("XML2", "PHAM_VI"))
def out_of_scope_paid(_: Claim, row: Row) -> None:
    """A line outside the scope is charged to the fund."""
    row["PHAM_VI"] = "2"


@on_row("MNY-029", one("XML2", PHAM_VI="2"), ("XML2", "TYLE_TT_BH"), paid=False)
def in_scope_unpaid(_: Claim, row: Row) -> None:
    """A line in scope with ratio 0."""
    row["PHAM_VI"] = "1"


@plant("MNY-030")
def programme_paid(claim: Claim, rng: random.Random) -> Hit | None:
    """A drug of a programme is charged to the fund."""
    row = _paid(claim, "XML2")
    if row is None:
        return None
    row["NGUON_CTRA"] = rng.choice("234")
    return line_hit("XML2", row, "NGUON_CTRA")


@plant("MNY-031")
def above_ceiling(claim: Claim, _: random.Random) -> list[Hit] | None:
    """A supply is paid above its ceiling."""
    row = next((r for r in claim.lines("XML3") if r.get("T_TRANTT")), None)
    if row is None:
        return None
    row["DON_GIA_BH"] = row["DON_GIA_BV"]
    before = amount(row, "T_BHTT")
    price_line(claim, row)
    total = sum(amount(line, "THANH_TIEN_BH") for line in claim.lines(*LINES))
    share_line(row, rate_of(claim, row, total))
    over = amount(row, "T_BHTT") - amount(row, "T_TRANTT")
    if over <= 0:
        put(row, "T_TRANTT", amount(row, "T_BHTT") * 9 // 10)
        over = amount(row, "T_BHTT") - amount(row, "T_TRANTT")
    total_up(claim)
    rate = scaled(row, "MUC_HUONG", 1)
    allowed = min(amount(row, "THANH_TIEN_BH"), amount(row, "T_TRANTT")) * rate // 1000
    beyond = amount(row, "T_BHTT") - allowed
    return (
        [
            line_hit("XML3", row, "T_BHTT", over).right(amount(row, "T_TRANTT")),
            line_hit("XML3", row, "T_BHTT", beyond).of("MNY-006").right(allowed),
        ]
        if before
        else None
    )


@plant("MNY-033")
def no_card(claim: Claim, _: random.Random) -> Hit | None:
    """The fund is charged for a patient without a card."""
    if claim.lines("XML7", "XML11", "XML13", "XML14") or not amount(claim.head, "T_BHTT"):
        return None
    if claim.plan.category != "chuyen_den":
        return None
    for field in ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN"):
        claim.head[field] = ""
    return head_hit(claim, "MA_THE_BHYT")
