"""Hostile and senseless input: refused with a reason, nothing expanded, nothing touched."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from giamdinh.read import Limits

from .reading import read, read_text
from .writer import STYLES, b64, claim, content, document, envelope, file_hoso, hoso

if TYPE_CHECKING:
    from pathlib import Path

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def with_table(inside: str) -> str:
    """A sound claim whose XML2 is `inside`."""
    xml1 = content(document("XML1", claim("LK1")["XML1"]), "base64")
    return envelope([f"<HOSO>{file_hoso('XML1', xml1)}{file_hoso('XML2', inside)}</HOSO>"])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "tep_khong_doc_duoc"),
        (b" \n\t ", "khong_phai_ho_so"),
        (b"\xef\xbb\xbf", "khong_phai_ho_so"),
        (b"\xff\xfe", "khong_phai_ho_so"),
        (b"MA_LK;STT\nLK1;1\n", "khong_phai_ho_so"),
        (b"%PDF-1.7\n%\xe2\xe3", "khong_phai_ho_so"),
        (bytes(range(256)) * 40, "khong_phai_ho_so"),
        (b"\0" * 5000, "khong_phai_ho_so"),
        (b"<", "khong_phai_ho_so"),
        (b"<?xml version='1.0'?>", "khong_phai_ho_so"),
        (b"<!-- GIAMDINHHS", "khong_phai_ho_so"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "khong_phai_ho_so"),
        ("<html><body>Phiên đã hết</body></html>".encode(), "khong_phai_ho_so"),
        (b"<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'/>", "khong_phai_ho_so"),
        (b"<CHITIEU_CHITIET_THUOC/>", "khong_phai_ho_so"),
        (b"<giamdinhhs/>", "khong_phai_ho_so"),
        (b"<GIAMDINHHS", "tep_bi_cat"),
        (b"<GIAMDINHHS>", "tep_bi_cat"),
        (b"<GIAMDINHHS></GIAMDINHH>", "tep_khong_doc_duoc"),
    ],
)  # fmt: skip
def test_what_is_no_claim_file_is_rejected_with_a_reason(
    tmp_path: Path, data: bytes, kind: str
) -> None:
    result = read_text(tmp_path, data)
    assert result.batches == []
    assert (result.ledger.files_found, result.ledger.files_rejected) == (1, 1)
    assert result.kinds == [kind]
    assert len(result.ledger.problems[0].reason) > 20


def test_a_loose_table_is_named_as_such(tmp_path: Path) -> None:
    result = read_text(tmp_path, document("XML2", claim("LK1")["XML2"]))
    assert "bảng XML2 rời" in result.ledger.problems[0].reason


@pytest.mark.parametrize(
    "before",
    ["", "\n", "<!-- x -->", "<?x y?>\n<!-- <GIAMDINHHS> -->", '<?xml version="1.0"?>\n\n'],
)
def test_a_doctype_is_refused_wherever_it_stands_before_the_root(
    tmp_path: Path, before: str
) -> None:
    text = before + BOMB + envelope([hoso(claim("LK1"))])
    for data in (text.encode(), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert read_text(tmp_path, data).kinds == ["doctype"]


def test_a_doctype_behind_the_root_is_passed_over_and_named(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1")), hoso(claim("LK2"))])
    at = text.index("</HOSO>") + 7
    result = read_text(tmp_path, text[:at] + BOMB + text[at:])
    assert result.keys() == ["LK1", "LK2"]
    assert result.kinds == ["tep_khong_doc_duoc"]


@pytest.mark.parametrize("style", [s for s in STYLES if not s.startswith("inline")])
def test_a_doctype_inside_a_payload_is_refused_and_never_expanded(
    tmp_path: Path, style: str
) -> None:
    bomb = BOMB + document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "?"}]).replace("?", "&i;")
    result = read_text(tmp_path, with_table(content(bomb, style)))
    assert result.kinds == ["doctype"]
    assert result.ledger.problems[0].table == "XML2"
    assert result.keys() == ["LK1"]
    assert result.rows("XML2") == []


def test_external_entities_touch_neither_files_nor_network(tmp_path: Path) -> None:
    secret = tmp_path / "bi_mat.txt"
    secret.write_text("MATKHAU")
    touched = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    port = server.getsockname()[1]
    dtd = (
        f'<!DOCTYPE x SYSTEM "http://127.0.0.1:{port}/x.dtd" '
        f'[<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p">%p;]>'
    )
    inner = dtd + document("XML2", [{"TEN_THUOC": "?"}]).replace("?", "&e;")
    for text in (
        dtd + with_table("").replace("20250310", "&e;"),
        with_table(content(inner, "base64")),
    ):
        result = read_text(tmp_path, text)
        assert result.kinds == ["doctype"]
        assert "MATKHAU" not in repr(result)
    try:
        server.accept()
        touched.set()
    except TimeoutError:
        pass
    server.close()
    assert not touched.is_set()


def test_an_undeclared_entity_costs_only_its_own_claim(tmp_path: Path) -> None:
    hosos = [hoso(claim(f"LK{i}"), "inline") for i in (1, 2, 3)]
    hosos[1] = hosos[1].replace("THỬ", "&la;")
    result = read_text(tmp_path, envelope(hosos))
    assert result.keys() == ["LK1", "LK3"]
    assert result.ledger.claims_quarantined == 1
    assert result.kinds == ["tep_khong_doc_duoc"]
    assert "thực thể" in result.ledger.problems[0].reason


@pytest.mark.parametrize("depth", [40, 1000, 3000, 200_000])
@pytest.mark.parametrize("style", ["inline", "base64"])
def test_deep_nesting_is_refused(tmp_path: Path, depth: int, style: str) -> None:
    deep = "<a>" * depth + "</a>" * depth
    cell = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "?"}]).replace("?", deep)
    for text in (deep, cell, document("XML2", []).replace("><", f">{deep}<", 1)):
        result = read_text(tmp_path, with_table(content(text, style)))
        assert result.kinds[0] == "qua_sau"
        assert result.rows("XML2") == []


@pytest.mark.parametrize("style", ["inline", "base64", "cdata"])
def test_control_characters_are_refused(tmp_path: Path, style: str) -> None:
    for bad in ("\x00", "\x08", "\x1f"):
        text = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": f"a{bad}b"}])
        result = read_text(tmp_path, with_table(content(text, style)))
        assert result.kinds[0] == "ky_tu_dieu_khien"
        assert result.rows("XML2") == []


def test_claims_around_a_control_character_are_read(tmp_path: Path) -> None:
    text = envelope([hoso(claim(f"LK{i}"), "inline") for i in (1, 2, 3)])
    result = read_text(tmp_path, text.replace("<MA_LK>LK2", "<MA_LK>\x02LK2", 1))
    assert result.keys() == ["LK1", "LK3"]
    assert result.kinds == ["ky_tu_dieu_khien"]
    assert result.ledger.claims_quarantined == 1


@pytest.mark.parametrize("style", ["inline", "base64"])
def test_very_many_attributes_do_no_harm(tmp_path: Path, style: str) -> None:
    attributes = " ".join(f'a{i}="x"' for i in range(100_000))
    text = document("XML2", claim("LK1")["XML2"]).replace("<MA_LK>", f"<MA_LK {attributes}>", 1)
    result = read_text(tmp_path, with_table(content(text, style)))
    assert result.kinds == []
    assert result.rows("XML2") == claim("LK1")["XML2"]


def test_attributes_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    attributes = " ".join(f'a{i}="x"' for i in range(3000))
    text = f"<CHITIEU_CHITIET_THUOC {attributes}/>"
    for style in ("inline", "base64"):
        limits = Limits(claim_nodes=2000, chunk_bytes=1000, prolog_bytes=500)
        result = read_text(tmp_path, with_table(content(text, style)), limits=limits)
        assert result.kinds[0] == "qua_lon"


@pytest.mark.parametrize("style", ["base64", "escaped", "cdata"])
def test_a_table_beyond_its_size_is_refused(tmp_path: Path, style: str) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "x" * 5000}])
    result = read_text(tmp_path, with_table(content(text, style)), limits=Limits(table_bytes=4000))
    assert result.kinds == ["qua_lon"]
    assert result.keys() == ["LK1"]


def test_a_value_beyond_what_the_parser_allows_is_named(tmp_path: Path) -> None:
    text = document("XML2", [{"MA_LK": "LK1", "TEN_THUOC": "x" * 11_000_000}])
    result = read_text(tmp_path, with_table(content(text, "base64")))
    assert result.kinds == ["qua_lon"]


def test_a_large_but_sensible_table_is_read(tmp_path: Path) -> None:
    text = document("XML5", [{"DIEN_BIEN_LS": "x" * 1_000_000, "MA_LK": "LK1"}] * 12)
    xml1 = content(document("XML1", claim("LK1")["XML1"]), "base64")
    files = file_hoso("XML1", xml1) + file_hoso("XML5", content(text, "base64"))
    result = read_text(tmp_path, envelope([f"<HOSO>{files}</HOSO>"]))
    assert result.kinds == []
    assert result.ledger.rows["XML5"] == 12


def test_a_hoso_beyond_its_size_is_passed_over(tmp_path: Path) -> None:
    huge = hoso(claim("LK2", 400), "inline")
    text = envelope([hoso(claim("LK1")), huge, hoso(claim("LK3"))])
    for limits in (
        Limits(claim_bytes=20_000, chunk_bytes=1000, prolog_bytes=500),
        Limits(claim_nodes=1000, chunk_bytes=1000, prolog_bytes=500),
    ):
        result = read_text(tmp_path, text, limits=limits)
        assert result.keys() == ["LK1", "LK3"]
        assert result.kinds == ["qua_lon"]
        assert result.ledger.claims_quarantined == 1


def test_a_file_beyond_its_size_ends_after_the_claims_before_it(tmp_path: Path) -> None:
    text = envelope([hoso(claim(f"LK{i}")) for i in range(5)])
    result = read_text(
        tmp_path, text, limits=Limits(file_bytes=4000, prolog_bytes=500, chunk_bytes=500)
    )
    assert 0 < result.ledger.claims_read < 5
    assert result.kinds[0] == "qua_lon"


def test_a_file_with_too_many_claims_ends_there(tmp_path: Path) -> None:
    text = envelope([hoso(claim(f"LK{i}")) for i in range(9)])
    limits = Limits(file_pieces=3, chunk_bytes=500, prolog_bytes=500)
    result = read_text(tmp_path, text, limits=limits)
    assert result.ledger.claims_read == 3
    assert result.ledger.claims_quarantined == 6
    assert result.kinds[0] == "qua_lon"


def test_a_claim_with_too_many_rows_loses_the_table_that_is_too_much(tmp_path: Path) -> None:
    result = read_text(
        tmp_path, envelope([hoso(claim("LK1", 20))]), limits=Limits(rows_per_claim=15)
    )
    assert "qua_lon" in result.kinds
    assert result.rows("XML2") == []
    assert result.ledger.rows_quarantined["XML2"] == 20


def test_a_beginning_that_never_ends_is_refused(tmp_path: Path) -> None:
    text = "<!--" + "x" * 200_000 + "-->" + envelope([hoso(claim("LK1"))])
    assert read_text(tmp_path, text).kinds == ["khong_phai_ho_so"]


def test_a_flood_of_problems_is_counted_not_listed(tmp_path: Path) -> None:
    result = read_text(tmp_path, envelope(["<HOSO/>"] * 50), limits=Limits(problems_per_file=10))
    assert result.kinds == ["thieu_xml1"] * 10 + ["qua_lon"]
    assert "còn 40 vấn đề" in result.ledger.problems[-1].reason
    assert result.ledger.claims_quarantined == 50


def test_a_flood_of_unknown_tags_is_counted_together(tmp_path: Path) -> None:
    tables = claim("LK1")
    tables["XML2"][0].update({f"LA_{i}": "x" for i in range(50)})
    result = read_text(tmp_path, envelope([hoso(tables)]), limits=Limits(unknown_tags=10))
    assert len(result.ledger.unknown_tags) == 11
    assert sum(result.ledger.unknown_tags.values()) == 50


def test_an_absurd_count_is_only_a_number(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1"))])
    result = read_text(tmp_path, text.replace("HOSO>1</SOLUONG", "HOSO>9999999999</SOLUONG"))
    assert result.ledger.claims_quarantined == 9_999_999_998
    many = read_text(tmp_path, text.replace("HOSO>1</SOLUONG", f"HOSO>{'9' * 5000}</SOLUONG"))
    assert many.kinds == ["noi_dung_la"]


def test_a_bad_file_does_not_disturb_the_good_ones(tmp_path: Path) -> None:
    def put(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    good = envelope([hoso(claim("LK1"))]).encode()
    paths = [put("1.xml", BOMB.encode() + good), put("2.xml", good), put("3.xml", os.urandom(9999))]
    names = "".join(f"<T{i:07d}/>" for i in range(300_000))
    paths += [put("4.xml", good.replace(b"<HOSO>", b"<HOSO>" + names.encode())), put("5.xml", good)]
    result = read(paths)
    assert result.keys() == ["LK1"] * 3
    assert result.ledger.claims_replaced == 2


@pytest.mark.parametrize(
    "inside",
    [
        "AAAA=AAA",
        content("<CHITIEU_CHITIET_THUOC>", "base64"),
        content(BOMB + document("XML2", claim("LK1")["XML2"]), "base64"),
        content("<LA><X>1</X></LA>", "base64"),
        content(document("XML2", [{"TEN_THUOC": "a\x01b"}]), "base64"),
        b64(document("XML2", [{"TEN_THUOC": "một"}]).encode("utf-16")[:-1]),
        content("<a>" * 100 + "</a>" * 100, "base64"),
        "chữ<CHITIEU_CHITIET_THUOC/>",
    ],
)
def test_a_table_that_was_sent_and_cannot_be_read_is_marked(tmp_path: Path, inside: str) -> None:
    result = read_text(tmp_path, with_table(inside))
    assert len(result.kinds) == 1
    assert [batch.unread for batch in result.batches] == [{("XML2", 0)}]


def test_tables_that_were_read_or_are_empty_are_not_marked(tmp_path: Path) -> None:
    for text in (with_table(""), envelope([hoso(claim("LK1"))])):
        assert [batch.unread for batch in read_text(tmp_path, text).batches] == [set()]


def test_a_wrong_label_marks_both_tables_it_may_mean(tmp_path: Path) -> None:
    result = read_text(tmp_path, with_table(content(document("XML3", [{"STT": "1"}]), "base64")))
    assert result.batches[0].unread == {("XML2", 0), ("XML3", 0)}


def test_an_unreadable_table_without_a_label_marks_all_that_are_not_there(tmp_path: Path) -> None:
    text = with_table("AAAA=AAA").replace("<LOAIHOSO>XML2<", "<LOAIHOSO><")
    unread = {table for table, _ in read_text(tmp_path, text).batches[0].unread}
    assert {"XML2", "XML3", "XML15"} <= unread
    assert not unread & {"XML1", "HOSO"}


def test_a_byte_order_mark_before_escaped_xml_is_accepted(tmp_path: Path) -> None:
    table = document("XML2", claim("LK1")["XML2"])
    for before in ("\ufeff", " \ufeff\n", "\ufeff\n\ufeff"):
        result = read_text(tmp_path, with_table(before + content(table, "escaped")))
        assert result.kinds == []
        assert result.rows("XML2") == claim("LK1")["XML2"]
