"""Money, benefit and card rules together: worked examples, traps, and one cause reported once."""

from __future__ import annotations

import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.checks.the_bhyt import NEVER, split_cards
from giamdinh.findings import Findings
from giamdinh.money import money
from giamdinh.rules.cards import load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder

RULES = load_rules().chosen(["MNY", "BEN", "CRD"])
MONEY = ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")
Row = dict[str, str]


def claim_row(**changed: str) -> Row:
    """XML1 of an outpatient visit at the registered facility, without its totals."""
    return {
        "MA_LK": "A",
        "MA_CSKCB": "01001",
        "MA_THE_BHYT": "GD4010000000001",
        "MA_DKBD": "01001",
        "GT_THE_TU": "20250101",
        "GT_THE_DEN": "20261231",
        "MA_DOITUONG_KCB": "1.1",
        "MA_LOAI_KCB": "01",
        "NGAY_SINH": "198001010000",
        "NGAY_VAO": "202503100800",
        "NGAY_RA": "202503101600",
        "NAM_QT": "2025",
        **changed,
    }


def line(table: str, **changed: str) -> Row:
    """A line of 100.000 đồng in full price, shared 80 : 20."""
    price = (
        {"DON_GIA": "10000", "NGUON_CTRA": "1", "MA_NHOM": "4"}
        if table == "XML2"
        else {"DON_GIA_BV": "10000", "DON_GIA_BH": "10000", "TYLE_TT_DV": "100", "MA_NHOM": "1"}
    )
    return {
        "MA_LK": "A",
        "STT": "1",
        "SO_LUONG": "10",
        "PHAM_VI": "1",
        "MA_PTTT": "1",
        "TYLE_TT_BH": "100",
        "THANH_TIEN_BV": "100000",
        "THANH_TIEN_BH": "100000",
        "MUC_HUONG": "80",
        **{f"T_NGUONKHAC_{part}": "0" for part in ("NSNN", "VTNN", "VTTN", "CL")},
        "T_NGUONKHAC": "0",
        "T_BNTT": "0",
        "T_BNCCT": "20000",
        "T_BHTT": "80000",
        "NGAY_YL": "202503100830",
        **price,
        **changed,
    }


def totals(lines: list[tuple[str, Row]]) -> Row:
    """The totals of XML1 that fit the lines."""

    def total(field: str, *tables: str) -> str:
        return str(sum(int(row[field]) for table, row in lines if table in tables))

    both = ("XML2", "XML3")
    return {
        "T_THUOC": total("THANH_TIEN_BV", "XML2"),
        "T_VTYT": str(sum(int(r["THANH_TIEN_BV"]) for _, r in lines if r["MA_NHOM"] == "10")),
        "T_TONGCHI_BV": total("THANH_TIEN_BV", *both),
        "T_TONGCHI_BH": total("THANH_TIEN_BH", *both),
        "T_BHTT_GDV": total("T_BHTT", *both),
        **{field: total(field, *both) for field in MONEY},
    }


def claim(lines: list[tuple[str, Row]], **changed: str) -> ClaimSet:
    """One claim whose totals fit its lines, except for what is changed."""
    builder = ClaimSetBuilder()
    row = {**claim_row(), **totals(lines), **changed}
    index = builder.add_claim("a.xml", 1, {"MACSKCB": "01001", "NGAYLAP": "20250311"}, row)
    for table, content in lines:
        builder.add_row(table, index, content)
    return builder.build()


def judged(claims: ClaimSet) -> Findings:
    findings = Findings()
    Runner(RULES, Catalogues.from_tables({}), findings, pandera=False).run(claims)
    return findings


def found(claims: ClaimSet) -> dict[str, set[str]]:
    """Rule → tables and rows that it hits."""
    out: dict[str, set[str]] = {}
    for finding in judged(claims):
        out.setdefault(finding.rule, set()).add(f"{finding.table}/{finding.row}")
    return out


def four_lines() -> list[tuple[str, Row]]:
    return [
        ("XML2", line("XML2")),
        ("XML3", line("XML3", STT="1")),
        ("XML3", line("XML3", STT="2", MA_NHOM="10", MA_VAT_TU="N01.01.010")),
        ("XML3", line("XML3", STT="3", MA_NHOM="13")),
    ]


def test_a_sound_claim_has_no_finding() -> None:
    assert found(claim(four_lines())) == {}


@pytest.mark.parametrize("field", ["TYLE_TT_BH", "MUC_HUONG"])
def test_a_percent_out_of_range_is_left_to_the_rule_about_percents(field: str) -> None:
    lines = four_lines()
    lines[1][1][field] = "800"
    assert found(claim(lines)) == {}


