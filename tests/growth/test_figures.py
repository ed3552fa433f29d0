"""Every figure of the workbook and the page, against SQL on the Parquet files themselves."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from giamdinh.growth import outputs
from giamdinh.growth.facts import dated_classes
from giamdinh.store.layout import DATA
from tests.growth.test_growth import report, store
from tests.tables import html_tables, in_sheets, sheets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Who = tuple[str, str]
NOW, BEFORE = 202609, 202509
LINES = """(SELECT KHO_HS, KHO_CSKCB, KHO_THANG, MA_NHOM, MA_KHOA, MA_BAC_SI, SO_LUONG, T_BHTT,
    MUC_HUONG, MA_THUOC AS MUC FROM {XML2} UNION ALL SELECT KHO_HS, KHO_CSKCB, KHO_THANG, MA_NHOM,
    MA_KHOA, MA_BAC_SI, SO_LUONG, T_BHTT, MUC_HUONG, coalesce(nullif(MA_VAT_TU, ''), MA_DICH_VU)
    FROM {XML3})"""
CLAIMS = "{XML1} JOIN loai ON MA_LOAI_KCB = ma AND KHO_THANG BETWEEN tu AND den"
KINDS = """(SELECT l.*, loai FROM {LINES} l
    JOIN (SELECT KHO_HS, loai FROM {CLAIMS}) USING (KHO_HS))"""
VISITS, DAYS = "count(*)", "sum(SO_NGAY_DTRI)"
SHEETS = {
    "TheoCoSo": (CLAIMS, "''", "loai || left(MA_BENH_CHINH, 3)", VISITS, DAYS),
    "TheoLoai": (CLAIMS, "loai", "left(MA_BENH_CHINH, 3)", VISITS, DAYS),
    "TheoNhomBenh": (CLAIMS, "left(MA_BENH_CHINH, 3)", "loai", VISITS, DAYS),
    "TheoKhoa": (KINDS, "MA_KHOA", "loai", "count(DISTINCT KHO_HS)", "0"),
    "TheoNguoiHanhNghe": (
        KINDS, "trim(split_part(coalesce(MA_BAC_SI, ''), ';', 1))", "loai",
        "count(DISTINCT KHO_HS)", "0",
    ),
    "TheoNhomChiPhi": (KINDS, "MA_NHOM", "loai", "count(DISTINCT KHO_HS)", "0"),
    "TheoMuc": (KINDS, "MUC", "''", "sum(SO_LUONG)", "0"),
}  # fmt: skip
"""Sheet to source, key, kind of care within it, quantity and days."""


def ask(query: str) -> list[tuple[Any, ...]]:
    """An answer of DuckDB on the Parquet files, without the catalogue or the views."""
    for name, text in (("KINDS", KINDS), ("LINES", LINES), ("CLAIMS", CLAIMS)):
        query = query.replace("{" + name + "}", text)
    for table in ("XML1", "XML2", "XML3"):
        files = f"read_parquet('{store().as_posix()}/{DATA}/{table}/**/*.parquet')"
        query = query.replace("{" + table + "}", files)
    with duckdb.connect() as db:
        db.execute("CREATE TABLE loai (ma VARCHAR, loai VARCHAR, tu INT, den INT)")
        db.executemany("INSERT INTO loai VALUES (?, ?, ?, ?)", dated_classes())
        return db.execute(query).fetchall()


@cache
def written() -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The sheets of the workbook, row by row under their headings, and the page."""
    _, book, page = outputs.write(report(), Path(mkdtemp()))
    return sheets_of(book), page.read_text("utf-8")


def change(cell: Sequence[Decimal]) -> Decimal:
    """What more or fewer visits explain: (visits, cost, visits before, cost before)."""
    visits, cost, visits_before, cost_before = cell
    if not visits_before:
        return cost - cost_before if visits else Decimal(0)
    exact = cost_before * (visits - visits_before) / visits_before
    return exact.quantize(Decimal(1), ROUND_HALF_UP)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return part * 100 / whole if whole else None


