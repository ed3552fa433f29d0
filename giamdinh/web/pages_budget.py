"""Budgets: two tables brought in, the report of the `budget` command shown."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse

from giamdinh.report.grid import shown
from giamdinh.web.desk import desk, session
from giamdinh.web.forms import changing
from giamdinh.web.render import page
from giamdinh.web.uploads import UploadError, receive

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.budget.model import BudgetReport
    from giamdinh.web.forms import Form
    from giamdinh.web.uploads import Received

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_ENDINGS = (".xlsx", ".xls", ".csv")
_TABLES = {"du_toan": "dự toán", "chi": "chi"}
_YEARS = range(2015, 2100)
_APART = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox "
    "allow-scripts allow-modals"
)
"""The report with charts carries its own style and script, so it may reach nothing of the page."""


def budgets(request: Request) -> Response:
    """Where the tables are brought in, and the reports so far."""
    folder = _folder(request)
    found = sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []
    made = [{"id": path.name, **_told(path)} for path in found if (path / "bao_cao.json").exists()]
    this_year = datetime.now().astimezone().year
    return page(request, "du_toan.html", reports=made, year=this_year)


async def take(request: Request) -> Response:
    """Takes both tables and makes the report; what is wrong with a table is said at once."""
    here = desk(request)
    now = datetime.now().astimezone()
    made = _folder(request) / f"{now:%Y%m%d-%H%M%S}-{token_hex(4)}"
    made.mkdir(mode=0o700, parents=True)
    try:
        got = await receive(request, made, _ENDINGS, here.settings.bounds, session(request).csrf)
        told = {**_asked(got), "made": now.isoformat("T", "seconds")}
        await run_in_threadpool(_write, made, told)
    except BaseException:
        await run_in_threadpool(shutil.rmtree, made, ignore_errors=True)
        raise
    return RedirectResponse(f"/du-toan/{made.name}", 303)


def _asked(got: Received) -> dict[str, Any]:
    """The year and both tables.

    Raises:
        UploadError: one of them is missing.
    """
    named = {field: name for name, field in got.inputs.items()}
    for field, words in _TABLES.items():
        if field not in named:
            raise UploadError(f"Chưa chọn bảng {words} (.xlsx hoặc .csv).")
    text = got.fields.get("nam", "").strip()
    if not (text.isascii() and text.isdigit() and int(text) in _YEARS):
        raise UploadError("Năm báo cáo phải là số năm, ví dụ 2026.")
    return {"year": int(text), **named}


def budget(request: Request) -> Response:
    """One report: what it concludes, its tables, charts and the workbook."""
    from giamdinh.budget import tables
    from giamdinh.budget.words import conclusions

    path = _one(request)
    told = _told(path)
    report = _report(path, told)
    said = [line for group in tables.everyone(report) for line in conclusions(report, group)]
    return page(
        request,
        "du_toan_mot.html",
        id=path.name,
        told=told,
        said=said,
        counted=[f"{counts.file}: {tables.counted(counts)}" for counts in report.counts],
        notices=[str(notice) for notice in report.notices if notice.kind != "info"],
        sheets=[_plain(sheet) for sheet in tables.sheets(report)],
        shown=shown,
    )


def charts(request: Request) -> Response:
    """The report with charts, kept apart from the page's own rights."""
    file = _one(request) / "budget.html"
    return FileResponse(file, headers={"Content-Security-Policy": _APART})


def workbook(request: Request) -> Response:
    """The workbook of the command line."""
    path = _one(request)
    return FileResponse(path / "budget.xlsx", filename=f"DU_TOAN_{_told(path)['year']}.xlsx")


def _remove(request: Request, form: Form) -> Response:  # noqa: ARG001
    shutil.rmtree(_one(request), ignore_errors=True)
    return RedirectResponse("/du-toan", 303)


def _write(folder: Path, told: dict[str, Any]) -> None:
    from giamdinh.budget import outputs

    outputs.write(_report(folder, told), folder)
    (folder / "bao_cao.json").write_text(json.dumps(told), encoding="utf-8")


def _report(folder: Path, told: dict[str, Any]) -> BudgetReport:
    from giamdinh.budget.allocations import read_allocations
    from giamdinh.budget.analyse import build_report
    from giamdinh.budget.spending import read_spending

    started = datetime.fromisoformat(told["made"])
    spent = read_spending(folder / told["chi"], told["year"])
    allocated = read_allocations(folder / told["du_toan"], told["year"], started.date())
    return build_report(spent, allocated, told["year"], started)


def _plain(sheet: Any) -> dict[str, Any]:  # noqa: ANN401 - a sheet, whose rows are read once
    return {"name": sheet.name, "columns": sheet.columns, "rows": list(sheet.rows)}


def _folder(request: Request) -> Path:
    return desk(request).settings.data / "du_toan"


def _one(request: Request) -> Path:
    name = request.path_params["ma"]
    path: Path = _folder(request) / name
    if not _ID.fullmatch(name) or not (path / "bao_cao.json").exists():
        raise HTTPException(404, "Không có báo cáo dự toán này; có thể đã bị xóa.")
    return path


def _told(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((path / "bao_cao.json").read_text(encoding="utf-8"))
    return told


remove = changing(_remove)
