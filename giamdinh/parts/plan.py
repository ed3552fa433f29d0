"""The split of the input into parts, by files and size alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from itertools import groupby
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lxml import etree

from giamdinh.read.document import Document, open_file
from giamdinh.read.ending import CLAIM_TAG, ENVELOPE_ROOT
from giamdinh.read.parsing import SETTINGS, local_name
from giamdinh.read.prolog import is_plain_utf8, opening
from giamdinh.read.refused import READ_ERRORS, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from giamdinh.read.limits import Limits
    from giamdinh.read.sources import Source

PART_BYTES = 448 * 2**20
"""The most of a part, whose fixed cost weighs less the larger it is; one batch holds it whole, so
`Limits.batch_bytes` is a little more."""
PART_FILES = 20_000
_LEAST_BYTES = 64 * 2**20
_TURNS = 2
"""Parts for each of several processes, so that nobody waits long for the last one."""
_UNPACKS = 8
"""How much larger a zip archive is taken to be than it looks."""
_WINDOW = 2**20
_SEAM = re.compile(rb"<(?:[^\s<>/!?:]{1,40}:)?%b(?=[\s/>])" % CLAIM_TAG.encode("ascii"))


@dataclass(frozen=True, slots=True)
class Cut:
    """A range of a big claim file, to be read under the head of the file.

    That the range begins and ends between two claims is a guess from its bytes; it is proved
    when all ranges of the file turn out to be whole documents.

    Attributes:
        head: bytes in front of the first claim.
        start, end: the range.
        tail: end tags of what the head opened; empty for the last range, which has its own.
    """

    head: int
    start: int
    end: int
    tail: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """What is read and audited in one go: some files in order of path, or a range of one."""

    sources: tuple[Source, ...]
    cut: Cut | None = None


def part_bytes(sources: Iterable[Source], jobs: int) -> int:
    """How much goes into a part when `jobs` processes share the work."""
    if jobs == 1:
        return PART_BYTES
    share = sum(map(_weight, sources)) // (_TURNS * jobs) + 1
    return min(max(share, _LEAST_BYTES), PART_BYTES)


def plan(
    sources: Sequence[Source],
    limits: Limits,
    size: int = PART_BYTES,
    files: int = PART_FILES,
) -> tuple[Part, ...]:
    """The parts in order of path: of about `size` bytes, and at most `files` files.

    As many equal shares as are needed hold all bytes; a file belongs to the part in whose share its
    middle lies. One of more than two shares is cut in front of claims, if it can be.
    """
    parts: list[Part] = []
    run: list[Source] = []
    total = max(sum(map(_weight, sources)), 1)
    share = _share(total, size)
    before = turn = 0
    for source in sources:
        own = _weight(source)
        last, turn = turn, min(before + own // 2, total - 1) // share
        before += own
        cuts = _cuts(source, limits, size) if 2 * share < source.size else ()
        if run and (cuts or turn != last or len(run) >= files):
            parts.append(Part(tuple(run)))
            run = []
        if cuts:
            parts += [Part((source,), cut) for cut in cuts]
        else:
            run.append(source)
    return (*parts, Part(tuple(run))) if run else tuple(parts)


def groups(parts: Iterable[Part]) -> Iterator[tuple[Part, ...]]:
    """The parts again, those of one file together."""
    for cut, group in groupby(parts, lambda part: part.sources if part.cut else None):
        if cut:
            yield tuple(group)
        else:
            yield from ((part,) for part in group)


def document(source: Source, cut: Cut) -> Document:
    """A range of a file as a document of its own."""
    return Document(source.name, lambda: _open(source.path, cut), cut=True)


def _weight(source: Source) -> int:
    packed = source.path.lower().endswith(".zip")
    return max(source.size, 0) * (_UNPACKS if packed else 1)


def _share(total: int, size: int) -> int:
    """Bytes of each of as many equal parts as are needed; `total` is at least 1."""
    return -(-total // -(-total // size))


def _cuts(source: Source, limits: Limits, size: int) -> tuple[Cut, ...]:
    """Ranges of at most about `size` bytes; none when the file is not what can be cut."""
    if source.size > limits.file_bytes:
        return ()
    try:
        with open_file(source.path) as file:
            start, tail = _head(file.read(limits.prolog_bytes))
            if not start:
                return ()
            places = [start]
            share = _share(max(source.size - start, 1), size)
            for near in range(start + share, source.size, share):
                file.seek(near)
                seam = _SEAM.search(file.read(_WINDOW))
                if seam is not None and near + seam.start() > places[-1]:
                    places.append(near + seam.start())
    except (*READ_ERRORS, RefusedError):
        return ()
    if len(places) == 1:
        return ()
    ends = [*places[1:], source.size]
    tails = [tail] * (len(places) - 1) + [b""]
    return tuple(
        Cut(start, first, end, close) for first, end, close in zip(places, ends, tails, strict=True)
    )


def _head(data: bytes) -> tuple[int, bytes]:
    """Bytes in front of the first claim, and the end tags of what is open there.

    (0, b"") when this is no claim file in UTF-8 or the first claim is too far away.
    """
    seam = _SEAM.search(data)
    if seam is None or not is_plain_utf8(data[: seam.start()]):
        return 0, b""
    try:
        text, root = opening(data[: seam.start()].removeprefix(b"\xef\xbb\xbf"))
        open_tags = _open_tags(text)
    except (RefusedError, etree.XMLSyntaxError):
        return 0, b""
    if root != ENVELOPE_ROOT or not open_tags:
        return 0, b""
    return seam.start(), b"".join(b"</%b>" % tag.encode() for tag in reversed(open_tags))


def _open_tags(text: bytes) -> list[str]:
    """Names as written, from the root down, of the elements that are open at the end."""
    parser = etree.XMLPullParser(("start", "end"), **SETTINGS)
    parser.feed(text)
    stack: list[str] = []
    events = cast("Iterator[tuple[str, Any]]", parser.read_events())
    for event, element in events:
        if event == "end":
            stack.pop()
        else:
            prefix = f"{element.prefix}:" if element.prefix else ""
            stack.append(prefix + local_name(element.tag))
    return stack


def _open(path: str, cut: Cut) -> BinaryIO:
    return cast("BinaryIO", BufferedReader(_Range(open_file(path), cut)))


class _Range(RawIOBase):
    """The head of a file, a range of it, and the end tags that make it a document."""

    def __init__(self, file: BinaryIO, cut: Cut) -> None:
        self._file = file
        self._left = [(0, cut.head), (cut.start, cut.end - cut.start)]
        self._tail = cut.tail

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while self._left:
            start, size = self._left[0]
            self._file.seek(start)
            data = self._file.read(min(size, len(buffer)))
            self._left[0] = (start + len(data), size - len(data))
            if not data or size == len(data):
                del self._left[0]
            if data:
                buffer[: len(data)] = data
                return len(data)
        data, self._tail = self._tail[: len(buffer)], self._tail[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
