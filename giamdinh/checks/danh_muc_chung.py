"""Claim lines beside the rows of a facility list: as of the order date, by facility and code.

A code is looked up as written, then without its internal suffixes. A line that the fund pays
nothing for, or whose item comes from elsewhere, is not asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from giamdinh.arrays import first_of_each, numbered
from giamdinh.catalogues import CLOSED, IN_FORCE, Coded
from giamdinh.catalogues.cells import day_of
from giamdinh.catalogues.tables import OPEN_END, OPEN_START
from giamdinh.checks.chung import by_text, claim_flag, home, in_set, paid
from giamdinh.checks.the_bhyt import not_insured
from giamdinh.rules.context import Hits, frozen
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.catalogues import DatedTable, PeriodIndex
    from giamdinh.catalogues.tables import Period
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column, Table

T = TypeVar("T")
Found = tuple[int, ...]

PRICE_SCALE = 3
ORDERED = "NGAY_YL"
_MIXED = "+"


@dataclass(frozen=True)
class Lines:
    """Lines of a claim table with what a list says of their code on the order date.

    Attributes:
        name: the claim table; `table` its rows.
        listed: the rows of the list.
        rows: shape (n,), the lines asked about; every other array has one element per line.
        when: the order date as minutes; where `known` is false the deciding date instead.
        facility, key: what was looked up.
        periods, which: the list's word, `which` into `periods`.
    """

    name: str
    table: Table
    listed: DatedTable
    index: PeriodIndex
    rows: IntArray
    when: IntArray
    known: BoolArray
    facility: Coded
    key: Coded
    periods: Sequence[Period]
    which: IntArray
    _alike: dict[tuple[str, ...], tuple[IntArray, IntArray]] = field(default_factory=dict)

    def at(self, state: int) -> BoolArray:
        """Lines of which the list says UNKNOWN, ABSENT, CLOSED or IN_FORCE."""
        states = np.array([period.state for period in self.periods], np.int8)
        return np.equal(states[self.which], state)

    def ask(
        self, fields: Sequence[str], judge: Callable[[Found, int], T]
    ) -> tuple[list[T], IntArray]:
        """`judge(rows of the list in force, line)` of each line, called once per distinct answer.

        Args:
            fields: every field of the line that `judge` reads.
            judge: gets row numbers of the list, not empty, and a row number of the claim table.

        Returns:
            The answers, and for each line in force the index of its own; lines in the order of
            `in_force`.
        """
        asked = (*fields,)
        if asked not in self._alike:
            self._alike[asked] = self._grouped(asked)
        first, group = self._alike[asked]
        answers = [
            judge(self.periods[which].rows, row)
            for which, row in zip(
                self.which[first].tolist(), self.rows[first].tolist(), strict=True
            )
        ]
        return answers, group

    def _grouped(self, fields: Sequence[str]) -> tuple[IntArray, IntArray]:
        """Groups of lines in force that are alike: the first line of each, the group of each."""
        here = self.in_force
        group, rows = self.which[here], self.rows[here]
        if not fields:
            group = numbered(group)[1]
        for name in fields:
            column = self.table[name]
            group = numbered(group * (len(column.texts) + 1) + column.codes[rows] + 1)[1]
        return first_of_each(group, here), group

    @cached_property
    def in_force(self) -> IntArray:
        """Positions of the lines with a row in force on a known order date."""
        return np.flatnonzero(self.at(IN_FORCE) & self.known)

    def last_closed(self, at: int) -> str:
        """The period of the code that is nearest before the order date, else the next one."""
        facility = self.facility.texts[self.facility.codes[at]]
        rows = self.index.rows(facility, self.key.texts[self.key.codes[at]])
        start, end, when = self.listed.start, self.listed.end, int(self.when[at])
        before = [row for row in rows if start[row] <= end[row] < when]
        chosen = max(before, key=lambda row: end[row]) if before else min(
            rows, key=lambda row: start[row]
        )  # fmt: skip
        return period_text(int(start[chosen]), int(end[chosen]))


def needed_list(context: CheckContext) -> str:
    """The kind of list that the card needs; it is there when a check is called."""
    return context.rule.needs[0].partition(".")[0]


def approved_lines(context: CheckContext, kind: str) -> Lines:
    """The lines that a kind of list decides on, once per batch; the card must need the list."""
    listed = context.catalogues.tables[kind]
    name, field, keys, asked = {
        "thuoc": ("XML2", "MA_THUOC", drug_keys, _drugs),
        "vat_tu": ("XML3", "MA_VAT_TU", supply_keys, _supplies),
        "dich_vu": ("XML3", "MA_DICH_VU", service_keys, _services),
    }[kind]

    def found() -> Lines:
        wanted = asked(context) & paid(context.claims, name)
        wanted &= claim_flag(context.claims, name, ~not_insured(context))
        index = listed.index(field, listed_keys if kind != "dich_vu" else listed_services)
        return beside(context, (name, field), index, np.flatnonzero(wanted), keys)

    return context.batch.once(("danh_muc", kind, context.rule.by), found)


def beside(
    context: CheckContext,
    place: tuple[str, str],
    index: PeriodIndex,
    rows: IntArray,
    keys: Callable[[str], Sequence[str]],
) -> Lines:
    """Some rows of a claim table and field, `place`, beside the rows of a list.

    Of the `keys` of a code the first one that the list has is looked up.
    """
    name, field = place
    table = context.claims[name]
    facility = home(context, name, rows)
    key = _resolved(index, facility, Coded(table[field].codes[rows], table[field].texts), keys)
    when, known = order_dates(context, name)
    periods, which = index.periods(facility, key, when[rows])
    return Lines(
        name=name,
        table=table,
        listed=index.table,
        index=index,
        rows=rows,
        when=when[rows],
        known=known[rows],
        facility=facility,
        key=key,
        periods=periods,
        which=which,
    )


def order_dates(context: CheckContext, name: str) -> tuple[IntArray, BoolArray]:
    """The order date of each row, and where it is known; the deciding date where it is not."""

    def found() -> tuple[IntArray, BoolArray]:
        ordered = context.claims[name][ORDERED]
        decided = context.dates(name)[0]
        return frozen(np.where(ordered.valid, ordered.values, decided)), ordered.valid

    return context.batch.once(("order dates", name, context.rule.by), found)


def _resolved(
    index: PeriodIndex, facility: Coded, code: Coded, keys: Callable[[str], Sequence[str]]
) -> Coded:
    """The key under which each code stands in the list of its facility, else its last one."""
    width = len(code.texts) + 1
    pair = (facility.codes.astype(np.int64) + 1) * width + code.codes + 1
    distinct, owner = numbered(pair)
    texts = []
    for one in distinct.tolist():
        which, text = divmod(one, width)
        place = facility.texts[which - 1] if which else ""
        tried = keys(code.texts[text - 1]) if text else [""]
        texts.append(next((key for key in tried if index.rows(place, key)), tried[-1]))
    return Coded(owner.astype(np.int32), texts)


def closed(lines: Lines, wanted: BoolArray) -> Hits:
    """Lines whose code is in the list without a row in force on the order date."""
    at = np.flatnonzero(lines.at(CLOSED) & lines.known & wanted)
    details = [lines.last_closed(i) for i in at.tolist()]
    return Hits(lines.name, lines.rows[at], detail=details)


def differing(
    lines: Lines, fields: Sequence[str], judge: Callable[[Found, int], str], field: str = ""
) -> Hits:
    """Lines in force for which `judge` names what the list has instead; "" where all is well."""
    answers, group = lines.ask(fields, judge)
    wrong = np.array([bool(answer) for answer in answers], np.bool_)[group]
    texts = [answers[i] for i in group[wrong].tolist()]
    return Hits(lines.name, lines.rows[lines.in_force[wrong]], field, expected=texts)


def within(
    group: IntArray, spans: Sequence[Sequence[tuple[int, int]]], when: IntArray, after: IntArray
) -> BoolArray:
    """Which moments lie in a span of their group, or up to `after` minutes behind one."""
    out = np.zeros(group.size, np.bool_)
    for at in range(max(map(len, spans), default=0)):
        own = [span[at] if at < len(span) else (OPEN_END, OPEN_END) for span in spans]
        start, end = np.array(own, np.int64)[group].T
        late = when > end
        late &= when - np.where(late, end, when) > after
        out |= (when >= start) & ~late
    return out


def prices(table: DatedTable, names: tuple[str, ...]) -> list[int]:
    """The first price above 0 of each row in thousandths, 0 where there is none."""
    columns = [table.remembered(numbers_of, name) for name in names]
    return [next((price for price in row if price > 0), 0) for row in zip(*columns, strict=True)]


def numbers_of(table: DatedTable, name: str) -> list[int]:
    """A column of numbers in thousandths, -1 where there is none."""
    known: dict[str, int] = {}
    out = []
    for text in table.columns.get(name) or [""] * len(table):
        if text not in known:
            value = parse_number(text, PRICE_SCALE) if text else None
            known[text] = -1 if value is None else value
        out.append(known[text])
    return out


def period_text(start: int, end: int) -> str:
    """A period as people read it."""
    since = "" if start == OPEN_START else f"từ {day_of(start):%d/%m/%Y}"
    until = "" if end == OPEN_END else f"đến {day_of(end):%d/%m/%Y}"
    return " ".join(filter(None, (since, until))) or "không ghi ngày"


def compact(text: str) -> str:
    """A code without white space, in upper case."""
    return "".join(text.split()).upper()


def listed_keys(text: str) -> list[str]:
    """The keys of a code of a list: itself, and the groups of a detailed supply code."""
    code = compact(text)
    return [code, *_groups(code)] if code else []


def listed_services(text: str) -> list[str]:
    """The keys of a service of a list: itself, and the technique before it had a price."""
    code = compact(text)
    parts = code.split(".")
    unpriced = f"{parts[0]}.{parts[1]}.0000" if len(parts) > 2 else ""  # noqa: PLR2004
    return list(dict.fromkeys(filter(None, (code, unpriced))))


def drug_keys(text: str) -> list[str]:
    """The keys of a drug or blood code: as written, and without the marks of added tests."""
    return _without(compact(text), "HAU_TO_MA_MAU")


def supply_keys(text: str) -> list[str]:
    """The keys of a supply code: as written, without the facility it came from, its groups."""
    code = compact(text)
    tried = _without(code, "HAU_TO_MA_VAT_TU")
    return [*tried, *_groups(tried[-1])]


def service_keys(text: str) -> list[str]:
    """The keys of a service code: as written, and without its internal suffixes."""
    return _without(compact(text), "HAU_TO_MA_DICH_VU")


@cache
def _suffix(name: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern(name).pattern})$")


def _without(code: str, name: str) -> list[str]:
    """A code and what is left of it as its suffixes are taken off, one after another."""
    tried = [code]
    while (shorter := _suffix(name).sub("", tried[-1], count=1)) not in ("", tried[-1]):
        tried.append(shorter)
    return tried


def _groups(code: str) -> list[str]:
    """The groups above a detailed supply code, nearest first."""
    if not pattern("MA_VAT_TU").fullmatch(code):
        return []
    parts = code.split(".")
    return [".".join(parts[:size]) for size in range(len(parts) - 1, 2, -1)]


def _drugs(context: CheckContext) -> BoolArray:
    """Drug lines of the facility's own stock; herbs, gases, mixtures and the like left out."""
    lines = context.claims["XML2"]
    here = lines["MA_CSKCB_THUOC"].missing & lines["MA_PP_CHEBIEN"].missing
    code = lines["MA_THUOC"]
    exempt = in_set(context, "XML2", "MA_THUOC", "MA_OXY", compact)
    exempt = exempt | starting_with(context, code, "DAU_MA_THUOC_KHONG_THAU")
    exempt |= starting_with(context, lines["SO_DANG_KY"], "DAU_SO_DANG_KY_TU_BAO_CHE")
    exempt |= by_text(code, lambda text: _MIXED in text)
    inside = ~in_set(context, "XML2", "PHAM_VI", "PHAM_VI_NGOAI_DANH_MUC")
    return ~code.missing & here & inside & ~exempt


