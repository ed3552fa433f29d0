from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from giamdinh.budget import outputs
from giamdinh.growth.effects import Cell, effects
from tests.budget.reports import gaps, groups, notices, report

if TYPE_CHECKING:
    from pathlib import Path

CENTRE = "38900,Trung tâm,,NOI_TRU,2023,,5,5000"
STATIONS = [
    "38901,Trạm 1,38900,NGOAI_TRU,2023,,10,1000",
    "38902,Trạm 2,38900,NGOAI_TRU,2023,,20,2000",
]
OTHER = "38999,Phòng khám,,NGOAI_TRU,2023,,3,300"


def test_a_centre_answers_for_itself_and_its_stations(tmp_path: Path) -> None:
    made = report(tmp_path, [CENTRE, *STATIONS, OTHER], ["38900,2023,7000,,", "38999,2023,0,,"])
    found = groups(made)
    assert found["38900"]["spent"] == 8000
    assert found["38900"]["visits"] == 35
    assert (found["38900"]["over"], found["38900"]["over_percent"]) == (1000, 14.29)
    assert (found["38999"]["over"], found["38999"]["over_percent"]) == (300, None)
    assert outputs.as_json(made)["total"]["spent"] == 8300


def test_the_centre_may_be_named_and_have_no_rows_of_its_own(tmp_path: Path) -> None:
    made = report(tmp_path, STATIONS, ["38900,2023,3500,,"])
    assert groups(made)["38900"]["over"] == -500
    named = [row.replace("38900", "Trung tâm") for row in STATIONS]
    made = report(tmp_path, [CENTRE, *named], ["38900,2023,7000,,"])
    assert groups(made)["38900"]["spent"] == 8000


def test_a_station_with_its_own_budget_is_not_counted_twice(tmp_path: Path) -> None:
    made = report(tmp_path, [CENTRE, *STATIONS], ["38900,2023,7000,,", "38901,2023,900,,"])
    found = groups(made)
    assert found["38900"]["spent"] == 8000
    assert (found["38901"]["within"], found["38901"]["over"]) == ("38900", 100)
    total = outputs.as_json(made)["total"]
    assert (total["allocated"], total["spent"]) == (7000, 8000)


def test_stations_with_budgets_under_a_centre_without_one_stand_alone(tmp_path: Path) -> None:
    made = report(tmp_path, [CENTRE, *STATIONS], ["38901,2023,900,,"])
    found = groups(made)
    assert found["38901"]["over"] == 100
    assert (found["38902"]["allocated"], found["38902"]["over"]) == (None, None)
    assert sum(group["spent"] for group in found.values()) == 8000


def test_spending_without_budget_and_the_reverse_are_said(tmp_path: Path) -> None:
    made = report(tmp_path, [OTHER], ["38950,2023,100,,"])
    said = notices(made, "warning")
    assert any("38999: có chi nhưng không có dự toán" in text for text in said)
    assert any("38950: có dự toán nhưng không có dòng chi" in text for text in said)
    assert groups(made)["38950"]["over"] == -100


def test_the_latest_decision_in_force_counts_and_none_are_added(tmp_path: Path) -> None:
    rows = [
        "38999,2023,500,QD3,20/09/2023",
        "38999,2023,100,QD1,05/01/2023",
        "38999,2023,900,QD9,01/01/2099",
        "38999,2022,1,QD0,",
    ]
    made = report(tmp_path, [OTHER], rows)
    group = groups(made)["38999"]
    assert group["allocated"] == 500
    assert [(d["decision"], d["status"]) for d in group["decisions"]] == [
        ("QD1", "replaced"), ("QD3", "in_force"), ("QD9", "future")
    ]  # fmt: skip


def test_two_decisions_of_one_day_are_doubted(tmp_path: Path) -> None:
    rows = ["38999,2023,500,A,2023-01-05", "38999,2023,700,B,2023-01-05"]
    made = report(tmp_path, [OTHER], rows)
    assert groups(made)["38999"]["allocated"] == 700
    assert any("hai quyết định cùng ngày" in text for text in notices(made, "warning"))


def test_declared_totals_never_enter_the_sums_and_every_gap_is_placed(tmp_path: Path) -> None:
    rows = [
        *STATIONS,
        "38901,Trạm 1,38900,TONG,2023,,10,1500",
        "TONG,,,NGOAI_TRU,2023,,31,3500",
        "TONG,,38900,TONG,2023,,30,3000",
        "TONG,,,TONG,2023,,30,3500",
    ]
    made = report(tmp_path, rows, ["38900,2023,3500,,"])
    assert groups(made)["38900"]["spent"] == 3000
    found = gaps(made)
    assert {key: row["gap"] for key, row in found.items()} == {
        ("38901", "T_BHTT"): 500,
        ("TONG/NGOAI_TRU", "SO_LUOT"): 1,
        ("TONG/NGOAI_TRU", "T_BHTT"): 500,
        ("TONG", "T_BHTT"): 500,
        ("TONG so với tổng khai của các loại", "SO_LUOT"): -1,
    }
    assert "cơ sở 38901 (+500 đ)" in found["TONG", "T_BHTT"]["where"]
    assert "loại TONG/NGOAI_TRU (+500 đ)" in found["TONG", "T_BHTT"]["where"]


