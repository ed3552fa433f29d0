"""What holds for every card: complete, its examples pass, and silent outside its dates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from giamdinh.resources import data_dir
from giamdinh.rules.cards import Rule, card_files, load_rules
from giamdinh.rules.context import FILE_TABLE, checks
from giamdinh.rules.examples import example_claims, run_example
from giamdinh.tables.values import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = load_rules()
DATED = [r for r in RULES.rules if FILE_TABLE not in r.fields]
CASES = [(rule, example) for rule in RULES.rules for example in rule.examples]
MAX_CARD_LINES = 120
COUNTS_VISITS = 250
MANY_ROWS = {"vuot_so_luot_mot_ban_kham", "so_nguoi_kham_it_hon_ban_kham"}
"""Checks of rules that count a day: an example needs as many rows as the law allows, and one."""


@pytest.mark.parametrize(
    ("rule", "example"), CASES, ids=[f"{r.code}-{i}" for i, (r, _) in enumerate(CASES)]
)
def test_example_is_as_its_card_says(rule: Rule, example: dict[str, object]) -> None:
    assert run_example(RULES, rule, example).faults == ()


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.code)
def test_card_is_complete(rule: Rule) -> None:
    assert all(text.text and text.at for text in rule.legal), "căn cứ cần `text` và `at`"
    assert "amount" in rule.source, 'cần `amount` (viết "0" khi không có tiền)'
    assert len(rule.fix) > 15, "`fix` phải nói cơ sở cần làm gì"
    assert rule.confidence == "high" or rule.uncertain, "cần `uncertain` khi chưa chắc"
    assert any(list(silent(rule))), "cần một dòng không vi phạm trong ví dụ"
    lines = len(Path(rule.path).read_text(encoding="utf-8").splitlines())
    assert lines <= (COUNTS_VISITS if rule.check in MANY_ROWS else MAX_CARD_LINES)


def silent(rule: Rule) -> Iterator[bool]:
    """For each example, whether it draws more rows than it hits."""
    for example in rule.examples:
        if FILE_TABLE in rule.fields:
            rows = len(str(example[FILE_TABLE]).strip().splitlines()) - 1
        else:
            claims = example_claims(rule, example)
            rows = sum(len(claims[table]) for table in rule.fields)
        yield rows > len(example.get("hits", []))


@pytest.mark.parametrize("rule", DATED, ids=lambda rule: rule.code)
def test_nothing_is_found_the_day_before_the_rule_begins(rule: Rule) -> None:
    before = moment(rule.start - 1).strftime("%Y%m%d%H%M")
    for example in rule.examples:
        tables = {k: v for k, v in example.items() if isinstance(v, str) and "|" in v}
        moved = {
            k: re.sub(r"\b(20[2-9][0-9])(0[1-9]|1[0-2])[0-3][0-9]([0-2][0-9][0-5][0-9])?\b",
                      lambda m: before[: len(m.group(0))], v)
            for k, v in tables.items()
        }  # fmt: skip
        quiet = {**example, **moved, "day": before[:8], "hits": [], "expected": {}, "amounts": {}}
        assert run_example(RULES, rule, quiet).faults == ()


def test_every_check_is_named_by_a_card_and_the_reverse() -> None:
    named = {rule.check for rule in RULES.rules if rule.check}
    assert set(checks()) == named


def test_no_card_file_is_left_out() -> None:
    assert len(card_files([data_dir("rules")])) == len(RULES.rules)


def test_families_and_number_of_rules() -> None:
    families = {rule.family for rule in RULES.rules}
    assert {
        "STR",
        "LNK",
        "MNY",
        "CRD",
        "BEN",
        "TIM",
        "DOC",
        "BED",
        "EXM",
        "DOCU",
        "ICD",
    } <= families
    assert len(RULES.rules) >= 100
