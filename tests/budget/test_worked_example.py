from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import openpyxl

from tests.commands import ROOT, run, told

FOLDER = ROOT / "sample_xml/ngan_sach"


@cache
def made(spending: str, year: str) -> tuple[Path, str]:
    out = Path(mkdtemp())
    done = run("budget", "--spending", FOLDER / spending, "--allocations", FOLDER / "du_toan.csv",
               "--year", year, "--out", out)  # fmt: skip
    assert done.returncode == 0, told(done)
    return out, done.stdout.decode()


def found(spending: str, year: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((made(spending, year)[0] / "budget.json").read_text("utf-8"))
    return data


def test_a_centre_with_24_stations_is_over_its_budget() -> None:
    (group,) = found("chi.csv", "2023")["groups"]
    assert group["facility"] == "38950"
    assert len(group["members"]) == 25
    assert group["allocated"] == 22_665_461_249
    assert group["spent"] == 23_934_250_859
    assert group["visits"] == 154_809
    assert group["over"] == 1_268_789_610
    assert group["over_percent"] == 5.6
    assert group["forecast"] is None
    assert group["last_year"]["visits"] == 126_904
    assert round(group["last_year"]["spent"] / 1e9, 1) == 17.8
    drivers = group["drivers"]
    assert drivers["volume"] + drivers["mix"] + drivers["price"] == drivers["change"]
    assert drivers["change"] == group["spent"] - group["last_year"]["spent"]


def test_the_conclusion_and_the_gap_are_on_screen() -> None:
    text = made("chi.csv", "2023")[1]
    assert "VƯỢT 1.268.789.610 đ (5,6 %)" in text
    assert "quyết định 45/QĐ-TN ngày 20/09/2023, thay 1 quyết định trước" in text
    assert "không ghi tháng nên không dự báo được" in text
    assert "TONG/NOI_TRU | 2023 | T_BHTT | Khai báo 2.775.008.925" in text
    assert "Chênh lệch -4.350.000" in text


def test_the_planted_gap_is_found_and_nothing_else() -> None:
    wrong = [row for row in found("chi.csv", "2023")["reconciliation"] if row["gap"]]
    assert [(row["measure"], row["gap"], row["against"]) for row in wrong] == [
        ("T_BHTT", -4_350_000, "rows"),
        ("T_BHTT", 4_350_000, "kinds"),
    ]


def test_months_give_a_forecast_with_range_method_and_trials() -> None:
    (group,) = found("chi_theo_thang.csv", "2024")["groups"]
    detail = group["forecast_detail"]
    end = detail["year_end"]
    assert group["forecast"] == end["expected"]
    assert group["spent"] < end["low"] < end["expected"] < end["high"]
    assert "theo mùa" in detail["method"]
    assert {trial["target"] for trial in detail["back_test"]} == {
        "hết tháng 12/2023", "hết tháng 9/2024"
    }  # fmt: skip
    assert all(abs(trial["error_percent"]) < 1 for trial in detail["back_test"])
    assert group["forecast_over"] == end["expected"] - group["allocated"]


def test_workbook_and_page_hold_the_same_figures() -> None:
    out = made("chi.csv", "2023")[0]
    book = openpyxl.load_workbook(out / "budget.xlsx")
    rows = list(book["DuToan"].iter_rows(values_only=True))
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["Dự toán (đ)"] == 22_665_461_249
    assert row["Vượt (+), còn (-) (đ)"] == 1_268_789_610
    assert row["Vượt (%)"] == 5.6
    assert row["Mã CSKCB"] == "38950"
    book.close()
    page = (out / "budget.html").read_text("utf-8")
    assert "1.268.789.610" in page
    assert "154.809" in page


def test_every_station_has_a_section_and_a_link_to_it() -> None:
    for spending, year in (("chi.csv", "2023"), ("chi_theo_thang.csv", "2024")):
        (centre,) = found(spending, year)["groups"]
        stations = found(spending, year)["stations"]
        page = (made(spending, year)[0] / "budget.html").read_text("utf-8")
        assert {one["facility"].removesuffix("-rieng") for one in stations} <= {*centre["members"]}
        assert sum(one["spent"] for one in stations) == centre["spent"]
        assert {one["allocated"] for one in stations} == {None}
        for one in stations:
            assert f'<h2 id="nhom-{one["facility"]}">' in page
            assert f'<a href="#nhom-{one["facility"]}">' in page
        assert len(page) < 400_000
    assert len(found("chi.csv", "2023")["stations"]) == 25


def test_the_page_needs_nothing_from_outside() -> None:
    for spending, year in (("chi.csv", "2023"), ("chi_theo_thang.csv", "2024")):
        page = (made(spending, year)[0] / "budget.html").read_text("utf-8")
        assert "<svg" in page
        assert page.count("<script") == 1
        outside = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "http" not in outside.replace("http-equiv", "")
        assert "src=" not in outside
