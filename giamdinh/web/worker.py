"""The process of one run: audits the files of its folder and leaves the result there."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from giamdinh.report.model import AuditResult

INBOX, RESULT, LISTS = "ho_so", "ket_qua", "danh_muc"
WORK = ".dang_chay"
_SAMPLE = {"seed": 1, "month": "2026-09", "facilities": 2, "claims": 60, "errors": True}
_PER_SECOND = 4
_STORE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is told: the folder of the run, lists, own cards and profile.

    Attributes:
        sample: first make the synthetic month, with lists of its own.
        store: months before, which rules across claims look at too.
    """

    folder: Path
    catalogues: Path | None
    rules: tuple[Path, ...]
    profile: Path | None = None
    sample: bool = False
    store: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    claims: int = 0
    done: int = 0
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended; `reason` is "" when it went well.

    Attributes:
        blameless: the files are not the reason, but rules, lists, the profile or the disk.
    """

    reason: str = ""
    claims: int = 0
    to_fix: int = 0
    errors: int = 0
    warnings: int = 0
    blameless: bool = False


def work(task: Task, pipe: Connection) -> None:
    """Runs the task and sends `Progress` again and again, `Ended` at the end."""
    import signal

    from giamdinh.errors import GiamdinhError, StoppedError

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        ended = _audited(task, pipe)
    except GiamdinhError as error:
        ended = Ended(str(error), blameless=not isinstance(error, StoppedError))
    except Exception as error:  # noqa: BLE001 - its text may hold what stands in a claim
        ended = Ended(f"chương trình gặp lỗi {type(error).__name__}; báo kèm tên lỗi này")
    pipe.send(ended)
    pipe.close()


def _audited(task: Task, pipe: Connection) -> Ended:
    import time

    from giamdinh.pipeline import Options, audit

    told = 0.0

    def progress(claims: int, done: int, parts: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > 1 / _PER_SECOND or done == parts:
            told = now
            with suppress(OSError):
                pipe.send(Progress(claims, done, parts))

    inbox, target = task.folder / INBOX, task.folder / RESULT
    if task.sample and not any(inbox.iterdir()):
        from giamdinh.sample import generate

        generate(task.folder, **_SAMPLE)  # type: ignore[arg-type]
    options = Options(
        catalogues=task.catalogues,
        rules=task.rules,
        profile=task.profile,
        pandera=False,
        name_claims=True,
        jobs=0,
        keep=target / WORK,
        resume=True,
        store=task.store and unlocked(task.store),
    )
    target.mkdir(exist_ok=True)
    result = audit([inbox], options, progress)
    _write(result, target)
    return _summary(result)


def unlocked(store: Path, *, shared: bool = True) -> Path:
    """The store, as soon as nobody writes to it; not shared: nor reads from it.

    Raises:
        OutputError: somebody writes for too long, or it is damaged: the claims are not to blame.
    """
    import time

    from giamdinh.errors import InputError, OutputError
    from giamdinh.store.layout import must_be_store
    from giamdinh.store.lock import locked

    end = time.monotonic() + _STORE_SECONDS
    while True:
        try:
            must_be_store(store)
            with locked(store, shared=shared):
                return store
        except InputError as error:
            raise OutputError(str(error)) from None
        except OutputError:
            if time.monotonic() > end:
                raise
        time.sleep(1)


def _write(result: AuditResult, folder: Path) -> None:
    from giamdinh.errors import OutputError, disk_reason
    from giamdinh.report import files, json_out, parquet_out
    from giamdinh.web import extras

    try:
        with files.staging(folder / WORK) as staged:
            written = [parquet_out.write(result, staged), *extras.write(result, staged)]
            written += filter(None, [parquet_out.write_claims(result, staged)])
            written.append(json_out.write_run(result, staged))
            files.publish(written, folder)
    except OSError as error:
        raise OutputError(f"không ghi được kết quả: {disk_reason(error)}") from None


def _summary(result: AuditResult) -> Ended:
    findings = result.findings
    severity = findings.texts("severity")
    names = np.array([*severity.texts, ""])[severity.codes]
    hit = findings.numbers("claim_seq")[names == "error"]
    return Ended(
        claims=len(result.claims),
        to_fix=int(np.unique(hit[hit >= 0]).size),
        errors=int((names == "error").sum()),
        warnings=int((names == "warning").sum()),
    )


def _end_with_parent() -> None:
    """A run nobody waits for any more ends with the page."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
