"""New files in a folder: audited once, then put away."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from giamdinh.errors import UsageError
from giamdinh.web.folder import Folder
from tests.commands import run, told
from tests.web.http import Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.web.conftest import Server


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_file_is_taken_when_it_has_stopped_growing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()
    file = tmp_path / "a.xml"
    file.write_text("<x", encoding="utf-8")
    (tmp_path / "ghi_chu.txt").write_text("không phải hồ sơ", encoding="utf-8")
    assert folder.ready() == []
    file.write_text("<x/>", encoding="utf-8")
    assert folder.ready() == [], "still growing"
    assert folder.ready() == [file]
    folder.put_away([file], well=True)
    assert folder.ready() == []
    assert names(tmp_path / "da_xong") == ["a.xml"]


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()
    for _ in range(2):
        (tmp_path / "a.xml").write_text("<x/>", encoding="utf-8")
        folder.put_away([tmp_path / "a.xml"], well=False)
    assert names(tmp_path / "loi") == ["a.xml", "a_2.xml"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="cần quyền thư mục của POSIX")
def test_a_file_that_cannot_be_moved_is_not_tried_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()
    file = tmp_path / "a.xml"
    file.write_text("<x/>", encoding="utf-8")
    folder.ready()
    (tmp_path / "loi").chmod(0o500)
    try:
        folder.put_away(folder.ready(), well=False)
        assert file.exists()
        assert folder.ready() == []
    finally:
        (tmp_path / "loi").chmod(0o700)


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Folder(tmp_path / "khong_co").prepare()


def test_the_command_audits_what_is_there_and_puts_it_away(tmp_path: Path, claims: Path) -> None:
    good = min(claims.glob("*.xml"))
    (tmp_path / good.name).write_bytes(good.read_bytes())
    (tmp_path / "hong.zip").write_bytes(b"PK\x03\x04 not an archive")
    done = run("watch", tmp_path, "--once", "--seconds", "0.1")
    assert done.returncode == 0, told(done)
    assert names(tmp_path) == []
    assert names(tmp_path / "da_xong") == [good.name]
    assert names(tmp_path / "loi") == ["hong.zip"]
    (result,) = (tmp_path / "ket_qua").iterdir()
    assert json.loads((result / "run.json").read_text(encoding="utf-8"))["ledger"]["balanced"]
    assert list(result.glob("GIAMDINH_*.xlsx"))
    assert "không đọc được" in told(done)


def test_files_stay_when_not_they_but_the_profile_is_wrong(tmp_path: Path, claims: Path) -> None:
    good = min(claims.glob("*.xml"))
    (tmp_path / good.name).write_bytes(good.read_bytes())
    profile = tmp_path / "cau_hinh.toml"
    profile.write_text("[[ignore]]\nrules = 1\n", encoding="utf-8")
    done = run("watch", tmp_path, "--profile", profile, "--once", "--seconds", "0.1")
    assert done.returncode == 5
    assert "cau_hinh.toml" in told(done)
    assert names(tmp_path) == sorted([profile.name, good.name])


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_page_watches_a_folder_and_waits_when_the_profile_is_wrong(
    other: Server, watched: Path, claims: Path
) -> None:
    good = min(claims.glob("*.xml"))
    client = Client.let_in(other)
    profile = other.data / "cau_hinh.toml"
    earlier = profile.read_bytes() if profile.exists() else b""
    profile.write_text("[[ignore]]\nrules = 1\n", encoding="utf-8")
    (watched / good.name).write_bytes(good.read_bytes())
    until(lambda: "Thư mục theo dõi đang chờ" in client.get("/").text)
    assert names(watched) == [good.name]
    assert "cau_hinh.toml" in client.get("/").text
    profile.write_bytes(earlier)
    until(lambda: names(watched / "da_xong") == [good.name])
    assert names(watched / "loi") == []
    assert "Thư mục theo dõi đang chờ" not in client.get("/").text


def test_the_page_sets_its_own_folder_and_takes_no_path_into_its_data(
    other: Server, watched: Path, tmp_path: Path
) -> None:
    client = Client.let_in(other)
    csrf = client.csrf()
    for wrong in ("tuong/doi", str(other.data / "luot"), str(tmp_path / "khong_co")):
        answer = client.post("/theo-doi", {"csrf": csrf, "thu_muc": wrong})
        assert answer.status == 400, wrong
    for folder in (tmp_path, watched):
        assert client.post("/theo-doi", {"csrf": csrf, "thu_muc": str(folder)}).status == 303
        assert f'value="{folder}"' in client.get("/").text
    kept = json.loads((other.data / "theo_doi.json").read_text(encoding="utf-8"))
    assert kept == {"thu_muc": str(watched)}
