"""Checks of services against what their performers may do, by the facility's list of scopes.

A row of that list is one way to qualify: it names scopes, titles or both, and a person who has
one of each qualifies. Several rows of a service are alternatives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.catalogues import Coded
from giamdinh.catalogues.tables import OPEN_START, placed
from giamdinh.checks.chung import home, in_set
from giamdinh.checks.nguoi_hanh_nghe import acting, named, nobody
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.rules.vectors import pairs_that

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.catalogues import DatedTable
    from giamdinh.catalogues.tables import Timeline
    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext

_TABLE, _PERFORMER = "XML3", "NGUOI_THUC_HIEN"
_BETWEEN = re.compile(r"[;,\r\n]")
_CHAPTER = re.compile(r"[0-9](?:\..*)?")
_SERVICE = re.compile(r"(?=.*[0-9])[0-9A-Z._-]+")
_DECISION = re.compile(r"[0-9]{8}_")


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to qualify for a service; an empty side asks for nothing."""

    scopes: frozenset[str]
    titles: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Person:
    """What the staff list's rows in force let a person do.

    Attributes:
        scopes, titles: empty when any of the rows leaves them open.
        services: first parts of the codes of services assigned beyond the scope.
        assigned: a paper assigns work that the list does not name, or names in words.
    """

    scopes: frozenset[str]
    titles: frozenset[str]
    services: tuple[str, ...]
    assigned: bool

    def may_do(self, service: str) -> bool:
        """Whether a service, or work that is not named, was assigned to the person."""
        return self.assigned or service.startswith(self.services)


@check
def dich_vu_ngoai_pham_vi(context: CheckContext) -> Iterable[Hits]:
    """Services none of whose performers has the scope or title that the longest prefix asks for."""
    return _outside(context, "NHOM_DVKT")


@check
def kham_ngoai_pham_vi(context: CheckContext) -> Iterable[Hits]:
    """The same for examinations."""
    return _outside(context, "NHOM_KHAM")


def _outside(context: CheckContext, group: str) -> Iterable[Hits]:
    """The lines of a group of costs; silent when anybody is not in force or cannot be compared."""
    staff, scopes = (context.catalogues.tables[kind] for kind in ("nhan_luc", "pham_vi"))
    acted = acting(context, staff, _TABLE, _PERFORMER)
    services = context.claims[_TABLE]["MA_DICH_VU"]
    concerned = in_set(context, _TABLE, "MA_NHOM", group) & ~services.missing
    wanted = concerned[acted.people.rows] & acted.known
    people = acted.people.take(wanted)
    persons = [staff.remembered(_person, p.rows) if p.rows else None for p in acted.periods]
    which = acted.which[wanted]
    asked = scopes.remembered(_Scopes, None)
    facility = home(context, _TABLE, people.rows)
    service = Coded(services.codes[people.rows], [text.upper() for text in services.texts])
    ways, way = asked.ways(facility, service, acted.when[wanted])
    wrong = pairs_that(which, way, lambda p, w: asked.lacking(persons[p], ways[w]))
    for i in np.flatnonzero(wrong).tolist():
        person = persons[which[i]]
        wrong[i] = person is not None and not person.may_do(service.texts[service.codes[i]])
    hits = named(people.take(nobody(people, wrong)))
    asked_for = dict(zip(people.rows.tolist(), way.tolist(), strict=True))
    details = [f"{codes} (cần {_asked_for(ways[asked_for[row]])})" for row, codes in hits.items()]
    yield Hits(_TABLE, np.array(list(hits), np.int64), detail=details)


