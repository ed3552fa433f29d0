"""`watch`: audits whatever arrives in a folder, once."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from giamdinh.commands.audit import audit
from giamdinh.commands.options import PATH, command
from giamdinh.errors import GiamdinhError, StoppedError

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.web.folder import Folder


@command(help="Theo dõi một thư mục: tệp mới được giám định khi đã chép xong, mỗi tệp một lần.")
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="Thư mục kết quả (mặc định ket_qua trong thư mục đó).")
@click.option("--catalogues", type=PATH, help="Thư mục danh mục.")
@click.option("--rules", "rule_folders", type=PATH, multiple=True,
              help="Thư mục thẻ quy tắc riêng của cơ sở.")  # fmt: skip
@click.option("--profile", type=PATH, help="Tệp cấu hình .toml về quy tắc.")
@click.option("--seconds", type=click.FloatRange(0.1), default=5.0,
              help="Cứ bao nhiêu giây xem một lần (mặc định 5).")  # fmt: skip
@click.option("--once", is_flag=True, help="Làm hết tệp đang có rồi thôi.")
@click.pass_context
def watch(
    context: click.Context, /, folder: Path, out: Path | None, seconds: float, *, once: bool,
    **options: Any,  # noqa: ANN401 - what goes on to the audit
) -> None:  # fmt: skip
    """Looks again and again until Ctrl-C; done files go to `da_xong`, unreadable ones to `loi`.

    Files stay where they are when a rule, the profile or the disk is at fault, until that changes.
    """
    from giamdinh.web.folder import RESULTS, Folder
    from giamdinh.web.rulebook import stamp

    watched = Folder(folder)
    watched.prepare()
    out = out or folder / RESULTS
    click.echo(f"Đang theo dõi {folder}; kết quả ở {out}. Dừng: Ctrl-C")
    watched.ready()
    setup = [path for path in (*options["rule_folders"], options["profile"],
                               options["catalogues"]) if path]  # fmt: skip
    known = stamp(setup)
    while True:
        time.sleep(seconds)
        if known != (known := stamp(setup)):
            watched.again()
        ready = watched.ready()
        if not ready and once:
            return
        try:
            if ready:
                _work_on(context, watched, ready, {**options, "out": _new(out)})
        except GiamdinhError as error:
            if once:
                raise
            watched.leave(ready)
            click.echo(
                f"Lỗi: {error}\n{len(ready)} tệp vẫn ở trong thư mục; chúng được kiểm lại khi quy "
                "tắc, cấu hình hoặc danh mục đổi, hoặc khi chạy lại lệnh này.",
                err=True,
            )


def _work_on(
    context: click.Context, watched: Folder, ready: list[Path], options: dict[str, Any]
) -> None:
    """One audit; then every file of it is put away.

    Raises:
        GiamdinhError: a rule, the profile, a list or the disk is at fault; the files stay.
    """
    failed: set[Path]
    try:
        context.invoke(audit, paths=tuple(ready), **options)
        failed = watched.refused(ready, options["out"])
    except StoppedError as error:
        click.echo(f"Lỗi: {error}", err=True)
        failed = set(ready)
    _put_away(watched, ready, failed)


def _put_away(watched: Folder, paths: list[Path], failed: set[Path]) -> None:
    done = [path for path in paths if path not in failed]
    watched.put_away(done, well=True)
    watched.put_away(sorted(failed), well=False)
    click.echo(f"Xong {len(done)} tệp, {len(failed)} tệp không đọc được")


def _new(out: Path) -> Path:
    """A folder of this moment's own inside the results."""
    now = f"{datetime.now().astimezone():%Y%m%d_%H%M%S}"
    number, name = 1, now
    while (out / name).exists():
        number += 1
        name = f"{now}_{number}"
    return out / name
