"""`giamdinh catalogue`: import, status, check and template, as a user runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest

from giamdinh.catalogues import load_catalogues
from giamdinh.catalogues.lists import list_specs
from giamdinh.catalogues.merge import import_lists
from tests.catalogues.files import delimited
from tests.commands import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEDS = ("MA_KHOA", "TEN_KHOA", "GIUONG_PD", "TU_NGAY", "DEN_NGAY", "MA_CSKCB")
PRICES = ("MA_DICH_VU", "TEN_DICH_VU", "DON_GIA", "QUY_TRINH", "TU_NGAY", "DEN_NGAY", "MA_CSKCB")
K01 = ("K01", "Khoa Khám bệnh", "10", "20260101", "", "01001")


def source(path: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    return delimited(path, [header, *rows])


def kept(folder: Path, kind: str, *columns: str) -> list[tuple[str, ...]]:
    """The rows of the imported lists, in order."""
    table = load_catalogues(folder).tables[kind]
    return [tuple(table.text(name, row) for name in columns) for row in range(len(table))]


def test_a_change_closes_the_old_row_and_opens_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "dm"
    import_lists([source(tmp_path / "1.csv", BEDS, K01)], folder)
    later = ("K01", "Khoa Khám bệnh", "12", "20260701", "", "01001")
    (told,), problems = import_lists([source(tmp_path / "2.csv", BEDS, later)], folder)
    assert (told.added, told.closed, problems) == (1, 1, [])
    assert kept(folder, "khoa", "GIUONG_PD", "TU_NGAY", "DEN_NGAY") == [
        ("10", "20260101", "20260630"),
        ("12", "20260701", ""),
    ]


def test_the_same_rows_again_change_nothing_and_a_correction_replaces(tmp_path: Path) -> None:
    folder = tmp_path / "dm"
    for _ in range(2):
        (told,), _ = import_lists([source(tmp_path / "1.csv", BEDS, K01)], folder)
    assert (told.read, told.same, told.added) == (1, 1, 0)
    closed = ("K01", "Khoa Khám bệnh", "10", "20260101", "20260930", "01001")
    (told,), _ = import_lists([source(tmp_path / "2.csv", BEDS, closed)], folder)
    assert (told.changed, told.closed) == (1, 0)
    assert kept(folder, "khoa", "DEN_NGAY") == [("20260930",)]


def test_two_prices_of_one_code_stay_open_together(tmp_path: Path) -> None:
    rows = [("01.0001", "Siêu âm", gia, "", "20260101", "", "01001") for gia in ("1000", "2000")]
    (told,), _ = import_lists([source(tmp_path / "1.csv", PRICES, *rows)], tmp_path / "dm")
    assert (told.added, told.closed) == (2, 0)


def test_every_row_read_is_accounted_for_and_facilities_are_kept_apart(tmp_path: Path) -> None:
    wrong = ("K02", "Khoa Nội", "5", "2026-13-45", "", "01001")
    other = ("K01", "Khoa Khám bệnh", "3", "20260101", "", "01002")
    path = source(tmp_path / "1.csv", BEDS, K01, wrong, other)
    told, problems = import_lists([path], tmp_path / "dm")
    assert [(t.facility, t.read, t.added, t.unreadable) for t in told] == [
        ("01001", 2, 1, 1),
        ("01002", 1, 1, 0),
    ]
    assert ["dòng" in p.reason or "không phải ngày" in p.reason for p in problems] == [True]
    assert {p.parent.name for p in (tmp_path / "dm").rglob("*.xlsx")} == {"01001", "01002"}


def test_formulas_stay_text(tmp_path: Path) -> None:
    row = ("K01", "=1+1", "10", "20260101", "", "01001")
    (told,), _ = import_lists([source(tmp_path / "1.csv", BEDS, row)], tmp_path / "dm")
    cell = openpyxl.load_workbook(told.path)["DATA"]["C2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("kind", list_specs())
def test_a_filled_template_is_recognised(tmp_path: Path, kind: str) -> None:
    from giamdinh.catalogues.forms import write_template

    write_template(kind, tmp_path / "mau.xlsx")
    book = openpyxl.load_workbook(tmp_path / "mau.xlsx")
    sheet, spec = book["DATA"], list_specs()[kind]
    values = {"number": "1", "date": "20260101", "partial": "19800101", "facility": "01001"}
    for at, column in enumerate(spec.columns[: spec.official], 1):
        assert sheet.cell(1, at).value == column.name
        text = values.get(column.kind) or next(iter(column.values.values()), "01")
        sheet.cell(2, at).value = text
    book.save(tmp_path / "mau.xlsx")
    found = load_catalogues(tmp_path)
    assert found.problems == ()
    assert {status.title for status in found.statuses} == {spec.title}


def test_the_commands_tell_what_they_did(tmp_path: Path) -> None:
    path = source(tmp_path / "1.csv", BEDS, K01, K01)
    done = run("catalogue", "import", path, "--into", tmp_path / "dm")
    assert done.returncode == 0
    assert "đọc 2 dòng = 1 thêm + 0 thay + 1 đã có" in done.stdout.decode()
    done = run("catalogue", "status", tmp_path / "dm", "--day", "2025-01-01")
    assert "1 dòng · từ 01/01/2026, còn mở · CHƯA CÓ HIỆU LỰC" in done.stdout.decode()
    done = run("catalogue", "check", path)
    assert done.returncode == 1
    assert "các dòng mã K01 cùng hiệu lực" in done.stdout.decode()
    done = run("catalogue", "template", "nope", "--out", tmp_path / "mau")
    assert done.returncode == 2
    assert "không có danh mục 'nope'" in done.stderr.decode()
    done = run("catalogue", "import", tmp_path / "x.csv", "--into", tmp_path / "dm")
    assert done.returncode == 3