def starting_with(context: CheckContext, column: Column, parameter: str) -> BoolArray:
    """Rows whose code begins with a member of a set, whatever the date."""
    starts = tuple(frozenset().union(*context.evaluator.parameters[parameter].sets))
    lut = np.array([*(compact(text).startswith(starts) for text in column.texts), False], np.bool_)
    found: BoolArray = lut[column.codes]
    return found


def _supplies(context: CheckContext) -> BoolArray:
    lines = context.claims["XML3"]
    return ~lines["MA_VAT_TU"].missing & ~in_set(
        context, "XML3", "PHAM_VI", "PHAM_VI_NGOAI_DANH_MUC"
    )


def _services(context: CheckContext) -> BoolArray:
    """Services, exams and beds; exams and beds only of facilities whose list has any."""
    lines = context.claims["XML3"]
    groups = [in_set(context, "XML3", "MA_NHOM", name) for name in _SERVICE_GROUPS]
    asked: BoolArray = np.logical_or.reduce(groups) & lines["MA_VAT_TU"].missing
    asked &= ~lines["MA_DICH_VU"].missing
    asked &= ~in_set(context, "XML3", "PHAM_VI", "PHAM_VI_NGOAI_DANH_MUC")
    kinds = context.catalogues.tables["dich_vu"].remembered(_kinds_listed, None)
    facility = context.claims[CLAIM_TABLE]["MA_CSKCB"]
    codes = facility.codes[lines.parent]
    kind_of_text = [*map(kind_of, lines["MA_DICH_VU"].texts), None]
    for kind in set(kind_of_text[:-1]):
        known = [(name, kind) in kinds or ("", kind) in kinds for name in (*facility.texts, "")]
        if not all(known):
            of_kind = np.array([own == kind for own in kind_of_text], np.bool_)
            asked &= ~of_kind[lines["MA_DICH_VU"].codes] | np.array(known, np.bool_)[codes]
    return asked


_SERVICE_GROUPS = ("NHOM_DVKT", "NHOM_KHAM", "NHOM_GIUONG")


def _kinds_listed(table: DatedTable, _: None) -> frozenset[tuple[str, str]]:
    """The kinds of codes that each facility's list has."""
    codes = table.columns["MA_DICH_VU"]
    return frozenset(zip(table.facility, map(kind_of, codes), strict=True))


def sent_to(code: str) -> str:
    """The facility that a service was sent to, "" when it was done here."""
    match = pattern("DICH_VU_GUI_CO_SO_KHAC").fullmatch(code.upper())
    return match.group(1) if match else ""


def sent_away(services: Column) -> BoolArray:
    """Rows whose service was sent to another facility."""
    return by_text(services, lambda code: bool(sent_to(code)))


def kind_of(code: str) -> str:
    """Whether a code is a service, a bed or anything else, such as an exam."""
    code = compact(code)
    kinds = ("MA_DICH_VU", "MA_DICH_VU_GIUONG")
    return next((kind for kind in kinds if pattern(kind).fullmatch(code)), "")
