"""One practitioner with several patients at once, by the times of the lines of all claims.

Only the first person named on a line is meant: the others are the team. Care that one person gives
to several patients side by side, persons who by the staff list are no doctors, and accounts that
many lines run under at once are not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among, distinct, first_of_each
from giamdinh.catalogues import Coded
from giamdinh.catalogues.people import practitioners, staff_index, staff_key
from giamdinh.checks.chung import home, in_set, paid
from giamdinh.checks.duoc_lam import allowed_in, barred, starting
from giamdinh.checks.khoang_nhieu_ho_so import (
    Spans,
    begins,
    busy,
    clashes,
    facilities,
    keyed,
    other_partner,
    pairs,
    patients,
    spans,
)
from giamdinh.checks.nguoi_benh import persons
from giamdinh.kernels.chong_nhau import earlier_overlap
from giamdinh.kernels.cua_so import kinds_within
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.codelists import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"
_READ = "XML4"
_HOUR = 60


@check
def mot_nguoi_hai_benh_nhan(context: CheckContext) -> Iterable[Hits]:
    """Lines that begin while their performer is still busy with another patient.

    Equal times on both lines are another rule's.
    """
    found = performed(context)
    partner = clashes(context, LINES, found, "PHUT_LAM_CHONG")
    slack = context.number("PHUT_LAM_CHONG", LINES)[found.rows]

    def differs(i: int, j: int) -> bool:
        times = found.start[i] == found.start[j], found.end[i] == found.end[j]
        return found.end[j] - found.start[i] > slack[i] and not all(times)

    partner = other_partner(found, partner, differs)
    yield _hits(context, found, partner >= 0, partner)


@check
def trung_het_thoi_gian_thuc_hien(context: CheckContext) -> Iterable[Hits]:
    """Procedures of one performer on several patients with the same beginning and the same end."""
    found = performed(context)
    found = found.take(in_set(context, LINES, "MA_NHOM", "NHOM_PTTT")[found.rows])
    order = np.lexsort((found.end, found.start, found.group))
    found = Spans(*(values[order] for values in found))
    first = _first_of(found.group, found.start, found.end)
    yield _hits(context, found, found.kind != found.kind[first], first)


@check
def kham_cung_phut_dich_vu(context: CheckContext) -> Iterable[Hits]:
    """Examinations in the minute in which their performer begins another service."""
    services = performed(context)
    exams = _exams(context)
    taken = np.concatenate([services.group, exams.group])
    minute = np.concatenate([services.start, exams.start])
    key = keyed(taken, minute)
    begun, asked = key[: services.rows.size], key[services.rows.size :]
    partner = first_of_each(begun, services.rows, int(key.max(initial=-1)) + 1)[asked]
    wanted = (partner >= 0) & paid(context.claims, LINES)[exams.rows]
    yield pairs(context, LINES, exams.rows[wanted], partner[wanted])


@check
def kham_trong_luc_dang_mo(context: CheckContext) -> Iterable[Hits]:
    """Examinations that begin in the middle of an operation by the same person on another."""
    operating = in_set(context, LINES, "MA_NHOM", "NHOM_PT")
    operations, exams = performed(context), _exams(context)
    operations = operations.take(operating[operations.rows])
    both = Spans(*(np.concatenate(pair) for pair in zip(operations, exams, strict=True)))
    both = spans(context, LINES, both)
    holds = operating[both.rows]
    slack = context.number("PHUT_LAM_CHONG", LINES)[both.rows]
    partner = earlier_overlap(both.group, both.start, both.end, holds, slack)

    def inside(i: int, j: int) -> bool:
        began = both.start[i] - both.start[j] > slack[i]
        return bool(holds[j]) and began and both.end[j] - both.start[i] > slack[i]

    partner = other_partner(both, np.where(holds, -1, partner), inside)
    yield _hits(context, both, partner >= 0, partner)


@check
def hai_luot_kham_sat_nhau(context: CheckContext) -> Iterable[Hits]:
    """Examinations that begin too soon after the one before by the same person."""
    found = _exams(context)
    partner = np.arange(found.rows.size) - 1
    gap = found.start - found.start[partner]
    least = context.number("PHUT_GIUA_HAI_LUOT_KHAM", LINES)[found.rows]
    close = (partner >= 0) & (found.group == found.group[partner]) & (gap < least)
    yield _hits(context, found, close & (found.kind != found.kind[partner]), partner)


@check
def phcn_song_song_qua_nhieu(context: CheckContext) -> Iterable[Hits]:
    """Rehabilitation sessions that begin while their therapist already has too many others."""
    lines = context.claims[LINES]
    wanted = starting(context, LINES, "MA_DICH_VU", "DAU_MA_PHCN") & busy(lines)
    wanted &= in_set(context, LINES, "MA_NHOM", "NHOM_LAM_MOT_NGUOI")
    found = _sessions(_spans_of(context, np.flatnonzero(wanted)))
    most = context.number("SO_PHCN_CUNG_LUC", LINES)[found.rows]
    there = at_once(found)
    over = (there > most) & paid(context.claims, LINES)[found.rows]
    yield Hits(LINES, found.rows[over], detail=[str(count) for count in there[over].tolist()])


def _sessions(found: Spans) -> Spans:
    """Overlapping lines of one therapist and patient as one session, that of its first line."""
    order = np.lexsort((np.arange(found.rows.size), found.start, found.kind, found.group))
    own = Spans(*(values[order] for values in found))
    block = np.cumsum(begins(own.group, own.kind)) * (int(own.end.max(initial=0)) + 1)
    longest = np.maximum.accumulate(block + own.end)
    new = begins(own.group, own.kind)
    new[1:] |= (block + own.start)[1:] >= longest[:-1]
    first = np.flatnonzero(new)
    if first.size:
        found.end[order[first]] = np.maximum.reduceat(own.end, first)
    return found.take(among(np.arange(order.size), order[first]))


@check
def doc_ket_qua_qua_nhanh(context: CheckContext) -> Iterable[Hits]:
    """Imaging results beyond what one reader may well read in an hour."""
    results = context.claims[_READ]
    when = results["NGAY_KQ"]
    shown = ~results["KET_LUAN"].missing | ~results["MO_TA"].missing
    rows = np.flatnonzero(shown & when.valid & (results.parent >= 0))
    reader = leads(context, _READ, "MA_BS_DOC_KQ").codes[rows].astype(np.int64)
    group = keyed(facilities(context, _READ, rows), reader)
    service = keyed(results.parent[rows], results["MA_DICH_VU"].codes[rows].astype(np.int64))
    found = spans(context, _READ, Spans(rows, group, when.values[rows], when.values[rows], service))
    found = found.take(found.kind >= 0)
    kind = keyed(found.group, found.kind)
    width = np.full(kind.size, _HOUR, np.int64)
    count = kinds_within(found.group, found.start, kind, width)
    over = count > context.number("SO_KET_QUA_MOT_GIO", _READ)[found.rows]
    yield Hits(_READ, found.rows[over], detail=[str(n) for n in count[over].tolist()])


@check
def hanh_nghe_hai_co_so_cung_luc(context: CheckContext) -> Iterable[Hits]:
    """Lines that begin while their performer is still busy at another facility.

    Only licence numbers of the national form tell a person over all facilities.
    """
    lines = context.claims[LINES]
    wanted = (_alone(context) | in_set(context, LINES, "MA_NHOM", "NHOM_KHAM")) & busy(lines)
    rows = np.flatnonzero(wanted)
    who = leads(context, LINES, "NGUOI_THUC_HIEN")
    licence = pattern("SO_GIAY_PHEP_HANH_NGHE")
    known = np.array([*(bool(licence.fullmatch(t)) for t in who.texts), False], np.bool_)
    person = np.where(known[who.codes[rows]], who.codes[rows], -1).astype(np.int64)
    place = facilities(context, LINES, rows)
    parts = Spans(
        rows, person, lines["NGAY_TH_YL"].values[rows], lines["NGAY_KQ"].values[rows], place
    )
    found = spans(context, LINES, parts.take(place >= 0))
    partner = clashes(context, LINES, found, "PHUT_LAM_CHONG")
    yield _hits(context, found, partner >= 0, partner)


def side_by_side(context: CheckContext) -> BoolArray:
    """Lines of care that one person may give to several patients at once."""
    return context.batch.once(("side_by_side", context.rule.by), lambda: _side_by_side(context))


def _side_by_side(context: CheckContext) -> BoolArray:
    found = starting(context, LINES, "MA_DICH_VU", "DAU_MA_LAM_SONG_SONG")
    name = context.claims[LINES]["TEN_DICH_VU"]
    epochs, sets = context.text_sets("TU_LAM_SONG_SONG", LINES)
    folded = [fold(text) for text in name.texts]
    for epoch in distinct(epochs):
        words = sets[epoch]
        lut = np.array([*(any(w in text for w in words) for text in folded), False], np.bool_)
        found |= (epochs == epoch) & lut[name.codes]
    return found


def at_once(found: Spans) -> IntArray:
    """How many elements of its group go on when each one begins, itself included."""
    first = int(found.start.min(initial=0))  # a slip of the pen may lie before 1970
    width = int(found.end.max(initial=0)) - first + 1
    began = found.group * width + found.start - first
    ended = np.sort(found.group * width + found.end - first)
    before = np.searchsorted(ended, began, side="right")
    count: IntArray = np.searchsorted(began, began, side="right") - before
    return count


def _alone(context: CheckContext) -> BoolArray:
    return in_set(context, LINES, "MA_NHOM", "NHOM_LAM_MOT_NGUOI") & ~side_by_side(context)


def performed(context: CheckContext) -> Spans:
    """What doctors do with one patient at a time, by facility and doctor."""
    return context.batch.once(("performed", context.rule.by), lambda: _doctors_only(context))


def _doctors_only(context: CheckContext) -> Spans:
    lines = context.claims[LINES]
    found = _spans_of(context, np.flatnonzero(_alone(context) & busy(lines)))
    found = found.take(~_no_doctor(context, found.rows))
    crowd = at_once(found)
    most = context.number("SO_NGUOI_TAI_KHOAN_CHUNG", LINES)[found.rows]
    shared = np.zeros(int(found.group.max(initial=-1)) + 1, np.bool_)
    shared[found.group[crowd >= most]] = True
    return found.take(~shared[found.group])


def _exams(context: CheckContext) -> Spans:
    """Examinations by facility and performer; one without an end is a moment."""
    lines = context.claims[LINES]
    exams = in_set(context, LINES, "MA_NHOM", "NHOM_KHAM") & lines["NGAY_TH_YL"].valid
    return _spans_of(context, np.flatnonzero(exams & (lines.parent >= 0)))


def _spans_of(context: CheckContext, rows: IntArray) -> Spans:
    """Lines by facility and first performer; their kind is the patient."""
    lines = context.claims[LINES]
    lead = leads(context, LINES, "NGUOI_THUC_HIEN").codes[rows].astype(np.int64)
    all_groups = context.batch.once("performers", lambda: _performers(context))
    group = np.where(lead >= 0, all_groups[rows], -1)
    start, end = lines["NGAY_TH_YL"].values[rows], lines["NGAY_KQ"]
    ends = np.where(end.valid[rows], np.maximum(end.values[rows], start), start)
    kind = patients(context, LINES, persons(context))[rows]
    return spans(context, LINES, Spans(rows, group, start, ends, kind))


def _performers(context: CheckContext) -> IntArray:
    """A number for the facility and the first performer of each line, -1 without one."""
    everything = np.arange(len(context.claims[LINES]))
    lead = leads(context, LINES, "NGUOI_THUC_HIEN").codes.astype(np.int64)
    return keyed(facilities(context, LINES, everything), lead)


def leads(context: CheckContext, table: str, field: str) -> Coded:
    """The first person named on each row who belongs to the facility."""

    def found() -> Coded:
        column = context.claims[table][field]
        index: dict[str, int] = {}
        lut = [-1] * (len(column.texts) + 1)
        for i, text in enumerate(column.texts):
            people = practitioners(text)
            if people and not people[0].away:
                lut[i] = index.setdefault(people[0].code, len(index))
        return Coded(np.array(lut, np.int32)[column.codes], list(index))

    return context.batch.once(("leads", table, field), found)


def _no_doctor(context: CheckContext, rows: IntArray) -> BoolArray:
    """Lines whose first performer, by every title in the staff list that day, is no doctor."""
    staff = context.catalogues.table("nhan_luc")
    if staff is None or not rows.size:
        return np.zeros(rows.size, np.bool_)
    lead = leads(context, LINES, "NGUOI_THUC_HIEN")
    keys = Coded(lead.codes[rows], [staff_key(code) for code in lead.texts])
    when = context.claims[LINES]["NGAY_TH_YL"].values[rows]
    where = home(context, LINES, rows)
    periods, which = staff_index(staff).periods(where, keys, when)
    doctors = allowed_in(context, "CHUC_DANH_PHAU_THUAT", LINES)
    found: BoolArray = barred(staff, periods, doctors)[which, doctors.which[rows]]
    return found


def _first_of(*parts: IntArray) -> IntArray:
    """For sorted parts the first element with the same values."""
    new = begins(*parts)
    first: IntArray = np.flatnonzero(new)[np.cumsum(new) - 1]
    return first


def _hits(context: CheckContext, found: Spans, wanted: BoolArray, partner: IntArray) -> Hits:
    """The wanted lines that the fund is asked to pay, each with its partner."""
    wanted = wanted & paid(context.claims, LINES)[found.rows]
    return pairs(context, LINES, found.rows[wanted], found.rows[partner[wanted]])
