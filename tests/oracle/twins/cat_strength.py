"""Strengths of drugs as amounts: `0,5 g` is `500mg`, `500mg + 125mg` is `625 mg`."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from fractions import Fraction

IN_MG = {"kg": Fraction(10**6), "g": Fraction(1000), "gam": Fraction(1000), "mg": Fraction(1),
         "mcg": Fraction(1, 1000), "µg": Fraction(1, 1000), "μg": Fraction(1, 1000)}  # fmt: skip
Amount = tuple[Fraction, str]


def same_strength(first: str, second: str) -> bool:
    """The same text, the same amounts in any order, or the same sum of one unit."""
    if tidy(first) == tidy(second):
        return True
    mine, listed = amounts(first), amounts(second)
    if not mine or not listed:
        return False
    if Counter(mine) == Counter(listed):
        return True
    units = {unit for _, unit in (*mine, *listed)}
    return len(units) == 1 and sum(a for a, _ in mine) == sum(a for a, _ in listed)


def tidy(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(folded.split()).replace(",", ".")


def amounts(text: str) -> list[Amount]:
    """The amounts joined by "+", weights in milligrams; none when one of them is no amount."""
    out = []
    for part in tidy(text).split("+"):
        match = re.fullmatch(r"([0-9][0-9.]*)([a-zµμ%]+)(/.+)?", part)
        if match is None:
            return []
        number = decimal(match.group(1))
        if number is None:
            return []
        unit, per = match.group(2), match.group(3) or ""
        weight = IN_MG.get(unit)
        out.append((number * (weight or 1), ("mg" if weight else unit) + per))
    return out


def decimal(text: str) -> Fraction | None:
    """A number with a decimal mark, or with marks between its thousands."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return Fraction(text)
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3}){2,}", text):
        return Fraction(text.replace(".", ""))
    return None


def milligrams(text: str) -> Fraction | None:
    """The weight of one ingredient in one unit."""
    found = amounts(text)
    if len(found) != 1:
        return None
    weight, unit = found[0]
    return weight if unit.split("/")[0] == "mg" else None
