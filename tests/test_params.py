"""Dated parameters: the law's numbers on their days, and wrong files refused with a place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giamdinh.errors import CardError
from giamdinh.rules.params import Parameter, load_parameters, parameters
from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import day_minutes

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "- name: THU\n  title: Thử\n  unit: đồng\n  checked_on: 2026-11-21\n  confidence: high\n"


def at(day: str) -> int:
    return day_minutes(date.fromisoformat(day))


def epoch(name: str, day: str) -> int:
    return int(parameters()[name].epoch_of(np.array([at(day)]))[0])


def number(name: str, day: str) -> int:
    return int(parameters()[name].numbers[epoch(name, day)])


def members(name: str, day: str) -> frozenset[str]:
    return parameters()[name].sets[epoch(name, day)]


def write(folder: Path, text: str) -> Path:
    path = folder / "thu.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("day", "salary", "low_cost", "exempt", "package"),
    [
        ("2023-06-30", 1_490_000, 223_500, 8_940_000, 67_050_000),
        ("2023-07-01", 1_800_000, 270_000, 10_800_000, 81_000_000),
        ("2024-06-30", 1_800_000, 270_000, 10_800_000, 81_000_000),
        ("2024-07-01", 2_340_000, 351_000, 14_040_000, 105_300_000),
        ("2026-06-30", 2_340_000, 351_000, 14_040_000, 105_300_000),
        ("2026-07-01", 2_530_000, 379_500, 15_180_000, 113_850_000),
    ],
)
def test_thresholds_follow_the_base_salary_of_the_day(
    day: str, salary: int, low_cost: int, exempt: int, package: int
) -> None:
    assert number("LUONG_CO_SO", day) == salary
    assert salary * number("TY_LE_CHI_PHI_THAP", day) // 100 == low_cost
    assert salary * number("SO_THANG_MIEN_CCT", day) == exempt
    assert salary * number("SO_THANG_TRAN_GOI_VTYT", day) == package


def test_exam_shares_add_up_to_their_ceiling() -> None:
    shares = [number(f"TY_LE_KHAM_{n}", "2025-03-10") for n in range(1, 7)]
    assert shares == [100, 30, 30, 30, 10, 0]
    assert sum(shares) == number("TRAN_TONG_KHAM", "2025-03-10")


def test_late_results_are_awaited_longer_from_december_2023() -> None:
    days = [number("SO_NGAY_TRA_KET_QUA", d) for d in ("2023-12-28", "2023-12-29")]
    assert days == [30, 60]


def test_scales_are_the_decimals_written() -> None:
    assert parameters()["SAI_SO_HO_SO_MOI_DONG"].scale == 3
    assert number("SAI_SO_HO_SO_MOI_DONG", "2025-03-10") == 5
    shared = parameters()["SO_LUONG_GIUONG_CHUYEN_GHEP_3"]
    assert (shared.scale, shared.numbers.tolist()) == (2, [33, 50])


def test_cost_groups_are_disjoint_and_known() -> None:
    day = "2025-03-10"
    lines = members("NHOM_XML2", day), members("NHOM_XML3", day)
    assert not lines[0] & lines[1]
    assert lines[0] | lines[1] == code_list("ma_nhom").codes_on(at(day))
    for name in (n for n in parameters() if n.startswith("NHOM_")):
        assert members(name, day) <= lines[0] | lines[1]


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("NOI_TRU", "ma_loai_kcb"),
        ("LOAI_KCB_KHONG_GIUONG", "ma_loai_kcb"),
        ("MA_DOI_TUONG_LINH_THUOC", "ma_doituong_kcb"),
        ("MA_DOI_TUONG_TU_DEN", "ma_doituong_kcb"),
        ("MA_DOI_TUONG_CHI_NGOAI_TRU", "ma_doituong_kcb"),
        ("KET_QUA_TU_VONG", "ket_qua_dtri"),
        ("LOAI_RV_THEM_NGAY", "ma_loai_rv"),
    ],
)
def test_sets_hold_only_codes_in_force(name: str, listed: str) -> None:
    parameter = parameters()[name]
    for start, codes in zip(parameter.starts.tolist(), parameter.sets, strict=True):
        in_force = code_list(listed).codes_on(max(start, at("2023-02-15")))
        assert codes <= in_force


def test_pick_up_categories_change_with_their_list() -> None:
    days = ("2025-03-10", "2025-10-01", "2026-01-01")
    has = [("7.1" in members("MA_DOI_TUONG_LINH_THUOC", d)) for d in days]
    assert has == [True, True, False]


def test_no_parameter_has_the_name_of_a_field() -> None:
    fields = {name for spec in table_specs().values() for name in spec.by_name}
    assert not fields & set(parameters())


def test_every_parameter_says_where_each_value_comes_from() -> None:
    for parameter in parameters().values():
        assert len(parameter.legal) == len(parameter.starts)
        assert all(parameter.legal)
        assert parameter.title
        assert parameter.unit


ONE = 'from: 2025-01-01, value: "1", legal: "x"'


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ([ONE, ONE], 7, "chồng ngày"),
        ([f"through: 2026-01-01, {ONE}", ONE.replace("2025", "2026")], 7, "chồng ngày"),
        ([f"through: 2024-12-31, {ONE}"], 7, "sau 'through'"),
        ([ONE.replace("01-01", "13-01")], 7, "phải là ngày"),
        ([ONE.replace('"1"', '"1,5"')], 7, "số thập phân"),
        (['from: 2025-01-01, value: "1"'], 7, "phải có from, value, legal"),
        ([ONE.replace('"1"', "[]")], 7, "danh sách chuỗi"),
        ([ONE, 'from: 2026-01-01, value: "1.5", legal: "x"'], 6, "cùng số chữ số lẻ"),
        ([ONE, 'from: 2026-01-01, value: ["1"], legal: "x"'], 6, "cùng kiểu"),
    ],
)
def test_wrong_values_are_refused_with_their_line(
    tmp_path: Path, rows: list[str], line: int, reason: str
) -> None:
    values = "".join(f"    - {{{row}}}\n" for row in rows)
    path = write(tmp_path, f"{HEAD}  values:\n{values}")
    with pytest.raises(CardError) as caught:
        load_parameters(tmp_path)
    assert caught.value.problems[0].startswith(f"{path}:{line}: ")
    assert reason in caught.value.problems[0]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("name: THU", "name: T_BHTT", "tên một trường"),
        ("name: THU", "name: XML1", "tên một trường hoặc bảng"),
        ("name: THU", "name: Thử", "viết hoa không dấu"),
        ("title: Thử", "tieu_de: Thử", "khóa lạ 'tieu_de'"),
        ("unit: đồng", "note: x", "thiếu 'unit'"),
        ("confidence: high", "confidence: chắc", "confidence phải là"),
        ("checked_on: 2026-11-21", "checked_on: hôm nay", "yyyy-mm-dd"),
    ],
)
def test_wrong_heads_are_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    value = '  values:\n    - {from: 2025-01-01, value: "1", legal: "x"}\n'
    write(tmp_path, HEAD.replace(old, new) + value)
    with pytest.raises(CardError, match=reason):
        load_parameters(tmp_path)


def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    value = '  values:\n    - {from: 2025-01-01, value: "1", legal: "x"}\n'
    write(tmp_path, (HEAD + value) * 2)
    with pytest.raises(CardError, match="khai hai lần"):
        load_parameters(tmp_path)


def test_a_file_must_be_a_list(tmp_path: Path) -> None:
    write(tmp_path, "a: b\n")
    with pytest.raises(CardError, match="phải là một danh sách"):
        load_parameters(tmp_path)


@st.composite
def dated_numbers(draw: st.DrawFn) -> Parameter:
    starts, ends, reached = [], [], 0
    for _ in range(draw(st.integers(1, 4))):
        starts.append(reached + draw(st.integers(0, 3)))
        ends.append(starts[-1] + draw(st.integers(1, 5)))
        reached = ends[-1]
    if draw(st.booleans()):
        ends[-1] = np.iinfo(np.int64).max
    values = np.arange(len(starts), dtype=np.int64)
    return Parameter(
        "X", "", "", "high", "", 0, is_set=False, starts=np.array(starts, np.int64),
        ends=np.array(ends, np.int64), numbers=values, sets=(), legal=("",) * len(starts),
    )  # fmt: skip


@given(dated_numbers(), st.integers(-2, 35), st.integers(0, 30))
def test_values_agree_with_looking_at_every_day(p: Parameter, first: int, length: int) -> None:
    def value(minute: int) -> int:
        spans = zip(p.starts.tolist(), p.ends.tolist(), strict=True)
        return next((i for i, (a, b) in enumerate(spans) if a <= minute < b), -1)

    days = range(first, first + length + 1)
    assert p.epoch_of(np.array(days, np.int64)).tolist() == [value(d) for d in days]
    assert p.covers(first, first + length) == all(value(d) >= 0 for d in days)
