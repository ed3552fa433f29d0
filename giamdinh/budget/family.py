"""Which facility belongs to which centre, and who answers for whose budget."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.budget.model import TOTAL, Notice
from giamdinh.catalogues.cells import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from giamdinh.budget.model import Spending


@dataclass(slots=True)
class Family:
    """Facilities as a forest of centres and stations.

    Attributes:
        parent: facility to the centre it belongs to.
        names: facility to its name.
        codes: every facility and centre that is known.
    """

    parent: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def above(self, code: str) -> list[str]:
        """The centres above a facility, the nearest first."""
        found: list[str] = []
        while (code := self.parent.get(code, "")) and code not in found:
            found.append(code)
        return found

    def below(self, code: str) -> list[str]:
        """A facility and everything that belongs to it."""
        return sorted(other for other in self.codes if other == code or code in self.above(other))

    def answering(self, allocated: Iterable[str]) -> dict[str, str]:
        """Facility to the one whose budget it counts against.

        That is the highest one above it, or itself, that has a budget. Where nobody in a family
        has one, the head of the family; where some have, those that have none stand alone.
        """
        allocated = set(allocated)
        heads = {code: [*reversed(self.above(code)), code] for code in self.codes}
        funded = {line[0] for code, line in heads.items() if code in allocated}
        out = {}
        for code, line in heads.items():
            with_budget = [other for other in line if other in allocated]
            alone = code if line[0] in funded else line[0]
            out[code] = with_budget[0] if with_budget else alone
        return out


def family_of(
    rows: Sequence[Spending],
    allocated: Iterable[str],
    notices: list[Notice],
    listed: Mapping[str, tuple[str, str]] | None = None,
) -> Family:
    """The family that NHOM describes; newer years win, disagreements are noted.

    Args:
        rows: the spending.
        allocated: facilities with a budget.
        notices: gets what is doubtful.
        listed: code to (name, centre) of a facility list, for those that the rows do not name.
    """
    listed = listed or {}
    family = Family(codes=set(allocated))
    family.names = {code: name for code, (name, _) in listed.items() if name}
    newest = sorted(rows, key=lambda row: -row.year)
    named: set[str] = set()
    for row in newest:
        if row.facility != TOTAL:
            family.codes.add(row.facility)
            if row.name and row.facility not in named:
                named.add(row.facility)
                family.names[row.facility] = row.name
    by_name = _by_name(family)
    said: dict[str, dict[str, Spending]] = defaultdict(dict)
    for row in newest:
        group = _centre(row.group, family, by_name)
        if group and group not in (TOTAL, row.facility) and row.facility != TOTAL:
            said[row.facility].setdefault(group, row)
    for code, groups in said.items():
        family.parent[code] = next(iter(groups))
        family.codes.add(family.parent[code])
        if len(groups) > 1:
            notices.append(_moved(code, groups))
    _add_listed(family, listed, by_name)
    _break_circles(family, notices)
    return family


def _add_listed(
    family: Family, listed: Mapping[str, tuple[str, str]], by_name: dict[str, str]
) -> None:
    """Centres of facilities that are known, and so on upwards."""
    waiting = sorted(family.codes)
    while waiting:
        code = waiting.pop()
        group = listed.get(code, ("", ""))[1]
        centre = family.parent.get(code) or (_centre(group, family, by_name) if group else "")
        if centre in ("", TOTAL, code):
            continue
        family.parent[code] = centre
        if centre not in family.codes:
            family.codes.add(centre)
            waiting.append(centre)


def _centre(group: str, family: Family, by_name: dict[str, str]) -> str:
    """The code behind NHOM, which may also be written as the centre's name."""
    return group if group in family.codes else by_name.get(plain(group), group)


def _by_name(family: Family) -> dict[str, str]:
    codes: dict[str, set[str]] = defaultdict(set)
    for code, name in family.names.items():
        codes[plain(name)].add(code)
    return {name: next(iter(found)) for name, found in codes.items() if len(found) == 1}


def _moved(code: str, groups: dict[str, Spending]) -> Notice:
    places = "; ".join(
        f"{group} (năm {row.year}, dòng {row.place.row})" for group, row in groups.items()
    )
    text = f"{code}: NHOM không thống nhất: {places}; dùng {next(iter(groups))} cho mọi năm"
    return Notice("warning", text, column="NHOM")


def _break_circles(family: Family, notices: list[Notice]) -> None:
    for code in sorted(family.parent):
        if code in family.above(code):
            del family.parent[code]
            text = f"{code}: NHOM vòng tròn; coi là cơ sở độc lập"
            notices.append(Notice("warning", text, column="NHOM"))
