from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import openpyxl
import pyarrow as pa
import pytest
from lxml import etree
from pyarrow import parquet

from giamdinh.budget.forms import _row_faults, monthly, quarterly
from giamdinh.budget.forms_out import write_monthly, write_quarterly
from giamdinh.errors import CardError
from giamdinh.growth.formspec import form_spec, load_forms
from giamdinh.resources import data_dir
from giamdinh.sample import generate
from giamdinh.store.add import add
from giamdinh.store.reading import make_views, open_store
from tests.commands import run, told

FACILITY = "38902"
DAY = date(2026, 9, 1)
AMOUNTS, FIELDS = form_spec("01/BH", DAY).amounts, form_spec("01/BH", DAY).names
REFUSALS = form_spec("09/BH", DAY).names


@cache
def store() -> Path:
    folder = Path(mkdtemp())
    for month in ("2026-08", "2026-09"):
        generate(folder / month, seed=2, month=month, facilities=2, claims=30, errors=False)
        add(folder / "kho", [folder / month / "ho_so"])
    return folder / "kho"


def counted(months: tuple[int, int]) -> tuple[object, ...]:
    with open_store(store()) as own:
        make_views(own, ["XML1"])
        sums = ", ".join(f"(sum({name}) * 100)::BIGINT" for name in AMOUNTS)
        query = f"SELECT count(*), {sums} FROM XML1 WHERE KHO_CSKCB = ? "  # noqa: S608
        return own.rows(query + "AND KHO_THANG BETWEEN ? AND ?", FACILITY, *months)[0]


def test_the_monthly_form_holds_every_claim_in_its_section(tmp_path: Path) -> None:
    (form,) = monthly(store(), FACILITY, [202609], DAY)
    totals = form.totals()
    found = [sum(sums[name] for sums in totals.values()) for name in ("SO_LUOT", *AMOUNTS)]
    assert tuple(found) == counted((202609, 202609))
    assert [row.values["STT"] for row in form.rows] == list(range(1, len(form.rows) + 1))
    expected = {"01": "I", "07": "I", "02": "II", "05": "II", "04": "III", "03": "IV"}
    assert all(expected[row.values["MA_LOAI_KCB"]] == row.section for row in form.rows)
    assert not form.broken
    book, xml = write_monthly(form, tmp_path)
    rows = list(openpyxl.load_workbook(book)["01BH"].iter_rows(values_only=True))
    assert rows[0][:-1] == FIELDS
    assert len(rows) == 1 + len(form.rows) + len(totals)
    parsed = etree.parse(str(xml)).getroot()
    details = parsed.findall("DS_CHITIET/CHITIET_HS01BH")
    assert [child.tag for child in details[0]] == list(FIELDS)
    paid = sum(Decimal(detail.findtext("T_BHTT")) for detail in details)
    assert paid * 100 == found[1 + AMOUNTS.index("T_BHTT")]
    assert parsed.find("CHUKYDONVI") is not None


def test_the_quarterly_form_is_the_sum_of_its_months(tmp_path: Path) -> None:
    form = quarterly(monthly(store(), FACILITY, [202607, 202608, 202609], DAY), 2026, 3)
    sums = form.rows[0].sums
    assert tuple(sums[name] for name in ("SO_LUOT", *AMOUNTS)) == counted((202607, 202609))
    assert not form.broken
    for row in form.rows:
        children = [child.sums["T_BHTT"] for child in form.rows if child.parent == row.number]
        assert not children or sum(children) == row.sums["T_BHTT"]
    book, _ = write_quarterly(form, tmp_path)
    sheet = openpyxl.load_workbook(book)["HoSo"]
    head, *claims = list(sheet.iter_rows(values_only=True))
    for row in form.rows:
        if row.number.count("."):
            own = [claim for claim in claims if claim[0] == row.number]
            assert len(own) == row.sums["SO_LUOT"]
            paid = sum(Decimal(str(claim[head.index("T_BHTT")])) for claim in own)
            assert paid * 100 == row.sums["T_BHTT"]


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, 0),
        ({"T_BHTT": 8100}, 1),
        ({"T_TONGCHI_BV": 12100}, 1),
        ({"T_NGUONKHAC": 2000, "T_BNCCT": 0, "T_TONGCHI_BV": 12000}, 0),
        ({"T_NGUONKHAC": 1000, "T_BNCCT": 0, "T_TONGCHI_BV": 12000}, 1),
    ],
)
def test_relations_between_columns(changed: dict[str, int], broken: int) -> None:
    (form,) = monthly(store(), FACILITY, [202609], DAY)
    amounts = {
        "T_TONGCHI_BV": 12000, "T_TONGCHI_BH": 10000, "T_BHTT": 8000, "T_BNCCT": 2000,
        "T_BNTT": 2000, "T_NGUONKHAC": 0, **changed,
    }  # fmt: skip
    row = replace(form.rows[0], values={**form.rows[0].values, **amounts})
    assert len(list(_row_faults(row, form.spec))) == broken


