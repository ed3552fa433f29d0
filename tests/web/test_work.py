"""The work list: accept, leave out with a reason, note; out to the workbook and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import load_workbook

from tests.web.pages import number

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

REASON = "Đã đối chiếu bệnh án: <b>đúng</b> & đủ"


def one_error_each(page: Page, sample: str) -> list[str]:
    """Addresses of claims with one error and no warning."""
    page.goto(f"{sample}/ho-so?loai=phai-sua")
    found: list[str] = page.eval_on_selector_all(
        "tbody tr",
        "all => all.filter(r => r.cells[3].innerText === '1' && r.cells[4].innerText === '0')"
        ".map(r => r.cells[1].querySelector('a').href)",
    )
    return found


def decide(page: Page, address: str, button: str, note: str = "", who: str = "") -> None:
    page.goto(address)
    page.check(".card input[type=checkbox]")
    page.fill("input[name=ghi_chu]", note)
    page.fill("input[name=giao]", who)
    page.get_by_role("button", name=button).click()
    page.wait_for_load_state()


def test_decisions_are_kept_shown_and_written_to_the_workbook_and_read_back(
    sample: str, page: Page, tmp_path: Path
) -> None:
    accepted, left_out, later = one_error_each(page, sample)[:3]
    page.goto(sample)
    to_fix, errors = number(page, "#phai-sua"), number(page, "#o-loi")

    decide(page, accepted, "Chấp nhận", who="khoa Nội")
    assert page.url == accepted
    assert "chấp nhận · giao khoa Nội" in page.inner_text(".card")
    assert page.locator("h1 .verdict.no").count() == 1
    decide(page, left_out, "Bỏ qua (cần lý do)")
    assert "phải có lý do" in page.inner_text("main")
    decide(page, left_out, "Bỏ qua (cần lý do)", REASON)
    assert REASON in page.inner_text(".card")
    assert page.locator("h1 .verdict.yes").count() == 1

    page.goto(sample)
    assert number(page, "#o-loi") == errors, "a decision hides nothing"
    assert number(page, "#phai-sua") == to_fix - 1
    page.goto(f"{sample}/phat-hien?qd=bo")
    assert number(page, "#dem") == 1
    prints = {}
    for name, address in (("accepted", accepted), ("left_out", left_out), ("later", later)):
        page.goto(address)
        prints[name] = page.locator(".card input[name=vt]").get_attribute("value")

    with page.expect_download(timeout=120_000) as download:
        page.click("text=Tải Excel")
    path = tmp_path / "ra.xlsx"
    download.value.save_as(path)
    book = load_workbook(path)
    sheet = book["LoiChiTiet"]
    head = [cell.value for cell in sheet[1]]
    status, note, key = (head.index(name) + 1 for name in ("Trạng thái", "Ghi chú", "Mã đối chiếu"))
    rows = {sheet.cell(row, key).value: row for row in range(2, sheet.max_row + 1)}
    row = rows[prints["left_out"]]
    assert [sheet.cell(row, column).value for column in (status, note)] == ["bỏ qua", REASON]
    assert sheet.cell(rows[prints["accepted"]], note).value == "giao khoa Nội"

    sheet.cell(rows[prints["later"]], status).value = "Chấp nhận"
    sheet.cell(rows[prints["later"]], note).value = "khoa Ngoại đã xem"
    book.save(path)
    page.goto(sample)
    page.click("summary")
    page.set_input_files(".tools input[type=file]", path)
    page.get_by_role("button", name="Nhập").click()
    assert "Đã nhận 1 quyết định" in page.inner_text("main")
    page.goto(later)
    assert "chấp nhận khoa Ngoại đã xem" in page.inner_text(".card")
