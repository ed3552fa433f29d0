"""Files a browser sends, written to a folder as they arrive, within bounds on all of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from giamdinh.errors import GiamdinhError, OutputError, disk_reason
from giamdinh.web.sessions import same

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.requests import Request

    from giamdinh.web.settings import Bounds

_LONGEST_NAME = 100
_HEADER_BYTES = 8 * 1024
_RESERVED = frozenset({"con", "prn", "aux", "nul"})


class UploadError(GiamdinhError):
    """An upload that was refused; nothing of it is kept."""

    def __init__(self, text: str, code: int = 400) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True)
class Received:
    """What came.

    Attributes:
        files: names in the folder, made harmless.
        skipped: how many files had another ending than asked for.
        fields: texts of the form.
        inputs: which field of the form each file came from.
    """

    files: list[str] = field(default_factory=list)
    skipped: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)


def safe_name(name: str) -> str:
    """A file name of our own made from one that a browser sent: no folder, no markup, no device."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c if c.isalnum() or c in "._- ()" else "_" for c in last).strip()
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        stem, suffix = kept, ""
    stem = stem[:_LONGEST_NAME].strip(" .") or "tep"
    if stem.partition(".")[0].lower() in _RESERVED or stem[:-1].lower() in ("com", "lpt"):
        stem = f"_{stem}"
    return f"{stem}.{suffix[:10]}" if suffix else stem


async def receive(
    request: Request, folder: Path, endings: tuple[str, ...], bounds: Bounds, csrf: str
) -> Received:
    """Writes the files of a multipart form to `folder`.

    Args:
        request: its body is read once, piece by piece.
        folder: exists; gets the files.
        endings: of files that are kept, in lower case.
        bounds: on files, bytes and time.
        csrf: must be the form's first field, or stand in the header X-CSRF.

    Raises:
        UploadError: not a form, too much, too slow, or not from a page of ours.
    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise UploadError("Yêu cầu không phải biểu mẫu có tệp. Tải lại trang rồi thử lại.")
    if int(request.headers.get("content-length") or 0) > bounds.upload_bytes:
        raise _too_large(bounds)
    trusted = same(request.headers.get("x-csrf", ""), csrf)
    sink = _Sink(folder, endings, bounds, csrf, trusted=trusted)
    parser = MultipartParser(boundary, sink.callbacks())  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(bounds.seconds):
            async for piece in _pieces(request, bounds.idle_seconds):
                sink.count(len(piece))
                await asyncio.to_thread(parser.write, piece)
        parser.finalize()
    except TimeoutError:
        raise UploadError("Tải lên quá lâu nên đã dừng; kiểm tra mạng rồi thử lại.", 408) from None
    except MultipartParseError:
        raise UploadError("Tải lên bị đứt giữa chừng; chọn lại tệp rồi thử lại.") from None
    except OSError as error:
        raise OutputError(f"không ghi được tệp tải lên: {disk_reason(error)}") from None
    finally:
        sink.close()
    if not sink.trusted:
        raise UploadError("Biểu mẫu đã cũ; tải lại trang rồi thử lại.", 403)
    return sink.received


async def _pieces(request: Request, idle: int) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        async with asyncio.timeout(idle):
            try:
                piece = await anext(stream)
            except StopAsyncIteration:
                return
        if piece:
            yield piece


def _too_large(bounds: Bounds) -> UploadError:
    most = bounds.upload_bytes // 2**20
    text = f"Quá {most} MB một lần. Chia thành nhiều lần, hoặc dùng lệnh giamdinh audit cho cả kỳ."
    return UploadError(text, 413)


class _Sink:
    """Takes the parts of a form as the parser finds them."""

    def __init__(
        self, folder: Path, endings: tuple[str, ...], bounds: Bounds, csrf: str, *, trusted: bool
    ) -> None:
        self.received = Received()
        self.trusted = trusted
        self._folder = folder
        self._endings = endings
        self._bounds = bounds
        self._csrf = csrf
        self._taken: set[str] = set()
        self._total = 0
        self._file: BinaryIO | None = None
        self._begin_part()

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
        }

    def count(self, size: int) -> None:
        """So many more bytes of the whole form."""
        self._total += size
        if self._total > self._bounds.upload_bytes:
            raise _too_large(self._bounds)

    def close(self) -> None:
        """Closes the file that is being written."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _begin_part(self) -> None:
        self._header = [b"", b""]
        self._disposition = b""
        self._name = ""
        self._text = b""
        self._size = 0
        self._skip = False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]
        self._bound_header()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]
        self._bound_header()

    def _bound_header(self) -> None:
        if sum(map(len, self._header)) > _HEADER_BYTES:
            raise UploadError("Tên tệp quá dài; đổi tên tệp rồi thử lại.")

    def _header_end(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = [b"", b""]

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        given = options.get(b"filename")
        if given is None:
            return
        self._skip = True
        name = safe_name(given.decode("utf-8", "replace"))
        if not given:
            return  # a form without a file has one without a name
        if not name.lower().endswith(self._endings):
            self.received.skipped += 1
            return
        if not self.trusted:
            raise UploadError("Biểu mẫu đã cũ; tải lại trang rồi thử lại.", 403)
        if len(self.received.files) >= self._bounds.files:
            most = self._bounds.files
            raise UploadError(f"Quá {most} tệp một lần; nén lại thành zip hoặc chia nhỏ.", 413)
        name = self._free(name)
        self.received.files.append(name)
        self.received.inputs[name] = self._name
        self._file = (self._folder / name).open("xb")

    def _free(self, name: str) -> str:
        """A name that no file of this upload has, capitals or not."""
        stem, dot, suffix = name.rpartition(".")
        number, free = 1, name
        while free.casefold() in self._taken or (self._folder / free).exists():
            number += 1
            free = f"{stem}_{number}{dot}{suffix}"
        self._taken.add(free.casefold())
        return free

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._file is not None:
            if self._size > self._bounds.file_bytes:
                most = self._bounds.file_bytes // 2**20
                raise UploadError(f"Có tệp lớn hơn {most} MB; chia nhỏ tệp đó.", 413)
            self._file.write(data[start:end])
        elif not self._skip:
            if self._size > self._bounds.form_bytes:
                raise UploadError("Một ô của biểu mẫu quá dài.", 413)
            self._text += data[start:end]

    def _end_part(self) -> None:
        if not self._skip:
            text = self._text.decode("utf-8", "replace")
            if self._name == "csrf":
                self.trusted = self.trusted or same(text, self._csrf)
            else:
                self.received.fields[self._name] = text
        self.close()
        self._begin_part()
