"""Budgets: the page says what the files of the command say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from openpyxl import load_workbook

from tests.commands import ROOT
from tests.web.conftest import window

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.web.conftest import Server

TABLES = ROOT / "sample_xml" / "ngan_sach"


def test_two_tables_give_a_report_whose_numbers_are_those_of_its_files(
    browser: Browser, other: Server, tmp_path: Path
) -> None:
    with window(browser, other.address) as context:
        page = context.new_page()
        page.goto(f"{other.home}/du-toan")
        page.set_input_files("input[name=du_toan]", TABLES / "du_toan.csv")
        page.set_input_files("input[name=chi]", TABLES / "chi_theo_thang.csv")
        page.fill("input[name=nam]", "2023")
        page.get_by_role("button", name="Lập báo cáo").click()
        page.wait_for_selector(".gate")
        (folder,) = (other.data / "du_toan").iterdir()
        told = json.loads((folder / "budget.json").read_text(encoding="utf-8"))
        assert told["year"] == 2023
        with page.expect_download(timeout=120_000) as download:
            page.click("text=Tải Excel")
        path = tmp_path / "du_toan.xlsx"
        download.value.save_as(path)
        book = load_workbook(path)
        for name in book.sheetnames[:3]:
            drawn = page.locator(f"h2#{name} + .scroll tbody tr").count()
            assert drawn == sum(1 for row in book[name].iter_rows(min_row=2) if row), name
        charts = page.request.get(f"{page.url}/bieu-do")
        assert charts.ok
        assert "sandbox" in charts.headers["content-security-policy"]
        assert "svg" in charts.text()


def test_a_table_that_is_missing_is_asked_for(browser: Browser, other: Server) -> None:
    with window(browser, other.address) as context:
        page = context.new_page()
        page.goto(f"{other.home}/du-toan")
        page.set_input_files("input[name=du_toan]", TABLES / "du_toan.csv")
        page.set_input_files("input[name=chi]", TABLES / "README.md")
        page.fill("input[name=nam]", "2023")
        page.get_by_role("button", name="Lập báo cáo").click()
        page.wait_for_load_state()
        assert "Chưa chọn bảng chi" in page.inner_text("main")
