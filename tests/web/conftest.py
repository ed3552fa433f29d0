"""A running page and a real browser in front of it; one of each for all tests of a process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import ROOT, month
from tests.web.pages import drop, finished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("GIAMDINH_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
MISSING = f"cần trình duyệt Chromium ({CHROMIUM}); Debian, Ubuntu: apt-get install chromium"


@dataclass(frozen=True)
class Server:
    """A page that is served.

    Attributes:
        address: with the token. home: without.
    """

    address: str
    home: str
    data: Path
    process: subprocess.Popen[str]
    log: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One server and one browser for all: with `--dist loadgroup` they stay in one process."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("web"))


@contextmanager
def serving(data: Path, *arguments: str, env: dict[str, str] | None = None) -> Iterator[Server]:
    """`giamdinh serve` in its own process, ended by Ctrl-C."""
    log = data.with_suffix(".log")
    command = (sys.executable, "-m", "giamdinh", "serve", "--data", str(data), "--port", "0")
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [*command, "--no-browser", *arguments],
            stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8", cwd=ROOT,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        assert process.stdout is not None
        try:
            found = None
            while found is None and (line := process.stdout.readline()):
                found = re.search(r"http://\S+\?ma=\S+", line)
            assert found, log.read_text(encoding="utf-8")
            address = found.group()
            yield Server(address, address.partition("/?")[0], data, process, log)
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("web") / "du_lieu") as found:
        yield found


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `other` watches."""
    return tmp_path_factory.mktemp("vao")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory, watched: Path) -> Iterator[Server]:
    """A page whose lists and rules may be changed."""
    watch = ("--watch", str(watched), "--watch-seconds", "0.2")
    with serving(tmp_path_factory.mktemp("khac") / "du_lieu", *watch) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="cần gói playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip(MISSING)
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@contextmanager
def window(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A browser of its own that was let in; a script that fails is a failure of the test."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi")
    context.set_default_timeout(30_000)
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    opened = context.new_page()
    opened.goto(address)
    opened.close()
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with window(browser, server.address) as context:
        yield context.new_page()


@pytest.fixture(scope="session")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small month with errors."""
    return month(tmp_path_factory.mktemp("thang"), errors=True, claims=14) / "ho_so"


@pytest.fixture(scope="session")
def sample(browser: Browser, server: Server) -> str:
    """The address of a finished run over the sample month."""
    with window(browser, server.address) as context:
        page = context.new_page()
        page.goto(server.home)
        page.get_by_role("button", name="Thử với tháng mẫu").click()
        finished(page)
        return page.url


@pytest.fixture(scope="session")
def months(browser: Browser, server: Server) -> str:
    """The page with a store of synthetic months, made by its button."""
    with window(browser, server.address) as context:
        page = context.new_page()
        page.goto(f"{server.home}/kho")
        page.get_by_role("button", name="Tạo kho mẫu").click()
        page.wait_for_selector("tbody tr", timeout=180_000)
        return server.home


@pytest.fixture(scope="session")
def dropped(browser: Browser, server: Server, claims: Path) -> str:
    """The address of a run over a folder that was dropped onto the page."""
    with window(browser, server.address) as context:
        page = context.new_page()
        page.goto(server.home)
        drop(page, claims)
        page.wait_for_url("**/luot/*")
        page.reload()
        assert page.inner_text("h1").startswith("Kiểm ngày")
        page.goto(server.home)
        page.click("tbody tr:first-child a")
        finished(page)
        return page.url
