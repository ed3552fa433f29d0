"""Large lists are read once; what names people is never copied to the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.catalogues import Catalogues, load_catalogues
from tests.catalogues.files import STAFF, STAFF_ROW, delimited

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = ("MA_DICH_VU", "TEN_DICH_VU", "DON_GIA", "KETQUA", "TU_NGAY", "MA_CSKCB")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("GIAMDINH_CACHE", str(folder))
    return folder


def services(path: Path, price: int) -> Path:
    rows = [
        [f"01.{i:04d}", f"Dịch vụ {i}", f"{price}", "", "20260401" if i else "x", "01001"]
        for i in range(1200)
    ]
    rows.append(["02.0001", "Dịch vụ bị từ chối", f"{price}", "từ chối", "20260401", "01001"])
    return delimited(path, [SERVICES, *rows])


def told(found: Catalogues) -> tuple[object, ...]:
    table, held = found.tables["dich_vu"], found.held["dich_vu"]
    return (table.columns, table.start.tolist(), table.end.tolist(), table.facility,
            held.columns, found.statuses, found.problems)  # fmt: skip


def test_a_kept_list_says_what_its_file_says(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "dm").mkdir()
    services(tmp_path / "dm" / "gia.csv", 1000)
    first = load_catalogues(tmp_path / "dm")
    assert list(cache.glob("danhmuc_*"))
    assert told(load_catalogues(tmp_path / "dm")) == told(first)
    services(tmp_path / "dm" / "gia.csv", 2000)
    assert load_catalogues(tmp_path / "dm").tables["dich_vu"].text("DON_GIA", 0) == "2000"


def test_lists_that_name_people_are_not_kept(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "dm").mkdir()
    delimited(tmp_path / "dm" / "nhan_luc.csv", [STAFF, *[STAFF_ROW] * 1200])
    assert len(load_catalogues(tmp_path / "dm").tables["nhan_luc"]) == 1200
    assert not list(cache.glob("danhmuc_*"))
