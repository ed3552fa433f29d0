"""Everything a page may need, in one place: settings, runs, jobs, decisions, opened runs."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, cast

from starlette.exceptions import HTTPException

from giamdinh.errors import GiamdinhError
from giamdinh.web import stored
from giamdinh.web.budgets import Budgets
from giamdinh.web.decisions import Decisions
from giamdinh.web.filing import Filer
from giamdinh.web.jobs import Jobs
from giamdinh.web.render import environment
from giamdinh.web.rulebook import RuleBook
from giamdinh.web.runs import Runs
from giamdinh.web.sessions import Sessions
from giamdinh.web.shelf import OWN, SAMPLE, Shelf
from giamdinh.web.view import View
from giamdinh.web.watching import Watcher
from giamdinh.web.whereabouts import Whereabouts

if TYPE_CHECKING:
    from starlette.requests import Request

    from giamdinh.rules.cards import RuleSet
    from giamdinh.web.runs import Run
    from giamdinh.web.sessions import Session
    from giamdinh.web.settings import Settings

_OPENED = 6
_LOOKED_BACK = 12


class Desk:
    """The parts of a running server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sessions = Sessions()
        self.runs = Runs(settings.data)
        self.jobs = Jobs(settings, self.runs, self._open)
        self.decisions = Decisions(settings.data / "quyet_dinh.sqlite")
        self.book = RuleBook(settings.rules)
        own, sample = settings.store, settings.data / "kho_mau"
        self.shelves = {OWN: Shelf(OWN, own), SAMPLE: Shelf(SAMPLE, sample)}
        self.filer = Filer()
        self.budgets = Budgets(settings.data, self.shelves, self.runs)
        self.whereabouts = Whereabouts(self.runs)
        self.watcher = Watcher(settings, self.runs, self.jobs)
        self._views: OrderedDict[str, View] = OrderedDict()
        self._before: dict[str, str] = {}
        self._lock = Lock()

    @property
    def rules(self) -> RuleSet:
        """The cards as their files are now."""
        return self.book.now()

    def warm_up(self) -> None:
        """Loads what the first pages would otherwise wait for."""
        with suppress(GiamdinhError):  # the page that needs it says what is wrong
            import pyarrow.compute
            import pyarrow.parquet  # noqa: F401

            environment().get_template("phat_hien.html")
            _ = self.rules
            newest = next((run for run in self.runs.latest() if run.state == "xong"), None)
            if newest is not None:
                self._open(newest.id)

    def _open(self, run_id: str) -> None:
        """Reads a run before somebody asks for it."""
        run = self.runs.find(run_id)
        with suppress(HTTPException):  # said to whoever asks for it
            if run is not None and run.state == "xong":
                self.view(run)

    def view(self, run: Run) -> View:
        """A finished run, opened once.

        Raises:
            HTTPException: its files are gone or damaged.
        """
        with self._lock:
            if run.id in self._views:
                self._views.move_to_end(run.id)
                return self._views[run.id]
            try:
                found = View(run, stored.read(self.runs.result(run.id)), self.rules.by_code)
            except (OSError, ValueError, KeyError):
                text = "Kết quả của lượt này bị xóa hoặc hỏng. Bấm Chạy lại ở trang của lượt."
                raise HTTPException(409, text) from None
            self._views[run.id] = found
            while len(self._views) > _OPENED:
                self._views.popitem(last=False)
            return found

    def before(self, run: Run) -> View | None:
        """The newest earlier run that shares claims with this one."""
        known = self._before.get(run.id)
        earlier = [
            one for one in self.runs.latest() if one.state == "xong" and one.created < run.created
        ]
        if known is not None:
            found = next((one for one in earlier if one.id == known), None)
            if found is not None or not known:
                return self.view(found) if found else None
        mine = self.view(run)
        for one in earlier[:_LOOKED_BACK]:
            with suppress(HTTPException):  # a damaged run says so on its own page only
                theirs = self.view(one)
                if mine.common_claims(theirs):
                    self._before[run.id] = one.id
                    return theirs
        self._before[run.id] = ""
        return None

    def forget(self, run_id: str) -> None:
        """Closes a run whose result changes or goes."""
        with self._lock:
            self._views.pop(run_id, None)
            self._before.clear()


def desk(request: Request) -> Desk:
    """The parts of the server that got the request."""
    return cast("Desk", request.app.state.desk)


def session(request: Request) -> Session:
    """The session of a request that the guard let through."""
    return cast("Session", request.scope["state"]["session"])


def shelf_of(request: Request) -> Shelf:
    """The store in the address: the own one, unless the synthetic one is asked for."""
    shelves = desk(request).shelves
    return shelves.get(request.query_params.get("kho", OWN), shelves[OWN])


def run_of(request: Request) -> Run:
    """The run in the address.

    Raises:
        HTTPException: there is none.
    """
    found = desk(request).runs.find(request.path_params["luot"])
    if found is None:
        raise HTTPException(404, "Không có lượt kiểm này; có thể đã bị xóa. Về trang đầu.")
    return found


def view_of(request: Request) -> View:
    """The finished run in the address.

    Raises:
        HTTPException: there is none, or it is not finished.
    """
    run = run_of(request)
    if run.state != "xong":
        raise HTTPException(409, "Lượt này chưa có kết quả. Mở trang của lượt để xem tiến độ.")
    return desk(request).view(run)
