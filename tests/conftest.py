"""Long runs stay out of the normal profile; GIAMDINH_NIGHTLY=1 brings them in."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import pytest

from giamdinh import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("GIAMDINH_NIGHTLY"):
        return
    skip = pytest.mark.skip(reason="dài: chạy với GIAMDINH_NIGHTLY=1")
    for item in items:
        if item.get_closest_marker("nightly"):
            item.add_marker(skip)


@pytest.fixture(scope="module")
def loaded_once() -> Iterator[None]:
    """The same rules and lists serve all runs of a module's tests, so they are loaded once."""
    patch = pytest.MonkeyPatch()
    for name in ("load_rules", "load_catalogues"):
        patch.setattr(pipeline, name, cache(getattr(pipeline, name)))
    yield
    patch.undo()
