"""What may be decided at all: adjustable parameters, the brake, families of a facility's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from giamdinh import yamlio
from giamdinh.kept import kept
from giamdinh.resources import data_dir


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of `schemas/cau_hinh.yaml`.

    Attributes:
        brake_percent: a rule that hits a larger share of the claims it looks at is held.
        brake_claims: fewer claims than these hold no rule.
        own_families: letters for a facility's own rules.
        adjustable: parameter → least and most that a profile may give it, as decimal texts.
    """

    brake_percent: int
    brake_claims: int
    own_families: tuple[str, ...]
    adjustable: dict[str, tuple[str, str]]


@cache
def settings() -> Settings:
    """The settings, read once."""
    return kept("cau_hinh", _read)


def _read() -> Settings:
    data, _ = yamlio.load(data_dir("schemas") / "cau_hinh.yaml")
    return Settings(
        int(data["brake"]["percent"]),
        int(data["brake"]["claims"]),
        tuple(data["own_families"]),
        {row["name"]: (row["least"], row["most"]) for row in data["adjustable"]},
    )
