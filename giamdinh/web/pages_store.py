"""The store of months: what it holds, taking a run in, the claims behind a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse

from giamdinh.growth.formspec import class_names
from giamdinh.growth.periods import month_vi
from giamdinh.web import store_claims
from giamdinh.web.claim_tables import masked
from giamdinh.web.desk import desk, session, shelf_of
from giamdinh.web.filing import Filing, Task
from giamdinh.web.forms import changing, one
from giamdinh.web.render import page
from giamdinh.web.shelf import OWN, SAMPLE
from giamdinh.web.store_filter import StoreFilter, link, shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.store.upkeep import Status
    from giamdinh.web.desk import Desk
    from giamdinh.web.forms import Form
    from giamdinh.web.shelf import Shelf
    from giamdinh.web.store_claims import StoreClaim

PAGE = 50
_RUNS = 30
_WORDS = {"khoa": "khoa", "nhom": "nhóm chi phí", "muc": "mục", "bs": "một người hành nghề"}


@dataclass(frozen=True, slots=True)
class Month:
    """A facility's month as a table row, with the address of its claims."""

    facility: str
    name: str
    claims: int
    paid: int
    link: str


@dataclass(frozen=True, slots=True)
class Line:
    """A claim as a table row, with where to look at it."""

    claim: StoreClaim
    where: str
    in_run: bool


def store(request: Request) -> Response:
    """What the store holds, month by month, and what can still be taken in."""
    here, shelf = desk(request), shelf_of(request)
    status = shelf.status() if shelf.there and not here.filer.busy else None
    runs = [run for run in here.runs.latest() if run.state == "xong" and run.kind != "mau"]
    return page(
        request,
        "kho.html",
        shelf=shelf,
        sample=here.shelves[SAMPLE].there,
        status=status,
        months=_months(shelf, status) if status else [],
        filing=here.filer.now,
        waiting=[run for run in runs if not run.kept][:_RUNS],
        whole=link(shelf.key),
    )


def _months(shelf: Shelf, status: Status) -> list[Month]:
    return [
        Month(
            one.facility,
            month_vi(one.month) if one.month else "không rõ tháng",
            one.claims,
            one.paid,
            link(shelf.key, cs=shown(one.facility), tu=one.month, den=one.month),
        )
        for one in status.months
    ]


def progress(request: Request) -> Response:
    """How far the taking in is, for the script of the page."""
    now = desk(request).filer.now
    if now is None or now.ended:
        return JSONResponse({"trang_thai": "xong"})
    told = {"trang_thai": "nap", "ho_so": now.done, "xong": now.done, "phan": now.files}
    return JSONResponse(told)


def _take_in(request: Request, form: Form) -> Response:
    """Takes the claims of a finished run into the store."""
    here = desk(request)
    run = here.runs.find(one(form, "luot"))
    if run is None or run.state != "xong" or run.kind == "mau":
        raise HTTPException(409, "Lượt này chưa xong, đã bị xóa, hoặc là dữ liệu mẫu.")
    task = Task(here.settings.store, here.runs.inbox(run.id))

    def done() -> None:
        here.runs.change(run.id, kept=True)

    if not here.filer.begin(Filing(OWN, run.label), task, done):
        raise HTTPException(409, "Kho đang nạp việc khác; đợi xong rồi bấm lại.")
    return RedirectResponse("/kho", 303)


def _sample(request: Request, form: Form) -> Response:  # noqa: ARG001 - nothing to choose
    """Makes a store of synthetic months, apart from the real one."""
    here = desk(request)
    task = Task(here.shelves[SAMPLE].path, None)
    started = here.filer.begin(Filing(SAMPLE, "kho mẫu (dữ liệu giả)"), task, lambda: None)
    if not started and not here.filer.busy:
        raise HTTPException(409, "Chưa tạo được kho mẫu; tải lại trang rồi thử lại.")
    return RedirectResponse("/kho?kho=mau", 303)


def claims(request: Request) -> Response:
    """Exactly the claims behind a number of the store, a growth or a budget report."""
    here, shelf = desk(request), _there(request)
    given = request.query_params
    wanted = StoreFilter.of(given, given.getlist("cs"))
    asked = given.get("trang", "1")
    number = max(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1, 1)  # noqa: PLR2004
    found = store_claims.find(shelf.path, wanted, (number - 1) * PAGE, PAGE)
    kept = [(name, value) for name, value in given.multi_items() if name != "trang"]
    return page(
        request,
        "kho_ho_so.html",
        shelf=shelf,
        about=_about(wanted),
        part=bool(wanted.part),
        items=wanted.part is not None and wanted.part[0] == "muc",
        found=found,
        kinds=class_names(),
        lines=_lines(here, shelf, found.claims),
        number=number,
        pages=max(math.ceil(found.count / PAGE), 1),
        base=kept,
    )


def _lines(here: Desk, shelf: Shelf, found: list[StoreClaim]) -> list[Line]:
    keys = {one.number: (one.facility, one.claim, one.amount) for one in found}
    runs = here.whereabouts.find(keys.values()) if shelf.key == OWN else {}
    made = []
    for shown_claim in found:
        at = runs.get(keys[shown_claim.number])
        tail = f"?kho={shelf.key}" if shelf.key else ""
        where = f"/luot/{at[0]}/ho-so/{at[1]}" if at else f"/kho/ho-so/{shown_claim.number}{tail}"
        made.append(Line(shown_claim, where, at is not None))
    return made


def _about(wanted: StoreFilter) -> list[str]:
    """The filter in words."""
    said = [f"cơ sở {', '.join(code or '(không ghi)' for code in wanted.cs)}"] if wanted.cs else []
    if wanted.loai:
        said.append(class_names().get(wanted.loai, wanted.loai))
    if wanted.benh is not None:
        said.append(f"nhóm bệnh {wanted.benh or '(không ghi)'}")
    months = [month_vi(month) for month in dict.fromkeys((wanted.tu, wanted.den)) if month % 100]
    if wanted.tu == wanted.den == 0:
        months = ["không rõ tháng"]
    if any(0 < month % 100 < 13 for month in (wanted.tu, wanted.den)):  # noqa: PLR2004
        said.append(f"tháng {' – '.join(months)}")
    if wanted.part:
        name, key = wanted.part
        said.append(_WORDS[name] if name == "bs" else f"{_WORDS[name]} {key or '(không ghi)'}")
    return said


def claim(request: Request) -> Response:
    """All rows that the store has of one claim."""
    here, shelf = desk(request), _there(request)
    found = store_claims.rows_of(shelf.path, int(request.path_params["so"]))
    if found is None:
        raise HTTPException(404, "Kho không còn hồ sơ này: đã được bản gửi lại thay.")
    about, tables = found
    key = about.facility, about.claim, about.amount
    at = here.whereabouts.find([key]).get(key) if shelf.key == OWN else None
    if session(request).masked:
        tables = [masked(table) for table in tables]
    values: dict[str, Any] = {"month": month_vi(about.month) if about.month else "không rõ"}
    return page(request, "kho_mot.html", shelf=shelf, claim=about, tables=tables, at=at, **values)


def _there(request: Request) -> Shelf:
    shelf = shelf_of(request)
    if not shelf.there:
        raise HTTPException(409, "Kho chưa có gì. Mở trang Kho để nạp một lượt đã kiểm.")
    return shelf


take_in, sample = changing(_take_in), changing(_sample)
