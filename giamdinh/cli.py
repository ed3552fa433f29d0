"""The command line: finds the command, turns errors into exit codes."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from giamdinh import __version__, console
from giamdinh.errors import GiamdinhError, OutputError, disk_reason

EXIT_INTERRUPTED = 130
_OBJECTS = 50_000
_COMMANDS = {
    "check": "audit",
    "audit": "audit",
    "compare": "compare",
    "rules": "rules",
    "catalogue": "catalogue",
    "store": "store",
    "growth": "growth",
    "budget": "budget",
    "forms": "forms",
    "sample": "tools",
    "bench": "tools",
    "warmup": "tools",
    "serve": "serve",
    "watch": "watch",
}
"""The module of `giamdinh.commands` that holds each command: only the one asked for is loaded."""


def main() -> None:
    """Runs the command line with UTF-8 output and one-line errors."""
    console.use_utf8()
    # A run makes many objects and few cycles; numpy is used without linear algebra, whose threads
    # would add a third to its import.
    gc.set_threshold(_OBJECTS)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()  # a full disk behind `>` shows here
    except click.ClickException as error:
        click.echo(console.usage_error(error), err=True)
        code = error.exit_code
    except click.Abort:
        code = EXIT_INTERRUPTED
    except GiamdinhError as error:
        click.echo(f"Lỗi: {error}", err=True)
        code = error.exit_code
    except OSError as error:
        if error.filename is not None:
            raise
        click.echo(f"Lỗi: không in được ra màn hình: {disk_reason(error)}", err=True)
        code = OutputError.exit_code
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what is still waiting to be printed
    if "duckdb" not in sys.modules:  # which would call what it finds alive at the end a leak
        gc.freeze()  # nothing is searched for cycles on the way out
    sys.exit(code if isinstance(code, int) else 0)


class _Commands(console.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"giamdinh.commands.{_COMMANDS[cmd_name]}")
        found: click.Command = getattr(module, cmd_name)
        return found


@click.group(cls=_Commands, help="Giám định hồ sơ thanh toán BHYT (QĐ 130, 4750, 3176, 1931).")
@click.version_option(
    __version__, prog_name="giamdinh", message="%(prog)s %(version)s", help="Hiện phiên bản."
)
def cli() -> None:
    """The command group."""
