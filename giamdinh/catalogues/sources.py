"""Files to rows of text: workbooks, delimited text and the XML form, told apart by content."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.catalogues.cells import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".xml"})
DELIMITERS = (",", ";", "\t", "|")

_MOST_BYTES = 1 << 31
_MOST_TEXT_BYTES = 1 << 29
_MOST_SHARED_BYTES = 1 << 28
_MOST_RATIO = 200
_SMALL = 1 << 26
_CHUNK = 1 << 20
_LONGEST_TAG = 512
_DAMAGED = "tệp bảng tính hỏng; mở bằng Excel rồi lưu lại"
_TOO_LARGE = "tệp bảng tính quá lớn khi mở ra; chia thành nhiều tệp nhỏ"

# The workbook reader holds the whole rectangle a sheet spans, so one stray value at the far edge
# would take all memory: past column 52 or row 500,000, or in cells that do not say where they are.
_FAR_CELL = re.compile(
    rb"""(?:[A-Z]{3}[0-9]+|[B-Z][A-Z][0-9]+|A?[A-Z](?:[5-9][0-9]{5}|[0-9]{7,}))["\']"""
    rb"""[^<>]*(?<!/)>"""
)
_UNPLACED_CELL = re.compile(rb"""<(?:[A-Za-z]+:)?c(?:>|\s(?![^<>]*\br=)[^<>]*(?<!/)>)""")
_UNPLACED_SIGNS = (b"<c>", b"<c t", b"<c s", b":c>", b":c t", b":c s")


class SourceError(Exception):
    """A file that cannot be read, with the reason in Vietnamese."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of cells.

    Attributes:
        name: of the sheet in its workbook, "" in a text file.
        first_row: number of the first row, as a spreadsheet counts.
        rows: rows of texts, read once.
    """

    name: str
    first_row: int
    rows: Iterator[list[str]]


def content_kind(path: Path) -> str:
    """`workbook`, `xml` or `text`, by the first bytes of a file.

    Raises:
        SourceError: empty, unreadable, or a web page under another name.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError:
        raise SourceError("không mở được tệp") from None
    if not head:
        raise SourceError("tệp rỗng")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").replace(b"\x00", b"").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table")):
        raise SourceError("là trang web đổi đuôi; mở bằng Excel rồi lưu thành .xlsx")
    return "xml" if start.startswith(b"<") else "text"


def workbook_sheets(path: Path, text: Callable[[object], str] = cell_text) -> Iterator[Sheet]:
    """The sheets of a workbook that hold anything.

    Args:
        path: the workbook.
        text: what turns a cell into text.

    Raises:
        SourceError: damaged, protected, or larger than can be held.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    _refuse_bombs(path)
    try:
        with path.open("rb") as stream:
            book = CalamineWorkbook.from_filelike(stream)
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.start is not None:  # its rows are given from the first of the sheet
                    rows = ([text(c) for c in row] for row in sheet.iter_rows())
                    yield Sheet(name, 1, rows)
    except PasswordError:
        raise SourceError("tệp có mật khẩu; bỏ mật khẩu rồi lưu lại") from None
    except (CalamineError, OSError, ValueError):
        raise SourceError(_DAMAGED) from None
    except BaseException as error:
        # A panic of the reader on a damaged file is no Exception, but only the file is at fault.
        if type(error).__name__ == "PanicException":
            raise SourceError(_DAMAGED) from None
        raise


