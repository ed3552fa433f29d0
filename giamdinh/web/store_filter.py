"""Which claims of a store a page shows, as it stands in an address: codes, months, marks."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LAST = 10**6 - 1
PARTS = ("khoa", "nhom", "muc", "bs")
_LONGEST, _MOST = 60, 60
MISSING = "-"
"""Stands in an address for a value that the claims do not give."""


@dataclass(frozen=True, slots=True)
class StoreFilter:
    """What to show; empty means everything.

    Attributes:
        cs: facilities. loai: class of care. benh: group of diseases, None for all.
        tu, den: first and last month as yyyymm.
        part: ("khoa", code), ("nhom", code), ("muc", code) ("bs", mark of a person).
    """

    cs: tuple[str, ...] = ()
    loai: str = ""
    benh: str | None = None
    tu: int = 0
    den: int = _LAST
    part: tuple[str, str] | None = None

    @classmethod
    def of(cls, given: Mapping[str, str], facilities: Sequence[str]) -> StoreFilter:
        """The filter in an address; `facilities` are all values of `cs`."""
        part: tuple[str, str] | None = None
        for name in PARTS:
            if given.get(name):
                part = name, _meant(given[name])
        return cls(
            cs=tuple(_meant(code) for code in facilities[:_MOST] if code),
            loai=given.get("loai", "")[:_LONGEST],
            benh=_meant(given["benh"]) if given.get("benh") else None,
            tu=_month(given.get("tu", ""), 0),
            den=_month(given.get("den", ""), _LAST),
            part=part,
        )


def link(shelf: str, **given: object) -> str:
    """The address of the claims behind a number.

    Args:
        shelf: the store's name in addresses.
        given: fields of a filter; a part by its own name, None where it is left out.
    """
    values = [(name, value) for name, value in (("kho", shelf or None), *given.items())
              if value is not None]  # fmt: skip
    return f"/kho/ho-so?{urlencode(values, doseq=True)}"


def shown(value: str) -> str:
    """A value as it stands in an address."""
    return value or MISSING


def mark(person: str) -> str:
    """Stands for a person's code in addresses, which hold nothing about people."""
    return blake2s(person.encode(), digest_size=6).hexdigest()


def _meant(text: str) -> str:
    return "" if text == MISSING else text[:_LONGEST]


def _month(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else otherwise  # noqa: PLR2004
