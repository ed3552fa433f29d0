"""Money and benefit rules against a second model of the same law, `tests.money_model`.

What the model calls right must give no finding, and one wrong number must give the rule about
that number, with the value that the model calls right.
"""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Finding, Findings
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from tests.money_model import (
    NOTHING,
    OTHER,
    PARTS,
    UNSETTLED_WHEN_CHEAP,
    Line,
    Row,
    Sheet,
    Visit,
    charged_ways,
    insured_ways,
    level,
    number,
    percent,
    rounded,
    salary,
    share_ways,
    sheet,
    some_visit,
    texts,
)

MONTHS = ("202311", "202408", "202503", "202603", "202609")
LINE_RULES = {  # trường → mã quy tắc của XML2, của XML3
    "THANH_TIEN_BV": ("MNY-001", "MNY-003"),
    "THANH_TIEN_BH": ("MNY-002", "MNY-004"),
    "T_BHTT": ("MNY-006", "MNY-006"),
    "T_BNCCT": ("MNY-007", "MNY-007"),
    "T_BNTT": ("MNY-008", "MNY-008"),
    OTHER: ("MNY-005", "MNY-005"),
}
TOTAL_RULES = {
    "T_THUOC": "MNY-010",
    "T_VTYT": "MNY-011",
    "T_TONGCHI_BV": "MNY-012",
    "T_TONGCHI_BH": "MNY-013",
    "T_BNTT": "MNY-014",
    "T_BNCCT": "MNY-015",
    "T_BHTT": "MNY-016",
    "T_NGUONKHAC": "MNY-018",
    "T_BHTT_GDV": "MNY-019",
}
every_month = pytest.mark.parametrize("month", MONTHS)


@cache
def rules() -> RuleSet:
    return load_rules().chosen(["MNY", "BEN"])


def audited(sheets: list[Sheet]) -> dict[int, list[Finding]]:
    """Findings by position of the claim."""
    builder = ClaimSetBuilder()
    for at, own in enumerate(sheets):
        key = {"MA_LK": str(at)}
        index = builder.add_claim("a.xml", at + 1, {}, key | texts(own.head))
        for table, row in own.rows:
            builder.add_row(table, index, key | texts(row))
    found = Findings()
    runner = Runner(rules(), Catalogues.from_tables({}), found, pandera=False)
    runner.run(builder.build())
    assert not [o for o in runner.outcomes(found) if o.status == "error"]
    out: dict[int, list[Finding]] = {}
    for finding in found:
        out.setdefault(int(finding.claim), []).append(finding)
    return out


def seeded(what: str, month: str) -> random.Random:
    return random.Random(f"{what} {month}")  # noqa: S311 - the same cases every time


@every_month
def test_claims_that_the_model_calls_right_have_no_finding(month: str) -> None:
    dice = seeded("đúng", month)
    visits = [some_visit(dice, month) for _ in range(500)]
    wrong = audited([sheet(visit) for visit in visits])
    assert [(visits[at], f.rule, f.row, f.message) for at, fs in wrong.items() for f in fs] == []


def line_ways(visit: Visit, at: int, row: Row, field: str) -> list[Fraction]:
    """Every value of a field that some decision of the day allows."""
    line, version = visit.lines[at], visit.version
    if field == "THANH_TIEN_BV":
        return charged_ways(line, version)
    if field == "THANH_TIEN_BH":
        ways = insured_ways(line, version, number(row, "THANH_TIEN_BV"), number(row, OTHER))
        return ways if number(row, OTHER) else ways[:2]
    if field == OTHER:
        return [sum((number(row, f"{OTHER}_{part}") for part in PARTS), NOTHING)]
    return share_ways(row, version)[field]


def at_stake(field: str, row: Row, head: Row, right: Fraction) -> Fraction:
    """Money that the wrong field of a line puts at risk."""
    wrong = number(row, field) - right
    paid = number(row, "T_BHTT")
    whole = {"THANH_TIEN_BV": paid, "T_BNTT": NOTHING, "T_BNCCT": abs(wrong), OTHER: abs(wrong)}
    return min(whole.get(field, max(wrong, NOTHING)), paid, number(head, "T_BHTT"))


