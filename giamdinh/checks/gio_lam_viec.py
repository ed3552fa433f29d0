"""Working hours: what people and facilities wrote down, and who worked outside of it.

Hours are free text. What cannot be read in full says nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import claim_flag, in_set, paid
from giamdinh.checks.nguoi_hanh_nghe import acting, named, nobody
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

WEEK = 7 * DAY
_MONDAY = 4 * DAY
"""Minutes from the first Thursday of 1970 to the first Monday."""
_HOUR = r"(2[0-4]|[01]?[0-9]) ?(?:[:hg.] ?([0-5][0-9])?)? ?(?:phút|p)?"
_SPAN = re.compile(rf"{_HOUR} ?(?:-|–|đến|~) ?{_HOUR}")
_DAY = r"(?:thứ |thứ|t)? ?([2-8]|cn|chủ nhật)"
_DAYS = re.compile(rf"{_DAY}(?: ?(?:-|–|đến|~) ?{_DAY})?")
_CLAUSES = re.compile(r"[;|\r\n]")
_JOINS = re.compile(r"[\s,;.:+&]|và|từ|sáng|chiều|tối|ngày|hàng|tuần|các|giờ|buổi")
_ALWAYS = frozenset({"24/24", "24/7", "24h", "24/24h", "24/24 giờ", "cả ngày", "toàn thời gian"})
_FIELDS = (("XML2", "MA_BAC_SI", "NGAY_YL"), ("XML3", "NGUOI_THUC_HIEN", "NGAY_TH_YL"))


@check
def ngoai_gio_dang_ky(context: CheckContext) -> Iterable[Hits]:
    """Outpatient orders and services at a time when, by every row in force, nobody named works.

    Emergencies and inpatients, where people are on call, are left alone.
    """
    staff = context.catalogues.tables["nhan_luc"]
    xml1 = context.claims[CLAIM_TABLE]["MA_LOAI_KCB"]
    planned = ~xml1.missing & ~in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    planned &= ~in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_CAP_CUU")
    for table, field, time in _FIELDS:
        when = context.claims[table][time]
        concerned = claim_flag(context.claims, table, planned) & paid(context.claims, table)
        concerned &= ~in_set(context, table, "MA_KHOA", "KHOA_CAP_CUU", _department) & when.valid
        acted = acting(context, staff, table, field)
        mine = concerned[acted.people.rows]
        people = acted.people.take(mine)
        weeks = [staff.remembered(_of_person, p.rows) if p.rows else None for p in acted.periods]
        away = outside(
            weeks, acted.which[mine], when.values[people.rows],
            context.number("PHUT_LECH_GIO_LAM_VIEC", table)[people.rows],
        )  # fmt: skip
        hits = named(people.take(away & nobody(people, away)))
        yield Hits(table, np.array(list(hits), np.int64), field, detail=list(hits.values()))


def outside(
    weeks: Sequence[BoolArray | None], which: IntArray, when: IntArray, slack: IntArray
) -> BoolArray:
    """Moments that lie outside a week's hours by more than `slack` minutes.

    Args:
        weeks: shape (WEEK,) each, minutes from Monday 0:00 that are working hours; None for
            hours that are not known.
        which: shape (n,), index into `weeks`.
        when: shape (n,), minutes since 1970.
        slack: shape (n,), minutes.
    """
    found = np.zeros(which.size, np.bool_)
    known: dict[bytes, int] = {}
    rows = [-1 if w is None else known.setdefault(w.tobytes(), len(known)) for w in weeks]
    place = np.array([*rows, -1], np.int64)[which]
    asked = np.flatnonzero(place >= 0)
    if asked.size:
        table = np.frombuffer(b"".join(known), np.bool_).reshape(len(known), WEEK)
        # Working minutes before each minute of the week, of the one before and of the one after.
        before = np.zeros((len(known), 3 * WEEK + 1), np.int16)
        np.cumsum(np.tile(table, 3), axis=1, dtype=np.int16, out=before[:, 1:])
        now, row, room = when[asked] - _MONDAY, place[asked], np.minimum(slack[asked], WEEK)
        first = now % WEEK + WEEK - room
        found[asked] = before[row, first] == before[row, first + 2 * room + 1]
    return found


def _of_person(staff: DatedTable, rows: tuple[int, ...]) -> BoolArray | None:
    """The hours of all rows of a person together; None when those of any are not known."""
    weeks = [week_of(staff.text("THOIGIAN_TUAN", r), staff.text("THOIGIAN_NGAY", r)) for r in rows]
    known = [week for week in weeks if week is not None]
    return np.logical_or.reduce(known) if len(known) == len(weeks) else None


@lru_cache(4096)
def week_of(days: str, hours: str) -> BoolArray | None:
    """The working minutes of a week, shape (WEEK,), by texts of days and hours, ends included.

    Either text may hold both, clause by clause (`T2-T6 07:00-17:00; T7 07:00-11:30`). None when
    there are no hours, or when anything in the texts cannot be read.
    """
    week = np.zeros(WEEK, np.bool_)
    shared = _days_of(fold(days)) if days.strip() else range(7)
    if shared is None:
        return week_of("", days) if not hours.strip() else None
    clauses = [fold(part) for part in _CLAUSES.split(hours) if part.strip()]
    read = [_clause(clause, shared) for clause in clauses]
    if not clauses or any(part is None for part in read):
        return None
    for part in read:
        for day, start, end in part or ():
            minutes = np.arange(day * DAY + start, day * DAY + end + 1) % WEEK
            week[minutes] = True
    week.setflags(write=False)
    return week


def _clause(text: str, shared: Iterable[int]) -> list[tuple[int, int, int]] | None:
    """Day, first and last minute of each span of a clause; None when it cannot be read."""
    if text.strip() in _ALWAYS:
        return [(day, 0, DAY) for day in shared]
    first = _SPAN.search(text)
    if text[:1] in {"t", "c"} and (space := _DAYS.match(text)):
        first = _SPAN.search(text, space.end())
    if first is None:
        return None
    ahead = text[: first.start()]
    days = _days_of(ahead) if _JOINS.sub("", ahead) else shared
    spans = _spans_of(text[first.start() :])
    if days is None or spans is None:
        return None
    return [(day, start, end) for day in days for start, end in spans]


def _days_of(text: str) -> list[int] | None:
    """Days of the week from Monday 0; None when anything else is written."""
    found: list[int] = []
    for match in _DAYS.finditer(text):
        start = _day(match.group(1))
        end = _day(match.group(2)) if match.group(2) else start
        found += range(start, end + 1) if start <= end else [*range(start, 7), *range(end + 1)]
    return found if found and not _JOINS.sub("", _DAYS.sub("", text)) else None


def _day(text: str) -> int:
    return int(text) - 2 if text.isdigit() else 6


def _spans_of(text: str) -> list[tuple[int, int]] | None:
    """First and last minute of each span; one that ends before it starts goes over midnight."""
    found = []
    for match in _SPAN.finditer(text):
        start, end = (int(match[i]) * 60 + int(match[i + 1] or 0) for i in (1, 3))
        found.append((start, end if start < end else end + DAY))
    return None if _JOINS.sub("", _SPAN.sub("", text)) else found


def _department(text: str) -> str:
    """The first department of a code."""
    return text.strip()[:3]
