"""The lists of the facility and the rule book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.conftest import window
from tests.web.pages import number

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Server


def test_a_list_is_taken_recognised_by_its_header_and_deleted(
    browser: Browser, other: Server, tmp_path: Path, claims: Path
) -> None:
    lists = claims.parent / "danh_muc"
    file = min(lists.rglob("*.xlsx"))
    strange = tmp_path / "la.csv"
    strange.write_text("Cột lạ\n<b>x</b>\n", encoding="utf-8")
    with window(browser, other.address) as context:
        page = context.new_page()
        page.goto(f"{other.home}/danh-muc")
        assert "Chưa có danh mục nào" in page.inner_text("main")
        page.set_input_files("input[type=file]", [file, strange])
        page.get_by_role("button", name="Tải lên").click()
        page.wait_for_selector("tbody tr")
        assert file.name in page.inner_text("tbody")
        assert "la.csv" in page.inner_text("main")
        missing = page.locator("h2:has-text('Còn thiếu') + ul li").count()
        assert missing > 0
        page.get_by_role("button", name="Xóa la.csv").click()
        page.wait_for_load_state()
        assert "la.csv" not in page.inner_text("main")
        page.goto(other.home)
        assert "Chưa có danh mục" not in page.inner_text("main")


def test_the_rule_book_is_searched_without_diacritics(page: Page, server: Server) -> None:
    page.goto(f"{server.home}/quy-tac")
    everything = number(page, "#dem")
    page.fill("input[name=chu]", "muc huong the")
    page.get_by_role("button", name="Tìm").click()
    assert 0 < number(page, "#dem") < everything
    page.click("tbody a >> nth=0")
    text = page.inner_text("pre")
    for part in ("Căn cứ", "Vi phạm khi", "Cách sửa", "Ví dụ"):
        assert part in text


def test_a_rule_is_turned_off_with_a_reason_and_the_profile_file_says_so(
    browser: Browser, other: Server
) -> None:
    with window(browser, other.address) as context:
        page = context.new_page()
        page.goto(f"{other.home}/quy-tac/MNY-001")
        page.fill("input[name=ly_do]", 'đang sửa phần mềm, "tạm" tắt <b>')
        page.get_by_role("button", name="Ghi").click()
        page.wait_for_url("**/cau-hinh")
        assert "Tắt" in page.inner_text("tbody tr")
        text = (other.data / "cau_hinh.toml").read_text(encoding="utf-8")
        assert "[[ignore]]" in text
        assert 'rules = ["MNY-001"]' in text
        page.goto(f"{other.home}/quy-tac/MNY-002")
        page.select_option("select[name=viec]", "info")
        page.fill("input[name=ly_do]", "chỉ để biết")
        page.get_by_role("button", name="Ghi").click()
        page.wait_for_url("**/cau-hinh")
        page.get_by_role("button", name="Bỏ quyết định 1").click()
        page.wait_for_load_state()
        assert page.locator("tbody tr").count() == 1
        assert "MNY-001" not in (other.data / "cau_hinh.toml").read_text(encoding="utf-8")
