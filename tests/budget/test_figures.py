"""Every figure of the budget's workbook and page, against SQL on the Parquet files themselves."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.commands import run, told
from tests.growth.recomputed import Asked, Who, close, percent
from tests.growth.test_growth import store
from tests.tables import html_tables, in_sheets, sheets_of

ALL, YEAR, MONTH = "Toàn bộ", 2026, 9
BUDGETS = {"38901": Decimal(400_000), "38902": Decimal(90_000_000)}
CARDS = {("38901", 2025): 800, ("38901", 2026): 900, ("38902", 2025): 3000, ("38902", 2026): 2800}
Sums = dict[Who, tuple[int, Decimal, int, Decimal]]


@cache
def asked() -> Asked:
    return Asked(store(), (YEAR * 100 + 1, YEAR * 100 + MONTH), (202501, 202509))


@cache
def written() -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The sheets of the workbook, row by row under their headings, and the page."""
    folder = Path(mkdtemp())
    given = [f"{code},{YEAR},{amount}" for code, amount in BUDGETS.items()]
    (folder / "du_toan.csv").write_text("\n".join(["MA_CSKCB,NAM,SO_TIEN", *given]), "utf-8")
    cards = [f"{code},{year},{number}" for (code, year), number in CARDS.items()]
    (folder / "the.csv").write_text("\n".join(["MA_CSKCB,NAM,SO_THE", *cards]), "utf-8")
    done = run(
        "budget", "--store", store(), "--allocations", folder / "du_toan.csv", "--enrolment",
        folder / "the.csv", "--year", str(YEAR), "--out", folder,
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    return sheets_of(folder / "budget.xlsx"), (folder / "budget.html").read_text("utf-8")


@cache
def sums(key: str) -> Sums:
    """(facility, key) to visits and cost, now and a year before; ALL is everybody."""
    rows = asked().ask(
        f"SELECT KHO_CSKCB, {key}, KHO_THANG, count(*), sum(T_BHTT) FROM claims "  # noqa: S608
        "GROUP BY ALL"
    )
    out: Sums = {}
    for facility, own, month, visits, cost in rows:
        for who in ((facility, own), (ALL, own)):
            found = [*out.get(who, (0, Decimal(0), 0, Decimal(0)))]
            at = 0 if month == YEAR * 100 + MONTH else 2
            found[at], found[at + 1] = found[at] + visits, found[at + 1] + cost
            out[who] = (int(found[0]), Decimal(found[1]), int(found[2]), Decimal(found[3]))
    return out


def test_budget_and_spending_of_every_group_are_those_of_the_store() -> None:
    rows = {str(row["Mã CSKCB"]): row for row in written()[0]["DuToan"]}
    assert set(rows) == {*BUDGETS, ALL}
    given = {**BUDGETS, ALL: sum(BUDGETS.values(), Decimal(0))}
    for code, row in rows.items():
        visits, cost, visits_before, cost_before = sums("''")[code, ""]
        assert close(row["Dự toán (đ)"], given[code])
        assert close(row["Đã chi T_BHTT (đ)"], cost)
        assert close(row["Vượt (+), còn (-) (đ)"], cost - given[code])
        assert close(row["Sử dụng (%)"], percent(cost, given[code]), 0.0051)
        assert close(row["Vượt (%)"], percent(cost - given[code], given[code]), 0.0051)
        assert close(row["Phần năm đã có số (%)"], Decimal(100 * MONTH) / 12, 0.0051)
        assert (row["Số lượt"], row["Lượt cùng kỳ năm trước"]) == (visits, visits_before)
        assert close(row["Chi một lượt (đ)"], cost / visits, 0.51)
        assert close(row["Chi cùng kỳ năm trước (đ)"], cost_before)
        assert close(row["Chi tăng (%)"], percent(cost - cost_before, cost_before), 0.0051)


@pytest.mark.parametrize(("sheet", "key"), [("TheoCoSo", "''"), ("TheoLoai", "loai")])
def test_facilities_and_classes_are_those_of_the_store(sheet: str, key: str) -> None:
    wanted = {
        who: found for who, found in sums(key).items() if sheet == "TheoLoai" or who[0] != ALL
    }
    rows = written()[0][sheet]
    assert len(rows) == len(wanted)
    by_cost = {(who[0], found[1]): found for who, found in wanted.items()}
    for row in rows:
        cost = Decimal(str(row["Chi T_BHTT (đ)"])).quantize(Decimal("0.01"))
        found = by_cost.pop((str(row["Mã CSKCB"]), cost))
        visits, _, visits_before, cost_before = found
        assert (row["Số lượt"], row["Lượt năm trước"] or 0) == (visits, visits_before)
        assert close(row["Chi năm trước (đ)"] or 0, cost_before)
        assert close(row["Chi một lượt (đ)"], cost / visits if visits else None, 0.51)
        assert close(row["Chi tăng (%)"], percent(cost - cost_before, cost_before), 0.0051)
        rise = percent(Decimal(visits - visits_before), Decimal(visits_before))
        assert close(row["Lượt tăng (%)"], rise, 0.0051)
        assert close(row["Tăng, giảm (đ)"], cost - cost_before)
        parts = [
            row[f"do {name} (đ)"] for name in ("số lượt", "cơ cấu cơ sở, loại", "chi một lượt")
        ]
        assert sum(parts) == pytest.approx(row["Tăng, giảm (đ)"], abs=0.001)
    assert not by_cost


def test_every_month_is_that_of_the_store() -> None:
    for row in written()[0]["TheoThang"]:
        _, cost, _, before = sums("''")[str(row["Mã CSKCB"]), ""]
        given = BUDGETS.get(str(row["Mã CSKCB"]), sum(BUDGETS.values(), Decimal(0)))
        now = int(row["Tháng"]) >= MONTH
        assert close(row["Chi (đ)"], cost if row["Tháng"] == MONTH else Decimal(0))
        assert close(row["Chi cùng tháng năm trước (đ)"] or 0,
                     before if row["Tháng"] == MONTH else Decimal(0))  # fmt: skip
        assert close(row["Lũy kế (đ)"], cost if now else Decimal(0))
        assert close(
            row["Lũy kế so dự toán (%)"], percent(cost if now else Decimal(0), given), 0.0051
        )


@pytest.mark.parametrize("sheet", ["TheoNhomChiPhi", "TheoNhomBenh", "TheoKhoa", "TheoMuc"])
def test_where_the_money_went_is_that_of_the_store(sheet: str) -> None:
    wanted = asked().expected(sheet)
    rows = [row for row in written()[0][sheet] if row["Mã CSKCB"] != ALL]
    assert len(rows) == len(wanted)
    for row in rows:
        found = wanted[str(row["Mã CSKCB"]), str(list(row.values())[1])]
        for heading in ("Chi kỳ này (đ)", "Chi kỳ trước (đ)", "Số lượng kỳ này", "do đơn giá (đ)"):
            assert close(row[heading], found[heading]), heading


def test_visits_and_cost_per_card_are_those_of_the_store() -> None:
    rows = {str(row["Mã CSKCB"]): row for row in written()[0]["BinhQuanThe"]}
    assert set(rows) == {*BUDGETS, ALL}
    for code, given in BUDGETS.items():
        visits, cost, visits_before, cost_before = sums("''")[code, ""]
        now, before = CARDS[code, YEAR], CARDS[code, YEAR - 1]
        row = rows[code]
        assert (row["Số thẻ"], row["Số thẻ năm trước"]) == (now, before)
        assert close(row["Lượt một thẻ"], Decimal(visits) / now, 0.0051)
        assert close(row["Lượt một thẻ năm trước"], Decimal(visits_before) / before, 0.0051)
        assert close(row["Chi một thẻ (đ)"], cost / now, 0.51)
        assert close(row["Chi một thẻ năm trước (đ)"], cost_before / before, 0.51)
        assert close(row["Dự toán một thẻ (đ)"], given / now, 0.51)


def test_every_table_of_the_page_is_in_the_workbook() -> None:
    sheets, page = written()
    tables = html_tables(page)
    assert tables
    assert [in_sheets(table, sheets) for table in tables] == [""] * len(tables)