def test_adjustment_rows_ask_for_each_line_once(tmp_path: Path) -> None:
    names = ("facility", "claim", "table", "field", "value", "expected", "rule", "message", "basis")
    rows = pa.table({
        **{name: [name, name, name] for name in names},
        "row": [1, 1, 2],
        "severity": ["error", "error", "warning"],
        "amount": pa.array([Decimal(5), Decimal(7), Decimal(9)], pa.decimal128(18, 2)),
    })  # fmt: skip
    parquet.write_table(rows, tmp_path / "findings.parquet")
    done = run("forms", "09bh", "--findings", tmp_path, "--out", tmp_path / "kq")
    assert "1 dòng" in told(done)
    book = openpyxl.load_workbook(tmp_path / "kq/09BH_facility.xlsx")
    lines = list(book["09BH"].iter_rows(values_only=True))
    assert lines[0] == REFUSALS
    assert lines[1][REFUSALS.index("SO_TIEN_DE_NGHI")] == 7


def test_the_commands_write_both_forms(tmp_path: Path) -> None:
    for extra in (("01bh", "--month", "2026-09"), ("02bh", "--year", "2026", "--quarter", "3")):
        done = run("forms", *extra, "--store", store(), "--facility", FACILITY, "--out", tmp_path)
        assert done.returncode == 0, told(done)
    assert "không có hồ sơ tháng 07/2026; mẫu quý thiếu" in told(done)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_facility_without_claims_gets_no_form(tmp_path: Path) -> None:
    done = run("forms", "01bh", "--month", "2026-09", "--store", store(),
               "--facility", "99999", "--out", tmp_path)  # fmt: skip
    assert done.returncode == 3
    assert "kho không có hồ sơ nào của cơ sở 99999 trong tháng 09/2026" in told(done)
    assert not list(tmp_path.iterdir())


def test_unread_amounts_and_kinds_without_section_are_listed() -> None:
    (form,) = monthly(store(), FACILITY, [202609], DAY)
    row = replace(form.rows[0], unread=(("T_BHTT", "1x"), ("T_BNCCT", "")))
    said = [fault.relation for fault in _row_faults(row, form.spec)]
    assert said[:2] == ["T_BHTT không đọc được '1x', tính 0 đ", "T_BNCCT để trống, tính 0 đ"]


def test_a_month_before_the_form_says_so() -> None:
    (form,) = monthly(store(), FACILITY, [202609], date(2025, 9, 1))
    assert any("có hiệu lực từ 01/04/2026" in note for note in form.notes)


def test_a_later_circular_is_a_later_version_of_the_form(tmp_path: Path) -> None:
    text = (data_dir("schemas") / "bieu_mau.yaml").read_text("utf-8")
    first, second = text.index('  - code: "01/BH"'), text.index('  - code: "02/BH"')
    newer = text[first:second].replace("2026-04-01", "2027-01-01").replace("HSTH01BH", "MOI")
    path = tmp_path / "bieu_mau.yaml"
    path.write_text(text + newer, "utf-8")
    found = [spec for spec in load_forms(path) if spec.code == "01/BH"]
    assert [(spec.since.year, spec.tags[0]) for spec in found] == [
        (2026, "HSTH01BH"), (2027, "MOI")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: birth", "kind: ngay", "không có kiểu 'ngay'"),
        ("slack: T_NGUONKHAC", "slack: T_KHONG_CO", "'T_KHONG_CO' không có trong mẫu"),
        ("from: 2026-04-01", "from: 2026", "'from' phải là ngày"),
        ("root: HSTH01BH", "goc: HSTH01BH", "khóa lạ 'goc'"),
        ("forms:", "mau:", "phải có danh sách 'forms'"),
    ],
)
def test_wrong_form_data_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (data_dir("schemas") / "bieu_mau.yaml").read_text("utf-8")
    path = tmp_path / "bieu_mau.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(CardError, match=said):
        load_forms(path)
