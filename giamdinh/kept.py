"""What is worked out from rules and schemas, kept between runs: most of a short run goes into it.

One file per thing in the user's own cache folder, keyed by every byte it was made from and by the
code that made it. A missing, damaged, foreign or read-only cache only slows down.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import stat
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from giamdinh import __version__
from giamdinh.resources import PACKAGE, data_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

_KEPT = 4
"""Versions kept of each thing: several checkouts or own rule folders may take turns."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_SIGNATURE = hashlib.sha256().digest_size
_seen: dict[Path, tuple[tuple[int, ...], str]] = {}
"""Files of lists and rules that were read, with their state and content hash."""


def cache_folder() -> Path:
    """Where this user's caches are: GIAMDINH_CACHE, else the system's usual place."""
    named = os.environ.get("GIAMDINH_CACHE")
    if named:
        return Path(named)
    usual = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    try:
        return Path(usual or Path.home() / ".cache") / "giamdinh"
    except RuntimeError:  # a user without a home
        return Path(os.devnull) / "giamdinh"


def kept(
    name: str,
    make: Callable[[], T],
    reads: Sequence[Path] = (),
    allowed: Callable[[T], bool] = lambda _: True,
) -> T:
    """What `make()` gives, from an earlier run where nothing that it reads has changed.

    Args:
        name: of the thing, letters, digits and underscores.
        make: reads nothing but `schemas/`, `rules/tham_so/` and `reads`; gives what pickle takes.
        reads: further files, told apart by path and content.
        allowed: whether a thing may be kept.
    """
    try:
        key = _key(name, basis(), reads)
    except OSError:
        return make()  # says better what cannot be read
    path = cache_folder() / f"{name}-{key[:32]}.pickle"
    found = loaded(path, key)
    if found:
        return cast("T", found[0])
    made = make()
    if not allowed(made):
        return made
    with contextlib.suppress(OSError):
        if _key(name, _read_basis(), reads) == key:  # nothing was edited meanwhile
            store(path, key, made)
            _forget_old(path)
    return made


def writable() -> bool:
    """Whether things can be kept in the cache folder, which is made if it is missing."""
    try:
        cache_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        with _temporary(cache_folder(), "thu-"):
            return True
    except OSError:
        return False


def private_folder(name: str) -> Path | None:
    """A folder of the cache that only this user can write; None where it cannot be had."""
    folder = cache_folder() / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _private(folder.stat()) else None
    except OSError:
        return None


def _private(status: os.stat_result) -> bool:
    """Whether nobody but this user can have written something; Windows keeps homes apart."""
    return not hasattr(os, "getuid") or (
        status.st_uid == os.getuid() and not status.st_mode & _OTHERS_WRITE
    )


def loaded(path: Path, key: str) -> list[object]:
    """The thing kept at `path`, if it is whole and nobody but this user could write it; else none.

    Args:
        path: its file.
        key: what it was kept under.
    """
    with contextlib.suppress(Exception):  # whatever is wrong with a file: it is no cache
        with path.open("rb") as stream:
            if not _private(os.fstat(stream.fileno())):
                return []
            data = memoryview(stream.read())
        if data[:_SIGNATURE] == _signature(key, data[_SIGNATURE:]):
            return [pickle.loads(data[_SIGNATURE:])]  # noqa: S301 - see above
    return []


def store(path: Path, key: str, made: object) -> None:
    """Keeps a thing under a key; it is there as a whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    body = pickle.dumps(made, pickle.HIGHEST_PROTOCOL)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _temporary(path.parent, path.stem) as temporary:
        temporary.write_bytes(_signature(key, body) + body)
        temporary.replace(path)


def _forget_old(path: Path) -> None:
    """Removes all but the last versions of what is kept at `path`."""
    siblings = path.parent.glob(f"{path.stem.partition('-')[0]}-*")
    for old in sorted(siblings, key=lambda file: file.stat().st_mtime)[:-_KEPT]:
        old.unlink()


@contextlib.contextmanager
def _temporary(folder: Path, start: str) -> Iterator[Path]:
    """An empty file of this user alone, removed if it is still there at the end."""
    from tempfile import mkstemp

    handle, name = mkstemp(".tmp", start, folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _signature(key: str, body: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(key.encode())
    digest.update(body)
    return digest.digest()


def _key(name: str, basis: str, reads: Sequence[Path]) -> str:
    digest = hashlib.sha256(f"{name}\0{basis}\0".encode())
    for path in reads:
        digest.update(f"{path}\0{content_hash(path)}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of a file's content as it is now; `known_hash` remembers it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
        _seen[path] = (_state(os.fstat(stream.fileno())), found)
    return found


def known_hash(path: Path) -> str:
    """The same without reading again what this process has read, while size and time stay.

    Raises:
        OSError: it cannot be read.
    """
    state, found = _seen.get(path, ((), ""))
    return found if state == _state(path.stat()) else content_hash(path)


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_size, found.st_mtime_ns, found.st_ino


@cache
def basis() -> str:
    """What everything kept depends on, as it was when first asked; see `_read_basis`.

    Raises:
        OSError: something of it cannot be read.
    """
    return _read_basis()


def _read_basis() -> str:
    """SHA-256 over what everything kept depends on: schemas, parameters and code.

    Data is read whole. Of code the size and time are enough, as they are for Python's bytecode.
    """
    holidays = find_spec("holidays")
    code: list[str | os.DirEntry[str]] = [*_files(str(PACKAGE), ".py")]
    code += [holidays.origin] if holidays is not None and holidays.origin else []
    digest = hashlib.sha256(f"{__version__}\0{sys.version}\0".encode())
    for place in code:
        status = os.stat(place)  # noqa: PTH116 - hundreds of times
        stamp = f"{os.fspath(place)}\0{status.st_size}\0{status.st_mtime_ns}\0"
        digest.update(stamp.encode())
    data = [*_files(str(data_dir("schemas"))), *_files(str(data_dir("rules") / "tham_so"))]
    return _key("", digest.hexdigest(), [Path(entry.path) for entry in data])


def _files(folder: str, ending: str = "") -> Iterator[os.DirEntry[str]]:
    """Files of a folder and its sub-folders, in a fixed order."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _files(entry.path, ending)
        elif entry.name.endswith(ending):
            yield entry
