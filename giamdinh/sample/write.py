"""Claim files in every form the reader must know: encodings, files of several claims, archives."""

from __future__ import annotations

import base64
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from giamdinh.sample.model import DAY, day8
from giamdinh.sample.money import minutes_of
from giamdinh.tables.specs import ENVELOPE_TABLE, table_specs, version_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from giamdinh.sample.model import Claim, Row

STYLES = ("base64", "base64-line", "inline", "cdata")
"""How NOIDUNGFILE is written: wrapped base64, base64 on one line, child elements, CDATA."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_WRAP = 64
_FIXED_TIME = (2026, 1, 1, 0, 0, 0)
_LATE_TABLES = frozenset({"XML13", "XML14", "XML15"})
_LATE_SINCE = "4750"


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A file to be written; the overrides are for files that are damaged on purpose.

    Attributes:
        name: file name without its folder.
        sent: day of NGAYLAP, minutes since 1970.
        archived: put into a zip archive of the same name.
        promised: SOLUONGHOSO; None for the true count.
        text: the whole content when it is not what the claims give.
    """

    name: str
    style: str
    claims: tuple[Claim, ...]
    sent: int
    archived: bool = False
    promised: int | None = None
    text: str = ""


def send_day(claims: Iterable[Claim]) -> int:
    """The day after the last of the claims ended, minutes since 1970."""
    last = max(minutes_of(claim.head["NGAY_RA"]) for claim in claims)
    return last - last % DAY + DAY


def write_file(folder: Path, file: ClaimFile) -> None:
    """Write one file, or the archive that holds it."""
    data = (file.text or file_text(file)).encode()
    if not file.archived:
        (folder / file.name).write_bytes(data)
        return
    path = (folder / file.name).with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(file.name, _FIXED_TIME), data, zipfile.ZIP_DEFLATED)


def file_text(file: ClaimFile) -> str:
    """The whole claim file as text."""
    place = file.claims[0].place.code
    count = len(file.claims) if file.promised is None else file.promised
    parts = [
        f"{_HEAD}<GIAMDINHHS>\n<THONGTINDONVI><MACSKCB>{place}</MACSKCB></THONGTINDONVI>\n",
        f"<THONGTINHOSO>\n<NGAYLAP>{day8(file.sent)}</NGAYLAP>\n",
        f"<SOLUONGHOSO>{count}</SOLUONGHOSO>\n<DANHSACHHOSO>\n",
        *(claim_text(claim, file.style) for claim in file.claims),
        "</DANHSACHHOSO>\n</THONGTINHOSO>\n<CHUKYDONVI/>\n</GIAMDINHHS>\n",
    ]
    return "".join(parts)


def check_in_text(rows: Sequence[Row], version: str) -> str:
    """An XML0 file."""
    body = table_text("XML0", rows, version, pretty=True)
    root = table_specs()["XML0"].root
    return _HEAD + body.replace(f"</{root}>", f"<CHUKYDONVI/>\n</{root}>") + "\n"


def table_text(table: str, rows: Sequence[Row], version: str, *, pretty: bool = False) -> str:
    """One table document without an XML declaration."""
    spec = table_specs()[table]
    gap = "\n" if pretty else ""
    tags = _tags(table, version)
    bodies = [gap.join(_element(tag, row.get(name, "")) for tag, name in tags) for row in rows]
    if not spec.list_tag:
        return f"<{spec.root}>{gap}{gap.join(bodies)}{gap}</{spec.root}>"
    wrapped = [f"<{spec.row}>{gap}{body}{gap}</{spec.row}>" for body in bodies]
    inner = f"<{spec.list_tag}>{gap}{gap.join(wrapped)}{gap}</{spec.list_tag}>"
    return f"<{spec.root}>{gap}{inner}{gap}</{spec.root}>"


def tables_of(claim: Claim) -> list[str]:
    """The tables a claim holds, in the order of the format."""
    known = [name for name in table_specs() if name != ENVELOPE_TABLE]
    late = version_rank(claim.version) >= version_rank(_LATE_SINCE)
    return [name for name in known if claim.rows.get(name) and (late or name not in _LATE_TABLES)]


def claim_text(claim: Claim, style: str) -> str:
    """The HOSO element of a claim."""
    parts = ["<HOSO>\n"]
    for table in tables_of(claim):
        text = table_text(table, claim.rows[table], claim.version, pretty=style == "inline")
        payload = _payload(text, style)
        parts.append(
            f"<FILEHOSO>\n<LOAIHOSO>{table}</LOAIHOSO>\n"
            f"<NOIDUNGFILE>{payload}</NOIDUNGFILE>\n</FILEHOSO>\n"
        )
    return "".join([*parts, "</HOSO>\n"])


def _payload(text: str, style: str) -> str:
    if style == "inline":
        return f"\n{text}\n"
    if style == "cdata":
        return f"<![CDATA[{text}]]>"
    code = base64.b64encode((_HEAD + text).encode()).decode()
    if style == "base64-line":
        return code
    return "\n" + "\n".join(code[i : i + _WRAP] for i in range(0, len(code), _WRAP)) + "\n"


def _element(tag: str, value: str) -> str:
    return f"<{tag}>{escape(value)}</{tag}>" if value else f"<{tag}/>"


@cache
def _tags(table: str, version: str) -> tuple[tuple[str, str], ...]:
    """(tag, field) of a table in a version; an older version may know a field by another tag."""
    rank = version_rank(version)
    tags = []
    for field in table_specs()[table].fields:
        if field.until and rank >= version_rank(field.until):
            continue
        if rank >= version_rank(field.since):
            tags.append((field.name, field.name))
        elif field.aliases:
            tags.append((field.aliases[0], field.name))
    return tuple(tags)