def test_a_wrong_insured_amount_is_the_only_cause_when_its_shares_fit() -> None:
    lines = four_lines()
    lines[1][1].update(THANH_TIEN_BH="90000", T_BNTT="10000", T_BNCCT="18000", T_BHTT="72000")
    assert found(claim(lines)) == {"MNY-004": {"XML3/1"}}


def test_a_wrong_price_is_the_only_cause_when_the_insured_amount_fits() -> None:
    lines = four_lines()
    lines[0][1].update(THANH_TIEN_BV="150000", T_BNTT="50000")
    assert found(claim(lines)) == {"MNY-001": {"XML2/1"}}


def test_fund_money_moved_from_the_co_payment_is_one_line_and_no_total() -> None:
    lines = four_lines()
    lines[1][1].update(T_BNCCT="10000", T_BHTT="90000")
    assert found(claim(lines)) == {"MNY-006": {"XML3/1"}}


def test_a_benefit_above_the_card_is_a_benefit_finding_only() -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(MUC_HUONG="95", T_BNCCT="5000", T_BHTT="95000")
    assert found(claim(lines)) == {"BEN-001": {"XML2/1", "XML3/1", "XML3/2", "XML3/3"}}


def test_rounding_to_the_dong_on_every_line_is_no_finding() -> None:
    rounded = line(
        "XML2", DON_GIA="3333.333", SO_LUONG="3", THANH_TIEN_BV="10000", THANH_TIEN_BH="10000",
        T_BNCCT="2000", T_BHTT="8000",
    )  # fmt: skip
    lines = [("XML2", {**rounded, "STT": str(i)}) for i in range(1, 40)]
    assert found(claim(lines)) == {}


def test_two_shares_rounded_up_on_every_line_are_no_error_of_the_claim() -> None:
    up = line(
        "XML2", DON_GIA="1001", THANH_TIEN_BV="10010", THANH_TIEN_BH="10010", MUC_HUONG="95",
        T_BNCCT="501", T_BHTT="9510",
    )  # fmt: skip
    lines = [("XML2", {**up, "STT": str(i)}) for i in range(1, 60)]
    assert found(claim(lines, MA_THE_BHYT="HT3010000000001")) == {}


@pytest.mark.parametrize("percent", ["0", ""])
def test_a_line_that_the_patient_pays_alone_in_an_insured_claim_is_no_finding(percent: str) -> None:
    lines = four_lines()
    lines[1][1].update(MUC_HUONG=percent, T_BHTT="0", T_BNCCT="0", T_BNTT="100000")
    assert found(claim(lines)) == {}


def test_full_benefit_above_15_percent_is_told_twice_and_its_money_counted_once() -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(MUC_HUONG="100", T_BNCCT="0", T_BHTT="100000")
    findings = judged(claim(lines))
    assert {f.rule for f in findings} == {"BEN-001", "BEN-004"}
    assert money(findings).error == 80_000 * 100
    assert {f.expected for f in findings} == {"80", "320000"}


def shares(day: str, **amounts: str) -> set[str]:
    """Codes of line rules found on one XML2 line, on a day."""
    when = f"{day}0830"
    row = line("XML2", SO_LUONG="1", DON_GIA="10000000", NGAY_YL=when, **amounts)
    row["T_NGUONKHAC_NSNN"] = row["T_NGUONKHAC"]
    claims = claim([("XML2", row)], NGAY_VAO=when, NGAY_RA=when, GT_THE_TU="20230101")
    lines = {"MNY-001", "MNY-002", "MNY-005", "MNY-006", "MNY-007", "MNY-008", "MNY-009"}
    return set(found(claims)) & lines


BY_ORDER = {  # 10 triệu, tỷ lệ 50, mức hưởng 80, nguồn khác 7 triệu trừ theo thứ tự
    "TYLE_TT_BH": "50", "THANH_TIEN_BV": "10000000", "THANH_TIEN_BH": "5000000",
    "T_NGUONKHAC": "7000000", "T_BNTT": "0", "T_BNCCT": "0", "T_BHTT": "3000000",
}  # fmt: skip
FOR_ALL = {  # hỗ trợ chung 3 triệu trừ khỏi thành tiền BV trước
    "TYLE_TT_BH": "50", "THANH_TIEN_BV": "10000000", "THANH_TIEN_BH": "3500000",
    "T_NGUONKHAC": "3000000", "T_BNTT": "3500000", "T_BNCCT": "700000", "T_BHTT": "2800000",
}  # fmt: skip
FOR_CO_PAYMENT = {  # nguồn khác trả thay phần cùng chi trả
    "TYLE_TT_BH": "50", "THANH_TIEN_BV": "10000000", "THANH_TIEN_BH": "5000000",
    "T_NGUONKHAC": "1000000", "T_BNTT": "5000000", "T_BNCCT": "0", "T_BHTT": "4000000",
}  # fmt: skip


