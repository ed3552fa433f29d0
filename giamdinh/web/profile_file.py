"""The profile of the data folder: what was decided about rules on a page, with reasons.

It is an ordinary profile, that the command line takes as well: `--profile cau_hinh.toml`.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

from giamdinh.errors import GiamdinhError, OutputError, disk_reason
from giamdinh.profiles.load import load_profile
from giamdinh.report.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from giamdinh.profiles.model import Profile
    from giamdinh.rules.cards import RuleSet

_HEAD = "# Các quyết định về quy tắc; trang giamdinh ghi tệp này, sửa tay cũng được.\n"
_LOCK = Lock()

Row = dict[str, Any]


class ProfileError(GiamdinhError):
    """A change that the profile cannot take."""


def load(path: Path, rules: RuleSet) -> Profile | None:
    """The profile, None when there is none.

    Raises:
        CardError: it was edited by hand and is wrong.
    """
    return load_profile(path, rules) if path.exists() else None


def add(path: Path, rules: RuleSet, section: str, row: Row) -> None:
    """Writes one more decision, if the whole file is still right with it.

    Raises:
        ProfileError: no reason was given.
        CardError: what is wrong with it.
        OutputError: it cannot be written.
    """
    if not row["reason"].strip():
        raise ProfileError("Phải ghi lý do: người khác cần biết vì sao quy tắc bị đổi.")
    with _LOCK:
        content = _content(path)
        content.setdefault(section, []).append({**row, "date": date.today()})  # noqa: DTZ011
        _write(path, content, rules)


def remove(path: Path, rules: RuleSet, number: int) -> None:
    """Takes back the decision with this number, from 0, in the order of the file.

    Raises:
        ProfileError: there is none.
    """
    with _LOCK:
        content = _content(path)
        places = [(key, i) for key, rows in _sections(content) for i in range(len(rows))]
        if not 0 <= number < len(places):
            raise ProfileError("Không có quyết định này; tải lại trang.")
        key, place = places[number]
        del content[key][place]
        _write(path, content, rules)


def _content(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return tomllib.loads(path.read_text(encoding="utf-8-sig"))


def _sections(content: dict[str, Any]) -> Iterator[tuple[str, list[Row]]]:
    return ((key, rows) for key, rows in content.items() if isinstance(rows, list))


def _write(path: Path, content: dict[str, Any], rules: RuleSet) -> None:
    """Writes the file when it is right; until then it stands beside."""
    draft = path.with_name("cau_hinh_moi.toml")
    text = _HEAD + "".join(_lines(content))
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        load_profile(draft, rules)
        write_whole(path, lambda target: _copy(draft, target))
    except OSError as error:
        raise OutputError(f"không ghi được tệp cấu hình: {disk_reason(error)}") from None
    finally:
        draft.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


def _lines(content: dict[str, Any]) -> Iterator[str]:
    """TOML of tables and lists of tables whose values are texts, numbers, days and lists."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield f"\n[{key}]\n"
            yield from _values(value)
        for row in value if isinstance(value, list) else ():
            yield f"\n[[{key}]]\n"
            yield from _values(row)


def _values(row: Row) -> Iterator[str]:
    for key, value in row.items():
        written = (
            value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
        )
        yield f"{key} = {written.replace(chr(127), ' ')}\n"