def test_a_centre_total_of_all_its_stations_is_understood(tmp_path: Path) -> None:
    total = "38900,Trung tâm,,TONG,2023,,35,8000"
    assert not gaps(report(tmp_path, [CENTRE, *STATIONS, total], ["38900,2023,1,,"]))
    own = "38900,Trung tâm,,TONG,2023,,5,5000"
    assert not gaps(report(tmp_path, [CENTRE, *STATIONS, own], ["38900,2023,1,,"]))


def test_a_total_without_rows_is_a_gap_of_its_whole(tmp_path: Path) -> None:
    made = report(tmp_path, [OTHER, "38998,PK 2,,TONG,2023,,4,444"], ["38999,2023,1,,"])
    row = gaps(made)["38998", "T_BHTT"]
    assert (row["sum"], row["gap"]) == (0, 444)
    assert "không có dòng chi tiết" in row["where"]


def test_the_total_of_allocations_is_compared_too(tmp_path: Path) -> None:
    rows = ["38999,2023,500,A,2023-01-05", "38999,2023,700,B,2023-02-05", "TONG,2023,1200,,"]
    assert gaps(report(tmp_path, [OTHER], rows))["TONG", "SO_TIEN"]["gap"] == 500


def test_nhom_that_changes_or_turns_in_a_circle_is_said(tmp_path: Path) -> None:
    rows = [
        "1A,,1B,NGOAI_TRU,2023,,1,1",
        "1B,,1A,NGOAI_TRU,2023,,1,1",
        "1C,,1A,NGOAI_TRU,2023,,1,1",
        "1C,,1B,NGOAI_TRU,2022,,1,1",
    ]
    said = " ".join(notices(report(tmp_path, rows, []), "warning"))
    assert "vòng tròn" in said
    assert "1C: NHOM không thống nhất" in said


def test_part_of_a_year_is_compared_with_the_same_months(tmp_path: Path) -> None:
    rows = [f"38999,PK,,NGOAI_TRU,2022,{m},1,100" for m in range(1, 13)]
    rows += [f"38999,PK,,NGOAI_TRU,2023,{m},1,110" for m in range(1, 7)]
    group = groups(report(tmp_path, rows, ["38999,2023,1200,,"]))["38999"]
    assert group["last_year"]["spent"] == 600
    assert group["share_of_year_percent"] == 50.0
    assert group["forecast"] == 1320
    assert group["forecast_detail"]["quarter"] == 3
    assert group["forecast_detail"]["quarter_end"]["expected"] == 990


def test_holes_and_few_months_give_no_forecast_and_say_why(tmp_path: Path) -> None:
    rows = [f"38999,PK,,NGOAI_TRU,2023,{m},1,110" for m in (1, 2, 4)]
    group = groups(report(tmp_path, rows, []))["38999"]
    assert group["forecast"] is None
    assert "thiếu số của tháng 3" in group["forecast_detail"]["reason"]
    group = groups(report(tmp_path, rows[:2], []))["38999"]
    assert "mới có 2 tháng" in group["forecast_detail"]["reason"]


def test_a_full_year_of_months_is_its_own_forecast(tmp_path: Path) -> None:
    rows = [f"38999,PK,,NGOAI_TRU,2023,{m},1,{m}" for m in range(1, 13)]
    group = groups(report(tmp_path, rows, []))["38999"]
    assert group["forecast"] == group["spent"] == 78


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = '"<script>alert(1)</script>=1+1"'
    made = report(tmp_path, [f"38999,{name},,NGOAI_TRU,2023,,1,5"], ["38999,2023,1,,"])
    _, book, page = outputs.write(made, tmp_path)
    text = page.read_text("utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert book.stat().st_size > 0


CELLS = st.lists(
    st.tuples(*[st.integers(0, 10**5), st.integers(-(10**12), 10**14)] * 2), max_size=8
)


@given(CELLS)
def test_effects_add_up_to_the_change(rows: list[tuple[int, int, int, int]]) -> None:
    found = effects(Cell(*row) for row in rows)
    assert found.volume + found.mix + found.price == found.change
    assert found.change == sum(row[1] - row[3] for row in rows)


@given(st.integers(1, 10**4), st.integers(1, 10**4), st.integers(1, 10**6))
def test_more_visits_at_the_same_price_are_volume_alone(now: int, before: int, price: int) -> None:
    found = effects([Cell(now, now * price * 100, before, before * price * 100)])
    assert (found.mix, found.price) == (0, 0)