@pytest.mark.parametrize("amounts", [BY_ORDER, FOR_ALL, FOR_CO_PAYMENT])
def test_all_three_ways_to_use_another_source_are_accepted_until_2024(amounts: Row) -> None:
    assert shares("20241231", **amounts) == set()


@pytest.mark.parametrize(
    ("amounts", "rules"),
    [
        (BY_ORDER, set()),
        (FOR_ALL, {"MNY-002"}),
        (FOR_CO_PAYMENT, {"MNY-007", "MNY-008"}),
    ],
)
def test_only_the_legal_order_is_accepted_from_2025(amounts: Row, rules: set[str]) -> None:
    assert shares("20250101", **amounts) == rules


def test_a_package_supply_of_2024_is_judged_only_above_its_share() -> None:
    row = line(
        "XML3", MA_NHOM="10", MA_VAT_TU="N06", GOI_VTYT="G1", T_TRANTT="105300000",
        SO_LUONG="1", DON_GIA_BV="90000000", DON_GIA_BH="90000000", THANH_TIEN_BV="90000000",
        THANH_TIEN_BH="90000000", T_BHTT="60000000", T_BNCCT="30000000", NGAY_YL="202408010830",
    )  # fmt: skip
    dates = {"NGAY_VAO": "202408010800", "NGAY_RA": "202408010900", "GT_THE_TU": "20240101"}
    assert found(claim([("XML3", row)], **dates)) == {}
    row.update(T_BHTT="80000000", T_BNCCT="10000000")
    assert set(found(claim([("XML3", row)], **dates))) == {"MNY-006"}


def test_a_visit_outside_insurance_is_not_judged_line_by_line() -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(T_BHTT="0", T_BNCCT="0", T_BNTT="0", TYLE_TT_BH="0", THANH_TIEN_BH="0")
    expired = {"GT_THE_DEN": "20240101", "MA_DOITUONG_KCB": "9", "MA_DKBD": "01009"}
    assert found(claim(lines, **expired)) == {}


@pytest.mark.parametrize("category", ["8", "9"])
def test_a_claim_that_asks_nothing_by_its_category_is_not_added_up(category: str) -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(T_BHTT="0", T_BNCCT="0", T_BNTT="0", THANH_TIEN_BH="0", THANH_TIEN_BV="90000")
    wrong = {"T_TONGCHI_BV": "1", "T_TONGCHI_BH": "5", "T_THUOC": "9", "T_VTYT": "7"}
    assert found(claim(lines, MA_DOITUONG_KCB=category, **wrong)) == {}


def test_a_five_year_date_still_to_come_is_no_finding() -> None:
    assert found(claim(four_lines(), NAM_NAM_LIEN_TUC="20270101")) == {}


@pytest.mark.parametrize("day", ["20251201", "20260105"])
def test_a_social_pension_card_is_never_accused(day: str) -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(MUC_HUONG="100", T_BNCCT="0", T_BHTT="100000", NGAY_YL=f"{day}0830")
    dates = {"NGAY_VAO": f"{day}0800", "NGAY_RA": f"{day}1600"}
    findings = judged(claim(lines, MA_THE_BHYT="LH4010000000001", **dates))
    assert {(f.rule, f.severity) for f in findings} <= {("BEN-019", "warning")}


def test_the_hospital_default_in_a_line_out_of_scope_is_no_finding() -> None:
    lines = four_lines()
    lines[0][1].update(PHAM_VI="2", TYLE_TT_BH="0", T_BHTT="0", T_BNCCT="0", T_BNTT="100000")
    assert found(claim(lines)) == {}


def test_transport_paid_in_full_is_no_finding() -> None:
    lines = four_lines()
    lines[1][1].update(MA_NHOM="12", T_BHTT="100000", T_BNCCT="0")
    assert found(claim(lines)) == {}
    lines[1][1]["MUC_HUONG"] = "100"
    assert found(claim(lines)) == {}


def test_a_police_card_with_costs_outside_the_list_is_no_finding() -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(PHAM_VI="3", MUC_HUONG="100", T_BHTT="100000", T_BNCCT="0", MA_PTTT="2")
    assert found(claim(lines, MA_THE_BHYT="CA5970000000001")) == {}


