"""Runs on disk: a folder each, with the uploaded files, the result and where the run stands."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from secrets import token_hex
from threading import RLock
from typing import TYPE_CHECKING, Literal

from giamdinh.errors import OutputError, disk_reason
from giamdinh.report.files import write_whole
from giamdinh.web.worker import INBOX, RESULT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

State = Literal["nhan", "cho", "chay", "xong", "loi", "dung"]
"""Receiving, waiting, running, done, failed, stopped."""
ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_FILE = "luot.json"


@dataclass(frozen=True, slots=True)
class Run:
    """Where one run stands.

    Attributes:
        kind: "kiem" uploaded, "mau" the sample month, "theo_doi" from a watched folder.
        skipped: how many uploaded files were no claim files.
        reason: why it failed; `blameless`: not because of its files.
        kept: its claims were taken into the store.
        claims, to_fix, errors: what came out, for lists of runs.
    """

    id: str
    created: str
    label: str
    kind: str = "kiem"
    state: State = "nhan"
    files: int = 0
    skipped: int = 0
    reason: str = ""
    claims: int = 0
    to_fix: int = 0
    errors: int = 0
    warnings: int = 0
    blameless: bool = False
    kept: bool = False

    @property
    def running(self) -> bool:
        """Whether it will go on by itself."""
        return self.state in ("nhan", "cho", "chay")


class Runs:
    """All runs of a data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "luot"
        self._lock = RLock()
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            reason = disk_reason(error)
            raise OutputError(f"không ghi được vào thư mục dữ liệu '{data}': {reason}") from None

    def make(self, label: str, kind: str = "kiem") -> Run:
        """A new run with an empty folder for its files."""
        now = datetime.now().astimezone()
        run = Run(f"{now:%Y%m%d-%H%M%S}-{token_hex(4)}", now.isoformat("T", "seconds"), label, kind)
        self.inbox(run.id).mkdir(parents=True)
        self.save(run)
        return run

    def path(self, run_id: str) -> Path:
        """The folder of a run; ids are checked wherever one comes from outside."""
        if not ID.fullmatch(run_id):
            raise KeyError(run_id)
        return self.folder / run_id

    def inbox(self, run_id: str) -> Path:
        """Its claim files."""
        return self.path(run_id) / INBOX

    def result(self, run_id: str) -> Path:
        """Its result."""
        return self.path(run_id) / RESULT

    def find(self, run_id: str) -> Run | None:
        """A run by its id, None when there is none."""
        if not ID.fullmatch(run_id):
            return None
        try:
            text = (self.folder / run_id / _FILE).read_text(encoding="utf-8")
            told = json.loads(text)
            names = {field.name for field in fields(Run)}  # another version may say more
            return Run(**{name: value for name, value in told.items() if name in names})
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def save(self, run: Run) -> None:
        """Writes where a run stands."""
        text = json.dumps(asdict(run), ensure_ascii=False)

        def write(path: Path) -> None:
            path.write_text(text, encoding="utf-8")

        with self._lock:
            write_whole(self.path(run.id) / _FILE, write)

    def change(self, run_id: str, **changed: object) -> Run | None:
        """A run with some things changed; None when it is gone."""
        with self._lock:
            run = self.find(run_id)
            if run is None:
                return None
            run = replace(run, **changed)  # type: ignore[arg-type]
            self.save(run)
            return run

    def latest(self) -> list[Run]:
        """Runs, newest first."""
        names = sorted((path.name for path in self.folder.iterdir()), reverse=True)
        found: Iterator[Run | None] = map(self.find, names)
        return [run for run in found if run is not None]

    def remove(self, run_id: str) -> None:
        """Deletes a run with its files and results; a file still open is tried again for a while.

        Raises:
            OutputError: something stays.
        """
        folder = self.path(run_id)
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                return
            time.sleep(0.1)
        raise OutputError("chưa xóa hết tệp của lượt này; đóng tệp Excel đang mở rồi xóa lại")
