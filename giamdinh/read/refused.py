"""Why a piece of input is not read, in Vietnamese, with a stable kind."""

from __future__ import annotations

import errno
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree

READ_ERRORS = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading bytes from a file or an archive member raises."""

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_INVALID_CHARACTER = 9
_UNDECLARED_ENTITY = 26
_STRAY_AMPERSAND = "EntityRef: no name"
_INVALID_ENCODING = 81
# Codes that libxml2 also uses for a control character in an instruction, CDATA or a name.
_BY_CONTROL = {_INVALID_CHARACTER, 47, 63, 68, 73, _INVALID_ENCODING}
_CAUSES = {
    5: "có dữ liệu thừa sau thẻ gốc",
    23: "dấu & không viết thành &amp;",
    38: "dấu < nằm trong thuộc tính",
    42: "một thuộc tính viết hai lần trong cùng một thẻ",
    62: "có chuỗi ]]> ngoài CDATA",
    68: "có dấu < hoặc & không viết thành &lt; hoặc &amp;",
    73: "một thẻ viết dở dang",
    76: "thẻ mở và thẻ đóng không khớp",
    77: "thiếu thẻ đóng ở cuối",
    _UNDECLARED_ENTITY: "có thực thể không được phép (dạng &ten;)",
}
_SYSTEM_CAUSES = {
    errno.EACCES: "không có quyền đọc",
    errno.EPERM: "không có quyền đọc",
    errno.ENOENT: "tệp không còn ở đó",
    errno.EISDIR: "đây là thư mục",
    errno.EIO: "lỗi đọc ổ đĩa",
    errno.ENAMETOOLONG: "đường dẫn quá dài",
    errno.ELOOP: "liên kết vòng",
}


class RefusedError(Exception):
    """A piece of input that is not read.

    Attributes:
        kind: the stable word of a Problem.
        reason: Vietnamese, without patient data.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def unreadable(error: Exception) -> RefusedError:
    """What to say when the bytes themselves cannot be read."""
    if not isinstance(error, OSError):
        return RefusedError("zip_hong", "Tệp nén hỏng; nén lại từ tệp gốc")
    cause = _SYSTEM_CAUSES.get(error.errno or 0, f"lỗi hệ thống số {error.errno or 0}")
    reason = f"Không đọc được tệp: {cause}; kiểm tra quyền và ổ đĩa rồi chạy lại"
    return RefusedError("tep_khong_doc_duoc", reason)


def bad_bytes(codec: str) -> RefusedError:
    """What to say when bytes do not fit the encoding."""
    reason = f"Có byte không đúng bảng mã {codec.upper()}; xuất lại tệp bằng UTF-8"
    return RefusedError("sai_bang_ma", reason)


def malformed(
    error: etree.XMLSyntaxError,
    kind: str,
    what: str,
    data: bytes = b"",
    log: Iterable[etree._LogEntry] = (),
) -> RefusedError:
    """What to say when `what` (a Vietnamese noun) is not well-formed XML.

    Args:
        error: the parser's.
        kind: used unless the error has a kind of its own: size, depth, encoding, characters.
        what: names the document.
        data: the bytes that were being parsed.
        log: the parser's own log, for an error that does not say what is wrong.
    """
    code, line = _code_and_line(error, log)
    text = str(error)
    at = f" (dòng {line})" if line else ""
    if "Excessive depth" in text:
        return RefusedError("qua_sau", f"{what} lồng thẻ quá sâu{at}; xuất lại tệp từ phần mềm")
    if "XML_PARSE_HUGE" in text or "huge text node" in text:
        return RefusedError("qua_lon", f"{what} có một giá trị quá lớn{at}; xuất lại tệp")
    control = "Bytes: 0x0" in text or (code in _BY_CONTROL and _CONTROL.search(data))
    if not control and (code == _INVALID_ENCODING or "UTF-8" in text):
        refused = bad_bytes("utf-8")
        return RefusedError(refused.kind, f"{what}{at}: {refused.reason}")
    if control or code == _INVALID_CHARACTER:
        reason = f"{what} có ký tự điều khiển mà XML cấm{at}; xóa ký tự đó rồi xuất lại"
        return RefusedError("ky_tu_dieu_khien", reason)
    cause = _CAUSES.get(code, "cú pháp XML sai")
    return RefusedError(kind, f"{what} không phải XML hợp lệ: {cause}{at}; xuất lại từ phần mềm")


def ended(
    error: etree.XMLSyntaxError, what: str, log: Iterable[etree._LogEntry] = ()
) -> RefusedError:
    """What to say of an error that shows only when the input has ended."""
    code, _ = _code_and_line(error, log)
    told = code in (_INVALID_CHARACTER, _UNDECLARED_ENTITY) or _STRAY_AMPERSAND in str(error)
    if told and "Incomplete" not in str(error):
        return malformed(error, "tep_khong_doc_duoc", what, log=log)
    reason = f"{what} bị cắt ngang, thiếu phần cuối; xuất hoặc tải lại tệp đầy đủ"
    return RefusedError("tep_bi_cat", reason)


def stopped(log: Iterable[etree._LogEntry]) -> bool:
    """Whether the parser has met what makes it pass over the rest without an error."""
    return any(entry.type == _UNDECLARED_ENTITY for entry in log)


def _code_and_line(error: etree.XMLSyntaxError, log: Iterable[etree._LogEntry]) -> tuple[int, int]:
    """The parser's code; one that stopped on an undeclared entity tells so only in its log."""
    line = int(error.position[0] or 0)
    for entry in log if line == 0 else ():
        if entry.type == _UNDECLARED_ENTITY:
            return _UNDECLARED_ENTITY, int(entry.line)
    return int(getattr(error, "code", 0) or 0), line
