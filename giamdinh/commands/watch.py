"""`watch`: audits whatever arrives in a folder, once."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

import click

from giamdinh.commands.audit import audit
from giamdinh.commands.options import PATH, command
from giamdinh.errors import InputError, StoppedError

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.web.folder import Folder


@command(help="Theo dõi một thư mục: tệp mới được giám định khi đã chép xong, mỗi tệp một lần.")
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="Thư mục kết quả (mặc định ket_qua trong thư mục đó).")
@click.option("--catalogues", type=PATH, help="Thư mục danh mục.")
@click.option("--rules", "rule_folders", type=PATH, multiple=True,
              help="Thư mục thẻ quy tắc riêng của cơ sở.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0.1), default=5.0,
              help="Cứ bao nhiêu giây xem một lần (mặc định 5).")  # fmt: skip
@click.option("--once", is_flag=True, help="Làm hết tệp đang có rồi thôi.")
@click.pass_context
def watch(  # noqa: PLR0913, PLR0917 - the options of the command
    context: click.Context,
    folder: Path,
    out: Path | None,
    catalogues: Path | None,
    rule_folders: tuple[Path, ...],
    seconds: float,
    *,
    once: bool,
) -> None:
    """Looks again and again until Ctrl-C; done files go to `da_xong`, unreadable ones to `loi`."""
    from giamdinh.web.folder import RESULTS, Folder

    watched = Folder(folder)
    watched.prepare()
    out = out or folder / RESULTS
    click.echo(f"Đang theo dõi {folder}; kết quả ở {out}. Dừng: Ctrl-C")
    watched.ready()
    while True:
        time.sleep(seconds)
        ready = watched.ready()
        if ready:
            target = _new(out)
            failed: set[Path]
            try:
                context.invoke(
                    audit, paths=tuple(ready), out=target, catalogues=catalogues,
                    rule_folders=rule_folders,
                )  # fmt: skip
                failed = watched.refused(ready, target)
            except (InputError, StoppedError) as error:
                click.echo(f"Lỗi: {error}", err=True)
                failed = set(ready)
            _put_away(watched, ready, failed)
        elif once:
            return


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
