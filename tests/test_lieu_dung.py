"""The dosage texts of the official form are read exactly, all others are left alone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from giamdinh.checks.thuoc import Dose, dose_of, first_word


@pytest.mark.parametrize(
    ("text", "total", "days", "unit"),
    [
        ("1 viên/lần * 2 lần/ngày * 5 ngày [2 viên/ngày]", 10_000, 5, "viên"),
        ("01 Viên / lần * 02 lần / ngày * 05 ngày", 10_000, 5, "viên"),
        ("1viên/lần*2lần/ngày*5ngày[2viên/ngày]", 10_000, 5, "viên"),
        ("0,5 viên/lần x 3 lần/ngày x 7 ngày.", 10_500, 7, "viên"),
        ("1/2 gói/lần * 2 lần/ngày * 3 ngày", 3_000, 3, "gói"),
        ("1.5 ống/lần * 1 lần/ngày * 1 ngày", 1_500, 1, "ống"),
        ("1 * 2 * 5 [Viên/ngày]", 10_000, 5, "viên"),
        ("5 ml/lần * 2 lần/ngày * 5 ngày", 50_000, 5, "ml"),
        ("1 viên nén/lần * 2 lần/ngày * 5 ngày", 10_000, 5, "viên"),
    ],
)
def test_official_form_is_read(text: str, total: int, days: int, unit: str) -> None:
    dose = dose_of(text)
    assert dose is not None
    assert (dose.total, dose.days, dose.unit) == (total, days, unit)


def test_takes_of_part_of_a_unit_may_use_up_whole_units() -> None:
    dose = dose_of("1/2 ống/lần * 3 lần/ngày * 2 ngày")
    assert dose is not None
    assert (dose.total, dose.whole_takes) == (3_000, 6_000)


@pytest.mark.parametrize(
    "text",
    ["1 viên/lần * 2 lần/ngày * 5 ngày [3 viên/ngày]", "1/3 viên/lần * 1 lần/ngày * 1 ngày"],
)
def test_a_total_that_cannot_be_told_is_not_told(text: str) -> None:
    dose = dose_of(text)
    assert dose is not None
    assert dose.total == -1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uống khi đau",
        "Sáng 1 viên, chiều 1 viên",
        "2 lần * 5 ngày",
        "12g*1 thang*5 ngày",
        "1 viên/lần * 2 lần/ngày",
        "1 viên/lần * 2 lần/ngày * nhiều ngày",
        "1/0 viên/lần * 2 lần/ngày * x ngày",
        "99999999999999999999 viên/lần * 2 lần/ngày * 5 ngày",
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert dose_of(text) is None


def test_a_division_by_zero_is_a_dose_of_nothing() -> None:
    for text in ("1/0 viên/lần * 2 lần/ngày * 5 ngày", "1/00 viên/lần * 2 lần/ngày * 5 ngày"):
        assert dose_of(text) == Dose(0, 0, 5, "viên", Fraction(2))


def test_units_are_named_by_their_first_word() -> None:
    assert first_word("  Viên  nén bao phim ") == "viên"