def test_a_newborn_with_a_temporary_card_is_no_finding() -> None:
    lines = four_lines()
    for _, row in lines:
        row.update(MUC_HUONG="100", T_BHTT="100000", T_BNCCT="0")
    card = {
        "MA_THE_BHYT": "TE101KT0000001", "MA_DKBD": "01000", "GT_THE_TU": "20250312",
        "GT_THE_DEN": "20310331", "NGAY_SINH": "202503100100",
    }  # fmt: skip
    assert found(claim(lines, **card)) == {}


@pytest.mark.parametrize(
    ("day", "cost", "rules"),
    [
        ("20240630", 269_999, set()),
        ("20240630", 270_000, {"BEN-001", "BEN-004"}),
        ("20240701", 350_999, set()),
        ("20240701", 351_000, {"BEN-001", "BEN-004"}),
        ("20260701", 379_499, set()),
        ("20260701", 379_500, {"BEN-001", "BEN-004"}),
    ],
)
def test_full_benefit_ends_at_exactly_15_percent(day: str, cost: int, rules: set[str]) -> None:
    when, money = f"{day}0830", str(cost)
    row = line(
        "XML3", SO_LUONG="1", DON_GIA_BV=money, DON_GIA_BH=money, THANH_TIEN_BV=money,
        THANH_TIEN_BH=money, MUC_HUONG="100", T_BHTT=money, T_BNCCT="0", NGAY_YL=when,
    )  # fmt: skip
    claims = claim([("XML3", row)], NGAY_VAO=when, NGAY_RA=when, GT_THE_TU="20240101")
    assert set(found(claims)) == rules


@pytest.mark.parametrize("full", [True, False])
def test_a_salary_change_inside_the_stay_warns_and_accuses_nobody(full: bool) -> None:  # noqa: FBT001
    row = line(
        "XML3", SO_LUONG="1", DON_GIA_BV="360000", DON_GIA_BH="360000", THANH_TIEN_BV="360000",
        THANH_TIEN_BH="360000", NGAY_YL="202606300830",
        **({"MUC_HUONG": "100", "T_BHTT": "360000", "T_BNCCT": "0"} if full
           else {"T_BHTT": "288000", "T_BNCCT": "72000"}),
    )  # fmt: skip
    claims = claim([("XML3", row)], NGAY_VAO="202606300800", NGAY_RA="202607011000")
    assert set(found(claims)) == {"BEN-018"}


def test_each_line_is_held_against_the_card_of_its_own_day() -> None:
    lines = four_lines()
    cards = {
        "MA_THE_BHYT": "GD4010000000001;HT3010000000001", "MA_DKBD": "01001;01001",
        "GT_THE_TU": "20250101;20250312", "GT_THE_DEN": "20250311;20251231",
        "MA_LOAI_KCB": "03", "NGAY_RA": "202503151000",
    }  # fmt: skip
    for _, row in lines[2:]:
        row.update(NGAY_YL="202503120830", MUC_HUONG="95", T_BHTT="95000", T_BNCCT="5000")
    assert found(claim(lines, **cards)) == {}
    lines[0][1].update(MUC_HUONG="95", T_BHTT="95000", T_BNCCT="5000")
    assert found(claim(lines, **cards)) == {"BEN-001": {"XML2/1"}, "BEN-015": {"XML2/1"}}
    overlapping = {**cards, "GT_THE_DEN": "20251231;20251231"}
    assert "BEN-001" not in found(claim(lines[3:], **overlapping))


@pytest.mark.parametrize("code", ["1.10", "1.11", "3.10", "1.1a"])
def test_a_category_is_never_matched_by_its_first_characters(code: str) -> None:
    elsewhere = {"MA_DKBD": "01009", "MA_DOITUONG_KCB": code}
    assert found(claim(four_lines(), **elsewhere)) == {}


def test_parts_of_cards_are_split_together_or_not_at_all() -> None:
    builder = ClaimSetBuilder()
    for start, end in [
        ("20250101;20250601", "20250531;"),
        ("20250101;20250601", "20250531"),
        ("20250101", "20251231"),
        ("2025", "20251231"),
    ]:
        cards = "GD4010000000001;HT3010000000001" if ";" in start else "GD4010000000001"
        row = claim_row(MA_THE_BHYT=cards, GT_THE_TU=start, GT_THE_DEN=end)
        builder.add_claim("a.xml", 1, {}, row)
    cards_of = split_cards(builder.build())
    assert cards_of.dated[cards_of.group].tolist() == [True, False, True, False]
    assert cards_of.last_day()[0] == NEVER
