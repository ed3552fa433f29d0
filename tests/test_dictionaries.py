"""Answers about the distinct texts of a batch are those that each text alone would give."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giamdinh.rules import texts
from giamdinh.rules.cards import load_rules
from giamdinh.rules.dictionaries import Dictionaries
from giamdinh.rules.vectors import Texts

if TYPE_CHECKING:
    from giamdinh.rules.nodes import Node

WORDS = st.lists(st.text("AB14;. \nđZ", max_size=6).map(str.strip), unique=True, max_size=8)
PATTERNS = (".*", "A.*", "..4.*", "(A|B1).*", "(AB|B[14]|[AB]14).*", "AB14.*", "[AB]+", "(AB.*)?")


def vector(words: list[str]) -> Texts:
    """Every word, and behind them a row where nothing is written."""
    return Texts(np.array([*range(len(words)), -1], np.int32), words)


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(words=WORDS)
def test_a_pattern_sees_the_whole_of_every_text(pattern: str, words: list[str]) -> None:
    fits = re.compile(pattern).fullmatch
    expected = {
        ("matches", pattern): [bool(fits(word)) for word in words],
        ("every", pattern, ";"): [all(map(fits, parts(word))) for word in words],
        ("some", pattern, ";"): [any(map(fits, parts(word))) for word in words],
    }
    for value, answers in expected.items():
        truth = Dictionaries().test(vector(words), value)
        assert truth.yes.tolist() == [*answers, False]
        assert truth.no.tolist() == [*(not answer for answer in answers), False]


@given(words=WORDS, start=st.integers(0, 4), stop=st.integers(0, 4))
def test_a_change_is_that_of_every_text(words: list[str], start: int, stop: int) -> None:
    expected = {
        ("slice", start, stop): [word[start:stop] for word in words],
        ("nth", 0, ";"): [next(iter(parts(word)), "") for word in words],
        (("nth", 0, ";"), ("slice", start, stop)): [
            next(iter(parts(word)), "")[start:stop] for word in words
        ],
        ("fold",): [" ".join(unicodedata.normalize("NFC", w).casefold().split()) for w in words],
    }
    for value, changed in expected.items():
        found = Dictionaries().map(vector(words), value)
        assert [*found.texts, ""][found.codes[-1]] == ""
        assert [found.texts[i] if i >= 0 else "" for i in found.codes[:-1]] == changed


@given(left=WORDS, right=WORDS)
def test_equal_texts_of_two_lists_have_equal_codes(left: list[str], right: list[str]) -> None:
    a, b = Dictionaries().joined(vector(left), vector(right))
    same = {(i, j) for i, word in enumerate(left) for j, other in enumerate(right) if word == other}
    codes = {(i, j) for i in range(len(left)) for j in range(len(right)) if a[i] == b[j]}
    assert codes == same


@given(left=WORDS, right=WORDS)
def test_a_choice_between_two_lists_keeps_the_text_of_each_row(
    left: list[str], right: list[str]
) -> None:
    first, second, words = Dictionaries().merged(vector(left), vector(right))
    assert [words[code] for code in first[:-1]] == left
    assert [words[code] for code in second[:-1]] == right
    assert first[-1] == second[-1] == -1


def test_heads_decide_patterns_of_the_rules() -> None:
    """Otherwise the shortcut would be there for nothing."""
    nodes: list[Node] = [c.when for r in load_rules().rules for c in r.clauses if c.when]
    values: set[Any] = set()
    while nodes:
        node = nodes.pop()
        nodes += node.args
        if node.op in {"test", "map"} and texts.by_head(node.value):
            values.add(node.value)
    assert len(values) > 5
