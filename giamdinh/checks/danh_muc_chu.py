"""How the texts of a facility list compare with those of a line: tenders, strengths, routes."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from giamdinh.catalogues.cells import number_text, plain
from giamdinh.rules.texts import split

if TYPE_CHECKING:
    from collections.abc import Mapping

TENDER_PARTS = 4
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_NOT_WORD = re.compile(r"[\W_]+")
_AMOUNT = re.compile(r"([0-9][0-9.,]*)([a-zµμ%]+)(?:/(.+))?")
_GRAMS = {
    "kg": Fraction(10**6),
    "g": Fraction(10**3),
    "gam": Fraction(10**3),
    "mg": Fraction(1),
    "mcg": Fraction(1, 10**3),
}
"""Weights in milligrams."""
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def tender(text: str) -> tuple[str, ...]:
    """Decision, package, group and year of a tender string without case, marks and zeros."""
    parts = [_mark(part) for part in text.split(";")[:TENDER_PARTS]]
    return tuple(parts) if any(parts) else ()


def tender_fits(mine: tuple[str, ...], listed: tuple[str, ...]) -> bool:
    """Whether two tenders agree in the parts that both have."""
    pairs = list(zip(mine, listed, strict=False))
    return any(all(pair) for pair in pairs) and all(a == b or not (a and b) for a, b in pairs)


@lru_cache(_REMEMBERED)
def same_strength(mine: str, listed: str) -> bool:
    """Whether two strengths are the same amounts, or the same sum of amounts."""
    if _bare(mine) == _bare(listed):
        return True
    first, second = _amounts(mine), _amounts(listed)
    if first is None or second is None:
        return False
    total = _total(first)
    return sorted(first) == sorted(second) or (total is not None and total == _total(second))


def route_agrees(mine: str, listed: tuple[str, str], routes: Mapping[str, str]) -> bool:
    """Whether a route code is that of a row, or one of the two names begins with the other.

    `listed` is the row's code and name, either may be empty; `routes` names known codes.
    """
    codes, name = listed
    if mine in split(codes):
        return True
    known = [routes.get(mine, ""), plain(mine)]
    names = [plain(name), *(plain(routes.get(code, "")) for code in split(codes))]
    return any(
        word and other and (word.startswith(other) or other.startswith(word))
        for word in map(plain, known)
        for other in names
    ) or not (routes.get(mine) or codes)


@lru_cache(_REMEMBERED)
def milligrams(text: str) -> Fraction | None:
    """The weight of one ingredient in one unit, None for anything else than one weight."""
    amounts = _amounts(text)
    if amounts is None or len(amounts) != 1:
        return None
    value, unit = amounts[0]
    return value if unit.startswith("mg/") else None


def _mark(part: str) -> str:
    folded = unicodedata.normalize("NFC", part).casefold()
    return _LEADING_ZEROS.sub("", _NOT_WORD.sub("", folded))


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).replace(",", ".")


def _amounts(text: str) -> list[tuple[Fraction, str]] | None:
    """The parts joined by "+", weights in milligrams; None when any of them is not an amount."""
    out = []
    for part in _bare(text).split("+"):
        match = _AMOUNT.fullmatch(part.replace("µg", "mcg").replace("μg", "mcg"))
        value = number_text(match.group(1)) if match else None
        if match is None or value is None:
            return None
        unit, per = match.group(2), match.group(3) or ""
        times = _GRAMS.get(unit, Fraction(1))
        out.append((Fraction(value) * times, ("mg" if unit in _GRAMS else unit) + "/" + per))
    return out


def _total(amounts: list[tuple[Fraction, str]]) -> tuple[Fraction, str] | None:
    units = {unit for _, unit in amounts}
    if len(units) != 1:
        return None
    return sum((value for value, _ in amounts), Fraction(0)), units.pop()
