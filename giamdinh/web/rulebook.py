"""Rules that follow their files: a changed card is read again, a wrong one leaves the old rules."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from giamdinh.errors import GiamdinhError
from giamdinh.resources import data_dir
from giamdinh.rules.cards import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from giamdinh.rules.cards import RuleSet

    Stamp = tuple[tuple[str, int, int], ...]

_SECONDS = 3.0
"""How long a look at the files is good for."""
_WRONG = (
    "Thẻ quy tắc vừa sửa bị sai nên trang còn dùng bản trước; lượt chạy mới sẽ báo lỗi này. Sửa "
    "tệp rồi tải lại trang:"
)
_UPGRADED = (
    "Bộ quy tắc của chương trình vừa đổi (thường do nâng cấp) mà trang chưa dùng được. Đóng cửa sổ "
    "lệnh rồi chạy lại giamdinh serve:"
)


def stamp(paths: Iterable[Path]) -> Stamp:
    """Names, sizes and times of files; a folder stands for what lies in it, two levels deep."""
    found = []
    for path in paths:
        inside = sorted([*path.glob("*"), *path.glob("*/*")]) if path.is_dir() else [path]
        for file in inside:
            with suppress(OSError):
                state = file.stat()
                found.append((str(file), state.st_size, state.st_mtime_ns))
    return tuple(found)


class RuleBook:
    """The rules in force on the pages. Runs read the files themselves when they begin.

    Attributes:
        fault: why the files as they are now cannot be used; "" when they can.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.fault = ""
        self._folders = tuple(folders)
        self._rules: RuleSet | None = None
        self._stamp: tuple[Stamp, Stamp] = ((), ())
        self._looked = 0.0
        self._lock = Lock()

    def now(self) -> RuleSet:
        """The rules of the files, read again when one has changed.

        Raises:
            CardError, UsageError: they are wrong and there are no earlier ones.
        """
        with self._lock:
            if self._rules is None or time.monotonic() - self._looked > _SECONDS:
                self._look()
            if self._rules is None:
                self._rules = load_rules(self._folders)
            return self._rules

    def _look(self) -> None:
        found = stamp([data_dir("rules")]), stamp(self._folders)
        self._looked = time.monotonic()
        if found == self._stamp:
            return
        upgraded = found[0] != self._stamp[0]
        self._stamp = found
        if self._rules is None:
            return
        try:
            self._rules = load_rules(self._folders)
            self.fault = ""
        except GiamdinhError as error:
            self.fault = f"{_UPGRADED if upgraded else _WRONG}\n{error}"
