"""What tests do on pages again and again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import Server


def number(page: Page, selector: str) -> int:
    """A whole number on a page, without the dots between thousands."""
    return int(re.sub(r"[^0-9]", "", page.inner_text(selector).partition("đ")[0]))


def rows(page: Page) -> int:
    """Rows of the table on all its pages."""
    count = page.locator("main tbody tr").count()
    while page.locator(".pager a[rel=next]").count():
        page.click(".pager a[rel=next]")
        count += page.locator("main tbody tr").count()
    return count


def finished(page: Page) -> None:
    """Waits for the result of a run; a run that failed says why."""
    page.wait_for_selector("#o-loi, .say.bad", timeout=120_000)
    assert page.locator("#o-loi").count(), page.inner_text("main")


def check_files(page: Page, server: Server, files: Sequence[Path]) -> str:
    """Uploads files and waits for the result; gives its address."""
    page.goto(server.home)
    page.set_input_files("#tai-len input[type=file] >> nth=0", list(files))
    finished(page)
    return page.url


def drop(page: Page, *paths: Path) -> None:
    """Drags files and folders of the machine onto the page, as a hand does."""
    box = page.locator("#tai-len").bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 10}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    hand = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        hand.send("Input.dispatchDragEvent", {"type": step, **place, "data": data})
