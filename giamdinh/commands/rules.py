"""`rules`: commands about the rule cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from giamdinh import console
from giamdinh.commands.options import EXIT_FAULTS, PATH
from giamdinh.errors import OutputError, UsageError, disk_reason

if TYPE_CHECKING:
    from pathlib import Path


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
    from giamdinh.catalogues.lists import need_text
    from giamdinh.report import rulebook
    from giamdinh.rules.cards import load_rules

    found = load_rules(folders).chosen([code])
    for rule in found.rules:
        click.echo(rulebook.page(rule, [*map(need_text, rule.needs)], found.parameters))


@rules.command(
    "search", help="Tìm quy tắc theo chữ (không cần dấu) trong tên, câu báo, cách sửa, căn cứ."
)
@click.argument("words", nargs=-1, required=True)
@_RULES_OPTION
def rules_search(words: tuple[str, ...], folders: tuple[Path, ...]) -> int:
    """One line per rule found; 1 when there is none."""
    from giamdinh.report import rulebook
    from giamdinh.rules.cards import load_rules

    found = rulebook.search(load_rules(folders).rules, words)
    for rule in found:
        click.echo(rulebook.line(rule))
    if not found:
        click.echo(f"không quy tắc nào có đủ các chữ: {' '.join(words)}")
    return 0 if found else EXIT_FAULTS


@rules.command("new", help="Viết khung thẻ MÃ để điền, kèm lời giải thích từng mục.")
@click.argument("code")
@click.argument("title", default="")
@click.option("--to", "folder", type=PATH, default="quy_tac_rieng",
              help="Thư mục thẻ riêng của cơ sở (mặc định quy_tac_rieng).")  # fmt: skip
def rules_new(code: str, title: str, folder: Path) -> None:
    """A card to fill in."""
    from giamdinh.profiles.settings import settings
    from giamdinh.rules.cards import load_rules
    from giamdinh.rules.skeleton import new_card

    known = load_rules().by_code
    families = {rule.family for rule in known.values()} | {*settings().own_families}
    try:
        path = new_card(folder, code, title, families, known)
    except OSError as error:
        raise OutputError(f"không ghi được vào '{folder}': {disk_reason(error)}") from None
    click.echo(f"Đã viết {path}. Mở ra điền, rồi chạy: giamdinh rules lint --rules {folder}")


@rules.command("book", help="Sinh sổ quy tắc dạng Markdown: mỗi họ một trang.")
@click.argument("folder", type=PATH)
@_RULES_OPTION
def rules_book(folder: Path, folders: tuple[Path, ...]) -> None:
    """Pages for reading, such as docs/rules."""
    from giamdinh.report import rule_pages
    from giamdinh.rules.cards import load_rules

    try:
        written = rule_pages.write(load_rules(folders), folder)
    except OSError as error:
        raise OutputError(f"không ghi được vào '{folder}': {disk_reason(error)}") from None
    click.echo(f"{len(written)} trang trong {folder}")


@rules.command(
    "impact", help="Thử một thay đổi (thẻ, danh mục, cấu hình, tham số) trên dữ liệu có sẵn."
)
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--rules", "rule_folders", type=PATH, multiple=True,
              help="Thẻ sau khi đổi: mới, hoặc thay thẻ cùng mã của bộ quy tắc.")  # fmt: skip
@click.option("--set", "values", multiple=True, metavar="THAM_SỐ=GIÁ_TRỊ",
              help="Thử một giá trị cho mọi ngày, ví dụ SO_LUOT_KHAM_MOT_BAN=50.")  # fmt: skip
@click.option("--catalogues", type=PATH, help="Danh mục sau khi đổi, ví dụ bảng giá mới.")
@click.option("--profile", type=PATH, help="Tệp cấu hình sau khi đổi.")
@click.option("--base-rules", type=PATH, multiple=True, help="Thẻ riêng hiện nay.")
@click.option("--base-catalogues", type=PATH, help="Danh mục hiện nay.")
@click.option("--base-profile", type=PATH, help="Tệp cấu hình hiện nay.")
@click.option("--store", type=PATH, help="Kho các tháng trước, cho quy tắc so với hồ sơ cũ.")
@click.option("--select", multiple=True, metavar="MÃ", help="Chỉ xét quy tắc bắt đầu như vậy.")
@click.option("--examples", type=click.IntRange(0), default=3,
              help="Số ví dụ mỗi quy tắc (mặc định 3).")  # fmt: skip
@click.option("--out", type=PATH, help="Ghi đủ từng phát hiện vào TỆP.json hoặc TỆP.xlsx.")
def rules_impact(paths: tuple[Path, ...], examples: int, out: Path | None, **asked: Any) -> None:  # noqa: ANN401
    """What is not given stays as it is now."""
    import sys

    from giamdinh import impact
    from giamdinh.commands.compare import check_ending, write
    from giamdinh.pipeline import Options
    from giamdinh.report.terminal import print_tables

    given = (asked["rule_folders"], asked["catalogues"], asked["profile"])
    values = tuple(_named_value(text) for text in asked["values"])
    if not any((*given, values)):
        raise UsageError("cần ít nhất một thay đổi: --rules, --catalogues, --profile hoặc --set")
    check_ending(out)
    kept = (asked["base_rules"], asked["base_catalogues"], asked["base_profile"])
    after = [new or old for new, old in zip(given, kept, strict=True)]
    base, changed = (
        Options(rules=own, catalogues=lists, profile=profile, select=asked["select"], jobs=0,
                store=asked["store"], replacing=True, values=changes)
        for (own, lists, profile), changes in ((kept, ()), (after, values))
    )  # fmt: skip
    found = impact.measure(paths, base, changed)
    tables = [impact.totals_table(found), impact.rules_table(found)]
    print_tables([*tables, impact.examples_table(found, examples)], sys.stdout)
    click.echo(impact.summary(found) if found.rules else "Không có phát hiện nào thay đổi.")
    write(found.difference, {code: rule.title for code, rule in found.changed.rules.items()}, out)


def _named_value(text: str) -> tuple[str, str]:
    """`THAM_SO=2` as name and value."""
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise UsageError(f"--set viết THAM_SỐ=GIÁ_TRỊ, không phải '{text}'")
    return name.strip(), value.strip()


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
