"""What the text operations of the expression language do to one text."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def split(text: str, separator: str = ";") -> list[str]:
    """The parts of a list field, trimmed, empty ones dropped."""
    return [part for raw in text.split(separator) if (part := raw.strip())]


def fold(text: str) -> str:
    """NFC, without case, single spaces: how names are compared."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def mapper(value: tuple[Any, ...]) -> Callable[[str], str]:
    """The text → text function of a `map` node."""
    match value:
        case ("slice", start, stop):
            return lambda text: text[start:stop]
        case ("before", separator):
            return lambda text: text.partition(separator)[0]
        case ("after", separator):
            return lambda text: text.partition(separator)[2]
        case ("fold",):
            return fold
        case ("nth", index, separator):
            return lambda text: _nth(split(text, separator), index)
    raise AssertionError(value)


def _nth(parts: list[str], index: int) -> str:
    return parts[index] if -len(parts) <= index < len(parts) else ""


def tester(value: tuple[Any, ...]) -> Callable[[str], bool]:
    """The text → bool function of a `test` node."""
    match value:
        case ("matches", pattern):
            compiled = re.compile(pattern)
            return lambda text: compiled.fullmatch(text) is not None
        case ("starts", word):
            return lambda text: text.startswith(word)
        case ("ends", word):
            return lambda text: text.endswith(word)
        case ("contains", word):
            return lambda text: word in text
        case ("every" | "some" as mode, pattern, separator):
            compiled = re.compile(pattern)
            combine = all if mode == "every" else any
            return lambda text: combine(
                compiled.fullmatch(part) is not None for part in split(text, separator)
            )
    raise AssertionError(value)


def measurer(value: tuple[Any, ...]) -> Callable[[str], int]:
    """The text → whole number function of a `measure` node."""
    match value:
        case ("len", _):
            return len
        case ("parts", separator):
            return lambda text: len(split(text, separator))
    raise AssertionError(value)


def parts_in(text: str, mode: str, separator: str, members: Collection[str]) -> bool:
    """Whether all (or any) parts of a list are members; an empty list has none outside."""
    combine = all if mode == "all" else any
    return combine(part in members for part in split(text, separator))
