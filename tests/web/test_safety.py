"""Nobody but the person at this machine, and nothing but data."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("starlette", reason="cần phần web: pip install 'giamdinh[web]'")

from starlette.routing import Route

from giamdinh.errors import OutputError
from giamdinh.web.app import routes
from giamdinh.web.datalock import held
from giamdinh.web.settings import Password, Settings
from giamdinh.web.uploads import safe_name
from tests.commands import run, told
from tests.web.conftest import Server, serving, window
from tests.web.http import Client
from tests.web.pages import finished

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

NAME = '"><img src=x onerror=document.title=1>.xml'
VALUE = "&lt;script&gt;document.title=1&lt;/script&gt;"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client.let_in(server)


def test_without_the_token_there_is_no_page(server: Server) -> None:
    stranger = Client(server)
    for path in ("/", "/quy-tac", "/danh-muc", "/?ma=sai", "/luot/20260101-000000-00000000"):
        answer = stranger.get(path)
        assert answer.status == 403
        assert "set-cookie" not in answer.headers
        assert "giamdinh serve" in answer.text
    wrong = server.address[:-1] + ("A" if server.address[-1] != "A" else "B")
    assert stranger.get(wrong.removeprefix(server.home)).status == 403


def test_the_token_leaves_the_address_and_the_cookie_is_closed(server: Server) -> None:
    answer = Client(server).get(server.address.removeprefix(server.home))
    assert [answer.status, answer.headers["location"]] == [303, "/"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_foreign_hosts_origins_and_methods_are_refused(client: Client, server: Server) -> None:
    form = {"csrf": client.csrf()}
    assert client.get("/", Host="evil.example").status == 400
    assert client.get("/", Host="127.0.0.1:1").status == 400
    for origin in ("http://evil.example", "null", server.home.replace("http", "https")):
        assert client.post("/mau", form, Origin=origin).status == 403
    bare = Client(server, {"Cookie": client.headers["Cookie"]})
    assert bare.post("/mau", form).status == 403
    assert bare._ask("PUT", "/", b"", {}).status == 405


def test_everything_that_changes_something_needs_the_mark_of_the_session(client: Client) -> None:
    checked = 0
    for route in routes():
        if not isinstance(route, Route) or "POST" not in (route.methods or ()):
            continue
        path = route.path.replace("{luot}", "20260101-000000-00000000")
        if path == "/dang-nhap":
            continue
        checked += 1
        assert client.post(path, {"csrf": "sai"}).status in (400, 403, 404), path
        if path in ("/tai-len", "/danh-muc/tai-len"):
            assert client.upload({"a.xml": b"<x/>"}, "sai", path).status == 403, path
        else:
            assert client.get(path).status in (404, 405), path
    assert checked >= 8


def test_pages_carry_a_strict_policy_and_no_inline_script(client: Client) -> None:
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"<script(?![^>]*src=)|\son\w+=|style=|javascript:", answer.text) == []


def test_an_upload_that_is_too_large_or_cut_leaves_nothing(client: Client, server: Server) -> None:
    before = sorted((server.data / "luot").iterdir())
    csrf = client.csrf()
    head = {"Content-Type": "multipart/form-data; boundary=X", "Content-Length": str(2**40)}
    assert client._ask("POST", "/tai-len", b"--X\r\n", {**head, "X-CSRF": csrf}).status == 413
    assert (
        client._ask("POST", "/tai-len", b"--Y junk", {**head, "Content-Length": "8"}).status == 400
    )
    answer = client.upload({}, csrf)
    assert [answer.status, "Không có tệp" in json.loads(answer.text)["loi"]] == [400, True]
    assert sorted((server.data / "luot").iterdir()) == before


def test_names_that_a_browser_sends_lead_nowhere() -> None:
    for given, made in (
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\a.xml", "a.xml"),
        ("C:evil.xml", "C_evil.xml"),
        ("CON.xml", "_CON.xml"),
        ("com1.xml", "_com1.xml"),
        ("..", "tep"),
        (".xml", "tep.xml"),
        ("a\0b\n.xml", "a_b_.xml"),
        (NAME, "img src_x onerror_document.title_1_.xml"),
        ("hồ sơ tháng 9.xml", "hồ sơ tháng 9.xml"),
        ("x" * 300 + ".xml", "x" * 100 + ".xml"),
    ):
        assert safe_name(given).strip("_ ") == made.strip("_ ")


def test_hostile_names_and_values_are_only_text(
    browser: Browser, client: Client, server: Server, claims: Path
) -> None:
    text = next(
        text for path in sorted(claims.glob("*.xml"))
        if "<MA_KHOA>" in (text := path.read_text(encoding="utf-8"))
    )  # fmt: skip
    text = re.sub(r"<(MA_LK|MA_BAC_SI|MA_KHOA|SO_LUONG)>[^<]*<", rf"<\1>{VALUE}<", text)
    name = NAME.replace('"', "%22")
    answer = client.upload({name: text.encode(), "../" + name: text.encode()}, client.csrf())
    assert answer.status == 200
    address = server.home + json.loads(answer.text)["toi"]
    with window(browser, server.address) as context:
        page = context.new_page()
        page.goto(address)
        finished(page)
        for path in ("", "/phat-hien", "/tong-hop", "/ho-so", "/ho-so/1", "/kiem", "/in"):
            page.goto(address + path)
            assert page.title() != "1"
            assert page.locator("main img, main script").count() == 0
        assert "<script>" in page.inner_text("main")


def test_logs_and_addresses_hold_no_personal_data(
    sample: str, client: Client, server: Server
) -> None:
    path = sample.removeprefix(server.home)
    answer = client.post(f"{path}/loc", {"csrf": client.csrf(), "chu": "LÝ HỮU MẪU MINH"})
    assert answer.status == 303
    assert "MINH" not in answer.headers["location"]
    client.get(f"{path}/ho-so/99999")
    client.get(f"{path}/phat-hien?trang=99999999999999999999&bs=-1&nn=77777&ma=%00&muc=x")
    assert server.log.read_text(encoding="utf-8") == ""


def test_a_second_page_on_the_same_data_is_told_where_the_first_one_is(server: Server) -> None:
    done = run("serve", "--data", server.data, "--no-browser")
    assert done.returncode == 2
    assert f"đang được một trang khác mở ở {server.home}/ (tiến trình {server.process.pid})" in (
        text := told(done)
    )
    assert "?ma=" not in text


def test_a_page_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from giamdinh.web.datalock import held\n"
        "with held(Path(sys.argv[1])) as tell: tell('http://cu/'); os._exit(9)"
    )
    assert run(tmp_path, program=("-c", program)).returncode == 9
    assert "http://cu/" in (tmp_path / ".khoa").read_text(encoding="utf-8")
    with held(tmp_path) as tell:
        tell("http://moi/")
        with pytest.raises(OutputError, match="http://moi/"), held(tmp_path):
            pass
    with held(tmp_path):
        pass


def test_the_data_folder_is_the_users_own(server: Server) -> None:
    if os.name == "posix":
        assert server.data.stat().st_mode & 0o077 == 0


def test_other_machines_need_a_password(tmp_path: Path) -> None:
    password = "mat-khau-dai"  # noqa: S105
    with serving(tmp_path / "d", "--host", "0.0.0.0", env={"GIAMDINH_PASSWORD": password}) as lan:  # noqa: S104
        stranger = Client(lan, {"Origin": lan.home})
        assert stranger.get("/").headers["location"] == "/dang-nhap"
        assert stranger.get("/", Host="evil.example:80").status == 400
        form = {"mat_khau": password, "ten": "Giám định viên"}
        assert stranger.post("/dang-nhap", form, Origin="http://evil.example").status == 403
        assert "set-cookie" in stranger.post("/dang-nhap", form).headers
        for _ in range(5):
            assert stranger.post("/dang-nhap", {"mat_khau": "sai"}).status == 403
        assert stranger.post("/dang-nhap", form).status == 429


def test_a_password_is_kept_only_as_a_digest(tmp_path: Path) -> None:
    password = Password.of("mat-khau-dai")
    assert password.fits("mat-khau-dai")
    assert not password.fits("mat-khau")
    assert "mat-khau" not in repr(Settings(tmp_path, password=password))


def test_two_users_at_once_do_not_block_each_other(client: Client, claims: Path) -> None:
    files = {path.name: path.read_bytes() for path in sorted(claims.glob("*.xml"))[:3]}
    addresses = [json.loads(client.upload(files, client.csrf()).text)["toi"] for _ in range(2)]
    states: dict[str, str] = {}
    for _ in range(200):
        started = time.perf_counter()
        assert client.get("/").status == 200
        assert time.perf_counter() - started < 5
        told = [json.loads(client.get(f"{at}/tien-do").text)["trang_thai"] for at in addresses]
        states = dict(zip(addresses, told, strict=True))
        if set(states.values()) == {"xong"}:
            break
        time.sleep(0.1)
    assert set(states.values()) == {"xong"}
