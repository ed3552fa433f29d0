"""Growth: which facility spends more than last year, what drives it, down to the claims."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse

from giamdinh.errors import GiamdinhError
from giamdinh.growth.model import DIMENSIONS, LEVELS
from giamdinh.growth.periods import month_vi
from giamdinh.report.grid import shown as cell_text
from giamdinh.web import pictures
from giamdinh.web.desk import desk, session, shelf_of
from giamdinh.web.render import page, query
from giamdinh.web.rulebook import stamp
from giamdinh.web.shelf import OWN, SAMPLE
from giamdinh.web.store_filter import link, mark, shown
from giamdinh.web.uploads import receive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.growth.model import Change, Dimension, Finding, GrowthReport
    from giamdinh.growth.periods import Period
    from giamdinh.report.grid import Column
    from giamdinh.web.desk import Desk
    from giamdinh.web.shelf import Shelf

_MONTH = re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])")
_ROWS, _FEW = 60, 20
_CARDS, _TABLES = "nguoi_tham_gia", (".xlsx", ".xls", ".csv")
_BY: dict[Dimension, str] = {
    "loai": "loai",
    "benh": "benh",
    "khoa": "khoa",
    "nhom": "nhom",
    "muc": "muc",
    "bac_si": "bs",
}
"""How an address names a dimension."""


@dataclass(frozen=True, slots=True)
class Line:
    """A change as a table row, with the addresses of the claims of both periods."""

    change: Change
    name: str
    now: str
    before: str


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with the address of what it is about."""

    finding: Finding
    where: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A growth report and how its address was written."""

    report: GrowthReport
    shelf: Shelf
    query: dict[str, str]


def growth(request: Request) -> Response:
    """The report on a period; without a store, what to do to get one."""
    here, shelf = desk(request), shelf_of(request)
    busy = here.filer.busy and here.filer.now is not None and here.filer.now.key == shelf.key
    values: dict[str, Any] = {"shelf": shelf, "busy": busy, "asked": None, "fault": "",
                              "sample": here.shelves[SAMPLE].there, "months": [],
                              "cards": _cards_file(here)}  # fmt: skip
    given = {name: request.query_params.get(name, "") for name in ("tu", "den", "chinh_sach")}
    if shelf.there and not busy:
        try:
            values["months"] = _months(shelf)
            values["asked"] = asked = _asked(request)
            values |= _overview(asked)
            given |= {"tu": str(asked.report.period.first), "den": str(asked.report.period.last)}
        except GiamdinhError as error:
            values["fault"] = str(error)
    return page(request, "tang_truong.html", given=given, **values)


def _overview(asked: Asked) -> dict[str, Any]:
    report = asked.report
    total = sum(change.total.cost for change in report.changes["co_so"])
    before = sum(change.total.before_cost for change in report.changes["co_so"])
    return {
        "total": total,
        "before": before,
        "rise": (total - before) * 100 / before if before else None,
        "now_link": _claims(asked, report.period),
        "before_link": _claims(asked, report.before),
        "levels": [(LEVELS[i], sum(f.level == i for f in report.findings)) for i in (3, 2, 1)],
        "found": [Told(one, _about(asked, one)) for one in report.findings[:_ROWS]],
        "lines": _lines(asked, report.changes["co_so"]),
        "policy": [*(report.policy[3] if report.policy else ())],
        "level_names": LEVELS,
    }


def facility(request: Request) -> Response:
    """One facility: months, groups, what made it spend more, by every dimension."""
    asked = _asked(request)
    code = request.query_params.get("cs", "")
    whole = next((one for one in asked.report.changes["co_so"] if one.facility == code), None)
    if whole is None:
        raise HTTPException(404, "Kho không có cơ sở này trong kỳ đang xem.")
    blocks = []
    for dimension, title in DIMENSIONS.items():
        own = [one for one in asked.report.changes[dimension] if one.facility == code]
        if dimension != "co_so" and own:
            blocks.append((dimension, title, _lines(asked, own[:_FEW]), len(own)))
    return page(
        request,
        "tang_truong_co_so.html",
        asked=asked,
        shelf=asked.shelf,
        facility=code,
        whole=_lines(asked, [whole])[0],
        blocks=blocks,
        level_names=LEVELS,
        own=[one for one in asked.report.own_months if one.facility == code],
        peers=[one for one in asked.report.peers if one.facility == code],
        sheets=_beside(asked.report, code),
        cell=cell_text,
    )


def _beside(report: GrowthReport, code: str) -> list[tuple[str, tuple[Column, ...], list[Any]]]:
    """A facility's structure and insured persons: title, columns, rows."""
    from giamdinh.growth import tables_more as more

    sheets = (
        ("Cơ cấu", more.ratios(report, code)),
        ("Bình quân một thẻ", more.cards(report, code)),
    )
    drawn = [(title, sheet.columns[1:], [row[1:] for row in sheet.rows]) for title, sheet in sheets]
    return [one for one in drawn if one[2]]


def chart(request: Request) -> Response:
    """A chart of the report, or of one facility of it."""
    report, name = _asked(request).report, request.path_params["ten"]
    code = request.query_params.get("cs", "")
    if name in pictures.OF_ALL:
        return pictures.picture(pictures.OF_ALL[name](report))
    if name in pictures.OF_ONE and code in report.series:
        return pictures.picture(pictures.OF_ONE[name](report, code))
    raise HTTPException(404, "Không có biểu đồ này.")


