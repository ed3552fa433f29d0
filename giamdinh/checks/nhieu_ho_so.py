"""Several claims of one person: stays that overlap, copies, visits during a stay."""

from __future__ import annotations

from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.checks.chung import by_text, in_set, text_numbers
from giamdinh.checks.khoang_nhieu_ho_so import begins, claim_order, from_store
from giamdinh.checks.nguoi_benh import is_identity, persons
from giamdinh.kernels.chong_nhau import earlier_overlap, overlap_of_other
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_HOUR = 60
_LIMIT = ("LUONG_CO_SO", "TY_LE_CHI_PHI_THAP")


class Episodes(NamedTuple):
    """Claims of known persons with both dates, by person and then by time.

    Attributes:
        rows: claims; the next three have the same shape.
        person, start, end: whose it is, and minutes from admission, else arrival, to leaving.
    """

    rows: IntArray
    person: IntArray
    start: IntArray
    end: IntArray


def episodes(context: CheckContext) -> Episodes:
    """The episodes of all claims; equal times stand in the order of facility and MA_LK."""
    return context.batch.once("episodes", lambda: _episodes(context))


def _episodes(context: CheckContext) -> Episodes:
    claims = context.claims[CLAIM_TABLE]
    admitted, came, left = claims["NGAY_VAO_NOI_TRU"], claims["NGAY_VAO"], claims["NGAY_RA"]
    start = np.where(admitted.valid, admitted.values, came.values)
    person = persons(context)
    whole = (person >= 0) & came.valid & left.valid & (start <= left.values)
    rows = np.flatnonzero(whole)
    rows = rows[np.lexsort((*claim_order(context, CLAIM_TABLE, rows), start[rows], person[rows]))]
    return Episodes(rows, person[rows], start[rows], left.values[rows])


@check
def trung_dot_noi_tru_cung_co_so(context: CheckContext) -> Iterable[Hits]:
    """Two stays of a person at one facility that overlap."""
    yield _overlapping_stays(context, same_facility=True)


@check
def trung_dot_noi_tru_khac_co_so(context: CheckContext) -> Iterable[Hits]:
    """Two stays of a person at different facilities that overlap."""
    yield _overlapping_stays(context, same_facility=False)


def _overlapping_stays(context: CheckContext, *, same_facility: bool) -> Hits:
    """Stays that begin during another one; a copy of a claim is another rule's matter."""
    known = context.claims[CLAIM_TABLE]["MA_CSKCB"].codes >= 0
    wanted = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU") & known
    copies, again, _ = _copied(context)
    wanted[copies.rows[again]] = False
    stays = _pick(episodes(context), wanted)
    if same_facility:
        stays, group = _together(stays, _facility(context, stays))
        kind = np.arange(group.size)
    else:
        group, kind = stays.person, _facility(context, stays)
    slack = context.number("PHUT_GIAO_NHAU_CHUYEN_VIEN", CLAIM_TABLE)[stays.rows]
    partner = overlap_of_other(group, stays.start, stays.end, kind, slack)
    return claim_pairs(context, stays, partner >= 0, partner)


@check
def ho_so_trung(context: CheckContext) -> Iterable[Hits]:
    """A claim with the same facility, person, times and total as one before it."""
    yield claim_pairs(context, *_copied(context))


def _copied(context: CheckContext) -> tuple[Episodes, BoolArray, IntArray]:
    """The episodes with those alike together, which of them are copies, and of which one."""
    return context.batch.once("copies", lambda: _find_copies(context))


def _find_copies(context: CheckContext) -> tuple[Episodes, BoolArray, IntArray]:
    found, claims = episodes(context), context.claims[CLAIM_TABLE]
    alike = (_facility(context, found), claims["NGAY_VAO"].values[found.rows], found.end)
    found, _ = _together(found, *alike, claims["T_TONGCHI_BV"].values[found.rows])
    partner = np.arange(found.rows.size) - 1
    return found, _copies(context, found, partner), partner


@check
def kham_ngoai_tru_khi_dang_noi_tru(context: CheckContext) -> Iterable[Hits]:
    """An outpatient visit that begins and ends while the person is admitted under another claim."""
    found = episodes(context)
    stays = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU_QUA_DEM")[found.rows]
    visits = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_KHAM_NGOAI_TRU")[found.rows]
    slack = context.number("PHUT_GIAO_NHAU_CHUYEN_VIEN", CLAIM_TABLE)[found.rows]
    partner = earlier_overlap(*found[1:], stays, slack)
    for i in np.flatnonzero(visits & (partner >= 0)).tolist():
        near = takewhile(lambda j, i=i: found.person[j] == found.person[i], range(i - 1, -1, -1))  # type: ignore[misc]
        tried = (j for j in chain([int(partner[i])], near) if stays[j])
        partner[i] = next((j for j in tried if _inside(found, i, j, slack[i])), -1)
    yield claim_pairs(context, found, visits & (partner >= 0), partner)


