"""Compiled rules kept between runs: reading and compiling all cards takes most of a short run.

The cache is the user's own folder and is keyed by every byte that went into it; a missing, foreign
or read-only cache only slows down.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from giamdinh.rules.cards import RuleSet


def cache_folder() -> Path:
    """Where this user's caches are: GIAMDINH_CACHE, else the system's usual place."""
    named = os.environ.get("GIAMDINH_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "giamdinh"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "giamdinh"


def load(key: str) -> RuleSet | None:
    """The rules stored under `key`, if this user stored them."""
    path = _path(key)
    try:
        if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
            return None
        with path.open("rb") as stream:
            found: RuleSet = pickle.load(stream)  # noqa: S301 - written by this user, see above
    except Exception:  # noqa: BLE001 - a damaged cache is no cache
        return None
    return found


def store(key: str, rules: RuleSet) -> None:
    """Keeps `rules` under `key` and drops older ones; does nothing where it may not write."""
    path = _path(key)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(pickle.dumps(rules))
        temporary.replace(path)
        for old in path.parent.glob("rules-*.pickle"):
            if old != path:
                old.unlink()


def _path(key: str) -> Path:
    return cache_folder() / f"rules-{key[:32]}.pickle"
