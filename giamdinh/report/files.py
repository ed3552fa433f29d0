"""Output files appear whole or not at all, and never take the place of one that is open."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

ASIDE = "findings_aside.jsonl"
"""Not written when nothing was set aside: then that of an earlier run must go."""
LAST = "run.json"
"""Stands for a finished run: the last to be written, the first to be taken away."""


def write_whole(target: Path, write: Callable[[Path], None]) -> Path:
    """Lets `write` fill a temporary file beside `target`, then gives it that name.

    A target that cannot be replaced, such as a workbook open in Excel, is left alone and the
    next free name `…_2`, `…_3` is used.

    Returns:
        The file written.

    Raises:
        OSError: with the name of `target`.
    """
    temporary = target.with_name(f".giamdinh-{token_hex(4)}{target.suffix}")
    try:
        write(temporary)
        return _rename(temporary, target)
    except OSError as error:  # a full disk does not say by itself which file it hit
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def staging(work: Path) -> Iterator[Path]:
    """A new folder inside `work` to write to; `work` is removed when all went well."""
    folder = work / "ghi"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            work.rmdir()  # unless it keeps something else
        raise
    shutil.rmtree(work, ignore_errors=True)


def publish(written: Sequence[Path], folder: Path) -> list[Path]:
    """Moves files that are all written to `folder`, in place of those of an earlier run.

    Stopped at any point, the folder has no `run.json`, or one that belongs to the rest.

    Returns:
        Where the files are now.
    """
    for path in written:
        with path.open("r+b") as stream:
            os.fsync(stream.fileno())  # a name must not outlive its content when power fails
    (folder / LAST).unlink(missing_ok=True)
    (folder / ASIDE).unlink(missing_ok=True)
    ordered = sorted(written, key=lambda path: path.name == LAST)
    return [_rename(path, folder / path.name) for path in ordered]


def _rename(temporary: Path, target: Path) -> Path:
    for number in count(1):
        name = target if number == 1 else target.with_stem(f"{target.stem}_{number}")
        try:
            return temporary.replace(name)
        except (PermissionError, IsADirectoryError):
            if not name.exists():
                raise
    raise AssertionError  # pragma: no cover - the count has no end
