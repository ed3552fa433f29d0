"""`growth`: what grew, by how much and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from giamdinh.commands.options import PATH, command

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_MONTH = click.DateTime(["%Y-%m"])


@command(help="Chi tăng ở đâu, mức nào, vì sao: so cùng kỳ năm trước, tháng trước, cơ sở cùng cấp.")
@click.option("--store", "folder", type=PATH, required=True, help="Thư mục kho.")
@click.option("--from", "first", type=_MONTH, metavar="THÁNG",
              help="Tháng đầu của kỳ, dạng yyyy-mm (mặc định tháng cuối trong kho).")  # fmt: skip
@click.option("--to", "last", type=_MONTH, metavar="THÁNG", help="Tháng cuối của kỳ.")
@click.option("--policy-date", type=click.DateTime(["%Y-%m-%d"]), metavar="NGÀY",
              help="So thêm trước và sau ngày này, dạng yyyy-mm-dd.")  # fmt: skip
@click.option("--catalogues", type=PATH,
              help="Thư mục có danh sách cơ sở (CAP_CMKT, LOAI_HINH) để so cùng cấp.")  # fmt: skip
@click.option("--out", type=PATH, required=True,
              help="Thư mục ghi growth.json, growth.xlsx, growth.html.")  # fmt: skip
def growth(folder: Path, catalogues: Path | None, out: Path, **asked: datetime | None) -> None:
    """The three files, and the findings on screen."""
    from datetime import datetime

    from giamdinh.catalogues import load_catalogues
    from giamdinh.commands.options import result_folder
    from giamdinh.growth import outputs
    from giamdinh.growth.analyse import build_report
    from giamdinh.growth.peers import kinds_of

    policy = asked["policy_date"]
    report = build_report(
        folder,
        _period(asked["first"], asked["last"]),
        datetime.now().astimezone(),
        kinds_of(load_catalogues(catalogues)) if catalogues else {},
        policy.date() if policy else None,
    )
    with result_folder(out):
        written = outputs.write(report, out)
    outputs.print_report(report, written)


def _period(first: datetime | None, last: datetime | None) -> tuple[int, int] | None:
    """First and last month as yyyymm; one alone is the whole period."""
    start, end = first or last, last or first
    if start is None or end is None:
        return None
    return start.year * 100 + start.month, end.year * 100 + end.month
