"""Rules turned off or given another severity, as the profile file has them."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from giamdinh.errors import CardError
from giamdinh.findings import SEVERITIES
from giamdinh.web import profile_file
from giamdinh.web.desk import desk, session
from giamdinh.web.forms import changing, one
from giamdinh.web.render import page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.web.forms import Form

OFF = "tat"


def profile(request: Request) -> Response:
    """Every decision in the file, and the file itself."""
    here = desk(request)
    path = here.settings.profile
    faults: list[str] = []
    found = None
    try:
        found = profile_file.load(path, here.rules)
    except CardError as error:
        faults = error.problems
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    entries = found.entries if found else ()
    return page(request, "cau_hinh.html", entries=entries, faults=faults, text=text, file=path)


def _add(request: Request, form: Form) -> Response:
    """Turns a rule off or changes its severity."""
    here = desk(request)
    code, action = one(form, "ma"), one(form, "viec")
    if code not in here.rules.by_code or action not in (OFF, *SEVERITIES):
        raise HTTPException(400, "Quy tắc hoặc việc lạ; tải lại trang rồi thử lại.")
    row: profile_file.Row = {"rules": [code]}
    if action != OFF:
        row["severity"] = action
    facilities = one(form, "cs").replace(",", " ").split()
    if facilities:
        row["facilities"] = facilities
    row["reason"] = " ".join(one(form, "ly_do").split())[:300]
    row["author"] = session(request).user or getpass.getuser()
    section = "ignore" if action == OFF else "severity"
    profile_file.add(here.settings.profile, here.rules, section, row)
    return RedirectResponse("/cau-hinh", 303)


def _remove(request: Request, form: Form) -> Response:
    """Takes a decision back."""
    here = desk(request)
    text = one(form, "so")
    number = int(text) if text.isascii() and text.isdigit() else -1
    profile_file.remove(here.settings.profile, here.rules, number)
    return RedirectResponse("/cau-hinh", 303)


add, remove = changing(_add), changing(_remove)