def cells_of(name: str) -> tuple[dict[Who, dict[str, list[Decimal]]], dict[Who, list[int]]]:
    """Per kind of care: visits and cost now and before; and the days of treatment."""
    source, key, kind, quantity, days = SHEETS[name]
    rows = ask(
        f"SELECT KHO_CSKCB, {key}, {kind}, KHO_THANG, {quantity}, sum(T_BHTT), {days} "  # noqa: S608
        f"FROM {source} GROUP BY 1, 2, 3, 4"
    )
    cells: dict[Who, dict[str, list[Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: [Decimal(0)] * 4)
    )
    stayed: dict[Who, list[int]] = defaultdict(lambda: [0, 0])
    for facility, own, within, month, number, cost, day in rows:
        who = (facility, own or "(không ghi)")
        at = 0 if month == NOW else 1
        cell = cells[who][within]
        cell[2 * at], cell[2 * at + 1] = cell[2 * at] + Decimal(number), cell[2 * at + 1] + cost
        stayed[who][at] += int(day)
    return cells, stayed


def expected(name: str) -> dict[Who, dict[str, Any]]:
    """(facility, key) to what a sheet must show."""
    cells, stayed = cells_of(name)
    spent = {
        (facility, month): cost
        for facility, month, cost in ask(
            "SELECT KHO_CSKCB, KHO_THANG, sum(T_BHTT) FROM {XML1} GROUP BY ALL"
        )
    }
    return {
        who: {
            **figures([*parts.values()]),
            "Tỷ trọng kỳ này (%)": percent(total(parts, 1), spent.get((who[0], NOW), Decimal(0))),
            "Tỷ trọng kỳ trước (%)": percent(
                total(parts, 3), spent.get((who[0], BEFORE), Decimal(0))
            ),
            "Ngày điều trị kỳ này": stayed[who][0] or None,
            "Ngày điều trị kỳ trước": stayed[who][1] or None,
        }
        for who, parts in cells.items()
    }


def total(parts: dict[str, list[Decimal]], at: int) -> Decimal:
    return sum((cell[at] for cell in parts.values()), Decimal(0))


def figures(parts: list[list[Decimal]]) -> dict[str, Any]:
    """Sums, growth, its parts and means."""
    visits, cost, visits_before, cost_before = (
        sum((cell[i] for cell in parts), Decimal(0)) for i in range(4)
    )
    volume = change((visits, cost, visits_before, cost_before))
    moved = sum(map(change, parts), Decimal(0))
    mean = cost / visits if visits else None
    mean_before = cost_before / visits_before if visits_before else None
    both = mean is not None and mean_before
    return {
        "Chi kỳ này (đ)": cost,
        "Chi kỳ trước (đ)": cost_before,
        "Tăng, giảm (đ)": cost - cost_before,
        "Tăng (%)": percent(cost - cost_before, cost_before),
        "do số lượng (đ)": volume,
        "do cơ cấu (đ)": moved - volume,
        "do đơn giá (đ)": cost - cost_before - moved,
        "Số lượng kỳ này": visits,
        "Số lượng kỳ trước": visits_before,
        "Số lượng tăng (%)": percent(visits - visits_before, visits_before),
        "Chi một đơn vị kỳ này (đ)": mean,
        "Chi một đơn vị kỳ trước (đ)": mean_before,
        "Đơn vị tăng (%)": percent(mean - mean_before, mean_before) if both else None,  # type: ignore[operator, arg-type]
    }


@pytest.mark.parametrize("name", SHEETS)
def test_every_figure_of_the_workbook_is_that_of_the_store(name: str) -> None:
    wanted = expected(name)
    rows = written()[0][name]
    assert len(rows) == len(wanted)
    for row in rows:
        heads = list(row)
        key = "(không ghi)" if name == "TheoCoSo" else str(row[heads[1]])
        for heading, value in wanted[str(row["Mã CSKCB"]), key].items():
            slack = 0.0051 if "%" in heading else 0.51 if "đơn vị" in heading else 0.001
            if value is None:
                assert row[heading] is None, (key, heading)
            else:
                assert row[heading] == pytest.approx(float(value), abs=slack), (key, heading)


def test_every_month_is_that_of_the_store() -> None:
    months = ask("SELECT KHO_CSKCB, KHO_THANG, sum(T_BHTT) FROM {XML1} GROUP BY ALL")
    assert {
        (row["Mã CSKCB"], row["Tháng"]): row["Chi (đ)"] for row in written()[0]["TheoThang"]
    } == {
        (facility, f"{month // 100}-{month % 100:02d}"): float(cost)
        for facility, month, cost in months
    }


def test_before_and_after_shows_what_the_store_has() -> None:
    rows = written()[0]["TruocSauChinhSach"]
    names = {str(row["Tên"]): str(row["Loại KCB"]) for row in written()[0]["TheoLoai"]}
    both = {**expected("TheoLoai"), **expected("TheoCoSo")}
    assert len(rows) == len(both)
    for row in rows:
        wanted = both[str(row["Mã CSKCB"]), names.get(row["Loại KCB"], "(không ghi)")]
        for heading in ("Chi kỳ này (đ)", "Chi kỳ trước (đ)", "do số lượng (đ)", "do cơ cấu (đ)"):
            assert row[heading] == pytest.approx(float(wanted[heading]), abs=0.001)


def test_every_table_of_the_page_is_in_the_workbook() -> None:
    sheets, page = written()
    tables = html_tables(page)
    assert tables
    assert [in_sheets(table, sheets) for table in tables] == [""] * len(tables)
