"""The beginning of a document: encoding, no DOCTYPE, root tag. Comes before any parser."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

from giamdinh.read.refused import READ_ERRORS, RefusedError, bad_bytes, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.read.limits import Limits

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ONE_BYTE = {"cp1252", "cp1258", "iso8859-1"}
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*?\?>")
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_BEFORE_ROOT = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_ROOT = re.compile(rb"<([^\s<>/!?=&'\"]+)")
_HTML = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE)


def encoding(head: bytes) -> tuple[str, int]:
    """The Python codec of a document that begins with `head`, and the bytes of its mark.

    A byte order mark decides, then the bytes themselves, then the declaration. A declaration
    that contradicts the bytes is ignored: UTF-8 text labelled otherwise is common and harmless.
    """
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec, len(mark)
    if head.startswith(b"<\0"):
        return "utf-16-le", 0
    if head.startswith(b"\0<"):
        return "utf-16-be", 0
    declaration = _DECLARATION.match(head)
    declared = _DECLARED.search(declaration.group()) if declaration else None
    codec = _known_codec(declared.group(1).decode("ascii")) if declared else "utf-8"
    return ("utf-8" if codec in _ONE_BYTE and _is_utf8_text(head) else codec), 0


def is_plain_utf8(head: bytes) -> bool:
    """Whether a document that begins with `head` is UTF-8 and says nothing else."""
    declaration = _DECLARATION.match(head.removeprefix(codecs.BOM_UTF8))
    declared = _DECLARED.search(declaration.group()) if declaration else None
    says_utf8 = declared is None or declared.group(1).lower() in (b"utf-8", b"utf8")
    return says_utf8 and encoding(head)[0] == "utf-8"


def opening(head: bytes) -> tuple[bytes, str]:
    """`head` (UTF-8) with its XML declaration blanked out, and the local name of the root.

    Line numbers stay as they are. The declaration goes because the bytes are UTF-8 by now.

    Raises:
        RefusedError: a DOCTYPE, or no root element in sight.
    """
    declaration = _DECLARATION.match(head)
    if declaration:
        blank = b"\n" * declaration.group().count(b"\n")
        head = blank.ljust(declaration.end()) + head[declaration.end() :]
    before = _BEFORE_ROOT.match(head)
    start = before.end() if before else 0
    if _HTML.match(head, start):
        reason = "Đây là trang web (HTML), không phải hồ sơ XML; tải hoặc xuất lại tệp"
        raise RefusedError("khong_phai_ho_so", reason)
    if head[start : start + 9].upper() == b"<!DOCTYPE":
        reason = "Có DOCTYPE, không bao giờ hợp lệ trong hồ sơ BHYT; bỏ DOCTYPE rồi xuất lại"
        raise RefusedError("doctype", reason)
    root = _ROOT.match(head, start)
    if root is None:
        reason = "Không tìm thấy thẻ gốc: nội dung không phải XML; xuất lại từ phần mềm"
        raise RefusedError("khong_phai_ho_so", reason)
    return head, root.group(1).decode("utf-8", "replace").rpartition(":")[2]


def to_utf8(data: bytes) -> tuple[bytes, str]:
    """A whole document as UTF-8 without declaration, and the local name of its root.

    Raises:
        RefusedError: wrong bytes for its encoding, a DOCTYPE, no root element.
    """
    codec, skip = encoding(data)
    if codec != "utf-8":
        try:
            data = data[skip:].decode(codec).encode("utf-8")
        except UnicodeError:
            raise bad_bytes(codec) from None
        skip = 0
    return opening(data[skip:] if skip else data)


class Utf8Chunks:
    """A file as chunks of UTF-8 without declaration, read once, within limits.

    Attributes:
        root: local name of the root element.
        bytes_read: bytes taken from the file so far.

    Raises:
        RefusedError: on construction, when the file is empty or does not begin like a document.
    """

    def __init__(self, raw: BinaryIO, limits: Limits) -> None:
        self._raw = raw
        self._limits = limits
        self.bytes_read = 0
        self._told = 0
        head = self._read(limits.prolog_bytes)
        if not head:
            raise RefusedError("tep_khong_doc_duoc", "Tệp rỗng (0 byte); xuất lại từ phần mềm")
        codec, skip = encoding(head)
        self._codec = codec
        self._decoder = None if codec == "utf-8" else codecs.getincrementaldecoder(codec)()
        self._refused: RefusedError | None = None
        self._left = b""
        self._head, self.root = self._opening(head[skip:])

    def __iter__(self) -> Iterator[bytes]:
        """The chunks in order.

        Raises:
            RefusedError: the bytes cannot be read, do not fit the encoding, or are too many.
        """
        yield self._head
        self._head = b""
        while self._refused is None and (chunk := self._read(self._limits.chunk_bytes)):
            if self.bytes_read > self._limits.file_bytes:
                most = self._limits.file_bytes // 2**20
                raise RefusedError("qua_lon", f"Tệp lớn hơn {most} MB; chia nhỏ tệp rồi gửi lại")
            yield self._convert(chunk)
        if self._refused is not None:
            raise self._refused
        if self._decoder is not None and self._decoder.getstate()[0]:
            raise RefusedError("tep_bi_cat", "Tệp bị cắt giữa một ký tự; xuất lại tệp đầy đủ")

    def rest(self) -> Iterator[bytes]:
        """What begins with the bytes that do not fit the encoding, good for counting tags only.

        Raises:
            RefusedError: the bytes cannot be read.
        """
        decoder = codecs.getincrementaldecoder(self._codec)("replace")
        chunk, self._left = self._left, b""
        while chunk and self.bytes_read <= self._limits.file_bytes:
            yield decoder.decode(chunk).encode("utf-8", "replace")
            chunk = self._read(self._limits.chunk_bytes)

    def bytes_since(self) -> int:
        """Bytes taken from the file since this was asked last."""
        since = self.bytes_read - self._told
        self._told = self.bytes_read
        return since

    def _read(self, size: int) -> bytes:
        try:
            data = self._raw.read(size)
        except READ_ERRORS as error:
            raise unreadable(error) from None
        self.bytes_read += len(data)
        return data

    def _opening(self, head: bytes) -> tuple[bytes, str]:
        text = self._convert(head)
        try:
            return opening(text)
        except RefusedError as refused:
            raise (self._refused or refused) from None

    def _convert(self, chunk: bytes) -> bytes:
        """The chunk as UTF-8; what stands before a wrong byte is still given out."""
        if self._decoder is None:
            return chunk
        try:
            text = self._decoder.decode(chunk)
        except UnicodeDecodeError as error:
            self._refused = bad_bytes(self._codec)
            self._left = error.object[error.start :]
            text = error.object[: error.start].decode(self._codec)
        return text.encode("utf-8")


def _known_codec(declared: str) -> str:
    try:
        codec = codecs.lookup(declared).name
    except LookupError:
        return "utf-8"
    return codec if codec in _ONE_BYTE else "utf-8"


def _is_utf8_text(head: bytes) -> bool:
    """Whether bytes beyond ASCII are there and are UTF-8, the last character perhaps cut."""
    if head.isascii():
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
