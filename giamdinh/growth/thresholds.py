"""Thresholds that a facility or office sets for itself, as its profile says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.errors import UsageError
from giamdinh.profiles.words import entry_text

if TYPE_CHECKING:
    from giamdinh.profiles.model import Profile

_OURS = (
    "TANG_THAP", "TANG_CAO", "TANG_RAT_CAO", "LUOT_TOI_THIEU_SO_SANH", "CO_SO_TOI_THIEU_SO_SANH",
    "THANG_TOI_THIEU_SO_SANH", "SO_MAD_BAT_THUONG", "TY_TRONG_TOI_THIEU",
)  # fmt: skip


def changed(profile: Profile) -> tuple[dict[str, float], list[str]]:
    """The thresholds by parameter, and who set them why; the last entry of a parameter wins.

    Raises:
        UsageError: one is set for some facilities only.
    """
    found: dict[str, float] = {}
    notes = []
    for entry in profile.of("parameter"):
        if entry.name not in _OURS:
            continue
        if entry.facilities:
            raise UsageError(f"ngưỡng {entry.name} dùng chung cho mọi cơ sở; bỏ 'facilities'")
        found[entry.name] = float(entry.value)
        notes.append(
            f"{entry_text(entry)} theo {profile.file}: {entry.reason} ({entry.author}, "
            f"{entry.day:%d/%m/%Y})"
        )
    return found, notes
