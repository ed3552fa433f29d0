"""Hospital codes stand for the longest code of the lists that they begin with."""

from __future__ import annotations

import pytest

from giamdinh.checks import icd
from giamdinh.tables.codelists import code_list


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("I10", "I10"),
        ("e11.9", "E119"),
        ("E11.987", "E119"),
        ("A17.0+", "A170"),
        ("G01*", "G01"),
        ("A00.7", "A00"),
        ("ABC", ""),
        ("I1", ""),
        ("", ""),
    ],
)
def test_the_longest_listed_prefix_is_found(text: str, listed: str) -> None:
    assert icd.listed(text) == listed


def test_every_listed_code_stands_for_itself() -> None:
    codes = [row.code for row in code_list("icd10").rows if "." not in row.code]
    assert all(icd.listed(code) == code for code in codes)


def test_no_listed_code_looks_like_traditional_medicine() -> None:
    codes = {row.code for name in ("icd10", "icd10_tt06") for row in code_list(name).rows}
    assert not any(icd.traditional(code) for code in codes)


@pytest.mark.parametrize(
    ("code", "women", "men"),
    [("O80.9", True, False), ("C61", False, True), ("J02.9", False, False), ("N80", True, False)],
)
def test_sex_of_a_code_comes_from_the_list_or_all_its_subdivisions(
    code: str, *, women: bool, men: bool
) -> None:
    assert icd._only_of("2")(code) is women
    assert icd._only_of("1")(code) is men
