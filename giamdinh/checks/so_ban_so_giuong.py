"""Days with more examinations or patients in beds than a department has tables and beds for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.catalogues import Coded
from giamdinh.checks.chung import home, in_set, paid, share
from giamdinh.checks.danh_muc_chung import compact, listed_keys, numbers_of
from giamdinh.checks.khoang_nhieu_ho_so import claim_order, facilities, keyed
from giamdinh.checks.nguoi_lam_song_song import leads
from giamdinh.checks.tham_chieu import running_sums
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.catalogues import DatedTable
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"
_SCALE = 3
_WHOLE = 100


class Exams(NamedTuple):
    """Paid examinations in the order of their times.

    Attributes:
        rows: lines; the other parts have the same shape.
        room: the facility, department and day; -1 where one is not known.
        doctor: the facility, first performer and day; -1 where one is not known.
        tables: exam tables that the department has by the list, 0 where it does not say.
    """

    rows: IntArray
    room: IntArray
    doctor: IntArray
    tables: IntArray


@check
def vuot_so_luot_mot_ban_kham(context: CheckContext) -> Iterable[Hits]:
    """Examinations beyond what a day's exam tables are paid for in full.

    The tables of the department are those of its list; where there is none, each doctor is a table.
    """
    exams = _exams(context)
    most = context.number("SO_LUOT_KHAM_MOT_BAN", LINES)[exams.rows]
    listed = exams.tables > 0
    group = keyed(listed.astype(np.int64), np.where(listed, exams.room, exams.doctor))
    place = _places(group)
    limit = most * np.maximum(exams.tables, 1)
    detail = [
        f"{n} của {'khoa có ' + str(t) + ' bàn khám' if t else 'người khám'}"
        for n, t in zip(place.tolist(), exams.tables.tolist(), strict=True)
    ]
    yield _beyond(context, exams, (group >= 0) & (place > limit), detail)


@check
def so_nguoi_kham_it_hon_ban_kham(context: CheckContext) -> Iterable[Hits]:
    """Examinations that the tables of a department would allow, but not the doctors seen there."""
    exams = _exams(context)
    most = context.number("SO_LUOT_KHAM_MOT_BAN", LINES)[exams.rows]
    size = int(exams.room.max(initial=-1)) + 1
    known = (exams.room >= 0) & (exams.doctor >= 0)
    pairs, first = np.unique(keyed(exams.room, exams.doctor), return_index=True)
    first = first[pairs >= 0]
    people = np.bincount(exams.room[first], minlength=size)
    there = np.where(known, people[exams.room] if size else 0, 0)
    place = _places(exams.room)
    over = known & (there < exams.tables) & (place > most * there)
    over &= place <= most * exams.tables
    detail = [
        f"{n}, có {p} người khám, {t} bàn khám"
        for n, p, t in zip(place.tolist(), there.tolist(), exams.tables.tolist(), strict=True)
    ]
    yield _beyond(context, exams, over, detail)


def _exams(context: CheckContext) -> Exams:
    return context.batch.once(("table_exams", context.rule.by), lambda: _rooms(context))


def _rooms(context: CheckContext) -> Exams:
    lines = context.claims[LINES]
    when = lines["NGAY_TH_YL"]
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_KHAM") & paid(context.claims, LINES)
    rows = np.flatnonzero(wanted & when.valid & (lines.parent >= 0))
    rows = rows[np.lexsort((*claim_order(context, LINES, rows), when.values[rows]))]
    day, place = when.values[rows] // DAY, facilities(context, LINES, rows)
    ward = lines["MA_KHOA"].codes[rows].astype(np.int64)
    doctor = leads(context, LINES, "NGUOI_THUC_HIEN").codes[rows].astype(np.int64)
    tables = _of_ward(context, "BAN_KHAM", rows, when.values[rows]) // 10**_SCALE
    room = keyed(place, ward, day)
    return Exams(rows, room, keyed(place, doctor, day), np.where(room >= 0, tables, 0))


def _of_ward(context: CheckContext, column: str, rows: IntArray, when: IntArray) -> IntArray:
    """What the list of departments says of each line's department, in thousandths; 0 unknown."""
    listed = context.catalogues.table("khoa")
    if listed is None or not rows.size:
        return np.zeros(rows.size, np.int64)
    ward = context.claims[LINES]["MA_KHOA"]
    keys = Coded(ward.codes[rows], [compact(text) for text in ward.texts])
    index = listed.index("MA_KHOA", listed_keys)
    periods, which = index.periods(home(context, LINES, rows), keys, when)
    most = [listed.remembered(_most, (column, period.rows)) for period in periods]
    return np.array([*most, 0], np.int64)[which]


