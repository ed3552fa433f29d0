"""Row programs hit exactly the rows that the evaluator's conditions hold on."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giamdinh.bench import rows as workload
from giamdinh.kernels import chuong_trinh as machine
from giamdinh.read import read_claims
from giamdinh.read.ledger import Ledger
from giamdinh.rules import programs as under_test
from giamdinh.rules.cards import Clause, Rule, RuleSet, load_rules
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.examples import example_claims
from giamdinh.rules.expr import parse
from giamdinh.rules.programs import RowPrograms
from giamdinh.rules.programs_bind import bound
from giamdinh.rules.programs_plan import plans
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder
from giamdinh.tables.values import day_minutes
from tests.commands import run as command
from tests.oracle import generators
from tests.oracle.mixing import ODD, Rows, built, columns, plain
from tests.oracle.test_differential import SYMBOLS, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.oracle.slow import Claim

    Hits = dict[tuple[str, int], list[int]]

RULES = load_rules()
WRITTEN = [rule for rule in RULES.rules if any(clause.when for clause in rule.clauses)]
EXAMPLES = 5000 if os.environ.get("GIAMDINH_NIGHTLY") else 80
ALWAYS = (0, 2**62)
ROW = {"SO_LUONG": "2", "DON_GIA_BV": "1000", "THANH_TIEN_BV": "2000", "MA_NHOM": "4"}


def rule(text: str, table: str = "XML3", period: tuple[int, int] = ALWAYS, by: str = "NGAY_RA",
         code: str = "THU-001") -> Rule:  # fmt: skip
    when = parse(text, table, by, SYMBOLS)
    clause = Clause(table, *period, when, None, None, "", {})
    return Rule(
        code=code, title="", title_en="", severity="info", tt12="k", confidence="high",
        uncertain="", legal=(), start=0, end=2**62, by=by, needs=(), fields={table: ""},
        clauses=(clause,), check="", fix="", examples=(), path="", source={}, across=False, rows={},
    )  # fmt: skip


def rule_set(*rules: Rule) -> RuleSet:
    return RuleSet(rules, SYMBOLS.parameters, "")


def by_evaluator(rules: RuleSet, claims: ClaimSet) -> Hits:
    evaluator = Evaluator(claims, rules.parameters)
    hits: Hits = {}
    for one in rules.rules:
        for position, clause in enumerate(one.clauses):
            if clause.when is not None:
                when = evaluator.dates(clause.table, one.by)
                start, end = max(one.start, clause.start), min(one.end, clause.end)
                inside = when.valid & (when.values >= start) & (when.values <= end)
                yes = evaluator.truth(clause.when).yes & inside
                hits[one.code, position] = np.flatnonzero(yes).tolist()
    return hits


def by_program(rules: RuleSet, claims: ClaimSet) -> Hits:
    evaluator = Evaluator(claims, rules.parameters)
    found = RowPrograms(rules, forced=True).run(evaluator)
    return {key: rows.tolist() for key, rows in found.items()}


def same(rules: RuleSet, claims: ClaimSet) -> Hits:
    """The hits of the programs, after comparing them with the evaluator's."""
    expected, found = by_evaluator(rules, claims), by_program(rules, claims)
    assert {key: expected[key] for key in found} == found
    return found


def lines(*rows: dict[str, str], xml1: dict[str, str] | None = None, parent: int = 0) -> ClaimSet:
    builder = ClaimSetBuilder()
    stay = {"NGAY_VAO": "202503100700", "NGAY_RA": "202503101500", **(xml1 or {})}
    builder.add_claim("a.xml", 1, {"NGAYLAP": "20250311"}, stay)
    for row in rows:
        builder.add_row("XML3", parent, row)
    return builder.build()


def hits_of(text: str, claims: ClaimSet, **more: object) -> list[int] | None:
    return same(rule_set(rule(text, **more)), claims).get(("THU-001", 0))  # type: ignore[arg-type]


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    rules = []
    for number in range(draw(st.integers(1, 4))):
        table = draw(st.sampled_from(TABLES))
        text = draw(generators.expressions("bool", table, 3))
        start = draw(st.sampled_from([0, day_minutes_of(2025, 3, 10), day_minutes_of(2026, 1, 1)]))
        by = draw(st.sampled_from(["NGAY_RA", "NGAY_VAO"]))
        rules.append(rule(text, table, (start, 2**62), by, f"THU-{number:03}"))
    return rule_set(*rules)


