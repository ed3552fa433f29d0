"""What a dosage text in the official form says: take * times a day * days [daily]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from tests.oracle.twins.helpers import folded

NUMBER = r"([0-9]{1,6}(?:[.,][0-9]{1,6})?(?:/[0-9]{1,6})?)"
UNIT = r" ?([^\W\d_][^/*\[\]]*?)? ?"


@dataclass(frozen=True)
class Dose:
    take: Fraction
    times: Fraction
    days: int
    unit: str
    daily: Fraction | None


def dose(text: str) -> Dose | None:
    """None where the text is not in the form; a unit is its first word."""
    match = re.fullmatch(r"([^\[\]]*?) ?(?:\[([^\[\]]*)\])?\.?", folded(text))
    if match is None:
        return None
    said, daily = match[1], match[2]
    marks = [i for i, letter in enumerate(said) if letter in "*x×"]
    for first, second in combinations(marks, 2):
        take = re.fullmatch(NUMBER + UNIT + "(?:/ ?lần)?", said[:first].strip())
        times = re.fullmatch(NUMBER + " ?(?:lần)? ?(?:/ ?ngày)?", said[first + 1 : second].strip())
        days = re.fullmatch("([0-9]{1,3}) ?(?:ngày)?", said[second + 1 :].strip())
        total = re.fullmatch(NUMBER + "?" + UNIT + "(?:/ ?ngày)?", (daily or "").strip())
        if take and times and days and total:
            unit = (take[2] or total[2] or "").split(" ")[0]
            whole = exact(total[1]) if total[1] else None
            return Dose(exact(take[1]), exact(times[1]), int(days[1]), unit, whole)
    return None


def exact(text: str) -> Fraction:
    top, _, bottom = text.replace(",", ".").partition("/")
    if not bottom:
        return Fraction(top)
    return Fraction(top) / int(bottom) if int(bottom) else Fraction(0)
