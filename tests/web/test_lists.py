"""The lists of the facility and the rule book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.web.rulebook import RuleBook
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


CARD = """\
code: {code}
title: {title}
title_en: A test
severity: warning
tt12: k
confidence: high
legal:
  - {{text: "Quy định của cơ sở", at: "mục 1"}}
effective: {{from: 2023-01-01, by: NGAY_RA}}
table: XML1
field: T_BHTT
when: T_BHTT > 999999999
amount: "0"
message: "Số tiền lớn."
fix: "Xem lại."
examples:
  - name: lớn thì bắt, nhỏ hoặc thiếu thì im
    XML1: |
      MA_LK | T_BHTT
      A     | 1000000000
      B     | 1
      C     |
    hits: [A]
"""


def test_rules_follow_their_files_and_a_wrong_card_leaves_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "TST" / "TST-001_thu.yaml"
    path.parent.mkdir()
    path.write_text(CARD.format(code="TST-001", title="Cũ"), encoding="utf-8")
    book = RuleBook([tmp_path])
    first = book.now()
    assert first.by_code["TST-001"].title == "Cũ"
    for title, fault in (("[", "TST-001_thu.yaml"), ("Mới", "")):
        path.write_text(CARD.format(code="TST-001", title=title), encoding="utf-8")
        book._looked = 0.0
        shown = book.now().by_code["TST-001"].title
        assert fault in book.fault
        assert bool(fault) == bool(book.fault)
        assert shown == (title if not fault else "Cũ")


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
