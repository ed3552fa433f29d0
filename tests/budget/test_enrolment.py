from __future__ import annotations

from typing import TYPE_CHECKING, Any

from giamdinh.budget import outputs
from giamdinh.budget.analyse import add_enrolment
from giamdinh.budget.enrolment import path_percent, read_enrolment
from tests.budget.reports import gaps, groups, notices, report

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.budget.model import BudgetReport

SPENT = [
    "38900,Trung tâm,,NOI_TRU,2023,,5,5000",
    "38901,Trạm 1,38900,NGOAI_TRU,2023,,10,1000",
    "38901,Trạm 1,38900,NGOAI_TRU,2022,,8,600",
]


def made(folder: Path, rows: list[str]) -> BudgetReport:
    found = report(folder, SPENT, ["38900,2023,9000,,"])
    path = folder / "the.csv"
    head = "KHU_VUC;NAM;QUY;SO_THE;DAN_SO;CHI_TIEU"
    path.write_text("\n".join([head, *rows]), "utf-8")
    add_enrolment(found, read_enrolment(path, 2023))
    return found


def area(found: BudgetReport, code: str) -> dict[str, Any]:
    return next(a for a in outputs.as_json(found)["enrolment"] if a["area"] == code)


def test_coverage_missing_and_progress_against_the_path(tmp_path: Path) -> None:
    rows = ["38901;2022;4;1.000;1.500;", "38901;2023;1;1.010;1.600;1.200",
            "38901;2023;Quý II;1.080;1.600;1.200"]  # fmt: skip
    found = area(made(tmp_path, rows), "38901")
    assert (found["quarter"], found["cards"], found["missing"]) == (2, 1080, 120)
    assert (found["coverage_percent"], found["target_coverage_percent"]) == (67.5, 75.0)
    assert (found["progress_percent"], found["path_percent"], found["behind"]) == (40.0, 50.0, True)


def test_without_last_year_or_target_nothing_is_guessed(tmp_path: Path) -> None:
    found = area(made(tmp_path, ["38901;2023;2;1080;;"]), "38901")
    assert found["progress_percent"] is found["coverage_percent"] is found["missing"] is None


def test_figures_per_card_of_a_group(tmp_path: Path) -> None:
    found = made(tmp_path, ["38900;2023;;100;;", "38901;2023;;20;;", "38901;2022;;30;;"])
    group = groups(found)["38900"]
    assert (group["cards"], group["spent_per_card"]) == (120, 50)
    assert outputs.write(found, tmp_path)


def test_declared_totals_and_bad_rows_are_said(tmp_path: Path) -> None:
    rows = ["38901;2023;1;10;;", "TONG;2023;1;12;;", "38901;2023;5;1;;", "38902;2023;1;;;"]
    found = made(tmp_path, rows)
    assert gaps(found)["TONG", "SO_THE"]["gap"] == 2
    assert [text.split(": ")[0] for text in notices(found, "rejected")] == [
        "the.csv, dòng 4, cột QUY", "the.csv, dòng 5, cột SO_THE"
    ]  # fmt: skip


def test_the_path_is_a_parameter() -> None:
    assert [path_percent(2026, quarter) for quarter in (2, 3)] == [50.0, 75.0]
