"""What the commands share: how one is declared, and the kinds of their arguments."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from giamdinh import console
from giamdinh.errors import OutputError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIT_FAULTS = 1
"""Something that the user asked to have checked has faults."""
PATH = click.Path(path_type=Path)
command = partial(click.command, cls=console.Command)


@contextmanager
def result_folder(out: Path) -> Iterator[None]:
    """A folder for results; what cannot be written there is said in one line.

    Raises:
        OutputError: it cannot be made or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        reason = disk_reason(error)
        raise OutputError(f"không ghi được vào thư mục kết quả '{out}': {reason}") from None