def workbook(request: Request) -> Response:
    """The workbook of the command line."""
    from giamdinh.growth import tables
    from giamdinh.report.workbook import write_sheets

    report = _asked(request).report
    folder = Path(tempfile.mkdtemp(prefix="excel-", dir=desk(request).settings.data))
    sheets = [(sheet.name, sheet) for sheet in tables.sheets(report)]
    path = write_sheets(folder / "growth.xlsx", f"Tăng trưởng chi {report.period}", sheets)
    name = f"TANG_TRUONG_{report.period.first}_{report.period.last}.xlsx"
    cleaned = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(path, filename=name, background=cleaned)


def _asked(request: Request) -> Asked:
    """The report of the address, worked out once for as long as the store does not change.

    Raises:
        GiamdinhError: there is no store, it is being written to, or the period has no claims.
    """
    from giamdinh.catalogues import load_catalogues
    from giamdinh.growth.analyse import build_report
    from giamdinh.growth.peers import kinds_of

    here, shelf = desk(request), shelf_of(request)
    if not shelf.there:
        raise HTTPException(409, "Kho chưa có gì. Mở trang Kho để nạp một lượt đã kiểm.")
    period, policy = _period(request), _day(request)
    lists = here.settings.catalogues

    cards = _cards_file(here) if shelf.key == OWN else None

    def make() -> GrowthReport:
        kinds = kinds_of(load_catalogues(lists)) if lists.is_dir() else {}
        made = build_report(shelf.path, period, datetime.now().astimezone(), kinds, policy)
        if cards is not None:
            _add_cards(made, cards)
        return made

    looked = stamp([lists, *([cards] if cards else [])])
    report = shelf.kept(("tang_truong", period, policy, looked), make)
    chosen = {"kho": shelf.key, "tu": str(report.period.first), "den": str(report.period.last),
              "chinh_sach": policy.isoformat() if policy else ""}  # fmt: skip
    return Asked(report, shelf, {name: value for name, value in chosen.items() if value})


def _add_cards(report: GrowthReport, file: Path) -> None:
    """Insured persons by the end of the period's quarter, and a year earlier."""
    from giamdinh.budget.enrolment import read_enrolment
    from giamdinh.growth.cards import add_cards

    year, month = divmod(report.period.last, 100)
    quarter = (month - 1) // 3 + 1
    table = read_enrolment(file, year)
    codes = {change.facility for change in report.changes["co_so"]}
    held = {code: tuple(table.at(code, when, quarter) for when in (year, year - 1))
            for code in codes}  # fmt: skip
    add_cards(report, cast("Any", held))
    report.notes += [str(notice) for notice in table.notices]


def _cards_file(here: Desk) -> Path | None:
    """The table of insured persons that was brought in for growth."""
    folder = here.settings.data / _CARDS
    return next((path for path in sorted(folder.glob("*")) if path.is_file()), None)


async def take_cards(request: Request) -> Response:
    """Takes the table of insured persons, in place of the one before; no file takes it away."""
    here = desk(request)
    folder, inbox = here.settings.data / _CARDS, here.settings.data / f"{_CARDS}_moi"
    inbox.mkdir(mode=0o700, exist_ok=True)
    try:
        bounds = replace(here.settings.bounds, files=1)
        got = await receive(request, inbox, _TABLES, bounds, session(request).csrf)
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)
        if got.files:
            inbox.rename(folder)
    finally:
        await run_in_threadpool(shutil.rmtree, inbox, ignore_errors=True)
    return RedirectResponse("/tang-truong", 303)


def _period(request: Request) -> tuple[int, int] | None:
    first, last = (
        int(text) if _MONTH.fullmatch(text := request.query_params.get(name, "")) else None
        for name in ("tu", "den")
    )
    start, end = first or last, last or first
    return (start, end) if start is not None and end is not None else None


def _day(request: Request) -> date | None:
    try:
        return date.fromisoformat(request.query_params.get("chinh_sach", ""))
    except ValueError:
        return None


def _months(shelf: Shelf) -> list[tuple[int, str]]:
    """Months of the store, newest first."""
    held = shelf.sums().months
    months = sorted((year * 100 + month for year in held for month in held[year]), reverse=True)
    return [(month, month_vi(month)) for month in months]


def _lines(asked: Asked, changes: Sequence[Change]) -> list[Line]:
    report = asked.report
    return [
        Line(
            one,
            one.key.partition("/")[2] if one.dimension == "muc" else one.key,
            _claims(asked, report.period, one.facility, (one.dimension, one.key)),
            _claims(asked, report.before, one.facility, (one.dimension, one.key)),
        )
        for one in changes
    ]


def _claims(
    asked: Asked, period: Period, facility: str | None = None, part: tuple[str, str] | None = None
) -> str:
    """The address of exactly the claims behind a number of the report."""
    given: dict[str, object] = {}
    if facility is not None:
        given["cs"] = shown(facility)
    for dimension, name in _BY.items():
        if part is not None and part[0] == dimension:
            given[name] = mark(part[1]) if name == "bs" else shown(part[1])
    return link(asked.shelf.key, **given, tu=period.first, den=period.last)


def _about(asked: Asked, finding: Finding) -> str:
    if finding.dimension in DIMENSIONS:
        part = finding.dimension, finding.key
        return _claims(asked, asked.report.period, finding.facility, part)
    return f"/tang-truong/co-so{query({**asked.query, 'cs': finding.facility})}"
