"""Planting errors: each plant breaks one thing in a valid claim and says what must be found.

A plant is a function `(claim, rng) -> hits` under the code of its rule. It returns nothing when the
claim is of no use to it; then the claim stays as it was.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.apart import readers, state_of
from giamdinh.sample.model import KeyRow, dice
from giamdinh.sample.money import amount, minutes_of
from giamdinh.sample.returns import LINKED
from giamdinh.tables.specs import table_specs
from giamdinh.tables.values import number_text, parse_number

if TYPE_CHECKING:
    import random

    from giamdinh.sample.apart import State
    from giamdinh.sample.model import Claim, Request, Row

_MODULES = (
    "shape", "links", "money", "totals", "cards", "benefit", "times", "beds", "care", "papers",
    "lists", "catalogues", "visit", "lines", "profile", "reference", "codes", "pace",
    "marks", "level",
)  # fmt: skip
_CLAIMS_PER_PLANT = 4
_ERRORS_PER_CLAIM = 3
_PLANTED_PERCENT = 75
_TRIED = 2000
_ENOUGH = 12
WAS = "(như cũ)"
"""The right value of a hit: what stood in its field before the plant, where that changed it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding that a plant must cause; `rule` only where it is another rule than the plant's.

    Attributes:
        row: STT of the line, "1" for XML1 and other tables of one row.
        amount: money at risk in 1/100 đồng, 0 when none is stated.
        expected: the right value, for rules that give one.
    """

    table: str
    row: str
    field: str
    amount: int = 0
    rule: str = ""
    note: str = ""
    expected: str = ""

    def right(self, value: int | str) -> Hit:
        """The same with the right value: an amount in 1/100 đồng, a text, or `WAS`."""
        return replace(self, expected=number_text(value, 2) if isinstance(value, int) else value)

    def of(self, rule: str) -> Hit:
        """The same for another rule than the plant's."""
        return replace(self, rule=rule)


Plant = Callable[["Claim", "random.Random"], Sequence[Hit] | Hit | None]
Find = Callable[["Claim"], "Row | None"]
Change = Callable[["Claim", "Row"], None]
_PLANTS: dict[str, Plant] = {}


def plant(code: str) -> Callable[[Plant], Plant]:
    """Register a plant under the code of the rule that must find it."""

    def register(function: Plant) -> Plant:
        _PLANTS[code] = function
        return function

    return register


def on_row(
    code: str, find: Find, where: tuple[str, str], *, paid: bool = True, right: str = ""
) -> Callable[[Change], Change]:
    """Register a change of one row as a plant under the code of the rule that must find it.

    Args:
        code: the rule.
        find: the row of a claim that is changed; None when the claim is of no use.
        where: table and field of the hit.
        paid: the hit has money, so a line that the fund pays nothing for is of no use.
        right: the right value, for rules that give one.
    """
    table, field = where

    def register(change: Change) -> Change:
        @plant(code)
        def changed(claim: Claim, _: random.Random) -> Hit | None:
            row = find(claim)
            if row is None or (paid and not amount(row, "T_BHTT")):
                return None
            change(claim, row)
            hit = line_hit(table, row, field) if paid else free(table, field, row.get("STT", "1"))
            return hit.right(right)

        return change

    return register


def one(table: str, **wanted: str | tuple[str, ...]) -> Find:
    """The first row of a table whose fields have the wanted values, as `first` reads them."""
    return lambda claim: first(claim.lines(table), **wanted)


def one_paid(table: str) -> Find:
    """The first line that the fund pays for."""
    return lambda claim: next((r for r in claim.lines(table) if amount(r, "T_BHTT")), None)


def filled(table: str, field: str) -> Find:
    """The first row with something in a field."""
    return lambda claim: next((r for r in claim.lines(table) if r.get(field)), None)


def bare_procedure(claim: Claim) -> Row | None:
    """The first procedure of a claim without supplies."""
    lines = claim.lines("XML3")
    return None if first(lines, MA_NHOM="10") else first(lines, MA_NHOM="18")


def all_plants() -> dict[str, Plant]:
    """Every plant by rule code, in the order of the modules."""
    for name in _MODULES:
        importlib.import_module(f"giamdinh.sample.plants_{name}")
    return dict(_PLANTS)


