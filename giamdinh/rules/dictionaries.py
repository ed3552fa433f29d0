"""What is known of the distinct texts of a batch: every question about a text is asked once."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from giamdinh.arrays import coded
from giamdinh.rules import texts as functions
from giamdinh.rules.vectors import AnyArray, Numbers, Texts, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from giamdinh.model import CodeArray, IntArray

T = TypeVar("T")
_NEW = -2


class Dictionaries:
    """Answers about lists of distinct texts.

    Lists are told apart by identity, and kept so that no other list gets the place of one.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, Hashable], tuple[Sequence[str], object]] = {}

    def once(self, texts: Sequence[str], what: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives for a list of texts, worked out for the first who asks.

        Args:
            texts: distinct, and nobody changes the list any more.
            what: the question; whoever asks the same one must mean the same `make`.
            make: called at most once.
        """
        key = id(texts), what
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = texts, make()
        return cast("T", found[1])

    def answers(
        self,
        texts: Sequence[str],
        what: Hashable,
        make: Callable[[], Iterable[Any]],
        dtype: type[np.generic],
    ) -> AnyArray:
        """What `make` gives for each text, and one entry 0 behind them for code -1."""
        return self.once(texts, (what, dtype), lambda: _table(make(), dtype, len(texts)))

    def tested(self, x: Texts, what: Hashable, make: Callable[[], Iterable[bool]]) -> Truth:
        """The answers for each row; unknown where missing."""
        yes = self.answers(x.texts, what, make, np.bool_)[x.codes]
        return Truth(yes, x.valid & ~yes)

    def test(self, x: Texts, value: tuple[Any, ...]) -> Truth:
        """What a `test` node says."""

        def found() -> AnyArray:
            asked, which = self._asked(x.texts, value)
            return _table(functions.tester(value).all(asked), np.bool_, len(asked))[which]

        yes = self.once(x.texts, ("test", value), found)[x.codes]
        return Truth(yes, x.valid & ~yes)

    def measure(self, x: Texts, value: tuple[Any, ...]) -> Numbers:
        """What a `measure` node says."""

        def found() -> Iterable[int]:
            return functions.measurer(value).all(x.texts)

        return Numbers(self.answers(x.texts, ("measure", value), found, np.int64)[x.codes], x.valid)

    def map(self, x: Texts, value: tuple[Any, ...]) -> Texts:
        """What a `map` node says; an empty text is missing."""

        def found() -> tuple[CodeArray, list[str]]:
            asked, which = self._asked(x.texts, value)
            changed = list(functions.mapper(value).all(asked))
            index = self._index(list(dict.fromkeys(filter(None, changed))))
            codes = map(index.get, [*changed, ""], repeat(-1))
            return np.fromiter(codes, np.int32, len(changed) + 1)[which], list(index)

        lut, words = self.once(x.texts, ("map", value), found)
        return Texts(lut[x.codes], words)

    def joined(self, a: Texts, b: Texts) -> tuple[CodeArray, CodeArray]:
        """Codes of both in one dictionary, so that equal texts have equal codes."""
        if a.texts is b.texts:
            return a.codes, b.codes
        if len(b.texts) > len(a.texts):  # one index of many texts serves all who have some of them
            right, left = self._joined(b, a)
            return left, right
        return self._joined(a, b)

    def merged(self, a: Texts, b: Texts) -> tuple[CodeArray, CodeArray, list[str]]:
        """Codes of both in one dictionary, and its texts."""
        left, right = self._joined(a, b)

        def found() -> tuple[Sequence[str], list[str]]:
            return b.texts, list(dict.fromkeys([*a.texts, *b.texts]))

        return left, right, self.once(a.texts, ("merged", id(b.texts)), found)[1]

    def _joined(self, a: Texts, b: Texts) -> tuple[CodeArray, CodeArray]:
        """Codes of both in the dictionary of `a`, with what only `b` has behind it."""

        def found() -> tuple[Sequence[str], CodeArray]:
            index = self.once(a.texts, "index", lambda: self._index(a.texts))
            lut = np.full(len(b.texts) + 1, -1, np.int32)
            lut[:-1] = np.fromiter(map(index.get, b.texts, repeat(_NEW)), np.int32, len(b.texts))
            new = np.flatnonzero(lut == _NEW)
            lut[new] = len(a.texts) + np.arange(new.size)
            return b.texts, lut  # with the texts, so that their identity stays theirs

        return a.codes, self.once(a.texts, ("joined", id(b.texts)), found)[1][b.codes]

    def _asked(
        self, texts: Sequence[str], value: tuple[Any, ...]
    ) -> tuple[Sequence[str], IntArray | slice]:
        """The texts that must be asked a question, and which of them answers for each of `texts`.

        Numbers of cards differ, their first characters hardly: these are asked when they decide.
        Behind the answers stands one for code -1.
        """
        if not functions.by_head(value):
            return texts, slice(None)

        def found() -> tuple[list[str], IntArray]:
            index, which = coded(functions.heads(texts))
            return list(index), np.append(which, -1)

        return self.once(texts, "heads", found)

    @staticmethod
    def _index(texts: Sequence[str]) -> dict[str, int]:
        return dict(zip(texts, range(len(texts)), strict=True))


def _table(answers: Iterable[Any], dtype: type[np.generic], size: int) -> AnyArray:
    """The answers, and behind them 0 for code -1."""
    lut = np.zeros(size + 1, dtype)
    lut[:-1] = np.fromiter(answers, dtype, size)
    return lut
