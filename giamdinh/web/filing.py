"""Taking claims into a store from a page: in a process of its own, one at a time."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

SAMPLE_MONTHS = ("2025-01", "2026-09")
_FACILITIES, _CLAIMS, _MORE = 2, 18, 6
_KILLED = "tiến trình nạp bị dừng giữa chừng; phần đã nạp vẫn còn, bấm nạp lại để làm tiếp"


@dataclass(frozen=True, slots=True)
class Filing:
    """Where the taking in stands.

    Attributes:
        key: of the store. what: what is taken in, for people.
        lines: what came of it, once it has ended; `fault` when it went wrong.
    """

    key: str
    what: str
    done: int = 0
    files: int = 0
    ended: bool = False
    lines: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is told; without `source` it makes months of synthetic claims first."""

    store: Path
    source: Path | None


class Filer:
    """Takes in one thing after the other; the last one is remembered."""

    def __init__(self) -> None:
        self.now: Filing | None = None
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being taken in."""
        return self.now is not None and not self.now.ended

    def begin(self, filing: Filing, task: Task, done: Callable[[], None]) -> bool:
        """Begins, unless something is being taken in; `done` is called when it went well."""
        with self._lock:
            if self.busy:
                return False
            self.now = filing
            arguments = (filing, task, done)
            self._thread = threading.Thread(target=self._work, args=arguments, daemon=True)
            self._thread.start()
        return True

    def close(self) -> None:
        """Ends the process; what it finished before stays in the store."""
        process, thread = self._process, self._thread
        if process is not None:
            process.terminate()
        if thread is not None:
            thread.join(10)

    def _work(self, filing: Filing, task: Task, done: Callable[[], None]) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=file_away, args=(task, theirs))
        process.start()
        self._process = process
        theirs.close()
        told: Any = ("loi", _KILLED)
        try:
            while (told := ours.recv())[0] == "buoc":
                self.now = Filing(filing.key, filing.what, told[1], told[2])
        except (EOFError, OSError):
            told = ("loi", _KILLED)
        finally:
            ours.close()
            process.join()
            self._process = None
        kind, said = told
        if kind == "loi":
            self.now = Filing(filing.key, filing.what, ended=True, fault=said)
            return
        done()
        self.now = Filing(filing.key, filing.what, ended=True, lines=tuple(said))


def file_away(task: Task, pipe: Connection) -> None:
    """The process: sends ("buoc", done, all), then ("xong", lines) or ("loi", why)."""
    import signal
    import tempfile
    from pathlib import Path

    from giamdinh.errors import GiamdinhError, disk_reason

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with tempfile.TemporaryDirectory(dir=task.store.parent) as folder:
            sources = [task.source] if task.source else _months(Path(folder), pipe)
            pipe.send(("xong", _added(task.store, sources, pipe)))
    except GiamdinhError as error:
        pipe.send(("loi", str(error)))
    except OSError as error:
        pipe.send(("loi", f"không ghi được vào kho: {disk_reason(error)}; bấm nạp lại để làm tiếp"))
    except Exception as error:  # noqa: BLE001 - its text may hold what stands in a claim
        pipe.send(("loi", f"chương trình gặp lỗi {type(error).__name__}; báo kèm tên lỗi này"))
    pipe.close()


def _added(store: Path, sources: list[Path], pipe: Connection) -> list[str]:
    from giamdinh.store.add import add
    from giamdinh.store.layout import CATALOGUE
    from giamdinh.tables.values import number_vi
    from giamdinh.web.worker import unlocked

    if (store / CATALOGUE).is_file():
        unlocked(store, shared=False)  # a run that compares with the store may be reading it
    done = add(store, sources, lambda files, all_: pipe.send(("buoc", files, all_)))
    new, known, read, lost, old, empty = (
        number_vi(number, 0)
        for number in (done.files, done.known, done.read, done.quarantined, done.replaced,
                       done.empty)
    )  # fmt: skip
    lines = [
        f"Tệp mới: {new}; đã có trong kho, bỏ qua: {known}; không đọc được: {empty}.",
        f"Hồ sơ đọc được: {read}; không đọc được: {lost}; bản cũ được bản gửi lại thay: {old}.",
    ]
    if done.known and not done.files:
        lines.append("Kho đã có đủ các tệp này từ trước, không có gì được cộng hai lần.")
    return lines


def _months(folder: Path, pipe: Connection) -> list[Path]:
    """Synthetic claims of many months, more of them in the second year."""
    from giamdinh.growth.periods import Period
    from giamdinh.sample import generate

    first, last = (int(text.replace("-", "")) for text in SAMPLE_MONTHS)
    months = Period(first, last).months
    made = []
    for i, month in enumerate(months):
        named = f"{month // 100}-{month % 100:02d}"
        claims = _CLAIMS + (_MORE if month // 100 > first // 100 else 0)
        generate(folder / named, seed=i + 1, month=named, facilities=_FACILITIES, claims=claims,
                 errors=False)  # fmt: skip
        made.append(folder / named / "ho_so")
        pipe.send(("buoc", i + 1, len(months)))
    return made
