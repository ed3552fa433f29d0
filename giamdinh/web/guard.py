"""Stands before every page: who may ask, from where, and what a browser may do with the answer."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse

from giamdinh.errors import GiamdinhError
from giamdinh.web.render import message_page
from giamdinh.web.sessions import same

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from giamdinh.web.sessions import Sessions
    from giamdinh.web.settings import Settings

LOGIN = "/dang-nhap"
STATIC = "/tinh/"
_METHODS = ("GET", "HEAD", "POST")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NOT_FOUND = 404
_OTHER = "Không làm được"
_TITLES = {403: "Không được phép", NOT_FOUND: "Không tìm thấy", 409: "Chưa có kết quả"}
_GONE = (
    "Phiên làm việc đã hết hoặc trang được mở bằng địa chỉ thiếu mã. Mở lại bằng địa chỉ đầy đủ "
    "(có ?ma=…) mà lệnh giamdinh serve in ra; nếu cửa sổ lệnh đã đóng thì chạy lại lệnh đó."
)


def cookie_name(settings: Settings) -> str:
    """Cookies of one machine are shared by all its ports."""
    return f"giamdinh_{settings.port}"


def let_in(settings: Settings, response: Response, session_id: str) -> Response:
    """Gives the browser its cookie."""
    response.set_cookie(cookie_name(settings), session_id, httponly=True, samesite="strict")
    return response


class Guard:
    """Lets through what comes from this page's own browser windows, and nothing else."""

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(STATIC):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        answer = self._stopped(scope)
        try:
            await (answer or self._app)(scope, receive, finish)
        except Exception as error:  # noqa: BLE001 - `failed` has answered; a log gets no content
            sys.stderr.write(f"Lỗi trong trang: {_place(error)}\n")

    def _stopped(self, scope: Scope) -> Response | None:
        """The answer for a request that goes no further."""
        headers = Headers(scope=scope)
        if not self._settings.serves(headers.get("host", "")):
            return message_page(400, "Địa chỉ lạ", "Mở trang bằng địa chỉ mà lệnh in ra.")
        if scope["method"] not in _METHODS:
            return message_page(405, "Không được", "Trang này không nhận yêu cầu kiểu đó.")
        if scope["method"] == "POST" and not _own(headers):
            return message_page(403, "Yêu cầu từ nơi khác", "Yêu cầu không đến từ trang này.")
        return None if scope["path"].startswith(STATIC) else self._unknown(Request(scope))

    def _unknown(self, request: Request) -> Response | None:
        """The answer for somebody without a session, who may bring the token."""
        token = request.query_params.get("ma")
        if token is not None and request.url.path == "/":
            return self._entered(token)
        session = self._sessions.find(request.cookies.get(cookie_name(self._settings), ""))
        request.scope.setdefault("state", {})["session"] = session
        if session is not None or request.url.path == LOGIN:
            return None
        if self._settings.password is not None and request.method != "POST":
            return RedirectResponse(LOGIN, 303)
        return message_page(403, "Chưa được vào", _GONE)

    def _entered(self, token: str) -> Response:
        if not same(token, self._settings.token):
            return message_page(403, "Mã trong địa chỉ không đúng", _GONE)
        # The token leaves the address bar, and with it the history.
        return let_in(self._settings, RedirectResponse("/", 303), self._sessions.begin().id)


def _own(headers: Headers) -> bool:
    """Whether a change was asked for by a page of ours."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    return origin == f"http://{headers.get('host', '')}"


async def failed(request: Request, error: Exception) -> Response:
    """What a person is told when a page cannot be given."""
    code, title = 500, "Có lỗi trong chương trình"
    text = (
        f"Chương trình gặp lỗi ({_place(error)}). Dữ liệu đã tải lên và các quyết định vẫn còn. "
        "Tải lại trang; nếu lặp lại thì báo kèm dòng này."
    )
    if isinstance(error, HTTPException):
        code, title, text = error.status_code, _TITLES.get(error.status_code, _OTHER), error.detail
    elif isinstance(error, GiamdinhError):
        code, title, text = getattr(error, "code", 400), _OTHER, str(error)
    if code == NOT_FOUND and text == "Not Found":
        text = "Không có trang này. Về trang đầu để chọn lượt kiểm."
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"loi": text}, code)
    return message_page(code, title, text)


def _place(error: Exception) -> str:
    """Which error where in the code; its text may hold what stands in a claim."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} tại {Path(frame.filename).name}:{frame.lineno}"
