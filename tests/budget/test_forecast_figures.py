"""Forecasts, back-tests, sections of stations and charts of the budget, against SQL on Parquet."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from math import gamma, pi, sqrt
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

from tests.charts import Chart, charts_of
from tests.commands import run, told
from tests.growth.made_months import FACILITIES, LAST, long_store
from tests.growth.recomputed import Asked, close
from tests.tables import html_tables, in_sheets, sheets_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL, YEAR, KNOWN = "Toàn bộ", 2026, LAST % 100
STATIONS = ("38901", "38905", "38906")
CENTRE = "38902"
BUDGETS = {"38902": 31_000_000, "38903": 9_000_000, "38904": 60_000_000, "38905": 900_000}
GROUPS = {
    "38902": ("38902", *STATIONS), "38903": ("38903",), "38904": ("38904",), "38905": ("38905",),
    ALL: FACILITIES,
}  # fmt: skip
BELOW = {"38902-rieng": ("38902",), "38901": ("38901",), "38906": ("38906",)}
"""Stations without a budget of their own, and the centre without its stations."""
MEMBERS = GROUPS | BELOW


@cache
def asked() -> Asked:
    return Asked(long_store(), (202601, LAST), (202501, 202505))


@cache
def written() -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The sheets of the workbook, row by row under their headings, and the page."""
    folder = Path(mkdtemp())
    given = [f"{code},{YEAR},{amount}" for code, amount in BUDGETS.items()]
    (folder / "du_toan.csv").write_text("\n".join(["MA_CSKCB,NAM,SO_TIEN", *given]), "utf-8")
    listed = [f"{code},Trạm {code},{CENTRE}" for code in STATIONS]
    (folder / "co_so.csv").write_text(
        "\n".join(["MA_CSKCB,TEN_CSKCB,NHOM", *listed, f"{CENTRE},Trung tâm,"]), "utf-8"
    )
    done = run(
        "budget", "--store", long_store(), "--allocations", folder / "du_toan.csv", "--facilities",
        folder / "co_so.csv", "--year", str(YEAR), "--out", folder,
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    return sheets_of(folder / "budget.xlsx"), (folder / "budget.html").read_text("utf-8")


@cache
def months(code: str, year: int) -> tuple[float, ...]:
    """Cost by month of a group, from January on."""
    members = ", ".join(f"'{member}'" for member in MEMBERS.get(code, (code,)))
    rows = asked().ask(
        "SELECT KHO_THANG % 100, sum(T_BHTT) FROM XML1 WHERE KHO_THANG // 100 = "  # noqa: S608
        f"{year} AND KHO_CSKCB IN ({members}) GROUP BY 1 ORDER BY 1"
    )
    whole = [month for month, _ in rows] == [*range(1, len(rows) + 1)]
    return tuple(float(cost) for _, cost in rows) if whole else ()


@cache
def student(freedom: int) -> float:
    """The point that nine in ten fall below, from the density of Student's distribution."""
    factor = gamma((freedom + 1) / 2) / (sqrt(freedom * pi) * gamma(freedom / 2))
    step, below, points, sums = 1e-4, 0.5, [0.0], [0.5]
    while below < 0.91:
        middle = points[-1] + step / 2
        below += step * factor * (1 + middle * middle / freedom) ** (-(freedom + 1) / 2)
        points.append(points[-1] + step)
        sums.append(below)
    return round(points[bisect_left(sums, 0.9)], 3)


def until(known: Sequence[float], before: Sequence[float], month: int) -> tuple[float, ...]:
    """(low, expected, high) by the end of a month, as the report's method is described."""
    shape = before if len(before) == 12 and min(before) > 0 else [1.0] * 12
    many, spent, seen = len(known), sum(known), sum(shape[: len(known)])
    rest = sum(shape[many:month])
    level = spent / seen
    spread = sum((c - level * w) ** 2 / w for c, w in zip(known, shape, strict=False)) / (many - 1)
    half = student(many - 1) * sqrt(spread * rest * (1 + rest / seen))
    expected = spent + level * rest
    return max(expected - half, spent), expected, expected + half


def test_the_range_is_that_of_students_distribution() -> None:
    assert [student(freedom) for freedom in (2, 4, 10)] == [1.886, 1.533, 1.372]


def test_forecasts_are_those_of_the_months_in_the_store() -> None:
    rows = {(row["Mã CSKCB"], row["Đến hết"]): row for row in written()[0]["DuBao"]}
    assert {code for code, _ in rows} == set(MEMBERS)
    for code in MEMBERS:
        now, before = months(code, YEAR), months(code, YEAR - 1)
        assert (len(now), len(before)) == (KNOWN, 12)
        for end, month in (("quý 2", 6), ("năm", 12)):
            row = rows[code, end]
            wanted = until(now, before, month)
            for heading, value in zip(("Thấp (đ)", "Dự báo (đ)", "Cao (đ)"), wanted, strict=True):
                assert close(row[heading], value, 1.01), (code, end, heading)
            assert "theo mùa" in row["Phương pháp, lý do"]
        over = until(now, before, 12)[1] - given(code) if code in GROUPS else None
        assert close(rows[code, "năm"]["So dự toán năm (đ)"], over, 1.01)


def given(code: str) -> float:
    """The budget of a group; that of a station lies within its centre's."""
    if code == ALL:
        return float(sum(BUDGETS[top] for top in BUDGETS if top not in STATIONS))
    return float(BUDGETS[code])


def test_back_tests_are_those_of_the_months_in_the_store() -> None:
    rows = written()[0]["ThuDuBao"]
    wanted = {}
    for code in MEMBERS:
        now, before, older = (months(code, YEAR - back) for back in range(3))
        trials = [(before[:KNOWN], older, before, YEAR - 1)]
        trials += [(now[:known], before, now, YEAR) for known in range(3, KNOWN)]
        for known, shape, actual, year in trials:
            key = (code, len(known), f"hết tháng {len(actual)}/{year}")
            wanted[key] = (until(known, shape, len(actual)), sum(actual))
    assert len(rows) == len(wanted) == 3 * len(MEMBERS)
    for row in rows:
        key = (row["Mã CSKCB"], row["Biết số tháng"], row["Dự báo tới"])
        (low, expected, high), came = wanted[key]
        assert close(row["Dự báo (đ)"], expected, 1.01), key
        assert close(row["Thực chi (đ)"], came), key
        assert close(row["Sai (%)"], (expected - came) * 100 / came, 0.0051), key
        assert row["Trong khoảng"] == ("có" if low <= came <= high else "không"), key


def test_the_summary_says_what_the_forecast_says() -> None:
    assert {row["Mã CSKCB"] for row in written()[0]["DuToan"]} == set(GROUPS)
    for row in written()[0]["DuToan"]:
        code = str(row["Mã CSKCB"])
        now, before = months(code, YEAR), months(code, YEAR - 1)
        end = until(now, before, 12)[1]
        budget = given(code)
        assert close(row["Dự toán (đ)"], budget)
        assert close(row["Đã chi T_BHTT (đ)"], sum(now))
        assert close(row["Dự báo cả năm (đ)"], end, 1.01)
        assert close(row["Dự báo vượt (đ)"], end - budget, 1.01)
        paths = [sum(now[:m]) if m <= KNOWN else until(now, before, m)[1] for m in range(1, 13)]
        over = next((m for m, spent in enumerate(paths, start=1) if spent > budget), None)
        assert row["Hết dự toán vào tháng"] == over, code


def test_every_month_is_that_of_the_store() -> None:
    rows = written()[0]["TheoThang"]
    assert len(rows) == KNOWN * len(MEMBERS)
    for row in rows:
        code, month = str(row["Mã CSKCB"]), int(row["Tháng"])
        now, before = months(code, YEAR), months(code, YEAR - 1)
        assert close(row["Chi (đ)"], now[month - 1])
        assert close(row["Chi cùng tháng năm trước (đ)"], before[month - 1])
        assert close(row["Lũy kế (đ)"], sum(now[:month]))
        used = sum(now[:month]) * 100 / given(code) if code in GROUPS else None
        assert close(row["Lũy kế so dự toán (%)"], used, 0.0051)


@pytest.mark.parametrize("sheet", ["TheoNhomChiPhi", "TheoNhomBenh", "TheoKhoa", "TheoMuc"])
def test_where_the_money_of_a_centre_went_is_the_sum_of_its_stations(sheet: str) -> None:
    wanted: dict[tuple[str, str], list[float]] = {}
    headings = ("Chi kỳ này (đ)", "Chi kỳ trước (đ)", "Số lượng kỳ này", "Số lượng kỳ trước")
    for (facility, key), figures in asked().expected(sheet).items():
        for code, members in MEMBERS.items():
            if facility in members:
                sums = wanted.setdefault((code, key), [0.0] * len(headings))
                for i, heading in enumerate(headings):
                    sums[i] += float(figures[heading])
    rows = [row for row in written()[0][sheet] if row["Mã CSKCB"] in MEMBERS]
    shown = {(str(row["Mã CSKCB"]), str(list(row.values())[1])): row for row in rows}
    assert set(shown) == set(wanted)
    for who, row in shown.items():
        for heading, value in zip(headings, wanted[who], strict=True):
            assert close(row[heading], value), (who, heading)


def drawn(chart: Chart, label: str, wanted: Mapping[str, float]) -> bool:
    """Whether a series of a chart shows these values, and no others."""
    values = chart.series[label]
    return set(values) == set(wanted) and all(
        abs(values[name] - value) <= chart.slack + 1 for name, value in wanted.items()
    )


@pytest.mark.parametrize("code", GROUPS)
def test_charts_draw_the_months_and_the_forecast(code: str) -> None:
    charts = charts_of(written()[1])
    now, before = months(code, YEAR), months(code, YEAR - 1)
    chart = charts[f"thang-{'tong' if code == ALL else code}"]
    assert drawn(chart, "Năm 2025", {f"T{m}": sum(before[:m]) for m in range(1, 13)})
    assert drawn(chart, "Năm 2026", {f"T{m}": sum(now[:m]) for m in range(1, KNOWN + 1)})
    assert drawn(chart, "Dự toán năm", {f"T{m}": given(code) for m in range(1, 13)})
    for place, label in enumerate(("Dự báo thấp", "Dự báo", "Dự báo cao")):
        quarter, year = (until(now, before, month)[place] for month in (6, 12))
        path = {f"T{m}": quarter + (year - quarter) * (m - 6) / 6 for m in range(6, 13)}
        assert drawn(chart, label, {f"T{KNOWN}": sum(now), **path}), label


@pytest.mark.parametrize("code", BELOW)
def test_every_station_has_a_section_with_its_own_figures(code: str) -> None:
    _, page = written()
    top = page.index('id="nhom-38902"')
    start = page.index(f'<h2 id="nhom-{code}"')
    section = page[start : page.index("</section>", start)]
    assert start > top
    assert f'<a href="#nhom-{code}">' in page[top:start]
    assert '<nav>Thuộc: <a href="#nhom-38902">' in section
    now, before = months(code, YEAR), months(code, YEAR - 1)
    chart = charts_of(section)[f"tung-thang-{code}"]
    assert drawn(chart, "Năm 2026", {f"T{m}": cost for m, cost in enumerate(now, start=1)})
    assert drawn(chart, "Năm 2025", {f"T{m}": cost for m, cost in enumerate(before, start=1)})
    money = next(rows for head, rows in html_tables(section) if head[0] == "Nhóm chi phí")
    found = asked().expected("TheoNhomChiPhi")
    wanted = {who[1]: figures for who, figures in found.items() if who[0] == MEMBERS[code][0]}
    assert {row[0] for row in money} == set(wanted)
    for key, _, *amounts in money:
        headings = ("Chi kỳ này (đ)", "Chi kỳ trước (đ)", "Tăng, giảm (đ)")
        for amount, heading in zip(amounts, headings, strict=False):
            assert close(amount, wanted[str(key)][heading]), (key, heading)
    causes = next(rows for head, rows in html_tables(section) if "Thuốc" in head[0])
    items = asked().expected("TheoMuc").items()
    rises = sorted(
        (-float(one["Tăng, giảm (đ)"]) for who, one in items if who[0] == MEMBERS[code][0])
    )
    assert [-float(row[-2] or 0) for row in causes] == pytest.approx(rises[:10])
    assert len(section) < 60_000


def test_charts_draw_budget_spending_and_what_moved_it() -> None:
    sheets, page = written()
    charts = charts_of(page)
    tops = [code for code in BUDGETS if code not in STATIONS]
    spent = {code: sum(months(code, YEAR)) for code in tops}
    assert drawn(charts["du-toan"], "Đã chi", spent)
    assert drawn(charts["du-toan"], "Dự toán", {code: float(BUDGETS[code]) for code in tops})
    for row in sheets["NguyenNhan"]:
        code = str(row["Mã CSKCB"])
        if row["Loại"] == "cả nhóm" and f"vi-sao-{code}" in charts:
            change = sum(months(code, YEAR)) - sum(months(code, YEAR - 1)[:KNOWN])
            assert close(row["Tăng, giảm (đ)"], change)
            parts = {
                "Tăng, giảm": change,
                "do số lượt": row["do số lượt (đ)"],
                "do cơ cấu": row["do cơ cấu cơ sở, loại (đ)"],
                "do chi một lượt": row["do chi một lượt (đ)"],
            }
            assert drawn(charts[f"vi-sao-{code}"], "", parts), code
            assert close(sum(parts.values()) - change, change, 0.01)


def test_every_table_of_the_page_is_in_the_workbook() -> None:
    sheets, page = written()
    tables = html_tables(page)
    assert [in_sheets(table, sheets) for table in tables] == [""] * len(tables)
