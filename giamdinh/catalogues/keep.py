"""What large catalogue files hold, kept between runs: reading one takes seconds."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, NamedTuple

from giamdinh.catalogues.lists import list_specs
from giamdinh.kept import cache_folder, kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from giamdinh.catalogues.catalogues import CatalogueProblem
    from giamdinh.catalogues.drafts import Rows

_LARGE = 1 << 11
_MOST_FILES = 400
_PREFIX = "danhmuc_"


class FileRows(NamedTuple):
    """The rows of one file by kind of list, and what could not be used of it."""

    lists: dict[str, Rows]
    problems: list[CatalogueProblem]


def kept_rows(path: Path, name: str, read: Callable[[Path, str], FileRows]) -> FileRows:
    """What `read(path, name)` gives, from an earlier run while the file's content is the same.

    Lists that name people are read each time: no copy of them is made.

    Args:
        path: the file.
        name: what reports call it, part of what is kept.
        read: reads nothing but the file and the descriptions of lists.
    """
    fresh: list[FileRows] = []

    def make() -> FileRows:
        fresh.append(read(path, name))
        return fresh[0]

    if not _is_large(path):
        return make()
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    found = kept(f"{_PREFIX}{mark}", make, [path], _of_things)
    if fresh:
        _forget_old()
    return found


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size >= _LARGE
    except OSError:
        return False


def _of_things(found: FileRows) -> bool:
    specs = (list_specs()[kind] for kind in found.lists)
    return not any(column.personal for spec in specs for column in spec.columns)


def _forget_old() -> None:
    """Leaves the newest files: a price list is replaced every few weeks."""
    files = list(cache_folder().glob(f"{_PREFIX}*"))
    if len(files) > _MOST_FILES:
        with contextlib.suppress(OSError):  # another process may be at it too
            for old in sorted(files, key=lambda file: file.stat().st_mtime)[:-_MOST_FILES]:
                old.unlink()
