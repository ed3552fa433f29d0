"""`growth`: what grew, by how much and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from giamdinh.commands.options import PATH, command

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from giamdinh.growth.model import GrowthReport

_MONTH = click.DateTime(["%Y-%m"])


@command(help="Chi tăng ở đâu, mức nào, vì sao: so cùng kỳ năm trước, tháng trước, cơ sở cùng cấp.")
@click.option("--store", "folder", type=PATH, required=True, help="Thư mục kho.")
@click.option("--from", "first", type=_MONTH, metavar="THÁNG",
              help="Tháng đầu của kỳ, dạng yyyy-mm (mặc định tháng cuối trong kho).")  # fmt: skip
@click.option("--to", "last", type=_MONTH, metavar="THÁNG", help="Tháng cuối của kỳ.")
@click.option("--policy-date", type=click.DateTime(["%Y-%m-%d"]), metavar="NGÀY",
              help="So thêm trước và sau ngày này, dạng yyyy-mm-dd.")  # fmt: skip
@click.option("--catalogues", type=PATH,
              help="Thư mục có danh sách cơ sở (CAP_CMKT, LOAI_HINH) để so cùng cấp, 05/DM để "
                   "biết loại phẫu thuật.")  # fmt: skip
@click.option("--profile", type=PATH,
              help="Tệp cấu hình (.toml) đặt lại ngưỡng của ba mức, cỡ mẫu.")  # fmt: skip
@click.option("--enrolment", type=PATH,
              help="Bảng người tham gia (MA_CSKCB, NAM, QUY, SO_THE): lượt và chi một "
                   "thẻ.")  # fmt: skip
@click.option("--out", type=PATH, required=True,
              help="Thư mục ghi growth.json, growth.xlsx, growth.html.")  # fmt: skip
def growth(folder: Path, out: Path, **given: Any) -> None:  # noqa: ANN401 - paths and months
    """The three files, and the findings on screen."""
    from giamdinh.commands.options import result_folder
    from giamdinh.growth import outputs

    report = _report(folder, given)
    if given["enrolment"] is not None:
        _add_cards(report, given["enrolment"])
    with result_folder(out):
        written = outputs.write(report, out)
    outputs.print_report(report, written)


def _report(folder: Path, given: dict[str, Any]) -> GrowthReport:
    from datetime import datetime

    from giamdinh.catalogues import load_catalogues
    from giamdinh.growth.analyse import Norms, report_with
    from giamdinh.growth.grades import Grades
    from giamdinh.growth.peers import kinds_of

    lists, policy = given["catalogues"], given["policy_date"]
    limits, notes = _thresholds(given["profile"])
    known = load_catalogues(lists) if lists else None
    norms = Norms(
        kinds_of(known) if known else {},
        policy.date() if policy else None,
        limits,
        Grades(known),
    )
    period = _period(given["first"], given["last"])
    report = report_with(folder, period, datetime.now().astimezone(), norms)
    report.notes += notes
    return report


def _thresholds(profile: Path | None) -> tuple[dict[str, float], list[str]]:
    """Thresholds of a profile, and who set them."""
    if profile is None:
        return {}, []
    from giamdinh.growth.thresholds import changed
    from giamdinh.profiles.load import load_profile
    from giamdinh.rules.cards import load_rules

    return changed(load_profile(profile, load_rules()))


def _add_cards(report: GrowthReport, enrolment: Path) -> None:
    """Insured persons by the end of the period's quarter, and a year earlier."""
    from giamdinh.budget.enrolment import read_enrolment
    from giamdinh.growth.cards import add_cards

    year, month = divmod(report.period.last, 100)
    quarter = (month + 2) // 3
    table = read_enrolment(enrolment, year)
    codes = {change.facility for change in report.changes["co_so"]}
    add_cards(
        report,
        {
            code: (table.at(code, year, quarter), table.at(code, year - 1, quarter))
            for code in codes
        },
    )
    report.notes += [str(notice) for notice in table.notices]


def _period(first: datetime | None, last: datetime | None) -> tuple[int, int] | None:
    """First and last month as yyyymm; one alone is the whole period."""
    start, end = first or last, last or first
    if start is None or end is None:
        return None
    return start.year * 100 + start.month, end.year * 100 + end.month
