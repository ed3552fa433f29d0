"""Budgets: tables brought in or claims of the store, the report of `budget`, and what is in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse

from giamdinh.budget.model import TOTAL
from giamdinh.report.grid import shown
from giamdinh.web import budget_cuts, budget_sample, pictures
from giamdinh.web.desk import desk, session, shelf_of
from giamdinh.web.forms import changing
from giamdinh.web.render import page
from giamdinh.web.shelf import OWN, SAMPLE
from giamdinh.web.uploads import UploadError, receive

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.budget.model import BudgetReport, Group
    from giamdinh.report.grid import Cell, Column
    from giamdinh.web.budgets import Made
    from giamdinh.web.desk import Desk
    from giamdinh.web.forms import Form
    from giamdinh.web.uploads import Received

_TABLES = ("du_toan", "chi", "the", "co_so")
_ENDINGS = (".xlsx", ".xls", ".csv")
_TITLES = {
    "DuToan": "Dự toán và chi của từng nhóm",
    "NguyenNhan": "Nguyên nhân chi thay đổi",
    "TheoCoSo": "Từng cơ sở",
    "TheoLoai": "Theo loại khám chữa bệnh",
    "TheoThang": "Theo tháng",
    "DuBao": "Dự báo, khoảng thấp và cao",
    "ThuDuBao": "Thử lại dự báo trên số đã biết",
    "DoiSoat": "Đối soát tổng khai báo",
    "QuyetDinh": "Quyết định giao dự toán",
    "NguoiThamGia": "Người tham gia BHYT",
    "BinhQuanThe": "Bình quân một thẻ",
    "GhiChu": "Dòng đã đọc, dòng bị loại, ghi chú",
}
_YEARS = range(2015, 2100)
_ROWS, _RUNS = 500, 30
_APART = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox "
    "allow-scripts allow-modals"
)
"""The report with charts carries its own style and script, so it may reach nothing of the page."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report without empty columns.

    Attributes:
        rows: cells with the address of what they add up, "" for none.
        count: rows of the whole table.
    """

    name: str
    title: str
    columns: list[Column]
    rows: list[list[tuple[Cell, str]]]
    count: int


def budgets(request: Request) -> Response:
    """Where the tables are brought in, and the reports so far."""
    here, shelf = desk(request), shelf_of(request)
    sums = shelf.sums() if shelf.there and not here.filer.busy else None
    this_year = datetime.now().astimezone().year
    runs = [run for run in here.runs.latest() if run.state == "xong" and run.kind != "mau"]
    return page(
        request,
        "du_toan.html",
        shelf=shelf,
        years=sorted(sums.months, reverse=True) if sums else [],
        sample=here.shelves[SAMPLE].there,
        reports=here.budgets.latest(),
        year=max(sums.months) if sums and sums.months else this_year,
        runs=runs[:_RUNS],
    )


async def take(request: Request) -> Response:
    """Takes the tables and makes the report; what is wrong with a table is said at once."""
    here = desk(request)
    made = here.budgets.new()
    try:
        got = await receive(request, made, _ENDINGS, here.settings.bounds, session(request).csrf)
        await run_in_threadpool(here.budgets.make, made, _asked(here, got))
    except BaseException:
        await run_in_threadpool(shutil.rmtree, made, ignore_errors=True)
        raise
    return RedirectResponse(f"/du-toan/{made.name}", 303)


def _asked(here: Desk, got: Received) -> dict[str, Any]:
    """The year, the tables and what else is to be used.

    Raises:
        UploadError: something is missing.
    """
    named = {field: name for name, field in got.inputs.items() if field in _TABLES}
    if "du_toan" not in named:
        raise UploadError("Chưa chọn bảng dự toán (.xlsx hoặc .csv).")
    told: dict[str, Any] = dict(named)
    source = got.fields.get("nguon", "bang")
    if source != "bang":
        told["kho"] = key = got.fields.get("kho", OWN)
        if key not in here.shelves or not here.shelves[key].there:
            raise UploadError("Kho hồ sơ chưa có gì; nạp các lượt đã kiểm ở trang Kho trước.")
    if source == "kho":
        told.pop("chi", None)
    elif "chi" not in named:
        raise UploadError("Chưa chọn bảng chi (.xlsx hoặc .csv), hoặc chọn lấy số chi từ kho.")
    text = got.fields.get("nam", "").strip()
    if not (text.isascii() and text.isdigit() and int(text) in _YEARS):
        raise UploadError("Năm báo cáo phải là số năm, ví dụ 2026.")
    run = here.runs.find(got.fields.get("luot", ""))
    if run is not None and run.state == "xong":
        told["luot"] = run.id
    return {**told, "year": int(text)}


def _sample(request: Request, form: Form) -> Response:  # noqa: ARG001 - nothing to choose
    """A report on the synthetic months, with budgets made up for it."""
    here = desk(request)
    shelf = here.shelves[SAMPLE]
    if not shelf.there:
        raise HTTPException(409, "Chưa có kho mẫu. Bấm Tạo kho mẫu trước.")
    made = here.budgets.new()
    told = budget_sample.write(made, shelf.sums())
    here.budgets.make(made, {**told, "kho": SAMPLE})
    return RedirectResponse(f"/du-toan/{made.name}", 303)


def budget(request: Request) -> Response:
    """One report: what it concludes, charts, and tables whose numbers can be followed."""
    from giamdinh.budget import tables
    from giamdinh.budget.words import conclusions

    made = _one(request)
    report = made.report
    group = _group(report, request.query_params.get("nhom", ""))
    names = _charts(made, group)
    return page(
        request,
        "du_toan_mot.html",
        made=made,
        report=report,
        group=group,
        groups=[one.line for one in tables.everyone(report)],
        total_code=TOTAL,
        said=[line.strip() for line in conclusions(report, group) if line] if group else [],
        charts=[(name, title) for name, title in names if name in made.charts],
        counted=[f"{counts.file}: {tables.counted(counts)}" for counts in report.counts],
        notices=[str(notice) for notice in report.notices if notice.kind != "info"],
        sheets=[_table(made, sheet) for sheet in tables.sheets(report)],
        shown=shown,
    )


def _group(report: BudgetReport, code: str) -> Group | None:
    """The group in the address; else all together, or the only one there is."""
    from giamdinh.budget import tables

    groups = list(tables.everyone(report))
    named = [one for one in groups if one.line.code == code]
    return next(iter(named or groups[-1:]), None)


def _charts(made: Made, group: Group | None) -> list[tuple[str, str]]:
    """Names of charts with what they show."""
    key = group.line.code.lower() if group else ""
    months = (f"Lũy kế chi theo tháng năm {made.report.year}, năm trước, dự báo với "
              "khoảng thấp và cao, dự toán; số liệu ở bảng TheoThang và DuBao")  # fmt: skip
    return [
        (f"thang-{key}", months),
        ("du-toan", "Dự toán và đã chi của từng nhóm; số liệu ở bảng DuToan"),
        (f"vi-sao-{key}", "Vì sao chi thay đổi; số liệu ở bảng NguyenNhan"),
        (f"co-so-{key}", "Cơ sở chi nhiều nhất; số liệu ở bảng TheoCoSo"),
    ]


def _table(made: Made, sheet: Any) -> Table:  # noqa: ANN401 - a sheet, whose rows are read once
    rows = list(sheet.rows)
    found = budget_cuts.links(made, sheet, rows[:_ROWS])
    used = [i for i, column in enumerate(sheet.columns)
            if column.kind not in ("text", "wrap") or any(row[i] for row in rows)]  # fmt: skip
    drawn = [[(row[i], where[i]) for i in used] for row, where in zip(rows, found, strict=False)]
    title = _TITLES.get(sheet.name, sheet.name)
    return Table(sheet.name, title, [sheet.columns[i] for i in used], drawn, len(rows))


def cut(request: Request) -> Response:
    """What a number of the report is made of, down to rows of the table or claims of the store."""
    made = _one(request)
    found = budget_cuts.Cut.of(request.query_params, made.report.year)
    rows = found.rows(made)
    return page(
        request,
        "du_toan_chi_tiet.html",
        made=made,
        said=found.said(),
        visits=sum(row.visits for row in rows),
        cost=sum(row.cost for row in rows),
        blocks=budget_cuts.parts(made, found, rows),
        claims=found.claims(made, rows),
        rows=[] if made.shelf else rows[:_ROWS],
        count=len(rows),
    )


def chart(request: Request) -> Response:
    """A chart of the report."""
    svg = _one(request).charts.get(request.path_params["ten"])
    if svg is None:
        raise HTTPException(404, "Không có biểu đồ này.")
    return pictures.picture(svg)


def charts(request: Request) -> Response:
    """The report with charts, kept apart from the page's own rights."""
    file = _folder(request) / "budget.html"
    return FileResponse(file, headers={"Content-Security-Policy": _APART})


def workbook(request: Request) -> Response:
    """The workbook of the command line."""
    made = _one(request)
    path = _folder(request) / "budget.xlsx"
    return FileResponse(path, filename=f"DU_TOAN_{made.report.year}.xlsx")


def _remove(request: Request, form: Form) -> Response:  # noqa: ARG001
    desk(request).budgets.remove(_folder(request).name)
    return RedirectResponse("/du-toan", 303)


def _folder(request: Request) -> Path:
    path = desk(request).budgets.path(request.path_params["ma"])
    if path is None:
        raise HTTPException(404, "Không có báo cáo dự toán này; có thể đã bị xóa.")
    return path


def _one(request: Request) -> Made:
    made = desk(request).budgets.find(_folder(request).name)
    if made is None:
        raise HTTPException(404, "Không có báo cáo dự toán này; có thể đã bị xóa.")
    return made


sample, remove = changing(_sample), changing(_remove)