def _refuse_bombs(path: Path) -> None:
    """Refuses a workbook that would unpack to more than can be held.

    Raises:
        SourceError: it would, or its archive is damaged.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_sizes(archive, path.stat().st_size)
            for part in archive.infolist():
                if "worksheets/" in part.filename.lower():
                    _refuse_far_cells(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise SourceError(_DAMAGED) from None


def _refuse_sizes(archive: zipfile.ZipFile, packed: int) -> None:
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if total > _MOST_BYTES or (total > _SMALL and total > packed * _MOST_RATIO):
        raise SourceError(_TOO_LARGE)
    shared = [p.file_size for p in parts if p.filename.lower().endswith("sharedstrings.xml")]
    if sum(shared) > _MOST_SHARED_BYTES:
        raise SourceError(_TOO_LARGE)


def _refuse_far_cells(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    tail = b""
    read = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            text = tail + chunk
            if read > _MOST_BYTES:
                raise SourceError(_TOO_LARGE)
            if _has_far_cell(text):
                raise SourceError(
                    "có ô ghi giá trị ngoài cột AZ hoặc sau dòng 500.000; "
                    "xóa các cột, dòng thừa rồi lưu lại"
                )
            if any(sign in text for sign in _UNPLACED_SIGNS) and _UNPLACED_CELL.search(text):
                raise SourceError("ô không ghi vị trí; mở bằng Excel rồi lưu lại")
            tail = text[-_LONGEST_TAG:]


def _has_far_cell(text: bytes) -> bool:
    """Whether a cell reference in a piece of XML is far out and holds a value.

    References that could be far are found at once by the letters and digits after `r="`.
    """
    data = np.frombuffer(text + bytes(8), np.uint8)
    quote = (data[2:] == ord('"')) | (data[2:] == ord("'"))
    at = np.flatnonzero((data[:-2] == ord("r")) & (data[1:-1] == ord("=")) & quote) + 3
    at = at[at < data.size - 8]
    wide = (data[at + 2] >= ord("A")) | ((data[at] >= ord("B")) & (data[at + 1] >= ord("A")))
    deep = (data[at + 6] >= ord("0")) & (data[at + 5] >= ord("0"))
    return any(_FAR_CELL.match(text, place) for place in at[wide | deep].tolist())


def decoded(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or cp1258, in NFC.

    Raises:
        SourceError: none of them, or too large.
    """
    if path.stat().st_size > _MOST_TEXT_BYTES:
        raise SourceError("tệp quá lớn; chia thành nhiều tệp nhỏ")
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data[:64]:
        encodings = ["utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1258"]
    for encoding in encodings:
        try:
            return unicodedata.normalize("NFC", data.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise SourceError("không đọc được bảng mã của tệp; lưu lại thành CSV UTF-8")


def text_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Rows of a delimited text in NFC.

    Raises:
        SourceError: a quote that is never closed, or a cell without end.
    """
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield list(map(str.strip, row))
    except csv.Error:
        raise SourceError("tệp văn bản có ô không kết thúc; kiểm tra dấu ngoặc kép") from None


def xml_rows(path: Path, tags: Collection[str]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Rows of the XML form: the row's tag in upper case, its line, and its leaves.

    Raises:
        SourceError: not well formed, or with a document type.
    """
    from lxml import etree

    try:
        with path.open("rb") as stream:
            events = etree.iterparse(
                stream, events=("start", "end"), resolve_entities=False, no_network=True
            )
            inside = 0
            for event, element in events:
                wanted = _local(element) in tags
                if event == "start":
                    if element.getroottree().docinfo.doctype:
                        raise SourceError("tệp XML có DOCTYPE; không được phép")
                    inside += wanted
                elif wanted:
                    inside -= 1
                    yield _local(element), element.sourceline or 0, _leaves(element)
                    _forget(element)
                elif not inside:
                    element.clear()
    except etree.XMLSyntaxError:
        raise SourceError("tệp XML hỏng hoặc bị cắt") from None


def _leaves(element: Any) -> dict[str, str]:  # noqa: ANN401 - lxml is untyped here
    return {
        child.tag.rpartition("}")[2]: cell_text(child.text or "")
        for child in element
        if isinstance(child.tag, str) and not len(child)
    }


def _forget(element: Any) -> None:  # noqa: ANN401 - lxml is untyped here
    """Frees a row that was read, and the emptied ones before it."""
    element.clear()
    while (before := element.getprevious()) is not None:
        before.getparent().remove(before)


def _local(element: Any) -> str:  # noqa: ANN401 - lxml is untyped here
    tag = element.tag
    return tag.rpartition("}")[2].upper() if isinstance(tag, str) else ""


def peek(rows: Iterator[list[str]], count: int) -> list[list[str]]:
    """Up to `count` rows taken from an iterator."""
    return [row for _, row in zip(range(count), rows, strict=False)]
