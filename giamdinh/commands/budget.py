"""`budget`: what was allocated against what was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from giamdinh.commands.options import PATH, command
from giamdinh.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from giamdinh.budget.allocations import AllocationTable
    from giamdinh.budget.model import BudgetReport, Gap
    from giamdinh.budget.spending import SpendingTable


@command(help="Dự toán được giao và số đã chi: vượt bao nhiêu, vì sao, dự báo, đối soát tổng khai.")
@click.option("--spending", type=PATH,
              help="Bảng chi (.xlsx, .csv): MA_CSKCB, LOAI, NAM, SO_LUOT, T_BHTT; có thể thêm "
                   "TEN_CSKCB, NHOM, THANG. Dòng TONG là số khai để đối soát.")  # fmt: skip
@click.option("--store", "folder", type=PATH,
              help="Kho hồ sơ: lấy số chi từ hồ sơ, hoặc đối soát bảng chi với hồ sơ.")  # fmt: skip
@click.option("--facilities", type=PATH,
              help="Danh sách cơ sở (.xlsx, .csv): MA_CSKCB, TEN_CSKCB, NHOM là trung tâm quản lý; "
                   "để dự toán của trung tâm gồm các trạm.")  # fmt: skip
@click.option("--allocations", type=PATH, required=True,
              help="Bảng dự toán (.xlsx, .csv): MA_CSKCB, NAM, SO_TIEN, QUYET_DINH, "
                   "NGAY.")  # fmt: skip
@click.option("--enrolment", type=PATH,
              help="Bảng người tham gia: MA_CSKCB hoặc KHU_VUC, NAM, QUY, SO_THE, DAN_SO, "
                   "CHI_TIEU.")  # fmt: skip
@click.option("--catalogues", type=PATH,
              help="Thư mục có 03/DM, 04/DM ghi SO_LUONG, TT_THAU: số lượng thầu sắp hết (cần "
                   "--store).")  # fmt: skip
@click.option("--findings", type=PATH,
              help="Thư mục kết quả của audit: số tiền có thể thu hồi.")  # fmt: skip
@click.option("--year", type=click.IntRange(2000, 2100), required=True, help="Năm báo cáo.")
@click.option("--out", type=PATH, required=True,
              help="Thư mục ghi budget.json, budget.xlsx, budget.html.")  # fmt: skip
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="NGÀY",
              help="Dự toán có hiệu lực đến ngày này, yyyy-mm-dd (mặc định hôm nay).")  # fmt: skip
def budget(
    allocations: Path, year: int, out: Path, as_of: datetime | None, **given: Path | None
) -> None:
    """The three files, and the conclusion on screen."""
    from datetime import datetime

    from giamdinh.budget import outputs
    from giamdinh.budget.allocations import read_allocations
    from giamdinh.commands.options import result_folder

    started = datetime.now().astimezone()
    allocated = read_allocations(allocations, year, (as_of or started).date())
    report = _report(given, allocated, year, started)
    with result_folder(out):
        written = outputs.write(report, out)
    outputs.print_report(report, written)


def _report(
    given: dict[str, Path | None], allocated: AllocationTable, year: int, started: datetime
) -> BudgetReport:
    """The report with everything that was given."""
    from giamdinh.budget.analyse import add_enrolment, build_report

    spent, gaps = _spending(given, year)
    lists = []
    if given["facilities"] is not None:
        from giamdinh.budget.facilities import fill_in, read_facilities

        listed = read_facilities(given["facilities"])
        fill_in(spent, listed)
        lists.append(listed.counts)
    taken = None
    if given["findings"] is not None:
        from giamdinh.budget.takeback import taken_back

        taken = taken_back(given["findings"], year, given["folder"])
    report = build_report(spent, allocated, year, started, taken.amounts if taken else None)
    report.counts += lists
    if taken:
        report.notices += taken.notices(report.total.members if report.total else ())
    report.reconciliation += gaps
    if given["folder"] is not None:
        from giamdinh.budget.causes import add_causes

        add_causes(report, given["folder"])
    if given["catalogues"] is not None:
        _add_tenders(report, given)
    if given["enrolment"] is not None:
        from giamdinh.budget.enrolment import read_enrolment

        add_enrolment(report, read_enrolment(given["enrolment"], year))
    return report


def _add_tenders(report: BudgetReport, given: dict[str, Path | None]) -> None:
    """Tendered quantities of the lists beside what the claims used."""
    from giamdinh.budget.tenders import add_tenders
    from giamdinh.catalogues import load_catalogues

    if given["folder"] is None or given["catalogues"] is None:
        raise UsageError("--catalogues cần --store: số đã dùng lấy từ hồ sơ trong kho")
    add_tenders(report, given["folder"], load_catalogues(given["catalogues"]))


def _spending(given: dict[str, Path | None], year: int) -> tuple[SpendingTable, list[Gap]]:
    """The spending table, and how it differs from the claims when both are given."""
    from giamdinh.budget.spending import read_spending

    if given["folder"] is None:
        if given["spending"] is None:
            raise UsageError("cần --spending (bảng chi) hoặc --store (kho hồ sơ)")
        return read_spending(given["spending"], year), []
    from giamdinh.budget.claims import against_claims, as_spending, read_store

    claims = read_store(given["folder"])
    if given["spending"] is None:
        return as_spending(claims, year), []
    table = read_spending(given["spending"], year)
    table.notices += claims.notices()
    return table, against_claims(table.rows, claims, year)
