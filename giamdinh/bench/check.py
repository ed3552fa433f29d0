"""`giamdinh check` of one file: the whole process, beside what starting anything costs."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], dict[str, int]]

_TIMES = 3


def process(*program: str, file: str = "") -> Work:
    """Runs of a Python program in its own process, after one that warms the caches."""
    command = [sys.executable, *program, *([file] if file else [])]

    def once() -> None:
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own command

    def work() -> dict[str, int]:
        for _ in range(_TIMES):
            once()
        return {"times": _TIMES}

    once()
    return work


COMPETITORS: dict[str, Callable[..., Work]] = {
    "python": partial(process, "-c", "pass"),
    "numpy_lxml": partial(process, "-c", "import numpy, lxml.etree"),
    "pandas": partial(process, "-c", "import pandas"),
    "check": partial(process, "-m", "giamdinh", "check"),
}
