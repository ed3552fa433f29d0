"""NOIDUNGFILE to a table document: child elements, escaped XML, CDATA or base64."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from giamdinh.read.parsing import parse_table
from giamdinh.read.refused import RefusedError

if TYPE_CHECKING:
    from lxml import etree

    from giamdinh.read.limits import Limits

_BLANK = b" \t\r\n"
_BEFORE_XML = "\ufeff \t\r\n"


def table_document(content: etree._Element, limits: Limits) -> etree._Element | None:
    """The root of the table in a NOIDUNGFILE element, None when it is empty.

    Several elements side by side come back as NOIDUNGFILE itself.

    Raises:
        RefusedError: wrong base64, or what it holds is not a table document.
    """
    text = content.text or ""
    if len(content):
        if text.strip() or any((child.tail or "").strip() for child in content):
            reason = "NOIDUNGFILE lẫn cả chữ và thẻ con; chỉ để một cách ghi rồi xuất lại"
            raise RefusedError("noi_dung_la", reason)
        return content[0] if len(content) == 1 else content
    written = text.lstrip(_BEFORE_XML)
    if written.startswith("<"):
        return parse_table(written.rstrip().encode("utf-8"), limits)
    data = _from_base64(text)
    return parse_table(data, limits) if data else None


def _from_base64(text: str) -> bytes:
    try:
        packed = text.encode("ascii").translate(None, _BLANK)
        # Python's strict mode overlooks padding beyond a whole group.
        if len(packed) % 4 == 0 and packed.find(b"=", 0, -2) < 0:
            return binascii.a2b_base64(packed, strict_mode=True) if packed else b""
    except (UnicodeEncodeError, binascii.Error):
        pass
    reason = "NOIDUNGFILE không phải base64 đúng (bị cắt, thừa hoặc có ký tự lạ); mã hóa lại"
    raise RefusedError("base64_sai", reason)
