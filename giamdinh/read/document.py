"""A claim file: what to call it and how to open it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from giamdinh.read.refused import RefusedError, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Document:
    """One claim file or archive member.

    Attributes:
        name: how messages call it; an archive member is `archive.zip!member.xml`.
        open: its bytes from the start; raises RefusedError when there are none.
        cut: a range of a file under the head of the file; what only the whole file can tell is
            left to whoever puts the ranges together again.
    """

    name: str
    open: Callable[[], BinaryIO]
    cut: bool = False


def refusing(name: str, refused: RefusedError) -> Document:
    """A document that exists but cannot be opened."""

    def refuse() -> NoReturn:
        raise refused

    return Document(name, refuse)


def open_file(path: str) -> BinaryIO:
    """The bytes of a file.

    Raises:
        RefusedError: no permission, gone, or no ordinary file.
    """
    try:
        if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return open(path, "rb", opener=_at_once)
    except OSError as error:
        raise unreadable(error) from None
    reason = "Không phải tệp thường (ống dẫn hoặc thiết bị); sao chép thành tệp rồi chạy lại"
    raise RefusedError("tep_khong_doc_duoc", reason)


class LookedAt:
    """An ordinary file that is opened once, to see what it is and to be read.

    Attributes:
        head: its first bytes; none when it cannot be read, or is no ordinary file.
    """

    _HEAD = 4

    def __init__(self, path: str, size: int) -> None:
        """Looks at the file at `path`, which has `size` bytes, -1 when it is no ordinary file."""
        self.head = b""
        self._path = path
        self._file: FileIO | None = None
        if size < self._HEAD:
            return
        try:
            file = FileIO(path, opener=_at_once)
        except OSError:
            return
        try:
            ordinary = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            self.head = file.read(self._HEAD) if ordinary else b""
            file.seek(0)
        except OSError:
            file.close()
        else:
            self._file = file

    def open(self) -> BinaryIO:
        """The bytes from the start; like `open_file`."""
        file, self._file = self._file, None
        return open_file(self._path) if file is None else BufferedReader(file)

    def close(self) -> None:
        """Closes the file if nobody read it."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _at_once(path: str, flags: int) -> int:
    """Opens without waiting, though the file became a pipe a moment ago."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def printable(name: str) -> str:
    """A file name fit for a message: no control characters, nothing that cannot be encoded."""
    if name.isprintable():
        return name
    safe = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "?" for c in safe)
