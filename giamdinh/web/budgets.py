"""Budget reports of a data folder: made from uploaded tables or from the store, kept opened."""

from __future__ import annotations

import json
import re
import shutil
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any

from giamdinh.web import pictures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from giamdinh.budget.model import BudgetReport, Gap, Spending
    from giamdinh.budget.spending import SpendingTable
    from giamdinh.web.runs import Runs
    from giamdinh.web.shelf import Shelf

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_FILE = "bao_cao.json"
_OPENED = 8


@dataclass(frozen=True, slots=True)
class Made:
    """A report with what it was made from.

    Attributes:
        told: `bao_cao.json`: year, names of the tables, store and run that were chosen.
        rows: what the report adds up, of all years.
        shelf: the store whose claims the rows are; None when they are rows of a table.
        charts: by name.
    """

    id: str
    told: dict[str, Any]
    report: BudgetReport
    rows: list[Spending]
    shelf: Shelf | None
    charts: dict[str, str]


class Budgets:
    """The reports; one whose store has changed is made again when somebody looks."""

    def __init__(self, data: Path, shelves: Mapping[str, Shelf], runs: Runs) -> None:
        self.folder = data / "du_toan"
        self._shelves = shelves
        self._runs = runs
        self._made: OrderedDict[str, tuple[object, Made]] = OrderedDict()
        self._lock = Lock()

    def latest(self) -> list[dict[str, Any]]:
        """What is told of every report, newest first."""
        found = sorted(self.folder.iterdir(), reverse=True) if self.folder.is_dir() else []
        return [{"id": path.name, **_told(path)} for path in found if (path / _FILE).exists()]

    def new(self) -> Path:
        """An empty folder for a report that is to be made."""
        now = datetime.now().astimezone()
        made = self.folder / f"{now:%Y%m%d-%H%M%S}-{token_hex(4)}"
        made.mkdir(mode=0o700, parents=True)
        return made

    def make(self, folder: Path, told: dict[str, Any]) -> None:
        """Makes a report in its folder.

        Raises:
            GiamdinhError: what is wrong with a table or the store.
        """
        now = datetime.now().astimezone().isoformat("T", "seconds")
        told = {**told, "made": now}
        shelf = self._shelf(told)
        told |= {"stamp": list(shelf.stamp())} if shelf else {}
        self._write(folder, told)
        (folder / _FILE).write_text(json.dumps(told), encoding="utf-8")

    def path(self, name: str) -> Path | None:
        """The folder of a report; None when there is none of this name."""
        path = self.folder / name
        return path if _ID.fullmatch(name) and (path / _FILE).exists() else None

    def find(self, name: str) -> Made | None:
        """A report as it stands now, None when there is none.

        Raises:
            GiamdinhError: a table or the store cannot be read.
        """
        folder = self.path(name)
        if folder is None:
            return None
        told = _told(folder)
        shelf = self._shelf(told)
        stamp = shelf.stamp() if shelf else None
        with self._lock:
            known = self._made.get(name)
            if known is None or known[0] != stamp:
                # The files go with the page: they are written again when the store has changed.
                fresh = shelf is not None and stamp != tuple(told.get("stamp", ()))
                made = self._write(folder, told) if fresh else self._read(folder, told)
                if fresh:
                    kept = {**told, "stamp": list(stamp or ())}
                    (folder / _FILE).write_text(json.dumps(kept), encoding="utf-8")
                self._made[name] = known = stamp, made
                while len(self._made) > _OPENED:
                    self._made.popitem(last=False)
            self._made.move_to_end(name)
            return known[1]

    def remove(self, name: str) -> None:
        """Deletes a report with its files."""
        folder = self.path(name)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _shelf(self, told: dict[str, Any]) -> Shelf | None:
        return self._shelves.get(told["kho"]) if "kho" in told else None

    def _write(self, folder: Path, told: dict[str, Any]) -> Made:
        from giamdinh.budget import outputs

        made = self._read(folder, told)
        outputs.write(made.report, folder)
        made.charts.update(pictures.in_page(folder / "budget.html"))
        return made

    def _read(self, folder: Path, told: dict[str, Any]) -> Made:
        from giamdinh.budget.allocations import read_allocations
        from giamdinh.budget.analyse import add_enrolment, build_report
        from giamdinh.budget.enrolment import read_enrolment
        from giamdinh.budget.facilities import fill_in, read_facilities
        from giamdinh.budget.takeback import taken_back

        started, year = datetime.fromisoformat(told["made"]), told["year"]
        table, gaps = self._spent(folder, told)
        allocated = read_allocations(folder / told["du_toan"], year, started.date())
        listed = read_facilities(folder / told["co_so"]) if "co_so" in told else None
        if listed:
            fill_in(table, listed)
        run = self._runs.find(told.get("luot", ""))
        taken = taken_back(self._runs.result(run.id), year) if run else None
        report = build_report(table, allocated, year, started, taken.amounts if taken else None)
        report.counts += [listed.counts] if listed else []
        if taken:
            report.notices += taken.notices(report.total.members if report.total else ())
        report.reconciliation += gaps
        if "the" in told:
            add_enrolment(report, read_enrolment(folder / told["the"], year))
        charts = pictures.in_page(folder / "budget.html")
        shelf = None if "chi" in told else self._shelf(told)
        return Made(folder.name, told, report, table.rows, shelf, charts)

    def _spent(self, folder: Path, told: dict[str, Any]) -> tuple[SpendingTable, list[Gap]]:
        """What was spent, and how a table differs from the claims when both are given."""
        from giamdinh.budget.claims import against_claims, as_spending
        from giamdinh.budget.spending import read_spending

        shelf, year = self._shelf(told), told["year"]
        if "chi" not in told:
            assert shelf is not None  # noqa: S101 - no report is made without either
            return as_spending(shelf.sums(), year), []
        table = read_spending(folder / told["chi"], year)
        gaps = against_claims(table.rows, shelf.sums(), year) if shelf else []
        return table, gaps


def _told(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((path / _FILE).read_text(encoding="utf-8"))
    return told
