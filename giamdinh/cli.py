"""The command line: reads arguments, calls the library, turns errors into exit codes."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from giamdinh import __version__, console
from giamdinh.errors import GiamdinhError, InputError, OutputError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from giamdinh.report.model import AuditResult

FAIL_LEVELS = ("error", "warning", "info", "never")
FORMATS = ("xlsx", "none")
EXIT_FINDINGS = 1
EXIT_CRASHED_RULE = 6
EXIT_INTERRUPTED = 130
WORK = ".dang_chay"
"""Folder inside the result folder for what an unfinished run needs."""
_OBJECTS = 50_000
_PATH = click.Path(path_type=Path)


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
    gc.freeze()  # nothing is searched for cycles on the way out
    sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=console.Group, help="Giám định hồ sơ thanh toán BHYT (QĐ 130, 4750, 3176, 1931).")
@click.version_option(
    __version__, prog_name="giamdinh", message="%(prog)s %(version)s", help="Hiện phiên bản."
)
def cli() -> None:
    """The command group."""


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options shared by `check` and `audit`."""
    options = (
        click.option("--catalogues", type=_PATH, help="Thư mục danh mục 01–06/DM, tra cứu thẻ, "
                     "danh sách cơ sở (.xlsx, .csv, .xml)."),
        click.option("--rules", "rule_folders", type=_PATH, multiple=True,
                     help="Thư mục thẻ quy tắc riêng của cơ sở (dùng thêm)."),
        click.option("--select", multiple=True, metavar="MÃ",
                     help="Chỉ chạy quy tắc có mã bắt đầu như vậy (MNY, DOC-004…)."),
        click.option("--ignore", multiple=True, metavar="MÃ", help="Bỏ các quy tắc này."),
        click.option("--mask", is_flag=True, help="Che họ tên, số thẻ và mã người bệnh."),
        click.option("--lang", type=click.Choice(["vi", "en"]), default="vi",
                     help="Ngôn ngữ của bản tóm tắt (mặc định vi)."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@cli.command(help="Kiểm tra vài hồ sơ trước khi gửi: từng lỗi, căn cứ và cách sửa.")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@_run_options
@click.option("--out", type=_PATH, help="Thư mục ghi findings.jsonl, findings.parquet, run.json.")
@click.option("--fail-on", type=click.Choice(FAIL_LEVELS), default="error",
              help="Mã thoát 1 khi có phát hiện từ mức này (mặc định error).")  # fmt: skip
def check(files: tuple[Path, ...], out: Path | None, fail_on: str, **options: Any) -> int:  # noqa: ANN401
    """A gate for few claims: nothing heavy is loaded before the result is on screen."""
    from giamdinh.report import terminal

    result = _audit(files, {**options, "out": out}, pandera=False)
    terminal.print_check(result, lang=options["lang"])
    if out is not None:
        _write(result, out, formats=())
    return _exit_code(result, fail_on)


@cli.command(help="Giám định cả kỳ của nhiều cơ sở: tệp, thư mục hoặc zip.")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@_run_options
@click.option("--out", type=_PATH, default=Path("ket_qua"),
              help="Thư mục kết quả (mặc định ket_qua).")  # fmt: skip
@click.option("--format", "formats", type=click.Choice(FORMATS), multiple=True, default=("xlsx",),
              help="Báo cáo cho người đọc (mặc định xlsx).")  # fmt: skip
@click.option("--fail-on", type=click.Choice(FAIL_LEVELS), default="never",
              help="Mã thoát 1 khi có phát hiện từ mức này (mặc định never).")  # fmt: skip
@click.option("--jobs", type=console.Jobs(), default="auto", metavar="N",
              help="Số tiến trình cùng lúc; auto (mặc định): mọi nhân nếu nhiều.")  # fmt: skip
@click.option("--resume", is_flag=True,
              help="Làm tiếp lần chạy dở của cùng dữ liệu trong thư mục kết quả.")  # fmt: skip
def audit(
    paths: tuple[Path, ...],
    out: Path,
    formats: tuple[str, ...],
    fail_on: str,
    **options: Any,  # noqa: ANN401 - click's options
) -> int:
    """A month of many facilities: workbook, findings and manifest."""
    from giamdinh.report import terminal

    try:
        result = _audit(paths, {**options, "out": out}, pandera=True, progress=_progress())
    except KeyboardInterrupt:
        click.echo("\nĐã dừng theo yêu cầu; chạy lại lệnh này với --resume để làm tiếp.", err=True)
        raise
    written = _write(result, out, formats)
    terminal.print_audit(result, written, lang=options["lang"])
    return _exit_code(result, fail_on)


def _audit(
    paths: tuple[Path, ...],
    options: dict[str, Any],
    *,
    pandera: bool,
    progress: Callable[[int, int, int], None] | None = None,
) -> AuditResult:
    from dataclasses import replace

    from giamdinh.findings import mask
    from giamdinh.pipeline import Options, audit

    if options.get("out") is not None:
        _prepare(options["out"])
    asked = Options(
        catalogues=options["catalogues"],
        rules=options["rule_folders"],
        select=options["select"],
        ignore=options["ignore"],
        pandera=pandera,
        name_claims=not pandera,
        jobs=options.get("jobs", 1),
        keep=options["out"] / WORK if pandera else None,
        resume=options.get("resume", False),
        extra={"mask": str(options["mask"])},
    )
    result = audit(_expanded(paths), asked, progress)
    if options["mask"]:
        result = replace(result, findings=mask(result.findings))
    return result


def _expanded(paths: tuple[Path, ...]) -> list[Path]:
    """Paths with wildcards resolved: the shell of Windows leaves them to the program."""
    import glob

    out = []
    for path in paths:
        wild = any(mark in str(path) for mark in "*?[") and not path.exists()
        found = sorted(glob.glob(str(path), recursive=True)) if wild else []  # noqa: PTH207
        out += [Path(name) for name in found] or [path]
    return out


def _prepare(out: Path) -> None:
    """Makes the result folder and tries it before an hour of work is done."""
    import tempfile

    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        reason = disk_reason(error)
        raise OutputError(f"không ghi được vào thư mục kết quả '{out}': {reason}") from None


def _progress() -> Callable[[int, int, int], None] | None:
    if not sys.stderr.isatty():
        return None

    def show(claims: int, done: int, parts: int) -> None:
        share = f" (xong {done}/{parts} phần)" if parts > 1 else ""
        click.echo(f"\rĐã giám định {claims} hồ sơ{share}\x1b[K", err=True, nl=False)

    return show


def _write(result: AuditResult, out: Path, formats: tuple[str, ...]) -> list[Path]:
    """Writes everything beside the results of earlier runs, then puts it in their place."""
    from giamdinh.report import files, json_out, parquet_out

    try:
        with files.staging(out / WORK) as folder:
            written = [parquet_out.write(result, folder), json_out.write_findings(result, folder)]
            if "xlsx" in formats:
                from giamdinh.report import workbook

                written += workbook.write(result, folder)
            written.append(json_out.write_run(result, folder))
            return files.publish(written, out)
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else "kết quả"
        reason = disk_reason(error)
        raise OutputError(f"không ghi được {name} vào '{out}': {reason}") from None


def _exit_code(result: AuditResult, fail_on: str) -> int:
    if any(outcome.status == "error" for outcome in result.outcomes):
        return EXIT_CRASHED_RULE
    if not result.ledger.files_read:
        return InputError.exit_code
    if fail_on != "never":
        levels = FAIL_LEVELS[: FAIL_LEVELS.index(fail_on) + 1]
        if any(severity in levels for severity in result.findings.texts("severity").texts):
            return EXIT_FINDINGS
    return 0


@cli.group(help="Xem, giải thích và kiểm tra các quy tắc.")
def rules() -> None:
    """Commands about rule cards."""


_RULES_OPTION = click.option(
    "--rules", "folders", type=_PATH, multiple=True, help="Thư mục thẻ quy tắc riêng."
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
    return EXIT_FINDINGS if faults else 0


@cli.command(help="Sinh một tháng dữ liệu giả (không có người thật) để thử.")
@click.argument("folder", type=_PATH)
@click.option("--seed", type=int, default=1, help="Cùng số thì cùng dữ liệu (mặc định 1).")
@click.option("--month", default="2026-09", help="Tháng, dạng yyyy-mm (mặc định 2026-09).")
@click.option("--facilities", type=click.IntRange(1), default=4, help="Số cơ sở (mặc định 4).")
@click.option("--claims", type=click.IntRange(1), default=100, help="Số hồ sơ (mặc định 100).")
@click.option("--errors/--no-errors", default=False, help="Cài lỗi có chủ ý kèm đáp án.")
def sample(folder: Path, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Synthetic claims with catalogues and an answer key."""
    from giamdinh.sample import generate

    report = generate(folder, **options)
    click.echo(f"{report.claims} hồ sơ của {report.facilities} cơ sở trong {report.files} tệp, "
               f"{len(report.planted)} lỗi cài sẵn: {report.folder}")  # fmt: skip


@cli.command(help="Đo tốc độ trên máy này: đọc, quy tắc, giám định, khởi động, mức tăng theo cỡ.")
@click.option(
    "--sizes",
    default="1k,10k,100k",
    metavar="CỠ",
    help="Số hồ sơ, cách nhau dấu phẩy (mặc định 1k,10k,100k; 100k cần khoảng 4 GB đĩa).",
)
@click.option(
    "--parts",
    default="parse,rules,audit,check,scale",
    metavar="PHẦN",
    help="Phần cần đo (mặc định parse,rules,audit,check,scale).",
)
@click.option("--repeat", type=click.IntRange(1), default=3, help="Số vòng đo (mặc định 3).")
@click.option("--out", type=_PATH, help="Tệp JSON ghi mọi số đo.")
def bench(sizes: str, parts: str, repeat: int, out: Path | None) -> None:
    """Measurements on synthetic data, with other libraries beside ours where they are installed."""
    from giamdinh.bench import command

    command.bench(sizes, parts, repeat, out)


@cli.command(help="Làm sẵn bộ nhớ đệm (quy tắc, danh mục mã, mã máy) để lần chạy sau nhanh.")
def warmup() -> None:
    """Compiles and keeps what runs would otherwise make when they need it."""
    from giamdinh import kept
    from giamdinh.tables.values import number_vi
    from giamdinh.warmup import warm_up

    for step in warm_up():
        click.echo(f"{step.title}: {number_vi(round(step.seconds * 10), 1)} giây")
    folder = kept.cache_folder()
    if kept.writable():
        click.echo(f"Bộ nhớ đệm: {folder}")
    else:
        click.echo(f"Không ghi được vào bộ nhớ đệm {folder}: không giữ được gì, mỗi lần chạy phải "
                   "làm lại; đặt biến GIAMDINH_CACHE tới thư mục ghi được")  # fmt: skip
