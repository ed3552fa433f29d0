"""Parts run one after the other in this process, or side by side in worker processes."""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from giamdinh.errors import OutputError, StoppedError
from giamdinh.parts import store
from giamdinh.parts.work import run_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from giamdinh.parts.plan import Part
    from giamdinh.parts.store import Store
    from giamdinh.parts.work import PartResult, Setup

_AHEAD = 2
"""Parts begun for each worker, so that none waits for work."""
_MOST_JOBS = 16
_MANY_BYTES = 50 * 2**20

_setup: list[Setup] = []
"""The setup of a worker process."""


class Workers(Protocol):
    """What runs parts."""

    def run(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        """The results of parts, in the order of the parts."""


def choose_jobs(parts: Sequence[Part]) -> int:
    """How many processes are worth their start: one for little input."""
    if sum(part.size for part in parts) < _MANY_BYTES:
        return 1
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        cores = os.cpu_count() or 1
    return max(min(cores, len(parts), _MOST_JOBS), 1)


@contextmanager
def workers(
    jobs: int, setup: Setup, kept: Store | None, progress: Callable[[int], None] | None = None
) -> Iterator[Workers]:
    """What runs parts: this process when `jobs` is 1, else that many worker processes.

    None of them outlives the block, nor this process.

    Args:
        jobs: how many parts at once.
        setup: what to run.
        kept: where finished parts are kept and looked for; None keeps nothing.
        progress: called with a number of claims whenever so many more were audited.
    """
    if jobs == 1:
        yield _Inline(setup, kept, progress)
        return
    with _pool(jobs, setup) as executor:
        yield _Pool(executor, jobs, kept, progress)


class _Inline:
    def __init__(
        self, setup: Setup, kept: Store | None, progress: Callable[[int], None] | None
    ) -> None:
        self._setup = setup
        self._kept = kept
        self._progress = progress

    def run(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        for part in parts:
            found = store.load(self._kept.path(part)) if self._kept else None
            if found is not None and self._progress:
                self._progress(len(found.totals))
            if found is None:
                found = run_part(part, self._setup, self._progress)
                if self._kept:
                    store.save(self._kept.path(part), found)
            yield found


class _Pool:
    def __init__(
        self,
        executor: ProcessPoolExecutor,
        jobs: int,
        kept: Store | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._executor = executor
        self._ahead = jobs * _AHEAD
        self._kept = kept
        self._progress = progress

    def run(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        from concurrent.futures.process import BrokenProcessPool

        begun: deque[tuple[Part, Future[PartResult | None]]] = deque()
        left = iter(parts)
        try:
            while True:
                while len(begun) < self._ahead and (part := next(left, None)) is not None:
                    with _no_interrupts():
                        future = self._executor.submit(_work, part, self._path(part))
                    begun.append((part, future))
                if not begun:
                    return
                part, future = begun.popleft()
                result = future.result() or self._stored(part)
                del future  # with its result
                if self._progress:
                    self._progress(len(result.totals))
                yield result
        except (BrokenProcessPool, MemoryError):
            raise StoppedError(
                "một tiến trình giám định bị dừng giữa chừng (thường do máy hết bộ nhớ); "
                "chạy lại với --resume và --jobs nhỏ hơn để làm tiếp phần còn lại"
            ) from None
        finally:
            for _, future in begun:
                future.cancel()

    def _path(self, part: Part) -> Path | None:
        return self._kept.path(part) if self._kept else None

    def _stored(self, part: Part) -> PartResult:
        """The result that a worker left on disk, so that what comes too early takes no memory."""
        path = self._path(part)
        found = store.load(path) if path is not None else None
        if found is None:
            raise OutputError(f"tệp '{path}' bị xóa hoặc hỏng trong lúc chạy; chạy lại từ đầu")
        return found


@contextmanager
def _pool(jobs: int, setup: Setup) -> Iterator[ProcessPoolExecutor]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    before = set(multiprocessing.active_children())
    # spawn: the same everywhere, and no copy of whatever threads this process may have.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(setup,))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        _stop(set(multiprocessing.active_children()) - before)
        raise
    executor.shutdown()


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes begun here never see Ctrl-C, which reaches all of a terminal; this one decides."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # now, because its start would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
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
    import threading

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
