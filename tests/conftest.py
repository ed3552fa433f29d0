"""Long runs stay out of the normal profile; GIAMDINH_NIGHTLY=1 brings them in."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("GIAMDINH_NIGHTLY"):
        return
    skip = pytest.mark.skip(reason="dài: chạy với GIAMDINH_NIGHTLY=1")
    for item in items:
        if item.get_closest_marker("nightly"):
            item.add_marker(skip)
