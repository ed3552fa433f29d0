"""Parts run one after the other in this process, or side by side in worker processes."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from giamdinh.errors import OutputError, StoppedError
from giamdinh.parts import store
from giamdinh.parts.work import prepare, run_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from giamdinh.parts.plan import Part
    from giamdinh.parts.store import Store
    from giamdinh.parts.work import PartResult, Setup

_MOST_JOBS = 16
_MANY_BYTES = 64 * 2**20
"""From this much input on, workers repay their start."""
_MANY_AFRESH = 256 * 2**20
"""The same where each of them has to load everything by itself."""

_setup: list[Setup] = []
"""The setup of a worker process."""


class Workers(Protocol):
    """What runs parts."""

    def run(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        """The results of parts, in the order of the parts."""


def choose_jobs(size: int) -> int:
    """How many processes are worth their start for `size` bytes: one for little input."""
    if size < (_MANY_BYTES if _can_fork() else _MANY_AFRESH):
        return 1
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        cores = os.cpu_count() or 1
    return max(min(cores, _MOST_JOBS), 1)


@contextmanager
def workers(
    jobs: int, setup: Setup, kept: Store | None, progress: Callable[[int], None] | None = None
) -> Iterator[Workers]:
    """What runs parts: this process, and beside it as many others as make `jobs` together.

    None of them outlives the block, nor this process.

    Args:
        jobs: how many parts at once.
        setup: what to run.
        kept: where finished parts are kept and looked for; None keeps nothing.
        progress: called with a number of claims whenever so many more were audited.
    """
    if setup.scanner or (jobs > 1 and _can_fork()):
        prepare(setup)
    if jobs == 1:
        yield _Inline(setup, kept, progress)
        return
    with _pool(jobs - 1, setup) as executor:
        yield _Crew(executor, jobs - 1, _Inline(setup, kept, progress))


class _Inline:
    """This process.

    Attributes:
        kept: where finished parts are kept and looked for.
    """

    def __init__(
        self, setup: Setup, kept: Store | None, progress: Callable[[int], None] | None
    ) -> None:
        self.kept = kept
        self._setup = setup
        self._progress = progress

    def run(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        return map(self.one, parts)

    def one(self, part: Part) -> PartResult:
        """One part, taken from where it is kept if it can be."""
        path = self.path(part)
        found = store.load(path) if path is not None else None
        if found is not None:
            self.count(found)
            return found
        found = run_part(part, self._setup, self._progress)
        if path is not None:
            store.save(path, found)
        return found

    def path(self, part: Part) -> Path | None:
        """Where the result of a part is kept."""
        return self.kept.path(part) if self.kept else None

    def count(self, found: PartResult) -> None:
        """Reports the claims of a part that was done elsewhere."""
        if self._progress:
            self._progress(len(found.totals))


class _Crew:
    """This process and workers: whoever is free takes the next part."""

    def __init__(self, executor: ProcessPoolExecutor, workers: int, inline: _Inline) -> None:
        self._executor = executor
        self._workers = workers
        self._inline = inline

    def run(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        from concurrent.futures.process import BrokenProcessPool

        if len(parts) == 1:
            yield self._inline.one(parts[0])
            return
        shared = _Shared(self._executor, parts, self._inline)
        try:
            with _no_interrupts():
                for _ in range(self._workers):
                    shared.give()
            for at in range(len(parts)):
                yield shared.result(at)
        except (BrokenProcessPool, MemoryError):
            raise StoppedError(
                "một tiến trình giám định bị dừng giữa chừng (thường do máy hết bộ nhớ); "
                "chạy lại với --resume và --jobs nhỏ hơn để làm tiếp phần còn lại"
            ) from None
        finally:
            shared.end()


class _Shared:
    """Parts that this process and its workers take one after the other."""

    def __init__(
        self, executor: ProcessPoolExecutor, parts: Sequence[Part], inline: _Inline
    ) -> None:
        self._executor = executor
        self._parts = parts
        self._inline = inline
        self._left = iter(range(len(parts)))
        # Held while a part goes over to a worker, which the thread of the executor does too.
        self._lock = threading.RLock()
        self._given: dict[int, Future[PartResult | None]] = {}
        self._done: dict[int, PartResult] = {}

    def give(self, before: Future[PartResult | None] | None = None) -> None:
        """Gives the next part to a worker, which has done the part `before`."""
        if before is not None and (before.cancelled() or before.exception()):
            return
        with self._lock, suppress(RuntimeError):  # the executor is closed or broken
            at = next(self._left, None)
            if at is None:
                return
            part = self._parts[at]
            future = self._given[at] = self._executor.submit(_work, part, self._inline.path(part))
            future.add_done_callback(self.give)

    def result(self, at: int) -> PartResult:
        """The result of a part; while a worker is at it, this process does others."""
        while at not in self._done:
            future = self._given.get(at)
            if future is None or not future.done():
                with self._lock:
                    own = next(self._left, None)
                if own is not None:
                    self._done[own] = self._inline.one(self._parts[own])
                    continue
            with self._lock:
                future = self._given.pop(at)
            self._done[at] = future.result() or self._stored(at)
            self._inline.count(self._done[at])
        return self._done.pop(at)

    def end(self) -> None:
        """Nothing more is given to workers."""
        with self._lock:
            self._left = iter(range(0))
            for future in self._given.values():
                future.cancel()

    def _stored(self, at: int) -> PartResult:
        """The result that a worker left on disk, so that what comes too early takes no memory."""
        path = self._inline.path(self._parts[at])
        found = store.load(path) if path is not None else None
        if found is None:
            raise OutputError(f"tệp '{path}' bị xóa hoặc hỏng trong lúc chạy; chạy lại từ đầu")
        return found


@contextmanager
def _pool(workers: int, setup: Setup) -> Iterator[ProcessPoolExecutor]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(setup,))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        _stop(set(multiprocessing.active_children()) - before)
        raise
    executor.shutdown()


def _can_fork() -> bool:
    """Whether a worker may begin as a copy of this process, with all that was loaded.

    A thread of this process could hold a lock that nobody in the copy would ever give back; other
    systems than Linux have libraries that a copy breaks.
    """
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes begun here never see Ctrl-C, which reaches all of a terminal; this one decides."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    if not _can_fork():
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # now, because its start would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            # Newer Pythons count the threads of numpy's library, which a copy can do without.
            warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(processes: set[BaseProcess]) -> None:
    """Ends workers in the middle of a part: nobody waits for it any more."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def _begin(setup: Setup) -> None:
    """Prepares a worker process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _setup[:] = [setup]


def _end_with_parent() -> None:
    """A worker whose main process was killed would wait for work for ever."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(part: Part, path: Path | None) -> PartResult | None:
    """One part in a worker; the result stays on disk when there is a place for it."""
    found = store.load(path) if path is not None else None
    if found is None:
        found = run_part(part, _setup[0])
        if path is None:
            return found
        store.save(path, found)
    return None
