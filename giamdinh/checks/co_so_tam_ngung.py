"""Claims of a facility that had no contract at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues.cells import minutes_of
from giamdinh.catalogues.tables import OPEN_END
from giamdinh.checks.chung import in_set
from giamdinh.checks.danh_muc_chung import period_text
from giamdinh.checks.tham_chieu import reference
from giamdinh.rules.context import Hits, check
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def co_so_dang_tam_ngung(context: CheckContext) -> Iterable[Hits]:
    """Claims that begin on a day on which their facility was suspended; emergencies are right."""
    listed = reference(context)
    claims = context.claims[CLAIM_TABLE]
    facility, came = claims["MA_CSKCB"], claims["NGAY_VAO"]
    code = {text: i for i, text in enumerate(facility.texts)}
    asked = came.valid & ~in_set(context, CLAIM_TABLE, "MA_DOITUONG_KCB", "MA_DOI_TUONG_CAP_CUU")
    said: dict[int, str] = {}
    for row in range(len(listed)):
        name = listed.text("MA_CSKCB", row)
        if name not in code:
            continue
        start = minutes_of(listed.text("NGUNG_TU", row))
        last = listed.text("NGUNG_DEN", row)
        end = minutes_of(last) + DAY - 1 if last else OPEN_END
        inside = asked & (facility.codes == code[name])
        inside &= (came.values >= start) & (came.values <= end)
        for claim in np.flatnonzero(inside).tolist():
            said.setdefault(claim, period_text(start, end))
    rows = sorted(said)
    yield Hits(CLAIM_TABLE, np.array(rows, np.int64), detail=[said[row] for row in rows])
