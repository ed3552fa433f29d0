"""The watched folder of a page: new files become runs by themselves."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from giamdinh.errors import OutputError
from giamdinh.web.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from giamdinh.web.desk import Desk
    from giamdinh.web.runs import Run


@contextmanager
def watching(desk: Desk) -> Iterator[None]:
    """Watches the folder of the settings, if there is one, until the block ends."""
    if desk.settings.watch is None:
        yield
        return
    folder = Folder(desk.settings.watch)
    folder.prepare()
    end = threading.Event()
    thread = threading.Thread(target=_watch, args=(desk, folder, end), daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _watch(desk: Desk, folder: Folder, end: threading.Event) -> None:
    running: dict[str, list[Path]] = {}
    while not end.wait(desk.settings.watch_seconds):
        with suppress(OSError, OutputError):  # a drive that is away may come back
            _look(desk, folder, running)


def _look(desk: Desk, folder: Folder, running: dict[str, list[Path]]) -> None:
    for run_id, paths in list(running.items()):
        run = desk.runs.find(run_id)
        if run is None or not run.running:
            failed = _failed(desk, folder, run, paths)
            folder.put_away([path for path in paths if path not in failed], well=True)
            folder.put_away(sorted(failed), well=False)
            del running[run_id]
    busy = {path for paths in running.values() for path in paths}
    ready = [path for path in folder.ready() if path not in busy]
    if ready:
        running[_begin(desk, ready).id] = ready


def _failed(desk: Desk, folder: Folder, run: Run | None, paths: list[Path]) -> set[Path]:
    """The files of a run that ended which nothing could be read from."""
    if run is None or run.state != "xong":
        return set(paths)
    return folder.refused(paths, desk.runs.result(run.id))


def _begin(desk: Desk, paths: list[Path]) -> Run:
    """A run over copies: what is in the folder stays there until it is done."""
    now = datetime.now().astimezone()
    run = desk.runs.make(f"Thư mục theo dõi {now:%d/%m/%Y %H:%M}", "theo_doi")
    for path in paths:
        shutil.copy2(path, desk.runs.inbox(run.id) / path.name)
    desk.jobs.add(run, files=len(paths))
    return run
