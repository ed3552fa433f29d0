"""A tiny writer of claim files in every style that the reader must accept."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, str]
FACILITY = "79999"

STYLES = (
    "base64",
    "base64_lines",
    "base64_cdata",
    "base64_bom",
    "base64_declared",
    "base64_wrongly_declared",
    "base64_utf16",
    "inline",
    "inline_pretty",
    "inline_namespace",
    "escaped",
    "cdata",
    "cdata_declared",
)


def cell(name: str, text: str, *, cdata: bool = False) -> str:
    if cdata and "]]>" not in text and "\r" not in text:
        return f"<{name}><![CDATA[{text}]]></{name}>"
    return f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>" if text else f"<{name}/>"


def document(table: str, rows: Sequence[Row], *, pretty: bool = False, cdata: bool = False) -> str:
    """The table document of `rows`."""
    spec = table_specs()[table]
    gap = "\n    " if pretty else ""
    written = [
        f"<{spec.row}>{gap}"
        + gap.join(cell(name, text, cdata=cdata) for name, text in row.items())
        + f"{gap}</{spec.row}>"
        for row in rows
    ]
    if spec.root in ("", spec.row):
        return gap.join(written)
    body = f"{gap}{gap.join(written)}{gap}" if written else ""
    listed = f"<{spec.list_tag}>{body}</{spec.list_tag}>" if spec.list_tag else body
    return f"<{spec.root}>{gap}{listed}{gap}</{spec.root}>"


def b64(data: bytes, width: int = 0) -> str:
    text = base64.b64encode(data).decode()
    if not width:
        return text
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


def content(text: str, style: str) -> str:
    """What stands in NOIDUNGFILE for a table document, in one of STYLES."""
    declaration = '<?xml version="1.0" encoding="{}"?>\n'
    if style.startswith("inline"):
        return text
    if style == "escaped":
        return escape(text)
    if style in ("cdata", "cdata_declared"):
        head = declaration.format("utf-16") if style == "cdata_declared" else ""
        return "<![CDATA[" + (head + text).replace("]]>", "]]]]><![CDATA[>") + "]]>"
    data = {
        "base64_bom": b"\xef\xbb\xbf" + text.encode(),
        "base64_declared": (declaration.format("UTF-8") + text).encode(),
        "base64_wrongly_declared": (declaration.format("utf-16") + text).encode(),
        "base64_utf16": (declaration.format("utf-16") + text).encode("utf-16"),
    }.get(style, text.encode())
    packed = b64(data, 64 if style == "base64_lines" else 0)
    return f"<![CDATA[{packed}]]>" if style == "base64_cdata" else packed


def file_hoso(table: str, inside: str) -> str:
    return f"<FILEHOSO><LOAIHOSO>{table}</LOAIHOSO><NOIDUNGFILE>{inside}</NOIDUNGFILE></FILEHOSO>\n"


def hoso(tables: Mapping[str, Sequence[Row]], style: str = "base64", *, cdata: bool = False) -> str:
    """One HOSO with a FILEHOSO for each table."""
    pretty = style == "inline_pretty"
    files = [
        file_hoso(table, content(document(table, rows, pretty=pretty, cdata=cdata), style))
        for table, rows in tables.items()
    ]
    return f"<HOSO>\n{''.join(files)}</HOSO>\n"


@dataclass(frozen=True)
class Envelope:
    """The envelope around HOSO elements; `count` None means as many as there are."""

    made: str = "20250310"
    count: str | None = None
    facility: str = FACILITY
    namespace: str = ""
    tail: str = "<CHUKYDONVI/>"


def envelope(hosos: Sequence[str], form: Envelope | None = None) -> str:
    """A claim file as text, without XML declaration."""
    form = form or Envelope()
    count = str(len(hosos)) if form.count is None else form.count
    return (
        f"<GIAMDINHHS{form.namespace}>\n"
        f"<THONGTINDONVI><MACSKCB>{form.facility}</MACSKCB></THONGTINDONVI>\n"
        f"<THONGTINHOSO><NGAYLAP>{form.made}</NGAYLAP><SOLUONGHOSO>{count}</SOLUONGHOSO>\n"
        f"<DANHSACHHOSO>\n{''.join(hosos)}</DANHSACHHOSO></THONGTINHOSO>\n"
        f"{form.tail}</GIAMDINHHS>\n"
    )


def claim(key: str, lines: int = 2) -> dict[str, list[Row]]:
    """A small invented claim: XML1, drug lines, service lines."""
    return {
        "XML1": [
            {
                "MA_LK": key,
                "STT": "1",
                "HO_TEN": "NGƯỜI BỆNH THỬ",
                "NGAY_SINH": "199001010000",
                "GIOI_TINH": "1",
                "MA_CSKCB": FACILITY,
                "NGAY_VAO": "202503090800",
                "NGAY_RA": "202503091030",
                "T_TONGCHI_BH": "31500",
                "T_BHTT": "25200",
            }
        ],
        "XML2": [
            {
                "MA_LK": key,
                "STT": str(i + 1),
                "MA_THUOC": "40.48",
                "TEN_THUOC": "Thuốc thử <A> & B",
                "SO_LUONG": "10.000",
                "DON_GIA": "1500.000",
                "THANH_TIEN_BV": "15000",
            }
            for i in range(lines)
        ],
        "XML3": [{"MA_LK": key, "STT": "1", "MA_DICH_VU": "02.1896", "THANH_TIEN_BV": "30100.00"}],
    }
