"""Regular haemodialysis: how often, over all claims of a patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import distinct
from giamdinh.checks.chung import claim_flag, in_set, paid
from giamdinh.checks.khoang_nhieu_ho_so import Spans, keyed, spans
from giamdinh.checks.nguoi_benh import persons
from giamdinh.kernels.cua_so import kinds_within
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import fold
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import BoolArray
    from giamdinh.rules.context import CheckContext

LINES = "XML3"
_WINDOW = 29 * DAY
"""From a day to the last one of thirty."""


@check
def than_nhan_tao_qua_so_lan(context: CheckContext) -> Iterable[Hits]:
    """Sessions beyond the usual number of thirty days; several at one time are one session."""
    lines = context.claims[LINES]
    kind = context.claims[CLAIM_TABLE]["MA_LOAI_KCB"]
    outpatient = ~kind.missing & ~in_set(context, CLAIM_TABLE, "MA_LOAI_KCB", "NOI_TRU")
    wanted = _sessions(context) & paid(context.claims, LINES) & lines["NGAY_YL"].valid
    wanted &= in_set(context, LINES, "MA_NHOM", "NHOM_PTTT")
    rows = np.flatnonzero(wanted & claim_flag(context.claims, LINES, outpatient))
    when = lines["NGAY_YL"].values[rows]
    who = np.append(persons(context), -1)[lines.parent[rows]]
    found = spans(context, LINES, Spans(rows, who, when, when, when))
    new = keyed(found.group, found.kind)
    day = found.start // DAY * DAY
    count = kinds_within(found.group, day, new, np.full(new.size, _WINDOW, np.int64))
    over = count > context.number("SO_LAN_LOC_MAU_30_NGAY", LINES)[found.rows]
    yield Hits(LINES, found.rows[over], detail=[str(n) for n in count[over].tolist()])


def _sessions(context: CheckContext) -> BoolArray:
    """Lines whose name says that they are a session."""
    name = context.claims[LINES]["TEN_DICH_VU"]
    epochs, sets = context.text_sets("TU_LOC_MAU_DINH_KY", LINES)
    folded = [fold(text) for text in name.texts]
    found = np.zeros(len(context.claims[LINES]), np.bool_)
    for epoch in distinct(epochs):
        lut = [any(word in text for word in sets[epoch]) for text in folded]
        found |= (epochs == epoch) & np.array([*lut, False], np.bool_)[name.codes]
    return found
