"""What a facility is by the facility list: its level, its kind and its opening hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import Coded
from giamdinh.checks.chung import claim_flag, in_set, paid
from giamdinh.checks.danh_muc_chung import compact, numbers_of
from giamdinh.checks.gio_lam_viec import outside, week_of
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold, split
from giamdinh.rules.vectors import by_pair
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import time_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.catalogues.tables import Period
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.codelists import CodeList

_LIST = "doi_tuong_cap"
_LINES = "XML3"
_OUTPOST = re.compile(r"TYT[.].*")
_THOUSAND = 1000
_ASKED = ("cap", "tuyen", "tru_tuyen", "diem_tu", "diem_duoi")
_BEFORE = re.compile(r"^(cấp|tuyến) ")


@check
def doi_tuong_khong_hop_cap(context: CheckContext) -> Iterable[Hits]:
    """Categories that no row in force of the facility list allows at the claim's facility.

    A level, tier or score that is not written, or in other words than the list's, allows all.
    """
    facilities, column = _facilities(context), context.claims[CLAIM_TABLE]["MA_DOITUONG_KCB"]
    when, dated = context.dates(CLAIM_TABLE)
    periods, which = _periods(context, facilities, when)
    allowed = context.code_list(_LIST)
    rows = np.flatnonzero(dated & ~column.missing)
    epochs = len(allowed.epochs) + 1
    category = column.codes[rows].astype(np.int64) * epochs + allowed.epoch_of(when[rows]) + 1
    words = _words(allowed)

    def judge(asked: int, place: int) -> str:
        code, epoch = divmod(asked, epochs)
        wanted = _asked(allowed, column.texts[code], epoch - 1)
        faults = [_fault(facilities, row, words, wanted) for row in periods[place].rows]
        return faults[0] if faults and all(faults) else ""

    found = {
        int(rows[member]): fault
        for fault, members in by_pair(category, which[rows], judge)
        for member in (members.tolist() if fault else ())
    }
    hits = sorted(found)
    yield Hits(CLAIM_TABLE, np.array(hits, np.int64), detail=[found[row] for row in hits])


@check
def cong_kham_khong_phai_tram(context: CheckContext) -> Iterable[Hits]:
    """Paid exams of a commune health station with an exam code of a hospital."""
    facilities, lines = _facilities(context), context.claims[_LINES]
    periods, which = _periods(context, facilities, context.dates(CLAIM_TABLE)[0])
    words = tuple(frozenset().union(*context.evaluator.parameters["LOAI_HINH_TRAM_Y_TE"].sets))
    stations = [
        bool(period.rows)
        and all(
            any(word in fold(facilities.text("LOAI_HINH", row)) for word in words)
            for row in period.rows
        )
        for period in periods
    ]
    here = claim_flag(context.claims, _LINES, np.array([*stations, False], np.bool_)[which])
    codes = [bool(_OUTPOST.fullmatch(compact(text))) for text in lines["MA_DICH_VU"].texts]
    other = ~np.array([*codes, True], np.bool_)[lines["MA_DICH_VU"].codes]
    exams = in_set(context, _LINES, "MA_NHOM", "NHOM_KHAM") & paid(context.claims, _LINES)
    yield Hits(_LINES, np.flatnonzero(here & exams & other))


@check
def kham_ngoai_gio_co_so(context: CheckContext) -> Iterable[Hits]:
    """Paid exams outside the facility's opening hours; emergencies are left alone."""
    facilities, lines = _facilities(context), context.claims[_LINES]
    periods, which = _periods(context, facilities, context.dates(CLAIM_TABLE)[0])
    weeks = [
        facilities.remembered(_open_hours, period.rows) if period.rows else None
        for period in periods
    ]
    done, ordered = lines["NGAY_TH_YL"], lines["NGAY_YL"]
    when = np.where(done.valid, done.values, ordered.values)
    asked = in_set(context, _LINES, "MA_NHOM", "NHOM_KHAM") & paid(context.claims, _LINES)
    asked &= (done.valid | ordered.valid) & (lines.parent >= 0)
    asked &= ~in_set(context, _LINES, "MA_KHOA", "KHOA_CAP_CUU", _department)
    emergency = in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_CAP_CUU")
    asked &= ~claim_flag(context.claims, _LINES, emergency)
    rows = np.flatnonzero(asked)
    slack = context.number("PHUT_LECH_GIO_LAM_VIEC", _LINES)[rows]
    rows = rows[outside(weeks, which[lines.parent[rows]], when[rows], slack)]
    yield Hits(_LINES, rows, detail=[time_vi(t) for t in when[rows].tolist()])


def _facilities(context: CheckContext) -> DatedTable:
    return context.catalogues.tables["co_so"]


def _periods(
    context: CheckContext, facilities: DatedTable, when: IntArray
) -> tuple[Sequence[Period], IntArray]:
    """What the list says of each claim's facility on the deciding date."""
    column = context.claims[CLAIM_TABLE]["MA_CSKCB"]
    nobody = Coded(np.zeros(column.codes.size, np.int32), ("",))
    return facilities.index("MA_CSKCB").periods(nobody, column, when)


def _words(allowed: CodeList) -> set[str]:
    """The levels and tiers that the code list knows."""
    cells = [row.attributes.get(name, "") for row in allowed.rows for name in _ASKED[:3]]
    return {word for cell in cells for word in split(cell)}


def _asked(allowed: CodeList, category: str, epoch: int) -> dict[str, str]:
    """What a category asks of a facility; nothing for a category that may be used anywhere."""
    found = {name: allowed.attribute(name, epoch).get(category, "") for name in _ASKED}
    return {name: text for name, text in found.items() if text}


def _fault(facilities: DatedTable, row: int, words: set[str], asked: dict[str, str]) -> str:
    """Why a row of the facility list does not allow a category, "" when nothing speaks against."""
    level = _word(facilities.text("CAP_CMKT", row), words)
    tier = _word(facilities.text("TUYEN_TRUOC_2025", row), words)
    score = facilities.remembered(numbers_of, "DIEM_XEP_CAP")[row]
    if level and "cap" in asked and level not in split(asked["cap"]):
        return f"cơ sở cấp {level}"
    elsewhere = "tuyen" in asked and tier not in split(asked["tuyen"])
    if tier and (elsewhere or tier in split(asked.get("tru_tuyen", ""))):
        return f"cơ sở vốn tuyến {tier}"
    low, high = (int(asked.get(name, "0")) * _THOUSAND for name in ("diem_tu", "diem_duoi"))
    beyond = (low and score < low) or (high and score >= high)
    return f"cơ sở {score // _THOUSAND} điểm xếp cấp" if beyond and score >= 0 else ""


def _word(text: str, words: set[str]) -> str:
    """A level or tier in the words of the code list, "" when it is none of them."""
    word = _BEFORE.sub("", fold(text))
    return word if word in words else ""


def _open_hours(facilities: DatedTable, rows: tuple[int, ...]) -> BoolArray | None:
    """The opening hours of all rows together; None when those of any are not known."""
    weeks = [week_of("", facilities.text("GIO_HOAT_DONG", row)) for row in rows]
    known = [week for week in weeks if week is not None]
    return np.logical_or.reduce(known) if len(known) == len(weeks) else None


def _department(text: str) -> str:
    """The first department of a code."""
    return text.strip()[:3]
