"""For everybody: keyboard, screen readers, other eyes on the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from tests.web.http import Client
from tests.web.pages import number

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import Server

MAIN = ("{run}/phat-hien", "{run}/ho-so/1", "{home}/tang-truong?kho=mau&tu=202607&den=202609",
        "{budget}")  # fmt: skip
OTHERS = (
    "{run}", "{run}/ho-so", "{run}/tong-hop", "{run}/kiem", "{run}/in?ma=BEN-001", "{home}",
    "{home}/kho?kho=mau", "{home}/kho/ho-so?kho=mau", "{home}/kho/ho-so/1?kho=mau",
    "{home}/tang-truong/co-so?kho=mau&tu=202607&den=202609&cs=38902", "{budget}/chi-tiet",
    "{home}/du-toan", "{home}/quy-tac?chu=muc huong", "{home}/quy-tac/BEN-001", "{home}/cau-hinh",
    "{home}/danh-muc", "{home}/khong-co",
)  # fmt: skip
ROWS = {"exclude": [["tbody tr:nth-child(n + 4)"], [".fields div:nth-child(n + 9)"]]}
"""Further rows of a table are drawn like the first ones."""


@pytest.fixture(scope="module")
def places(sample: str, months: str, server: Server) -> dict[str, str]:
    """Where the pages are: a run, the start, a budget report."""
    client = Client.let_in(server)
    answer = client.post("/du-toan/mau", {"csrf": client.csrf()})
    return {"run": sample, "home": months, "budget": months + answer.headers["location"]}


@pytest.mark.parametrize("paths", [MAIN, pytest.param(OTHERS, marks=pytest.mark.nightly)])
def test_axe_finds_nothing_serious(
    places: dict[str, str], page: Page, paths: tuple[str, ...]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for path in paths:
        page.goto(path.format(**places))
        found = axe.run(page, ROWS).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == [], path


def test_everything_is_reached_and_done_with_the_keyboard(sample: str, page: Page) -> None:
    """Filter, tick, give to somebody, filter by whom it was given to."""

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("one => document.activeElement.matches(one)", selector):
                return
        raise AssertionError(selector)

    page.goto(f"{sample}/phat-hien")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Đến nội dung"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "noi-dung"
    tab_to("input[name=chu]")
    page.keyboard.type("muc huong")
    page.keyboard.press("Enter")
    page.wait_for_url("**tim=*")
    page.focus("#noi-dung")
    tab_to("input[name=ghi_chu]")
    page.keyboard.type("hỏi khoa")
    tab_to("input[name=giao]")
    page.keyboard.type("chị Bàn Phím")
    tab_to("tbody input[type=checkbox]")
    page.keyboard.press("Space")
    page.focus("input[name=giao]")
    tab_to("button[name=qd][value='']")
    page.keyboard.press("Enter")
    page.wait_for_selector("td:has-text('giao chị Bàn Phím')")
    page.select_option("select[name=ai]", label="chị Bàn Phím (1)")
    page.fill("input[name=chu]", "")
    page.keyboard.press("Enter")
    page.wait_for_url("**ai=*")
    assert number(page, "#dem") == 1
    assert "Ph%C3%ADm" not in page.url


def test_masked_pages_and_downloads_do_not_say_who_the_patients_are(
    sample: str, page: Page, server: Server, tmp_path: Path
) -> None:
    fields = [f"dt:has-text('{name}') + dd >> nth=0" for name in ("HO_TEN", "MA_BN", "MA_THE_BHYT")]
    page.goto(f"{sample}/phat-hien")
    page.click("tbody td:nth-child(3) a")
    claim = page.url
    secrets = [re.sub(r"\s+\d+$", "", page.inner_text(one)) for one in fields]
    file = re.search(r"tệp (\S+),", page.inner_text("main"))
    assert file is not None
    assert all(len(one) > 4 for one in secrets)
    page.get_by_role("button", name="Che danh tính").click()
    assert page.url == claim
    assert page.get_by_role("button", name="Che danh tính").get_attribute("aria-pressed") == "true"
    for address in (claim, sample, f"{sample}/phat-hien", f"{sample}/in", f"{sample}/kiem",
                    f"{sample}/ho-so", f"{sample}/tong-hop"):  # fmt: skip
        page.goto(address)
        shown = page.inner_text("main")
        assert [one for one in (*secrets, file.group(1)) if one in shown] == [], address
    with page.expect_download(timeout=120_000) as download:
        page.click("text=Tải Excel")
    path = tmp_path / "che.xlsx"
    download.value.save_as(path)
    sheet = load_workbook(path, read_only=True)["LoiChiTiet"]
    cells = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert not cells & set(secrets)
    other = Client.let_in(server)
    assert secrets[0] in other.get(claim.removeprefix(server.home)).text, "only this browser hides"
