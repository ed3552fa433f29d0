"""Members of a zip archive as documents: never written to disk, unpacked only within limits."""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from contextlib import ExitStack
from functools import partial
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from giamdinh.read.document import Document, open_file, printable, refusing
from giamdinh.read.refused import RefusedError, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from giamdinh.read.ledger import Ledger
    from giamdinh.read.limits import Limits

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""What zipfile raises on archives that are not what they claim to be."""


def members(path: str, name: str, ledger: Ledger, limits: Limits) -> Iterator[Document]:
    """The claim files of an archive, by name; entries of other kinds are listed as ignored.

    An archive that cannot be used comes back as one document that refuses to open.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_file(path))
            archive = stack.enter_context(_directory(file, limits))
        except RefusedError as refused:
            yield refusing(name, refused)
            return
        unpacker = _Unpacker(archive, os.fstat(file.fileno()).st_size, limits)
        found = False
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            document = _document(unpacker, name, entry)
            if document is not None:
                found = True
                yield document
            elif not entry.is_dir():
                ledger.files_ignored.append(f"{name}!{printable(entry.filename)}")
        if not found:
            reason = "Tệp nén không có tệp .xml nào; nén lại với các tệp hồ sơ"
            yield refusing(name, RefusedError("khong_phai_ho_so", reason))


def _directory(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except OSError as error:
        raise unreadable(error) from None
    except _BROKEN:
        raise _broken() from None
    if len(archive.filelist) > limits.zip_members:
        reason = f"Tệp nén có hơn {limits.zip_members} tệp con; chia nhỏ tệp nén"
        raise RefusedError("zip_nguy_hiem", reason)
    return archive


def _document(unpacker: _Unpacker, archive: str, entry: zipfile.ZipInfo) -> Document | None:
    """The document behind an entry, None for an entry that is none."""
    parts = entry.filename.replace("\\", "/").split("/")
    name = f"{archive}!{printable(entry.filename)}"
    if ".." in parts or parts[0] == "" or _DRIVE.match(parts[0]):
        reason = "Tên tệp con trỏ ra ngoài tệp nén; không đọc tệp này, nén lại từ tệp gốc"
        return refusing(name, RefusedError("zip_nguy_hiem", reason))
    if entry.is_dir() or any(part.startswith((".", "__MACOSX")) for part in parts):
        return None
    last = parts[-1].lower()
    if last.endswith(".zip"):
        reason = "Tệp nén nằm trong tệp nén; giải nén lớp ngoài rồi chạy lại"
        return refusing(name, RefusedError("zip_nguy_hiem", reason))
    return Document(name, partial(unpacker.open, entry)) if last.endswith(".xml") else None


class _Unpacker:
    """Opens members of one archive and bounds what all of them unpack to."""

    def __init__(self, archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
        self._archive = archive
        self._size = size
        self._limits = limits
        self._unpacked = 0

    def open(self, entry: zipfile.ZipInfo) -> BinaryIO:
        """The member's bytes, after one pass that proves them whole and within limits.

        Raises:
            RefusedError: encrypted, damaged, an unknown method, or far larger than packed.
        """
        if entry.flag_bits & _ENCRYPTED:
            raise RefusedError("zip_hong", "Tệp nén có mật khẩu; nén lại không đặt mật khẩu")
        if entry.compress_type not in _METHODS:
            raise RefusedError("zip_hong", "Kiểu nén không được hỗ trợ; nén lại kiểu zip thường")
        try:
            with self._archive.open(entry) as member:
                self._prove(member, entry.compress_size)
            return cast("BinaryIO", self._archive.open(entry))
        except OSError as error:
            raise unreadable(error) from None
        except _BROKEN:
            raise _broken() from None

    def _prove(self, member: IO[bytes], packed: int) -> None:
        limits = self._limits
        size = 0
        while chunk := member.read(limits.chunk_bytes):
            size += len(chunk)
            self._unpacked += len(chunk)
            if size > limits.file_bytes:
                most = limits.file_bytes // 2**20
                raise RefusedError("qua_lon", f"Giải nén ra hơn {most} MB; chia nhỏ tệp")
            _check_ratio(size, packed, limits)
            _check_ratio(self._unpacked, self._size, limits)


def _check_ratio(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.zip_free_bytes and unpacked > limits.zip_ratio * max(packed, 1):
        reason = f"Tệp nén phình ra hơn {limits.zip_ratio} lần (kiểu bom nén); không giải nén tiếp"
        raise RefusedError("zip_nguy_hiem", reason)


def _broken() -> RefusedError:
    return RefusedError("zip_hong", "Tệp nén hỏng hoặc bị cắt; nén hoặc tải lại")
