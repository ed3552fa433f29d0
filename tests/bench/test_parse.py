"""All readers read the same: the benchmark compares equal work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.bench import data, parse

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("parse")
    base = data.filled_up(data.base_claims(place / "base", errors=False, count=CLAIMS))
    for layout in ("one", "inline"):
        data.write(base, place / layout, layout)
    return place


@pytest.mark.parametrize("layout", ["one", "inline"])
@pytest.mark.parametrize("name", ["read_xml", "xml2arrow", "scanner", "lxml"])
def test_readers_count_the_same_claims_and_rows(folder: Path, name: str, layout: str) -> None:
    place = str(folder / layout)
    if name == "xml2arrow":
        pytest.importorskip("xml2arrow")
    if name in ("scanner", "lxml"):
        work = parse.ours(place, CLAIMS, scanner=name == "scanner")
    else:
        work = parse.COMPETITORS[name](place, CLAIMS)
    assert work() == parse.naive_lxml(place, CLAIMS)()
