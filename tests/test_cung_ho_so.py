"""Checks within one claim: windows of time, hours in words, supplies beside their services."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.catalogues import Catalogues
from giamdinh.checks.gio_lam_viec import WEEK, outside, week_of
from giamdinh.findings import Findings
from giamdinh.kernels.cua_so import kinds_within
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from giamdinh.tables.values import DAY, day_minutes, minutes

RULES = load_rules()
Row = dict[str, str]
VISITS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 3)), max_size=14)


def hits(code: str, claims: dict[str, dict[str, list[Row]]], lists: Catalogues | None = None,
         ) -> set[tuple[str, str, int]]:  # fmt: skip
    """Claim, table and row number of every finding of a rule."""
    builder = ClaimSetBuilder()
    for number, (key, tables) in enumerate(claims.items(), 1):
        head = {"MA_LK": key, "T_BHTT": "999999999", **(tables.get("XML1") or [{}])[0]}
        index = builder.add_claim("a.xml", number, {}, head)
        for table, rows in tables.items():
            for i, row in enumerate(rows if table != "XML1" else [], 1):
                builder.add_row(table, index, {"STT": str(i), "T_BHTT": "1000", **row})
    findings = Findings()
    one = RuleSet((RULES.by_code[code],), RULES.parameters, "")
    runner = Runner(one, lists or Catalogues.from_tables({}), findings, pandera=False)
    runner.run(builder.build())
    assert runner.outcomes(findings)[0].status != "error"
    return {(finding.claim, finding.table, finding.row) for finding in findings}


@given(VISITS, st.integers(0, 20))
def test_kinds_in_a_window_are_those_of_the_rows_in_it(
    rows: list[tuple[int, int, int]], width: int
) -> None:
    rows = sorted(rows)
    group, when, kind = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    own = group * 4 + kind
    _, own = np.unique(own, return_inverse=True)
    twin = [
        len({k for g, t, k in rows[: i + 1] if g == rows[i][0] and rows[i][1] - t <= width})
        for i in range(len(rows))
    ]
    widths = np.full(group.size, width, np.int64)
    assert kinds_within(group, when, own.astype(np.int64), widths).tolist() == twin


def test_the_compiled_window_agrees_with_the_plain_one() -> None:
    rng = np.random.default_rng(5)
    group = np.sort(rng.integers(0, 20, 300))
    when = np.concatenate([np.sort(rng.integers(0, 90, n)) for n in np.bincount(group)])
    _, kind = np.unique(group * 9 + rng.integers(0, 9, 300), return_inverse=True)
    args = (group, when, kind.astype(np.int64), np.full(300, 15))
    assert kinds_within.compiled(*args).tolist() == kinds_within.python(*args).tolist()


@pytest.mark.parametrize(
    ("days", "hours", "open_hours"),
    [
        ("2-6", "07:30-16:30", 5 * 9),
        ("2-8", "00:00-23:59", 7 * 24),
        ("", "T2-CN 00:00-24:00", 7 * 24),
        ("T2-T6 07:00-17:00; T7 07:00-11:30", "", 5 * 10 + 4.5),
        ("2,3,4,5,6", "7h30-11h30;13h30-17h", 5 * 7.5),
        ("Thứ 2 đến thứ 6", "Sáng 7h - 11h30, chiều 13:00-16:30", 5 * 8),
        ("CN", "19:00-07:00", 12),
        ("6-2", "08:00-09:00", 4),
        ("2-6", "24/24", 5 * 24),
        ("Thứ 2, thứ 4; CN", "07:00-11:00", 3 * 4),
    ],
)
def test_hours_as_people_write_them(days: str, hours: str, open_hours: float) -> None:
    week = week_of(days, hours)
    assert week is not None
    assert open_hours * 60 <= week.sum() + 7
    assert week.sum() <= open_hours * 60 + 15


@pytest.mark.parametrize(
    ("days", "hours"),
    [("", ""), ("2-6", ""), ("2-6", "theo lịch trực"), ("ngày thường", "7:00-17:00"),
     ("2-6", "7:00-17:00 trừ lễ"), ("9", "7:00-17:00"), ("7", "0730-1630")],
)  # fmt: skip
def test_hours_that_cannot_be_read_say_nothing(days: str, hours: str) -> None:
    assert week_of(days, hours) is None


def test_a_moment_is_outside_only_beyond_the_tolerance() -> None:
    week = week_of("2-6", "08:00-16:00")
    monday = day_minutes(date(2025, 3, 10))
    asked = [monday + 16 * 60, monday + 17 * 60, monday + 17 * 60 + 1, monday + 6 * DAY + 9 * 60]
    when = np.array(asked, np.int64)
    slack = np.full(when.size, 60, np.int64)
    found = outside([None, week], np.full(when.size, 1), when, slack)
    assert found.tolist() == [False, False, True, True]
    assert not outside([None, week], np.zeros(when.size, np.int64), when, slack).any()
    assert WEEK == 7 * DAY
    assert minutes(datetime(2025, 3, 10)) == monday  # noqa: DTZ001


DATED = st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.integers(0, 9)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(DATED, min_size=1, max_size=3))
def test_supplies_are_compared_with_their_own_services_only(
    claims: list[list[tuple[bool, str, int]]],
) -> None:
    start = datetime(2025, 3, 10, 9, 0)  # noqa: DTZ001
    made, expected = {}, set()
    for number, lines in enumerate(claims):
        rows = [
            {
                "MA_VAT_TU": "N05.02.030" if supply else "",
                "MA_DICH_VU": f"10.000{ord(code)}.0001",
                "NGAY_YL": (start + timedelta(days=day)).strftime("%Y%m%d%H%M"),
            }
            for supply, code, day in lines
        ]
        made[f"C{number}"] = {"XML3": rows}
        for i, (supply, code, day) in enumerate(lines, 1):
            days = [d for s, c, d in lines if not s and c == code]
            if supply and days and min(abs(day - d) for d in days) > 1:
                expected.add((f"C{number}", "XML3", i))
    assert hits("LNK-019", made) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), st.integers(1, 3)), max_size=7))
def test_only_lines_dearer_than_another_of_the_same_code_are_named(
    lines: list[tuple[str, int]],
) -> None:
    listed = [
        {"MA_DICH_VU": f"23.000{i}.1494", "TEN_DICH_VU": "X", "DON_GIA": "100", "MA_CSKCB": "01001"}
        for i in (1, 2)
    ]
    codes = {"A": "23.0001.1494", "B": "23.0002.1494"}
    rows = [
        {"MA_NHOM": "1", "PHAM_VI": "1", "MA_DICH_VU": codes[code], "DON_GIA_BH": str(price * 50),
         "NGAY_YL": "202503100900"}
        for code, price in lines
    ]  # fmt: skip
    cheapest = {code: min(p for c, p in lines if c == code) for code, _ in lines}
    expected = {
        ("C", "XML3", i) for i, (code, price) in enumerate(lines, 1) if price > cheapest[code]
    }
    head = [{"MA_CSKCB": "01001", "NGAY_RA": "202503101000"}]
    lists = Catalogues.from_tables({"dich_vu": listed})
    assert hits("SVC-014", {"C": {"XML1": head, "XML3": rows}}, lists) == expected


def test_a_hostile_dose_text_is_read_quickly() -> None:
    texts = ["1 x " * 250, "1" * 1000, "1 viên * " * 100 + "!", "9x9x9x9x9x9x" * 80]
    rows = [{"MA_NHOM": "4", "MA_THUOC": "40.1", "LIEU_DUNG": text[:1024]} for text in texts]
    started = time.perf_counter()
    found = hits("STR-060", {"A": {"XML1": [{"NGAY_RA": "202503101000"}], "XML2": rows}})
    assert len(found) == len(texts)
    assert time.perf_counter() - started < 2
