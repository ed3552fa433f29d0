"""From files to the first corrected claim, as a person does it."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from typing import TYPE_CHECKING

from openpyxl import load_workbook

from giamdinh.text import bare
from tests.web.conftest import serving, window
from tests.web.pages import check_files, finished, number, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Server


def test_the_first_visit_offers_the_sample_month_and_shows_what_to_do(
    sample: str, page: Page
) -> None:
    page.goto(sample)
    assert "KHỚP" in page.inner_text(".ledger")
    assert page.locator(".tile").count() == 5
    assert number(page, "#o-ho-so") > 50
    assert number(page, "#o-loi") > 30
    assert number(page, "#phai-sua") + number(page, "#san-sang") == number(page, "#o-ho-so")
    assert (
        page.locator("#doi-soat").bounding_box()["y"]
        < page.locator(".tile").first.bounding_box()["y"]
    )  # type: ignore[index]


def test_every_number_of_the_first_page_leads_to_as_many_rows(sample: str, page: Page) -> None:
    for selector, link in (
        ("#o-ho-so", ".tile:has(#o-ho-so)"),
        ("#o-loi", ".tile:has(#o-loi)"),
        ("#o-canh-bao", ".tile:has(#o-canh-bao)"),
        ("#phai-sua", ".gate a.no"),
        ("#san-sang", ".gate a.yes"),
    ):
        page.goto(sample)
        told = number(page, selector)
        page.click(link)
        assert number(page, "#dem") == told
        assert rows(page) == told


def test_every_number_of_the_month_leads_to_as_many_rows(sample: str, page: Page) -> None:
    page.goto(f"{sample}/tong-hop")
    links = page.eval_on_selector_all(
        "main td.n a", "all => all.map(a => [a.href, Number(a.textContent.replace(/\\D/g, ''))])"
    )
    assert len(links) > 100
    for address, told in links[:: len(links) // 25]:
        answer = page.request.get(address)
        counted = re.search(r'id="dem">([0-9.]+)<', answer.text())
        assert counted is not None
        assert int(counted.group(1).replace(".", "")) == told, address


def test_filters_by_rule_and_by_text_without_diacritics(sample: str, page: Page) -> None:
    page.goto(f"{sample}/phat-hien")
    everything = number(page, "#dem")
    page.select_option("select[name=ma]", "BEN-001")
    page.click(".filters button.main")
    assert 0 < number(page, "#dem") < everything
    assert set(page.locator("tbody a[href^='/quy-tac/']").all_inner_texts()) == {"BEN-001"}
    page.click("text=Bỏ lọc")
    message = page.locator("td.why").first.inner_text()
    page.fill("input[name=chu]", bare(message.split(".")[0]).upper())
    page.click(".filters button.main")
    assert 0 < number(page, "#dem") < everything
    assert "tim=" in page.url
    assert "muc" not in page.url.lower(), "a text looked for must not stand in the address"
    assert message in page.locator("td.why").all_inner_texts()


def test_a_choice_finds_as_many_as_it_says(sample: str, page: Page) -> None:
    for name in ("khoa", "bs", "bang"):
        page.goto(f"{sample}/phat-hien")
        option = page.locator(f"select[name={name}] option").nth(1)
        told = re.search(r"\(([0-9]+)\)$", option.inner_text())
        page.select_option(f"select[name={name}]", option.get_attribute("value"))
        page.click(".filters button.main")
        assert told is not None
        assert number(page, "#dem") == int(told.group(1))


def test_a_claim_shows_its_tables_with_the_wrong_cells_marked(sample: str, page: Page) -> None:
    page.goto(f"{sample}/phat-hien?ma=BEN-001")
    page.click("tbody td:nth-child(3) a")
    card = page.inner_text(".card:has-text('BEN-001') >> nth=0")
    for part in ("Cách sửa", "Căn cứ", "Khai", "đúng", "MUC_HUONG"):
        assert part in card
    marks = page.locator(".card:has-text('BEN-001') b.mark").all_inner_texts()
    cells = page.locator("td.hit.error")
    assert cells.count() > 0
    assert set(marks) <= set(page.locator("td.hit a.mark").all_inner_texts())
    assert page.locator("section[aria-label=XML1] dt").count() > 20
    assert "quá hạn" in page.inner_text("main")


def test_the_workbook_is_the_one_of_the_command_line(
    sample: str, page: Page, tmp_path: Path
) -> None:
    page.goto(sample)
    findings = number(page, "#o-loi") + number(page, "#o-canh-bao")
    with page.expect_download(timeout=120_000) as download:
        page.click("text=Tải Excel")
    path = tmp_path / "tai_ve.xlsx"
    download.value.save_as(path)
    assert re.fullmatch(r"GIAMDINH_\w+_202609_\d{8}\.xlsx", download.value.suggested_filename)
    book = load_workbook(path)
    assert {"TongQuan", "LoiChiTiet", "TheoQuyTac", "ThongTinChay"} <= set(book.sheetnames)
    assert book["LoiChiTiet"].max_row - 1 >= findings


_PASSED = """
[[suppress]]
rule = "BEN-001"
field = "MUC_HUONG"
reason = "đang hỏi"
author = "Tổ giám định"
date = 2026-09-01
expires = 2099-12-31
"""


def test_crashed_rules_and_what_does_not_count_are_told_where_claims_are_called_ready(
    sample: str, server: Server, browser: Browser, tmp_path: Path
) -> None:
    """An earlier run that is damaged does not stand in the way."""
    runs, name = tmp_path / "d" / "luot", sample.rpartition("/")[2]
    run = shutil.copytree(server.data / "luot" / name, runs / name)
    old = shutil.copytree(run, runs / f"2020{name[4:]}")
    (old / "ket_qua" / "findings.parquet").unlink()
    before = {"id": old.name, "created": "2020-01-01T00:00:00+07:00"}
    _retold(old / "luot.json", lambda told: told.update(before))
    crashed = {"status": "error", "reason": "hỏng"}
    _retold(run / "ket_qua" / "run.json", lambda told: told["outcomes"][0].update(crashed))
    with serving(tmp_path / "d") as other, window(browser, other.address) as context:
        page = context.new_page()
        for part in ("", "/ho-so", "/ho-so/1"):
            page.goto(f"{other.home}/luot/{name}{part}")
            assert "1 quy tắc gặp lỗi chương trình nên chưa kiểm hết" in page.inner_text("main")
        page.goto(f"{other.home}/luot/{name}/kiem")
        assert "Quy tắc hỏng: hỏng" in page.inner_text("main")

        page.goto(f"{other.home}/luot/{name}/phat-hien?ma=BEN-001")
        claim = page.get_attribute("tbody td:nth-child(3) a", "href")
        (tmp_path / "d" / "cau_hinh.toml").write_text(_PASSED, encoding="utf-8")
        page.goto(f"{other.home}/luot/{name}")
        page.click("summary")
        page.get_by_role("button", name="Chạy lại").click()
        finished(page)
        assert "gặp lỗi chương trình" not in page.inner_text("main")
        page.goto(f"{other.home}{claim}")
        assert "phát hiện về hồ sơ này không tính" in page.inner_text("main")


def _retold(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    change(told)
    path.write_text(json.dumps(told), encoding="utf-8")


def test_files_zips_and_wrong_files_are_told_apart(
    page: Page, server: Server, claims: Path, tmp_path: Path
) -> None:
    """What the second run finds again keeps its decision, and nothing in it is new."""
    some = sorted(claims.glob("*.xml"))[:3]
    with zipfile.ZipFile(tmp_path / "nen.zip", "w") as archive:
        archive.write(some[0], some[0].name)
    other = tmp_path / "ghi chu.txt"
    other.write_text("không phải hồ sơ", encoding="utf-8")
    first = check_files(page, server, [*some[1:], tmp_path / "nen.zip", other])
    assert "3 tệp = 3 đọc được" in page.inner_text(".ledger")
    assert "bỏ qua 1 tệp" in page.inner_text(".ledger")
    page.goto(f"{first}/phat-hien")
    told = number(page, "#dem")
    page.check("thead input[type=checkbox]")
    page.fill("input[name=ghi_chu]", "đã hỏi khoa")
    page.get_by_role("button", name="Chấp nhận").click()
    page.wait_for_url("**/phat-hien?trang=1")

    check_files(page, server, some)
    gate = page.inner_text(".gate")
    assert "0 phát hiện mới" in gate
    assert f"{told} còn lại" in gate
    assert "0 đã hết" in gate
    page.click(".gate a:has-text('còn lại')")
    assert page.locator("td:has-text('đã hỏi khoa')").count() == min(told, 50)


def test_a_file_that_is_no_claim_file_is_refused_with_what_to_do(
    page: Page, server: Server, tmp_path: Path
) -> None:
    other = tmp_path / "ghi chu.txt"
    other.write_text("không phải hồ sơ", encoding="utf-8")
    page.goto(server.home)
    page.set_input_files("#tai-len input[type=file] >> nth=0", [other])
    page.wait_for_selector("#tin.bad")
    assert "Không có tệp .xml" in page.inner_text("#tin")


def test_a_folder_is_checked_whatever_the_browser_does_meanwhile(dropped: str, page: Page) -> None:
    """It was dropped onto the page, which was reloaded and left in the middle of the run."""
    page.goto(dropped)
    assert number(page, "#o-ho-so") >= 14
