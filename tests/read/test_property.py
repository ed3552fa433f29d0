"""Random claims come back value by value in every style; random damage never raises."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giamdinh.read import Limits
from giamdinh.tables.specs import table_specs

from .reading import Result, read
from .writer import STYLES, Envelope, Row, claim, envelope, hoso

TABLES = [name for name in table_specs() if name not in ("HOSO", "XML0", "XML1")]
MANY = [name for name in TABLES if table_specs()[name].many]
RELAXED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

characters = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffe\uffff")
texts = st.text(characters | st.sampled_from("<>&\"']\t\n;ếỗ\u00a0"), min_size=1, max_size=12)


@st.composite
def rows(draw: Any, table: str) -> dict[str, str]:
    names = [field.name for field in table_specs()[table].fields]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=6, unique=True))
    return {name: draw(texts) for name in chosen}


@st.composite
def claims(draw: Any) -> dict[str, list[dict[str, str]]]:
    tables = {"XML1": [draw(rows("XML1")) | {"MA_LK": draw(texts)}]}
    for table in draw(st.lists(st.sampled_from(TABLES), max_size=4, unique=True)):
        most = 3 if table in MANY else 1
        tables[table] = draw(st.lists(rows(table), min_size=most == 1, max_size=most))
    return tables


def read_bytes(data: bytes, suffix: str = ".xml", **options: Any) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"hs{suffix}")
        path.write_bytes(data)
        return read([path], **options)


def kept(table: str, row: dict[str, str]) -> dict[str, str]:
    """What is left of a row: no blanks, and codes with their leading zeros."""
    pads = {field.name: field.pad for field in table_specs()[table].fields}
    texts = {name: text.strip() for name, text in row.items() if text.strip()}
    return {n: t.zfill(pads[n]) if t.isdigit() else t for n, t in texts.items()}


@RELAXED
@given(
    sent=st.lists(claims(), min_size=1, max_size=3),
    style=st.sampled_from(STYLES),
    cdata=st.booleans(),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    batch_claims=st.integers(1, 3),
)
def test_what_is_written_comes_back_value_by_value(
    *, sent: list[dict[str, list[Row]]], style: str, cdata: bool, codec: str, batch_claims: int
) -> None:
    names = ' xmlns:xsi="http://x" xmlns="urn:thu"' if style == "inline_namespace" else ""
    hosos = [hoso(tables, style, cdata=cdata) for tables in sent]
    data = envelope(hosos, Envelope(namespace=names)).encode(codec)
    limits = Limits(chunk_bytes=700, prolog_bytes=400)
    result = read_bytes(data, batch_claims=batch_claims, limits=limits)
    assert set(result.kinds) <= {"ho_so_thay_the"}
    for table in ("XML1", *TABLES):
        expected = [kept(table, row) for tables in sent for row in tables.get(table, [])]
        assert result.rows(table) == expected
    raw = [tables["XML1"][0]["MA_LK"] for tables in sent]
    written = [
        column.padded.get(i, column.text(i))
        for column in (batch["XML1"]["MA_LK"] for batch in result.batches)
        for i in range(len(column.codes))
    ]
    assert written == [text if text.strip() else "" for text in raw]


SOURCES = [
    envelope([hoso(claim(f"LK{i}"), style) for i in (1, 2)]).encode(codec)
    for style in ("base64", "inline", "cdata", "escaped")
    for codec in ("utf-8", "utf-16")
]
PIECES = [
    b"<HOSO>", b"</HOSO>", b"<!DOCTYPE x>", b"<![CDATA[", b"]]>", b"\x00", b"\xff", b"&x;", b"&#0;",
    b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-16'?>", b"</GIAMDINHHS>", b"=", b"<a b='",
    b"<NOIDUNGFILE>", b"<LOAIHOSO>", b"<TONG_HOP>", b"\xef\xbb\xbf", b"\xe1\xbb",
]  # fmt: skip


@st.composite
def damaged(draw: Any) -> bytes:
    data = bytearray(draw(st.sampled_from(SOURCES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["cut", "drop", "byte", "insert", "copy"]))
        if kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + draw(st.integers(1, 200))]
        elif kind == "byte" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif kind == "insert":
            data[at:at] = draw(st.sampled_from(PIECES) | st.binary(max_size=9))
        else:
            data[at:at] = data[at : at + draw(st.integers(1, 2000))]
    return bytes(data)


@settings(RELAXED, max_examples=400)
@given(damaged(), st.sampled_from([".xml", ".zip"]), st.sampled_from([100, 700, 1 << 16]))
def test_damage_never_raises_and_nothing_goes_missing(data: bytes, suffix: str, chunk: int) -> None:
    limits = Limits(chunk_bytes=chunk, prolog_bytes=max(chunk, 300))
    result = read_bytes(data, suffix, limits=limits)
    ledger = result.ledger
    assert ledger.files_found == 1
    if ledger.claims_quarantined or ledger.files_rejected:
        assert ledger.problems
    assert all(problem.kind and problem.reason for problem in ledger.problems)


@RELAXED
@given(st.binary(max_size=300), st.sampled_from([".xml", ".zip", ".dat"]))
def test_any_bytes_are_read_or_named(data: bytes, suffix: str) -> None:
    ledger = read_bytes(data, suffix).ledger
    assert ledger.files_read or ledger.problems


@RELAXED
@given(damaged())
def test_the_size_of_the_chunks_changes_nothing(data: bytes) -> None:
    whole = read_bytes(data, limits=Limits(prolog_bytes=300))
    for size in (50, 333):
        parts = read_bytes(data, limits=Limits(prolog_bytes=300, chunk_bytes=size))
        assert parts.rows("XML1") == whole.rows("XML1")
        assert parts.rows("XML2") == whole.rows("XML2")
        assert parts.ledger.rows_quarantined == whole.ledger.rows_quarantined
        assert parts.ledger.claims_declared == whole.ledger.claims_declared
