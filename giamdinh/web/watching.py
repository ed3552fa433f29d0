"""The watched folder of a page: new files become runs by themselves."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from giamdinh.errors import GiamdinhError, OutputError, UsageError
from giamdinh.report.files import write_whole
from giamdinh.web.folder import Folder
from giamdinh.web.rulebook import stamp

if TYPE_CHECKING:
    from giamdinh.web.jobs import Jobs
    from giamdinh.web.rulebook import Stamp
    from giamdinh.web.runs import Run, Runs
    from giamdinh.web.settings import Settings

_FILE = "theo_doi.json"


class Watcher:
    """Looks at one folder again and again; which one can be changed while it runs.

    A file is worked on once and then moved. It stays where it is when something else than the
    file went wrong (a rule, the profile, the disk, a stop): then it waits for that to change.

    Attributes:
        fault: why files lie in the folder that are not worked on; "" when there is no reason.
    """

    def __init__(self, settings: Settings, runs: Runs, jobs: Jobs) -> None:
        self.fault = ""
        self._settings = settings
        self._runs = runs
        self._jobs = jobs
        self._folder: Folder | None = None
        self._running: dict[str, tuple[list[Path], Stamp]] = {}
        self._waits_for: Stamp | None = None
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="theo-doi", daemon=True)

    @property
    def path(self) -> Path | None:
        """The folder that is watched."""
        return self._folder.path if self._folder else None

    def open(self) -> None:
        """Takes the folder of the command, or the one that was set on a page.

        Raises:
            UsageError, OutputError: the one of the command cannot be watched.
        """
        if self._settings.watch is not None:
            self._folder = _prepared(self._settings.watch)
        elif (kept := self._settings.data / _FILE).exists():
            try:
                told = json.loads(kept.read_text(encoding="utf-8"))
                self._folder = _prepared(Path(told["thu_muc"]))
            except (OSError, ValueError, KeyError, TypeError, GiamdinhError) as error:
                self.fault = f"không theo dõi được thư mục đã đặt: {error}"

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def close(self) -> None:
        """Ends; what is being worked on stays in the folder."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def watch(self, path: Path | None) -> None:
        """Watches another folder from now on, or none.

        Raises:
            UsageError: there is no such folder, or it is one of this program.
            OutputError: it cannot be written.
        """
        data = self._settings.data.resolve()
        if path is not None and (not path.is_absolute() or path.resolve().is_relative_to(data)):
            raise UsageError(
                "Ghi đường dẫn đầy đủ của một thư mục nằm ngoài thư mục dữ liệu của trang."
            )
        found = None if path is None else _prepared(path)
        told = json.dumps({"thu_muc": str(path)})
        with self._lock:
            self._folder, self._running = found, {}
            self.fault, self._waits_for = "", None
            kept = self._settings.data / _FILE
            if path is None:
                kept.unlink(missing_ok=True)
            else:
                write_whole(kept, lambda target: _write(target, told))

    def again(self) -> None:
        """Tries once more what was left lying."""
        with self._lock:
            if self._folder:
                self._folder.again()
            self.fault, self._waits_for = "", None

    def _watch(self) -> None:
        while not self._end.wait(self._settings.watch_seconds):
            # A drive that is away may come back.
            with suppress(OSError, OutputError), self._lock:
                if self._folder:
                    self._look(self._folder)

    def _look(self, folder: Folder) -> None:
        for run_id, (paths, setup) in list(self._running.items()):
            run = self._runs.find(run_id)
            if run is None or not run.running:
                if self._end.is_set():
                    return
                del self._running[run_id]
                self._ended(folder, run, paths)
                if run is not None and run.blameless:
                    self.fault, self._waits_for = run.reason, setup
        if self._waits_for is not None and self._waits_for != self._setup():
            folder.again()
            self.fault, self._waits_for = "", None
        busy = {path for paths, _ in self._running.values() for path in paths}
        ready = [path for path in folder.ready() if path not in busy]
        if ready:
            setup = self._setup()
            self._running[self._begin(ready).id] = (ready, setup)

    def _ended(self, folder: Folder, run: Run | None, paths: list[Path]) -> None:
        """Puts files away whose run has ended, or leaves them where they are."""
        if run is None or run.state == "dung" or run.blameless:
            folder.leave(paths)
        else:
            well = run.state == "xong"
            failed = folder.refused(paths, self._runs.result(run.id)) if well else set(paths)
            folder.put_away([path for path in paths if path not in failed], well=True)
            folder.put_away(sorted(failed), well=False)

    def _setup(self) -> Stamp:
        """What has to change before a run that failed because of it can go better."""
        own = self._settings
        return stamp([*own.rules, own.profile, own.catalogues])

    def _begin(self, paths: list[Path]) -> Run:
        """A run over copies: what is in the folder stays there until it is done."""
        now = datetime.now().astimezone()
        run = self._runs.make(f"Thư mục theo dõi {now:%d/%m/%Y %H:%M}", "theo_doi")
        try:
            for path in paths:
                shutil.copy2(path, self._runs.inbox(run.id) / path.name)
        except OSError:
            self._runs.remove(run.id)
            raise
        self._jobs.add(run, files=len(paths))
        return run


def _prepared(path: Path) -> Folder:
    folder = Folder(path)
    folder.prepare()
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
