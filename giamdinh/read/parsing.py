"""lxml as this package uses it: nothing expanded, nothing fetched, everything bounded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypedDict

from lxml import etree

from giamdinh.read.prolog import to_utf8
from giamdinh.read.refused import RefusedError, malformed

if TYPE_CHECKING:
    from giamdinh.read.limits import Limits


class _Settings(TypedDict):
    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    remove_comments: bool
    remove_pis: bool


# Comments and instructions are dropped while parsing, so a text they split is one text again.
SETTINGS = _Settings(
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
    return etree.XMLParser(**SETTINGS)
