"""Drug lines against the imported list of active ingredients and its marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT, CLOSED, Coded
from giamdinh.catalogues.cells import plain
from giamdinh.catalogues.tables import spread
from giamdinh.checks.chung import by_text, home, in_set
from giamdinh.checks.danh_muc_chung import (
    approved_lines,
    drug_keys,
    order_dates,
    starting_with,
)
from giamdinh.checks.dieu_kien import departments
from giamdinh.checks.ma_dung_chung import spoken_of
from giamdinh.checks.tham_chieu import KEYS, asked, codes_in, listed_lines, reference
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.catalogues import DatedTable, PeriodIndex
    from giamdinh.checks.danh_muc_chung import Found
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _CODE, _KEY = "XML2", "MA_THUOC", "MA_HOAT_CHAT"
_NOTES, _TIME = "XML5", "THOI_DIEM_DBLS"
_NAME = "TEN_HOAT_CHAT"


@check
def ma_hoat_chat_khong_co(context: CheckContext) -> Iterable[Hits]:
    """Drug codes with an ingredient that the list does not have on the order date.

    Mixtures are looked up by their parts; herbs, blood and codes of products are no ingredients.
    """
    table = context.claims[_TABLE]
    column, (when, known) = table[_CODE], order_dates(context, _TABLE)
    wanted = asked(context, _TABLE) & in_set(context, _TABLE, "MA_NHOM", "NHOM_THUOC") & known
    wanted &= ~starting_with(context, column, "DAU_MA_THUOC_KHONG_THAU") & ~column.missing
    wanted &= ~by_text(column, _by_registration)
    texts = [tuple(codes_in(text.replace("+", ";"))) for text in column.texts]
    rows, place = spread(column, [*texts, ()])
    keep = wanted[rows]
    rows, place = rows[keep], place[keep]
    parts = [part for own in texts for part in own]
    absent = _absent(reference(context), (parts, place), when[rows])
    named: dict[int, list[str]] = {}
    for i in np.flatnonzero(absent).tolist():
        named.setdefault(int(rows[i]), []).append(parts[place[i]])
    yield Hits(
        _TABLE, np.array(list(named), np.int64), detail=[", ".join(own) for own in named.values()]
    )


@check
def thuoc_dau_sao_khong_hoi_chan(context: CheckContext) -> Iterable[Hits]:
    """Starred drugs of a stay whose notes name no consultation within some days."""
    head, notes = context.claims[CLAIM_TABLE], context.claims[_NOTES]
    written = np.zeros(len(head), np.bool_)
    written[notes.parent[notes.parent >= 0]] = True
    stays = in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU") & written
    lines = listed_lines(context, _KEY, stays[context.claims[_TABLE].parent])
    at = lines.in_force
    rows = lines.rows[at]
    days = context.number("SO_NGAY_HOI_CHAN", _TABLE)[rows]
    near = _consulted(context, lines.table.parent[rows], lines.when[at] // DAY, days)
    yield Hits(_TABLE, rows[~near])


@check
def thuoc_ung_thu_khong_co_khoa(context: CheckContext) -> Iterable[Hits]:
    """Cancer drugs of a facility whose list never had a department that may treat cancer."""
    lines = listed_lines(context, _KEY)
    places = context.catalogues.tables["khoa"]
    allowed = frozenset().union(*context.evaluator.parameters["KHOA_UNG_BUOU"].sets)
    having = {
        facility
        for facility, codes in zip(places.facility, places.columns.get("MA_KHOA", []), strict=True)
        if not allowed.isdisjoint(departments(codes))
    }
    rows = lines.rows[lines.in_force]
    place = home(context, _TABLE, rows)
    without = [bool(t) and t not in having and "" not in having for t in (*place.texts, "")]
    yield Hits(_TABLE, rows[np.array(without, np.bool_)[place.codes]])


@check
def vitamin_phoi_hop_ngoai_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Mixtures of vitamins of the facility's list that the list of ingredients does not have.

    The parts are known by their names in 03/DM.
    """
    lines = approved_lines(context, "thuoc")
    vitamins, whole = reference(context), context.catalogues.tables["hoat_chat"]
    names = {plain(name) for name in vitamins.columns.get(_NAME, ())}

    def mixed(found: Found, _: int) -> bool:
        texts = [lines.listed.text(_NAME, row) for row in found]
        parts = [list(map(plain, fold(text).split("+"))) for text in texts]
        return all(len(own) > 1 and names.issuperset(own) for own in parts)

    answers, group = lines.ask([], mixed)
    at = lines.in_force[np.array([*answers, False], np.bool_)[group]]
    rows = lines.rows[at]
    column = lines.table[_CODE]
    absent = _absent(whole, (column.texts, column.codes[rows].astype(np.int64)), lines.when[at])
    yield Hits(_TABLE, rows[absent])


def _absent(listed: DatedTable, code: tuple[Iterable[str], IntArray], when: IntArray) -> BoolArray:
    """Codes (texts, and the index of each element) that a whole list does not have at a moment."""
    index = listed.index(_KEY, codes_in)
    texts = list(code[0])
    keys = [_listed_key(index, KEYS[_KEY](text)) for text in texts]
    nobody = Coded(np.full(when.size, -1, np.int32), ())
    states = index.states(nobody, Coded(code[1].astype(np.int32), keys), when)
    gone: BoolArray = (states == ABSENT) | (states == CLOSED)
    return gone & spoken_of(listed, when)


def _listed_key(index: PeriodIndex, keys: Sequence[str]) -> str:
    """The first key that the list has, else the last one."""
    return next((key for key in keys if index.rows("", key)), keys[-1])


def _by_registration(text: str) -> bool:
    """Whether a code is a year and a registration number, of a drug outside the list."""
    year, _, rest = drug_keys(text)[0].partition(".")
    return len(year) == len("2025") and year.isdigit() and bool(rest)


def _consulted(context: CheckContext, claim: IntArray, day: IntArray, days: IntArray) -> BoolArray:
    """Whether the notes of each element's claim name a consultation near its day."""
    notes = context.claims[_NOTES]
    words = tuple(frozenset().union(*context.evaluator.parameters["TU_HOI_CHAN"].sets))
    named = by_text(notes["DIEN_BIEN_LS"], lambda text: any(w in fold(text) for w in words))
    there = (named | ~notes["HOI_CHAN"].missing) & (notes.parent >= 0)
    when = notes[_TIME]
    undated = np.zeros(len(context.claims), np.bool_)
    undated[notes.parent[there & ~when.valid]] = True
    rows = np.flatnonzero(there & when.valid)
    width = 1 << 32
    spot = np.sort(notes.parent[rows] * width + when.values[rows] // DAY)
    low = np.searchsorted(spot, claim * width + day - days, side="left")
    high = np.searchsorted(spot, claim * width + day + days, side="right")
    near: BoolArray = undated[claim] | (high > low)
    return near
