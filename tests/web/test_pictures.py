"""The pictures of the guide are taken from the sample; GIAMDINH_ANH=1 writes them anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.commands import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.conftest import Server

FOLDER = ROOT / "docs" / "anh"
PICTURES = {
    "tong_quan": "",
    "phat_hien": "/phat-hien",
    "ho_so": "/ho-so/{claim}",
    "tong_hop": "/tong-hop",
}
OF_MONTHS = {"tang_truong": "/tang-truong?kho=mau&tu=202607&den=202609", "du_toan": ""}
MOST_BYTES = 200 * 1024


def test_the_pictures_are_there_and_small() -> None:
    for name in ("dau", *PICTURES, *OF_MONTHS):
        assert 0 < (FOLDER / f"{name}.png").stat().st_size < MOST_BYTES, name


@pytest.mark.skipif(not os.environ.get("GIAMDINH_ANH"), reason="ghi lại ảnh với GIAMDINH_ANH=1")
def test_pictures_are_taken_anew(sample: str, months: str, page: Page, server: Server) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.goto(server.home)
    page.screenshot(path=FOLDER / "dau.png")
    page.goto(f"{sample}/phat-hien?ma=BEN-001")
    claim = (page.locator("tbody td:nth-child(3) a").first.get_attribute("href") or "").split("/")
    for name, path in PICTURES.items():
        page.goto(sample + path.format(claim=claim[-1]))
        page.screenshot(path=FOLDER / f"{name}.png")
    page.goto(f"{months}/du-toan")
    page.get_by_role("button", name="Lập báo cáo mẫu").click()
    page.wait_for_selector("#o-chi")
    OF_MONTHS["du_toan"] = page.url.removeprefix(months)
    for name, path in OF_MONTHS.items():
        page.goto(months + path)
        page.screenshot(path=FOLDER / f"{name}.png")
