"""What the commands share: how one is declared, and the kinds of their arguments."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from giamdinh import console

PATH = click.Path(path_type=Path)
command = partial(click.command, cls=console.Command)
