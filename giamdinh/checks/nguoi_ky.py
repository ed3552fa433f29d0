"""Who signs: heads of units and doctors of papers beside the staff list 02/DM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import ABSENT
from giamdinh.catalogues.people import STAFF_KEYS, practitioners, staff_index
from giamdinh.checks.chung import home, persons
from giamdinh.checks.gia_tri import fields_read
from giamdinh.checks.nguoi_hanh_nghe import named
from giamdinh.rules.context import Hits, check
from giamdinh.tables.codelists import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.catalogues import DatedTable
    from giamdinh.rules.context import CheckContext

_INSURANCE = "MA_BHXH_10"
_LIKE_INSURANCE = re.compile(r"[0-9]{9,10}")
"""An insurance number in a list, where a spreadsheet may have eaten its leading zero."""


@check
def nguoi_ky_khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Signers that the facility's staff list never had, in the fields the card reads.

    Insurance numbers are only judged where the facility's list has any: its newer form does not.
    """
    staff = context.catalogues.tables["nhan_luc"]
    shape = pattern(_INSURANCE)
    numbered = staff.remembered(_with_numbers, None)
    for table, field, _ in fields_read(context):
        if field == "MA_CSKCB":
            continue
        people = persons(context, table, field)
        place = home(context, table, people.rows)
        states = staff_index(staff).states(place, people.key, context.dates(table)[0][people.rows])
        known = [name in numbered or "" in numbered for name in (*place.texts, "")]
        insurance = [bool(shape.fullmatch(code)) for code in (*people.code.texts, "")]
        judged = np.array(known, np.bool_)[place.codes]
        judged |= ~np.array(insurance, np.bool_)[people.code.codes]
        hits = named(people.take((states == ABSENT) & judged & ~people.away))
        yield Hits(table, np.array(list(hits), np.int64), field, detail=list(hits.values()))


def _with_numbers(staff: DatedTable, _: None) -> frozenset[str]:
    """The facilities whose rows have insurance numbers."""
    columns = [staff.columns[name] for name in STAFF_KEYS if name in staff.columns]
    return frozenset(
        facility
        for row, facility in enumerate(staff.facility)
        if any(
            _LIKE_INSURANCE.fullmatch(part.code) for c in columns for part in practitioners(c[row])
        )
    )
