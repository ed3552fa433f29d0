"""How kernels are compiled: without the interpreter lock, kept on disk where that is possible."""

from __future__ import annotations

import contextlib
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numba
from numba.core import config as numba_config
from numba.core.caching import FunctionCache

from giamdinh.kept import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


_SETTING = Lock()
"""Held while numba's one setting for the place of its cache is another one."""


class _Cache(FunctionCache):
    """numba's cache, where a damaged file or a full disk costs time and nothing else."""

    def load_overload(self, *args: Any) -> Any:  # noqa: ANN401 - numba's own types
        """The compiled code kept for a signature, None where there is none that can be used."""
        with contextlib.suppress(Exception):
            return super().load_overload(*args)  # type: ignore[no-untyped-call]
        return None

    def save_overload(self, *args: Any) -> None:  # noqa: ANN401 - numba's own types
        """Keeps compiled code if it can be."""
        with contextlib.suppress(Exception):
            super().save_overload(*args)  # type: ignore[no-untyped-call]


def compiled(
    function: Callable[P, R],
    folder: str = "numba",
    **options: Any,  # noqa: ANN401 - numba's own
) -> Callable[P, R]:
    """`function` for Python to call, compiled at its first call with given types.

    The cache is set as `cache=True` would set it.

    Args:
        function: numba sees changes of the file it stands in, and only those.
        folder: where in the cache it is kept, unless NUMBA_CACHE_DIR says otherwise.
        options: further ones for `numba.njit`.
    """
    made: Any = numba.njit(nogil=True, **options)(function)
    config: Any = numba_config
    with _SETTING:
        before = config.CACHE_DIR
        config.CACHE_DIR = before or str(private_folder(folder) or "")
        if config.CACHE_DIR:
            with contextlib.suppress(RuntimeError):  # no folder can be written
                made._cache = _Cache(function)  # type: ignore[no-untyped-call]  # noqa: SLF001
        config.CACHE_DIR = before
    out: Callable[P, R] = made
    return out


def part(function: Callable[P, R]) -> Callable[P, R]:
    """A piece of a kernel of the same file, compiled into it; called by kernels only."""
    made: Any = numba.njit(nogil=True)(function)
    out: Callable[P, R] = made
    return out
