"""Every figure of the workbook and the page, against SQL on the Parquet files themselves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from giamdinh.growth import outputs
from tests.growth.recomputed import SHEETS, Asked, close
from tests.growth.test_growth import report, store
from tests.tables import html_tables, in_sheets, sheets_of

NOW, BEFORE = 202609, 202509


@cache
def asked() -> Asked:
    return Asked(store(), (NOW, NOW), (BEFORE, BEFORE))


@cache
def written() -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The sheets of the workbook, row by row under their headings, and the page."""
    _, book, page = outputs.write(report(), Path(mkdtemp()))
    return sheets_of(book), page.read_text("utf-8")


@pytest.mark.parametrize("name", SHEETS)
def test_every_figure_of_the_workbook_is_that_of_the_store(name: str) -> None:
    wanted = asked().expected(name)
    rows = written()[0][name]
    assert len(rows) == len(wanted)
    for row in rows:
        heads = list(row)
        key = "(không ghi)" if name == "TheoCoSo" else str(row[heads[1]])
        for heading, value in wanted[str(row["Mã CSKCB"]), key].items():
            slack = 0.0051 if "%" in heading else 0.51 if "đơn vị" in heading else 0.001
            assert close(row[heading], value, slack), (key, heading)


def test_every_month_is_that_of_the_store() -> None:
    months = asked().ask("SELECT KHO_CSKCB, KHO_THANG, sum(T_BHTT) FROM XML1 GROUP BY ALL")
    assert {
        (row["Mã CSKCB"], row["Tháng"]): row["Chi (đ)"] for row in written()[0]["TheoThang"]
    } == {
        (facility, f"{month // 100}-{month % 100:02d}"): float(cost)
        for facility, month, cost in months
    }


def test_before_and_after_shows_what_the_store_has() -> None:
    rows = written()[0]["TruocSauChinhSach"]
    names = {str(row["Tên"]): str(row["Loại KCB"]) for row in written()[0]["TheoLoai"]}
    both = {**asked().expected("TheoLoai"), **asked().expected("TheoCoSo")}
    assert len(rows) == len(both)
    for row in rows:
        wanted = both[str(row["Mã CSKCB"]), names.get(row["Loại KCB"], "(không ghi)")]
        for heading in ("Chi kỳ này (đ)", "Chi kỳ trước (đ)", "do số lượng (đ)", "do cơ cấu (đ)"):
            assert close(row[heading], wanted[heading]), heading


def test_every_table_of_the_page_is_in_the_workbook() -> None:
    sheets, page = written()
    tables = html_tables(page)
    assert tables
    assert [in_sheets(table, sheets) for table in tables] == [""] * len(tables)
