"""Kernels: loops on plain arrays whose one source runs as Python (few rows) or numba (many)."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

LARGE = 50_000
"""From this many elements in one array, compiled code repays numba's import and cache load."""

MANY = 5000
"""From this many rows on a kernel that is loaded anyway beats numpy though it wants some order."""

READY = 100
"""From this many on where the kernel has been compiled or loaded before."""


def at_hand(size: int) -> bool:
    """Whether compiled code for `size` rows is loaded anyway and repays the call."""
    return size >= MANY and "numba" in sys.modules


class Kernel(Generic[P, R]):
    """A function on arrays that compiles itself when an array is large.

    The source must be what numba understands: scalars, arrays, loops, and no other kernel.

    Attributes:
        python: the function as written.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.python = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the compiled function when any array is large enough, else the plain one."""
        enough = READY if "compiled" in vars(self) else LARGE
        large = any(isinstance(a, np.ndarray) and a.size >= enough for a in args)
        return self.compiled(*args, **kwargs) if large else self.python(*args, **kwargs)

    @cached_property
    def compiled(self) -> Callable[P, R]:
        """The same function compiled by numba: cached on disk, without the interpreter lock."""
        from giamdinh.kernels.jit import compiled

        return compiled(self.python)


def kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Makes a function on arrays a kernel."""
    return Kernel(function)
