"""`check` and `audit`: the main job, for a few claims and for a month."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from giamdinh import console
from giamdinh.commands.options import PATH, command
from giamdinh.errors import InputError, OutputError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from giamdinh.report.model import AuditResult

FAIL_LEVELS = ("error", "warning", "info", "never")
FORMATS = ("xlsx", "none")
EXIT_FINDINGS = 1
EXIT_CRASHED_RULE = 6
WORK = ".dang_chay"
"""Folder inside the result folder for what an unfinished run needs."""


def _run_options(action: Callable[..., Any]) -> Callable[..., Any]:
    """Options shared by `check` and `audit`."""
    options = (
        click.option("--catalogues", type=PATH, help="Thư mục danh mục 01–06/DM, tra cứu thẻ, "
                     "danh sách cơ sở (.xlsx, .csv, .xml)."),
        click.option("--rules", "rule_folders", type=PATH, multiple=True,
                     help="Thư mục thẻ quy tắc riêng của cơ sở (dùng thêm)."),
        click.option("--select", multiple=True, metavar="MÃ",
                     help="Chỉ chạy quy tắc có mã bắt đầu như vậy (MNY, DOC-004…)."),
        click.option("--ignore", multiple=True, metavar="MÃ", help="Bỏ các quy tắc này."),
        click.option("--profile", type=PATH,
                     help="Tệp cấu hình .toml: chọn, tắt, đổi mức độ, đổi tham số, bỏ qua có hạn."),
        click.option("--mask", is_flag=True, help="Che họ tên, số thẻ và mã người bệnh."),
        click.option("--lang", type=click.Choice(["vi", "en"]), default="vi",
                     help="Ngôn ngữ của bản tóm tắt (mặc định vi)."),
    )  # fmt: skip
    for option in reversed(options):
        action = option(action)
    return action


@command(help="Kiểm tra vài hồ sơ trước khi gửi: từng lỗi, căn cứ và cách sửa.")
@click.argument("files", nargs=-1, required=True, type=PATH)
@_run_options
@click.option("--out", type=PATH, help="Thư mục ghi findings.jsonl, findings.parquet, run.json.")
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


@command(help="Giám định cả kỳ của nhiều cơ sở: tệp, thư mục hoặc zip.")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@_run_options
@click.option("--store", type=PATH,
              help="Kho các kỳ trước, để quy tắc so nhiều hồ sơ xét thêm.")  # fmt: skip
@click.option("--out", type=PATH, default=Path("ket_qua"),
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

    from giamdinh.masking import mask
    from giamdinh.pipeline import Options, audit

    if options.get("out") is not None:
        _prepare(options["out"])
    asked = Options(
        catalogues=options["catalogues"],
        rules=options["rule_folders"],
        select=options["select"],
        ignore=options["ignore"],
        profile=options["profile"],
        brake=pandera,
        pandera=pandera,
        name_claims=not pandera,
        jobs=options.get("jobs", 1),
        keep=options["out"] / WORK if pandera else None,
        resume=options.get("resume", False),
        extra={"mask": str(options["mask"])},
        store=options.get("store"),
    )
    result = audit(_expanded(paths), asked, progress)
    if options["mask"]:
        aside = replace(result.aside, findings=mask(result.aside.findings))
        result = replace(result, findings=mask(result.findings), aside=aside)
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
            more = (parquet_out.write_claims(result, folder), json_out.write_aside(result, folder))
            written += filter(None, more)
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
