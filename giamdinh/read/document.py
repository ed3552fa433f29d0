"""A claim file: what to call it and how to open it."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from giamdinh.read.refused import RefusedError, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Document:
    """One claim file or archive member.

    Attributes:
        name: how messages call it; an archive member is `archive.zip!member.xml`.
        open: its bytes from the start; raises RefusedError when there are none.
    """

    name: str
    open: Callable[[], BinaryIO]


def refusing(name: str, refused: RefusedError) -> Document:
    """A document that exists but cannot be opened."""

    def refuse() -> NoReturn:
        raise refused

    return Document(name, refuse)


def open_file(path: Path) -> BinaryIO:
    """The bytes of a file.

    Raises:
        RefusedError: no permission, gone, or no ordinary file.
    """
    try:
        # Opening a pipe or a device could wait for ever.
        if stat.S_ISREG(path.stat().st_mode):
            return path.open("rb")
    except OSError as error:
        raise unreadable(error) from None
    reason = "Không phải tệp thường (ống dẫn hoặc thiết bị); sao chép thành tệp rồi chạy lại"
    raise RefusedError("tep_khong_doc_duoc", reason)


def printable(name: str) -> str:
    """A file name fit for a message: no control characters, nothing that cannot be encoded."""
    safe = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "?" for c in safe)
