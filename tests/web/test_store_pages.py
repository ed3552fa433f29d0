"""Months in the store: what goes in, growth and budgets from it, and every number to its claims."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest

from tests.web.http import Client
from tests.web.pages import number, rows

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import Server

QUARTER = "kho=mau&tu=202607&den=202609"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client.let_in(server)


def shown(text: str, name: str) -> str:
    """A number on a page by its id, without its unit."""
    found = re.search(rf'id="{name}">([^<]*)<', text)
    return found.group(1).removesuffix(" đ") if found else ""


def leads(client: Client, page: Page, some: int) -> int:
    """Follows some of a page's linked numbers; each must be a count or an amount of the target."""
    links = page.eval_on_selector_all(
        "main td.n a", "all => all.map(a => [a.getAttribute('href'), a.textContent])"
    )
    for address, told in links[:: max(len(links) // some, 1)]:
        text = client.get(address).text
        found = [shown(text, name) for name in ("dem", "tien", "luong", "luot")]
        assert told in found, (address, told, found)
    return len(links)


def test_growth_of_the_sample_months_leads_from_every_number_to_its_claims(
    months: str, client: Client, page: Page
) -> None:
    page.goto(f"{months}/tang-truong")
    assert "Chưa có dữ liệu để so" in page.inner_text("main")
    page.click("text=Xem với kho mẫu")
    page.wait_for_url(f"**?{QUARTER}")
    assert "dữ liệu mẫu" in page.inner_text("main .hint")
    for picture in page.locator("main img").all():
        assert picture.get_attribute("alt")
        assert picture.evaluate("one => one.complete && one.naturalWidth") > 0
    assert leads(client, page, 8) == 8
    page.click("main td a >> nth=0")
    assert leads(client, page, 14) > 100
    whole = page.inner_text("#o-nay")
    page.click("a:has(#o-nay)")
    assert page.inner_text("#tien") == f"{whole} đ"
    assert rows(page) == number(page, "#dem")
    with page.expect_download(timeout=120_000) as download:
        page.goto(f"{months}/tang-truong?{QUARTER}")
        page.click("text=Tải Excel")
    assert download.value.suggested_filename == "TANG_TRUONG_202607_202609.xlsx"


def test_a_period_without_claims_is_told_with_what_to_do(months: str, page: Page) -> None:
    page.goto(f"{months}/tang-truong?kho=mau&tu=202001&den=202001")
    assert "kho không có hồ sơ trong kỳ 01/2020" in page.inner_text("main")
    page.select_option("select[name=tu]", "202609")
    page.select_option("select[name=den]", "202609")
    page.get_by_role("button", name="Xem", exact=True).click()
    assert "kỳ 09/2026" in page.inner_text("h1")


def test_a_budget_from_the_store_is_followed_down_to_claims(
    months: str, client: Client, page: Page
) -> None:
    page.goto(f"{months}/du-toan")
    page.click("text=Lập báo cáo mẫu")
    page.wait_for_selector("#o-chi")
    assert leads(client, page, 14) > 40
    assert page.locator("main img").count() >= 2
    assert " – " in page.inner_text(".tile.warning em"), "a forecast has a range"
    spent = page.inner_text("#o-chi")
    page.click(".tile:has(#o-chi)")
    assert page.inner_text("#tien") == f"{spent} đ"
    for _ in ("facility", "class", "month"):
        told = page.inner_text("main tbody a >> nth=1")
        page.click("main tbody a >> nth=1")
        assert page.inner_text("#tien") == f"{told} đ"
    visits, told = number(page, "#luot"), page.inner_text("#tien")
    page.click("#ho-so")
    assert [number(page, "#dem"), page.inner_text("#tien"), rows(page)] == [visits, told, visits]
    page.click("main tbody a >> nth=0")
    assert page.locator("section[aria-label=XML1] dt").count() > 20


def test_a_run_goes_into_the_store_once_and_its_claims_lead_back_to_it(
    client: Client, server: Server, dropped: str, claims: Path, page: Page
) -> None:
    """The last test of the dropped run, which it deletes."""
    run, files = dropped.removeprefix(server.home), len(list(claims.iterdir()))
    page.goto(dropped)
    counted = number(page, "#o-ho-so")
    for said in (f"Tệp mới: {files}", f"Tệp mới: 0; đã có trong kho, bỏ qua: {files}"):
        page.goto(server.home + run)
        page.click("summary")
        page.get_by_role("button", name="vào kho").click()
        page.wait_for_selector(".say:has-text('Đã nạp')", timeout=60_000)
        assert said in page.inner_text("main .say")
        assert number(page, "#dem") == counted
    page.click("a:has(#dem)")
    assert page.locator("td:has-text('lượt đã kiểm')").count() == counted
    page.click("main tbody a >> nth=0")
    assert urlsplit(page.url).path.startswith(f"{run}/ho-so/")

    assert client.post(f"{run}/xoa", {"csrf": client.csrf()}).status == 303
    page.goto(f"{server.home}/kho/ho-so")
    page.click("main tbody a >> nth=0")
    assert "không còn lượt kiểm nào" in page.inner_text("main")
    name = page.inner_text("dt:has-text('HO_TEN') + dd")
    page.get_by_role("button", name="Che danh tính").click()
    assert page.inner_text("dt:has-text('HO_TEN') + dd") == "***" != name


def test_addresses_of_the_store_take_no_command(months: str, client: Client) -> None:
    """`months` makes the store; hostile values find nothing and break nothing."""
    for bad in ("');DROP TABLE ho_so;--", "\0../..<script>"):
        for names in (("cs", "loai", "benh", "muc"), ("bs", "tu", "trang")):
            query = urlencode([("kho", "mau"), *((name, bad) for name in names)])
            answer = client.get(f"/kho/ho-so?{query}")
            assert answer.status == 200, (names, bad)
            assert "<script>" not in answer.text.partition("</head>")[2]
    for path in ("/kho/ho-so/999999?kho=mau", "/du-toan/x", "/du-toan/..%2f..%2f/hinh/a",
                 "/tang-truong/hinh/x?kho=mau", "/tang-truong/co-so?kho=mau&cs=%27"):  # fmt: skip
        assert client.get(path).status == 404, path
    assert months
