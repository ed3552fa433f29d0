"""Memory that nothing uses any more."""

from __future__ import annotations

import contextlib
import ctypes
import sys


def give_back() -> None:
    """Hands what the allocators keep for later back to the system.

    After a piece of work that took much and leaves little they would keep it beside what comes
    next: 150 MB after the questions to a store of two years.
    """
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # not every C library has it
        ctypes.CDLL(None).malloc_trim(0)
