"""Every engine hits the same rows: the benchmark compares equal work."""

from __future__ import annotations

import pytest

from giamdinh.bench import engines

ROWS = 3000


@pytest.fixture(scope="module")
def hits() -> int:
    return engines.COMPETITORS["numpy"](ROWS)()()["hits"]


@pytest.mark.parametrize("name", ["programs", "polars", "pandas", "duckdb"])
def test_engines_hit_the_same_rows(name: str, hits: int) -> None:
    pytest.importorskip("numpy" if name == "programs" else name)
    assert engines.COMPETITORS[name](ROWS)()()["hits"] == hits > 0
