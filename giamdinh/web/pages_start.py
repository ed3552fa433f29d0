"""The first page: bring files in, or try the sample month; log in from other machines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse

from giamdinh.web import guard
from giamdinh.web.desk import desk, session
from giamdinh.web.forms import changing, local, one
from giamdinh.web.render import page
from giamdinh.web.uploads import receive

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.web.forms import Form

ENDINGS = (".xml", ".zip")
_SHOWN = 30


def start(request: Request) -> Response:
    """Where files are dropped, and the runs so far."""
    here = desk(request)
    runs = here.runs.latest()
    lists = here.settings.catalogues
    return page(
        request,
        "dau.html",
        runs=runs[:_SHOWN],
        more=max(len(runs) - _SHOWN, 0),
        lists=lists.is_dir() and any(lists.iterdir()),
        watched=here.watcher.path,
        watch_fault=here.watcher.fault,
        may_watch=here.settings.password is None,
        bounds=here.settings.bounds,
    )


async def upload(request: Request) -> Response:
    """Takes files and puts a run in line."""
    here = desk(request)
    now = datetime.now().astimezone()
    run = here.runs.make(f"Kiểm ngày {now:%d/%m/%Y %H:%M}")
    inbox = here.runs.inbox(run.id)
    try:
        bounds, csrf = here.settings.bounds, session(request).csrf
        got = await receive(request, inbox, ENDINGS, bounds, csrf)
    except BaseException:
        await run_in_threadpool(here.runs.remove, run.id)
        raise
    if not got.files:
        await run_in_threadpool(here.runs.remove, run.id)
        text = "Không có tệp .xml hoặc .zip nào trong những gì vừa chọn."
        return JSONResponse({"loi": text}, 400) if _script(request) else _no_files(request, text)
    await run_in_threadpool(here.jobs.add, run, files=len(got.files), skipped=got.skipped)
    target = f"/luot/{run.id}"
    return JSONResponse({"toi": target}) if _script(request) else RedirectResponse(target, 303)


def _sample(request: Request, form: Form) -> Response:  # noqa: ARG001 - nothing to choose
    """A run over the synthetic month, with its own lists."""
    here = desk(request)
    run = here.runs.make("Tháng mẫu (dữ liệu giả)", "mau")
    here.jobs.add(run)
    return RedirectResponse(f"/luot/{run.id}", 303)


def _mask(request: Request, form: Form) -> Response:
    """Hides who the patients are in this browser's pages and downloads, or shows it again."""
    session(request).masked = one(form, "che") == "1"
    return RedirectResponse(local(one(form, "ve")), 303)


def _watch(request: Request, form: Form) -> Response:
    """Watches another folder of this machine, or none; nobody else may name one."""
    here = desk(request)
    if here.settings.password is not None:
        raise HTTPException(403, "Chỉ đặt được thư mục theo dõi khi trang mở trên máy này.")
    text = one(form, "thu_muc").strip().strip('"')
    here.watcher.watch(Path(text) if text else None)
    return RedirectResponse("/", 303)


def _watch_again(request: Request, form: Form) -> Response:  # noqa: ARG001
    """Tries once more what lies in the watched folder."""
    desk(request).watcher.again()
    return RedirectResponse("/", 303)


def login_form(request: Request) -> Response:
    """Asks for the password."""
    return page(request, "dang_nhap.html", wrong="")


async def login(request: Request) -> Response:
    """Lets in who knows the password; after some wrong ones everybody waits."""
    here = desk(request)
    password = here.settings.password
    if password is None:
        return RedirectResponse("/", 303)
    if wait := here.sessions.wait():
        text = f"Sai mật khẩu nhiều lần; đợi {wait} giây rồi thử lại."
        return page(request, "dang_nhap.html", 429, wrong=text)
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > here.settings.bounds.form_bytes:
            return page(request, "dang_nhap.html", 413, wrong="Biểu mẫu quá lớn.")
    form = parse(body)
    if not await run_in_threadpool(password.fits, one(form, "mat_khau")):
        here.sessions.failed()
        return page(request, "dang_nhap.html", 403, wrong="Mật khẩu không đúng.")
    here.sessions.succeeded()
    made = here.sessions.begin(one(form, "ten"))
    return guard.let_in(here.settings, RedirectResponse("/", 303), made.id)


def parse(body: bytes) -> Form:
    """The fields of a form, none when it is damaged."""
    from urllib.parse import parse_qs

    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}


def _no_files(request: Request, text: str) -> Response:
    return page(request, "thong_bao.html", 400, title="Chưa có gì để kiểm", lines=[text], again="/")


def _script(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


sample, mask = changing(_sample), changing(_mask)
watch, watch_again = changing(_watch), changing(_watch_again)
