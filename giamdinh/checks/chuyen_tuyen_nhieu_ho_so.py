"""Several claims of one person in turn: after death, after a referral, too many visits, papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import among
from giamdinh.checks.chung import in_set
from giamdinh.checks.khoang_nhieu_ho_so import Spans, begins, facilities, keyed, spans, told
from giamdinh.checks.nguoi_benh import persons
from giamdinh.checks.nhieu_ho_so import claim_pairs, episodes
from giamdinh.kernels.cua_so import kinds_within
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.checks.nhieu_ho_so import Episodes
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column

LINES = "XML3"
_YEAR = 365 * DAY


@check
def kham_sau_khi_tu_vong(context: CheckContext) -> Iterable[Hits]:
    """Claims that begin after the person died according to an earlier one."""
    found = episodes(context)
    dead = in_set(context, CLAIM_TABLE, "KET_QUA_DTRI", "KET_QUA_TU_VONG")[found.rows]
    died = np.where(dead, found.end, np.iinfo(np.int64).max)
    size = int(found.person.max(initial=-1)) + 1
    first = np.full(size, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(first, found.person, died)
    here = np.flatnonzero(dead & (found.end == first[found.person]))
    partner = np.full(size, -1, np.int64)
    partner[found.person[here[::-1]]] = here[::-1]
    partner = partner[found.person]
    yield claim_pairs(context, found, found.start > first[found.person], partner)


@check
def chuoi_chuyen_tuyen_mau_thuan(context: CheckContext) -> Iterable[Hits]:
    """Claims referred from a facility that at that time let the person go without a referral."""
    found, partner = _referred(context)
    moved = in_set(context, CLAIM_TABLE, "MA_LOAI_RV", "LOAI_RV_CHUYEN")[found.rows]
    paper = np.diff(context.claims["XML13"].offsets)[found.rows] > 0
    sent = moved | paper | ~_written(context, "MA_LOAI_RV")[found.rows]
    yield claim_pairs(context, found, (partner >= 0) & ~sent[partner], partner)


@check
def giay_chuyen_khac_noi_chuyen(context: CheckContext) -> Iterable[Hits]:
    """Claims whose referral paper has another number than the one the sender issued."""
    found, partner = _referred(context)
    claims, papers = context.claims[CLAIM_TABLE], context.claims["XML13"]
    own = claims["GIAY_CHUYEN_TUYEN"]
    first = np.minimum(papers.offsets[:-1], max(len(papers) - 1, 0))
    has = np.diff(papers.offsets) == 1
    wrong = np.zeros(found.rows.size, np.bool_)
    for i in np.flatnonzero(partner >= 0).tolist():
        row, sender = int(found.rows[i]), int(found.rows[partner[i]])
        written = _plain(own.text(row))
        if written and has[sender]:
            issued = _numbers_of(papers.columns, int(first[sender]))
            wrong[i] = bool(issued) and not any(n in written or written in n for n in issued)
    yield claim_pairs(context, found, wrong, partner)


def _numbers_of(columns: dict[str, Column], row: int) -> list[str]:
    """Every number of a referral paper."""
    names = ("GIAY_CHUYEN_TUYEN", "SO_CHUYENTUYEN", "SO_HOSO")
    found = [_plain(columns[name].text(row)) for name in names]
    return [text for text in found if text]


def _plain(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


def _referred(context: CheckContext) -> tuple[Episodes, IntArray]:
    """The episodes, and of those referred the last one at the sender, if it ended just before."""
    return context.batch.once(("referred", context.rule.by), lambda: _pairs_of(context))


def _pairs_of(context: CheckContext) -> tuple[Episodes, IntArray]:
    found = episodes(context)
    claims = context.claims[CLAIM_TABLE]
    code = {text: i for i, text in enumerate(claims["MA_CSKCB"].texts)}
    sender = np.array([*(code.get(t, -1) for t in claims["MA_NOI_DI"].texts), -1], np.int64)
    sender = sender[claims["MA_NOI_DI"].codes[found.rows]]
    place = claims["MA_CSKCB"].codes[found.rows].astype(np.int64)
    days = context.number("SO_NGAY_CHUYEN_DEN", CLAIM_TABLE)[found.rows]
    ends: dict[tuple[int, int], int] = {}
    partner = np.full(found.rows.size, -1, np.int64)
    wanted = sender >= 0
    here_or_there = np.concatenate([place, sender])
    own, theirs = np.split(keyed(np.tile(found.person, 2), here_or_there), 2)
    sent_from = among(own, theirs[wanted])
    keys = zip(found.person.tolist(), place.tolist(), sender.tolist(), strict=True)
    busy = wanted | sent_from
    for i, (person, here, there) in enumerate(keys):
        if not busy[i]:
            continue
        j = ends.get((person, there), -1) if wanted[i] and there != here else -1
        if j >= 0 and 0 <= found.start[i] // DAY - found.end[j] // DAY <= days[i]:
            partner[i] = j
        ends[person, here] = i
    return found, partner


def _written(context: CheckContext, name: str) -> BoolArray:
    return ~context.claims[CLAIM_TABLE][name].missing


@check
def so_luot_kham_bat_thuong(context: CheckContext) -> Iterable[Hits]:
    """Outpatient claims beyond the usual number of one specialty within a year."""
    lines = context.claims[LINES]
    outpatient = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "LOAI_KCB_KHAM_NGOAI_TRU")
    exams = in_set(context, LINES, "MA_NHOM", "NHOM_KHAM") & lines["NGAY_YL"].valid
    rows = np.flatnonzero(exams & (lines.parent >= 0))
    rows = rows[outpatient[lines.parent[rows]]]
    code = lines["MA_DICH_VU"]
    heads: dict[str, int] = {}
    lut = [heads.setdefault(text.partition(".")[0], len(heads)) for text in code.texts]
    specialty = np.array([*lut, -1], np.int64)[code.codes[rows]]
    group = keyed(persons(context)[lines.parent[rows]], specialty)
    when = lines["NGAY_YL"].values[rows]
    found = spans(context, LINES, Spans(rows, group, when, when, lines.parent[rows]))
    kind = keyed(found.group, found.kind)
    count = kinds_within(found.group, found.start, kind, np.full(kind.size, _YEAR, np.int64))
    most = context.number("SO_LUOT_KHAM_NAM", LINES)[found.rows]
    over = np.flatnonzero(count > most)
    over = over[np.argsort(found.rows[over])]
    first = over[begins(lines.parent[found.rows[over]])]
    detail = [str(n) for n in count[first].tolist()]
    yield Hits(LINES, found.rows[first], detail=detail)


@check
def so_seri_giay_trung(context: CheckContext) -> Iterable[Hits]:
    """Papers with the serial number of a paper of another claim of the facility."""
    for table in context.rule.tables:
        papers = context.claims[table]
        serial = papers["SO_SERI"]
        rows = np.flatnonzero((papers.parent >= 0) & ~serial.missing)
        index: dict[str, int] = {}
        lut = [index.setdefault(_plain(text), len(index)) for text in serial.texts]
        number = np.array([*lut, -1], np.int64)[serial.codes[rows]]
        place = facilities(context, table, rows)
        group = keyed(place, np.where(number == index.get("", -2), -1, number))
        left = context.claims[CLAIM_TABLE]["NGAY_RA"].values[papers.parent[rows]]
        found = spans(context, table, Spans(rows, group, left, left, papers.parent[rows]))
        new = np.diff(found.group, prepend=-1) != 0
        first = np.flatnonzero(new)[np.cumsum(new) - 1]
        again = found.kind != found.kind[first]
        others = found.rows[first[again]]
        yield Hits(table, found.rows[again], other_rows=others, detail=told(context, table, others))