def _most(listed: DatedTable, asked: tuple[str, tuple[int, ...]]) -> int:
    """The largest number that some rows have in a column; 0 when one of them has none."""
    column, rows = asked
    values = [listed.remembered(numbers_of, column)[row] for row in rows]
    return max(values) if values and min(values) >= 0 else 0


def _places(group: IntArray) -> IntArray:
    """The place of each element in its group, from 1."""
    return running_sums(numbered(group)[1], np.ones(group.size, np.int64))


def _beyond(context: CheckContext, exams: Exams, over: BoolArray, detail: list[str]) -> Hits:
    """Lines still asking for more than the reduced share of the price."""
    lines = context.claims[LINES]
    ratio = lines["TYLE_TT_DV"]
    reduced = context.number("TY_LE_KHAM_VUOT_BAN", LINES)
    over = over & ratio.valid[exams.rows] & (ratio.values[exams.rows] > reduced[exams.rows])
    rows = exams.rows[over]
    whole = np.full(rows.size, _WHOLE, np.int64)
    money = share(lines["T_BHTT"].values[rows], _WHOLE - reduced[rows], whole)
    return Hits(LINES, rows, amount=money, detail=[detail[i] for i in np.flatnonzero(over)])


@check
def vuot_so_giuong_khoa(context: CheckContext) -> Iterable[Hits]:
    """Bed days beyond a department's approved beds and what may be added, the newest stays first.

    A line of several days stands for each of them; a shared bed counts for its share.
    """
    lines = context.claims[LINES]
    rows, day, part = _bed_days(context)
    beds = _of_ward(context, "GIUONG_PD", rows, day * DAY)
    more = context.number("PHAN_TRAM_GIUONG_TAM", LINES)[rows]
    claims = context.claims[CLAIM_TABLE]
    came = claims["NGAY_VAO"].values[lines.parent[rows]]
    order = np.lexsort((*claim_order(context, LINES, rows), came))
    rows, day, part, beds, more = (values[order] for values in (rows, day, part, beds, more))
    ward = lines["MA_KHOA"].codes[rows].astype(np.int64)
    room = keyed(facilities(context, LINES, rows), ward, day)
    total = running_sums(numbered(room)[1], part)
    over = (room >= 0) & (beds > 0) & (total * _WHOLE > beds * (_WHOLE + more))
    hits, first = np.unique(rows[over], return_index=True)
    told = zip(total[over][first].tolist(), beds[over][first].tolist(), strict=True)
    detail = [f"{number_vi(t, _SCALE)} giường, phê duyệt {number_vi(b, _SCALE)}" for t, b in told]
    yield Hits(LINES, hits, detail=detail)


def _bed_days(context: CheckContext) -> tuple[IntArray, IntArray, IntArray]:
    """Lines, days and parts of a bed in thousandths, one element per line and day."""
    lines = context.claims[LINES]
    quantity, ratio, since = lines["SO_LUONG"], lines["TYLE_TT_DV"], lines["NGAY_YL"]
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_GIUONG_NOI_TRU") & since.valid
    wanted &= quantity.valid & (quantity.values > 0) & (lines.parent >= 0)
    rows = np.flatnonzero(wanted & paid(context.claims, LINES))
    unit = 10**_SCALE
    days = np.minimum(-(-quantity.values[rows] // unit), 366)
    each = np.repeat(np.arange(rows.size), days)
    nth = np.arange(each.size) - np.repeat(np.cumsum(days) - days, days)
    left = quantity.values[rows][each] - nth * unit
    share_of = np.where(ratio.valid[rows], np.minimum(ratio.values[rows], _WHOLE), _WHOLE)
    part = np.minimum(left, unit) * share_of[each] // _WHOLE
    return rows[each], since.values[rows][each] // DAY + nth, part
