"""Decisions of a profile in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.text import severity

if TYPE_CHECKING:
    from giamdinh.profiles.model import Entry, Section

KINDS: dict[Section, str] = {
    "select": "Chỉ chạy",
    "ignore": "Tắt quy tắc",
    "severity": "Đổi mức độ",
    "parameter": "Đổi tham số",
    "suppress": "Bỏ qua có thời hạn",
    "release": "Thôi tạm giữ",
}
_MATCHED = {
    "facility": "cơ sở",
    "claim": "MA_LK",
    "table": "bảng",
    "row": "dòng",
    "field": "trường",
    "code": "mã",
    "fingerprint": "mã đối chiếu",
}


def entry_text(entry: Entry) -> str:
    """What an entry is about."""
    parts = [", ".join(entry.rules)] if entry.rules else []
    if entry.section == "parameter":
        parts = [f"{entry.name} = {entry.value}"]
    if entry.severity:
        parts.append(f"thành {severity(entry.severity)}")
    parts += [f"{_MATCHED[key]} {text}" for key, text in entry.match]
    if entry.facilities:
        parts.append(f"tại cơ sở {', '.join(entry.facilities)}")
    return " · ".join(parts)