def day_minutes_of(year: int, month: int, day: int) -> int:
    from datetime import date

    return day_minutes(date(year, month, day))


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(rule_sets(), generators.claims())
def test_generated_conditions_hit_the_same_rows(rules: RuleSet, claims: list[Claim]) -> None:
    same(rules, built([dict(claim.tables) for claim in claims]))


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: one.code)
def test_every_card_hits_the_same_rows_of_its_examples(one: Rule) -> None:
    alone = RuleSet((one,), RULES.parameters, "")
    for example in one.examples:
        same(alone, example_claims(one, example))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> list[Rows]:
    folder: Path = tmp_path_factory.mktemp("month")
    command("sample", str(folder), "--seed", "4", "--claims", "60", "--errors")
    (claims,) = read_claims([folder / "ho_so"], Ledger())
    return plain(claims)


def mutated(claims: list[Rows], share: float, seed: int) -> ClaimSet:
    """Some cells exchanged for others of the same column or for odd values."""
    chance = random.Random(seed)  # noqa: S311 - test data
    known = columns(claims)
    for claim in claims:
        for table, rows in claim.items():
            for row in rows:
                for field in row:
                    if chance.random() < share:
                        row[field] = chance.choice([*known[table, field], *ODD])
    return built(claims)


@pytest.mark.parametrize("share", [0, 0.02, 0.3])
def test_all_cards_hit_the_same_rows_of_a_mutated_month(month: list[Rows], share: float) -> None:
    claims = [{t: [dict(row) for row in rows] for t, rows in claim.items()} for claim in month]
    found = same(RULES, mutated(claims, share, 7))
    assert sum(map(len, found.values())) > 20
    assert len(found) > 150


def test_many_blocks_give_what_whole_columns_give() -> None:
    claims = workload.claim_set(3 * under_test.BLOCK + 17)
    by_numpy = workload.by_numpy(claims)()
    found = workload.by_programs(claims)()
    assert [rows.tolist() for rows in found] == [rows.tolist() for rows in by_numpy]
    assert sum(rows.size > 0 for rows in found) > 50


@pytest.mark.nightly
def test_the_ideal_loops_of_the_benchmark_give_the_same() -> None:
    claims = workload.claim_set(10_000)
    ideal = workload.Ideal(claims)
    ideal.run()
    expected = [rows.tolist() for rows in ideal.hits()]
    assert [rows.tolist() for rows in workload.by_programs(claims)()] == expected


@pytest.mark.nightly
def test_compiled_machine_gives_what_its_python_gives() -> None:
    claims = workload.claim_set(300)
    (plan,) = plans(workload.rule_set().rules).values()
    program = bound(plan, Evaluator(claims, {}))
    block = under_test._Block(program, claims["XML3"].parent)
    given_out = []
    for run in (machine.run_block.compiled, machine.run_block.python):
        block._load(0, 300)
        hits = np.zeros(len(program.kept) * 300, np.int32)
        counts = np.zeros(len(program.kept), np.int64)
        found = run(program.layout.program, block.ints, block.bits, block.eights, block.codes,
                    program.luts, 300, hits, counts)  # fmt: skip
        given_out.append((hits[:found].tolist(), counts.tolist()))
    assert given_out[0] == given_out[1]


HUGE = "9" * 15
PRODUCTS = [
    f"SO_LUONG * DON_GIA_BV {op} THANH_TIEN_BV" for op in ("==", "!=", "<", "<=", ">", ">=")
]


@pytest.mark.parametrize("text", [*PRODUCTS, "abs(SO_LUONG * DON_GIA_BV - THANH_TIEN_BV) > 1"])
def test_a_product_beyond_64_bits_is_left_to_the_evaluator(text: str) -> None:
    huge = {"SO_LUONG": HUGE, "DON_GIA_BV": HUGE, "THANH_TIEN_BV": HUGE}
    assert hits_of(text, lines(ROW, huge)) is None
    assert hits_of(text, lines(ROW, {**ROW, "SO_LUONG": "3"})) is not None


@pytest.mark.parametrize(
    "text",
    [
        "SO_LUONG * 1000000000000 > DON_GIA_BV * 1000000000000",
        "SO_LUONG + DON_GIA_BV + THANH_TIEN_BV + T_BHTT + T_BNTT + T_BNCCT < 5",
        "abs(SO_LUONG) * abs(DON_GIA_BV) >= 0",
        "-SO_LUONG * DON_GIA_BV < -99999999999999999999999999",
        "least(SO_LUONG, 99999999999999999999) == SO_LUONG",
        "(SO_LUONG if DON_GIA_BV > 5 else 99999999999999999999) > 1000",
        "round(THANH_TIEN_BV, 0) == THANH_TIEN_BV",
        "floor(-THANH_TIEN_BV, 0) == -THANH_TIEN_BV",
        "SO_LUONG < 99999999999999999999",
        "99999999999999999999 <= SO_LUONG",
    ],
)
@pytest.mark.parametrize("value", ["4611686018427387", "999999999999999", "-999999999999999", "7"])
def test_values_at_the_edge_of_64_bits_hit_the_same_rows(text: str, value: str) -> None:
    row = dict.fromkeys(("SO_LUONG", "DON_GIA_BV", "THANH_TIEN_BV", "T_BHTT"), value)
    same(rule_set(rule(text)), lines(ROW, row, {**row, "SO_LUONG": "1"}))


