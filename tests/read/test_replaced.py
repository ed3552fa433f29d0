"""A claim sent again: both sendings are read and counted, the newest wins."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from .reading import read
from .writer import FACILITY, Envelope, claim, document, envelope, hoso

if TYPE_CHECKING:
    from pathlib import Path


def put(
    folder: Path, name: str, keys: list[str], made: str = "20250310", facility: str = FACILITY
) -> None:
    hosos = []
    for key in keys:
        tables = claim(key)
        tables["XML1"][0]["MA_CSKCB"] = facility
        hosos.append(hoso(tables))
    (folder / name).write_text(envelope(hosos, Envelope(made, facility=facility)))


def test_the_later_day_wins_whatever_the_order_of_files(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", ["LK1", "LK2"], "20250312")
    put(tmp_path, "b.xml", ["LK1"], "20250311")
    ledger = read([tmp_path]).ledger
    assert ledger.claims_read == 3
    assert ledger.replaced == {2}
    assert ledger.claims_replaced == 1
    (problem,) = ledger.problems
    assert (problem.kind, problem.file, problem.hoso) == ("ho_so_thay_the", "b.xml", 1)
    assert (problem.claim, problem.facility) == ("LK1", FACILITY)
    assert "a.xml" in problem.reason


def test_on_the_same_day_the_later_path_wins_then_the_later_position(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", ["LK1", "LK1"])
    put(tmp_path, "b.xml", ["LK1", "LK2", "LK1"])
    assert read([tmp_path]).ledger.replaced == {0, 1, 2}


def test_without_a_readable_day_a_sending_is_the_oldest(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", ["LK1"], "20250101")
    put(tmp_path, "b.xml", ["LK1"], "")
    put(tmp_path, "c.xml", ["LK1"], "ngày mai")
    assert read([tmp_path]).ledger.replaced == {1, 2}


def test_the_same_key_at_another_facility_is_another_claim(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", ["LK1"])
    put(tmp_path, "b.xml", ["LK1"], facility="79998")
    assert read([tmp_path]).ledger.replaced == set()


def test_claims_without_a_key_never_replace_each_other(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", ["", " ", ""])
    result = read([tmp_path])
    assert result.ledger.claims_read == 3
    assert result.ledger.replaced == set()


def test_sequence_numbers_run_over_all_batches(tmp_path: Path) -> None:
    for i in range(6):
        put(tmp_path, f"{i}.xml", [f"LK{i % 3}"])
    assert read([tmp_path], batch_claims=2).ledger.replaced == {0, 1, 2}


def test_the_winner_is_the_one_a_full_sort_finds(tmp_path: Path) -> None:
    generator = random.Random(3)  # noqa: S311
    sent = []
    for i in range(25):
        made = f"202503{generator.randrange(10, 14)}"
        keys = [f"LK{generator.randrange(6)}" for _ in range(generator.randrange(4))]
        put(tmp_path, f"{i:02d}.xml", keys, made)
        sent += [(key, made) for key in keys]
    order = sorted(range(len(sent)), key=lambda i: (sent[i][1], i))
    winners = {sent[i][0]: i for i in order}
    result = read([tmp_path], batch_claims=3)
    assert result.ledger.replaced == set(range(len(sent))) - set(winners.values())


def status(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    (folder / name).write_text(document("XML0", rows))


def test_check_in_rows_of_a_file_of_their_own_belong_to_no_claim(tmp_path: Path) -> None:
    status(tmp_path, "a.xml", [{"MA_LK": "LK2", "STT": "1"}, {"MA_LK": "LK9", "STT": "2"}])
    put(tmp_path, "b.xml", ["LK1", "LK2"])
    status(tmp_path, "c.xml", [{"MA_LK": "LK1", "STT": "3", "MA_CSKCB": FACILITY}])
    result = read([tmp_path])
    table = result.batches[0]["XML0"]
    assert table.parent.tolist() == [-1, -1, -1]
    assert [table["STT"].text(i) for i in range(3)] == ["1", "2", "3"]
    assert result.ledger.rows["XML0"] == 3
    assert result.ledger.claims_declared == 2


def test_check_in_rows_inside_a_hoso_belong_to_its_claim(tmp_path: Path) -> None:
    tables = {**claim("LK1"), "XML0": [{"MA_LK": "LK1"}, {"STT": "2"}, {"MA_LK": "LK7"}]}
    (tmp_path / "a.xml").write_text(envelope([hoso(tables)]))
    result = read([tmp_path])
    assert sorted(result.batches[0]["XML0"].parent.tolist()) == [-1, 0, 0]
    assert result.ledger.problems == []


def test_a_cut_check_in_file_gives_its_whole_rows(tmp_path: Path) -> None:
    text = document("XML0", [{"MA_LK": f"LK{i}"} for i in range(5)])
    (tmp_path / "a.xml").write_text(text[: text.index("LK3")])
    result = read([tmp_path])
    assert len(result.rows("XML0")) == 3
    assert result.kinds == ["tep_bi_cat"]
    assert result.ledger.files_read == 1
