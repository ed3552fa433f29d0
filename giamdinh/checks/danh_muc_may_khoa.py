"""Machines and departments of a claim against the facility's lists 06/DM and 01/DM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, IN_FORCE, UNKNOWN, Coded
from giamdinh.catalogues.cells import day_text, minutes_of
from giamdinh.catalogues.tables import OPEN_END, OPEN_START
from giamdinh.checks.chung import home, paid, written
from giamdinh.checks.danh_muc_chung import compact, order_dates, sent_away, within
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.catalogues import DatedTable, PeriodIndex
    from giamdinh.catalogues.tables import Period
    from giamdinh.checks.chung import Written
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_LINES = "XML3"
_ALWAYS = [(OPEN_START, OPEN_END)]


@check
def may_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Well-formed machine codes that the facility's list never had."""
    periods, which, used = _machines(context)
    form = pattern("MA_MAY")
    well_formed = [form.fullmatch(text) is not None for text in used.texts]
    absent = np.array([period.state == ABSENT for period in periods], np.bool_)[which]
    absent &= np.array(well_formed, np.bool_)[used.codes]
    yield _named(_LINES, "MA_MAY", used, absent)


@check
def may_ngoai_thoi_gian_su_dung(context: CheckContext) -> Iterable[Hits]:
    """Machines of the list without a row in force, or outside their days of use, when used."""
    listed = context.catalogues.tables["thiet_bi"]
    periods, which, used = _machines(context)
    when, known = _used(context)
    spans = [_spans(listed, period) for period in periods]
    inside = within(which, spans, when[used.rows], np.zeros(used.rows.size, np.int64))
    yield _named(_LINES, "MA_MAY", used, known[used.rows] & ~inside)


@check
def khoa_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Departments without a row in force in the facility's list; joint codes by their parts."""
    index = context.catalogues.tables["khoa"].index("MA_KHOA", _departments)
    for table in context.rule.fields:
        named = written(context.claims[table]["MA_KHOA"], _codes)
        facility = home(context, table, named.rows)
        wrong = np.ones(named.rows.size, np.bool_)
        for when, known in _present(context, table):
            states = _department_states(index, facility, named, when[named.rows])
            wrong &= ((states == ABSENT) | (states == CLOSED)) & known[named.rows]
        yield _named(table, "MA_KHOA", named, wrong)


def _present(context: CheckContext, table: str) -> list[tuple[IntArray, BoolArray]]:
    """The moments at one of which a department must be in the list, and where they are known."""
    if table != CLAIM_TABLE:
        return [order_dates(context, table)]
    head = context.claims[CLAIM_TABLE]
    return [(head[name].values, head[name].valid) for name in ("NGAY_VAO", "NGAY_RA")]


def _department_states(
    index: PeriodIndex, facility: Coded, named: Written, when: IntArray
) -> IntArray:
    """What the list says of each code: of the whole one, else the worst of its components."""
    whole = index.states(facility, named, when).astype(np.int64)
    closer = np.flatnonzero(whole != IN_FORCE)
    if not closer.size:
        return whole
    place = named.codes[closer]
    pieces = [_components(text) for text in named.texts]
    here = Coded(facility.codes[closer], facility.texts)
    found = np.full(closer.size, IN_FORCE, np.int64)
    for depth in range(max(map(len, pieces))):
        texts = [own[depth] if depth < len(own) else "" for own in pieces]
        states = index.states(here, Coded(place, texts), when[closer]).astype(np.int64)
        there = np.array([bool(text) for text in texts], np.bool_)[place]
        found = np.where(there, np.minimum(found, states), found)
    joint = np.array([bool(own) for own in pieces], np.bool_)[place]
    better = np.where(found == UNKNOWN, UNKNOWN, np.maximum(found, whole[closer]))
    whole[closer] = np.where(joint, better, whole[closer])
    return whole


def _machines(context: CheckContext) -> tuple[Sequence[Period], IntArray, Written]:
    """Every machine of a paid line with the list's word when it was used; once per batch."""

    def found() -> tuple[Sequence[Period], IntArray, Written]:
        table = context.claims[_LINES]
        every = written(table["MA_MAY"], _codes)
        asked = paid(context.claims, _LINES) & ~sent_away(table["MA_DICH_VU"])
        keep = asked[every.rows]
        used = every._replace(rows=every.rows[keep], codes=every.codes[keep])
        index = context.catalogues.tables["thiet_bi"].index("MA_MAY", _codes)
        when = _used(context)[0][used.rows]
        return *index.periods(home(context, _LINES, used.rows), used, when), used

    return context.batch.once(("may", context.rule.by), found)


def _used(context: CheckContext) -> tuple[IntArray, BoolArray]:
    """When the machine of each line ran: the time of execution, else of the order."""
    done = context.claims[_LINES]["NGAY_TH_YL"]
    when, known = order_dates(context, _LINES)
    return np.where(done.valid, done.values, when), done.valid | known


def _spans(listed: DatedTable, period: Period) -> list[tuple[int, int]]:
    """The days of use by the rows in force; all days where the list does not say."""
    if period.state == CLOSED:
        return []
    if period.state != IN_FORCE:
        return _ALWAYS
    spans = []
    for row in period.rows:
        texts = listed.text("HD_TU", row), listed.text("HD_DEN", row)
        days = [day_text(text) if text else "" for text in texts]
        if any(day is None for day in days):
            return _ALWAYS
        start, end = days
        first = minutes_of(start) if start else OPEN_START
        spans.append((first, minutes_of(end) + DAY - 1 if end else OPEN_END))
    return spans


def _named(table: str, field: str, codes: Written, wrong: BoolArray) -> Hits:
    """One hit per row with all its wrong codes."""
    named: dict[int, list[str]] = {}
    for row, code in zip(codes.rows[wrong].tolist(), codes.codes[wrong].tolist(), strict=True):
        named.setdefault(row, []).append(codes.texts[code])
    details = [", ".join(dict.fromkeys(own)) for own in named.values()]
    return Hits(table, np.array(list(named), np.int64), field, detail=details)


def _codes(text: str) -> list[str]:
    """The codes of a list field."""
    return list(map(compact, split(text)))


def _departments(text: str) -> list[str]:
    """The keys of a department of the list: itself, its parts, and that of a unit under it."""
    return list(dict.fromkeys(k for code in _codes(text) for k in (code, *_components(code))))


def _components(code: str) -> tuple[str, ...]:
    """The departments that a joint code or a unit's code is made of; none for a plain code."""
    if unit := pattern("MA_KHOA_DON_VI").fullmatch(code):
        return _components(unit.group(1)) or (unit.group(1),)
    if joint := pattern("MA_KHOA_GHEP").fullmatch(code):
        digits = joint.group(1)
        return tuple(f"K{digits[i : i + 2]}" for i in range(0, len(digits), 2))
    return ()
