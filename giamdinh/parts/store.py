"""Finished parts kept on disk until the run is done, so that an interrupted run can go on."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from typing import TYPE_CHECKING, cast

from giamdinh import kept
from giamdinh.errors import OutputError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from giamdinh.parts.plan import Part
    from giamdinh.parts.work import PartResult, Setup


_SIZE = "co_phan"
"""Where the size of the parts is kept."""


class Store:
    """A folder with one file for each finished part.

    The key of a part holds everything its result depends on: its files with size and time, rules,
    catalogues, options, and the code itself. What does not fit is no part of this run.
    """

    def __init__(self, folder: Path, basis: str) -> None:
        self.folder = folder
        self._basis = basis

    def clear(self) -> None:
        """Removes the folder and what other runs left there."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_only(self, parts: Iterable[Part]) -> None:
        """Removes what does not belong to a run of these parts."""
        wanted = {self.path(part) for part in parts}
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path not in wanted and path.name != _SIZE:
                path.unlink(missing_ok=True)

    def note_size(self, size: int) -> None:
        """Keeps how large the parts are, for a run that goes on with other processes.

        Raises:
            OutputError: it cannot be written.
        """
        _keep(self.folder / _SIZE, size)

    def path(self, part: Part) -> Path:
        """Where the result of a part is kept."""
        key = hashlib.sha256(f"{self._basis}\0{part!r}".encode("utf-8", "surrogatepass"))
        return self.folder / f"{key.hexdigest()[:32]}.phan"


def save(path: Path, result: PartResult) -> None:
    """Keeps the result of a part; it is there as a whole or not at all.

    Raises:
        OutputError: it cannot be written, such as when the disk is full.
    """
    _keep(path, result)


def _keep(path: Path, made: object) -> None:
    try:
        kept.store(path, path.name, made)
    except OSError as error:
        raise OutputError(f"không ghi được '{path}': {disk_reason(error)}") from None


def load(path: Path) -> PartResult | None:
    """The result kept at `path`; None where there is none, and the part is run again."""
    found = kept.loaded(path, path.name)
    return cast("PartResult", found[0]) if found else None


def noted_size(folder: Path) -> int | None:
    """How large the parts of an interrupted run are; None where none is known."""
    found = kept.loaded(folder / _SIZE, _SIZE)
    return found[0] if found and isinstance(found[0], int) else None


def basis(setup: Setup, catalogues: Path | None) -> str:
    """What all parts depend on beside their files."""
    digest = hashlib.sha256(f"{kept.basis()}\0{setup.rules.hash}\0".encode())
    digest.update(repr([rule.code for rule in setup.rules.rules]).encode())
    asked = (setup.pandera, setup.name_claims, setup.hash_files, setup.store)
    digest.update(repr(asked).encode())
    digest.update(repr(setup.limits).encode())
    for path in [catalogues, *sorted(catalogues.rglob("*"))] if catalogues else []:
        with contextlib.suppress(OSError):
            found = path.stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()
