"""The claims of a run with go or no go, and the page of one claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from starlette.exceptions import HTTPException

from giamdinh.errors import GiamdinhError
from giamdinh.tables.values import moment
from giamdinh.text import bare
from giamdinh.web.claim_tables import claim_tables, masked
from giamdinh.web.decisions import WORDS
from giamdinh.web.desk import desk, session, view_of
from giamdinh.web.filters import Filter
from giamdinh.web.pages_findings import lines, of_claim, paged
from giamdinh.web.render import page, query

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.model import BoolArray
    from giamdinh.web.desk import Desk
    from giamdinh.web.pages_findings import Line
    from giamdinh.web.view import Verdict, View

KINDS = {
    "": "Tất cả",
    "phai-sua": "Phải sửa",
    "san-sang": "Sẵn sàng gửi",
    "qua-han": "Phải sửa, đã quá hạn gửi",
    "co-loi": "Có phát hiện",
}


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim as a table row; `left` is None where the deadline is unknown."""

    number: int
    claim: str
    facility: str
    file: str
    amount: int
    open: int
    errors: int
    warnings: int
    deadline: datetime | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """What is to be repaired in one claim: findings that say the same about several rows.

    Attributes:
        ticked: fingerprints of all of them, between spaces.
        amount: hundredths, the sum over the rows.
        before: how often the decision was changed.
    """

    lines: list[Line]
    ticked: str
    amount: int
    before: int


def claims(request: Request) -> Response:
    """One page of claims, those to be repaired first."""
    here, view = desk(request), view_of(request)
    verdict = view.verdict(here.decisions)
    kind, facility = (request.query_params.get(name, "") for name in ("loai", "cs"))
    key = request.query_params.get("tim", "")
    text = session(request).meant(key)
    keep = _kept(view, verdict, kind, facility, text)
    about = replace(Filter.of(request.query_params), tim="")
    if not replace(about, cs="").empty or kind == "co-loi":
        rows = view.rows(about, "", here.decisions, None)
        keep &= np.isin(np.arange(1, keep.size + 1), view.claims_of(rows))
    order = np.argsort(-verdict.open, kind="stable")
    rows = order[keep[order]]
    shown, number, pages = paged(request, rows)
    left = view.days_left()
    return page(
        request,
        "ho_so_ds.html",
        run=view.run,
        tab="ho_so",
        crashed=view.crashed,
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        facility=facility,
        facilities=sorted(set(view.stored.claims.facility)),
        text=text,
        claims=[_line(view, i, verdict, int(left[i])) for i in shown.tolist()],
        count=int(rows.size),
        number=number,
        pages=pages,
        about=about,
        base={**about.query(), "loai": kind, "cs": facility, "tim": key},
    )


def claim(request: Request) -> Response:
    """One claim: what is wrong and how to repair it, and its tables with the places marked."""
    here, view = desk(request), view_of(request)
    number = int(request.path_params["so"])
    if not 0 < number <= len(view.stored.claims):
        raise HTTPException(404, "Lượt này không có hồ sơ mang số đó.")
    verdict = view.verdict(here.decisions)
    rows = of_claim(view, number)
    cards = _cards(lines(request, view, rows), here)
    about = [(mark, line.finding) for mark, card in enumerate(cards, 1) for line in card.lines]
    found = view.stored.claims
    try:
        inbox = here.runs.inbox(view.run.id)
        tables = claim_tables(inbox, found.file[number - 1], found.hoso[number - 1], about)
    except GiamdinhError:
        tables = []  # its files are gone; the findings stay
    if session(request).masked:
        tables = [masked(table) for table in tables]
    return page(
        request,
        "ho_so.html",
        run=view.run,
        tab="ho_so",
        claim=_line(view, number - 1, verdict, int(view.days_left()[number - 1])),
        hoso=found.hoso[number - 1],
        cards=cards,
        tables=tables,
        crashed=view.crashed,
        aside=view.aside_of(number),
        words=WORDS,
        last=len(found),
        here=f"{request.url.path}{query({})}",
    )


def _cards(found: list[Line], here: Desk) -> list[Card]:
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in found:
        one = line.finding
        said = (one.rule, one.severity, one.field, one.message, line.value, line.expected)
        groups.setdefault((*said, line.decision.choice, line.decision.note), []).append(line)
    return [
        Card(
            group,
            " ".join(line.fingerprint for line in group),
            sum(line.finding.amount for line in group),
            _changed(group[0], here),
        )
        for group in groups.values()
    ]


def _changed(line: Line, here: Desk) -> int:
    """How often a decision was changed; the file is only asked about what was decided."""
    return len(here.decisions.history(line.fingerprint)) - 1 if line.decision.at else 0


def _kept(view: View, verdict: Verdict, kind: str, facility: str, text: str) -> BoolArray:
    found = view.stored.claims
    keep = np.ones(len(found), np.bool_)
    if kind == "phai-sua":
        keep &= verdict.to_fix
    elif kind == "san-sang":
        keep &= ~verdict.to_fix
    elif kind == "qua-han":
        keep &= verdict.to_fix & (view.deadlines > 0) & (view.days_left() < 0)
    if facility:
        keep &= np.array([code == facility for code in found.facility], np.bool_)
    if text:
        wanted = bare(text)
        pairs = zip(found.claim, found.file, strict=True)
        keep &= np.array([wanted in bare(f"{code} {file}") for code, file in pairs], np.bool_)
    return keep


def _line(view: View, place: int, verdict: Verdict, left: int) -> ClaimLine:
    found = view.stored.claims
    last = int(view.deadlines[place])
    return ClaimLine(
        number=place + 1,
        claim=found.claim[place],
        facility=found.facility[place],
        file=found.file[place],
        amount=int(found.amount[place]),
        open=int(verdict.open[place]),
        errors=int(verdict.errors[place]),
        warnings=int(verdict.warnings[place]),
        deadline=moment(last) if last else None,
        left=left if last else None,
    )
