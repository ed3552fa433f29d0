"""One writer at a time; the lock goes with the process that holds it, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from giamdinh.errors import OutputError
from giamdinh.store.layout import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LENGTH = 64


@contextmanager
def locked(store: Path, *, shared: bool = False) -> Iterator[None]:
    """Holds the store for this process; readers may share it.

    Raises:
        OutputError: another process holds it, with its number.
    """
    handle = os.open(store / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(handle, shared=shared):
            raise OutputError(_busy(store, handle))
        if not shared:
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0) if sys.platform != "win32" else None
        yield
    finally:
        os.close(handle)


def _busy(store: Path, handle: int) -> str:
    holder = ""
    if sys.platform != "win32":
        number = os.pread(handle, _LENGTH, 0).decode("ascii", "replace").strip()
        holder = f" (tiến trình {number})" if number.isdigit() else ""
    return (
        f"kho '{store}' đang được một lệnh khác dùng{holder}; đợi lệnh đó xong rồi chạy lại, "
        "không có gì bị mất"
    )


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int, *, shared: bool) -> bool:  # noqa: ARG001 - Windows cannot share
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(handle: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
