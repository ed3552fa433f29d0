from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giamdinh.catalogues.cells import (
    cell_text,
    day_text,
    facility_text,
    minutes_of,
    number_text,
    partial_day_text,
    plain,
)
from giamdinh.tables.values import moment


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (" 0012 ", "0012"),
        (12.0, "12"),
        (123456789012.0, "123456789012"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (date(2026, 4, 1), "20260401"),
        (datetime(2026, 4, 1), "20260401"),  # noqa: DTZ001
        (datetime(2026, 4, 1, 7, 30), "202604010730"),  # noqa: DTZ001
        (time(7, 30), "07:30"),
        (True, "1"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
    ],
)
def test_a_cell_becomes_the_text_of_the_claim_format(cell: object, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    "written",
    [
        "20260401", "01/04/2026", "1/4/2026", "01-04-2026", "1.4.2026", "2026-04-01",
        "2026-04-01 00:00:00", "01/04/2026 12:00:00 SA", "202604010730", "20260401.0", "01042026",
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_usual_writing(written: str) -> None:
    assert day_text(written) == "20260401"


@pytest.mark.parametrize(
    "written", ["", "31/02/2026", "20261301", "46113", "abc", "2026", "4/2026"]
)
def test_what_is_no_day_is_not_guessed(written: str) -> None:
    assert day_text(written) is None


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)))
def test_days_survive_every_writing(day: date) -> None:
    compact = f"{day.year:04d}{day.month:02d}{day.day:02d}"
    assert day_text(f"{day.day}/{day.month}/{day.year:04d}") == compact
    assert day_text(day.isoformat()) == compact
    assert moment(minutes_of(compact)).date() == day


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1980", "19800000"), ("198000000000", "19800000"), ("05/1980", "19800500"),
        ("19800500", "19800500"), ("02/05/1980", "19800502"), ("không rõ", ""),
    ],
)  # fmt: skip
def test_a_partial_day_keeps_what_is_known(written: str, text: str) -> None:
    assert partial_day_text(written) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1234567", "1234567"), ("1.234.567", "1234567"), ("1,234,567.50", "1234567.50"),
        ("1.234.567,5", "1234567.5"), ("12,5", "12.5"), ("12,500", "12500"), ("12.500", "12.500"),
        ("1 234", "1234"), ("-3", "-3"), ("abc", None), ("1,2,3", None), ("nan", None),
        ("1e5", None),
    ],
)  # fmt: skip
def test_a_number_loses_its_group_marks(written: str, text: str | None) -> None:
    assert number_text(written) == text


def test_headers_compare_without_case_diacritics_and_marks() -> None:
    assert plain("Mã khoa (*)") == plain("MA_KHOA") == plain(" ma khoa ")
    assert plain("Đơn giá") == plain("DON_GIA")


def test_a_facility_code_gets_its_leading_zero_back() -> None:
    assert facility_text("1001") == "01001"
    assert facility_text("79a15") == "79A15"
