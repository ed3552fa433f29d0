"""Working hours as free text: days, then spans of hours, clause by clause."""

from __future__ import annotations

import re
from functools import cache

from tests.oracle.twins.helpers import folded

Week = frozenset[tuple[int, int]]
ALWAYS = {"24/24", "24/7", "24h", "24/24h", "24/24 giờ", "cả ngày", "toàn thời gian"}
HOUR = r"(2[0-4]|[01]?[0-9]) ?(?:[:hg.] ?([0-5][0-9])?)? ?(?:phút|p)?"
SPAN = re.compile(f"{HOUR} ?(?:-|–|đến|~) ?{HOUR}")
DAY = r"(?:thứ |thứ|t)? ?([2-8]|cn|chủ nhật)"
DAYS = re.compile(f"{DAY}(?: ?(?:-|–|đến|~) ?{DAY})?")
WORDS = r"[\s,;.:+&]|và|từ|sáng|chiều|tối|ngày|hàng|tuần|các|giờ|buổi"


def nothing(text: str) -> bool:
    """Only words that say nothing are left."""
    return not re.sub(WORDS, "", text)


@cache
def open_week(days: str, hours: str) -> Week | None:
    """The minutes of a week, (day from Monday 0, minute), ends included.

    None where anything cannot be read, or no hours are written.
    """
    shared = days_in(folded(days)) if days.strip() else list(range(7))
    if shared is None:
        return None if hours.strip() else open_week("", days)
    clauses = [folded(part) for part in re.split(r"[;|\r\n]", hours) if part.strip()]
    if not clauses:
        return None
    found: set[tuple[int, int]] = set()
    for clause in clauses:
        read = clause_of(clause, shared)
        if read is None:
            return None
        for day, first, last in read:
            for minute in range(day * 1440 + first, day * 1440 + last + 1):
                found.add((minute // 1440 % 7, minute % 1440))
    return frozenset(found)


def clause_of(text: str, shared: list[int]) -> list[tuple[int, int, int]] | None:
    if text in ALWAYS:
        return [(day, 0, 1440) for day in shared]
    start = 0
    if text[0] in "tc" and (match := DAYS.match(text)):
        start = match.end()  # "T2-T6 7-17": the days are no span of hours
    first = SPAN.search(text, start)
    if first is None:
        return None
    ahead, behind = text[: first.start()], text[first.start() :]
    days = shared if nothing(ahead) else days_in(ahead)
    if days is None or not nothing(SPAN.sub("", behind)):
        return None
    spans = []
    for match in SPAN.finditer(behind):
        since = int(match[1]) * 60 + int(match[2] or 0)
        until = int(match[3]) * 60 + int(match[4] or 0)
        spans.append((since, until if since < until else until + 1440))
    return [(day, since, until) for day in days for since, until in spans]


def days_in(text: str) -> list[int] | None:
    found: list[int] = []
    for match in DAYS.finditer(text):
        day, last = (number(match[1]), number(match[2] or match[1]))
        found.append(day)
        while day != last:
            day = (day + 1) % 7
            found.append(day)
    return found if found and nothing(DAYS.sub("", text)) else None


def number(text: str) -> int:
    """Monday is the second day; the eighth and `cn` are Sunday."""
    return 6 if text[0] == "c" else int(text) - 2
