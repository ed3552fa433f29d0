"""lxml as this package uses it: nothing expanded, nothing fetched, everything bounded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict, cast

from lxml import etree

from giamdinh.read.prolog import to_utf8
from giamdinh.read.refused import RefusedError, ended, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.read.limits import Limits
    from giamdinh.read.prolog import Utf8Chunks


class _Settings(TypedDict):
    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    remove_comments: bool
    remove_pis: bool


# Comments and instructions are dropped while parsing, so a text they split is one text again.
_SETTINGS = _Settings(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    remove_comments=True,
    remove_pis=True,
)


def local_name(tag: object) -> str:
    """A tag without its namespace; "" for what is not an element."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def weigh(data: bytes) -> int:
    """An upper bound on the elements, attributes, comments and instructions in `data`."""
    return data.count(b"<") + data.count(b"=")


def parse_table(data: bytes, limits: Limits) -> etree._Element:
    """The root of a whole document.

    Raises:
        RefusedError: too large, DOCTYPE, wrong encoding, or not well formed.
    """
    if len(data) > limits.table_bytes:
        most = limits.table_bytes // 2**20
        raise RefusedError("qua_lon", f"Bảng lớn hơn {most} MB; tách hồ sơ hoặc xuất lại")
    try:
        text, _ = to_utf8(data)
    except RefusedError as refused:
        kind = "xml_trong_hong" if refused.kind == "khong_phai_ho_so" else refused.kind
        raise RefusedError(kind, f"Nội dung bảng: {refused.reason}") from None
    if weigh(text) > limits.claim_nodes:
        raise RefusedError("qua_lon", "Bảng có quá nhiều thẻ; tách hồ sơ hoặc xuất lại")
    try:
        return etree.fromstring(text, _table_parser())
    except etree.XMLSyntaxError as error:
        raise malformed(error, "xml_trong_hong", "Nội dung bảng", text) from None


@cache
def _table_parser() -> etree.XMLParser:
    """One parser for all tables: without `huge_tree` libxml2 adds its own bounds."""
    return etree.XMLParser(**_SETTINGS)


class Pieces:
    """The elements named `piece` of a large document, one at a time, in bounded memory.

    Attributes:
        opened: pieces whose start tag was seen.
        closed: pieces that were whole.
        header: text of the first element of each name in `headers` outside pieces.
        late: names of `headers` met only after the first piece.
    """

    def __init__(
        self, chunks: Utf8Chunks, piece: str, headers: Sequence[str], limits: Limits
    ) -> None:
        self._chunks = chunks
        self._piece = piece
        self._limits = limits
        self._tags = [f"{{*}}{name}" for name in (piece, *headers)]
        self._nested = 0
        self.opened = 0
        self.closed = 0
        self.header: dict[str, str] = {}
        self.late: list[str] = []

    def __iter__(self) -> Iterator[etree._Element]:
        """Each whole piece; it is emptied when the next one is asked for.

        Raises:
            RefusedError: the document stops being readable; pieces before that are whole.
        """
        # huge_tree, because a base64 text may pass libxml2's own bound; `_check` bounds instead.
        parser = etree.XMLPullParser(("start", "end"), tag=self._tags, huge_tree=True, **_SETTINGS)
        size = nodes = 0
        for chunk in self._chunks:
            size += len(chunk)
            nodes += weigh(chunk)
            error = _feed(parser, chunk)
            for element in self._whole(parser):
                yield element
                _release(element)
                size = nodes = 0
            if error is not None:
                raise malformed(error, "tep_khong_doc_duoc", "Tệp", chunk)
            self._check(size, nodes)
        try:
            parser.close()
        except etree.XMLSyntaxError as error:
            raise ended(error, "Tệp", parser.feed_error_log) from None

    def _whole(self, parser: etree.XMLPullParser) -> Iterator[etree._Element]:
        events = cast("Iterator[tuple[str, Any]]", parser.read_events())
        for event, element in events:
            name = local_name(element.tag)
            if name != self._piece:
                if event == "end" and not self._nested:
                    self._keep_header(name, element.text or "")
            elif event == "start":
                self._nested += 1
                self.opened += self._nested == 1
            else:
                self._nested -= 1
                if not self._nested:
                    self.closed += 1
                    yield element

    def _keep_header(self, name: str, text: str) -> None:
        if name not in self.header:
            self.header[name] = text
            if self.opened:
                self.late.append(name)

    def _check(self, size: int, nodes: int) -> None:
        if size > self._limits.claim_bytes:
            most = self._limits.claim_bytes // 2**20
            raise RefusedError("qua_lon", f"Một hồ sơ lớn hơn {most} MB; xuất lại hồ sơ đó")
        if self.opened > self._limits.file_pieces:
            most = self._limits.file_pieces
            raise RefusedError("qua_lon", f"Tệp có hơn {most} hồ sơ hoặc dòng XML0; chia nhỏ tệp")
        if nodes > self._limits.claim_nodes:
            raise RefusedError("qua_lon", "Một hồ sơ có quá nhiều thẻ; xuất lại hồ sơ đó")


def _feed(parser: etree.XMLPullParser, chunk: bytes) -> etree.XMLSyntaxError | None:
    """Parses a chunk; an error comes back, for what was whole before it is still to be taken."""
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        return error
    return None


def _release(element: etree._Element) -> None:
    """Empties a finished element and drops what came before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
