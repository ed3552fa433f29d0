"""`catalogue`: the facility catalogues 01/DM–06/DM and the other lists of the folder."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from giamdinh import console
from giamdinh.commands.options import EXIT_FAULTS, PATH
from giamdinh.errors import InputError, OutputError, UsageError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from giamdinh.catalogues import CatalogueProblem, Catalogues, CatalogueStatus

_SHOWN = 20
_FOLDER = click.argument("folder", type=PATH)


@click.group(cls=console.Group, help="Danh mục của cơ sở: nhập, xem tình trạng, soát, lấy mẫu.")
def catalogue() -> None:
    """Commands about catalogues."""


@catalogue.command("status", help="Thư mục có những danh mục nào, của cơ sở nào, hiệu lực từ đâu.")
@_FOLDER
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Xét hiệu lực tại ngày này (mặc "
              "định hôm nay), dạng yyyy-mm-dd.")  # fmt: skip
def catalogue_status(folder: Path, day: date | None) -> int:
    """One line per list and facility; lists with nothing in force are marked."""
    from giamdinh.catalogues import load_catalogues
    from giamdinh.catalogues.lists import list_specs

    found = load_catalogues(folder)
    on = date(day.year, day.month, day.day) if day else date.today()  # noqa: DTZ011 - local day
    for status in found.statuses:
        click.echo(_status_line(status, on))
    have = {status.kind for status in found.statuses}
    missing = [f"{s.form} {s.title}".strip() for s in list_specs().values() if s.kind not in have]
    if missing:
        click.echo("Chưa có (quy tắc cần tới sẽ không kiểm được): " + "; ".join(missing))
    for text in _columns_not_there(found):
        click.echo(text)
    _say_problems(found.problems)
    return 0 if found.statuses else InputError.exit_code


@catalogue.command(
    "check", help="Soát danh mục: dòng hỏng, trùng, ngược ngày, lẫn cơ sở, bị từ chối."
)
@_FOLDER
def catalogue_check(folder: Path) -> int:
    """The same faults that CAT-017, 018, 019 and 049 report in an audit."""
    from giamdinh.catalogues import load_catalogues
    from giamdinh.catalogues.faults import list_faults

    found = load_catalogues(folder)
    faults = list_faults(found)
    for fault in faults:
        click.echo(f"{fault.file}: {fault.reason}")
    _say_problems(found.problems)
    rows = sum(status.rows for status in found.statuses)
    click.echo(f"{rows} dòng danh mục, {len(faults)} chỗ sai, {len(found.problems)} dòng hoặc tệp "
               "không đọc được")  # fmt: skip
    return EXIT_FAULTS if faults or found.problems else 0


@catalogue.command("template", help="Ghi mẫu Excel trống của các danh mục để điền.")
@click.argument("kinds", nargs=-1)
@click.option("--out", type=PATH, required=True, help="Thư mục ghi mẫu.")
def catalogue_template(kinds: tuple[str, ...], out: Path) -> None:
    """One workbook per kind of list; all kinds when none is named."""
    from giamdinh.catalogues.forms import write_template
    from giamdinh.catalogues.lists import list_specs

    known = {name: kind for kind, s in list_specs().items() for name in (kind, s.form) if name}
    for name in kinds:
        if name not in known:
            raise UsageError(f"không có danh mục '{name}'; các danh mục: {', '.join(known)}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind in dict.fromkeys(known[name] for name in kinds or known):
            path = out / f"mau_{list_specs()[kind].form[:2]}_{kind}.xlsx".replace("__", "_")
            write_template(kind, path)
            click.echo(str(path))
    except OSError as error:
        raise OutputError(f"không ghi được vào '{out}': {disk_reason(error)}") from None


@catalogue.command(
    "import", help="Đưa danh mục mới vào thư mục danh mục: thêm dòng mới, đóng dòng cũ."
)
@click.argument("sources", nargs=-1, required=True, type=PATH)
@click.option("--into", "folder", type=PATH, required=True, help="Thư mục danh mục.")
def catalogue_import(sources: tuple[Path, ...], folder: Path) -> int:
    """Adds rows, closes the rows they replace, and accounts for every row read."""
    from giamdinh.catalogues import load_catalogues
    from giamdinh.catalogues.merge import import_lists

    for source in sources:
        if not source.exists():
            raise InputError(f"không có tệp hoặc thư mục: {source}")
    try:
        done, problems = import_lists(sources, folder)
    except OSError as error:
        raise OutputError(f"không ghi được vào '{folder}': {disk_reason(error)}") from None
    for text in _columns_not_there(load_catalogues(folder)) if done else ():
        click.echo(text)
    for one in done:
        click.echo(
            f"{one.path}: đọc {one.read} dòng = {one.added} thêm + {one.changed} thay "
            f"+ {one.same} đã có + {one.unreadable} không đọc được ngày; đóng {one.closed} dòng cũ"
        )
    _say_problems(problems)
    if not done:
        raise InputError("không có dòng danh mục nào để nhập")
    return EXIT_FAULTS if problems else 0


def _status_line(status: CatalogueStatus, on: date) -> str:
    first = f"từ {status.first:%d/%m/%Y}" if status.first else "không ghi ngày bắt đầu"
    last = f"đến {status.through:%d/%m/%Y}" if status.through else "còn mở"
    mark = ""
    if status.through and status.through < on:
        mark = " · ĐÃ HẾT HIỆU LỰC"
    elif status.first and status.first > on:
        mark = " · CHƯA CÓ HIỆU LỰC"
    refused = f", {status.refused} dòng bị từ chối" if status.refused else ""
    whose = status.facility or "mọi cơ sở"
    rows = f"{status.rows} dòng{refused}"
    return f"{status.title} · {whose} · {rows} · {first}, {last}{mark} · {status.file}"


def _columns_not_there(found: Catalogues) -> Iterator[str]:
    """Columns that rules would read if the lists had them."""
    from giamdinh.catalogues.lists import list_specs

    for kind, table in found.tables.items():
        spec = list_specs().get(kind)
        wanted = spec.useful if spec else ()
        missing = [name for name in wanted if not any(table.columns.get(name, ()))]
        if spec and missing:
            titles = ", ".join(f"{spec.by_name[name].title} ({name})" for name in missing)
            yield f"{spec.title}: không thấy cột {titles}; dùng ghi chú kèm chương trình"


def _say_problems(problems: Iterable[CatalogueProblem]) -> None:
    found = list(problems)
    for problem in found[:_SHOWN]:
        place = f", dòng {problem.row}" if problem.row else ""
        click.echo(f"Không đọc được: {problem.file}{place}: {problem.reason}")
    if len(found) > _SHOWN:
        click.echo(f"… và {len(found) - _SHOWN} chỗ khác")
