"""Runs waiting and running: a few at a time, each in its own process, so that pages never wait."""

from __future__ import annotations

import multiprocessing
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from giamdinh.store.layout import CATALOGUE
from giamdinh.web.worker import LISTS, Ended, Progress, Task, work

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess

    from giamdinh.web.runs import Run, Runs
    from giamdinh.web.settings import Settings

AT_ONCE = 2
_KILLED = (
    "tiến trình giám định bị dừng giữa chừng (thường do máy hết bộ nhớ); "
    "đóng bớt chương trình rồi bấm Chạy lại"
)


class Jobs:
    """Takes runs one after the other; every one ends as done, failed or stopped."""

    def __init__(self, settings: Settings, runs: Runs, done: Callable[[str], None]) -> None:
        """`done` is called with the id of every run that went well."""
        self._done = done
        self._settings = settings
        self._runs = runs
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._progress: dict[str, Progress] = {}
        self._processes: dict[str, BaseProcess] = {}
        self._stopped: set[str] = set()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"luot-{i}", daemon=True)
            for i in range(AT_ONCE)
        ]

    def start(self) -> None:
        """Begins to work; what an earlier server left unfinished is called stopped."""
        for run in self._runs.latest():
            if run.running:
                reason = "trang đã đóng khi lượt này chưa xong; bấm Chạy lại để làm tiếp"
                self._runs.change(run.id, state="dung", reason=reason)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends all processes."""
        self._closing = True
        for _ in self._threads:
            self._queue.put(None)
        for process in list(self._processes.values()):
            process.terminate()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(10)

    def add(self, run: Run, **changed: object) -> None:
        """Puts a run in line."""
        self._stopped.discard(run.id)
        self._runs.change(run.id, state="cho", reason="", blameless=False, **changed)
        self._queue.put(run.id)

    def stop(self, run_id: str) -> None:
        """Ends a run that waits or runs."""
        self._stopped.add(run_id)
        process = self._processes.get(run_id)
        if process is not None:
            process.terminate()
        else:
            self._runs.change(run_id, state="dung", reason="đã dừng theo yêu cầu")

    def progress(self, run_id: str) -> Progress:
        """How far a run is."""
        return self._progress.get(run_id, Progress())

    def wait(self, run_id: str) -> None:
        """Returns when the process of a run is gone."""
        process = self._processes.get(run_id)
        if process is not None:
            process.join()

    def _serve(self) -> None:
        while (run_id := self._queue.get()) is not None and not self._closing:
            run = self._runs.find(run_id)
            if run is None or run.state != "cho" or run_id in self._stopped:
                continue
            self._runs.change(run_id, state="chay")
            ended = self._run(run)
            self._progress.pop(run_id, None)
            if run_id in self._stopped or self._closing:
                self._runs.change(run_id, state="dung", reason="đã dừng theo yêu cầu")
            elif ended.reason:
                told = {"reason": ended.reason, "blameless": ended.blameless}
                self._runs.change(run_id, state="loi", **told)
            else:
                self._runs.change(run_id, state="xong", **_numbers(ended))
                self._done(run_id)

    def _run(self, run: Run) -> Ended:
        # spawn: the same everywhere, and no copy of the threads of this process.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(self._task(run), theirs), daemon=False)
        process.start()
        self._processes[run.id] = process
        theirs.close()
        if run.id in self._stopped or self._closing:
            process.terminate()
        ended = Ended(_KILLED)
        try:
            while True:
                told: Any = ours.recv()
                if isinstance(told, Ended):
                    ended = told
                    break
                self._progress[run.id] = told
        except (EOFError, OSError):
            pass
        finally:
            ours.close()
            process.join()
            self._processes.pop(run.id, None)
        return ended

    def _task(self, run: Run) -> Task:
        folder = self._runs.path(run.id)
        sample = run.kind == "mau"
        lists = folder / LISTS if sample else self._settings.catalogues
        found = lists if sample or (lists.is_dir() and any(lists.iterdir())) else None
        profile = self._settings.profile
        decided = profile if profile.exists() else None
        store = self._settings.store
        months = store if not sample and (store / CATALOGUE).is_file() else None
        return Task(folder, found, self._settings.rules, decided, sample, months)


def _numbers(ended: Ended) -> dict[str, object]:
    return {
        "claims": ended.claims,
        "to_fix": ended.to_fix,
        "errors": ended.errors,
        "warnings": ended.warnings,
    }