def one_wrong_line(dice: random.Random, month: str) -> tuple[Sheet, Visit, int, str]:
    """A claim with one wrong number in a line that the fund pays, beyond every tolerance."""
    while True:
        visit = replace(some_visit(dice, month), whole=False, by_formula=False)
        own = sheet(visit)
        at = dice.randrange(len(own.rows))
        row, field = own.rows[at][1], dice.choice(tuple(LINE_RULES))
        by = Fraction(dice.choice((102, 500, 100_000, 5_000_050)), 100)
        value = number(row, field) + dice.choice((by, by, -by))
        line = visit.lines[at]
        judged = line.group != "12" and line.scope == "1" and not line.ceiling
        if not judged or not number(row, "T_BHTT") or value < 0:
            continue
        row[field] = value
        if all(abs(value - way) > 1 for way in line_ways(visit, at, row, field)):
            return own, visit, at, field


@every_month
def test_one_wrong_number_in_a_line_gives_its_rule_and_its_right_value(month: str) -> None:
    dice = seeded("dòng", month)
    cases = [one_wrong_line(dice, month) for _ in range(300)]
    found = audited([own for own, *_ in cases])
    for claim, (own, visit, at, field) in enumerate(cases):
        table, row = own.rows[at]
        rule = LINE_RULES[field][table == "XML3"]
        hits = [f for f in found.get(claim, []) if (f.rule, f.row) == (rule, at + 1)]
        assert [f.table for f in hits] == [table], (rule, field, visit, row)
        right = Fraction(hits[0].expected)
        assert right in line_ways(visit, at, row, field), (rule, hits[0], row)
        assert Fraction(hits[0].amount, 100) == at_stake(field, row, own.head, right)


@every_month
def test_one_wrong_total_gives_its_rule_the_sum_and_the_difference(month: str) -> None:
    dice = seeded("tổng", month)
    cases = []
    for _ in range(150):
        own = sheet(some_visit(dice, month, plain=True))
        field = dice.choice(tuple(TOTAL_RULES))
        by = Fraction(dice.choice((110, 5000, 900_000)), 100)
        own.head[field] = number(own.head, field) + by
        cases.append((own, field, by))
    found = audited([own for own, *_ in cases])
    for claim, (own, field, by) in enumerate(cases):
        hits = [f for f in found.get(claim, []) if f.rule == TOTAL_RULES[field]]
        if field == "T_BHTT_GDV" and str(own.head["MA_THE_BHYT"]).startswith("QN"):
            assert hits == []
            continue
        assert [Fraction(f.expected) + by for f in hits] == [own.head[field]], (field, own)
        money = NOTHING if field == "T_BNTT" else min(by, number(own.head, "T_BHTT"))
        assert Fraction(hits[0].amount, 100) == money


@every_month
def test_a_difference_of_one_dong_in_any_number_is_nobodys_error(month: str) -> None:
    dice = seeded("sai số", month)
    sheets = []
    for _ in range(200):
        own = sheet(some_visit(dice, month, plain=True))
        row = dice.choice((own.head, dice.choice(own.rows)[1]))
        field = dice.choice(tuple(TOTAL_RULES if row is own.head else LINE_RULES))
        row[field] = number(row, field) + 1
        sheets.append(own)
    found = [f for fs in audited(sheets).values() for f in fs if f.severity == "error"]
    # Dòng ngoài phạm vi mà quỹ trả, dù một đồng, không phải là chuyện sai số.
    assert {f.rule for f in found} <= {"MNY-028"}


def entitled(visit: Visit, own: Sheet) -> Fraction:
    return percent(visit, number(own.head, "T_TONGCHI_BH"))


