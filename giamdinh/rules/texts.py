"""What the text operations of the expression language do to one text."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

T = TypeVar("T")
_ATOM = re.compile(r"[A-Z0-9.]|\[[A-Z0-9]+\]")
_WAY = rf"(?:{_ATOM.pattern}){{1,3}}"
_HEAD = re.compile(rf"({_WAY}|\((?:{_WAY})(?:\|{_WAY})*\))\.\*")
"""One to three characters of a card number or a code, and then anything."""
HEAD = 3
"""The most characters of a pattern that `by_head` takes."""
_REMEMBERED = 4096
"""Texts that one function keeps its answers for; codes repeat from batch to batch, names less."""


class Remembered(dict[str, T], Generic[T]):
    """A function of one text that knows its answers so far."""

    def __init__(self, make: Callable[[], Callable[[str], T]]) -> None:
        """Remembers answers of the function that `make` gives when the first text is asked."""
        super().__init__()
        self._make = make

    @cached_property
    def function(self) -> Callable[[str], T]:
        """The function; making it may mean to compile a pattern."""
        return self._make()

    def __missing__(self, text: str) -> T:
        if len(self) >= _REMEMBERED:
            self.clear()
        answer = self[text] = self.function(text)
        return answer

    def all(self, texts: Sequence[str]) -> Iterable[T]:
        """The answers for `texts`; more of them than are remembered are hardly seen again."""
        answer = self.function if len(texts) > _REMEMBERED else self.__getitem__
        return map(answer, texts)


def split(text: str, separator: str = ";") -> list[str]:
    """The parts of a list field, trimmed, empty ones dropped."""
    if separator not in text:
        alone = text.strip()
        return [alone] if alone else []
    return [part for raw in text.split(separator) if (part := raw.strip())]


def fold(text: str) -> str:
    """NFC, without case, single spaces: how names are compared."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@cache
def mapper(value: tuple[Any, ...]) -> Remembered[str]:
    """The text → text function of a `map` node, or of two, the inner one first."""
    match value:
        case (tuple() as first, tuple() as second):
            inner, outer = mapper(first), mapper(second)
            return Remembered(lambda: lambda text: outer[inner[text]])
    return Remembered(partial(_mapper, value))


def _mapper(value: tuple[Any, ...]) -> Callable[[str], str]:
    match value:
        case ("slice", start, stop):
            return lambda text: text[start:stop]
        case ("before", separator):
            return lambda text: text.partition(separator)[0]
        case ("after", separator):
            return lambda text: text.partition(separator)[2]
        case ("fold",):
            return fold
        case ("nth", 0, separator) if not separator.isalnum():
            return lambda text: text if text.isalnum() else _nth(split(text, separator), 0)
        case ("nth", index, separator):
            return lambda text: _nth(split(text, separator), index)
    raise AssertionError(value)


def _nth(parts: list[str], index: int) -> str:
    return parts[index] if -len(parts) <= index < len(parts) else ""


@cache
def tester(value: tuple[Any, ...]) -> Remembered[bool]:
    """The text → bool function of a `test` node."""
    return Remembered(partial(_tester, value))


def _tester(value: tuple[Any, ...]) -> Callable[[str], bool]:
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
            return _parts_tester(mode, re.compile(pattern), separator)
    raise AssertionError(value)


def _parts_tester(mode: str, pattern: re.Pattern[str], separator: str) -> Callable[[str], bool]:
    fits, combine = pattern.fullmatch, all if mode == "every" else any

    def test(text: str) -> bool:
        if separator not in text and (alone := text.strip()):
            return fits(alone) is not None
        return combine(fits(part) is not None for part in split(text, separator))

    return test


@cache
def by_head(value: tuple[Any, ...]) -> bool:
    """Whether a `test` or `map` says the same of a text of letters and digits and of its head.

    So do a piece of its beginning, the same of its first part, and a pattern each of whose ways
    is one to three characters and then anything: `(AB|C[12]).*`.
    """
    match value:
        case ("every" | "some", pattern, separator):
            return _HEAD.fullmatch(pattern) is not None and not separator.isalnum()
        case ("matches", pattern):
            return _HEAD.fullmatch(pattern) is not None
        case ("slice", start, stop):
            return bool(0 <= start <= stop <= HEAD)
        case (("nth", 0, separator), ("slice", *_) as piece):
            return by_head(piece) and not separator.isalnum()
    return False


def heads(texts: Iterable[str]) -> list[str]:
    """The first `HEAD` characters of texts of letters and digits; other texts whole."""
    return [text[:HEAD] if text.isalnum() else text for text in texts]


@cache
def measurer(value: tuple[Any, ...]) -> Remembered[int]:
    """The text → whole number function of a `measure` node."""
    return Remembered(partial(_measurer, value))


def _measurer(value: tuple[Any, ...]) -> Callable[[str], int]:
    match value:
        case ("len", _):
            return len
        case ("parts", separator) if not separator.isalnum():
            return lambda text: 1 if text.isalnum() else len(split(text, separator))
        case ("parts", separator):
            return lambda text: len(split(text, separator))
    raise AssertionError(value)


def parts_in(text: str, mode: str, separator: str, members: Collection[str]) -> bool:
    """Whether all (or any) parts of a list are members; an empty list has none outside."""
    combine = all if mode == "all" else any
    return combine(part in members for part in split(text, separator))
