"""Free time of teams, machines and beds over a month, as bits of the minutes of each day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.sample import facilities

if TYPE_CHECKING:
    import random

    from giamdinh.sample.model import Facility
    from giamdinh.sample.stamps import Template

_DOCTORS = ("K01", "bac_si")
_BED_SLOT = 30
_BEDS_FROM = 501


@dataclass(frozen=True, slots=True)
class Seat:
    """Where and with whom an episode is: the team, and who of its clinic doctors is first."""

    team: int
    turn: int


@dataclass(slots=True)
class Lanes:
    """What is taken at a facility in a month; team 0 is kept for claims that are made in full.

    Attributes:
        place: the facility, its staff in so many teams.
        size: members of each team by department and role.
    """

    place: Facility
    size: dict[tuple[str, str], int]
    taken: dict[tuple[object, ...], int] = field(default_factory=dict)
    beds: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    machines: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def seat(
        self, template: Template, when: tuple[int, int], rng: random.Random, wanted: int | None
    ) -> Seat | None:
        """Books everybody for an arrival so much later than the template's; None when it clashes.

        Args:
            template: what is done.
            when: the day in the month, and minutes after the template's arrival.
            rng: which team is asked first.
            wanted: the clinic doctor who shall be the first one, of team 1.
        """
        teams = self.place.teams - 1
        doctors = self.size[_DOCTORS]
        start, turn = int(rng.random() * teams), int(rng.random() * doctors)
        if wanted is not None:
            start, turn = 0, (wanted - _first_doctor(template)) % doctors
        for number in range(1 if wanted is not None else teams):
            found = Seat(1 + (start + number) % teams, turn)
            if self._book(template, found, when):
                return found
        return None

    def _book(self, template: Template, seat: Seat, when: tuple[int, int]) -> bool:
        day, later = when
        taken, keys = self.taken, []
        for who, on, first, minutes in template.busy:
            if len(who) == 2:  # noqa: PLR2004 - a machine
                key: tuple[object, ...] = (who, seat.team, day + on)
            else:
                key = (who[:2], self.position(who[0], who[1], who[2], seat), day + on)
            if (taken.get(key, 0) >> (first + later)) & minutes:
                return False
            keys.append((key, minutes << (first + later)))
        for key, bits in keys:
            taken[key] = taken.get(key, 0) | bits
        return True

    def position(self, department: str, role: str, position: int, seat: Seat) -> int:
        """Where a member of the model's team is found in the facility's group."""
        size = self.size[department, role]
        if (department, role) == _DOCTORS:
            position = (position + seat.turn) % size
        return seat.team * size + position

    def texts(self, template: Template, seat: Seat) -> list[str]:
        """The texts of the people and the machines of a template."""
        out = []
        for department, role, position, what in template.people:
            group = self.place.staff[department, role]
            person = group[self.position(department, role, position, seat)]
            out.append(getattr(person, what))
        for group_name, number in template.machines:
            out.append(self._machine(group_name, seat.team + number))
        return out

    def _machine(self, group: str, number: int) -> str:
        if group not in self.machines:
            self.machines[group] = facilities.machine_codes(self.place, group)
        return self.machines[group][number]

    def bed(self, ward: str, since: int, until: int) -> str:
        """A bed that is free from one minute of the month to another."""
        first, last = since // _BED_SLOT, until // _BED_SLOT + 1
        bits = ((1 << (last - first + 1)) - 1) << first
        beds = self.beds[ward]
        for number, used in enumerate(beds):
            if not used & bits:
                beds[number] |= bits
                return f"H{_BEDS_FROM + number:03d}"
        beds.append(bits)
        return f"H{_BEDS_FROM + len(beds) - 1:03d}"


def _first_doctor(template: Template) -> int:
    return next((who[2] for who, *_ in template.busy if len(who) > 2 and who[:2] == _DOCTORS), 0)  # noqa: PLR2004
