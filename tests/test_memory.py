"""Memory goes back to the system when a piece of work is done."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FREED = """
from pathlib import Path
import pyarrow as pa
from giamdinh.memory import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

kept = [bytearray(1000) for _ in range(100_000)]
del kept[1:-1]
before = resident()
give_back()
print(before - resident())
"""


def test_giving_back_is_possible_everywhere() -> None:
    code = "from giamdinh.memory import give_back; give_back()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only this C library can be asked")
def test_what_is_free_between_two_things_in_use_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, check=True)
    assert int(done.stdout) > 50 * 10**6
