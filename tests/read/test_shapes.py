"""Shapes that readers lose without a word: each is read, or named with what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .reading import Result, read_text
from .writer import (
    FACILITY,
    STYLES,
    Envelope,
    b64,
    claim,
    content,
    document,
    envelope,
    file_hoso,
    hoso,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def packed(table: str, rows: list[dict[str, str]]) -> str:
    return content(document(table, rows), "base64")


def with_second_table(inside: str, table: str = "XML2") -> str:
    """A claim LK1 whose `table` is `inside`, followed by a sound claim LK2."""
    tables = claim("LK1")
    files = [file_hoso(t, inside if t == table else packed(t, r)) for t, r in tables.items()]
    return envelope([f"<HOSO>{''.join(files)}</HOSO>", hoso(claim("LK2"))])


def assert_only_table_lost(result: Result, kind: str, table: str = "XML2") -> None:
    """LK1 is read without `table`, LK2 whole, and the loss is named."""
    (problem,) = result.ledger.problems
    assert (problem.kind, problem.table, problem.hoso) == (kind, table, 1)
    assert (problem.claim, problem.facility, problem.file) == ("LK1", FACILITY, "hs.xml")
    assert "hồ sơ không đầy đủ" in problem.reason
    assert result.keys() == ["LK1", "LK2"]
    assert [row["MA_LK"] for row in result.rows(table)] == ["LK2"] * len(claim("x")[table])


@pytest.mark.parametrize("style", STYLES)
def test_every_way_of_writing_a_table_gives_the_same_rows(tmp_path: Path, style: str) -> None:
    result = read_text(tmp_path, envelope([hoso(claim("LK1"), style)]))
    assert result.kinds == []
    assert {t: result.rows(t) for t in claim("LK1")} == claim("LK1")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-7],
        lambda text: text[:20] + "*" + text[20:],
        lambda text: text[:20] + "-_" + text[22:],
        lambda text: text + "====",
        lambda text: text[:20] + "ế" + text[20:],
    ],
    ids=["cut", "illegal", "url alphabet", "padding", "letter"],
)
def test_damaged_base64_loses_that_table_only(tmp_path: Path, damage: Callable[[str], str]) -> None:
    rows = claim("LK1")["XML2"]
    result = read_text(tmp_path, with_second_table(damage(packed("XML2", rows))))
    assert_only_table_lost(result, "base64_sai")


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (lambda text: text.replace("</DSACH_CHI_TIET_THUOC>", ""), "xml_trong_hong"),
        (lambda text: text.replace("</CHI_TIET_THUOC>", "", 1), "xml_trong_hong"),
        (lambda text: text[: len(text) // 2], "xml_trong_hong"),
        (lambda text: text.replace("40.48", "&la;"), "xml_trong_hong"),
        (lambda text: text.replace("40.48", "a & b"), "xml_trong_hong"),
        (lambda text: text + "<X/>", "xml_trong_hong"),
        (lambda _: "không phải XML", "xml_trong_hong"),
        (lambda text: text.replace("40.48", "\x01"), "ky_tu_dieu_khien"),
        (lambda text: text.replace("40.48", "&#2;"), "ky_tu_dieu_khien"),
    ],
)
def test_a_broken_inner_table_is_named_and_nothing_of_it_is_half_read(
    tmp_path: Path, broken: Callable[[str], str], kind: str
) -> None:
    text = broken(document("XML2", claim("LK1")["XML2"]))
    result = read_text(tmp_path, with_second_table(content(text, "base64")))
    assert_only_table_lost(result, kind)


def test_inner_bytes_in_another_encoding_are_named(tmp_path: Path) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "Vitamin Đ"}])
    data = b64(text.encode("cp1258"))
    assert_only_table_lost(read_text(tmp_path, with_second_table(data)), "sai_bang_ma")


def test_inner_bytes_in_a_declared_encoding_are_read(tmp_path: Path) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "Vitamin Đ"}])
    data = ('<?xml version="1.0" encoding="windows-1258"?>' + text).encode("cp1258")
    result = read_text(tmp_path, with_second_table(b64(data)))
    assert result.rows("XML2")[0]["TEN_THUOC"] == "Vitamin Đ"


def test_the_line_of_a_fault_is_said(tmp_path: Path) -> None:
    text = '<?xml version="1.0"?>\n\n' + document("XML2", [{"MA_LK": "LK1"}], pretty=True)
    broken = text.replace("</MA_LK>", "</MA_KL>")
    result = read_text(tmp_path, with_second_table(content(broken, "base64")))
    line = broken[: broken.index("</MA_KL>")].count("\n") + 1
    assert f"dòng {line}" in result.ledger.problems[0].reason


def test_a_broken_xml1_quarantines_the_claim_and_counts_its_rows(tmp_path: Path) -> None:
    result = read_text(tmp_path, with_second_table("AAAA=", "XML1"))
    assert result.keys() == ["LK2"]
    (problem,) = result.ledger.problems
    assert (problem.kind, problem.table, problem.claim) == ("base64_sai", "XML1", "LK1")
    assert "không được giám định" in problem.reason
    assert result.ledger.claims_quarantined == 1
    assert result.ledger.rows_quarantined == {"XML2": 2, "XML3": 1}


def test_a_sound_xml1_beside_a_broken_one_is_the_claim(tmp_path: Path) -> None:
    files = file_hoso("XML1", "AAAA") + file_hoso("XML1", packed("XML1", claim("LK1")["XML1"]))
    result = read_text(tmp_path, envelope([f"<HOSO>{files}</HOSO>"]))
    assert result.keys() == ["LK1"]
    assert result.kinds == ["xml_trong_hong"]
    assert "dùng XML1 khác" in result.ledger.problems[0].reason


def test_a_hoso_without_xml1_is_quarantined_and_its_rows_counted(tmp_path: Path) -> None:
    tables = claim("LK1")
    del tables["XML1"]
    result = read_text(tmp_path, envelope([hoso(tables), hoso(claim("LK2"))]))
    assert result.keys() == ["LK2"]
    (problem,) = result.ledger.problems
    assert (problem.kind, problem.claim, problem.hoso) == ("thieu_xml1", "LK1", 1)
    assert result.ledger.rows_quarantined == {"XML2": 2, "XML3": 1}
    assert (result.ledger.claims_declared, result.ledger.claims_quarantined) == (2, 1)


@pytest.mark.parametrize("empty", ["<HOSO/>", f"<HOSO>{file_hoso('XML1', '')}</HOSO>"])
def test_an_empty_hoso_is_a_claim_that_is_missing(tmp_path: Path, empty: str) -> None:
    result = read_text(tmp_path, envelope([empty]))
    assert result.kinds == ["thieu_xml1"]
    assert result.ledger.claims_quarantined == 1


def test_only_the_first_xml1_of_a_hoso_is_the_claim(tmp_path: Path) -> None:
    first, second = claim("LK1"), claim("LK9")
    files = [file_hoso(t, packed(t, rows)) for t, rows in first.items()]
    files.append(file_hoso("XML1", packed("XML1", second["XML1"])))
    result = read_text(tmp_path, envelope([f"<HOSO>{''.join(files)}</HOSO>"]))
    assert result.keys() == ["LK1"]
    assert result.kinds == ["xml1_lap"]
    assert result.ledger.rows_quarantined == {"XML1": 1}


def test_a_table_sent_twice_keeps_the_rows_of_both_and_is_reported(tmp_path: Path) -> None:
    tables = claim("LK1")
    files = [file_hoso(t, packed(t, rows)) for t, rows in tables.items()]
    files.append(file_hoso("XML2", packed("XML2", tables["XML2"])))
    result = read_text(tmp_path, envelope([f"<HOSO>{''.join(files)}</HOSO>"]))
    assert result.kinds == ["bang_lap"]
    assert result.rows("XML2") == tables["XML2"] * 2


def test_duplicate_lines_are_kept(tmp_path: Path) -> None:
    tables = claim("LK1")
    tables["XML2"] = [tables["XML2"][0]] * 2
    assert len(read_text(tmp_path, envelope([hoso(tables)])).rows("XML2")) == 2


@pytest.mark.parametrize("written", ["xml2", " XML2 ", "XML 2", "\nXML2\n", "Xml02"])
def test_a_table_name_in_other_case_or_with_blanks_is_read_and_reported(
    tmp_path: Path, written: str
) -> None:
    text = envelope([hoso(claim("LK1"))]).replace(">XML2<", f">{written}<")
    result = read_text(tmp_path, text)
    assert result.kinds == ["loai_hoso_la"]
    assert result.rows("XML2") == claim("LK1")["XML2"]


@pytest.mark.parametrize("written", ["<LOAIHOSO/>", "<LOAIHOSO> </LOAIHOSO>", ""])
def test_a_missing_table_name_is_told_from_the_content(tmp_path: Path, written: str) -> None:
    text = envelope([hoso(claim("LK1"))]).replace("<LOAIHOSO>XML2</LOAIHOSO>", written)
    result = read_text(tmp_path, text)
    assert result.kinds == ["loai_hoso_la"]
    assert result.rows("XML2") == claim("LK1")["XML2"]


@pytest.mark.parametrize("written", ["XML16", "XML", "GIAYTO", "XML2;XML3"])
def test_an_unknown_table_is_named(tmp_path: Path, written: str) -> None:
    text = envelope([hoso(claim("LK1"))]).replace(">XML2<", f">{written}<")
    result = read_text(tmp_path, text)
    assert result.kinds == ["bang_la"]
    assert result.keys() == ["LK1"]


def test_a_table_under_the_wrong_name_is_not_read_into_that_table(tmp_path: Path) -> None:
    text = with_second_table(packed("XML3", claim("LK1")["XML3"]))
    result = read_text(tmp_path, text)
    assert_only_table_lost(result, "noi_dung_la")
    assert "bảng XML3" in result.ledger.problems[0].reason


def test_rows_under_another_root_or_list_are_read_and_reported(tmp_path: Path) -> None:
    row = "<CHI_TIET_THUOC><MA_LK>LK1</MA_LK></CHI_TIET_THUOC>"
    for inside in (f"<THUOC><DS>{row}</DS></THUOC>", row + row):
        result = read_text(tmp_path, with_second_table(inside))
        assert "noi_dung_la" in result.kinds
        assert len([r for r in result.rows("XML2") if r["MA_LK"] == "LK1"]) == inside.count("LK1")


def test_rows_inside_a_wrapping_row_are_read_and_reported(tmp_path: Path) -> None:
    table = "CHI_TIEU_DU_LIEU_GIAY_RA_VIEN"
    papers = "".join(f"<{table}><SO_LUU_TRU>{i}</SO_LUU_TRU></{table}>" for i in (1, 2))
    files = file_hoso("XML1", packed("XML1", claim("LK1")["XML1"]))
    files += file_hoso("XML7", f"<{table}>{papers}</{table}>")
    result = read_text(tmp_path, envelope([f"<HOSO>{files}</HOSO>"]))
    assert [row["SO_LUU_TRU"] for row in result.rows("XML7")] == ["1", "2"]
    assert result.kinds == ["noi_dung_la"]


def test_unknown_tags_are_counted_and_named_once(tmp_path: Path) -> None:
    tables = claim("LK1")
    for row in tables["XML2"]:
        row["TRUONG_LA"] = "x"
    result = read_text(tmp_path, envelope([hoso(tables), hoso(tables)]))
    assert result.ledger.unknown_tags == {("XML2", "TRUONG_LA"): 4}
    assert result.kinds.count("the_la") == 1


def test_tags_that_do_not_belong_into_the_envelope_are_counted(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1"))])
    text = text.replace("<HOSO>", "<HOSO><GHICHU>x</GHICHU>")
    text = text.replace("<FILEHOSO>", "<FILEHOSO><MOI/>", 1)
    result = read_text(tmp_path, text)
    assert result.ledger.unknown_tags == {("HOSO", "GHICHU"): 1, ("FILEHOSO", "MOI"): 1}
    assert result.keys() == ["LK1"]


def test_a_list_of_unknown_rows_is_named(tmp_path: Path) -> None:
    inside = document("XML2", claim("LK1")["XML2"]).replace("CHI_TIET_THUOC>", "DONG_THUOC>")
    inside = inside.replace("DSACH_DONG", "DSACH_CHI_TIET").replace("CHIET_DONG", "CHI_TIET")
    result = read_text(tmp_path, with_second_table(inside))
    assert "noi_dung_la" in result.kinds
    assert ("XML2", "DONG_THUOC") in result.ledger.unknown_tags


def test_a_field_written_twice_with_two_values_is_reported(tmp_path: Path) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "MA_THUOC": "A"}])
    text = text.replace("</CHI_TIET_THUOC>", "<MA_THUOC>B</MA_THUOC></CHI_TIET_THUOC>")
    result = read_text(tmp_path, with_second_table(content(text, "base64")))
    assert result.kinds == ["noi_dung_la"]
    assert result.rows("XML2")[0]["MA_THUOC"] == "A"


def test_a_field_written_empty_and_then_full_is_no_contradiction(tmp_path: Path) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "MA_THUOC": " "}])
    text = text.replace("</CHI_TIET_THUOC>", "<MA_THUOC>B</MA_THUOC></CHI_TIET_THUOC>")
    result = read_text(tmp_path, with_second_table(content(text, "base64")))
    assert result.kinds == []
    assert result.rows("XML2")[0]["MA_THUOC"] == "B"


def test_markup_inside_a_value_leaves_its_text_and_is_reported(tmp_path: Path) -> None:
    inside = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "?"}]).replace("?", "a<b>b</b>c")
    result = read_text(tmp_path, with_second_table(inside))
    assert result.rows("XML2")[0]["TEN_THUOC"] == "abc"
    assert result.kinds == ["noi_dung_la"]


def test_text_and_elements_mixed_in_the_content_are_refused(tmp_path: Path) -> None:
    inside = "AAAA" + document("XML2", claim("LK1")["XML2"])
    assert_only_table_lost(read_text(tmp_path, with_second_table(inside)), "noi_dung_la")


def test_comments_and_instructions_do_not_split_a_value(tmp_path: Path) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "?"}])
    text = text.replace("?", "Thuốc<!-- chú <thích> -->&amp;<?lenh x?><![CDATA[<một>]]> hai")
    noisy = f"<!-- a --><?b c?>\n{text}<!-- d -->"
    for inside in (content(text, "inline"), content(noisy, "base64"), content(noisy, "escaped")):
        outer = with_second_table(inside).replace("<HOSO>", "<!-- x --><HOSO><?y z?>")
        result = read_text(tmp_path, "<?x y?><!-- <HOSO> -->" + outer + "<!-- hết -->")
        assert result.rows("XML2")[0]["TEN_THUOC"] == "Thuốc&<một> hai"
        assert result.kinds == []


def test_a_comment_inside_base64_does_not_hurt(tmp_path: Path) -> None:
    text = packed("XML2", claim("LK1")["XML2"])
    result = read_text(tmp_path, with_second_table(text[:40] + "<!-- c -->" + text[40:]))
    assert result.kinds == []
    assert len(result.rows("XML2")) == 4


def test_a_hoso_inside_a_hoso_costs_the_outer_one_which_is_named(tmp_path: Path) -> None:
    inner = hoso(claim("LK1"))
    text = envelope([f"<HOSO>{inner}</HOSO>", hoso(claim("LK2"))], Envelope(count=""))
    result = read_text(tmp_path, text)
    assert result.keys() == ["LK1", "LK2"]
    assert (result.ledger.claims_declared, result.ledger.claims_quarantined) == (3, 1)
    assert "Thiếu thẻ đóng" in result.ledger.problems[0].reason


def test_several_tables_in_one_filehoso_are_read_by_their_order(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1"))]).replace("</FILEHOSO>\n<FILEHOSO>", "")
    result = read_text(tmp_path, text)
    assert result.kinds == []
    assert {t: result.rows(t) for t in claim("LK1")} == claim("LK1")


def test_content_beside_the_content_tag_is_reported(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1"))]).replace("<FILEHOSO>", "<FILEHOSO>AAAA", 1)
    assert read_text(tmp_path, text).kinds == ["noi_dung_la"]


def test_problems_never_hold_names_or_card_numbers(tmp_path: Path) -> None:
    tables = claim("LK1")
    tables["XML1"][0].update(HO_TEN="TÊN BÍ MẬT", MA_THE_BHYT="GD4790000012345")
    inside = document("XML1", tables["XML1"])
    for broken in (inside[:-9], inside + "</X>", inside.replace("</HO_TEN>", "&x;\x01</HO_TEN>")):
        result = read_text(tmp_path, with_second_table(content(broken, "base64"), "XML1"))
        assert result.ledger.claims_quarantined == 1
        for problem in result.ledger.problems:
            assert "BÍ MẬT" not in problem.reason
            assert "GD479" not in problem.reason
