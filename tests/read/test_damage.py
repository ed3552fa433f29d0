"""A damaged claim file: every complete claim is read, every other one is counted and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.read import Limits

from .reading import Result, read_text
from .writer import FACILITY, Envelope, claim, envelope, hoso

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = [f"LK{i}" for i in range(5)]
DAMAGES: dict[str, Callable[[str], str]] = {
    "control character": lambda text: text.replace("<LOAIHOSO>", "<LOAIHOSO>\x01", 1),
    "stray ampersand": lambda text: text.replace("<LOAIHOSO>", "<LOAIHOSO>a & b", 1),
    "undeclared entity": lambda text: text.replace("<LOAIHOSO>", "<LOAIHOSO>&la;", 1),
    "no end of NOIDUNGFILE": lambda text: text.replace("</NOIDUNGFILE>", "", 1),
    "no end of FILEHOSO": lambda text: text.replace("</FILEHOSO>", "", 1),
    "no end of HOSO": lambda text: text.replace("</HOSO>", "", 1),
    "cut end of HOSO": lambda text: text.replace("</HOSO>", "</HOSO", 1),
    "cut tag": lambda text: text.replace("<LOAIHOSO>", "<LOAIHOSO", 1),
    "wrong table tag": lambda text: text.replace("<LOAIHOSO>", "<a><b></a>", 1),
    "doctype": lambda text: text.replace("<FILEHOSO>", "<!DOCTYPE x><FILEHOSO>", 1),
}


def ledger_counts(result: Result) -> tuple[int, int, int]:
    ledger = result.ledger
    return ledger.claims_declared, ledger.claims_read, ledger.claims_quarantined


def damaged(places: list[int], damage: Callable[[str], str], form: Envelope | None = None) -> str:
    hosos = [hoso(claim(key)) for key in KEYS]
    for place in places:
        hosos[place] = damage(hosos[place])
    return envelope(hosos, form or Envelope(count=""))


@pytest.mark.parametrize("places", [[0], [2], [4], [0, 1, 3], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("damage", DAMAGES)
def test_only_the_damaged_claims_are_lost_and_each_is_named(
    tmp_path: Path, damage: str, places: list[int]
) -> None:
    text = damaged(places, DAMAGES[damage])
    for limits in (Limits(), Limits(chunk_bytes=37, prolog_bytes=150)):
        result = read_text(tmp_path, text, limits=limits)
        assert result.keys() == [key for i, key in enumerate(KEYS) if i not in places]
        assert ledger_counts(result) == (5, 5 - len(places), len(places))
        assert [p.hoso for p in result.ledger.problems] == [place + 1 for place in places]
        for batch in result.batches:
            assert [batch["HOSO"]["MACSKCB"].text(i) for i in range(len(batch))] == (
                [FACILITY] * len(batch)
            )
            assert [*batch.hoso] == [i for i in range(1, 6) if i - 1 not in places]


@pytest.mark.parametrize("count", ["", "5", "2", "9"])
def test_the_count_of_the_file_does_not_hide_what_is_lost(tmp_path: Path, count: str) -> None:
    text = damaged([2], DAMAGES["control character"], Envelope(count=count))
    assert ledger_counts(read_text(tmp_path, text)) == {
        "9": (9, 4, 5),
    }.get(count, (5, 4, 1))


@pytest.mark.parametrize("prefix", ["", "a:"])
def test_names_with_a_namespace_are_taken_up_again(tmp_path: Path, prefix: str) -> None:
    names = ' xmlns="urn:x"' if not prefix else ' xmlns:a="urn:x"'
    text = damaged([1], DAMAGES["control character"], Envelope(count="", namespace=names))
    if prefix:
        text = text.replace("</", "<\\").replace("<", "<a:").replace("<a:\\", "</a:")
    assert ledger_counts(read_text(tmp_path, text)) == (5, 4, 1)


def test_the_line_of_damage_is_that_of_the_file(tmp_path: Path) -> None:
    text = damaged([1, 3], DAMAGES["control character"])
    problems = read_text(tmp_path, text).ledger.problems
    lines = [i + 1 for i, line in enumerate(text.split("\n")) if "\x01" in line]
    assert [f"(dòng {line})" in p.reason for p, line in zip(problems, lines, strict=True)] == [
        True,
        True,
    ]


def test_wrong_bytes_in_utf8_cost_one_claim(tmp_path: Path) -> None:
    data = damaged([2], lambda text: text.replace("<LOAIHOSO>", "<LOAIHOSO>@@", 1)).encode()
    result = read_text(tmp_path, data.replace(b"@@", b"\xff\xfe"))
    assert ledger_counts(result) == (5, 4, 1)
    assert result.kinds == ["sai_bang_ma"]


def test_wrong_bytes_in_utf16_end_the_file_and_the_rest_is_counted(tmp_path: Path) -> None:
    data = damaged([2], lambda text: text.replace("<LOAIHOSO>", "<LOAIHOSO>@@", 1))
    packed = data.encode("utf-16").replace("@@".encode("utf-16-le"), b"\x00\xdc\x00\xdc")
    for limits in (Limits(), Limits(chunk_bytes=100, prolog_bytes=150)):
        result = read_text(tmp_path, packed, limits=limits)
        assert ledger_counts(result) == (5, 2, 3)
        assert result.kinds == ["sai_bang_ma"]


@pytest.mark.parametrize("between", ["", "\n", '\n<?xml version="1.0" encoding="UTF-8"?>\n'])
def test_envelopes_one_behind_the_other_keep_their_own_headers(
    tmp_path: Path, between: str
) -> None:
    first = envelope([hoso(claim("LK1"))])
    second = envelope([hoso(claim("LK2")), hoso(claim("LK3"))], Envelope(facility="01234"))
    result = read_text(tmp_path, first + between + second)
    assert result.keys() == ["LK1", "LK2", "LK3"]
    assert [row["MACSKCB"] for row in result.rows("HOSO")] == [FACILITY, "01234", "01234"]
    assert len(result.kinds) == 1
    assert ledger_counts(result) == (3, 3, 0)


def test_claims_swallowed_by_an_open_comment_are_counted(tmp_path: Path) -> None:
    text = damaged([1], lambda text: text.replace("<LOAIHOSO>", "<!-- <LOAIHOSO>", 1))
    result = read_text(tmp_path, text)
    assert ledger_counts(result) == (5, 1, 4)
    assert result.kinds == ["tep_bi_cat"]


def test_a_claim_in_a_comment_or_in_the_signature_is_none(tmp_path: Path) -> None:
    tail = f"<CHUKYDONVI><Object>{hoso(claim('LKX'))}</Object></CHUKYDONVI>"
    hosos = [hoso(claim("LK1")), f"<!-- {hoso(claim('LKY'))} -->", hoso(claim("LK2"))]
    result = read_text(tmp_path, envelope(hosos, Envelope(count="2", tail=tail)))
    assert result.keys() == ["LK1", "LK2"]
    assert result.kinds == []
    assert ledger_counts(result) == (2, 2, 0)


def test_a_claim_that_is_partly_read_is_named_by_its_key(tmp_path: Path) -> None:
    text = damaged([1], lambda text: text.replace("<LOAIHOSO>XML3", "<LOAIHOSO>XML3\x01"))
    result = read_text(tmp_path, text)
    problem = result.ledger.problems[0]
    assert (problem.claim, problem.facility, problem.hoso) == ("LK1", FACILITY, 2)
    assert result.ledger.rows_quarantined == {"XML1": 1, "XML2": 2}


def test_a_cut_file_names_the_claim_that_was_begun(tmp_path: Path) -> None:
    text = envelope([hoso(claim("LK1")), hoso(claim("LK2"))])
    result = read_text(tmp_path, text[: text.rindex("</NOIDUNGFILE>")])
    assert result.kinds == ["tep_bi_cat"]
    assert result.ledger.problems[0].claim == "LK2"
