"""Pages from templates: every value is escaped, numbers and times as people here write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from giamdinh import __version__
from giamdinh.model import MONEY_SCALE
from giamdinh.tables.values import number_vi
from giamdinh.text import SEVERITY, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

FOLDER = Path(__file__).parent


@cache
def environment() -> Environment:
    """The templates; a name that is missing is an error, not an empty text."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"tien": money, "so": count, "luc": moment, "muc": severity_word}
    made.filters |= {"ket_cuc": status, "luong": quantity, "phan_tram": percent}
    made.globals |= {
        "version": __version__,
        "severities": SEVERITY,
        "query": query,
        "turned": turned,
    }
    return made


def page(request: Request, name: str, code: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401
    """A page for a browser that was let in."""
    session = request.scope.get("state", {}).get("session")
    around = {
        "session": session,
        "path": request.url.path,
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "masked": session is not None and session.masked,
        "rules_fault": request.app.state.desk.book.fault,
    }
    return HTMLResponse(environment().get_template(name).render(**around, **values), code)


def message_page(code: int, title: str, text: str) -> HTMLResponse:
    """A page that only says something."""
    shown = environment().get_template("thong_bao.html")
    lines = text.splitlines()
    around = {"session": None, "path": "", "address": "/", "masked": False, "rules_fault": ""}
    body = shown.render(**around, title=title, lines=lines, again="")
    return HTMLResponse(body, code)


def money(hundredths: int) -> str:
    """Hundredths of a đồng, as people write đồng."""
    return number_vi(hundredths, MONEY_SCALE)


def quantity(thousandths: int) -> str:
    """A quantity, with decimals only where it has some."""
    return number_vi(thousandths, 3)


def percent(value: float | None) -> str:
    """A percentage with one decimal; None has none."""
    return "" if value is None else f"{number_vi(round(value * 10), 1)} %"


def count(number: int) -> str:
    """A whole number with dots between thousands."""
    return number_vi(number, 0)


def moment(when: datetime | str) -> str:
    """A time, given as such or as ISO text."""
    if not when:
        return ""
    found = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{found:%d/%m/%Y %H:%M}"


def severity_word(name: str) -> str:
    """A severity as users say it."""
    return SEVERITY[name][0] if name in SEVERITY else name


def query(values: Mapping[str, object], **changed: object) -> str:
    """The query of an address: `values` with some changed; empty ones left out."""
    merged = {**values, **changed}
    kept = {name: value for name, value in merged.items() if value not in ("", None, 0)}
    return f"?{urlencode(kept)}" if kept else ""


def turned(values: Mapping[str, object] | Sequence[tuple[str, str]], number: int) -> str:
    """The address of another page of the same list."""
    if not isinstance(values, Sequence):
        return query(values, trang=number)
    return f"?{urlencode([*values, ('trang', number)])}"
