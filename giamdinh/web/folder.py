"""A folder that is watched: which new files have arrived whole, and where they go afterwards."""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from giamdinh.errors import OutputError, UsageError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DONE, FAILED, RESULTS = "da_xong", "loi", "ket_qua"
ENDINGS = (".xml", ".zip")
_WHOLE_FILE = frozenset(
    {"tep_khong_doc_duoc", "tep_bi_cat", "khong_phai_ho_so", "doctype", "qua_lon", "sai_bang_ma",
     "zip_hong", "zip_nguy_hiem"}
)  # fmt: skip
"""Problems that, where they are about no single claim, leave nothing of a file."""


@dataclass(slots=True)
class Folder:
    """A watched folder. A file is taken once: afterwards it lies in `da_xong` or `loi`.

    Attributes:
        path: the folder; only files directly in it count.
    """

    path: Path
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _stuck: dict[str, tuple[int, int]] = field(default_factory=dict)
    _left: dict[str, tuple[int, int]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Makes the folders for what is done.

        Raises:
            UsageError: there is no such folder.
            OutputError: it cannot be written.
        """
        if not self.path.is_dir():
            raise UsageError(f"không có thư mục '{self.path}'")
        try:
            for name in (DONE, FAILED):
                (self.path / name).mkdir(exist_ok=True)
        except OSError as error:
            reason = disk_reason(error)
            raise OutputError(f"không ghi được vào '{self.path}': {reason}") from None

    def ready(self) -> list[Path]:
        """Claim files whose size and time did not change since the last look, in order of name."""
        found = {}
        for path in sorted(self.path.iterdir()):
            if path.name.startswith(".") or not path.name.lower().endswith(ENDINGS):
                continue
            with contextlib.suppress(OSError):  # moved away in this moment
                if path.is_file() and not path.is_symlink():
                    state = path.stat()
                    found[path.name] = (state.st_size, state.st_mtime_ns)
        same = [name for name, state in found.items() if self._seen.get(name) == state]
        tried = (self._stuck, self._left)
        stable = [n for n in same if all(known.get(n) != found[n] for known in tried)]
        self._seen = found
        return [self.path / name for name in stable if _whole(self.path / name)]

    def refused(self, paths: Sequence[Path], result: Path) -> set[Path]:
        """The files that nothing could be read from, by the manifest in a result folder."""
        told = json.loads((result / "run.json").read_text(encoding="utf-8"))
        names = {
            str(one["file"]).partition("!")[0]
            for one in told["ledger"]["problems"]
            if one["kind"] in _WHOLE_FILE and not one["hoso"]
        }
        return {path for path in paths if path.name in names}

    def leave(self, paths: Sequence[Path]) -> None:
        """Lets files lie that are not to blame; they are ready again when they change."""
        for path in paths:
            state = self._seen.get(path.name)
            if state is not None:
                self._left[path.name] = state

    def again(self) -> None:
        """Makes ready what was left, because the reason may be gone."""
        self._left.clear()

    def put_away(self, paths: Sequence[Path], *, well: bool) -> None:
        """Moves files that were worked on to `da_xong` or `loi`.

        One that cannot be moved is not worked on again until it changes.
        """
        for path in paths:
            state = self._seen.get(path.name)
            moved = self._move(path, self.path / (DONE if well else FAILED))
            if moved is None and state is not None:
                self._stuck[path.name] = state

    def _move(self, path: Path, folder: Path) -> Path | None:
        for number in count(1):
            name = path.name if number == 1 else f"{path.stem}_{number}{path.suffix}"
            if (folder / name).exists():
                continue
            try:
                shutil.move(path, folder / name)
            except OSError:
                return None
            return folder / name
        raise AssertionError  # pragma: no cover - the count has no end


def _whole(path: Path) -> bool:
    """Whether the file can be opened: on Windows not while another program writes it."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
