"""Every input of the fuzz corpus, and random damage to it, is read alike by both readers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.equality.compare import OPTIONS, compare, put
from tests.equality.damage import damaged
from tests.equality.documents import dice_of

from .target import CORPUS, changed, check

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(CORPUS.iterdir())
ROUNDS = 400 if os.environ.get("GIAMDINH_NIGHTLY") else 4


def test_the_corpus_is_there_and_small() -> None:
    assert 100 <= len(FILES) < 300
    assert sum(path.stat().st_size for path in FILES) < 1.5e6


@pytest.mark.parametrize("way", range(len(OPTIONS)))
def test_both_readers_agree_on_the_corpus(way: int, tmp_path: Path) -> None:
    sent = {f"{path.stem}.xml": path.read_bytes() for path in FILES}
    found = compare(put(tmp_path / "all", sent), **OPTIONS[way])
    for path in FILES if found else ():
        check(path.read_bytes())
    assert found == []


@pytest.mark.parametrize("number", range(ROUNDS))
def test_both_readers_agree_on_a_changed_corpus(number: int, tmp_path: Path) -> None:
    dice = dice_of(f"corpus {number}")
    sent = {}
    for i in range(150):
        data = dice.choice(FILES).read_bytes()
        for _ in range(dice.choice((1, 1, 2, 4))):
            data = changed(data, 20_000, dice.getrandbits(32), lambda d, _: damaged(d, dice))
        sent[f"{number}_{i}.xml"] = data
    assert compare(put(tmp_path / "all", sent), **OPTIONS[number % len(OPTIONS)]) == []


@pytest.mark.parametrize("number", range(ROUNDS))
def test_both_readers_agree_on_random_bytes(number: int, tmp_path: Path) -> None:
    dice = dice_of(f"bytes {number}")
    letters = "<>/ \n&;=\"'![]-?HOSOXML1ABCa:\x00\u00e9".encode()
    sent = {}
    for i in range(100):
        size = dice.choice((0, 1, 3, 30, 300, 3000))
        data = dice.randbytes(size) if i % 2 else bytes(dice.choices(letters, k=size))
        head = b"" if dice.random() < 0.5 else b"<GIAMDINHHS><HOSO>"
        sent[f"{number}_{i}.xml"] = head + data
    assert compare(put(tmp_path / "all", sent), **OPTIONS[number % len(OPTIONS)]) == []
