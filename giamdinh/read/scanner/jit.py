"""How kernels of several files are compiled and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numba
import numpy as np

from giamdinh.kernels.jit import compiled
from giamdinh.read.scanner import code_folder

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_njit: Any = numba.njit
_LEAN: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
"""Kernels make no arrays, so nothing counts references: that would take most of their time."""
_BARE = {"nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Python never calls these, and what it would call them through takes most of their compilation."""


def fixed(value: int) -> int:
    """A constant for kernels; a plain integer would be a type of its own in every call with it."""
    return np.int64(value)  # type: ignore[return-value]


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """A kernel that Python calls; compiled at its first call, cached where there is a folder."""
    return compiled(function, code_folder(), no_cfunc_wrapper=True, **_LEAN)


def part(function: Callable[P, R]) -> Callable[P, R]:
    """A function that kernels call."""
    made: Callable[P, R] = _njit(**_BARE, **_LEAN)(function)
    return made


def once(function: Callable[P, R]) -> Callable[P, R]:
    """A function that is called in one place and becomes part of its caller: compiled only once."""
    made: Callable[P, R] = _njit(inline="always", **_BARE, **_LEAN)(function)
    return made


def helper(function: Callable[P, R]) -> Callable[P, R]:
    """A small function that kernels call, compiled into each place that calls it."""
    made: Callable[P, R] = _njit(forceinline=True, **_BARE, **_LEAN)(function)
    return made