@every_month
def test_a_percent_above_the_entitlement_gives_the_percent_and_what_is_beyond(month: str) -> None:
    dice = seeded("mức", month)
    cases: list[tuple[Visit, Fraction, Fraction, Sheet]] = []
    while len(cases) < 150:
        visit = some_visit(dice, month, plain=True)
        right = entitled(visit, sheet(visit))
        above = [p for p in (40, 80, 95, 100) if p >= right + 1]
        if above:
            rate = Fraction(dice.choice(above))
            cases.append((visit, right, rate, sheet(visit, rate)))
    found = audited([own for *_, own in cases])
    for claim, (visit, right, rate, own) in enumerate(cases):
        partial = "BEN-006" if visit.category == "3.1" else "BEN-008"
        rule = "BEN-001" if visit.part == 100 else partial
        hits = {f.row: f for f in found.get(claim, []) if f.rule == rule}
        asked = {
            n: number(row, "T_BHTT")
            for n, (_, row) in enumerate(own.rows, 1)
            if number(row, "T_BHTT") and row["MA_NHOM"] != "12"
        }
        assert set(hits) == set(asked), (rule, visit, right, rate)
        for n, paid in asked.items():
            assert Fraction(hits[n].expected) == right
            assert Fraction(hits[n].amount, 100) == rounded(paid * (rate - right) / rate)
        large = any(f.rule == "BEN-004" for f in found.get(claim, []))
        assert large == (bool(asked) and visit.part == 100 and rate == 100)


@every_month
def test_a_co_payment_of_a_cheap_visit_or_of_a_free_card_is_a_warning(month: str) -> None:
    dice = seeded("thu", month)
    cases: list[tuple[Visit, Sheet]] = []
    while len(cases) < 60:
        visit = some_visit(dice, month, plain=True)
        own = sheet(visit, Fraction(80))
        settled = visit.part == 100 and visit.category not in UNSETTLED_WHEN_CHEAP
        if settled and entitled(visit, own) == 100 and number(own.head, "T_BNCCT") > 2:
            cases.append((visit, own))
    found = audited([own for _, own in cases])
    for claim, (visit, _) in enumerate(cases):
        rule = "BEN-009" if level(visit.card, visit.left) == 100 else "BEN-003"
        hits = {f.rule: f.severity for f in found.get(claim, [])}
        assert set(hits.values()) == {"warning"}
        assert {rule} <= set(hits) <= {rule, "BEN-007"}, visit


def of_cost(cost: int, arrived: str, left: str) -> Visit:
    line = Line("XML3", "2", Fraction(1), Fraction(cost), Fraction(cost), 100, 100)
    return Visit(arrived, left, "1.1", "03", 100, "GD4", (line,))


@pytest.mark.parametrize("day", ["20240630", "20240701", "20260630", "20260701"])
def test_the_co_payment_begins_at_exactly_15_percent_of_the_base_salary(day: str) -> None:
    limit = salary(day) * 15 // 100
    below, at = of_cost(limit - 1, day, day), of_cost(limit, day, day)
    assert [entitled(v, sheet(v)) for v in (below, at)] == [100, 80]
    sheets = [sheet(below), sheet(at), sheet(at, Fraction(100)), sheet(below, Fraction(80))]
    found = {n: {f.rule for f in fs} for n, fs in audited(sheets).items()}
    assert found == {2: {"BEN-001", "BEN-004"}, 3: {"BEN-003"}}


@pytest.mark.parametrize(("arrived", "left"), [("20240628", "20240702"), ("20260630", "20260701")])
def test_a_base_salary_that_changes_inside_the_stay_accuses_neither_reading(
    arrived: str, left: str
) -> None:
    old, new = salary(arrived) * 15 // 100, salary(left) * 15 // 100
    rates = (Fraction(80), Fraction(100))
    sheets = [
        sheet(of_cost(cost, arrived, left), rate)
        for cost in (old - 1, old, new - 1, new)
        for rate in rates
    ]
    found = {n: {(f.rule, f.severity) for f in fs} for n, fs in audited(sheets).items()}
    doubt, late = {("BEN-018", "warning")}, {("BEN-001", "error"), ("BEN-004", "error")}
    assert found == {0: {("BEN-003", "warning")}, 2: doubt, 3: doubt, 4: doubt, 5: doubt, 7: late}
