"""`sample`, `bench` and `warmup`: commands around the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from giamdinh.commands.options import PATH, command

if TYPE_CHECKING:
    from pathlib import Path


@command(
    help="Sinh dữ liệu giả (không có người thật) để thử: một tháng, hoặc một tỉnh nhiều tháng."
)
@click.argument("folder", type=PATH)
@click.option("--seed", type=int, default=1, help="Cùng số thì cùng dữ liệu (mặc định 1).")
@click.option("--month", default="2026-09", help="Tháng, dạng yyyy-mm (mặc định 2026-09).")
@click.option("--facilities", type=click.IntRange(1), default=4, help="Số cơ sở (mặc định 4).")
@click.option("--claims", type=click.IntRange(1), default=100, help="Số hồ sơ (mặc định 100).")
@click.option("--errors/--no-errors", default=False, help="Cài lỗi có chủ ý kèm đáp án.")
@click.option("--months", type=click.IntRange(1), metavar="N",
              help="Một tỉnh N tháng liền nhau, tháng cuối là --month: cùng người bệnh, cùng nhân "
                   "lực; cài sẵn lượt chồng nhau, tăng chi, vượt dự toán kèm đáp án. Kèm --errors: "
                   "--claims là số hồ sơ một tháng, tháng cuối có lỗi chỉ thấy bên các tháng "
                   "trước.")  # fmt: skip
def sample(folder: Path, months: int | None, **options: Any) -> None:  # noqa: ANN401 - click's
    """Synthetic claims with catalogues and an answer key."""
    from giamdinh.errors import UsageError
    from giamdinh.sample import generate
    from giamdinh.sample.days import month_days

    try:
        month_days(options["month"])
    except ValueError as error:
        raise UsageError(str(error)) from None
    if months is not None:
        _province(folder, months, options)
        return
    report = generate(folder, **options)
    click.echo(f"{report.claims} hồ sơ của {report.facilities} cơ sở trong {report.files} tệp, "
               f"{len(report.planted)} lỗi cài sẵn: {report.folder}")  # fmt: skip


def _province(folder: Path, months: int, options: dict[str, Any]) -> None:
    from giamdinh.sample.province import Province, Wish

    if options["errors"]:
        _history(folder, months, options)
        return
    wish = Wish(options["seed"], options["month"], months, options["facilities"], options["claims"])
    for month in Province(wish).months(folder):
        click.echo(f"{month.name}: {month.claims} hồ sơ, {len(month.planted)} phát hiện cài sẵn: "
                   f"{month.folder}")  # fmt: skip


def _history(folder: Path, months: int, options: dict[str, Any]) -> None:
    from giamdinh.errors import UsageError
    from giamdinh.sample.model import Request
    from giamdinh.sample.months import generate_months

    if months == 1:
        raise UsageError(
            "--months kèm --errors cần ít nhất 2 tháng để so tháng sau với tháng trước"
        )
    for month in generate_months(folder, Request(**options), months):
        click.echo(f"{month.name}: {month.claims} hồ sơ, {len(month.planted)} lỗi chỉ thấy "
                   f"bên các tháng trước: {month.folder}")  # fmt: skip


@command(help="Đo tốc độ trên máy này: đọc, quy tắc, giám định, khởi động, mức tăng theo cỡ.")
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
@click.option("--out", type=PATH, help="Tệp JSON ghi mọi số đo.")
def bench(sizes: str, parts: str, repeat: int, out: Path | None) -> None:
    """Measurements on synthetic data, with other libraries beside ours where they are installed."""
    from giamdinh.bench import command

    command.bench(sizes, parts, repeat, out)


@command(help="Làm sẵn bộ nhớ đệm (quy tắc, danh mục mã, mã máy) để lần chạy sau nhanh.")
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
