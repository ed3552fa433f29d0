"""Which findings a page shows, as it stands in an address: codes and numbers, never a name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from giamdinh.findings import SEVERITIES
from giamdinh.web.decisions import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

UNDECIDED = "chua"
CHANGES = {"moi": "mới", "cu": "còn lại từ lượt trước"}
NUMBERED = {"khoa": "department", "bs": "practitioner"}
"""Columns whose texts stand in addresses as numbers."""
_CHOICES: dict[str, tuple[str, ...]] = {
    "muc": SEVERITIES,
    "qd": (UNDECIDED, *filter(None, WORDS)),
    "so": tuple(CHANGES),
}
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show; empty and 0 mean everything.

    Attributes:
        muc: severity. ma: rule. nd: content of the circular. cs: facility. bang: table.
        khoa, bs: number of a department or practitioner in this run, from 1.
        hs: number of a claim in this run, from 1. nn: number of a root cause.
        qd: decision. ai: mark of whom findings are assigned to.
        so: compared with the run before. tim: key of a text to look for.
    """

    muc: str = ""
    ma: str = ""
    nd: str = ""
    cs: str = ""
    bang: str = ""
    khoa: int = 0
    bs: int = 0
    hs: int = 0
    nn: int = 0
    qd: str = ""
    ai: str = ""
    so: str = ""
    tim: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filter:
        """The filter in an address or a form; what makes no sense there is left out."""
        values: dict[str, str | int] = {}
        for field in fields(cls):
            text = given.get(field.name, "").strip()[:_LONGEST]
            if field.type == "int":
                values[field.name] = int(text) if text.isascii() and text.isdigit() else 0
            elif text in _CHOICES.get(field.name, (text,)):
                values[field.name] = text
        return cls(**values)  # type: ignore[arg-type]

    def query(self) -> dict[str, str | int]:
        """What of it stands in an address."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def empty(self) -> bool:
        """Whether it lets everything through."""
        return not self.query()