class _Scopes:
    """The list of scopes by the first part of a service's code."""

    def __init__(self, table: DatedTable, _: None) -> None:
        self.table = table
        self.index = table.index("PREFIX_DVKT", _prefixes)
        self.named = _parts(";".join(table.columns.get("PHAMVI_CM_OK", [])))

    def ways(
        self, facility: Coded, service: Coded, minutes: IntArray
    ) -> tuple[list[tuple[_Way, ...]], IntArray]:
        """What is asked of whoever performs a service on a day, and which one each element is."""
        width = len(service.texts) + 1
        pair = (facility.codes.astype(np.int64) + 1) * width + service.codes
        distinct, owner = numbered(pair)
        places = ["", *facility.texts]
        timelines = [
            self.table.remembered(_timeline, (places[key // width], service.texts[key % width]))
            for key in distinct.tolist()
        ]
        return placed(owner, timelines, minutes)

    def timeline(self, facility: str, service: str) -> Timeline[tuple[_Way, ...]]:
        """The same for one facility and service at all times."""
        edges = {OPEN_START}
        for size in range(1, len(service) + 1):
            edges |= self.index.edges(self.index.rows(facility, service[:size]))
        starts = sorted(edges)
        return starts, [self._ways(facility, service, minute) for minute in starts]

    def _ways(self, facility: str, service: str, minute: int) -> tuple[_Way, ...]:
        """What the rows of the longest prefix in force ask for; none when no prefix fits."""
        for size in range(len(service), 0, -1):
            rows = self.index.rows_on(facility, service[:size], minute)
            if rows:
                return _merged(map(self._way, rows))
        return ()

    def _way(self, row: int) -> _Way:
        titles = _titles(self.table.text("CHUCDANH_NN_OK", row))
        return _Way(_parts(self.table.text("PHAMVI_CM_OK", row)), titles)

    def lacking(self, person: _Person | None, ways: Sequence[_Way]) -> bool:
        """Whether a person surely does not qualify in any of the ways."""
        return person is not None and bool(ways) and all(self._fails(person, w) for w in ways)

    def _fails(self, person: _Person, way: _Way) -> bool:
        """Whether a person surely lacks a scope or a title that a way asks for.

        Codes compare with codes; words only with words that the list itself uses.
        """
        if way.titles and person.titles and _coded(way.titles) and not way.titles & person.titles:
            return True
        coded = _coded(way.scopes)
        alike = all(s in self.named or (coded and s.isdigit()) for s in person.scopes)
        return alike and bool(way.scopes and person.scopes) and not way.scopes & person.scopes


def _timeline(scopes: DatedTable, asked: tuple[str, str]) -> Timeline[tuple[_Way, ...]]:
    return scopes.remembered(_Scopes, None).timeline(*asked)


def _person(staff: DatedTable, rows: tuple[int, ...]) -> _Person:
    def cells(name: str) -> list[str]:
        return [staff.text(name, row) for row in rows]

    own, titles = cells("PHAMVI_CM"), [_titles(text) for text in cells("CHUCDANH_NN")]
    added = [_DECISION.sub("", text) for text in cells("PHAMVI_CMBS")]
    services = tuple(_prefixes(";".join(cells("DVKT_KHAC"))))
    paper = any(cells("VB_PHANCONG")) or any(cells("QD_CGKT"))
    return _Person(
        scopes=_parts(";".join([*own, *added])) if all(own) else frozenset(),
        titles=frozenset[str]().union(*titles) if all(map(_coded, titles)) else frozenset(),
        services=services,
        assigned=not all(map(_SERVICE.fullmatch, services)) if services else paper,
    )


def _merged(ways: Iterable[_Way]) -> tuple[_Way, ...]:
    """Ways with the same titles as one; it asks for no scope when one of them asks for none."""
    by_titles: dict[frozenset[str], frozenset[str]] = {}
    for way in ways:
        known = by_titles.setdefault(way.titles, way.scopes)
        both = known | way.scopes if known and way.scopes else frozenset()
        by_titles[way.titles] = both
    return tuple(_Way(scopes, titles) for titles, scopes in by_titles.items())


def _asked_for(ways: Sequence[_Way]) -> str:
    texts = []
    for way in ways:
        scopes, titles = ", ".join(sorted(way.scopes)), ", ".join(sorted(way.titles))
        both = [f"phạm vi {scopes}" if scopes else "", f"chức danh {titles}" if titles else ""]
        texts.append(" và ".join(filter(None, both)))
    return " hoặc ".join(texts)


def _prefixes(text: str) -> list[str]:
    """First parts of service codes; a spreadsheet eats the leading zero of the chapter."""
    parts = ("".join(part.split()).upper() for part in _BETWEEN.split(text))
    return [f"0{part}" if _CHAPTER.fullmatch(part) else part for part in parts if part]


def _parts(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(fold, _BETWEEN.split(text))))


def _coded(texts: frozenset[str]) -> bool:
    """Whether there are texts and all of them are codes of digits."""
    return bool(texts) and all(text.isdigit() for text in texts)


def _titles(text: str) -> frozenset[str]:
    return frozenset(title.lstrip("0") for title in _parts(text))
