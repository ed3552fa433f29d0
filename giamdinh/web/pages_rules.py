"""The rule book with search, and the lists of the facility: what there is, what is missing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from giamdinh.catalogues import load_catalogues
from giamdinh.catalogues.lists import list_specs
from giamdinh.catalogues.sources import SUFFIXES
from giamdinh.report import rulebook
from giamdinh.text import bare
from giamdinh.web.desk import desk, session
from giamdinh.web.forms import changing, one
from giamdinh.web.render import page
from giamdinh.web.uploads import UploadError, receive, safe_name

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.rules.cards import Rule
    from giamdinh.web.forms import Form


def rules(request: Request) -> Response:
    """All rules, or those that mention some words."""
    cards = desk(request).rules.rules
    text = request.query_params.get("chu", "").strip()[:100]
    words = bare(text).split()
    found = [one for one in cards if all(word in _about(one) for word in words)]
    return page(request, "quy_tac.html", rules=found, count=len(cards), text=text)


def _about(rule: Rule) -> str:
    return bare(f"{rule.code} {rule.title} {rule.basis} {rule.fix} {' '.join(rule.fields)}")


def rule(request: Request) -> Response:
    """One rule, in full."""
    code = request.path_params["ma"]
    found = desk(request).rules.by_code.get(code)
    if found is None:
        raise HTTPException(404, "Không có quy tắc mang mã này.")
    return page(request, "quy_tac_mot.html", rule=found, text=rulebook.page(found))


def lists(request: Request) -> Response:
    """Which lists there are, for whom and until when, and what could not be used."""
    here = desk(request)
    folder = here.settings.catalogues
    found = load_catalogues(folder if folder.is_dir() else None)
    there = {status.kind for status in found.statuses}
    return page(
        request,
        "danh_muc.html",
        statuses=found.statuses,
        problems=found.problems,
        missing=[spec for spec in list_specs().values() if spec.kind not in there],
        files=_files(folder),
        waiting=_used_by(request),
        today=date.today(),  # noqa: DTZ011 - lists end by the local calendar
    )


async def take_lists(request: Request) -> Response:
    """Takes list files; one of the same name is replaced."""
    here = desk(request)
    folder, inbox = here.settings.catalogues, here.settings.data / "danh_muc_moi"
    for made in (folder, inbox):
        made.mkdir(mode=0o700, exist_ok=True)
    endings = tuple(SUFFIXES)
    got = await receive(request, inbox, endings, here.settings.bounds, session(request).csrf)
    if not got.files:
        kinds = ", ".join(sorted(endings))
        raise UploadError(f"Chưa chọn tệp danh mục nào ({kinds}).")
    await run_in_threadpool(_move, inbox, folder, got.files)
    return RedirectResponse("/danh-muc", 303)


def _move(inbox: Path, folder: Path, names: list[str]) -> None:
    for name in names:
        (inbox / name).replace(folder / name)


def _remove_list(request: Request, form: Form) -> Response:
    """Deletes one list file."""
    name = one(form, "tep")
    folder = desk(request).settings.catalogues
    if name not in _files(folder) or safe_name(name) != name:
        raise HTTPException(404, "Không có tệp danh mục này; tải lại trang.")
    (folder / name).unlink(missing_ok=True)
    return RedirectResponse("/danh-muc", 303)


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _used_by(request: Request) -> dict[str, int]:
    """How many rules wait for each kind of list."""
    counts: dict[str, int] = {}
    for card in desk(request).rules.rules:
        for kind in card.needs:
            counts[kind] = counts.get(kind, 0) + 1
    return counts


remove_list = changing(_remove_list)
