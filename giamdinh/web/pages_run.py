"""One run: its progress, then its result; what could not be checked; run again, stop, delete."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from starlette.responses import JSONResponse, RedirectResponse

from giamdinh.money import by_rule
from giamdinh.report.grid import shown
from giamdinh.report.summary import aside_table, ledger_table
from giamdinh.web import stored
from giamdinh.web.desk import desk, run_of, view_of
from giamdinh.web.filters import Filter
from giamdinh.web.forms import changing
from giamdinh.web.render import page

if TYPE_CHECKING:
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.web.forms import Form
    from giamdinh.web.view import View

_TOP = 8


def overview(request: Request) -> Response:
    """Progress while it runs; then what was read, five numbers, and what to do first."""
    here, run = desk(request), run_of(request)
    if run.state != "xong":
        so_far = here.jobs.progress(run.id)
        return page(request, "dang_chay.html", run=run, progress=so_far, tab="")
    view = here.view(run)
    told = view.stored.manifest
    before = here.before(run)
    values: dict[str, Any] = {
        "run": run,
        "tab": "tong_quan",
        "ledger": told["ledger"],
        "aside": len(view.stored.aside.findings),
        "tiles": _tiles(view),
        "claims": _claims(view, request),
        "top": by_rule(view.findings)[:_TOP],
        "titles": {code: rule.title for code, rule in here.rules.by_code.items()},
        "crashed": view.crashed,
        "started": told["started"],
        "changes": _changes(request, view, before) if before is not None else None,
        "before": before.run if before is not None else None,
    }
    return page(request, "luot.html", **values)


def progress(request: Request) -> Response:
    """Where a run stands, for the script of the page."""
    run = run_of(request)
    so_far = desk(request).jobs.progress(run.id)
    told = {"trang_thai": run.state, "ho_so": so_far.claims, "xong": so_far.done}
    return JSONResponse({**told, "phan": so_far.parts})


def checked(request: Request) -> Response:
    """The ledger in full, what was not read and which rules could not be checked."""
    view = view_of(request)
    told = view.stored.manifest
    made = stored.result(view.stored, desk(request).rules)
    ended = Counter(outcome.status for outcome in made.outcomes)
    values: dict[str, Any] = {
        "run": view.run,
        "tab": "kiem",
        "ledger": ledger_table(made),
        "aside": aside_table(made),
        "shown": shown,
        "problems": told["ledger"]["problems"],
        "ended": ended,
        "outcomes": [one for one in made.outcomes if one.status in ("not_checkable", "error")],
        "titles": {code: rule.title for code, rule in made.rules.items()},
        "lists": made.catalogues,
        "list_problems": made.catalogue_problems,
        "manifest": told,
    }
    return page(request, "kiem.html", **values)


def _tiles(view: View) -> dict[str, Any]:
    told = view.stored.manifest
    severity = view.findings.texts("severity")
    counts = np.bincount(view.codes("severity") + 1, minlength=len(severity.texts) + 1)[1:]
    found = dict(zip(severity.texts, counts.tolist(), strict=True))
    ended = Counter(outcome["status"] for outcome in told["outcomes"])
    return {
        "claims": len(view.stored.claims),
        "error": found.get("error", 0),
        "warning": found.get("warning", 0),
        "unchecked": ended["not_checkable"],
        "money": round(told["money"]["error"] * 100),
        "review": round(told["money"]["warning"] * 100),
    }


def _claims(view: View, request: Request) -> dict[str, Any]:
    """How many may go and how many must be repaired, and how long there is for that."""
    to_fix = view.verdict(desk(request).decisions).to_fix
    known = to_fix & (view.deadlines > 0)
    left = view.days_left()
    urgent = left[known & (left >= 0)]
    return {
        "to_fix": int(to_fix.sum()),
        "ready": int((~to_fix).sum()),
        "late": int((known & (left < 0)).sum()),
        "left": int(urgent.min()) if urgent.size else None,
        "unread": view.stored.manifest["ledger"]["claims"]["quarantined"],
    }


def _changes(request: Request, view: View, before: View) -> dict[str, int]:
    decisions = desk(request).decisions
    count = {so: view.rows(Filter(so=so), "", decisions, before).size for so in ("moi", "cu")}
    return {**count, "het": view.gone_since(before).size}


def _again(request: Request, form: Form) -> Response:  # noqa: ARG001
    run, here = run_of(request), desk(request)
    if not run.running:
        here.forget(run.id)
        here.jobs.add(run)
    return RedirectResponse(f"/luot/{run.id}", 303)


def _stop(request: Request, form: Form) -> Response:  # noqa: ARG001
    run = run_of(request)
    if run.running:
        desk(request).jobs.stop(run.id)
    return RedirectResponse(f"/luot/{run.id}", 303)


def _remove(request: Request, form: Form) -> Response:  # noqa: ARG001
    run, here = run_of(request), desk(request)
    if run.running:
        here.jobs.stop(run.id)
        here.jobs.wait(run.id)
    here.forget(run.id)
    here.runs.remove(run.id)
    return RedirectResponse("/", 303)


again, stop, remove = changing(_again), changing(_stop), changing(_remove)
