"""What drugs and supplies are both asked: lines against the list that the card needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.catalogues import ABSENT
from giamdinh.checks.danh_muc_chung import approved_lines, needed_list
from giamdinh.checks.danh_muc_so_sanh import higher_ratio, other_tender
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def khong_co_trong_danh_muc(context: CheckContext) -> Iterable[Hits]:
    """Codes that the facility's list never had."""
    lines = approved_lines(context, needed_list(context))
    yield Hits(lines.name, lines.rows[lines.at(ABSENT)])


@check
def sai_thong_tin_thau(context: CheckContext) -> Iterable[Hits]:
    """Tender strings that no row in force has."""
    yield other_tender(approved_lines(context, needed_list(context)))


@check
def sai_ty_le_thanh_toan(context: CheckContext) -> Iterable[Hits]:
    """Payment ratios above that of every row in force; silent where a row has none."""
    yield higher_ratio(approved_lines(context, needed_list(context)))