def _inside(found: Episodes, i: int, j: int, slack: int) -> bool:
    """Whether an episode begins and ends during another, not only at its edges."""
    began = found.start[i] - found.start[j] > slack and found.end[j] - found.start[i] > slack
    return bool(began and found.end[i] < found.end[j])


@check
def tai_nhap_vien_som(context: CheckContext) -> Iterable[Hits]:
    """A stay that begins soon after one of the same person with the same disease at one place."""
    claims = context.claims[CLAIM_TABLE]
    family = text_numbers(claims["MA_BENH_CHINH"], lambda text: text[:3])
    wanted = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU_QUA_DEM") & (family >= 0)
    stays = _pick(episodes(context), wanted & (claims["MA_CSKCB"].codes >= 0))
    stays, group = _together(stays, _facility(context, stays), family[stays.rows])
    partner = _last_ended(group, stays)
    most = context.number("GIO_TAI_NHAP_VIEN", CLAIM_TABLE)[stays.rows] * _HOUR
    again = (partner >= 0) & (stays.start - stays.end[partner] < most)
    moved = in_set(context, CLAIM_TABLE, "MA_LOAI_RV", "LOAI_RV_CHUYEN")[stays.rows]
    yield claim_pairs(context, stays, again & ~moved[partner], partner)


def _last_ended(group: IntArray, stays: Episodes) -> IntArray:
    """For each stay the one of its group that ended last before it began, -1 for none."""
    width = int(stays.end.max(initial=0)) + 1
    order = np.lexsort((stays.end, group))
    at = np.searchsorted((group * width + stays.end)[order], group * width + stays.start, "right")
    # A stay without length ends when it begins; it is not its own predecessor.
    at -= 1 + (stays.start == stays.end)
    partner = np.where(at >= 0, order[at], -1)
    other = (group[partner] == group) & (partner != np.arange(partner.size))
    found: IntArray = np.where(other, partner, -1)
    return found


