"""What rules across claims need of claims that are not in the run, and what a store gave them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from giamdinh.model import Rebuilt
from giamdinh.rules import calendars
from giamdinh.tables.claimset import UNDATED
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.params import Parameter
    from giamdinh.tables.claimset import ClaimSet

Need = Literal["no", "store", "months"]

KINDS = ("nguoi_benh", "co_so", "nguoi_thuc_hien", "so_giay", "mat_hang")
NEEDS: tuple[Need, ...] = ("no", "store", "months")
LISTED = ("MA_DICH_VU",)
ANY_TIME = "tat_ca"
EVER = 10**5
"""Days that reach behind every claim there is."""
_YEAR, _MONTHS = 100, 12


@dataclass(frozen=True, slots=True)
class Recall(Rebuilt):
    """Which other claims a rule looks at, beside those of the run.

    Attributes:
        of: what they share with a claim of the run: the patient, the facility, the performer, the
            number of a paper; or the item, then lines are not seen one by one but added up.
        days: how far apart in time they may be; `EVER` where it does not matter.
        needed: whether the rule judges without them: "no" it does; "store" only with a store;
            "months" only where the store holds all months that it looks back on.
        listed: a column of codes of the rule's first list; of other claims it looks only at paid
            lines whose code that column names. "" for none.
    """

    of: str
    days: int
    needed: Need = "no"
    listed: str = ""


def recall_of(said: object, parameters: Mapping[str, Parameter]) -> Recall:
    """What the key `history` of a card says.

    Raises:
        ValueError: what is wrong, for the author of the card.
    """
    if not isinstance(said, dict) or set(said) - {"of", "days", "needed", "listed"}:
        raise ValueError("viết: history: {of: nguoi_benh, days: 366}")
    if said.get("of") not in KINDS:
        raise ValueError(f"'of' chỉ nhận: {', '.join(KINDS)}")
    needed = said.get("needed", "no")
    if needed not in NEEDS:
        raise ValueError(f"'needed' chỉ nhận: {', '.join(NEEDS)}")
    listed = said.get("listed", "")
    if listed and (listed not in LISTED or said["of"] != "nguoi_benh"):
        raise ValueError(f"'listed' chỉ dùng với of: nguoi_benh và chỉ nhận: {', '.join(LISTED)}")
    return Recall(said["of"], _days(said.get("days"), parameters), needed, listed)


def _days(said: Any, parameters: Mapping[str, Parameter]) -> int:  # noqa: ANN401 - from YAML
    text = str(said)
    if text == ANY_TIME:
        return EVER
    if text.isdecimal():
        return int(text)
    if text in parameters and not parameters[text].is_set:
        own = parameters[text]
        largest, unit = int(own.numbers.max()), int(10**own.scale)
        return -(-largest // unit)
    raise ValueError(f"'days' là số ngày, tên một tham số, hoặc {ANY_TIME}")


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a store added to the claims of a run.

    Attributes:
        own: claims of the run; they stand first, those of the store behind them.
        months: facility → months (years * 12 + month - 1) that the store or the run holds; None
            where every month counts as held.
    """

    own: int
    months: Mapping[str, frozenset[int]] | None = None

    def reaches(self, claims: ClaimSet, when: IntArray, days: int) -> BoolArray:
        """Claims, shape (own,), whose facility has all months from `days` before `when` on."""
        if self.months is None or days >= EVER:
            return np.ones(self.own, np.bool_)
        facility = claims[CLAIM_TABLE]["MA_CSKCB"]
        last, first = _month(when), _month(when - days * DAY)
        keys = zip(facility.codes[: self.own].tolist(), first.tolist(), last.tolist(), strict=True)
        known: dict[tuple[int, int, int], bool] = {}
        out = []
        for key in keys:
            if key not in known:
                held = self.months.get(facility.texts[key[0]] if key[0] >= 0 else "", frozenset())
                known[key] = all(month in held for month in range(key[1], key[2]))
            out.append(known[key])
        return np.array(out, np.bool_)


def _month(minutes: IntArray) -> IntArray:
    found: IntArray = calendars.year(minutes) * _MONTHS + calendars.month(minutes) - 1
    return found


def months_in(claims: ClaimSet) -> dict[str, set[int]]:
    """The months that claims of each facility are served in."""
    facility = claims[CLAIM_TABLE]["MA_CSKCB"]
    dated = np.flatnonzero((claims.service < UNDATED) & ~facility.missing)
    found: defaultdict[str, set[int]] = defaultdict(set)
    pairs = zip(facility.codes[dated].tolist(), _month(claims.service[dated]).tolist(), strict=True)
    for code, month in set(pairs):
        found[facility.texts[code]].add(month)
    return dict(found)


def month_number(yyyymm: int) -> int:
    """The number of a month written as yyyymm."""
    year, month = divmod(yyyymm, _YEAR)
    return year * _MONTHS + month - 1


@dataclass(frozen=True, slots=True)
class StoreUse:
    """What a run took from a store, for its manifest.

    Attributes:
        name: last part of the store's path.
        first, last: months held, yyyymm; 0 for an empty store.
        claims: in the store; `used` of them were looked at, `own` are in the run too and were not.
    """

    name: str
    first: int = 0
    last: int = 0
    claims: int = 0
    used: int = 0
    own: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
