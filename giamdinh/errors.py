"""Errors shown to a user: one class per exit code, never carrying patient data."""

from __future__ import annotations

import errno

_DISK = {
    errno.ENOSPC: "ổ đĩa đầy",
    errno.EDQUOT: "hết hạn mức ổ đĩa",
    errno.EFBIG: "tệp vượt cỡ cho phép",
    errno.EACCES: "không có quyền ghi",
    errno.EPERM: "không có quyền ghi",
    errno.EROFS: "ổ đĩa chỉ cho đọc",
    errno.ENOENT: "thư mục không còn ở đó",
    errno.ENOTDIR: "đường dẫn có chỗ không phải thư mục",
    errno.EEXIST: "đã có tệp cùng tên",
    errno.EIO: "lỗi ghi ổ đĩa",
}


class GiamdinhError(Exception):
    """Base of every error that ends a run with a message instead of a traceback."""

    exit_code = 1


class UsageError(GiamdinhError):
    """Something asked for that cannot be: an unknown rule, a folder that is not there."""

    exit_code = 2


class OutputError(GiamdinhError):
    """A result folder that cannot be written."""

    exit_code = 2


class StoppedError(GiamdinhError):
    """A run that ended half way through no fault of its input."""

    exit_code = 4


class InputError(GiamdinhError):
    """A file or folder that cannot be read at all."""

    exit_code = 3


class CardError(GiamdinhError):
    """A rule card, parameter, code list or table specification that is wrong.

    Attributes:
        problems: one line each, `file:line: what is wrong and what to write`.
    """

    exit_code = 5

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def disk_reason(error: OSError) -> str:
    """Why something cannot be written, in Vietnamese."""
    return _DISK.get(error.errno or 0, f"lỗi hệ thống số {error.errno or 0}")
