"""Paths to documents: files as given, folders searched in order, archives by member."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.errors import InputError
from giamdinh.read.archive import MAGIC, members
from giamdinh.read.document import Document, LookedAt, printable, refusing
from giamdinh.read.refused import unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from giamdinh.read.ledger import Ledger
    from giamdinh.read.limits import Limits
    from giamdinh.read.refused import RefusedError

_CLAIM_FILES = (".xml", ".zip")


@dataclass(frozen=True, slots=True)
class Source:
    """A claim file or archive, before it is opened.

    Attributes:
        path: how it was reached.
        name: how messages call it.
        size: bytes when it was found; -1 when it is no ordinary file.
        changed: when it was last changed, in nanoseconds.
    """

    path: str
    name: str
    size: int
    changed: int

    @property
    def state(self) -> tuple[int, int]:
        """What shows that a file is still the same."""
        return self.size, self.changed


@dataclass(slots=True)
class Found:
    """What the given paths hold, before any file is opened.

    Attributes:
        files: where a file really is → how it was reached; each file once.
        ignored: other files in the folders; hidden and linked folders, which are not entered.
        closed: folders that could not be listed, with the reason.
        folders: folders the paths stand for; names in messages are relative to what they share.
    """

    files: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    closed: list[tuple[str, RefusedError]] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)

    def sources(self) -> list[Source]:
        """Every file in order of path, as it is now."""
        prefix = self._prefix()
        found = sorted((_absolute(path), path) for path in self.files.values())
        found.sort(key=lambda pair: pair[0].replace(os.sep, "\0"))
        return [Source(path, _display(full, prefix), *file_state(path)) for full, path in found]

    def ignored_names(self) -> list[str]:
        """The ignored files as messages call them."""
        prefix = self._prefix()
        return [_display(_absolute(path), prefix) for path in self.ignored]

    def closed_names(self) -> list[tuple[str, RefusedError]]:
        """The folders that could not be listed, as messages call them."""
        prefix = self._prefix()
        return [(_display(_absolute(path), prefix), why) for path, why in self.closed]

    def _prefix(self) -> str:
        try:
            return os.path.join(os.path.commonpath(self.folders), "")  # noqa: PTH118
        except ValueError:  # several drives
            return ""


def find(paths: Sequence[Path], exclude: Collection[Path] = ()) -> Found:
    """The claim files among `paths`: files of any name, .xml and .zip files of folders.

    Raises:
        InputError: a path does not exist, or there is nothing to read.
    """
    skipped = {os.path.realpath(path) for path in exclude}
    found = Found()
    for path in paths:
        if not path.exists():
            raise InputError(f"Không tìm thấy tệp hoặc thư mục: {printable(str(path))}")
        real = os.path.realpath(path)
        found.folders.add(_absolute(str(path if path.is_dir() else path.parent)))
        if real in skipped:
            continue
        if path.is_dir():
            _search(str(path), skipped, found)
        else:
            found.files.setdefault(real, str(path))
    if not found.files and not found.closed:
        where = ", ".join(printable(str(path)) for path in paths) or "(không có đường dẫn nào)"
        raise InputError(f"Không có tệp .xml hoặc .zip nào để đọc trong: {where}")
    return found


def documents(found: Found, ledger: Ledger, limits: Limits) -> Iterator[Document]:
    """Every document, in order of path; the ledger gets the names of what is ignored."""
    yield from unopened(found, ledger)
    for source in found.sources():
        yield from open_source(source, ledger, limits)


def unopened(found: Found, ledger: Ledger) -> Iterator[Document]:
    """The folders that cannot be listed; the ledger gets the names of what is ignored."""
    ledger.files_ignored.extend(found.ignored_names())
    for name, refused in found.closed_names():
        yield refusing(name, refused)


def open_source(source: Source, ledger: Ledger, limits: Limits) -> Iterator[Document]:
    """The document in a file, or every document in an archive."""
    looked_at = LookedAt(source.path, source.size)
    try:
        if source.path.lower().endswith(".zip") or looked_at.head.startswith(MAGIC):
            yield from members(source.path, source.name, ledger, limits)
        else:
            yield Document(source.name, looked_at.open)
    finally:
        looked_at.close()


def file_state(path: str) -> tuple[int, int]:
    """Size and time of the last change of an ordinary file; (-1, 0) when it is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - several times faster than Path, for 200,000 files
    except OSError:
        return -1, 0
    if not stat.S_ISREG(found.st_mode):
        return -1, 0
    return found.st_size, found.st_mtime_ns


def _search(top: str, skipped: set[str], found: Found) -> None:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            found.closed.append((folder, unreadable(error)))
            continue
        real = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118
        for entry in entries:
            _sort_out(entry, real, skipped, pending, found)


def _sort_out(
    entry: os.DirEntry[str], real: str, skipped: set[str], pending: list[str], found: Found
) -> None:
    """Puts one entry of a folder where it belongs; `real` is where the folder really is."""
    path = entry.path
    link = entry.is_symlink()
    target = os.path.realpath(path) if link else real + entry.name
    if target in skipped:
        return
    hidden = entry.name.startswith(".")
    if entry.is_dir(follow_symlinks=False) and not hidden:
        pending.append(path)
    elif (
        hidden or not entry.name.lower().endswith(_CLAIM_FILES) or (link and os.path.isdir(path))  # noqa: PTH112
    ):
        found.ignored.append(path)
    else:
        found.files.setdefault(target, path)


def _absolute(path: str) -> str:
    """The full path with links kept as they are, unlike `Path.resolve`."""
    return os.path.abspath(path)  # noqa: PTH100


def _display(full: str, prefix: str) -> str:
    if full + os.sep == prefix:
        return "."
    return printable(full.removeprefix(prefix).replace(os.sep, "/"))