def plant_errors(claims: Sequence[Claim], request: Request) -> list[KeyRow]:
    """Plant every error once, then again as long as claims allow; some claims stay valid.

    Only rules that have a card in force at the end of the visit are planted. Where there are fewer
    claims than errors, every family of rules gets its share, and claims take further errors that
    no rule sees together with those they have.

    Returns:
        The answer key in the order of planting.
    """
    plants = all_plants()
    tried = [claim for claim in claims[:_TRIED] if LINKED not in claim.touched]
    fits = {code: _fitting(tried, code, plants[code], request) for code in plants}
    wanted = Counter(claim.key for found in fits.values() for claim in found)
    key: list[KeyRow] = []
    seen: dict[int, list[frozenset[str]]] = {}
    room = len(claims) * _PLANTED_PERCENT // 100
    for _ in range(1 + len(claims) // (_CLAIMS_PER_PLANT * len(plants))):
        chosen = _by_turns([code for code in plants if fits[code]])[:room]
        for code in sorted(chosen, key=lambda code: (len(fits[code]), code)):
            still_valid = [claim for claim in fits[code] if not claim.touched]
            if still_valid:
                # The claim that the fewest other errors can use.
                claim = min(still_valid, key=lambda claim: wanted[claim.key])
                before = state_of(claim)
                claim.touched.add(code)
                key += _apply(claim, code, plants[code], request, before)
                seen[id(claim)] = [readers(before, claim)]
                room -= 1
    planted = {row.rule for row in key}
    for code in _by_turns([code for code in plants if code not in planted]):
        spoilt = [claim for claim in fits[code] if id(claim) in seen]
        key += _add_error(spoilt, code, plants[code], request, seen)
    return key


def _add_error(
    claims: Sequence[Claim],
    code: str,
    function: Plant,
    request: Request,
    seen: dict[int, list[frozenset[str]]],
) -> list[KeyRow]:
    """Plant one more error in a claim that has some; `seen` has the rules that see those."""
    for claim in sorted(claims, key=lambda claim: len(seen[id(claim)])):
        own = seen[id(claim)]
        if len(own) >= _ERRORS_PER_CLAIM:
            break
        before = state_of(claim)
        found = []
        with suppress(LookupError, StopIteration, ValueError):  # what another error spoilt
            found = _apply(claim, code, function, request, before)
        see = readers(before, claim)
        if found and see and not any(see & other for other in own):
            claim.touched.add(code)
            own.append(see)
            return found
        claim.rows, claim.register = before
    return []


def _by_turns(codes: Sequence[str]) -> list[str]:
    """The codes family by family in turns, each family in its own order."""
    families: dict[str, list[str]] = {}
    for code in sorted(codes):
        families.setdefault(code.partition("-")[0], []).append(code)
    turns = zip_longest(*families.values())
    return [code for turn in turns for code in turn if code]


def line_hit(table: str, row: Row, field: str, at_risk: int | None = None) -> Hit:
    """A hit on a line; the amount is T_BHTT of the line or at most that."""
    fund = amount(row, "T_BHTT")
    return Hit(table, row["STT"], field, fund if at_risk is None else max(0, min(at_risk, fund)))


def head_hit(claim: Claim, field: str, at_risk: int | None = None) -> Hit:
    """A hit on XML1; the amount is T_BHTT of the claim or at most that."""
    fund = amount(claim.head, "T_BHTT")
    return Hit("XML1", "1", field, fund if at_risk is None else max(0, min(at_risk, fund)))


def free(table: str, field: str, row: str = "1") -> Hit:
    """A hit without money."""
    return Hit(table, row, field)


def first(rows: Sequence[Row], **wanted: str | tuple[str, ...]) -> Row | None:
    """The first row whose fields have the wanted values (one, or one of several)."""
    for row in rows:
        texts = {name: (v,) if isinstance(v, str) else v for name, v in wanted.items()}
        if all(row.get(name, "") in values for name, values in texts.items()):
            return row
    return None


def steady_stay(claim: Claim) -> bool:
    """Whether it is a plain stay of several nights: more cost leaves its benefit percent alone."""
    nights = sum(bool(row.get("MA_GIUONG")) for row in claim.lines("XML3"))
    plain = claim.plan.care == "03" and claim.plan.wards == 1 and nights > 1
    return plain and not claim.plan.flags & {"two_cards", "payer", "dies", "transfer"}


def _fitting(claims: Sequence[Claim], code: str, function: Plant, request: Request) -> list[Claim]:
    """Some claims that a plant can use, in mixed order."""
    mixed = list(claims)
    dice("fit", request.seed, code).shuffle(mixed)
    fitting = (claim for claim in mixed if _trial(claim, code, function, request))
    return list(islice(fitting, _ENOUGH))


def _trial(claim: Claim, code: str, function: Plant, request: Request) -> bool:
    before = state_of(claim)
    worked = bool(_apply(claim, code, function, request, before))
    claim.rows, claim.register = before
    return worked


def _apply(
    claim: Claim, code: str, function: Plant, request: Request, before: State
) -> list[KeyRow]:
    """Plant an error; `before` is a copy of the claim as it was."""
    day = minutes_of(claim.head["NGAY_RA"])
    if not law.rule_in_force(code, day):
        return []
    hits = function(claim, dice("plant", request.seed, code, claim.patient.number)) or ()
    listed = (hits,) if isinstance(hits, Hit) else hits
    return [
        key_row(claim, code, _as_before(hit, before))
        for hit in listed
        if law.rule_in_force(hit.rule or code, day)
    ]


def _as_before(hit: Hit, before: State) -> Hit:
    """A hit with the right value that stood in its field before the plant."""
    if hit.expected != WAS:
        return hit
    rows, field = before[0][hit.table], table_specs()[hit.table].by_name[hit.field]
    row = next(r for r in rows if r.get("STT", hit.row) == hit.row)
    was = row.get(hit.field, "")
    number = parse_number(was, field.scale) if field.numeric else None
    return hit.right(was if number is None else number_text(number, field.scale))


def key_row(claim: Claim, code: str, hit: Hit) -> KeyRow:
    """The line of the answer key for a hit of the plant `code`."""
    beside = bool(hit.rule) and hit.rule != code
    return KeyRow(
        rule=hit.rule or code,
        facility=claim.head["MA_CSKCB"],
        claim=claim.key,
        table=hit.table,
        row=hit.row,
        field=hit.field,
        amount=number_text(hit.amount, 2) if hit.amount else "",
        expected=hit.expected,
        note=hit.note or (f"kéo theo {code}" if beside else ""),
    )
