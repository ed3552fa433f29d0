from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giamdinh.catalogues import (
    ABSENT,
    CLOSED,
    IN_FORCE,
    UNKNOWN,
    Catalogues,
    Coded,
    DatedTable,
    PeriodIndex,
)
from giamdinh.catalogues.cells import minutes_of

DAY = 1440


def _services(*rows: tuple[str, str, str, str]) -> PeriodIndex:
    """Rows of (code, TU_NGAY, DEN_NGAY, facility)."""
    names = ("MA_DICH_VU", "TU_NGAY", "DEN_NGAY", "MA_CSKCB")
    table = Catalogues.from_tables(
        {"dich_vu": [dict(zip(names, row, strict=True)) for row in rows]}
    ).table("dich_vu")
    assert table is not None
    return table.index("MA_DICH_VU")


def _state(index: PeriodIndex, facility: str, key: str, minute: int) -> int:
    def coded(text: str) -> Coded:
        return Coded(np.array([0 if text else -1], np.int32), [text])

    return int(index.states(coded(facility), coded(key), np.array([minute], np.int64))[0])


def test_the_last_day_is_in_force_until_its_last_minute() -> None:
    index = _services(("X", "20260401", "20260430", "01001"), ("Y", "20250101", "", "01001"))
    first, after = minutes_of("20260401"), minutes_of("20260501")
    assert _state(index, "01001", "X", first) == IN_FORCE
    assert _state(index, "01001", "X", after - 1) == IN_FORCE
    assert _state(index, "01001", "X", first - 1) == CLOSED
    assert _state(index, "01001", "X", after) == CLOSED


def test_a_gap_is_closed_and_an_overlap_is_in_force() -> None:
    index = _services(
        ("X", "20260101", "20260131", "01001"),
        ("X", "20260301", "20260331", "01001"),
        ("X", "20260315", "", "01001"),
    )
    assert _state(index, "01001", "X", minutes_of("20260215")) == CLOSED
    assert _state(index, "01001", "X", minutes_of("20260320")) == IN_FORCE
    assert _state(index, "01001", "X", minutes_of("20990101")) == IN_FORCE
    assert index.rows_on("01001", "X", minutes_of("20260320")) == [1, 2]
    assert index.rows("01001", "X") == [0, 1, 2]


def test_open_sides_have_no_end() -> None:
    index = _services(("X", "", "20260131", "01001"), ("Y", "", "", "01001"))
    assert _state(index, "01001", "X", minutes_of("19500101")) == IN_FORCE
    assert _state(index, "01001", "Y", minutes_of("99991231")) == IN_FORCE


def test_an_end_written_as_the_year_9999_is_open() -> None:
    index = _services(("X", "20260101", "99991231", "01001"))
    assert _state(index, "01001", "X", minutes_of("99991231") + DAY - 1) == IN_FORCE


def test_a_code_never_listed_is_absent_and_one_closed_is_not() -> None:
    index = _services(("X", "20260101", "20260131", "01001"))
    assert _state(index, "01001", "Z", minutes_of("20260115")) == ABSENT
    assert _state(index, "01001", "X", minutes_of("20260215")) == CLOSED


def test_rows_without_facility_belong_to_all() -> None:
    index = _services(("X", "20260101", "", "01001"), ("S", "20260101", "", ""))
    day = minutes_of("20260115")
    assert _state(index, "01001", "S", day) == IN_FORCE
    assert _state(index, "79001", "S", day) == IN_FORCE
    assert _state(index, "79001", "X", day) == ABSENT


def test_a_list_says_nothing_before_its_first_day_nor_about_a_missing_text() -> None:
    index = _services(("X", "20260401", "", "01001"), ("Y", "20260501", "", "01001"))
    assert _state(index, "01001", "X", minutes_of("20260401") - 1) == UNKNOWN
    assert _state(index, "01001", "Z", minutes_of("20260401") - 1) == UNKNOWN
    assert _state(index, "01001", "Y", minutes_of("20260401")) == CLOSED
    assert _state(index, "01001", "", minutes_of("20260401")) == UNKNOWN
    assert _state(index, "", "X", minutes_of("20260401")) == UNKNOWN


def test_periods_name_the_rows_in_force() -> None:
    index = _services(("X", "20260101", "20260131", "01001"), ("X", "20260115", "", "01001"))
    day = minutes_of("20260120")
    facility = Coded(np.zeros(3, np.int32), ["01001"])
    key = Coded(np.array([0, 0, -1], np.int32), ["X"])
    periods, which = index.periods(facility, key, np.array([day, day + 1, day], np.int64))
    assert [periods[i][:2] for i in which] == [("X", (0, 1)), ("X", (0, 1)), ("", ())]
    assert len(set(which.tolist())) == 2


