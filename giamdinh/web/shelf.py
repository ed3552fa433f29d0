"""A store of months as pages look at it: what it adds up to is kept until the store changes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from giamdinh.store.layout import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from giamdinh.budget.claims import ClaimSums
    from giamdinh.store.upkeep import Status

    T = TypeVar("T")

OWN, SAMPLE = "", "mau"
"""Stores as addresses name them."""
_KEPT = 12


class Shelf:
    """One store.

    Attributes:
        key: its name in addresses.
    """

    def __init__(self, key: str, path: Path) -> None:
        self.key = key
        self.path = path
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = Lock()

    @property
    def there(self) -> bool:
        """Whether there is a store."""
        return (self.path / CATALOGUE).is_file()

    def stamp(self) -> tuple[int, int]:
        """Something else after every change of the store; zeros when there is none."""
        try:
            state = (self.path / CATALOGUE).stat()
        except OSError:
            return 0, 0
        return state.st_size, state.st_mtime_ns

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives about the store as it is now, made once."""
        stamp = self.stamp()
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] == stamp:
                self._kept.move_to_end(key)
                return cast("T", found[1])
        made = make()
        with self._lock:
            self._kept[key] = stamp, made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def status(self) -> Status:
        """Files, claims, facilities and months.

        Raises:
            InputError: there is no store.
            OutputError: it is being written to.
        """
        from giamdinh.store.upkeep import status

        return self.kept("status", lambda: status(self.path))

    def sums(self) -> ClaimSums:
        """Visits and cost by facility, class and month.

        Raises:
            InputError: there is no store.
            OutputError: it is being written to.
        """
        from giamdinh.budget.claims import read_store

        return self.kept("sums", lambda: read_store(self.path))