@pytest.mark.parametrize("digits", [0, 1])
def test_halves_are_rounded_away_from_zero(digits: int) -> None:
    halves = ["0.05", "0.15", "0.5", "1.5", "-0.5", "-1.5", "-0.49", "0.49", "-0.05", "2", "-2.51"]
    claims = lines(*({"THANH_TIEN_BV": text} for text in halves))
    for edge in ("0", "1", "2", "-1", "-2", "0.1", "0.2", "-0.1"):
        assert hits_of(f"round(THANH_TIEN_BV, {digits}) == {edge}", claims) is not None
        assert hits_of(f"floor(THANH_TIEN_BV, {digits}) <= {edge}", claims) is not None


def test_a_table_without_rows_is_left_to_the_evaluator() -> None:
    assert hits_of("SO_LUONG > 0", lines()) is None
    assert same(rule_set(rule("SO_LUONG > 0")), ClaimSetBuilder().build()) == {}


def test_a_table_with_rows_of_no_claim_is_left_to_the_evaluator() -> None:
    builder = ClaimSetBuilder()
    builder.add_claim("a.xml", 1, {}, {"NGAY_RA": "202503101500"})
    builder.add_row("XML3", 0, ROW)
    builder.add_row("XML3", -1, ROW)
    assert hits_of("SO_LUONG > 0", builder.build()) is None


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("SO_LUONG > 0", []),
        ("missing(SO_LUONG)", [0, 1]),
        ("not (SO_LUONG > 0)", []),
        ('missing(MA_NHOM) or MA_NHOM == "4"', [0, 1]),
        ("coalesce(SO_LUONG, 5) == 5", [0, 1]),
        ('MA_NHOM != "4"', []),
    ],
)  # fmt: skip
def test_columns_that_are_missing_throughout_decide_as_missing(text: str, hits: list[int]) -> None:
    assert hits_of(text, lines({"MA_DICH_VU": "A"}, {"MA_DICH_VU": "B"})) == hits


def dated(*days: str) -> ClaimSet:
    builder = ClaimSetBuilder()
    for number, day in enumerate(days):
        stay = {"NGAY_VAO": f"{day}0700", "NGAY_RA": f"{day}1500", "T_BHTT": "300000",
                "MA_LOAI_KCB": "01", "MA_DOITUONG_KCB": "1"}  # fmt: skip
        builder.add_claim("a.xml", number + 1, {"NGAYLAP": day}, stay)
        builder.add_row("XML3", number, ROW)
    return builder.build()


DATED = [
    "SO_LUONG < LUONG_CO_SO",
    "SO_LUONG * 1000000 > LUONG_CO_SO",
    "MA_NHOM in NHOM_GIUONG or SO_LUONG > 0",
    'MA_NHOM in list("ma_nhom")',
    'XML1.MA_LOAI_KCB not in list("ma_loai_kcb")',
    'all_in(parts(MA_NHOM), list("ma_nhom"))',
]


@pytest.mark.parametrize("text", DATED)
@pytest.mark.parametrize(
    "days",
    [("20250310", "20250311"), ("20230620", "20230701"), ("20180101", "20250310"), ("20260701",)],
)
def test_law_that_changes_within_a_batch_hits_the_same_rows(text: str, days: Sequence[str]) -> None:
    assert hits_of(text, dated(*days)) is not None


def test_a_clause_out_of_force_hits_nothing() -> None:
    period = day_minutes_of(2024, 1, 1), day_minutes_of(2024, 12, 31)
    assert hits_of("SO_LUONG > 0", dated("20250310"), period=period) == []
    assert hits_of("SO_LUONG > 0", dated("20240310", "20250310"), period=period) == [0]


def test_more_tests_of_one_text_than_a_table_has_bits() -> None:
    rules = [rule(f'starts(MA_NHOM, "{i}")', code=f"THU-{i:03}") for i in range(1, 150)]
    rows = [{"MA_NHOM": str(i)} for i in range(1, 160)]
    found = same(rule_set(*rules), lines(*rows))
    assert all(found[one.code, 0] for one in rules)


def test_few_rows_do_not_bring_the_machine_in() -> None:
    programs = RowPrograms(rule_set(rule("SO_LUONG > 0")))
    assert programs.run(Evaluator(lines(ROW), {})) == {}
