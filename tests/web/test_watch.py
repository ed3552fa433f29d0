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


def test_the_page_watches_a_folder(other: Server, watched: Path, claims: Path) -> None:
    good = min(claims.glob("*.xml"))
    (watched / good.name).write_bytes(good.read_bytes())
    for _ in range(600):
        if names(watched / "da_xong"):
            break
        time.sleep(0.1)
    assert names(watched / "da_xong") == [good.name]
    assert "Thư mục theo dõi" in Client.let_in(other).get("/").text
