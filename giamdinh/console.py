"""The console in Vietnamese: UTF-8 output, headings of the help pages, usage errors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADINGS = {"Options": "Tùy chọn", "Commands": "Các lệnh"}


class _Formatter(click.HelpFormatter):
    """Help pages with Vietnamese headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "Cách dùng: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help is in Vietnamese."""

    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The --help option, explained in Vietnamese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Hiện trang hướng dẫn này."
        return option


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type


def use_utf8() -> None:
    """Consoles of Windows default to a code page that cannot print Vietnamese."""
    for stream in (sys.stdout, sys.stderr):
        _reconfigure(stream)


def _reconfigure(stream: TextIO) -> None:
    reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")


def usage_error(error: click.ClickException) -> str:
    """What was wrong with the command line, and where help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "giamdinh"
    return f"Lỗi: {_reason(error)}\nXem hướng dẫn: {path} --help"


def _reason(error: click.ClickException) -> str:
    match error:
        case click.NoSuchOption():
            near = f" (ý là {', '.join(error.possibilities)}?)" if error.possibilities else ""
            return f"không có tùy chọn {error.option_name}{near}"
        case click.MissingParameter():
            name = error.param.human_readable_name if error.param else ""
            return f"thiếu tham số {name}"
        case click.BadParameter():
            name = error.param.human_readable_name if error.param else ""
            return f"giá trị của {name} không hợp lệ{_choices(error.param)}"
        case click.UsageError() if _of_group(error):
            return "không có lệnh đó"
    return error.format_message()


def _choices(param: click.Parameter | None) -> str:
    kind = param.type if param else None
    if isinstance(kind, click.Choice):
        return f"; chỉ nhận: {', '.join(map(str, kind.choices))}"
    return ""


def _of_group(error: click.UsageError) -> bool:
    """Whether the error comes from a group, which knows its commands by name."""
    return error.ctx is not None and isinstance(error.ctx.command, click.Group)
