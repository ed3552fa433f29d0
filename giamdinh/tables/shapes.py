"""What makes a text wrong for its field: length, number, time, control character, code list.

Each test looks at distinct texts once. Most columns are right, so a test first asks about many
texts at once and looks closer only where that fails.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from giamdinh.tables.specs import size_in
from giamdinh.tables.values import parse_number, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from giamdinh.model import BoolArray, Field

NUMERIC = ("integer", "decimal")
TEMPORAL = ("date8", "datetime12")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.uint8)
_CHUNK = 512


def wrong_texts(kind: str, texts: Sequence[str], spec: Field, version: str) -> BoolArray:
    """Where `texts`, distinct values of a field, fail one kind of test in a format version.

    Args:
        kind: a key of the table of tests below; the kinds that need rows are not here.
        texts: values without surrounding white space.
        spec: the field; the parts of a value with a separator are tested one by one.
        version: decides the size.
    """
    return _TESTS[kind](texts, spec, version)


def right(texts: Sequence[str], spec: Field, version: str) -> bool:
    """Whether one look shows that `texts` pass all tests of this module; False proves nothing."""
    if not texts:
        return True
    if spec.kind in TEMPORAL:
        return _all_times(texts, spec) or bool(_plain_times(texts, spec).all())
    if spec.kind in NUMERIC:
        sound = _numbers_in("\n".join([*texts, ""]), spec.scale) == len(texts)
    else:
        joined = "".join(texts)
        # What is printable has no control characters, and is several times as fast to ask.
        sound = joined.isprintable() or not _CONTROL.search(joined)
    size = size_in(spec, version)
    return sound and (size is None or max(map(len, texts)) <= size)


def outside(texts: Sequence[str], spec: Field, codes: Collection[str]) -> BoolArray:
    """Where a text, or a part of it, is none of `codes`."""
    if not spec.separator:
        return np.fromiter((text not in codes for text in texts), np.bool_, len(texts))
    bad = (not all(part in codes for part in _parts(text, spec)) for text in texts)
    return np.fromiter(bad, np.bool_, len(texts))


def _too_long(texts: Sequence[str], spec: Field, version: str) -> BoolArray:
    """Longer than the field's size; zeros that end a decimal fraction do not count."""
    size = size_in(spec, version) or 0
    bad = np.fromiter(map(len, texts), np.int64, len(texts)) > size
    if spec.kind in NUMERIC:
        for i in np.flatnonzero(bad).tolist():
            text = texts[i]
            bad[i] = len(text.rstrip("0").rstrip(".") if "." in text else text) > size
    return bad


def _not_a_number(texts: Sequence[str], spec: Field, _version: str) -> BoolArray:
    bad = np.zeros(len(texts), np.bool_)
    for at in _suspects(texts, lambda joined, n: _numbers_in(joined, spec.scale) == n):
        parsed = (parse_number(part, spec.scale) for part in _parts(texts[at], spec))
        bad[at] = None in parsed
    return bad


def _too_precise(texts: Sequence[str], spec: Field, _version: str) -> BoolArray:
    """Digits other than 0 beyond the decimals of the field, in what is a number."""
    bad = np.zeros(len(texts), np.bool_)
    beyond = re.compile(rf"\.[0-9]{{{spec.scale}}}0*[1-9]")
    for at in _suspects(texts, lambda joined, _: not beyond.search(joined)):
        bad[at] = any(
            beyond.search(part) and parse_number(part, spec.scale) is not None
            for part in _parts(texts[at], spec)
        )
    return bad


def _not_a_time(texts: Sequence[str], spec: Field, _version: str) -> BoolArray:
    good = _plain_times(texts, spec)
    for i in np.flatnonzero(~good).tolist():
        good[i] = all(parse_time(part, spec) is not None for part in _parts(texts[i], spec))
    return ~good


def _with_control(texts: Sequence[str], _spec: Field, _version: str) -> BoolArray:
    bad = np.zeros(len(texts), np.bool_)
    for at in _suspects(texts, lambda joined, _: not _CONTROL.search(joined)):
        bad[at] = _CONTROL.search(texts[at]) is not None
    return bad


_TESTS: dict[str, Callable[[Sequence[str], Field, str], BoolArray]] = {
    "qua_dai": _too_long,
    "khong_phai_so": _not_a_number,
    "thua_so_le": _too_precise,
    "sai_ngay": _not_a_time,
    "sai_ngay_gio": _not_a_time,
    "ky_tu_dieu_khien": _with_control,
}


def _parts(text: str, spec: Field) -> list[str]:
    if not spec.separator:
        return [text]
    return [part.strip() for part in text.split(spec.separator) if part.strip()]


def _suspects(texts: Sequence[str], fine: Callable[[str, int], bool]) -> Iterator[int]:
    """Positions of the texts worth a closer look: those of a chunk that is not fine as a whole.

    `fine` gets the texts of a chunk, each ended by a line feed, and how many they are.
    """
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        if not fine("\n".join([*chunk, ""]), len(chunk)):
            yield from range(start, start + len(chunk))


@cache
def _plain_numbers(scale: int) -> re.Pattern[str]:
    decimals = rf"[0-9]{{1,{scale}}}+0*+" if scale else "0++"
    return re.compile(rf"(?:-?[0-9]{{1,15}}+(?:\.{decimals})?+\n)*+")


def _numbers_in(joined: str, scale: int) -> int:
    """How many lines `joined` has when all of them are surely numbers of that scale, else -1."""
    return joined.count("\n") if _plain_numbers(scale).fullmatch(joined) else -1


def _plain_times(texts: Sequence[str], spec: Field) -> BoolArray:
    """Texts that are surely a time of one of the field's widths; the rest needs a closer look."""
    sure = np.zeros(len(texts), np.bool_)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for width in spec.widths:
        at = np.flatnonzero(lengths == width)
        chosen = texts if at.size == len(texts) else [texts[i] for i in at.tolist()]
        ascii_text = "".join(chosen).encode("ascii", "replace")
        digits = np.frombuffer(ascii_text, np.uint8).reshape(-1, width) - np.uint8(ord("0"))
        sure[at] = _real_times(digits)
    return sure


def _all_times(texts: Sequence[str], spec: Field) -> bool:
    """Whether all texts are surely times of one width: asked without looking at each length."""
    lines = "\n".join([*texts, ""]).encode("ascii", "replace")
    for width in spec.widths:
        if len(lines) == len(texts) * (width + 1):
            table = np.frombuffer(lines, np.uint8).reshape(-1, width + 1)
            if (table[:, width] == ord("\n")).all():
                return bool(_real_times(table[:, :width] - np.uint8(ord("0"))).all())
    return False


def _real_times(digits: npt.NDArray[np.uint8]) -> BoolArray:
    """Rows of digits yyyymmdd or yyyymmddHHMM that are times in a year from 1000."""
    fine = (digits <= 9).all(axis=1) & (digits[:, 0] > 0)  # noqa: PLR2004
    pairs = digits[:, ::2] * np.uint8(10) + digits[:, 1::2]
    month, day = pairs[:, 2], pairs[:, 3]
    fine &= (month >= 1) & (month < _MONTH_DAYS.size) & (day >= 1)
    fine &= day <= _MONTH_DAYS[np.minimum(month, _MONTH_DAYS.size - 1)]
    if pairs.shape[1] > 4:  # noqa: PLR2004 - hours and minutes follow
        fine &= (pairs[:, 4] < 24) & (pairs[:, 5] < 60)  # noqa: PLR2004
    return fine
