"""Changes a browser asks for: small forms, checked before a page sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from giamdinh.web.desk import desk, session
from giamdinh.web.sessions import same

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    Form = dict[str, list[str]]
    Action = Callable[[Request, Form], Response]
    Endpoint = Callable[[Request], Awaitable[Response]]

_FIELDS = 5000


def changing(
    action: Callable[[Request, Form], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for POST whose form carries the session's own mark."""

    async def endpoint(request: Request) -> Response:
        form = await _form(request)
        if not same(one(form, "csrf"), session(request).csrf):
            raise HTTPException(403, "Biểu mẫu đã cũ; tải lại trang rồi thử lại.")
        return await run_in_threadpool(action, request, form)

    return endpoint


def one(form: Form, name: str) -> str:
    """A field of a form, "" when it is not there."""
    return form.get(name, [""])[0]


def back(request: Request, form: Form, otherwise: str) -> str:
    """Where to go after a change: a page of the same run, or `otherwise`."""
    wanted = local(one(form, "ve"))
    start = request.url.path.rpartition("/")[0]
    return wanted if wanted.startswith(f"{start}/") else otherwise


def local(wanted: str) -> str:
    """An address of this page out of a form, "/" when it is none."""
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"


async def _form(request: Request) -> Form:
    most = desk(request).settings.bounds.form_bytes
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413, "Biểu mẫu quá lớn; chọn ít dòng hơn.")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise HTTPException(400, "Biểu mẫu hỏng; tải lại trang rồi thử lại.") from None
