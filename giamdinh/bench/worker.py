"""The measured process: prepares one competitor, times its work, prints the figures as JSON."""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time

_KILO = 1024
_OBJECTS = 50_000
"""As the command line sets it: rows make many objects and few cycles, for every competitor."""


def main() -> None:
    """Reads the order from standard input; importing and preparing are not timed."""
    gc.set_threshold(_OBJECTS)
    order = json.loads(sys.stdin.read())
    module = importlib.import_module(f"giamdinh.bench.{order['part']}")
    try:
        work = module.COMPETITORS[order["work"]](**order["arguments"])
    except ModuleNotFoundError as error:
        _tell({"problem": f"chưa cài {error.name} (pip install 'giamdinh[bench]')"})
        return
    cpu, wall = _usage()[0], time.perf_counter()
    counted = work()
    wall = time.perf_counter() - wall
    after, memory = _usage()
    if callable(counted):  # what needs work of its own to count
        counted = counted()
    _tell({"wall": wall, "cpu": after - cpu, "memory": memory, **counted})


def _usage() -> tuple[float, float]:
    """CPU seconds of this process and its finished children, and peak MB of the largest of them.

    Without the `resource` module (Windows) children are left out and the memory is 0.
    """
    try:
        import resource
    except ImportError:
        return time.process_time(), 0.0
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = _KILO * _KILO if sys.platform == "darwin" else _KILO
    cpu = sum(used.ru_utime + used.ru_stime for used in both)
    return cpu, max(used.ru_maxrss for used in both) / unit


def _tell(figures: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
