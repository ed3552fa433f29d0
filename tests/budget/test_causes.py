"""A budget from the claims: centres and stations, where the money went, the month it runs out."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import openpyxl

from giamdinh.budget.forecast import runs_out
from giamdinh.sample import generate
from giamdinh.store.add import add
from giamdinh.store.reading import make_views, open_store
from giamdinh.tables.values import number_vi
from tests.budget.reports import notices, report
from tests.commands import run, told


@cache
def made() -> tuple[Path, str]:
    """A centre with two stations and a clinic, January to March of two years."""
    top = Path(mkdtemp())
    for year, claims in ((2025, 12), (2026, 18)):
        for number in range(1, 4):
            name = f"{year}-{number:02d}"
            generate(top / name, seed=2, month=name, facilities=3, claims=claims, errors=False)
            add(top / "kho", [top / name / "ho_so"])
    (top / "co_so.csv").write_text(
        "MA_CSKCB,TEN_CSKCB,NHOM\n38901,Trạm A,38950\n38902,Trạm B,Trung tâm C\n"
        "38950,Trung tâm C,\n,thiếu mã,\n", "utf-8",
    )  # fmt: skip
    (top / "du_toan.csv").write_text(
        "MA_CSKCB,NAM,SO_TIEN\n38950,2026,12000000\n38903,2026,900000000\n", "utf-8"
    )
    (top / "the.csv").write_text("MA_CSKCB;NAM;SO_THE\n38901;2024;10\n", "utf-8")
    done = run("budget", "--store", top / "kho", "--allocations", top / "du_toan.csv",
               "--facilities", top / "co_so.csv", "--enrolment", top / "the.csv",
               "--year", "2026", "--out", top / "kq")  # fmt: skip
    assert done.returncode == 0, told(done)
    return top, told(done)


def said() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((made()[0] / "kq/budget.json").read_text("utf-8"))
    return data


def asked(query: str) -> list[tuple[Any, ...]]:
    with open_store(made()[0] / "kho") as own:
        make_views(own)
        return own.rows(query)


def test_a_centre_of_the_facility_list_answers_for_its_stations() -> None:
    groups = {group["facility"]: group for group in said()["groups"]}
    assert set(groups) == {"38950", "38903"}
    centre = groups["38950"]
    assert set(centre["members"]) == {"38901", "38902", "38950"}
    assert centre["name"] == "Trung tâm C"
    spent = asked("SELECT sum(T_BHTT) FROM XML1 WHERE KHO_CSKCB IN ('38901', '38902') "
                  "AND KHO_THANG > 202600")[0][0]  # fmt: skip
    assert Decimal(str(centre["spent"])) == spent
    counts = next(one for one in said()["files"] if one["file"] == "co_so.csv")
    assert (counts["read"], counts["used"], counts["rejected"]) == (4, 3, 1)


def test_where_the_money_went_equals_a_query_on_the_store() -> None:
    causes = said()["causes"]
    assert causes["period"] == {"first": 202601, "last": 202603}
    rows = asked("""
        SELECT MA_NHOM, sum(T_BHTT) FILTER (KHO_THANG > 202600),
            sum(T_BHTT) FILTER (KHO_THANG < 202600)
        FROM (SELECT MA_NHOM, T_BHTT, KHO_THANG, KHO_CSKCB FROM XML2 UNION ALL
            SELECT MA_NHOM, T_BHTT, KHO_THANG, KHO_CSKCB FROM XML3)
        WHERE KHO_CSKCB IN ('38901', '38902') GROUP BY ALL""")
    shown = {one["key"]: one for one in causes["changes"]["nhom"] if one["facility"] == "38950"}
    assert set(shown) == {row[0] for row in rows}
    for key, now, before in rows:
        assert Decimal(str(shown[key]["spent"])) == (now or 0)
        assert Decimal(str(shown[key]["spent_before"])) == (before or 0)
        drivers = shown[key]["drivers"]
        parts = [Decimal(str(drivers[name])) for name in ("volume", "mix", "price")]
        assert sum(parts) == Decimal(str(drivers["change"]))


def test_all_facilities_together_are_the_sum_of_the_groups() -> None:
    for dimension in ("nhom", "muc", "benh", "khoa"):
        sums: dict[str, Decimal] = {}
        for one in said()["causes"]["changes"][dimension]:
            code = one["facility"]
            sums[code] = sums.get(code, Decimal(0)) + Decimal(str(one["spent"]))
        assert sums["TONG"] == sums["38950"] + sums["38903"]


def test_workbook_and_page_have_a_part_for_every_group() -> None:
    out = made()[0] / "kq"
    book = openpyxl.load_workbook(out / "budget.xlsx")
    assert {"TheoNhomChiPhi", "TheoMuc", "TheoNhomBenh", "TheoKhoa"} <= set(book.sheetnames)
    book.close()
    page = (out / "budget.html").read_text("utf-8")
    for words in ("Tiền đi đâu", "10 nguyên nhân tốn kém nhất", "Thử lại dự báo", "nhom-38950"):
        assert words in page
    for one in said()["causes"]["changes"]["nhom"]:
        assert number_vi(round(one["spent"] * 100), 2) in page


def test_an_enrolment_table_of_other_years_is_said() -> None:
    assert "the.csv: không có số người tham gia của năm 2026 (tệp có: 2024)" in made()[1]


def test_the_month_in_which_the_budget_runs_out() -> None:
    assert runs_out([10, 10, 10], [], 25) == 3
    assert runs_out([100, 100, 100], [], 550) == 6
    assert runs_out([100, 100, 100], [], 5000) is None
    centre = next(group for group in said()["groups"] if group["facility"] == "38950")
    assert centre["runs_out_in_month"] is not None
    assert f"trong tháng {centre['runs_out_in_month']}/2026" in made()[1]


def test_a_facility_list_does_not_overrule_the_spending_table(tmp_path: Path) -> None:
    from giamdinh.budget.facilities import fill_in, read_facilities
    from giamdinh.budget.spending import read_spending

    report(tmp_path, ["38901,Tên bảng chi,38900,NGOAI_TRU,2023,,1,5", "38902,,,NOI_TRU,2023,,1,5"])
    (tmp_path / "cs.csv").write_text(
        "MA_CSKCB;TEN_CSKCB;NHOM\n38901;Tên khác;38999\n38902;Trạm B;38900\n38902;;38901\n",
        "utf-8",
    )
    table = read_spending(tmp_path / "chi.csv", 2023)
    fill_in(table, read_facilities(tmp_path / "cs.csv"))
    assert [(row.name, row.group) for row in table.rows] == [
        ("Tên bảng chi", "38900"), ("Trạm B", "38901")
    ]  # fmt: skip
    (doubt,) = table.notices
    assert "cs.csv, dòng 4, cột NHOM: 38902: NHOM là 38900 ở dòng trước, 38901" in str(doubt)


def test_cards_that_are_missing_are_said_with_the_facilities(tmp_path: Path) -> None:
    from giamdinh.budget.analyse import add_enrolment
    from giamdinh.budget.enrolment import read_enrolment

    found = report(
        tmp_path, ["38901,A,38900,NGOAI_TRU,2023,,1,5", "38902,B,38900,NOI_TRU,2023,,1,5"]
    )
    (tmp_path / "the.csv").write_text("MA_CSKCB;NAM;SO_THE\n38901;2023;10\n", "utf-8")
    add_enrolment(found, read_enrolment(tmp_path / "the.csv", 2023))
    assert any("38900: không có số thẻ năm 2023 của 2/3 cơ sở (38900, 38902)" in text
               for text in notices(found, "warning"))  # fmt: skip
