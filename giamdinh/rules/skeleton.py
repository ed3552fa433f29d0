"""A new card to fill in, explained for people who do not program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from giamdinh.errors import UsageError
from giamdinh.resources import data_dir
from giamdinh.text import bare

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_CODE = re.compile(r"([A-Z]{3,4})-([0-9]{3})")
_SLUG = 40

_CARD = "mau_the.txt"
"""In `rules/`: the text of a new card, with places for code, title and folder."""


def new_card(
    folder: Path, code: str, title: str, families: Collection[str], taken: Collection[str]
) -> Path:
    """Writes the card `code` to be filled in below `folder`.

    Args:
        folder: the facility's own cards; made when it is not there.
        code: such as NBO-001.
        title: what is wrong; may be empty.
        families: letters that may be used, beside those that `folder` has already.
        taken: codes that other cards have.

    Raises:
        UsageError: a code that is not well formed, of an unknown family, or taken.
    """
    found = _CODE.fullmatch(code)
    if found is None:
        raise UsageError(f"mã '{code}' phải có dạng NBO-001: chữ hoa, gạch nối, ba chữ số")
    family = found.group(1)
    known = sorted({*families, *(path.name for path in folder.glob("*/") if path.is_dir())})
    if family not in known:
        raise UsageError(f"không có họ quy tắc '{family}'; các họ: {', '.join(known)}")
    own = {path.name[: len(code)] for path in folder.glob("*/*.yaml")}
    used = {*taken, *own}
    if code in used:
        free = next(f"{family}-{n:03d}" for n in range(1, 1000) if f"{family}-{n:03d}" not in used)
        raise UsageError(f"mã {code} đã dùng; mã còn trống: {free}")
    slug = re.sub(r"[^a-z0-9]+", "_", bare(title))[:_SLUG].strip("_") or "dat_ten_khong_dau"
    path = folder / family / f"{code}_{slug}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (data_dir("rules") / _CARD).read_text(encoding="utf-8")
    text = text.format(code=code, title=title, folder=folder)
    path.write_text(text.replace("title: \n", "title:\n"), encoding="utf-8", newline="\n")
    return path