def test_questions_about_nothing_have_no_answers() -> None:
    index = _services(("X", "20260101", "", "01001"))
    none = Coded(np.zeros(0, np.int32), [])
    assert index.states(none, none, np.zeros(0, np.int64)).size == 0
    periods, which = index.periods(none, none, np.zeros(0, np.int64))
    assert (periods, which.size) == ([], 0)


def test_a_list_covers_the_facilities_it_names() -> None:
    row = {"MA_DICH_VU": "X", "MA_CSKCB": "01001"}
    shared = {"MA_DICH_VU": "S", "MA_CSKCB": ""}
    mixed = Catalogues.from_tables({"dich_vu": [row, shared]})
    assert mixed.has("dich_vu")
    assert mixed.covers("dich_vu", "01001")
    assert not mixed.covers("dich_vu", "79001")
    assert Catalogues.from_tables({"dich_vu": [shared]}).covers("dich_vu", "79001")
    assert not Catalogues().covers("dich_vu", "01001")
    assert not Catalogues.from_tables({"dich_vu": []}).has("dich_vu")


def test_registry_and_facility_list_cover_everybody() -> None:
    lists = Catalogues.from_tables(
        {
            "the_bhyt": [{"MA_THE_BHYT": "DN4010123456789", "GT_THE_TU": "20260101"}],
            "co_so": [{"MA_CSKCB": "1001", "TEN_CSKCB": "Cơ sở"}],
        }
    )
    assert lists.covers("the_bhyt", "79001")
    assert lists.covers("co_so", "")
    table = lists.table("co_so")
    assert table is not None
    assert table.index("MA_CSKCB").rows("79001", "01001") == [0]


def test_tables_given_wrongly_are_refused() -> None:
    with pytest.raises(ValueError, match="không có danh mục"):
        Catalogues.from_tables({"la": []})
    with pytest.raises(ValueError, match="không có cột"):
        Catalogues.from_tables({"dich_vu": [{"MA": "X"}]})
    with pytest.raises(ValueError, match="không phải ngày"):
        Catalogues.from_tables({"dich_vu": [{"MA_DICH_VU": "X", "TU_NGAY": "mai"}]})


_DAYS = ["", "20260101", "20260110", "20260115", "20260120", "20260131"]
_ROW = st.tuples(
    st.sampled_from(["X", "Y"]),
    st.sampled_from(_DAYS),
    st.sampled_from(_DAYS),
    st.sampled_from(["", "A", "B"]),
).filter(lambda row: not row[1] or not row[2] or row[1] <= row[2])
_ASKED = st.tuples(
    st.sampled_from(["A", "B"]), st.sampled_from(["X", "Y", "Z"]), st.integers(0, 40)
)


@given(st.lists(_ROW, min_size=1, max_size=6), st.lists(_ASKED, min_size=1, max_size=8))
def test_states_agree_with_looking_at_every_row(
    rows: list[tuple[str, str, str, str]], asked: list[tuple[str, str, int]]
) -> None:
    index = _services(*rows)
    base = minutes_of("20251228")
    for facility, key, days in asked:
        minute = base + days * DAY
        mine = [r for r in rows if r[3] in ("", facility)]
        of_key = [r for r in mine if r[0] == key]
        open_now = [
            r
            for r in of_key
            if (not r[1] or minutes_of(r[1]) <= minute)
            and (not r[2] or minute < minutes_of(r[2]) + DAY)
        ]
        begun = any(not r[1] or minutes_of(r[1]) <= minute for r in mine)
        expected = IN_FORCE if open_now else UNKNOWN if not begun else CLOSED if of_key else ABSENT
        assert _state(index, facility, key, minute) == expected


DAYS = st.integers(0, 12)


@given(
    st.lists(
        st.tuples(st.sampled_from("XY"), DAYS, DAYS, st.sampled_from(["", "1", "2"])), max_size=6
    ),
    st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2), DAYS), max_size=8),
)
def test_periods_hold_what_each_moment_asked_alone_has(
    rows: list[tuple[str, int, int, str]], asked: list[tuple[int, int, int]]
) -> None:
    columns = {"MA_DICH_VU": [key for key, *_ in rows]}
    start, end = (np.array([row[i] for row in rows], np.int64) for i in (1, 2))
    index = DatedTable("dich_vu", columns, start, end, [row[3] for row in rows]).index("MA_DICH_VU")
    places, keys = ["1", "2", "3"], ["X", "Y", "Z"]
    facility = Coded(np.array([f for f, _, _ in asked], np.int32), places)
    key = Coded(np.array([k for _, k, _ in asked], np.int32), keys)
    minutes = np.array([minute for *_, minute in asked], np.int64)
    periods, which = index.periods(facility, key, minutes)
    for (place, code, minute), at in zip(asked, which.tolist(), strict=True):
        name, text = (*places, "")[place], (*keys, "")[code]
        there = index.rows_on(name, text, minute) if text else []
        assert list(periods[at].rows) == there
        if text and name:
            assert (periods[at].state == IN_FORCE) == bool(there)
