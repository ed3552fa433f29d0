"""Paths to documents: files as given, folders searched in order, archives by member."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from giamdinh.errors import InputError
from giamdinh.read.archive import MAGIC, members
from giamdinh.read.document import Document, open_file, printable, refusing
from giamdinh.read.refused import READ_ERRORS, RefusedError, unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from giamdinh.read.ledger import Ledger
    from giamdinh.read.limits import Limits

_CLAIM_FILES = (".xml", ".zip")


@dataclass(slots=True)
class Found:
    """What the given paths hold, before any file is opened.

    Attributes:
        files: where a file really is → how it was reached; each file once.
        ignored: other files in the folders; hidden and linked folders, which are not entered.
        closed: folders that could not be listed, with the error.
        folders: folders the paths stand for; names in messages are relative to what they share.
    """

    files: dict[str, Path] = field(default_factory=dict)
    ignored: list[Path] = field(default_factory=list)
    closed: list[tuple[Path, OSError]] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)


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
        found.folders.add(_absolute(path if path.is_dir() else path.parent))
        if real in skipped:
            continue
        if path.is_dir():
            _search(path, skipped, found)
        else:
            found.files.setdefault(real, path)
    if not found.files and not found.closed:
        where = ", ".join(printable(str(path)) for path in paths) or "(không có đường dẫn nào)"
        raise InputError(f"Không có tệp .xml hoặc .zip nào để đọc trong: {where}")
    return found


def documents(found: Found, ledger: Ledger, limits: Limits) -> Iterator[Document]:
    """Every document, in order of path; the ledger gets the names of what is ignored."""
    base = _base(found.folders)
    ledger.files_ignored.extend(_display(path, base) for path in found.ignored)
    for path, error in found.closed:
        yield refusing(_display(path, base), unreadable(error))
    for path in sorted(found.files.values(), key=lambda p: Path(_absolute(p)).parts):
        name = _display(path, base)
        if path.suffix.lower() == ".zip" or _is_archive(path):
            yield from members(path, name, ledger, limits)
        else:
            yield Document(name, partial(open_file, path))


def _search(top: Path, skipped: set[str], found: Found) -> None:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            found.closed.append((folder, error))
            continue
        real = os.path.realpath(folder)
        for entry in entries:
            path = folder / entry.name
            link = entry.is_symlink()
            target = os.path.realpath(path) if link else str(Path(real, entry.name))
            if target in skipped:
                continue
            hidden = entry.name.startswith(".")
            if entry.is_dir(follow_symlinks=False) and not hidden:
                pending.append(path)
            elif hidden or not path.name.lower().endswith(_CLAIM_FILES) or (link and path.is_dir()):
                found.ignored.append(path)
            else:
                found.files.setdefault(target, path)


def _absolute(path: Path) -> str:
    """The full path with links kept as they are, unlike `Path.resolve`."""
    return os.path.abspath(path)  # noqa: PTH100


def _base(folders: set[str]) -> str:
    try:
        return os.path.commonpath(folders)
    except ValueError:  # several drives
        return ""


def _display(path: Path, base: str) -> str:
    full = Path(_absolute(path))
    return printable((full.relative_to(base) if base else full).as_posix())


def _is_archive(path: Path) -> bool:
    """Whether the content is a zip archive, whatever the name says."""
    try:
        with open_file(path) as file:
            return file.read(len(MAGIC[0])).startswith(MAGIC)
    except (*READ_ERRORS, RefusedError):
        return False
