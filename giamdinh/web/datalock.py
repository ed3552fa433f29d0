"""One page at a time on a data folder; the lock goes with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from giamdinh.errors import OutputError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FILE, _LENGTH, _FAR = ".khoa", 256, 2**30
_HELD = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})


@contextmanager
def held(folder: Path) -> Iterator[Callable[[str], None]]:
    """Holds the folder; the function given takes the address that a second page is to name.

    A page that was killed holds nothing any more: what it left in the file is overwritten.

    Raises:
        OutputError: another page has the folder open, or it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        reason = disk_reason(error)
        raise OutputError(f"không ghi được vào thư mục dữ liệu '{folder}': {reason}") from None
    try:
        if not _take(handle):
            raise OutputError(_busy(folder, handle))

        def tell(address: str) -> None:
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, f"{os.getpid()} {address}".encode())

        tell("")
        yield tell
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _busy(folder: Path, handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    process, _, address = os.read(handle, _LENGTH).decode("utf-8", "replace").partition(" ")
    where = f" ở {address}" if address else ""
    who = f" (tiến trình {process})" if process.isdigit() else ""
    return (
        f"thư mục dữ liệu '{folder}' đang được một trang khác mở{where}{who}. Dùng cửa sổ trình "
        "duyệt và cửa sổ lệnh đang mở đó, hoặc đóng nó (Ctrl-C) rồi chạy lại, hoặc chọn thư mục "
        "khác bằng --data"
    )


def _take(handle: int) -> bool:
    """Whether the folder is ours; a drive without locks lets everybody in."""
    try:
        _lock(handle)
    except OSError as error:
        return error.errno not in _HELD
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        """One byte far behind the text, which others must be able to read."""
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
