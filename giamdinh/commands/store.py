"""`store`: months of claims kept for questions over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from giamdinh import console
from giamdinh.commands.options import EXIT_FAULTS, PATH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from giamdinh.store.add import Added

_PROBLEMS, _MONTHS = 10, 60
_STORE = click.option(
    "--store", "folder", type=PATH, required=True, help="Thư mục kho (tự tạo khi chưa có)."
)


@click.group(cls=console.Group, help="Kho hồ sơ nhiều tháng: nạp, xem, gộp, kiểm tra.")
def store() -> None:
    """Commands about a store."""


@store.command("add", help="Nạp tệp, thư mục, zip vào kho; tệp đã có thì bỏ qua, hồ sơ gửi lại "
                           "thì thay bản cũ.")  # fmt: skip
@click.argument("paths", nargs=-1, required=True, type=PATH)
@_STORE
def add(paths: tuple[Path, ...], folder: Path) -> int:
    """Idempotent: what is in the store already is left alone."""
    from giamdinh.errors import InputError, OutputError, disk_reason
    from giamdinh.store.add import add as add_to

    try:
        done = add_to(folder, paths, _progress())
    except OSError as error:
        raise OutputError(f"không ghi được vào kho '{folder}': {disk_reason(error)}; phần đã nạp "
                          "xong vẫn còn, chạy lại để nạp tiếp") from None  # fmt: skip
    for line in _told(done):
        click.echo(line)
    return InputError.exit_code if done.empty and not done.files and not done.known else 0


def _progress() -> Callable[[int, int], None] | None:
    import sys

    if not sys.stderr.isatty():
        return None
    return lambda done, all_: click.echo(f"\rĐã nạp {done}/{all_} tệp\x1b[K", err=True, nl=False)


def _told(done: Added) -> list[str]:
    from giamdinh.tables.values import number_vi

    def many(number: int) -> str:
        return number_vi(number, 0)

    files = f"Tệp mới: {many(done.files)}; đã có trong kho, bỏ qua: {many(done.known)}"
    claims = f"Hồ sơ khai báo {many(done.declared)} = đọc được {many(done.read)}"
    lines = [
        f"{files}; không đọc được: {many(done.empty)}; không phải hồ sơ: {many(done.ignored)}",
        f"{claims} + không đọc được {many(done.quarantined)}",
        f"Hồ sơ gửi lại, bản cũ bỏ: {many(done.replaced)}",
        f"Dòng dữ liệu: {many(done.rows)}",
    ]
    if done.strays:
        lines.append(f"Đã dọn {many(done.strays)} tệp dở dang của lần chạy bị ngắt trước")
    problems = [problem for problem in done.problems if problem.kind != "ho_so_thay_the"]
    lines += [f"  {problem.file}: {problem.reason}" for problem in problems[:_PROBLEMS]]
    if len(problems) > _PROBLEMS:
        lines.append(f"  … còn {many(len(problems) - _PROBLEMS)} vấn đề nữa")
    return lines


@store.command("status", help="Kho có gì: tệp, hồ sơ, tiền theo cơ sở và tháng.")
@_STORE
def status(folder: Path) -> None:
    """What is in the store."""
    from giamdinh.growth.periods import month_vi
    from giamdinh.store.upkeep import status as status_of
    from giamdinh.tables.values import number_vi

    found = status_of(folder)
    click.echo(f"Tệp đã nạp: {number_vi(found.files, 0)}; hồ sơ: {number_vi(found.claims, 0)}; "
               f"bản cũ đã thay: {number_vi(found.replaced, 0)}")  # fmt: skip
    click.echo(f"Tệp Parquet: {number_vi(found.parts, 0)}, {number_vi(found.size, 0)} byte")
    for table, rows in found.rows.items():
        click.echo(f"  {table}: {number_vi(rows, 0)} dòng")
    for month in found.months[:_MONTHS]:
        when = month_vi(month.month) if month.month else "không rõ tháng"
        click.echo(f"  {month.facility or '(không ghi)'} {when}: {number_vi(month.claims, 0)} hồ "
                   f"sơ, T_BHTT {number_vi(month.paid, 2)} đ")  # fmt: skip
    if len(found.months) > _MONTHS:
        click.echo(f"  … còn {len(found.months) - _MONTHS} cơ sở-tháng nữa")


@store.command("compact", help="Gộp các tệp nhỏ của cùng bảng, cơ sở, tháng thành một.")
@_STORE
def compact(folder: Path) -> None:
    """Fewer files, the same rows."""
    from giamdinh.store.upkeep import compact as compact_of

    before, after = compact_of(folder)
    click.echo(f"Tệp Parquet: {before} → {after}")


@store.command("verify", help="Kiểm tra số dòng, SHA-256 và hồ sơ của mọi tệp trong kho.")
@_STORE
def verify(folder: Path) -> int:
    """Counts and checksums; faults end with exit code 1."""
    from giamdinh.store.upkeep import verify as verify_of

    found = verify_of(folder)
    for fault in found.faults:
        click.echo(f"SAI: {fault}")
    if found.strays:
        click.echo(f"{found.strays} tệp dở dang không thuộc kho; lần nạp sau sẽ dọn")
    verdict = f"{len(found.faults)} lỗi" if found.faults else "ĐÚNG"
    click.echo(f"{found.parts} tệp, {found.rows} dòng, {found.claims} hồ sơ: {verdict}")
    return EXIT_FAULTS if found.faults else 0
