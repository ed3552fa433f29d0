"""A report as JSON for programs, a workbook and one offline page, each whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from giamdinh.report.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from giamdinh.report.grid import Sheet


def write_three(
    stem: Path, title: str, said: dict[str, Any], sheets: Iterable[Sheet], html: str
) -> list[Path]:
    """Writes `<stem>.json`, `<stem>.xlsx` and `<stem>.html`.

    Raises:
        OSError: the folder cannot be written.
    """
    from giamdinh.report.workbook import write_sheets

    text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    return [
        write_whole(stem.with_suffix(".json"), lambda path: _write_text(path, text)),
        write_sheets(stem.with_suffix(".xlsx"), title, [(sheet.name, sheet) for sheet in sheets]),
        write_whole(stem.with_suffix(".html"), lambda path: _write_text(path, html)),
    ]


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
