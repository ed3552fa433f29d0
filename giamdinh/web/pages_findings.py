"""The findings of a run: filtered, decided upon, printed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from giamdinh.masking import mask
from giamdinh.report.scorecard import content_label
from giamdinh.web.claim_tables import readable
from giamdinh.web.decisions import WORDS, Decision
from giamdinh.web.desk import desk, run_of, session, view_of
from giamdinh.web.filters import CHANGES, Filter
from giamdinh.web.forms import back, changing, one
from giamdinh.web.render import page, query

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.findings import Finding
    from giamdinh.model import IntArray
    from giamdinh.money import Group
    from giamdinh.web.decisions import Choice, Decisions
    from giamdinh.web.forms import Form
    from giamdinh.web.view import View

PAGE = 50
PRINTED = 1000
_MOST_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as a table row.

    Attributes:
        claim: number of the claim in the run, 0 for none.
        value, expected: as people read them.
    """

    finding: Finding
    claim: int
    fingerprint: str
    decision: Decision
    value: str
    expected: str


def lines(request: Request, view: View, rows: IntArray) -> list[Line]:
    """Some findings as table rows, without who the patient is where the reader wants that."""
    found = view.findings.take(rows)
    if session(request).masked:
        found = mask(found)
    decisions = desk(request).decisions
    return [_line(view, row, found[i], decisions) for i, row in enumerate(rows.tolist())]


def _line(view: View, row: int, finding: Finding, decisions: Decisions) -> Line:
    fingerprint = view.fingerprints[row]
    return Line(
        finding,
        int(view.stored.number[row]),
        fingerprint,
        decisions[fingerprint],
        readable(finding.table, finding.field, finding.value),
        readable(finding.table, finding.field, finding.expected),
    )


def findings(request: Request) -> Response:
    """One page of the filtered findings, with every choice and its count."""
    here, view = desk(request), view_of(request)
    wanted, text, rows = chosen(request, view)
    shown, number, pages = paged(request, rows)
    return page(
        request,
        "phat_hien.html",
        run=view.run,
        tab="phat_hien",
        wanted=wanted,
        text=text,
        lines=lines(request, view, shown),
        total=view.total(rows),
        claims=view.claims_of(rows).size,
        number=number,
        pages=pages,
        first=(number - 1) * PAGE,
        choices=_choices(request, view),
        people=here.decisions.assignees(view.known_prints),
        changes=CHANGES if here.before(view.run) is not None else {},
        words=WORDS,
        here=f"{request.url.path}{query({**wanted.query(), 'trang': number})}",
    )


def paged(request: Request, rows: IntArray) -> tuple[IntArray, int, int]:
    """The rows of the page in the address, its number from 1, and how many pages there are."""
    pages = max(math.ceil(rows.size / PAGE), 1)
    asked = request.query_params.get("trang", "1")
    number = min(max(int(asked) if asked.isascii() and asked.isdigit() else 1, 1), pages)
    return rows[(number - 1) * PAGE : number * PAGE], number, pages


def chosen(request: Request, view: View) -> tuple[Filter, str, IntArray]:
    """The filter in the address, the text behind it, and its rows."""
    here = desk(request)
    wanted = Filter.of(request.query_params)
    text = session(request).meant(wanted.tim)
    if wanted.tim and not text:
        wanted = replace(wanted, tim="")
    before = here.before(view.run) if wanted.so else None
    return wanted, text, view.rows(wanted, text, here.decisions, before)


def _choices(request: Request, view: View) -> dict[str, Any]:
    titles = {code: f"{code} {rule.title}" for code, rule in desk(request).rules.by_code.items()}
    contents = {code: content_label(code) for code in view.findings.texts("tt12").texts}
    return {
        "ma": view.choices("rule", titles),
        "nd": view.choices("tt12", contents),
        "cs": view.choices("facility"),
        "khoa": view.choices("department"),
        "bs": view.choices("practitioner"),
        "bang": view.choices("table"),
    }


def _filter(request: Request, form: Form) -> Response:
    """Takes the filter form; a text looked for stays out of the address."""
    run = run_of(request)
    key = session(request).remember(one(form, "chu"))
    values = {name: given[0] for name, given in form.items()} | {"tim": key}
    where = "ho-so" if one(form, "trang") == "ho-so" else "phat-hien"
    kept: dict[str, object] = {**Filter.of(values).query()}
    if where == "ho-so":
        kept |= {"loai": one(form, "loai")[:10], "cs": one(form, "cs")[:20]}
    return RedirectResponse(f"/luot/{run.id}/{where}{query(kept)}", 303)


def _decide(request: Request, form: Form) -> Response:
    """Writes a decision for the ticked findings."""
    here, view = desk(request), view_of(request)
    known = view.known_prints
    given = " ".join(form.get("vt", [])).split()
    ticked = [print_ for print_ in given[:_MOST_AT_ONCE] if print_ in known]
    if not ticked:
        text = "Chưa chọn phát hiện nào. Quay lại, đánh dấu ô ở đầu dòng rồi bấm lại."
        raise HTTPException(400, text)
    choice = one(form, "qd")
    if choice not in WORDS:
        raise HTTPException(400, "Quyết định lạ; tải lại trang rồi thử lại.")
    note, assignee = one(form, "ghi_chu"), one(form, "giao")
    decision = Decision(cast("Choice", choice), note, assignee, session(request).user)
    here.decisions.decide(ticked, decision)
    return RedirectResponse(back(request, form, f"/luot/{view.run.id}/phat-hien"), 303)


def gone(request: Request) -> Response:
    """What the run before found in claims of this run, and this run no more."""
    here, view = desk(request), view_of(request)
    before = here.before(view.run)
    if before is None:
        raise HTTPException(404, "Chưa có lượt trước nào có cùng hồ sơ để so.")
    rows = view.gone_since(before)
    shown = lines(request, before, rows[:PRINTED])
    values = {"run": view.run, "before": before.run, "lines": shown, "count": int(rows.size)}
    return page(request, "het.html", tab="", **cast("Any", values))


def printed(request: Request) -> Response:
    """The filtered findings by claim, for paper."""
    view = view_of(request)
    _, _, rows = chosen(request, view)
    shown = sorted(lines(request, view, rows[:PRINTED]), key=lambda line: line.claim)
    total: Group = view.total(rows)
    claims = view.claims_of(rows).size
    values = {"run": view.run, "lines": shown, "total": total, "claims": claims, "most": PRINTED}
    return page(request, "in.html", tab="", **cast("Any", values))


def of_claim(view: View, number: int) -> IntArray:
    """The findings about one claim, most money first."""
    rows: IntArray = view.order[view.stored.number[view.order] == number]
    return rows


filtered, decide = changing(_filter), changing(_decide)
