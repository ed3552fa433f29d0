"""`rules`: commands about the rule cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from giamdinh import console
from giamdinh.commands.options import PATH

if TYPE_CHECKING:
    from pathlib import Path

EXIT_FAULTS = 1


@click.group(cls=console.Group, help="Xem, giải thích và kiểm tra các quy tắc.")
def rules() -> None:
    """Commands about rule cards."""


_RULES_OPTION = click.option(
    "--rules", "folders", type=PATH, multiple=True, help="Thư mục thẻ quy tắc riêng."
)


@rules.command("list", help="Liệt kê quy tắc (lọc theo đầu mã).")
@click.argument("prefixes", nargs=-1)
@_RULES_OPTION
def rules_list(prefixes: tuple[str, ...], folders: tuple[Path, ...]) -> None:
    """One line per rule."""
    from giamdinh.report import rulebook
    from giamdinh.rules.cards import load_rules

    for rule in load_rules(folders).chosen(prefixes).rules:
        click.echo(rulebook.line(rule))


@rules.command("explain", help="Trang giải thích của một quy tắc: căn cứ, logic, ví dụ, cách sửa.")
@click.argument("code")
@_RULES_OPTION
def rules_explain(code: str, folders: tuple[Path, ...]) -> None:
    """The page of one rule."""
    from giamdinh.report import rulebook
    from giamdinh.rules.cards import load_rules

    for rule in load_rules(folders).chosen([code]).rules:
        click.echo(rulebook.page(rule))


@rules.command("lint", help="Soát mọi thẻ quy tắc, tham số và danh mục mã.")
@_RULES_OPTION
def rules_lint(folders: tuple[Path, ...]) -> None:
    """Loads everything; faults end with exit code 5."""
    from giamdinh.rules.cards import load_rules

    found = load_rules(folders)
    click.echo(f"{len(found.rules)} thẻ quy tắc hợp lệ (bộ quy tắc {found.hash[:12]})")


@rules.command("test", help="Chạy các ví dụ viết trong thẻ quy tắc.")
@click.argument("prefixes", nargs=-1)
@_RULES_OPTION
def rules_test(prefixes: tuple[str, ...], folders: tuple[Path, ...]) -> int:
    """Runs the examples of the chosen rules."""
    from giamdinh.rules.cards import load_rules
    from giamdinh.rules.examples import run_example

    chosen = load_rules(folders).chosen(prefixes)
    faults = examples = 0
    for rule in chosen.rules:
        for example in rule.examples:
            examples += 1
            result = run_example(chosen, rule, example)
            for fault in result.faults:
                faults += 1
                click.echo(f"{rule.path}: ví dụ '{result.name}': {fault}")
    click.echo(f"{len(chosen.rules)} quy tắc, {examples} ví dụ, {faults} sai khác")
    return EXIT_FAULTS if faults else 0
