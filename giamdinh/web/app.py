"""All pages under their addresses, behind the guard."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from giamdinh.errors import GiamdinhError
from giamdinh.web import (
    pages_budget,
    pages_claims,
    pages_export,
    pages_findings,
    pages_growth,
    pages_month,
    pages_profile,
    pages_rules,
    pages_run,
    pages_start,
    pages_store,
)
from giamdinh.web.guard import LOGIN, Guard, failed
from giamdinh.web.render import FOLDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from giamdinh.web.desk import Desk

_RUN = "/luot/{luot}"
GET = ["GET"]
POST = ["POST"]


def routes() -> list[Route | Mount]:
    """Every address; what changes something takes POST only."""
    files = Mount("/tinh", StaticFiles(directory=FOLDER / "static"))
    return [*_first(), *_of_runs(), *_of_months(), *_of_rules(), files]


def _first() -> list[Route]:
    """The first page, and what belongs to all of them."""
    return [
        Route("/", pages_start.start, methods=GET),
        Route(LOGIN, pages_start.login_form, methods=GET),
        Route(LOGIN, pages_start.login, methods=POST),
        Route("/tai-len", pages_start.upload, methods=POST),
        Route("/mau", pages_start.sample, methods=POST),
        Route("/theo-doi", pages_start.watch, methods=POST),
        Route("/theo-doi/thu-lai", pages_start.watch_again, methods=POST),
        Route("/che", pages_start.mask, methods=POST),
    ]


def _of_runs() -> list[Route]:
    """One run."""
    return [
        Route(_RUN, pages_run.overview, methods=GET),
        Route(f"{_RUN}/tien-do", pages_run.progress, methods=GET),
        Route(f"{_RUN}/kiem", pages_run.checked, methods=GET),
        Route(f"{_RUN}/chay-lai", pages_run.again, methods=POST),
        Route(f"{_RUN}/dung", pages_run.stop, methods=POST),
        Route(f"{_RUN}/xoa", pages_run.remove, methods=POST),
        Route(f"{_RUN}/phat-hien", pages_findings.findings, methods=GET),
        Route(f"{_RUN}/loc", pages_findings.filtered, methods=POST),
        Route(f"{_RUN}/quyet-dinh", pages_findings.decide, methods=POST),
        Route(f"{_RUN}/het", pages_findings.gone, methods=GET),
        Route(f"{_RUN}/in", pages_findings.printed, methods=GET),
        Route(f"{_RUN}/ho-so", pages_claims.claims, methods=GET),
        Route(f"{_RUN}/ho-so/{{so:int}}", pages_claims.claim, methods=GET),
        Route(f"{_RUN}/tong-hop", pages_month.month, methods=GET),
        Route(f"{_RUN}/excel", pages_export.excel, methods=GET),
        Route(f"{_RUN}/nhap-excel", pages_export.take_back, methods=POST),
    ]


def _of_months() -> list[Route]:
    """Store, growth, budgets."""
    return [
        Route("/kho", pages_store.store, methods=GET),
        Route("/kho/nap", pages_store.take_in, methods=POST),
        Route("/kho/mau", pages_store.sample, methods=POST),
        Route("/kho/tien-do", pages_store.progress, methods=GET),
        Route("/kho/ho-so", pages_store.claims, methods=GET),
        Route("/kho/ho-so/{so:int}", pages_store.claim, methods=GET),
        Route("/tang-truong", pages_growth.growth, methods=GET),
        Route("/tang-truong/co-so", pages_growth.facility, methods=GET),
        Route("/tang-truong/hinh/{ten}", pages_growth.chart, methods=GET),
        Route("/tang-truong/nguoi-tham-gia", pages_growth.take_cards, methods=POST),
        Route("/tang-truong/excel", pages_growth.workbook, methods=GET),
        Route("/du-toan", pages_budget.budgets, methods=GET),
        Route("/du-toan/tai-len", pages_budget.take, methods=POST),
        Route("/du-toan/mau", pages_budget.sample, methods=POST),
        Route("/du-toan/{ma}", pages_budget.budget, methods=GET),
        Route("/du-toan/{ma}/chi-tiet", pages_budget.cut, methods=GET),
        Route("/du-toan/{ma}/hinh/{ten}", pages_budget.chart, methods=GET),
        Route("/du-toan/{ma}/bieu-do", pages_budget.charts, methods=GET),
        Route("/du-toan/{ma}/excel", pages_budget.workbook, methods=GET),
        Route("/du-toan/{ma}/xoa", pages_budget.remove, methods=POST),
    ]


def _of_rules() -> list[Route]:
    """Rules, decisions about them, lists."""
    return [
        Route("/quy-tac", pages_rules.rules, methods=GET),
        Route("/quy-tac/{ma}", pages_rules.rule, methods=GET),
        Route("/cau-hinh", pages_profile.profile, methods=GET),
        Route("/cau-hinh/them", pages_profile.add, methods=POST),
        Route("/cau-hinh/xoa", pages_profile.remove, methods=POST),
        Route("/danh-muc", pages_rules.lists, methods=GET),
        Route("/danh-muc/tai-len", pages_rules.take_lists, methods=POST),
        Route("/danh-muc/xoa", pages_rules.remove_list, methods=POST),
    ]


def make_app(desk: Desk) -> ASGIApp:
    """The page over one data folder; runs are worked on while it serves."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        desk.jobs.start()
        desk.watcher.start()
        yield
        desk.watcher.close()
        desk.filer.close()
        desk.jobs.close()

    handlers = {HTTPException: failed, GiamdinhError: failed, Exception: failed}
    app = Starlette(routes=routes(), exception_handlers=handlers, lifespan=lifespan)
    app.state.desk = desk
    return Guard(app, desk.settings, desk.sessions)
