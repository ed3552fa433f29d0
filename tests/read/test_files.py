"""Files that are cut, broken, in another encoding, or that promise more than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .reading import read_text
from .writer import Envelope, claim, envelope, hoso

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("cut", [0.35, 0.5, 0.7, 0.9, 0.995])
@pytest.mark.parametrize("style", ["base64", "inline"])
def test_a_cut_file_gives_its_whole_claims_and_names_the_rest(
    tmp_path: Path, cut: float, style: str
) -> None:
    hosos = [hoso(claim(f"LK{i}"), style) for i in range(1, 6)]
    text = envelope(hosos)
    data = text.encode()[: int(len(text.encode()) * cut)]
    whole = data.decode("utf-8", "ignore").count("</HOSO>")
    result = read_text(tmp_path, data)
    assert result.keys() == [f"LK{i}" for i in range(1, whole + 1)]
    assert result.kinds[0] == "tep_bi_cat"
    assert (result.ledger.claims_declared, result.ledger.claims_quarantined) == (5, 5 - whole)
    assert result.ledger.files_rejected == (whole == 0)


def test_a_file_cut_without_a_count_declares_what_was_begun(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1")), hoso(claim("LK2"))], Envelope(count=""))
    result = read_text(tmp_path, text[: text.rindex("</HOSO>")])
    assert (result.ledger.claims_declared, result.ledger.claims_read) == (2, 1)
    assert result.kinds == ["tep_bi_cat"]


def test_a_file_broken_between_two_claims_loses_none_and_says_so(tmp_path: Path) -> None:
    text = envelope([hoso(claim(f"LK{i}")) for i in (1, 2, 3)])
    at = text.index("<HOSO>", text.index("</HOSO>"))
    result = read_text(tmp_path, text[:at] + "</SAI>" + text[at:])
    assert result.keys() == ["LK1", "LK2", "LK3"]
    assert result.kinds == ["tep_khong_doc_duoc"]
    assert "nằm ngoài các hồ sơ" in result.ledger.problems[0].reason
    assert "dòng" in result.ledger.problems[0].reason


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_a_file_in_another_unicode_encoding_is_read(tmp_path: Path, codec: str) -> None:
    label = "UTF-16" if "16" in codec else "UTF-8"
    text = f'<?xml version="1.0" encoding="{label}"?>' + envelope([hoso(claim("LK1"), "inline")])
    result = read_text(tmp_path, text.encode(codec))
    assert result.kinds == []
    assert result.rows("XML2") == claim("LK1")["XML2"]


@pytest.mark.parametrize("label", ["UTF-16", "windows-1252", "us-ascii", "TCVN", "ISO-8859-1"])
def test_utf8_under_a_wrong_label_is_read_as_utf8(tmp_path: Path, label: str) -> None:
    text = f'<?xml version="1.0" encoding="{label}"?>' + envelope([hoso(claim("LK1"), "inline")])
    result = read_text(tmp_path, text)
    assert result.kinds == []
    assert result.rows("XML1")[0]["HO_TEN"] == "NGƯỜI BỆNH THỬ"


def test_bytes_that_fit_no_encoding_are_named(tmp_path: Path) -> None:
    data = envelope([hoso(claim(f"LK{i}"), "inline") for i in (1, 2)]).encode()
    at = data.rindex("THỬ".encode())
    result = read_text(tmp_path, data[:at] + b"\xff\xc0" + data[at:])
    assert result.keys() == ["LK1"]
    assert result.kinds[0] == "sai_bang_ma"


def test_claims_before_a_wrong_utf16_character_are_read(tmp_path: Path) -> None:
    data = envelope([hoso(claim(f"LK{i}"), "inline") for i in (1, 2)]).encode("utf-16")
    at = data.rindex("THỬ".encode("utf-16-le"))
    result = read_text(tmp_path, data[:at] + b"\x00\xdc" + data[at:])
    assert result.keys() == ["LK1"]
    assert result.kinds == ["sai_bang_ma"]


def test_utf16_cut_inside_a_character_is_a_cut_file(tmp_path: Path) -> None:
    data = envelope([hoso(claim("LK1"), "inline")]).encode("utf-16")
    result = read_text(tmp_path, data[:-1])
    assert result.kinds == ["tep_bi_cat"]
    assert result.keys() == ["LK1"]


@pytest.mark.parametrize(
    ("count", "kind", "declared"),
    [("3", "so_ho_so_thieu", 3), ("1", "so_ho_so_thua", 2), ("hai", "noi_dung_la", 2)],
)
def test_a_count_that_does_not_fit_is_reported(
    tmp_path: Path, count: str, kind: str, declared: int
) -> None:
    text = envelope([hoso(claim("LK1")), hoso(claim("LK2"))], Envelope(count=count))
    result = read_text(tmp_path, text)
    assert result.keys() == ["LK1", "LK2"]
    assert result.kinds == [kind]
    assert result.ledger.claims_declared == declared
    assert result.ledger.claims_quarantined == declared - 2


def test_an_envelope_without_claims_is_said_to_be_empty(tmp_path: Path) -> None:
    assert read_text(tmp_path, envelope([])).kinds == ["noi_dung_la"]


def test_an_envelope_header_after_the_claims_is_reported(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1"))])
    moved = text.replace("<NGAYLAP>20250310</NGAYLAP>", "")
    moved = moved.replace("</DANHSACHHOSO>", "</DANHSACHHOSO><NGAYLAP>20250310</NGAYLAP>")
    result = read_text(tmp_path, moved)
    assert result.kinds == ["noi_dung_la"]
    assert result.keys() == ["LK1"]