@check
def kham_nhieu_co_so_trong_ngay(context: CheckContext) -> Iterable[Hits]:
    """Outpatient visits of a person at too many facilities on one day; the last ones are named."""
    found = episodes(context)
    visits = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_KHAM_NGOAI_TRU")
    found = _pick(found, visits & (context.claims[CLAIM_TABLE]["MA_CSKCB"].codes >= 0))
    place = _facility(context, found)
    new, partner = _first_at_place(found.person, found.start // DAY, place)
    most = context.number("SO_CO_SO_KHAM_MOT_NGAY", CLAIM_TABLE)[found.rows]
    yield claim_pairs(context, found, new >= most, partner)


def _first_at_place(person: IntArray, day: IntArray, place: IntArray) -> tuple[IntArray, IntArray]:
    """How many places a person saw earlier on the day, -1 for one seen again; and the last row."""
    before = np.full(person.size, -1, np.int64)
    partner = np.full(person.size, -1, np.int64)
    seen: set[int] = set()
    for i, key in enumerate(zip(person.tolist(), day.tolist(), place.tolist(), strict=True)):
        if i == 0 or key[:2] != (person[i - 1], day[i - 1]):
            seen = set()
        if key[2] not in seen:
            before[i], partner[i] = len(seen), i - 1 if seen else -1
            seen.add(key[2])
    return before, partner


@check
def kham_lai_trong_ngay(context: CheckContext) -> Iterable[Hits]:
    """A second outpatient visit with an examination on one day at one facility."""
    found = _pick(episodes(context), _examined(context))
    found, new = _by_day(context, found)
    partner = np.arange(new.size) - 1
    again = ~new & ~_copies(context, found, partner)
    yield claim_pairs(context, found, again, partner)


def _examined(context: CheckContext) -> BoolArray:
    """Outpatient claims with an examination that the fund is asked to pay."""
    lines = context.claims["XML3"]
    exams = in_set(context, "XML3", "MA_NHOM", "NHOM_KHAM") & (lines["T_BHTT"].values > 0)
    examined = np.zeros(len(context.claims), np.bool_)
    examined[lines.parent[exams]] = True
    return examined & in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_KHAM_NGOAI_TRU")


@check
def mot_cccd_nhieu_nguoi(context: CheckContext) -> Iterable[Hits]:
    """An identity number that claims give to persons of different birth dates and names."""
    claims = context.claims[CLAIM_TABLE]
    identity = claims["SO_CCCD"].codes.astype(np.int64)
    name = text_numbers(claims["HO_TEN"], lambda text: " ".join(text.casefold().split()))
    born = text_numbers(claims["NGAY_SINH"], lambda text: text[:8])
    rows = np.flatnonzero(by_text(claims["SO_CCCD"], is_identity) & (name >= 0) & (born >= 0))
    names = claim_order(context, CLAIM_TABLE, rows)
    rows = rows[np.lexsort((*names, claims["NGAY_VAO"].values[rows], identity[rows]))]
    first = np.flatnonzero(np.diff(identity[rows], prepend=-1))
    partner = first[np.cumsum(np.isin(np.arange(rows.size), first)) - 1]
    other = (name[rows] != name[rows[partner]]) & (born[rows] != born[rows[partner]])
    found = Episodes(rows, identity[rows], rows, rows)
    yield claim_pairs(context, found, other, partner)


@check
def tach_ho_so_duoi_nguong(context: CheckContext) -> Iterable[Hits]:
    """Claims of a person, facility and day that each stay below the limit that their sum passes."""
    found = episodes(context)
    claims = context.claims[CLAIM_TABLE]
    cost, copay = claims["T_TONGCHI_BH"], claims["T_BNCCT"]
    salary, percent = (context.number(name, CLAIM_TABLE) for name in _LIMIT)
    limit = salary * percent  # a percentage of đồng is hundredths
    small = cost.valid & (cost.values < limit) & (cost.values > 0)
    small &= copay.valid & (copay.values == 0)
    found = _pick(found, small)
    found, new = _by_day(context, found)
    group = np.cumsum(new) - 1
    total = np.zeros(int(new.sum()), np.int64)
    np.add.at(total, group, cost.values[found.rows])
    split = (total[group] >= limit[found.rows]) & (np.bincount(group)[group] > 1)
    partner = np.where(new, np.arange(new.size) + 1, np.arange(new.size) - 1)
    yield claim_pairs(context, found, split, np.minimum(partner, max(new.size - 1, 0)))


def _pick(found: Episodes, claims: BoolArray) -> Episodes:
    """The episodes of some claims."""
    wanted = claims[found.rows]
    return Episodes(*(values[wanted] for values in found))


def _together(found: Episodes, *keys: IntArray) -> tuple[Episodes, IntArray]:
    """Episodes by person and keys, in their own order within each, and the number of each group."""
    order = np.lexsort((*reversed(keys), found.person))
    found = Episodes(*(values[order] for values in found))
    return found, np.cumsum(begins(found.person, *(key[order] for key in keys))) - 1


def _by_day(context: CheckContext, found: Episodes) -> tuple[Episodes, BoolArray]:
    """Episodes by person, day and known facility, and which of them are the first of these."""
    found = _pick(found, context.claims[CLAIM_TABLE]["MA_CSKCB"].codes >= 0)
    place, day = _facility(context, found), found.start // DAY
    order = np.lexsort((np.arange(day.size), place, day, found.person))
    found = Episodes(*(values[order] for values in found))
    return found, begins(found.person, day[order], place[order])


def _facility(context: CheckContext, found: Episodes) -> IntArray:
    return context.claims[CLAIM_TABLE]["MA_CSKCB"].codes[found.rows].astype(np.int64)


def _copies(context: CheckContext, found: Episodes, partner: IntArray) -> BoolArray:
    """Episodes with the same facility, times and total as their partner of the same person."""
    claims = context.claims[CLAIM_TABLE]
    total, came = claims["T_TONGCHI_BV"], claims["NGAY_VAO"].values[found.rows]
    place = _facility(context, found)
    same: BoolArray = (partner >= 0) & (found.person == found.person[partner])
    same &= (place >= 0) & total.valid[found.rows]
    for values in (place, came, found.end, total.values[found.rows]):
        same &= values == values[partner]
    return same


def claim_pairs(
    context: CheckContext, found: Episodes, wanted: BoolArray, partner: IntArray
) -> Hits:
    """The wanted episodes, each with the claim it clashes with and where that one was made."""
    claims = context.claims[CLAIM_TABLE]
    rows, others = found.rows[wanted], found.rows[partner[wanted]]
    came, left = claims["NGAY_VAO"].values, claims["NGAY_RA"].values
    detail = [
        f"{claims['MA_LK'].text(row)} của cơ sở {claims['MA_CSKCB'].text(row)} "
        f"({moment(int(came[row])):%d/%m/%Y %H:%M} – {moment(int(left[row])):%d/%m/%Y %H:%M})"
        f"{from_store(context.claims, row)}"
        for row in others.tolist()
    ]
    return Hits(CLAIM_TABLE, rows, other_rows=others, detail=detail)
