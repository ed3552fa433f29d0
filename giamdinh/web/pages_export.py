"""The workbook out, and decisions from it back in."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from giamdinh.web.desk import desk, session, view_of
from giamdinh.web.exports import WorkbookError, decisions_in, workbook
from giamdinh.web.render import page
from giamdinh.web.uploads import receive

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.web.desk import Desk
    from giamdinh.web.view import View

_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def excel(request: Request) -> Response:
    """The workbook of the command line, with decisions in the columns Trạng thái and Ghi chú."""
    here, view = desk(request), view_of(request)
    mine = set(view.fingerprints)
    decided = {key: one for key, one in here.decisions.known.items() if key in mine}
    rules, hide = here.settings.rules, session(request).masked
    path = workbook(here.runs.path(view.run.id), rules, decided, masked=hide)
    cleaned = BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True)
    return FileResponse(path, media_type=_KIND, filename=path.name, background=cleaned)


async def take_back(request: Request) -> Response:
    """Reads decisions from a workbook that people filled in."""
    here = desk(request)
    view = await run_in_threadpool(view_of, request)
    folder = here.runs.path(view.run.id) / "nhap"
    folder.mkdir(exist_ok=True)
    try:
        bounds = replace(here.settings.bounds, files=1)
        got = await receive(request, folder, (".xlsx",), bounds, session(request).csrf)
        if not got.files:
            raise WorkbookError("Chưa chọn tệp .xlsx nào.")
        user = session(request).user
        count = await run_in_threadpool(_decided, here, view, folder / got.files[0], user)
    finally:
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)
    text = f"Đã nhận {count} quyết định, ghi chú từ tệp Excel."
    where = f"/luot/{view.run.id}/phat-hien"
    return page(request, "thong_bao.html", title="Nhập xong", lines=[text], again=where)


def _decided(here: Desk, view: View, path: Path, user: str) -> int:
    """Writes what differs from what is known already."""
    known = here.decisions
    found = decisions_in(path, set(view.fingerprints))
    new = []
    for key, one in found:
        old = known[key]
        if one.choice != old.choice or one.note not in (
            old.note,
            _exported(old.note, old.assignee),
        ):
            new.append((key, replace(one, assignee=old.assignee, who=user)))
    return known.decide_each(new)


def _exported(note: str, assignee: str) -> str:
    return "; ".join(filter(None, (note, assignee and f"giao {assignee}")))
