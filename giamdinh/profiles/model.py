"""A profile: what a facility, or an office for many, decided about the rules, with reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from giamdinh.model import Severity

Section = Literal["select", "ignore", "severity", "parameter", "suppress", "release"]
SECTIONS: tuple[Section, ...] = (
    "select", "ignore", "severity", "parameter", "suppress", "release",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision.

    Attributes:
        rules: prefixes of rule codes; none for a parameter or a fingerprint.
        facilities: MA_CSKCB it is for; none for all.
        severity: the new one, of `severity`.
        name, value: of `parameter`.
        match: column of a finding → text, of `suppress`; `code` means the value or the item.
        expires: last day of a suppression.
    """

    section: Section
    reason: str
    author: str
    day: date
    rules: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    severity: Severity | Literal[""] = ""
    name: str = ""
    value: str = ""
    match: tuple[tuple[str, str], ...] = ()
    expires: date | None = None

    def about(self, rule: str) -> bool:
        """Whether it names a rule."""
        return rule.startswith(self.rules)

    def at(self, facility: str) -> bool:
        """Whether it is for a facility."""
        return not self.facilities or facility in self.facilities

    def expired(self, today: date) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True)
class Profile:
    """All decisions of one file, in the order of the file.

    Attributes:
        file: its name as the user wrote it.
        sha256: over its content.
    """

    name: str = ""
    file: str = ""
    sha256: str = ""
    entries: tuple[Entry, ...] = field(default=())

    def of(self, *sections: Section) -> tuple[Entry, ...]:
        """The decisions of some kinds."""
        return tuple(entry for entry in self.entries if entry.section in sections)
