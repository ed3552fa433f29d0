"""What cannot be true of one patient, by the lines of all claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.chung import claim_flag, in_set, paid, share
from giamdinh.checks.danh_muc_chung import sent_away
from giamdinh.checks.khoang_nhieu_ho_so import (
    Spans,
    busy,
    clashes,
    facilities,
    keyed,
    other_partner,
    pairs,
    spans,
    told,
)
from giamdinh.checks.nguoi_benh import persons
from giamdinh.checks.nguoi_lam_song_song import side_by_side
from giamdinh.checks.thuoc import dose_of
from giamdinh.kernels.chong_nhau import overlap_of_other
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Table

LINES, DRUGS = "XML3", "XML2"
_WHOLE = 100


@check
def trung_gio_hai_thu_thuat(context: CheckContext) -> Iterable[Hits]:
    """A patient's procedures that go on while another one, with another code, does.

    Several operations of one session share their times or have a reduced share of the price.
    """
    lines = context.claims[LINES]
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_PTTT") & busy(lines)
    wanted &= (lines["TYLE_TT_DV"].values == _WHOLE) & ~side_by_side(context)
    wanted &= paid(context.claims, LINES) & ~lines["MA_DICH_VU"].missing
    rows = np.flatnonzero(wanted)
    code = lines["MA_DICH_VU"].codes[rows].astype(np.int64)
    found = _of_persons(context, LINES, rows, code)
    partner = clashes(context, LINES, found, "PHUT_LAM_CHONG")
    slack = context.number("PHUT_LAM_CHONG", LINES)[found.rows]

    def during(i: int, j: int) -> bool:
        went_on = found.end[j] - found.start[i] > slack[i]
        return bool(went_on and found.start[i] != found.start[j])

    partner = other_partner(found, partner, during)
    hit = partner >= 0
    rows, others = found.rows[hit], found.rows[partner[hit]]
    money = lines["T_BHTT"].values
    smaller = np.minimum(money[rows], money[others])
    yield Hits(LINES, rows, amount=smaller, other_rows=others, detail=told(context, LINES, others))


@check
def mot_nguoi_benh_hai_noi_cung_phut(context: CheckContext) -> Iterable[Hits]:
    """Services on a patient who at that minute is being treated at another facility.

    Only a procedure tells how long the patient is there, any other service when it begins. What
    was sent to another facility needs no patient.
    """
    lines = context.claims[LINES]
    lasting = in_set(context, LINES, "MA_NHOM", "NHOM_PTTT") & busy(lines) & ~side_by_side(context)
    wanted = in_set(context, LINES, "MA_NHOM", "NHOM_LAM_MOT_NGUOI") & lines["NGAY_TH_YL"].valid
    wanted |= in_set(context, LINES, "MA_NHOM", "NHOM_KHAM") & lines["NGAY_TH_YL"].valid
    rows = np.flatnonzero(wanted & (lines.parent >= 0) & ~sent_away(lines["MA_DICH_VU"]))
    found = _of_persons(context, LINES, rows, facilities(context, LINES, rows))
    found = found.take(found.kind >= 0)
    slack = context.number("PHUT_LAM_CHONG", LINES)[found.rows]
    end = np.maximum(np.where(lasting[found.rows], found.end - slack, 0), found.start + 1)
    partner = overlap_of_other(found.group, found.start, end, found.kind, np.zeros_like(end))
    hit = (partner >= 0) & paid(context.claims, LINES)[found.rows]
    yield pairs(context, LINES, found.rows[hit], found.rows[partner[hit]])


@check
def linh_thuoc_chong_ngay(context: CheckContext) -> Iterable[Hits]:
    """Outpatient drugs handed out while those of an earlier visit still last for too many days."""
    lines = context.claims[DRUGS]
    days = _days(lines)
    kind = context.claims[CLAIM_TABLE]["MA_LOAI_KCB"]
    outpatient = ~kind.missing & ~in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    wanted = in_set(context, DRUGS, "MA_NHOM", "NHOM_THUOC") & paid(context.claims, DRUGS)
    wanted &= claim_flag(context.claims, DRUGS, outpatient) & lines["NGAY_YL"].valid & (days > 0)
    rows = np.flatnonzero(wanted)
    who = np.append(persons(context), -1)[lines.parent[rows]]
    group = keyed(who, lines["MA_THUOC"].codes[rows].astype(np.int64))
    start = lines["NGAY_YL"].values[rows] // DAY * DAY
    parts = Spans(rows, group, start, start + days[rows] * DAY, lines.parent[rows])
    found = spans(context, DRUGS, parts)
    slack = context.number("SO_NGAY_LINH_THUOC_SOM", DRUGS)[found.rows] * DAY
    partner = overlap_of_other(*found[1:], slack)
    hit = np.flatnonzero(partner >= 0)
    mine, other = found.rows[hit], found.rows[partner[hit]]
    early = (found.end[partner[hit]] - found.start[hit]) // DAY
    own = days[mine]
    detail = [
        f"{n} ngày; {text}"
        for n, text in zip(early.tolist(), told(context, DRUGS, other), strict=True)
    ]
    money = share(lines["T_BHTT"].values[mine], np.minimum(early, own), own)
    yield Hits(DRUGS, mine, amount=money, other_rows=other, detail=detail)


def _days(lines: Table) -> IntArray:
    """Days that each dosage text speaks of, 0 where it cannot be read."""
    dosage = lines["LIEU_DUNG"]
    doses = [dose_of(text) for text in dosage.texts]
    return np.array([*(d.days if d else 0 for d in doses), 0], np.int64)[dosage.codes]


def _of_persons(context: CheckContext, table: str, rows: IntArray, kind: IntArray) -> Spans:
    """Lines of known persons by person and time."""
    lines = context.claims[table]
    who = np.append(persons(context), -1)[lines.parent[rows]]
    start, end = lines["NGAY_TH_YL"].values[rows], lines["NGAY_KQ"].values[rows]
    return spans(context, table, Spans(rows, who, start, end, kind))
