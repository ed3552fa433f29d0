"""Claim files from a seed: every table, plain and nasty values, every way to wrap a table."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from giamdinh.tables.specs import table_specs
from tests.read.writer import FACILITY, Envelope, Row, document, envelope, file_hoso

if TYPE_CHECKING:
    from collections.abc import Callable

    from giamdinh.model import Field

LINES = {
    "base64_64": (64, "\n"),
    "base64_76": (76, "\n"),
    "base64_crlf": (76, "\r\n"),
    "base64_77": (77, "\n"),
    "base64_tab": (60, "\n\t"),
    "base64_long": (4096, "\n"),
}
PLAIN_STYLES = ("base64", "base64_64", "base64_76", "base64_crlf", "inline")
SCANNED_STYLES = (
    *PLAIN_STYLES,
    *("base64_77", "base64_tab", "base64_long", "base64_cdata", "base64_bom", "base64_declared"),
    "cdata",
)
STYLES = (*SCANNED_STYLES, "base64_mislabelled", "base64_utf16", "escaped")
OTHERS = tuple(name for name in table_specs() if name not in ("XML1", "XML2", "XML3", "HOSO"))

_NUMBERS = (
    "0", "-1", "+5", "1e3", "1,000", "1.000.000", ".5", "5.", "-0", "-0.005", "0.0049999", "00012",
    "1.005", "2.675", "999999999999999", "999999999999999.995", "1234567890123456", "--1", "1 2",
    "4611686018427387.904", "46116860184273879.04", "\u0661\u0662", "\uff11\uff12", "NaN", "inf",
    " 15000 ", "\u00a015\u00a0", "1_000", "0x10", "12.", "9" * 30, "0." + "0" * 40 + "1", "\u00b2",
)  # fmt: skip
_TIMES = (
    "20250231", "202502310800", "202503102460", "00000000", "000000000000", "20250000", "2025",
    "19000000", "99991231", "999912312359", "202503100800 ", " 20250310", "2025031008",
    "20250310080000", "10/03/2025", "2025-03-10", "-20250310", "202503٣10800", "18991231",
    "190001010000", "20240229", "20230229", "202402292359",
)  # fmt: skip
_TEXTS = (
    " ", "\t\n ", "\u00a0", "A&B", "<b>", "x < y > z", "]]>", "a]]b", '"\'', "&amp;", "&#65;",
    "Nguyễn Văn Thử", "Thuốc  thử\u00a0", "\u2003khoảng\u3000", "e\u0302\u0301", "\U0001f600 x",
    "\x7f\x85", "a\rb", "\r\n", "x\ny", "\u200bz", "\ufeff", "\u2028", "\ufffd", "a;b;;c; ", ";",
    "7", "07", "007", "\u0663", "\u00b9", "\uff17", "\ud7ff\ue000", "C:\\x", "%00", "\\0", "NULL",
    "None", "0", "x" * 300, "ạ" * 70, "1" * 64, "<![CDATA[x]]>", "<!-- x -->", "</TONG_HOP>",
    "</NOIDUNGFILE>", "=", "QUJD", "\U0010fffd",
)  # fmt: skip
_WORDS = (
    "Viêm họng cấp", "Ngày uống 2 lần", "J02.9", "40.48", "02.1896", "79999", "GB479799", "1", "2",
    "3", "K01", "viên", "Lần", "Khám bệnh", "A;B", "00001/BYT-CCHN", "N.SANG.G1",
    "Paracetamol 500mg", "12345", "01234", "1234", "Đỡ, giảm", "2025.03.G1;79999",
)  # fmt: skip


@dataclass(slots=True)
class Part:
    """One FILEHOSO: a table, its rows, and how NOIDUNGFILE holds them."""

    table: str
    rows: list[Row]
    style: str = "base64"


@dataclass(slots=True)
class Sent:
    """A claim file before it is written."""

    claims: list[list[Part]]
    form: Envelope = field(default_factory=Envelope)


def dice_of(seed: object) -> random.Random:
    """A source of choices; the same for the same seed."""
    return random.Random(str(seed))  # noqa: S311 - test data


def value(spec: Field, dice: random.Random, nasty: float) -> str:
    """Something for a field: mostly what belongs there."""
    odd = dice.random() < nasty
    if spec.numeric:
        if odd:
            return dice.choice(_NUMBERS)
        whole = str(dice.getrandbits(dice.choice((4, 10, 20, 30))))
        return whole if dice.random() < 0.6 else f"{whole}.{dice.choice(('00', '000', '5', '25'))}"
    if spec.temporal:
        if odd:
            return dice.choice(_TIMES)
        day = f"202{dice.randrange(3, 7)}{dice.randrange(1, 13):02d}{dice.randrange(1, 29):02d}"
        return day if 8 in spec.widths else f"{day}{dice.randrange(24):02d}{dice.randrange(60):02d}"
    if odd:
        return dice.choice(_TEXTS)
    return f"{dice.randrange(10**5)}" if spec.pad else dice.choice(_WORDS)


def row(table: str, key: str, dice: random.Random, nasty: float) -> Row:
    """Some fields of a table in their order; MA_LK, where the table has it, is `key`."""
    fields = table_specs()[table].fields
    count = dice.randrange(1, min(len(fields), 14))
    first = dice.randrange(len(fields))
    known = any(spec.name == "MA_LK" for spec in fields)
    out = {"MA_LK": key} if known or dice.random() < nasty else {}
    for spec in (fields + fields)[first : first + count]:
        if spec.name != "MA_LK":
            out[spec.name] = "" if dice.random() < 0.1 else value(spec, dice, nasty)
    return out


def _rows(table: str, key: str, count: int, dice: random.Random, nasty: float) -> list[Row]:
    """Rows of one table; now and then one is like the row before but for some last characters."""
    rows: list[Row] = []
    for _ in range(count):
        if rows and dice.random() < 0.5:
            like = [(name, text) for name, text in rows[-1].items() if text and name != "MA_LK"]
            changed = {name: text[:-1] + dice.choice("0123") for name, text in like[::2]}
            rows.append(rows[-1] | changed)
        else:
            rows.append(row(table, key, dice, nasty))
    return rows


def claim(key: str, dice: random.Random, nasty: float) -> list[Part]:
    """One claim: XML1, drug and service lines, now and then other tables."""
    made = []
    for table in ("XML1", "XML2", "XML3", *dice.sample(OTHERS, dice.choice((0, 0, 1, 2, 4)))):
        many = table_specs()[table].many
        rows = dice.choice((0, 1, 1, 2, 3, 5)) if many else 1
        own = f"{key} " if dice.random() < nasty / 8 else key
        other = f"KHAC{key}" if table == "XML0" and dice.random() < nasty else own
        made.append(Part(table, _rows(table, other, rows, dice, nasty)))
    made[0].rows[0]["MA_CSKCB"] = FACILITY
    return made


def sent(dice: random.Random, nasty: float = 0.15, styles: tuple[str, ...] = STYLES) -> Sent:
    """A claim file; all its tables are wrapped in a usual way, or each in one of `styles`."""
    count = dice.choice((1, 1, 1, 2, 3))
    claims = [claim(f"LK{dice.randrange(10**6)}", dice, nasty) for _ in range(count)]
    style = dice.choice(PLAIN_STYLES)
    mixed = dice.random() < 0.3
    for part in (part for parts in claims for part in parts):
        part.style = dice.choice(styles) if mixed else style
    made = dice.choice(("20250310", "20260701", "202503100830"))
    return Sent(claims, Envelope(made=made))


def lines(packed: bytes, style: str) -> str:
    """Base64 with the line breaks of its style."""
    text = base64.b64encode(packed).decode()
    width, end = LINES.get(style, (0, ""))
    if not width:
        return text
    return end.join(text[i : i + width] for i in range(0, len(text), width)) + end


def wrapped(text: str, style: str) -> str:
    """What stands in NOIDUNGFILE; lone surrogates in `text` are bytes that are no UTF-8."""
    if style == "inline":
        return text
    if style == "escaped":
        return escape(text, {"\r": "&#13;"})
    if style == "cdata":
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
    if style == "base64_utf16":
        return lines(text.encode("utf-16", "surrogatepass"), style)
    before = {
        "base64_bom": "\ufeff",
        "base64_declared": '<?xml version="1.0" encoding="UTF-8"?>\n',
        "base64_mislabelled": '<?xml version="1.0" encoding="windows-1252"?>',
    }.get(style, "")
    packed = lines((before + text).encode("utf-8", "surrogateescape"), style)
    return f"<![CDATA[{packed}]]>" if style == "base64_cdata" else packed


def as_it_is(text: str) -> str:
    return text


def written(sent: Sent, respell: Callable[[str], str] = as_it_is) -> str:
    """The file as text; `respell` may change each table document before it is wrapped."""
    hosos = []
    for parts in sent.claims:
        files = [
            file_hoso(part.table, wrapped(respell(document(part.table, part.rows)), part.style))
            for part in parts
        ]
        hosos.append(f"<HOSO>\n{''.join(files)}</HOSO>\n")
    return envelope(hosos, sent.form)


def plain(dice: random.Random, nasty: float = 0.15) -> bytes:
    """A claim file as software writes it, in one of the usual styles."""
    return written(sent(dice, nasty)).encode()


def status(dice: random.Random, nasty: float = 0.15) -> bytes:
    """A check-in file: XML0 with rows of several claims."""
    rows = [row("XML0", f"LK{dice.randrange(9)}", dice, nasty) for _ in range(dice.randrange(5))]
    return document("XML0", rows).encode()
