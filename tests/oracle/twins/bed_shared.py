"""BED and TIM over all claims: who lay in one bed, and what was done to one patient, at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import pattern
from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.doc_times import busy, clock, side_by_side
from tests.oracle.twins.helpers import grouped, minutes, paid, said, share
from tests.oracle.twins.his_people import persons

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class Use:
    """One bed used by one claim without a break."""

    bed: object
    patient: object
    rows: list[Row] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        return min(row["NGAY_YL"] for row in self.rows)

    @property
    def end(self) -> datetime:
        return max(row["NGAY_KQ"] for row in self.rows)

    @property
    def shared(self) -> bool:
        """Whether any line says so."""
        return any(row["TYLE_TT_DV"] is not None and row["TYLE_TT_DV"] < 100 for row in self.rows)


def bed_of(card: Card, row: Row) -> tuple[str, str, str] | None:
    """The numbered bed of a line with a beginning and an end."""
    since, until, code = row["NGAY_YL"], row["NGAY_KQ"], row.text("MA_GIUONG")
    place, ward = row.claim.head.text("MA_CSKCB"), row.text("MA_KHOA")
    fixed = pattern("MA_GIUONG").fullmatch(code) and code[:1] in card.texts("DAU_GIUONG_CO_SO", row)
    whole = since is not None and until is not None and since < until
    kind = row["MA_NHOM"] in card.texts("NHOM_GIUONG", row)
    return (place, ward, code) if whole and kind and fixed and place and ward else None


def uses_of(card: Card, claims: list[Claim]) -> list[Use]:
    """All uses by their beginning."""
    found = []
    for claim, person in zip(claims, persons(claims), strict=True):
        patient = person if person is not None else claim.at
        for bed, rows in grouped(claim.rows("XML3"), lambda row: bed_of(card, row)).items():
            use = Use(bed, patient)
            for row in sorted(rows, key=lambda row: row["NGAY_YL"]):
                if use.rows and row["NGAY_YL"] > use.end:
                    found.append(use)
                    use = Use(bed, patient)
                use.rows.append(row)
            found.append(use)
    return sorted(found, key=lambda use: clock(use.rows[0], use.start))


def others(card: Card, uses: list[Use], at: int, *, earlier: bool) -> list[Use]:
    """Uses of the bed by other patients, of which one had not left in time for the next."""
    found = []
    for i, other in enumerate(uses):
        first, last = sorted((i, at))
        if i == at or other.bed != uses[at].bed or other.patient == uses[at].patient:
            continue
        slack = card.number("PHUT_GIAO_NHAU_GIUONG", uses[last].rows[0])
        if minutes(uses[last].start, uses[first].end) > slack and (i < at or not earlier):
            found.append(other)
    return found


def half(row: Row, other: Use) -> bool:
    """Whether the other had the bed for more than half of a line's time."""
    both = min(row["NGAY_KQ"], other.end) - max(row["NGAY_YL"], other.start)
    return both * 2 > row["NGAY_KQ"] - row["NGAY_YL"]


@twin
def nam_ghep_sai_ty_le(card: Card, claims: list[Claim]) -> Found:
    uses = uses_of(card, claims)
    for at, use in enumerate(uses):
        near = [o for o in others(card, uses, at, earlier=False) if use.shared or o.shared]
        for row in use.rows:
            middle = row["NGAY_YL"] + (row["NGAY_KQ"] - row["NGAY_YL"]) / 2
            people = {o.patient for o in uses if o.bed == use.bed and o.start <= middle < o.end}
            name = "TY_LE_NAM_GHEP_BA" if len(people) >= 3 else "TY_LE_NAM_GHEP_HAI"
            right, asked = card.number(name, row), row["TYLE_TT_DV"]
            wrong = asked is not None and asked > right and paid(row)
            if wrong and any(half(row, other) for other in near):
                yield Hit(row, "", said(right), share(row["T_BHTT"], asked - right, asked))


@twin
def giuong_trung_nguoi_benh(card: Card, claims: list[Claim]) -> Found:
    """Who came later, where nobody says that the bed was shared."""
    uses = uses_of(card, claims)
    for at, use in enumerate(uses):
        near = [o for o in others(card, uses, at, earlier=True) if not o.shared]
        for row in () if use.shared else use.rows:
            if paid(row) and any(half(row, other) for other in near):
                yield Hit(row)


@twin
def trung_gio_hai_thu_thuat(card: Card, claims: list[Claim]) -> Found:
    """Procedures with other codes that began while one went on; a session begins together."""

    def counts(row: Row) -> bool:
        whole = row["TYLE_TT_DV"] == 100 and paid(row) and bool(row.text("MA_DICH_VU"))
        kind = row["MA_NHOM"] in card.texts("NHOM_PTTT", row)
        return kind and whole and busy(row) and not side_by_side(card, row)

    who = dict(zip(map(id, claims), persons(claims), strict=True))
    rows = [row for claim in claims for row in claim.rows("XML3") if counts(row)]
    for own in grouped(rows, lambda row: who[id(row.claim)]).values():
        ordered = sorted(own, key=lambda row: clock(row, row["NGAY_TH_YL"]))
        for at, row in enumerate(ordered):
            slack = card.number("PHUT_LAM_CHONG", row)
            going_on = [
                o
                for o in ordered[:at]
                if o.text("MA_DICH_VU") != row.text("MA_DICH_VU")
                and minutes(row["NGAY_TH_YL"], o["NGAY_KQ"]) > slack
            ]
            before = [o for o in going_on if o["NGAY_TH_YL"] < row["NGAY_TH_YL"]]
            if before:
                # The one named is the last to end, or else the last to begin.
                last = max(going_on, key=lambda o: o["NGAY_KQ"])
                last = last if last in before else before[-1]
                amount = min(row["T_BHTT"], last["T_BHTT"])
                yield Hit(row, amount=Fraction(amount), other=last)
