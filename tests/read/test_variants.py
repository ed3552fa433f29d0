"""Every official variant of the format is read; the one that never is legitimate is refused."""

from __future__ import annotations

import pytest

from . import make_samples
from .reading import Result, read
from .writer import FACILITY

ONE_CLAIM = {"XML1": 1, "XML2": 2, "XML3": 1}
ROWS = {
    "04_noi_dung_rong.xml": ONE_CLAIM,
    "05_vang_bang.xml": {"XML1": 1},
    "13_nhieu_hoso.xml": {"XML1": 2, "XML2": 4, "XML3": 2},
    "14_xml0_rieng.xml": {"XML0": 2},
    "18_the_rong.xml": {"XML1": 1, "XML2": 1},
    "19_thu_tu_filehoso.xml": {**ONE_CLAIM, "XML7": 2},
    "21_xml13_cu.xml": {**ONE_CLAIM, "XML13": 1},
    "23_doctype.xml": {},
}
SAMPLES = sorted(path.name for path in make_samples.FOLDER.iterdir())
READABLE = [name for name in SAMPLES if name != "23_doctype.xml"]


def sample(name: str) -> Result:
    return read([make_samples.FOLDER / name])


def test_the_committed_samples_are_what_the_script_writes() -> None:
    written = {path.name: path.read_bytes() for path in make_samples.FOLDER.iterdir()}
    assert written == make_samples.samples()


@pytest.mark.parametrize("number", range(1, 24))
def test_every_variant_has_a_sample(number: int) -> None:
    assert any(name.startswith(f"{number:02d}_") for name in SAMPLES)


@pytest.mark.parametrize("name", READABLE)
def test_a_variant_is_read_whole_without_a_problem(name: str) -> None:
    result = sample(name)
    assert result.ledger.rows == ROWS.get(name, ONE_CLAIM)
    assert result.ledger.problems == []
    assert result.ledger.unknown_tags == {}
    assert (result.ledger.files_read, result.ledger.files_rejected) == (1, 0)


@pytest.mark.parametrize(
    "name", [n for n in READABLE if ROWS.get(n, ONE_CLAIM) == ONE_CLAIM and n[:2] not in "16 17 22"]
)
def test_the_way_of_writing_changes_no_value(name: str) -> None:
    plain, other = sample("02_base64_mot_dong.xml"), sample(name)
    for table in ONE_CLAIM:
        assert other.rows(table) == plain.rows(table)


def test_the_envelope_comes_with_every_claim() -> None:
    assert (
        sample("13_nhieu_hoso.xml").rows("HOSO")
        == [{"MACSKCB": FACILITY, "NGAYLAP": "20250310", "SOLUONGHOSO": "2"}] * 2
    )


def test_position_and_file_of_every_claim_are_known() -> None:
    (batch,) = sample("13_nhieu_hoso.xml").batches
    assert batch.files == ["13_nhieu_hoso.xml"] * 2
    assert batch.hoso.tolist() == [1, 2]


def test_white_space_around_a_value_is_trimmed_and_the_raw_text_kept() -> None:
    result = sample("16_khoang_trang.xml")
    column = result.batches[0]["XML2"]["LIEU_DUNG"]
    assert column.text(0) == "Ngày uống 2 lần"
    assert column.padded == {0: "  Ngày uống 2 lần \n"}
    assert result.rows("XML2")[0]["MA_THUOC"] == "40.48"


def test_decimals_of_any_length_are_the_same_number() -> None:
    amounts = sample("17_so_le.xml").batches[0]["XML2"]["THANH_TIEN_BV"]
    assert amounts.values.tolist() == [1500050, 1500025]


def test_an_empty_self_closed_or_missing_tag_is_no_value() -> None:
    assert sample("18_the_rong.xml").rows("XML2") == [{"MA_LK": "LK1"}]


def test_discharge_papers_may_repeat() -> None:
    papers = sample("19_thu_tu_filehoso.xml").rows("XML7")
    assert [paper["SO_LUU_TRU"] for paper in papers] == ["1", "2"]


def test_older_tags_of_the_transfer_paper_land_in_the_fields_that_replaced_them() -> None:
    (paper,) = sample("21_xml13_cu.xml").rows("XML13")
    assert paper["MA_CSKCB_DI"] == "79001"
    assert paper["MA_CSKCB_DEN"] == "79002"
    assert paper["TINH_TRANG_CT"] == "Ổn định khi chuyển"
    assert paper["PP_DIEUTRI"] == "Nội khoa"
    assert paper["TEN_DICH_VU"] == "Dịch vụ thử"


def test_joined_card_data_stay_as_written() -> None:
    (row,) = sample("22_the_noi.xml").rows("XML1")
    assert row["MA_DKBD"] == "79001;79002"


def test_check_in_rows_without_a_claim_have_no_parent() -> None:
    result = sample("14_xml0_rieng.xml")
    assert result.ledger.claims_declared == 0
    assert [len(batch) for batch in result.batches] == [0]
    assert result.batches[0]["XML0"].parent.tolist() == [-1, -1]


def test_a_doctype_is_refused_and_named() -> None:
    result = sample("23_doctype.xml")
    assert result.batches == []
    assert result.kinds == ["doctype"]
    assert result.ledger.files_rejected == 1
