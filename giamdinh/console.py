"""The console in Vietnamese: UTF-8 output, headings of the help pages, usage errors."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_JOBS = 61  # what a process pool can take on Windows
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


class Jobs(click.ParamType):  # type: ignore[type-arg]
    """A number of processes from 1, or `auto`, which is 0."""

    name = "jobs"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number.

        Raises:
            BadParameter: anything else.
        """
        text = str(value).strip().lower()
        if text == "auto":
            return 0
        if text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_JOBS:
            return int(text)
        return 0 if value == 0 else self.fail(f"{value} không phải số từ 1", param, ctx)


def use_utf8() -> None:
    """Consoles of Windows default to a code page that cannot print Vietnamese.

    Where a stream is closed, what would go there goes nowhere.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        _reconfigure(getattr(sys, name))


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
