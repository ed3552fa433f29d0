"""Code lists: the real ones say what the law says, and wrong files are refused with a place."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giamdinh.errors import CardError
from giamdinh.tables.codelists import (
    CodeList,
    CodeRow,
    code_list,
    code_list_names,
    load_code_list,
    pattern,
    plain_icd,
)
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import day_minutes

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'list: thu\ntitle: "Thử"\nsource: "Không"\nchecked_on: 2026-11-21\n'


def at(day: str) -> int:
    return day_minutes(date.fromisoformat(day))


def epoch(listed: CodeList, day: str) -> int:
    return int(listed.epoch_of(np.array([at(day)]))[0])


@pytest.mark.parametrize("name", code_list_names())
def test_every_list_loads_with_epochs_in_order(name: str) -> None:
    listed = code_list(name)
    assert listed.name == name
    assert listed.title
    assert listed.rows
    assert (np.diff(listed.epochs) > 0).all()
    assert {"confidence", "source"} & listed.names


@pytest.mark.parametrize("name", code_list_names())
def test_confidence_is_one_of_three_words(name: str) -> None:
    found = {row.attributes.get("confidence", "high") for row in code_list(name).rows}
    assert found <= {"high", "medium", "low"}


def test_every_list_named_by_a_field_exists() -> None:
    named = {f.code_list for spec in table_specs().values() for f in spec.fields if f.code_list}
    assert named <= set(code_list_names())


def test_cost_groups_are_those_of_the_current_list_only() -> None:
    codes = code_list("ma_nhom").codes_on(at("2025-03-10"))
    assert {"1", "4", "8", "10", "13", "15", "18", "19"} <= codes
    assert not codes & code_list("ma_nhom_cu").codes_on(at("2025-03-10"))
    assert "19" not in code_list("ma_nhom").codes_on(at("2023-12-28"))


@pytest.mark.parametrize(
    ("day", "old", "new"),
    [
        ("2023-02-14", False, False),
        ("2025-06-18", True, False),
        ("2025-06-30", True, True),
        ("2025-12-31", True, True),
        ("2026-01-01", False, True),
    ],
)
def test_patient_category_lists_overlap_until_the_end_of_2025(
    day: str, *, old: bool, new: bool
) -> None:
    codes = code_list("ma_doituong_kcb").codes_on(at(day))
    assert ("1.9" in codes) == old
    assert ("1.12" in codes) == new


@pytest.mark.parametrize("code", ["1.13", "1.14", "1.18"])
def test_self_referred_outpatients_get_half_from_july_2026(code: str) -> None:
    listed = code_list("ma_doituong_kcb")
    share = [listed.attribute("mult_outpatient", epoch(listed, d)).get(code) for d in (
        "2024-12-31", "2025-01-01", "2026-06-30", "2026-07-01")]  # fmt: skip
    assert share == [None, "0", "0", "50"]


def test_the_newest_row_in_force_gives_the_attributes() -> None:
    listed = code_list("ma_doituong_kcb")
    rule = [listed.attribute("level_rule", epoch(listed, d))["1.2"] for d in (
        "2025-06-30", "2025-07-01", "2025-12-31")]  # fmt: skip
    assert rule == ["card_level", "full_scope", "full_scope"]


def test_visit_types_11_to_16_begin_in_august_2026() -> None:
    listed = code_list("ma_loai_kcb")
    before, after = listed.codes_on(at("2026-07-31")), listed.codes_on(at("2026-08-01"))
    assert after - before == {str(n) for n in range(11, 17)}
    classes = listed.attribute("inpatient_class", epoch(listed, "2025-03-10"))
    assert {c for c, word in classes.items() if word != "outpatient"} == {
        "03", "04", "06", "09", "10"}  # fmt: skip


def test_departments_of_both_lists_are_known_in_the_year_between() -> None:
    listed = code_list("ma_khoa")
    before, between, after = (
        listed.codes_on(at(d)) for d in ("2025-07-31", "2025-08-01", "2026-08-01")
    )
    assert between == before | after
    assert "K16.1" in between - before


def test_card_prefix_changes_its_digit_with_the_law() -> None:
    listed = code_list("doi_tuong_the")
    digits = [listed.attribute("digits", epoch(listed, d))["CN"] for d in (
        "2025-12-31", "2026-01-01")]  # fmt: skip
    assert digits == ["3", "2"]
    benefit = code_list("muc_huong_the")
    percents = benefit.attribute("benefit_percent", epoch(benefit, "2025-03-10"))
    assert percents == {"1": "100", "2": "100", "3": "95", "4": "80", "5": "100"}


def test_icd_codes_are_found_with_and_without_dot_until_their_list_ends() -> None:
    listed = code_list("icd10")
    codes = listed.codes_on(at("2026-06-30"))
    assert {"A00", "A02.2", "A022"} <= codes
    assert not listed.codes_on(at("2026-07-01"))
    assert listed.attribute("chu_thap", epoch(listed, "2025-03-10"))["A02.2"] == "1"
    marks = code_list("icd10_tt06")
    assert not marks.codes_on(at("2026-06-30"))
    assert marks.attribute("co_ma_chi_tiet", epoch(marks, "2026-07-01"))["A00"] == "1"


def test_every_asterisk_code_of_a_pair_is_an_icd_code() -> None:
    day = at("2025-03-10")
    codes = code_list("icd10").codes_on(day)
    pairs = code_list("icd10_cap")
    found = pairs.attribute("sao", epoch(pairs, "2025-03-10"))
    assert {code for word in found.values() for code in word.split(";")} | set(found) <= codes


def test_plain_icd_drops_dot_and_marks() -> None:
    assert plain_icd("a02.2†") == plain_icd("A022+") == "A022"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("MA_THE_15", "GD4010123456789", "GD6010123456789"),
        ("MA_GIUONG", "H001", "G001"),
        ("MA_KHOA", "K0809", "K8"),
        ("MA_DICH_VU_VC", "VC.01001", "VC.0100"),
        ("GOI_VTYT", "G12", "G0"),
    ],
)
def test_patterns_match_whole_codes(name: str, good: str, bad: str) -> None:
    assert pattern(name).fullmatch(good)
    assert not pattern(name).fullmatch(bad)


def test_every_pattern_is_a_regular_expression() -> None:
    for row in code_list("mau_ma").rows:
        assert pattern(row.code)


def test_unknown_list_and_pattern_are_refused() -> None:
    with pytest.raises(CardError, match="không có danh mục 'khong_co'"):
        code_list("khong_co")
    with pytest.raises(CardError, match="không có mẫu 'KHONG_CO'"):
        pattern("KHONG_CO")


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ('codes:\n  - {code: "1"}\n  - {code: "1"}\n', 7, "viết hai lần"),
        ('codes:\n  - {code: "1", from: 2025-02-30}\n', 6, "'from' phải là ngày"),
        ('codes:\n  - {code: "1", from: 2025-02-02, through: 2025-02-01}\n', 6, "sau 'through'"),
        ('codes:\n  - {name: "x"}\n', 6, "phải có 'code'"),
        ('codes:\n  - {code: "1", note: {a: b}}\n', 6, "'note' phải là một giá trị"),
        ("codes: []\n", 1, "không có mã nào"),
        ("la: x\ncodes: []\n", 5, "khóa lạ 'la'"),
        ("from: hôm qua\ncodes: []\n", 5, "'from' phải là ngày"),
        ("rows: thieu.csv\n", 5, "không có tệp 'thieu.csv'"),
    ],
)
def test_wrong_lists_are_refused_with_their_line(
    tmp_path: Path, body: str, line: int, reason: str
) -> None:
    path = tmp_path / "thu.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(CardError) as caught:
        load_code_list(path)
    assert f"{path}:{line}: " in caught.value.problems[0]
    assert reason in caught.value.problems[0]


def test_a_list_must_carry_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "khac.yaml"
    path.write_text(HEAD + 'codes:\n  - {code: "1"}\n', encoding="utf-8")
    with pytest.raises(CardError, match="phải là 'khac'"):
        load_code_list(path)


@pytest.mark.parametrize("rows", ["A00,\nA00,\n", "A00,?\n", ",K\n"])
def test_wrong_csv_rows_are_refused_with_their_line(tmp_path: Path, rows: str) -> None:
    (tmp_path / "thu.csv").write_text("code,flags\n" + rows, encoding="utf-8")
    path = tmp_path / "thu.yaml"
    path.write_text(HEAD + 'rows: thu.csv\nflags:\n  K: {x: "1"}\n', encoding="utf-8")
    with pytest.raises(CardError, match=r"thu\.csv:[23]: "):
        load_code_list(path)


@st.composite
def dated_rows(draw: st.DrawFn) -> list[CodeRow]:
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        since = draw(st.integers(0, 20))
        until = since + draw(st.integers(1, 10))
        rows.append(CodeRow(draw(st.sampled_from("abc")), since, until, {"v": str(since)}))
    return rows


@given(dated_rows(), st.integers(-2, 35))
def test_epochs_agree_with_looking_at_every_row(rows: list[CodeRow], minute: int) -> None:
    listed = CodeList("x", "", "", tuple(rows))
    in_force = [row for row in rows if row.since <= minute < row.until]
    assert listed.codes_on(minute) == {row.code for row in in_force}
    newest: dict[str, str] = {}
    for row in sorted(in_force, key=lambda row: row.since):
        newest[row.code] = row.attributes["v"]
    now = int(listed.epoch_of(np.array([minute]))[0])
    assert listed.attribute("v", now) == newest


def test_a_day_belongs_to_its_row_until_midnight() -> None:
    listed = code_list("icd10")
    last = at("2026-06-30") + timedelta(hours=23, minutes=59) // timedelta(minutes=1)
    assert "A00" in listed.codes_on(last)
    assert "A00" not in listed.codes_on(last + 1)
