"""Volume, mix and price: a change of cost split into parts that add up to it exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Effects:
    """A change of cost split so that volume + mix + price = change, to the hundredth.

    Attributes:
        volume: more or fewer visits at the old mean cost.
        mix: visits moved between kinds of care of different cost.
        price: cost per visit changed within a kind of care.
    """

    change: int
    volume: int
    mix: int
    price: int


@dataclass(slots=True)
class Cell:
    """Visits and cost (hundredths) of one kind of care in two periods."""

    visits: int = 0
    cost: int = 0
    before_visits: int = 0
    before_cost: int = 0

    def add(self, visits: int, cost: int, *, before: bool) -> None:
        """Counts a row for one of the periods."""
        if before:
            self.before_visits += visits
            self.before_cost += cost
        else:
            self.visits += visits
            self.cost += cost


def effects(cells: Iterable[Cell]) -> Effects:
    """The change over all cells, split.

    Within a cell, volume is the change of visits at the old cost per visit, price the rest; care
    that is new or gone is all volume. Over the cells, volume is taken at the old mean cost, and
    what the cells' volumes differ from it is mix.
    """
    total = Cell()
    moved = 0
    for cell in cells:
        total.add(cell.visits, cell.cost, before=False)
        total.add(cell.before_visits, cell.before_cost, before=True)
        moved += _volume(cell)
    change = total.cost - total.before_cost
    volume = _volume(total)
    return Effects(change, volume, moved - volume, change - moved)


def _volume(cell: Cell) -> int:
    """The part of a cell's change that more or fewer visits explain."""
    if cell.before_visits > 0:
        return whole(cell.visits - cell.before_visits, cell.before_cost, cell.before_visits)
    return cell.cost - cell.before_cost if cell.visits else 0


def whole(number: int, times: int, by: int) -> int:
    """The same as `ratio`, in hundredths that make whole đồng."""
    return ratio(number, times, by * 100) * 100


def ratio(number: int, times: int, by: int) -> int:
    """`number` × `times` / `by`, to the nearest integer, halves away from zero; `by` > 0."""
    product = number * times
    rounded = (2 * abs(product) + by) // (2 * by)
    return -rounded if product < 0 else rounded


def percent(part: int | None, whole: int | None) -> float | None:
    """`part` in percent of `whole`, to two decimals; None when it has no meaning."""
    if part is None or not whole:
        return None
    return round(part * 100 / whole, 2)
