"""Machines and departments of a claim against the facility's lists 06/DM and 01/DM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, IN_FORCE, UNKNOWN, Coded
from giamdinh.catalogues.cells import day_text, minutes_of
from giamdinh.catalogues.tables import OPEN_END, OPEN_START, spread
from giamdinh.checks.chung import by_text, paid
from giamdinh.checks.danh_muc_chung import compact, order_dates, within
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.catalogues import DatedTable, PeriodIndex
    from giamdinh.catalogues.tables import Period
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_LINES = "XML3"
_ALWAYS = [(OPEN_START, OPEN_END)]
_JOINT = re.compile(r"K((?:[0-9]{2}){2,})")
_UNIT = re.compile(r"(K[0-9]{2}(?:[0-9]{2})*)[._-].*")


@check
def may_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Well-formed machine codes that the facility's list never had."""
    machines = _machines(context)
    if machines is not None:
        periods, which, rows, parts = machines
        form = pattern("MA_MAY")
        absent = np.array([period.state == ABSENT for period in periods], np.bool_)[which]
        absent &= np.array([form.fullmatch(part) is not None for part in parts], np.bool_)
        yield _named(_LINES, "MA_MAY", rows[absent], parts, absent)


@check
def may_ngoai_thoi_gian_su_dung(context: CheckContext) -> Iterable[Hits]:
    """Machines of the list without a row in force, or outside their days of use, when used."""
    machines = _machines(context)
    listed = context.catalogues.table("thiet_bi")
    if machines is None or listed is None:
        return
    periods, which, rows, parts = machines
    when, known = _used(context)
    spans = [_spans(listed, period) for period in periods]
    inside = within(which, spans, when[rows], np.zeros(rows.size, np.int64))
    out = known[rows] & ~inside
    yield _named(_LINES, "MA_MAY", rows[out], parts, out)


@check
def khoa_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Departments without a row in force in the facility's list; joint codes by their parts."""
    listed = context.catalogues.table("khoa")
    if listed is None:
        return
    index = listed.index("MA_KHOA", _departments)
    home = context.claims[CLAIM_TABLE]["MA_CSKCB"]
    for table in context.rule.fields:
        column = context.claims[table]["MA_KHOA"]
        texts = [tuple(map(compact, split(text))) for text in column.texts]
        rows, place = spread(column, [*texts, ()])
        names = [part for own in texts for part in own]
        facility = Coded(home.codes[context.claims[table].parent[rows]], home.texts)
        wrong = np.ones(rows.size, np.bool_)
        for when, known in _present(context, table):
            states = _department_states(index, facility, names, place, when[rows])
            wrong &= ((states == ABSENT) | (states == CLOSED)) & known[rows]
        yield _named(table, "MA_KHOA", rows[wrong], [names[i] for i in place.tolist()], wrong)


def _present(context: CheckContext, table: str) -> list[tuple[IntArray, BoolArray]]:
    """The moments at one of which a department must be in the list, and where they are known."""
    if table != CLAIM_TABLE:
        return [order_dates(context, table)]
    head = context.claims[CLAIM_TABLE]
    return [(head[name].values, head[name].valid) for name in ("NGAY_VAO", "NGAY_RA")]


def _department_states(
    index: PeriodIndex, facility: Coded, parts: Sequence[str], place: IntArray, when: IntArray
) -> IntArray:
    """What the list says of each part: of its whole code, else the worst of its components."""
    whole = index.states(facility, Coded(place.astype(np.int32), parts), when).astype(np.int64)
    closer = np.flatnonzero(whole != IN_FORCE)
    if not closer.size:
        return whole
    pieces = [_components(part) for part in parts]
    here = Coded(facility.codes[closer], facility.texts)
    found = np.full(closer.size, IN_FORCE, np.int64)
    for depth in range(max(map(len, pieces))):
        texts = [own[depth] if depth < len(own) else "" for own in pieces]
        codes = Coded(place[closer].astype(np.int32), texts)
        states = index.states(here, codes, when[closer]).astype(np.int64)
        there = np.array([bool(text) for text in texts], np.bool_)[place[closer]]
        found = np.where(there, np.minimum(found, states), found)
    joint = np.array([bool(own) for own in pieces], np.bool_)[place[closer]]
    better = np.where(found == UNKNOWN, UNKNOWN, np.maximum(found, whole[closer]))
    whole[closer] = np.where(joint, better, whole[closer])
    return whole


def _machines(
    context: CheckContext,
) -> tuple[Sequence[Period], IntArray, IntArray, list[str]] | None:
    """Every machine of a paid line with the list's word when it was used; once per batch."""
    listed = context.catalogues.table("thiet_bi")
    if listed is None:
        return None

    def found() -> tuple[Sequence[Period], IntArray, IntArray, list[str]]:
        table = context.claims[_LINES]
        column = table["MA_MAY"]
        texts = [tuple(map(compact, split(text))) for text in column.texts]
        rows, place = spread(column, [*texts, ()])
        sent = by_text(table["MA_DICH_VU"], _sent)
        keep = (paid(context.claims, _LINES) & ~sent)[rows]
        rows, place = rows[keep], place[keep]
        parts = [part for own in texts for part in own]
        home = context.claims[CLAIM_TABLE]["MA_CSKCB"]
        facility = Coded(home.codes[table.parent[rows]], home.texts)
        index = listed.index("MA_MAY", _machine_keys)
        when = _used(context)[0][rows]
        periods, which = index.periods(facility, Coded(place.astype(np.int32), parts), when)
        return periods, which, rows, [parts[i] for i in place.tolist()]

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


def _named(table: str, field: str, rows: IntArray, parts: Sequence[str], wrong: BoolArray) -> Hits:
    """One hit per row with all its wrong parts."""
    named: dict[int, list[str]] = {}
    for row, i in zip(rows.tolist(), np.flatnonzero(wrong).tolist(), strict=True):
        named.setdefault(row, []).append(parts[i])
    details = [", ".join(dict.fromkeys(own)) for own in named.values()]
    return Hits(table, np.array(list(named), np.int64), field, detail=details)


def _machine_keys(text: str) -> list[str]:
    return list(map(compact, split(text)))


def _sent(code: str) -> bool:
    return pattern("DICH_VU_GUI_CO_SO_KHAC").fullmatch(code.upper()) is not None


def _departments(text: str) -> list[str]:
    """The keys of a department of the list: itself, its parts, and that of a unit under it."""
    codes = [compact(part) for part in split(text)]
    return list(dict.fromkeys(k for code in codes for k in (code, *_components(code))))


def _components(code: str) -> tuple[str, ...]:
    """The departments that a joint code or a unit's code is made of; none for a plain code."""
    if unit := _UNIT.fullmatch(code):
        return _components(unit.group(1)) or (unit.group(1),)
    if joint := _JOINT.fullmatch(code):
        digits = joint.group(1)
        return tuple(f"K{digits[i : i + 2]}" for i in range(0, len(digits), 2))
    return ()
