"""Tendered quantities beside what the claims of a store used of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from giamdinh.budget.tenders import _KINDS, _listed, _status, _tender
from giamdinh.catalogues import load_catalogues
from giamdinh.errors import UsageError
from giamdinh.growth.periods import month_vi
from tests.commands import run, told
from tests.growth.made_months import FIRST, LAST, long_store
from tests.growth.recomputed import Asked, close
from tests.tables import html_tables, in_sheets, sheets_of

CODE, FACILITY = "40.48", "38904"
HEAD = (
    "MA_THUOC,TEN_THUOC,SO_DANG_KY,DON_GIA,DON_VI_TINH,SO_LUONG,TT_THAU,TU_NGAY,DEN_NGAY,MA_CSKCB"
)


@cache
def used() -> list[tuple[Any, ...]]:
    """Registration, tender, unit and quantity of a drug at a facility."""
    return Asked(long_store(), (FIRST, LAST), (FIRST, LAST)).ask(
        "SELECT SO_DANG_KY, TT_THAU, DON_VI_TINH, sum(SO_LUONG)::DOUBLE FROM XML2 "  # noqa: S608
        f"WHERE MA_THUOC = '{CODE}' AND KHO_CSKCB = '{FACILITY}' AND T_BHTT > 0 GROUP BY 1, 2, 3"
    )


@cache
def made() -> tuple[dict[str, list[dict[str, Any]]], str, list[dict[str, Any]]]:
    """Sheets, page and JSON: the drug nearly used up, and one that nobody used."""
    top = Path(mkdtemp())
    ((mark, tender, unit, quantity),) = used()
    rows = [
        (CODE, "Thuốc gần hết", mark, "480", unit.upper(), f"{quantity / 0.95:.0f}", tender,
         "20250101", "20261231", FACILITY),
        ("40.999", "Thuốc chưa dùng", "VD-9", "100", "viên", "500", "7/QĐ;G1;N2;2025",
         "20250101", "", FACILITY),
        ("40.998", "Không ghi số lượng", "VD-8", "100", "viên", "", "7/QĐ;G1;N2;2025",
         "20250101", "", FACILITY),
        ("40.997", "Hết hạn năm trước", "VD-7", "100", "viên", "500", "7/QĐ;G1;N2;2023",
         "20230101", "20241231", FACILITY),
    ]  # fmt: skip
    (top / "dm").mkdir()
    lines = [HEAD, *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    (top / "dm/03DM_thuoc.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (top / "du_toan.csv").write_text("MA_CSKCB,NAM,SO_TIEN\n38904,2026,1000000\n", "utf-8")
    done = run("budget", "--store", long_store(), "--allocations", top / "du_toan.csv",
               "--catalogues", top / "dm", "--year", "2026", "--out", top)  # fmt: skip
    assert done.returncode == 0, told(done)
    data = json.loads((top / "budget.json").read_text("utf-8"))
    page = (top / "budget.html").read_text("utf-8")
    said = " ".join(one["text"] for one in data["notices"])
    assert "không có danh mục vật tư" in said
    assert "không xét số lượng thầu của 1 mặt hàng thuốc" in said
    return sheets_of(top / "budget.xlsx"), page, data["tenders"]


def test_what_was_used_is_what_the_store_says() -> None:
    first, second = made()[0]["GoiThau"]
    ((_, _, _, quantity),) = used()
    assert (first["Mã"], second["Mã"]) == (CODE, "40.999")
    assert close(first["Đã dùng"], quantity)
    whole = round(quantity / 0.95)
    assert close(first["Còn lại"], whole - quantity)
    assert close(first["Đã dùng (%)"], quantity * 100 / whole, 0.0051)
    assert close(first["Thời gian đã qua (%)"], 17 * 100 / 24, 0.0051)
    assert first["Tình trạng"] == "sắp hết"
    rate = quantity / 17
    months = -(-(whole - quantity) // rate)
    assert first["Dự kiến hết"] == month_vi(LAST + int(months))
    assert (second["Đã dùng"], second["Dự kiến hết"] or "", second["Tình trạng"] or "") == (
        0, "", ""
    )  # fmt: skip


def test_json_workbook_and_page_say_the_same() -> None:
    sheets, page, told_ = made()
    assert [(one["code"], one["used"]) for one in told_] == [
        (row["Mã"], row["Đã dùng"]) for row in sheets["GoiThau"]
    ]
    tables = [table for table in html_tables(page) if "Gói thầu" in table[0]]
    assert [len(rows) for _, rows in tables] == [1]
    assert [in_sheets(table, sheets) for table in tables] == [""]


@pytest.mark.parametrize(
    ("left", "runs_out", "end", "said"),
    [(-1, None, None, "đã vượt"), (0, None, 202612, "đã hết"), (100, 202606, 202612, "sắp hết"),
     (101, 202606, 202612, "hết trước hạn"), (101, 202612, 202612, ""), (101, 202606, None, "")],
)  # fmt: skip
def test_status_at_both_sides_of_every_edge(
    left: int, runs_out: int | None, end: int | None, said: str
) -> None:
    assert _status(1000, left, (runs_out, end), 202605) == said


def test_the_days_of_the_contract_count_before_those_of_the_row(tmp_path: Path) -> None:
    (tmp_path / "03DM_thuoc.csv").write_text(
        f"{HEAD},TU_NGAY_HD,DEN_NGAY_HD\n"
        "40.1,Thuốc,VD-1,480,viên,100,1/QĐ;G1;N1;2025,20260201,,38904,20260101,20261231\n",
        "utf-8",
    )
    table = load_catalogues(tmp_path).table("thuoc")
    assert table is not None
    ((key, item),) = _listed(table, _KINDS[0]).items()
    found = _tender(_KINDS[0], key, item, 60_000, (202601, 202606))
    assert (found.gone_percent, found.runs_out, found.status) == (50, 202610, "hết trước hạn")
    assert found.note == ""


def listed(folder: Path, *rows: str) -> dict[str, tuple[int, bool, bool]]:
    """Code of each item of 38904 → quantity, whether it is known, whether it is of 2026."""
    (folder / "03DM_thuoc.csv").write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    table = load_catalogues(folder).table("thuoc")
    assert table is not None
    return {
        key[1]: (item.quantity // 1000, not item.unknown, item.in_force(2026))
        for key, item in _listed(table, _KINDS[0]).items()
    }


def test_a_quantity_is_known_when_every_row_of_the_item_states_it(tmp_path: Path) -> None:
    one = "Thuốc,VD-1,480,viên,{},1/QĐ;G1;N1;2025,{},{},{}"
    assert listed(
        tmp_path,
        "40.1," + one.format(100, 20250101, 20251231, FACILITY),
        "40.1," + one.format(50, 20260101, "", FACILITY),
        "40.2," + one.format(100, 20250101, 20251231, FACILITY),
        "40.2," + one.format("", 20260101, "", FACILITY),
        "40.3," + one.format(100, 20250101, "", FACILITY),
        "40.3," + one.format(100, 20250101, "", ""),
        "40.4," + one.format(100, 20250101, 20251231, FACILITY),
        "40.5," + one.format(100, 20270101, "", FACILITY),
        "40.6," + one.format(100, 20260101, 20261231, FACILITY),
    ) == {
        "40.1": (150, True, True),
        "40.2": (100, False, True),
        "40.3": (100, False, True),
        "40.4": (100, True, False),
        "40.5": (100, True, False),
        "40.6": (100, True, True),
    }


def test_lists_without_a_store_are_refused(tmp_path: Path) -> None:
    (tmp_path / "chi.csv").write_text(
        "MA_CSKCB,LOAI,NAM,SO_LUOT,T_BHTT\n38904,NOI_TRU,2026,1,5\n", "utf-8"
    )
    (tmp_path / "du_toan.csv").write_text("MA_CSKCB,NAM,SO_TIEN\n38904,2026,1000000\n", "utf-8")
    done = run("budget", "--spending", tmp_path / "chi.csv", "--allocations",
               tmp_path / "du_toan.csv", "--catalogues", tmp_path, "--year", "2026",
               "--out", tmp_path)  # fmt: skip
    assert done.returncode == UsageError.exit_code
    assert "--catalogues cần --store" in told(done)
